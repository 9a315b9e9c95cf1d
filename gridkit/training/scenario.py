"""Scenarios of the drill, as files: what is turned up, how long it lasts, and the seed."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from gridkit.errors import DataError
from gridkit.training.history import History, make_history
from gridkit.training.knobs import Knobs
from gridkit.triage.evaluate_facts import weeks_between

GRIDS = 343
_BEFORE_WEEKS, _AFTER_WEEKS = 16, 8  # the ledger begins before the game, harm may come after


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

    @property
    def days(self) -> list[dt.date]:
        """Give the Mondays on which visits are chosen."""
        last = self.last_day - dt.timedelta(weeks=_AFTER_WEEKS)
        return weeks_between(last - dt.timedelta(weeks=self.weeks) + dt.timedelta(days=1), last)

    def history(self, seed: int | None = None) -> History:
        """Draw its county; another seed gives another county with the same knobs."""
        return make_history(
            seed=self.seed if seed is None else seed,
            knobs=self.knobs,
            grids=GRIDS,
            weeks=_BEFORE_WEEKS + self.weeks + _AFTER_WEEKS,
            end=self.last_day,
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
            en=f"There is no scenario `{Path(name).name}`; there are the ones above, or a file.",
            zh=f"没有剧本 `{Path(name).name}`。可选: {listed}; 或给一个 TOML 文件。",
        )
    return _read(Path(name).stem, Path(name).read_text(encoding="utf-8"))


def _read(name: str, text: str) -> Scenario:
    try:
        raw: dict[str, Any] = tomllib.loads(text)
        scenario = Scenario(id=name, **{**raw, "knobs": Knobs(**raw.get("knobs", {}))})
    except (tomllib.TOMLDecodeError, TypeError) as fault:
        raise DataError(
            en=f"Scenario `{name}` cannot be read; compare it with one of gridkit's.",
            zh=f"剧本 `{name}` 读不了; 请对照随附的剧本改正。",
        ) from fault
    if not 1 <= scenario.weeks <= 52 or not scenario.days:
        raise DataError(
            en=f"Scenario `{name}`: `weeks` must be 1 to 52.",
            zh=f"剧本 `{name}`: `weeks` 须为 1 到 52。",
        )
    return scenario
