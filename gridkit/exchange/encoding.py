"""Encodings of Chinese tables: found by strict decoding and by whether Chinese comes out.

A file that decodes is not yet read right: UTF-8 bytes decode as GB18030 into rare
characters, and Big5 does too. So what comes out is weighed, and where it makes no sense
the file is refused with the choices named. Nothing is ever replaced or dropped.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from gridkit.errors import ImportFileError

# longest mark first: that of UTF-32-LE begins with that of UTF-16-LE
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_SAMPLE = 200_000  # characters that are weighed
# Of Chinese text, over 97 % of the characters are in the first level of GB 2312 (the 3,755
# most frequent) or are its punctuation; of text decoded wrongly, a third to a half.
_PLAUSIBLE = 0.8
_CHOICES = '"utf-8", "gb18030", "big5", "utf-16", "latin-1"'


class Decoded(NamedTuple):
    """The text of a file, and the encoding that it was read with."""

    text: str
    encoding: str


def decode(data: bytes, encoding: str = "auto", *, name: str = "file") -> Decoded:
    """Turn the bytes of a text file into text, without loss or replacement.

    Parameters
    ----------
    data : bytes
        The whole file.
    encoding : str
        As the mapping says; "auto" finds out among UTF-8 (with or without its mark),
        UTF-16 with its mark, and GB18030 (which holds GBK and GB2312).
    name : str
        What to call the file in messages.

    Returns
    -------
    Decoded
        text, encoding.

    Raises
    ------
    ImportFileError
        If the bytes do not fit the encoding named, or none makes sense of them.

    References
    ----------
    GB 2312-80: rows 1-3 hold punctuation, rows 16-55 the 3,755 most frequent characters.

    Examples
    --------
    >>> decode("停水三天".encode("gbk")).encoding
    'gb18030'
    >>> decode("停水三天".encode("utf-8-sig"))
    Decoded(text='停水三天', encoding='utf-8-sig')
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            fits = encoding == "auto" or _same(encoding, marked)
            return _named(data, marked, name) if fits else _clash(name, encoding, marked)
    if encoding != "auto":
        return _named(data, encoding, name)
    found = {e: text for e in ("utf-8", "gb18030") if (text := _strict(data, e)) is not None}
    if "utf-8" in found and (found["utf-8"].isascii() or not _rather_gb(found)):
        return Decoded(found["utf-8"], "utf-8")
    if "gb18030" in found and plausibility(found["gb18030"]) >= _PLAUSIBLE:
        return Decoded(found["gb18030"], "gb18030")
    raise ImportFileError(
        zh=f"{name} 的文字编码认不出来 (第 {_line_of_fault(data)} 行起既不是 UTF-8, 按 GB18030 也读不通); "
        f"请在映射的 [file] 中写明 encoding: {_CHOICES}。",
        en=f"The encoding of {name} cannot be told: from line {_line_of_fault(data)} on it is no "
        f"UTF-8, and as GB18030 it makes no sense. Name it in [file] of the mapping: {_CHOICES}.",
    )


def plausibility(text: str) -> float:
    """Give the share of the characters beyond ASCII that Chinese text is made of.

    Returns
    -------
    float
        0 to 1; 1 if there is nothing beyond ASCII. Below 0.8, the text was most likely
        decoded wrongly.

    Examples
    --------
    >>> plausibility("停水三天。")
    1.0
    >>> plausibility("停水三天".encode("utf-8").decode("gb18030")) < 0.5
    True
    """
    beyond = [c for c in text[:_SAMPLE] if c > "\x7f"]
    if not beyond:
        return 1.0
    return sum(_is_common(c) for c in beyond) / len(beyond)


def _is_common(character: str) -> bool:
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7


_HANZI_RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
_HANZI = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")


def _rather_gb(found: dict[str, str]) -> bool:
    """Tell whether bytes that happen to be valid UTF-8 are Chinese in GB18030.

    Only where UTF-8 gives no Chinese at all, and GB18030 gives common characters that
    stand together as in words (a lone one between letters is an accented letter).
    """
    gb = found.get("gb18030")
    if gb is None or _HANZI.search(found["utf-8"][:_SAMPLE]) or plausibility(gb) < _PLAUSIBLE:
        return False
    beyond = sum(c > "\x7f" for c in gb[:_SAMPLE])
    return sum(len(run) for run in _HANZI_RUN.findall(gb[:_SAMPLE])) > 0.7 * beyond


def _same(encoding: str, marked: str) -> bool:
    return encoding.replace("gbk", "gb18030") == marked.removesuffix("-sig")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _named(data: bytes, encoding: str, name: str) -> Decoded:
    text = _strict(data, encoding)
    if text is None:
        raise ImportFileError(
            zh=f"{name} 不是 {encoding} 编码; 请改正映射 [file] 中的 encoding, 或写 auto。",
            en=f"{name} is not {encoding}; correct `encoding` in [file] of the mapping, or "
            'write "auto".',
        )
    return Decoded(text.removeprefix("\ufeff"), encoding)


def _clash(name: str, encoding: str, marked: str) -> Decoded:
    raise ImportFileError(
        zh=f"映射写明 {encoding}, 但 {name} 的开头标明是 {marked}; 请改正映射 [file] 中的 encoding。",
        en=f"The mapping says {encoding}, but {name} is marked as {marked}; correct `encoding` "
        "in [file] of the mapping.",
    )


def _line_of_fault(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1
