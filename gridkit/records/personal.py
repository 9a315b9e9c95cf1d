"""Personal numbers in free text: one rule for the form, the import and whoever asks.

The unit is the matter: a mobile or identity number has no field here, and no place in a
text. What looks like one is said; the text is never changed, nor repeated in a message.
"""

from __future__ import annotations

import re
import unicodedata

_GAP = r"[ \-.·‐‑–—]?"
# in front: no digit, nor the decimals of a coordinate; behind: no digit, no decimals
_FREE, _END = r"(?<!\d)(?<!\d\.)", r"(?!\d)(?!\.\d)"
# mainland mobile numbers: 11 digits from 13 to 19, alone or as 3-4-4, maybe after +86
_MOBILE = rf"(?:\+?86{_GAP})?1[3-9]\d(?:\d{{8}}|{_GAP}\d{{4}}{_GAP}\d{{4}})"
# GB 11643-1999: 6 digits of region, 8 of the day of birth, 3 of order, a check digit. The
# day tells it from a grid's id; the check digit is not asked for: a slip of the pen in it
# leaves the rest to be read.
_IDENTITY = (
    rf"[1-9]\d{{5}}{_GAP}(?:19|20)\d\d{_GAP}(?:0[1-9]|1[0-2]){_GAP}(?:0[1-9]|[12]\d|3[01])"
    rf"{_GAP}\d{{3}}{_GAP}[\dXx]"
)
_PERSONAL = re.compile(rf"{_FREE}(?:{_IDENTITY}|{_MOBILE}){_END}")


def holds_personal_number(text: str) -> bool:
    """Tell whether a text seems to hold a mobile or an identity number.

    Parameters
    ----------
    text : str
        Full-width digits, and spaces or hyphens within the number, are looked through.

    Returns
    -------
    bool
        Dates, grid ids, coordinates and amounts are none; an 11-digit number that begins
        like a mobile's is one, whatever was meant.

    References
    ----------
    GB 11643-1999, citizen identification number (18 characters).

    Examples
    --------
    >>> holds_personal_number("找 138 0000 0000"), holds_personal_number("3 栋停水两天")
    (True, False)
    """
    return _PERSONAL.search(unicodedata.normalize("NFKC", text)) is not None
