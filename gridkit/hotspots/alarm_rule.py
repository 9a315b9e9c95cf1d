"""The rule by which a weekly scan raises an alarm."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from gridkit.errors import DataError

MODELS = ("permutation", "seasonal", "auto")
SEASONAL_WEEKS = 104
"""Weeks before the study that a seasonal expectation needs at least: two of each season."""


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """What a weekly run looks for, and how often it may be wrong.

    Parameters
    ----------
    weeks : int
        A cluster may have begun this many weeks ago at most, 1 or more.
    history_weeks : int
        Weeks compared with each other, those of the clusters included; at least twice
        `weeks`. Less where the ledger is younger.
    false_per_year : float
        How many weeks a year may bring an alarm although all is chance; above 0, below 26.
    model : str
        "permutation": the same places at other times. What all grids share (season, a
        holiday) raises no alarm, and nobody needs to know who lives where. "seasonal":
        against what earlier years saw in each grid at this time of the year; a rise in much
        of the county shows up too. It needs households and two years before the study.
        What is expected is itself estimated, so it alarms more often than the rule says.
        "auto": "seasonal" where it can be had, else "permutation".
    types : tuple of str
        Codes of demand types to look at one by one; those with enough cases by default.
    overall : bool
        Whether all types are looked at together, too.
    fewest : int
        A type with fewer cases in the study is not scanned alone.
    min_cases : int
        A cluster holds this many cases at least.
    max_share : float
        Its grids hold this share of all cases of the study at most, in (0, 0.5]. Its own
        cases count: with a small share a large outbreak would be missed.
    radius_m : float
        Its radius at most, meters: what can be gone and looked at. Slow drifts of half a
        county are no early warning.
    replicas : int
        Data sets drawn by chance at most, per scan, at least 99; more where there are so many
        scans that one replica more or less would decide on an alarm. Quiet scans stop early.

    Raises
    ------
    DataError
        If a number is out of range or the model unknown.

    Examples
    --------
    >>> round(AlarmRule().alpha, 4)
    0.0192
    """

    weeks: int = 12
    history_weeks: int = 52
    false_per_year: float = 1.0
    model: str = "permutation"
    types: tuple[str, ...] = ()
    overall: bool = True
    fewest: int = 20
    min_cases: int = 3
    max_share: float = 0.5
    radius_m: float = 5_000.0
    replicas: int = 999

    def __post_init__(self) -> None:
        for name, sound, en, zh in (
            ("weeks", _whole(self.weeks, 1), "a whole number from 1 up", "为正整数"),
            (
                "history_weeks",
                _whole(self.history_weeks, 2 * self.weeks if _whole(self.weeks, 1) else 2),
                "a whole number, at least twice `weeks`",
                "为整数, 且不小于 `weeks` 的两倍",
            ),
            (
                "false_per_year",
                0 < self.false_per_year < 26,
                "above 0 and below 26",
                "大于 0 且小于 26",
            ),
            ("model", self.model in MODELS, "one of " + ", ".join(MODELS), f"取 {MODELS}"),
            ("fewest", _whole(self.fewest, 2), "a whole number from 2 up", "为不小于 2 的整数"),
            (
                "min_cases",
                _whole(self.min_cases, 2),
                "a whole number from 2 up",
                "为不小于 2 的整数",
            ),
            (
                "max_share",
                0 < self.max_share <= 0.5,
                "above 0, at most 0.5",
                "大于 0, 至多 0.5",
            ),
            ("radius_m", self.radius_m > 0, "above 0 m", "大于 0 米"),
            (
                "replicas",
                _whole(self.replicas, 99),
                "a whole number from 99 up",
                "为不小于 99 的整数",
            ),
            (
                "overall",
                self.overall or bool(self.types),
                "true unless `types` are named",
                "为真, 除非指定了 `types`",
            ),
        ):
            if not sound:
                value = getattr(self, name)
                raise DataError(
                    en=f"`{name}` must be {en}; it is {value!r}.",
                    zh=f"`{name}` 须{zh}; 现为 {value!r}。",
                )

    @property
    def alpha(self) -> float:
        """Chance that a week brings an alarm although all is chance."""
        return self.false_per_year * 7 / 365.25

    def to_dict(self) -> dict[str, Any]:
        """Give all choices as plain values, to be kept with a run."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {
            "types": list(self.types)
        }


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
