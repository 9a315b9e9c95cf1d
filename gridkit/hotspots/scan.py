"""The scan statistic: where and when more (or fewer) concerns gathered than chance would have.

Kulldorff's space-time scan: circles of every size around every place, and every stretch of
weeks, are compared with what was expected there; the best of them with the best that chance
alone finds in replicas of the same data. So one p answers for all windows looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots.cell_reading import read_cells
from gridkit.hotspots.cells import nothing_to_find
from gridkit.hotspots.clusters import cluster_frame
from gridkit.hotspots.plan import Plan


@dataclass(frozen=True, eq=False)
class ScanResult:
    """What a scan found, and what it is to be judged by.

    Parameters
    ----------
    clusters : DataFrame, indexed by `cluster` (1 is the strongest)
        `members`: grid ids joined by blanks. `places`: how many. `center`: the grid in the
        middle. `radius_m`: meters to the farthest member. `from`, `to`: first and last day.
        `side`: category, "high" or "low". `observed`, `expected`: cases. `relative_risk`:
        inside against outside (permutation, expectation: observed to expected; infinite
        where nothing is outside). `statistic`: log-likelihood ratio. `p`, `p_how`
        (category), `replicas`: how likely chance does as well anywhere, by which reckoning,
        from how many replicas. `recurrence_days`: prospective only; if all were chance and
        the scan were run every step, days between findings as strong as this. `zh`, `en`.
    maxima : ndarray of float
        The best ratio in each replica, in the order of their numbers.
    plan : Plan
        As asked for.
    model : str
        The model used ("auto" settled).
    cases : int
        All cases.
    note : tuple of str
        Why there is nothing to find, zh and en; empty if there is.
    """

    clusters: pd.DataFrame
    maxima: NDArray[np.float64]
    plan: Plan
    model: str
    cases: int
    note: tuple[str, str] = ("", "")

    def explain(self, lang: str = "zh") -> str:
        """Say in a sentence or two what the scan as a whole says, in "zh" or "en"."""
        zh, en = self.note
        clear = int((self.clusters["p"] <= self.plan.alpha).sum())
        if not zh and clear == 0:
            zh = f"{self.cases} 件诉求中没有难以用偶然解释的聚集。"
            en = f"No cluster among {self.cases} cases that chance would hardly make."
        elif not zh:
            zh = f"{self.cases} 件诉求中有 {clear} 处聚集难以用偶然解释; 最强的一处: "
            zh += str(self.clusters["zh"].iloc[0])
            en = f"{clear} cluster(s) among {self.cases} cases that chance would hardly make. "
            en += f"The strongest: {self.clusters['en'].iloc[0]}"
        return zh if lang == "zh" else en


def is_compiled() -> bool:
    """Tell whether this machine keeps the scan's compiled code already.

    The first scan after an installation compiles for half a minute or more, and keeps the
    result beside the package, or in the user's own folder where that cannot be written.

    Returns
    -------
    bool
    """
    from gridkit.hotspots.scan_kernel import replica_maxima

    kept = Path(replica_maxima.stats.cache_path)  # type: ignore[attr-defined]
    return any(kept.glob("scan_kernel.replica_maxima-*.nbi"))


def scan(
    counts: pd.DataFrame,
    places: pd.DataFrame | None = None,
    plan: Plan | None = None,
    *,
    rng: np.random.Generator,
) -> ScanResult:
    """Find clusters of concerns in space and time, and say how likely they are chance.

    Parameters
    ----------
    counts : DataFrame
        One row per grid and week, zeros included, of one category: `grid_id`, `week` (or
        `day`; not needed for kind "spatial"), `n`, and `expected`, `households`,
        `population` or `controls` if the model needs them. What `count` and `count_points`
        return.
    places : GeoDataFrame or DataFrame, indexed by grid_id
        The same grids: geometry, or `lon` and `lat` (degrees; distances on the sphere), or
        `x` and `y` (meters). Not needed for the temporal kinds.
    plan : Plan, optional
        What to look for; by default retrospective, high, up to half of all and half of the
        weeks, 999 replicas.
    rng : Generator
        The same seed gives the same p.

    Returns
    -------
    ScanResult
        Its `clusters` are in order of strength. Without cases to compare (fewer than two;
        in the permutation model also: all in one grid or one week) it is empty, and `note`
        says why.

    Raises
    ------
    DataError
        If counts are missing, negative or not whole, weeks are missing, there are cases
        where nobody is at risk, the plan needs a column that is not there, or there are
        over two thousand million cases.
    AlignmentError
        If `counts` and `places` are not about the same grids.

    Notes
    -----
    Not for long narrow clusters (a river, a road): circles find them in pieces or not at
    all. A low p says that something gathered, not why: look for one round of visits on one
    day, for one building reported many times, for season. Members at the edge of a circle
    are uncertain. "retrospective" also finds what is long over; for alarms take
    "prospective". Without season in `expected` the Poisson model reports each autumn's
    drought as news: see `seasonal_expected`.

    Of the clusters after the first, p is that of being the strongest: on the safe side.

    Chance is drawn as if each concern came by itself. Where they come in batches (one caller
    often, a building, a round of visits), counts vary more, and p is too small: in a year of
    real complaints every week had an alarm (`benchmarks/chicago_2013.py`). `heaps` names the
    batches. A prospective p is that of one run, not corrected for the weeks run before;
    `recurrence_days` says what repeating it each step means.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics, 26(6),
    1481-1496. https://doi.org/10.1080/03610929708831995
    Kulldorff, M. (2001). Prospective time periodic geographical disease surveillance using a
    scan statistic. J. R. Stat. Soc. A, 164(1), 61-72. https://doi.org/10.1111/1467-985X.00186
    Kulldorff, M. et al. (2005). A space-time permutation scan statistic for disease outbreak
    detection. PLoS Medicine, 2(3), e59. https://doi.org/10.1371/journal.pmed.0020059
    Neill, D. B. et al. (2005). Anomalous spatial cluster detection. KDD workshop on data
    mining methods for anomaly detection (expectation-based Poisson).

    Examples
    --------
    Ten grids in a row over eight weeks; in the last two weeks, three grids have more:

    >>> weeks = pd.date_range("2026-03-02", periods=8, freq="7D")
    >>> counts = pd.DataFrame([(f"g{i}", week, 1 + 5 * (i < 3 and week >= weeks[6]))
    ...     for i in range(10) for week in weeks], columns=["grid_id", "week", "n"])
    >>> places = pd.DataFrame({"x": range(0, 5000, 500), "y": 0.0},
    ...                       index=[f"g{i}" for i in range(10)])
    >>> found = scan(counts, places, Plan(kind="prospective"), rng=np.random.default_rng(1))
    >>> found.clusters[["members", "observed", "p"]].iloc[0].astype("str").tolist()
    ['g0 g1 g2', '36', '0.01']
    """
    plan = plan or Plan()
    cells = read_cells(counts, places, plan)
    note = nothing_to_find(cells)
    if note is not None:
        nothing = cluster_frame([], cells, plan)
        return ScanResult(nothing, np.zeros(0), plan, cells.model, cells.cases, note)
    from gridkit.hotspots.scan_run import run

    found, best = run(cells, plan, rng)
    return ScanResult(cluster_frame(found, cells, plan), best, plan, cells.model, cells.cases)


def replica(
    counts: pd.DataFrame,
    places: pd.DataFrame | None = None,
    plan: Plan | None = None,
    *,
    rng: np.random.Generator,
    number: int = 0,
) -> pd.DataFrame:
    """Draw one of the data sets that `scan` compares the counts with: what chance looks like.

    Parameters
    ----------
    counts, places, plan, rng
        As for `scan`; with a generator in the same state, the same replicas.
    number : int
        Which one, from 0 to `plan.replicas` - 1. Its best ratio is `ScanResult.maxima[number]`.

    Returns
    -------
    DataFrame
        `grid_id`, `step` (first day) and `n`. For the prospective kinds only the weeks that
        windows can reach.

    Raises
    ------
    DataError
        As for `scan`; also if there is no replica of that number.
    AlignmentError
        As for `scan`.

    Examples
    --------
    >>> counts = pd.DataFrame({"grid_id": ["a", "b", "c"], "n": [4, 0, 2], "households": 50})
    >>> places = pd.DataFrame({"x": [0, 1, 2], "y": 0}, index=["a", "b", "c"])
    >>> plan = Plan(kind="spatial")
    >>> int(replica(counts, places, plan, rng=np.random.default_rng(1))["n"].sum())
    6
    """
    plan = plan or Plan()
    if not 0 <= number < plan.replicas:
        raise DataError(
            en=f"`number` must be from 0 to {plan.replicas - 1}; it is {number}.",
            zh=f"`number` 须在 0 至 {plan.replicas - 1} 之间; 现为 {number}。",
        )
    from gridkit.hotspots.scan_run import draw_one

    cells = read_cells(counts, places, plan)
    table = draw_one(cells, plan, rng, number)
    steps = table.shape[1]
    labels = cells.labels if len(cells.n) == len(cells.labels) else np.array(["all"])
    return pd.DataFrame(
        {
            "grid_id": pd.Series(np.repeat(labels, steps), dtype="str"),
            "step": np.tile(cells.steps[len(cells.steps) - steps :], len(labels)),
            "n": pd.Series(table.ravel(), dtype="Int64"),
        }
    )
