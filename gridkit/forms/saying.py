"""Answers in words: a code, a date or a number as a person reads it."""

from __future__ import annotations

from datetime import date
from typing import Any

from gridkit.forms.answers import show_date
from gridkit.forms.choices import NONE_OF_THESE, options_of
from gridkit.profile import Profile
from gridkit.records.spec import NONE_CODE, FieldSpec
from gridkit.screen.look import Words

UNANSWERED = Words("(没有填)", "(no answer)")
_YES_NO = {True: Words("是", "yes"), False: Words("否", "no")}


def in_words(spec: FieldSpec, value: Any, profile: Profile, lang: str = "zh") -> str:
    """Say an answer as a person reads it.

    Parameters
    ----------
    spec : FieldSpec
        The field.
    value : Any
        The answer, as a record or as JSON holds it; None for no answer.
    profile : Profile
        The county's tables.
    lang : {"zh", "en"}
        Which language.

    Returns
    -------
    str
        Plain text, not yet escaped. A code that is in no table any more stands as it is.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> from gridkit.records.spec import CONCERN
    >>> in_words(CONCERN["basic_need"], "power water", load_profile())
    '断电、断水'
    >>> in_words(CONCERN["since"], "2026-03-07", load_profile())
    '2026年3月7日 星期六'
    """
    if value is None:
        return UNANSWERED.of(lang)
    if spec.type == "date":
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
        return show_date(day, lang)
    if spec.type == "yes_no":
        return _YES_NO[bool(value)].of(lang)
    if spec.choices:
        return _labels(spec, str(value), profile, lang)
    if spec.type == "photo":
        return Words(f"照片 {str(value)[:8]}", f"photo {str(value)[:8]}").of(lang)
    if isinstance(value, float):
        value = f"{value:.12g}"
    return f"{value} {spec.unit}".strip()


def _labels(spec: FieldSpec, value: str, profile: Profile, lang: str) -> str:
    if isinstance(spec.choices, str):
        known = {c.code: Words(c.zh, c.en) for c in profile.choices(spec.choices)}
    else:
        known = {code: words for words, code in options_of(spec, profile)}
    several = spec.type == "many_of"
    if several:
        known[NONE_CODE] = NONE_OF_THESE
    codes = value.split() if several else [value]
    told = [known[code].of(lang) if code in known else code for code in codes]
    return Words("、", ", ").of(lang).join(told)
