"""Rules between the parts of a profile: what one names, another must have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from gridkit.errors import Problem
from gridkit.profile.clause import EVENTS, Channel, Clause
from gridkit.profile.faults import near_names
from gridkit.profile.office import Band, Join, Reception, Route

if TYPE_CHECKING:
    from gridkit.profile.card import Scorecard
    from gridkit.profile.choices import Table
    from gridkit.profile.profile import Profile

NONE = "none"
# codes that the spec of records or a clause relies on
REQUIRED = {
    "hardening": ("works_soon",),
    "clock_status": ("running", "overdue", "stopped", "none"),
}
_FILE_OF = {
    "demand_type": "demands.toml",
    "demand_detail": "demands.toml",
    "dispute_group": "disputes.toml",
    "dispute_code": "disputes.toml",
    "unit": "units.toml",
    "band": "colors.toml",
    "checklist_item": "checklists.toml",
}


def problems(profile: Profile) -> Iterator[Problem]:
    """Yield every contradiction between the parts of a profile."""
    for table in profile.tables:
        yield from _table_problems(table)
    yield from _demand_problems(profile)
    yield from _dispute_problems(profile)
    yield from _band_problems(profile.bands, profile.scorecard)
    yield from _route_problems(profile.routes, profile)
    yield from _join_problems(profile.joins, profile)
    yield from _clause_problems(profile.clauses, profile)
    yield from _channel_problems(profile.channels, profile)
    yield from _reception_problems(profile.receptions)
    yield from _checklist_problems(profile)
    tables = {table.name: table.codes for table in profile.tables}
    yield from (
        p._replace(row=f"scorecard.toml {p.row}")
        for p in profile.scorecard.code_problems(tables)
    )


def _repeated(codes: Iterable[str]) -> list[str]:
    return [code for code, n in Counter(codes).items() if n > 1]


def _twice(row: str, codes: Iterable[str]) -> Iterator[Problem]:
    for code in _repeated(codes):
        yield Problem(
            row, code, "代码重复, 每个代码只能出现一次", "stands twice; a code may stand once"
        )


def _known(
    row: str, field: str, codes: Iterable[str], known: Sequence[str]
) -> Iterator[Problem]:
    for code in codes:
        if code not in known:
            zh, en = near_names(code, known)
            yield Problem(
                row, field, f"未知代码 `{code}`{zh}", f"`{code}` is not a known code{en}"
            )


def _table_problems(table: Table) -> Iterator[Problem]:
    name = _FILE_OF.get(table.name, "tables.toml")
    yield from _twice(f"{name} {table.name}", table.codes)
    required = REQUIRED.get(table.name, ())
    for code in (*required, NONE) if table.many else required:
        if code not in table.codes:
            yield Problem(
                f"{name} {table.name}",
                code,
                "缺少此代码, 其他部分要用到",
                "is missing; other parts rely on this code",
            )


def _demand_problems(profile: Profile) -> Iterator[Problem]:
    details = profile.codes("demand_detail")
    groups = profile.codes("dispute_group")
    for choice in profile.choices("demand_type"):
        yield from _known(
            f"demands.toml type {choice.code}", "disputes", choice.disputes, groups
        )
    for code in profile.codes("demand_type"):
        if f"{code}_other" not in details:
            yield Problem(
                f"demands.toml type {code}",
                "detail",
                f"缺少细类 `{code}_other`, 每类都要能选其他",
                f"has no detail `{code}_other`; each type needs an 'other'",
            )


def _dispute_problems(profile: Profile) -> Iterator[Problem]:
    for choice in profile.choices("dispute_code"):
        if not choice.code.startswith(choice.parent or ""):
            yield Problem(
                f"disputes.toml group {choice.parent}",
                choice.code,
                f"前两位应为所属大类 {choice.parent}",
                f"must begin with its group, {choice.parent}",
            )


def _band_problems(bands: Sequence[Band], card: Scorecard) -> Iterator[Problem]:
    for before, band in pairwise(bands):
        if band.above >= before.above:
            yield Problem(
                f"colors.toml band {band.code}",
                "above",
                f"须小于上一等级的 {before.above}, 现为 {band.above}; 由急到缓排列",
                f"must be below {before.above}, that of the band before it; it is {band.above}",
            )
    mine = {band.code: band.above for band in bands}
    cards = {band.code: band.above for band in card.bands}
    for code in {**mine, **cards}:
        if mine.get(code) != cards.get(code):
            yield Problem(
                f"scorecard.toml bands {code}",
                "above",
                f"与 colors.toml 不一致: 这里 {cards.get(code, '没有')}, 那里 {mine.get(code, '没有')}",
                f"differs from colors.toml: {cards.get(code, 'none')} here, "
                f"{mine.get(code, 'none')} there",
            )


def _route_problems(routes: Sequence[Route], profile: Profile) -> Iterator[Problem]:
    seen: set[tuple[tuple[str, str] | None, str | None]] = set()
    disputes = (*profile.codes("dispute_group"), *profile.codes("dispute_code"))
    for number, route in enumerate(routes, 1):
        row = f"routes.toml route[{number}]"
        yield from _known(row, "to", [route.to], profile.codes("unit"))
        yield from _known(row, "joint", route.joint, profile.codes("unit"))
        given = [n for n in ("demand_type", "demand_detail", "dispute") if getattr(route, n)]
        if len(given) > 1:
            yield Problem(
                row,
                given[1],
                f"与 {given[0]} 只能写一个",
                f"only one of it and {given[0]} may be given",
            )
        if route.dispute:
            yield from _known(row, "dispute", [route.dispute], disputes)
        for name in ("demand_type", "demand_detail"):
            if code := getattr(route, name):
                yield from _known(row, name, [code], profile.codes(name))
        if (route.key, route.division) in seen:
            yield Problem(row, "to", "与前面的分流规则重复", "repeats an earlier rule")
        seen.add((route.key, route.division))
    if (None, None) not in seen:
        yield Problem(
            "routes.toml",
            "route",
            "缺少兜底规则 (只写 to)",
            "needs one rule with `to` alone, for the rest",
        )


def _join_problems(joins: Sequence[Join], profile: Profile) -> Iterator[Problem]:
    for number, join in enumerate(joins, 1):
        row = f"routes.toml join[{number}]"
        yield from _known(row, "joint", join.joint, profile.codes("unit"))
        yield from _known(row, "code", [join.code], profile.codes(join.field))
    yield from _twice("routes.toml join", (f"{join.field} {join.code}" for join in joins))


def _clause_problems(clauses: Sequence[Clause], profile: Profile) -> Iterator[Problem]:
    yield from _twice("clocks.toml clause", (clause.id for clause in clauses))
    for clause in clauses:
        row = f"clocks.toml clause {clause.id}"
        for name in ("starts", "stops", "resumes", "pauses", "continues", "extended_by"):
            yield from _known(row, name, getattr(clause, name), EVENTS)
        yield from _known(row, "turn", [clause.turn], profile.codes("turn"))
        yield from _known(
            row, "applies.sources", clause.applies.sources, profile.codes("source")
        )
        yield from _subject_problems(row, clause.applies, profile)
        if clause.kind != "limit" and not clause.starts:
            yield Problem(row, "starts", "缺少起算事件", "names no event that starts the clock")
        if bool(clause.pauses) != bool(clause.continues) or (
            clause.pauses and clause.day == "working"
        ):
            yield Problem(
                row,
                "pauses",
                "pauses 与 continues 须成对, 且只用于日历日",
                "pauses and continues come together, and for calendar days only",
            )
        if both := set(clause.starts) & set(clause.stops):
            yield Problem(
                row,
                "stops",
                f"{sorted(both)} 同为起算与终止",
                f"{sorted(both)} both start and stop it",
            )
        if clause.valid_from and clause.valid_to and clause.valid_to < clause.valid_from:
            yield Problem(row, "valid_to", "早于 valid_from", "lies before valid_from")


def _channel_problems(channels: Sequence[Channel], profile: Profile) -> Iterator[Problem]:
    yield from _twice("clocks.toml channel", (channel.code for channel in channels))
    for channel in channels:
        yield from _subject_problems(f"clocks.toml channel {channel.code}", channel, profile)


def _subject_problems(row: str, subject: object, profile: Profile) -> Iterator[Problem]:
    known: Mapping[str, Callable[[], Sequence[str]]] = {
        "disputes": lambda: (*profile.codes("dispute_group"), *profile.codes("dispute_code")),
        "demands": lambda: profile.codes("demand_type"),
        "details": lambda: profile.codes("demand_detail"),
    }
    for name, codes in known.items():
        yield from _known(row, name, getattr(subject, name), codes())


def _reception_problems(receptions: Sequence[Reception]) -> Iterator[Problem]:
    for number, reception in enumerate(receptions, 1):
        if (reception.monthly_day is None) == (reception.weekday is None):
            yield Problem(
                f"receptions.toml reception[{number}]",
                "monthly_day",
                "monthly_day 与 weekday 须写且只写一个",
                "give either monthly_day or weekday",
            )


def _checklist_problems(profile: Profile) -> Iterator[Problem]:
    yield from _twice("checklists.toml checklist", (c.code for c in profile.checklists))
    for checklist in profile.checklists:
        yield from _twice(
            f"checklists.toml checklist {checklist.code}",
            (item.code for item in checklist.items),
        )
