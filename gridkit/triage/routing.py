"""Routing (分流): which unit a matter should go to, who joins in (联调联办), and why.

The rules are the profile's; here they are applied. A proposal with its reason: a person
decides, and the step says what was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridkit.profile import Join, Profile, Route
from gridkit.profile.codes import ENDS
from gridkit.triage.handling import route_out_codes

_SUBJECT = ("demand_type", "demand_detail", "dispute_code")
_ENDS = dict(zip(("county", "township", "village"), ENDS[2:], strict=True))


_Rule = tuple[Route, bool]


class Routing(NamedTuple):
    """Where one matter should go.

    Attributes
    ----------
    unit : str
        A code of the table `unit`.
    division_code : str
        Whose unit it is, 12 digits: the county's, or the concern's township or village.
    joint_units : tuple of str
        Who joins in, the most concerned first.
    route_out : bool
        A dispute that a statutory channel has: handed over, never scored.
    matched : bool
        False where no rule fits: it goes to the centre, which looks at it.
    reason_zh, reason_en : str
    """

    unit: str
    division_code: str
    joint_units: tuple[str, ...]
    route_out: bool
    matched: bool
    reason_zh: str
    reason_en: str


def route_one(
    concern: Mapping[str, Any], profile: Profile, returned_by: Iterable[str] = ()
) -> Routing:
    """Propose where one matter should go.

    Parameters
    ----------
    concern : mapping of str to value
        `demand_type`, and where known `demand_detail`, `dispute_code`, `grid_id`, `safety`,
        `basic_need`, `setting`, `hardening`. `Concern.answers()` is one.
    profile : Profile
        Its routes, joins and units.
    returned_by : iterable of str
        Units that have returned it: they are not proposed again.

    Returns
    -------
    Routing

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> house = {"demand_type": "housing_safety", "safety": "house_unsafe"}
    >>> found = route_one({**house, "grid_id": "990428101002003"}, load_profile())
    >>> found.unit, found.joint_units
    ('housing_bureau', ('emergency_bureau', 'township_government'))
    >>> found.reason_zh
    '按诉求类型“住房安全”分流; 房屋有倒塌危险, 联办'
    """
    said = {name: str(v) for name, v in concern.items() if not _missing(v)}
    return _proposal(
        _rule(said, profile),
        _joins(said, profile),
        frozenset(returned_by),
        said.get("grid_id", ""),
        profile,
    )


def _rule(said: Mapping[str, str], profile: Profile) -> _Rule:
    """Return the rule that fits, and whether the dispute is routed out."""
    demand, detail, dispute = (said.get(name) or "" for name in _SUBJECT)
    rule = profile.route(demand, detail, dispute, division=said.get("grid_id") or "")
    return rule, dispute in route_out_codes(profile)


def _joins(said: Mapping[str, str], profile: Profile) -> tuple[Join, ...]:
    return tuple(j for j in profile.joins if j.code in (said.get(j.field) or "").split())


def _proposal(
    found: _Rule, joins: tuple[Join, ...], back: frozenset[str], grid: str, profile: Profile
) -> Routing:
    rule, route_out = found
    joins = () if route_out else joins
    zh, en = _because(rule, profile)
    if joins:
        zh += f"; {'、'.join(join.reason_zh for join in joins)}, 联办"
        en += f"; joint handling, since {' and '.join(join.reason_en for join in joins)}"
    unit = rule.to
    if unit in back:
        unit = next((u for u in rule.joint if u not in back), profile.route("").to)
        zh += f"; {profile.label('unit', rule.to)}已回退, 改派"
        en += f"; {profile.label('unit', rule.to, 'en')} returned it"
    joint = dict.fromkeys([*(u for join in joins for u in join.joint), *rule.joint])
    return Routing(
        unit,
        _whose(unit, grid, profile),
        tuple(u for u in joint if u != unit and u not in back),
        route_out,
        rule.key is not None,
        zh,
        en,
    )


def route(
    concerns: pd.DataFrame, profile: Profile, steps: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Propose where each matter should go.

    Parameters
    ----------
    concerns : DataFrame, indexed by record id
        The columns that `route_one` reads; one that is not there counts as not answered.
    profile : Profile
    steps : DataFrame, optional
        Units that returned a matter (`concern_id`, `action`, `unit`) are not proposed again.

    Returns
    -------
    DataFrame, indexed like `concerns`
        `unit`, `division_code`, `joint_units` (category; codes joined by one space, the most
        concerned first), `route_out`, `matched` (bool), `reason_zh`, `reason_en` (category).

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> concerns = pd.DataFrame({"demand_type": ["water", "other"]}, index=["a", "b"])
    >>> found = route(concerns, load_profile())
    >>> found[["unit", "matched"]].to_numpy().tolist(), found.loc["b", "reason_zh"]
    ([['water_company', True], ['governance_center', False]], '没有对应的分流规则, 由中心研判')
    """
    facts = _facts(concerns, profile)
    flags = [join.field for join in profile.joins if join.field in facts]
    subject = [name for name in (*_SUBJECT, "grid_id") if name in facts]
    rule, rules = _asked(facts[subject], lambda said: _rule(said, profile))
    join, joins = _asked(facts[list(dict.fromkeys(flags))], lambda said: _joins(said, profile))
    back = _returned(concerns.index, steps)
    number, first = _numbered(
        (rule * len(joins) + join) * (len(back.categories) + 1) + back.codes + 1
    )
    returned = [frozenset(str(units).split()) for units in back.categories] + [frozenset()]
    found = [
        _proposal(rules[rule[i]], joins[join[i]], returned[back.codes[i]], "", profile)
        for i in first
    ]
    made: dict[str, list[Any]] = {
        name: [one[i] for one in found] for i, name in enumerate(Routing._fields)
    }
    made["joint_units"] = [" ".join(units) for units in made["joint_units"]]
    yes_no = ("route_out", "matched")
    columns = {
        name: np.array(values, dtype=bool)[number] if name in yes_no else _coded(values, number)
        for name, values in made.items()
    }
    columns["division_code"] = _divisions(columns["unit"], concerns, profile)
    return pd.DataFrame(columns, index=concerns.index)


