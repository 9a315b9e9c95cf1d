"""The score of one matter: its reasons, what would lower it, and every factor."""

from __future__ import annotations

from gridkit import triage
from gridkit.forms.advice_view import band_chip
from gridkit.profile import Profile
from gridkit.screen.look import Markup, Words, table, tag

_HEAD = (
    Words("因素", "Factor"),
    Words("记录的情况", "On record"),
    Words("得分", "Points"),
    Words("范围", "Range"),
)
_LOWER = Words("怎样能降级", "What would lower it")
_MISSING = Words("还缺什么", "What is missing")
_FACTORS = Words("分数从哪里来", "Where the points come from")
UNSCORED = Words(
    "不评分: 这件事已办结, 或已转法定途径。",
    "Not scored: it has ended, or has a statutory channel.",
)


def score_view(story: triage.Explanation | None, profile: Profile, lang: str = "zh") -> Markup:
    """Show why a matter stands where it stands.

    Parameters
    ----------
    story : Explanation or None
        From `triage.explain_one`; None where the matter is not scored.
    profile : Profile
    lang : {"zh", "en"}
    """
    if story is None:
        return tag("p", UNSCORED.of(lang))
    rows: list[tuple[str, ...]] = [
        (
            tag("span", str(factor["factor"]), title=str(factor["source"])),
            str(factor["value"]),
            tag("b", f"{factor['points']:+d}") if factor["points"] else "0",
            f"{factor['least']} – {factor['most']}",
        )
        for factor in story.factors.to_dict("records")
    ]
    points = Words("分", "points").of(lang)
    return tag(
        "div",
        tag(
            "div",
            tag("span", str(story.score), cls="gk-score gk-num"),
            tag("span", f"{points} ", cls="gk-unit"),
            band_chip(story.band, profile, lang),
        ),
        tag("p", story.sentence),
        tag("p", tag("b", f"{_LOWER.of(lang)}: "), story.counterfactual, cls="gk-lower"),
        tag("p", tag("b", f"{_MISSING.of(lang)}: "), story.missing_text),
        tag(
            "details",
            tag("summary", _FACTORS.of(lang)),
            tag("div", table(tuple(w.of(lang) for w in _HEAD), rows), cls="gk-scroll"),
            open="open",
        ),
        tag("p", story.advice, cls="gk-help"),
    )
