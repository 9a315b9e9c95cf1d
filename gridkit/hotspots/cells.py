"""Cells: counts and what was expected, by place and time step, in fixed order.

Places are sorted by label and time runs forwards, so that whatever follows does not depend
on the order of rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8  # mean radius (IUGG)


class Window(NamedTuple):
    """One window: a circle of places and a slice of the time steps."""

    statistic: float
    center: int
    places: NDArray[np.intp]
    steps: slice


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts of P places and W time steps, ready to be scanned."""

    labels: NDArray  # (P,) of str, sorted
    steps: pd.DatetimeIndex  # (W,) first day of each
    step_days: int
    n: NDArray[np.int64]  # (P, W)
    expected: _Floats  # (P, W); adds up to the cases, but in the expectation model
    trials: NDArray[np.int64]  # (P, W): cases and controls (bernoulli), else 0
    model: str
    points: _Floats | None  # (P, 2 or 3), meters; None where all places are one
    spherical: bool = False  # points are on the sphere; distances are chords

    @property
    def cases(self) -> int:
        """All cases."""
        return int(self.n.sum())

    @property
    def measure(self) -> _Floats:
        """What the share of a cluster is counted in, per place."""
        table: NDArray = self.expected
        if self.model == "permutation":
            table = self.n
        elif self.model == "bernoulli":
            table = self.trials
        return np.asarray(table.sum(axis=1), dtype=np.float64)

    def meters(self, distance: float) -> float:
        """Turn a distance between points into meters on the ground."""
        if not self.spherical:
            return distance
        return 2 * EARTH_RADIUS_M * float(np.arcsin(min(1.0, distance / 2 / EARTH_RADIUS_M)))

    def radius(self, center: int, places: NDArray) -> float:
        """Measure from a center to the farthest of some places, meters."""
        if self.points is None:
            return math.nan
        apart = self.points[places] - self.points[center]
        return self.meters(float(np.sqrt((apart**2).sum(axis=1)).max()))

    def reach(self, radius_m: float) -> float:
        """Turn meters on the ground into a distance between points."""
        if not self.spherical:
            return radius_m
        half_turn = min(radius_m / 2 / EARTH_RADIUS_M, np.pi / 2)
        return 2 * EARTH_RADIUS_M * float(np.sin(half_turn))

    def without(self, places: NDArray[np.intp], steps: slice) -> Cells:
        """Take a cluster out: its cells; in the permutation model its places altogether."""
        if self.model == "permutation":
            steps = slice(None)
        n, expected, trials = self.n.copy(), self.expected.copy(), self.trials.copy()
        for table in (n, expected, trials):
            table[places, steps] = 0
        return replace(
            self, n=n, trials=trials, expected=scaled(n, expected, trials, self.model)
        )


def scaled(
    n: NDArray[np.int64], given: _Floats, trials: NDArray[np.int64], model: str
) -> _Floats:
    """Scale what is expected to the number of cases, as the model has it."""
    cases = float(n.sum())
    if model == "expectation":
        return given
    if model == "permutation":
        return np.asarray(np.outer(n.sum(axis=1), n.sum(axis=0)) / max(cases, 1.0))
    table = trials if model == "bernoulli" else given
    return np.asarray(table * (cases / max(float(table.sum()), 1e-300)))


def nothing_to_find(cells: Cells) -> tuple[str, str] | None:
    """Say why nothing can be found, if so."""
    if cells.model == "expectation":
        if cells.expected.sum() > 0:
            return None
        return (
            "没有诉求, 预期也为零, 无从检验。",
            "No cases, and none expected: nothing to test.",
        )
    if cells.cases < 2:
        return (
            f"只有 {cells.cases} 件诉求, 至少 2 件才谈得上聚集。",
            f"Only {cells.cases} case(s); it takes 2 to gather.",
        )
    if cells.model == "permutation" and (
        (cells.n.sum(axis=1) > 0).sum() < 2 or (cells.n.sum(axis=0) > 0).sum() < 2
    ):
        return (
            f"{cells.cases} 件诉求都在同一网格或同一周, 时空置换模型无从比较; 请给出户数后再检验。",
            f"All {cells.cases} cases are in one grid or one week, so shuffling changes nothing; "
            "give households and scan again.",
        )
    return None
