"""The story of one matter as a line of events: when, what, who in which role, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gridkit.profile import Profile
from gridkit.records.spec import ROLES
from gridkit.screen.look import Markup, Words, join, tag
from gridkit.triage import Event
from gridkit.triage.chronicle import state_label

_ROLES = {code: Words(zh, en) for code, zh, en in ROLES}
_CLASH = Words(
    "当时不合流程, 已保留但未计入, 请人工核对",
    "not legal then: kept, not counted; please check",
)
_TOLD = Words("答复居民", "the resident was told")
_SAID = {
    "followed_up": Words("回访情况", "at the follow-up"),
    "unsatisfied": Words("居民不满意", "the resident said"),
}
_WHY = Words("理由", "reason")


def story_line(events: Sequence[Event], profile: Profile, lang: str = "zh") -> Markup:
    """Draw the events of a matter, oldest first.

    Parameters
    ----------
    events : sequence of Event
        From `triage.chronicle`.
    profile : Profile
        Gives the names of units.
    lang : {"zh", "en"}

    Returns
    -------
    Markup
        An ordered list; free text is escaped.
    """
    return tag("ol", *(_event(e, profile, lang) for e in events), cls="gk-line")


def _event(event: Event, profile: Profile, lang: str) -> Markup:
    title = event.en if lang == "en" else event.zh
    after = state_label(event.state, lang)
    parts: list[str] = [tag("time", f"{event.on}"), " ", tag("b", title)]
    if after and after != title and not event.clash:
        parts.append(tag("span", f" → {after}", cls="gk-after"))
    who = [_ROLES[event.by_role].of(lang)]
    if event.unit:
        who.append(profile.label("unit", event.unit, lang))
    body = [tag("div", *parts), _words(event, lang), _clash(event, lang)]
    body.append(tag("div", " · ".join(who), _moment(event, lang), cls="gk-who"))
    css = "gk-bad" if event.clash else f"gk-{event.kind}"
    return tag("li", *body, cls=css)


def _words(event: Event, lang: str) -> Markup:
    if not event.words:
        return join()
    label = _TOLD if event.tells else _SAID.get(event.step, _WHY)
    css = "gk-words gk-answer" if event.tells else "gk-words"
    return tag("div", tag("b", f"{label.of(lang)}: "), event.words, cls=css)


def _clash(event: Event, lang: str) -> Markup:
    return tag("div", _CLASH.of(lang), cls="gk-fault") if event.clash else join()


def _moment(event: Event, lang: str) -> str:
    """Say when it was written down, and that it was corrected since."""
    moment = datetime.fromisoformat(event.recorded_at).astimezone(ZoneInfo("Asia/Shanghai"))
    told = Words(f" · {moment:%Y-%m-%d %H:%M} 写入", f" · written {moment:%Y-%m-%d %H:%M}").of(
        lang
    )
    if event.changes:
        told += Words(f" · 之后更正 {event.changes} 次", f" · corrected {event.changes}×").of(
            lang
        )
    return told
