"""Scenarios of the drill, as files: what is turned up, how long it lasts, and the seed."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.training.history import History, make_history
from gridkit.training.knobs import Knobs
from gridkit.triage.evaluate_facts import weeks_between

GRIDS = 343
_BEFORE_WEEKS, _AFTER_WEEKS = 16, 8  # the ledger begins before the game, harm may come after

_KINDS: dict[str, Any] = {
    **dict.fromkeys(("zh", "en", "kind", "about_zh", "about_en"), str),
    **dict.fromkeys(("level", "seed", "weeks"), int),
    "last_day": dt.date,
    "knobs": Mapping,
}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario.

    `weeks` are played; the ledger begins 16 weeks before, and harm that comes up to eight
    weeks after the last one counts in the debrief. `last_day` is the day on which the
    debrief looks back.
    """

    id: str
    zh: str
    en: str
    kind: str
    level: int
    about_zh: str
    about_en: str
    seed: int
    weeks: int
    last_day: dt.date
    knobs: Knobs

    @classmethod
    def of(cls, name: str, raw: Mapping[str, Any]) -> Scenario:
        """Make a scenario of what a file says.

        Parameters
        ----------
        name : str
            Its id.
        raw : mapping
            As TOML gives it, or `as_values`; `last_day` may be ISO text.

        Returns
        -------
        Scenario

        Raises
        ------
        DataError
            If something is missing, unknown, of another type or out of bounds; `problems`
            lists all of it.
        """
        last = raw.get("last_day")
        if isinstance(last, str):
            raw = {**raw, "last_day": dt.date.fromisoformat(last)}
        problems = _faults(raw)
        if problems:
            raise DataError(
                en=f"Scenario `{name}` has {len(problems)} fault(s); compare it with gridkit's:",
                zh=f"剧本 `{name}` 有 {len(problems)} 处要改, 请对照随附的剧本:",
                problems=problems,
            )
        return cls(id=name, **{**raw, "knobs": Knobs(**raw.get("knobs", {}))})

    def as_values(self) -> dict[str, Any]:
        """Give what `of` takes, as JSON can hold it."""
        values = asdict(self)
        del values["id"]
        return values | {"last_day": self.last_day.isoformat()}

    @property
    def days(self) -> list[dt.date]:
        """Give the Mondays on which visits are chosen."""
        last = self.last_day - dt.timedelta(weeks=_AFTER_WEEKS)
        return weeks_between(last - dt.timedelta(weeks=self.weeks) + dt.timedelta(days=1), last)

    def history(self, seed: int | None = None) -> History:
        """Draw its county; another seed gives another county with the same knobs."""
        return _county(self, self.seed if seed is None else seed)


@lru_cache(maxsize=2)  # two games on one seed are the same county; nobody writes into it
def _county(scenario: Scenario, seed: int) -> History:
    return make_history(
        seed=seed,
        knobs=scenario.knobs,
        grids=GRIDS,
        weeks=_BEFORE_WEEKS + scenario.weeks + _AFTER_WEEKS,
        end=scenario.last_day,
    )


def scenarios() -> dict[str, Scenario]:
    """List the scenarios that come with gridkit: three stories, five of rising difficulty.

    Examples
    --------
    >>> [s.level for s in scenarios().values() if s.kind == "level"]
    [1, 2, 3, 4, 5]
    """
    folder = files("gridkit.training").joinpath("scenarios")
    found = [
        _read(entry.name.removesuffix(".toml"), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    ordered = sorted(found, key=lambda s: (s.kind != "story", s.level, s.id))
    return {scenario.id: scenario for scenario in ordered}


def load_scenario(name: str | Path) -> Scenario:
    """Read a scenario: one of gridkit's by its id or Chinese name, or a TOML file.

    Parameters
    ----------
    name : str or Path

    Returns
    -------
    Scenario

    Raises
    ------
    DataError
        If there is none, or the file is at fault.
    """
    known = scenarios()
    for scenario in known.values():
        if str(name) in {scenario.id, scenario.zh}:
            return scenario
    if not Path(name).is_file():
        listed = ", ".join(f"{s.id} {s.zh}" for s in known.values())
        raise DataError(
            en=f"There is no scenario `{Path(name).name}`; there are {', '.join(known)}; "
            "or give a TOML file.",
            zh=f"没有剧本 `{Path(name).name}`。可选: {listed}; 或给一个 TOML 文件。",
        )
    return _read(Path(name).stem, Path(name).read_text(encoding="utf-8"))


def _read(name: str, text: str) -> Scenario:
    try:
        return Scenario.of(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as fault:
        raise DataError(
            en=f"Scenario `{name}` is no TOML ({fault}); compare it with one of gridkit's.",
            zh=f"剧本 `{name}` 不是 TOML 格式 ({fault}); 请对照随附的剧本改正。",
        ) from fault


def _faults(raw: Mapping[str, Any]) -> list[Problem]:
    """List what a scenario lacks, has too much of, or says out of bounds."""
    knobs = raw.get("knobs", {})
    lists = [(raw, _KINDS, "")]
    if isinstance(knobs, Mapping):
        numbers = {f.name: (int, float) for f in fields(Knobs)} | {"capacity": int}
        lists.append((knobs, numbers, "knobs."))
    found = []
    for given, known, where in lists:
        for key, value in given.items():
            if key not in known:
                said = ", ".join(known)
                found.append(
                    (f"{where}{key}", f"没有这一项; 可用 {said}", f"unknown; use {said}")
                )
            elif not isinstance(value, known[key]) or isinstance(value, bool):
                found.append(
                    (f"{where}{key}", "类型不对; 请对照随附的剧本", "of the wrong type")
                )
    found += [(k, "没有写", "is missing") for k in _KINDS if k not in raw and k != "knobs"]
    if not found:
        found += _out_of_bounds(raw)
    return [Problem("-", field, zh, en) for field, zh, en in found]


def _out_of_bounds(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if raw["kind"] not in {"story", "level"}:
        yield "kind", "须为 story 或 level", "must be story or level"
    for key, least, most in (("weeks", 1, 52), ("level", 1, 5), ("seed", 0, 2**31)):
        if not least <= raw[key] <= most:
            yield key, f"须为 {least} 到 {most}", f"must be {least} to {most}"


def scenario_table() -> pd.DataFrame:
    """List the scenarios in a trainer's words.

    Returns
    -------
    DataFrame, indexed by id
        剧本, 周数, 每周走访, 说明.

    Examples
    --------
    >>> scenario_table().loc["level_1", "剧本"]
    '平常的秋天'
    """
    rows = {
        its.id: (its.zh, its.weeks, its.knobs.capacity, its.about_zh)
        for its in scenarios().values()
    }
    columns = pd.Index(["剧本", "周数", "每周走访", "说明"])
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("代号")