def _coded(values: list[str], number: np.ndarray) -> pd.Categorical:
    codes, words = pd.factorize(pd.Index(values, dtype="str"))
    return pd.Categorical.from_codes(codes[number], words)


def _divisions(
    unit: pd.Categorical, concerns: pd.DataFrame, profile: Profile
) -> pd.Categorical:
    """Return whose unit it is: one question for each grid and level."""
    if "grid_id" not in concerns:
        return _coded([_whose(u, "", profile) for u in unit.categories], unit.codes)
    grid = pd.Categorical(concerns["grid_id"])
    grids = [str(g) for g in grid.categories] + [""]  # the last one: not known
    levels = {u.code: u.level for u in profile.units}
    sample = {levels[u]: u for u in unit.categories}
    whose = [_whose(u, g, profile) for u in sample.values() for g in grids]
    level = np.array([list(sample).index(levels[u]) for u in unit.categories], dtype=np.int64)
    return _coded(whose, level[unit.codes] * len(grids) + grid.codes % len(grids))


def _facts(concerns: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Return what the rules read, as plain categories; places as far as a rule tells apart."""
    flags = dict.fromkeys(join.field for join in profile.joins)
    names = [name for name in (*_SUBJECT, *flags) if name in concerns]
    facts = {name: pd.Categorical(concerns[name]) for name in names}
    places = sorted({r.division for r in profile.routes if r.division}, key=len, reverse=True)
    if "grid_id" in concerns and places:
        grid = pd.Categorical(concerns["grid_id"])
        inside = [next((p for p in places if g.startswith(p)), None) for g in grid.categories]
        codes, words = pd.factorize(np.array(inside, dtype=object))
        place = np.append(codes, -1)[grid.codes]
        facts["grid_id"] = pd.Categorical.from_codes(place, pd.Index(words, dtype="str"))
    return pd.DataFrame(facts, index=concerns.index)


def _returned(index: pd.Index, steps: pd.DataFrame | None) -> pd.Categorical:
    """Return per concern the units that returned it, joined by one space."""
    none = np.full(len(index), -1)
    if steps is None or not len(steps):
        return pd.Categorical.from_codes(none, pd.Index([], dtype="str"))
    rows = steps[(steps["action"] == "returned").to_numpy() & steps["unit"].notna().to_numpy()]
    pairs = rows[["concern_id", "unit"]].astype("str").drop_duplicates()
    texts = pairs.groupby("concern_id", sort=False)["unit"].agg(" ".join)
    codes, words = pd.factorize(texts)
    place = index.get_indexer(texts.index)
    none[place[place >= 0]] = codes[place >= 0]
    return pd.Categorical.from_codes(none, pd.Index(words, dtype="str"))


def _asked(
    facts: pd.DataFrame, answer: Callable[[Mapping[str, str]], Any]
) -> tuple[np.ndarray, list[Any]]:
    """Ask each different row once; return the number of each row's answer, and the answers."""
    number = np.zeros(len(facts), dtype=np.int64)
    first = np.arange(min(1, len(facts)))
    for name in facts:
        column = facts[name].cat
        number = number * (len(column.categories) + 1) + column.codes.to_numpy() + 1
        number, first = _numbered(number)
    names = [str(name) for name in facts]
    different = facts.iloc[first].astype(object)
    rows = different.where(different.notna(), None).itertuples(index=False)
    answers = [answer(dict(zip(names, row, strict=True))) for row in rows]
    place: list[int] = []
    known: list[Any] = []
    for one in answers:
        if one not in known:
            known.append(one)
        place.append(known.index(one))
    return np.array(place, dtype=np.int64)[number], known


def _numbered(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, words = pd.factorize(keys)
    first = np.empty(len(words), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(keys))[::-1]
    return codes, first


def _because(rule: Route, profile: Profile) -> tuple[str, str]:
    if rule.reason_zh is not None:
        return rule.reason_zh, rule.reason_en or rule.reason_zh
    if rule.key is None:
        return "没有对应的分流规则, 由中心研判", "no rule fits: the centre looks at it"
    name, code = rule.key
    table = name
    if name == "dispute":
        table = "dispute_group" if len(code) == 2 else "dispute_code"
    title, label = profile.table(table), profile.label
    return (
        f"按{title.zh}“{label(table, code)}”分流",
        f"routed by {title.en.lower()}: {label(table, code, 'en')}",
    )


def _whose(unit: str, grid: str, profile: Profile) -> str:
    """Return the division whose unit it is; the county's where the grid says too little."""
    levels = {u.code: u.level for u in profile.units}
    end = _ENDS[levels[unit]]
    code = grid[:end] if len(grid) >= end > _ENDS["county"] else profile.county_code
    return code.ljust(ENDS[-1], "0")


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
