"""The plan of a scan: what is looked for, where, and how chance is judged."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from gridkit.errors import DataError

MODELS = ("auto", "poisson", "permutation", "bernoulli", "expectation")
KINDS = ("retrospective", "prospective", "spatial", "temporal", "temporal_prospective")
SIDES = ("high", "low", "both")
SECONDARY = ("no_overlap", "iterative", "none")
CHANCES = ("monte_carlo", "sequential", "gumbel")
FEWEST_FOR_GUMBEL = 19  # fewer maxima tell too little of the spread
_ALLOWED = {
    "model": MODELS,
    "kind": KINDS,
    "side": SIDES,
    "secondary": SECONDARY,
    "chance": CHANCES,
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a scan looks for.

    Parameters
    ----------
    model : str
        "poisson": counts against households, a population, or an `expected` that holds
        covariates and season. "permutation": the same places at other times, the same
        times at other places; needs no population, and nothing that all grids share (an
        autumn, a Monday) can show up. "bernoulli": cases among cases and controls.
        "expectation": counts against an `expected` that is known beforehand in absolute
        numbers; a rise everywhere shows up too. "auto": "poisson" where the counts have
        `expected` or, for every grid, `households` or `population`, else "permutation".
    kind : str
        "retrospective": any weeks. "prospective": weeks up to the last one; for the weekly
        run. "spatial": the whole period. "temporal", "temporal_prospective": all grids
        together. A finding of the past is no alarm: the first two are not the same test.
    side : str
        "high", "low" or "both".
    max_share : float
        Of all that is expected (poisson, expectation), of cases (permutation) or of cases
        and controls (bernoulli): a cluster holds this much at most. In (0, 1].
    max_radius_m : float
        Largest radius, meters.
    max_weeks : int, optional
        Longest window in time steps (weeks; days where counts are daily). By default half
        of the period.
    min_cases : int
        A high cluster holds this many cases at least. Low ones may be empty.
    secondary : str
        "no_overlap": further clusters that share no grid with a stronger one.
        "iterative": the strongest is taken out and the rest scanned anew, as long as p is
        at most `alpha` (Zhang, Assuncao & Kulldorff 2010). "none": the strongest only.
    most : int
        At most this many clusters. Of those without overlap, what every replica beats
        (p = 1) is not listed, the strongest excepted.
    chance : str
        "monte_carlo": rank among all replicas. "sequential": replicas until `stop_after`
        have beaten the cluster (Besag & Clifford 1991); quick on boring weeks. "gumbel":
        tail of a Gumbel law fitted to the replicas' maxima, for small p from 199 replicas
        (Abrams, Kulldorff & Kleinman 2010).
    replicas : int
        Data sets drawn by chance, at least 1; 19 for "gumbel".
    stop_after : int
        For "sequential".
    alpha : float
        At most this p is called significant in words, in (0, 1).
    at_risk : str, optional
        Column with households, population or expected (controls for "bernoulli"). By
        default `expected`, then `households`, then `population`.

    Raises
    ------
    DataError
        If a choice is unknown or a number out of range.

    Examples
    --------
    >>> Plan(kind="prospective", max_weeks=4).replicas
    999
    """

    model: str = "auto"
    kind: str = "retrospective"
    side: str = "high"
    max_share: float = 0.5
    max_radius_m: float = math.inf
    max_weeks: int | None = None
    min_cases: int = 2
    secondary: str = "no_overlap"
    most: int = 10
    chance: str = "monte_carlo"
    replicas: int = 999
    stop_after: int = 10
    alpha: float = 0.05
    at_risk: str | None = None

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                _refuse(name, "one of " + ", ".join(allowed), "取 " + ", ".join(allowed), self)
        fewest = {"replicas": FEWEST_FOR_GUMBEL} if self.chance == "gumbel" else {}
        for name in ("min_cases", "most", "stop_after", "replicas", "max_weeks"):
            value, least = getattr(self, name), fewest.get(name, 1)
            if not (_whole(value, least) or (name == "max_weeks" and value is None)):
                _refuse(
                    name, f"a whole number from {least} up", f"为不小于 {least} 的整数", self
                )
        for name, sound, en, zh in (
            (
                "max_share",
                0 < self.max_share <= 1,
                "above 0 and at most 1",
                "大于 0 且不大于 1",
            ),
            ("alpha", 0 < self.alpha < 1, "between 0 and 1", "在 0 与 1 之间"),
            ("max_radius_m", self.max_radius_m > 0, "above 0 m", "大于 0 米"),
        ):
            if not sound:
                _refuse(name, en, zh, self)

    @property
    def alive(self) -> bool:
        """Whether only windows that reach to the last week are looked at."""
        return self.kind in ("prospective", "temporal_prospective")

    def to_dict(self) -> dict[str, Any]:
        """Give all choices as plain values, to be kept with a run."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        if math.isinf(self.max_radius_m):
            plain["max_radius_m"] = None
        return plain


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _refuse(name: str, en: str, zh: str, plan: Plan) -> None:
    value = getattr(plan, name)
    raise DataError(
        en=f"`{name}` must be {en}; it is {value!r}.",
        zh=f"`{name}` 须{zh}; 现为 {value!r}。",
    )
