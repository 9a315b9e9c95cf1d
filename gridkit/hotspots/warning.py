"""The weekly warning: which clusters are new, grew, go on or ended, and how often it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.hotspots.alarm_rule import AlarmRule
from gridkit.hotspots.compare import compare_clusters
from gridkit.hotspots.counts import mappable
from gridkit.hotspots.names import make_names
from gridkit.hotspots.run_file import RunFile, run_key
from gridkit.hotspots.study import ALL, WEEK, Study, last_full_week, make_study
from gridkit.hotspots.warning_told import told_clusters, told_ended
from gridkit.hotspots.warning_words import (
    burden_words,
    method_words,
    week_words,
)
from gridkit.hotspots.weekly_run import Run, run_week

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.profile import Profile

_YEARS_OF_SEASON = 260  # weeks before the study that a seasonal expectation may use
STATUS_WORDS = {
    "new": ("新出现", "new"),
    "grew": ("扩大", "grew"),
    "ongoing": ("持续", "ongoing"),
    "ended": ("不再显著", "no longer significant"),
}


@dataclass(frozen=True, eq=False)
class WeeklyWarning:
    """What one week's run says, beside last week's and the year's.

    Attributes
    ----------
    week : Timestamp
        Monday of the last full week, which clusters reach to.
    clusters : DataFrame, indexed by `cluster` (1 is the surest)
        `category` (demand type, or "all"), `members`, `places`, `center`, `radius_m`,
        `from`, `to`, `observed`, `expected`, `statistic`, `p` (after all scans of the
        week), `p_one`, `replicas`, `same_as` (of all types and one of them, the surer
        cluster that tells the same story), `status` (category: new, grew, ongoing), the
        numbers of `heaps`, `in_common` and `other_reasons`, and sentences: `said_zh`,
        `said_en` (the cluster), `mind_zh`, `mind_en` (heaps to be borne in mind, or empty),
        `shared_zh`, `shared_en` (what its concerns have in common), `other_zh`, `other_en`
        (season and people as other reasons), `zh`, `en` (the first two). Empty in a quiet
        week.
    ended : DataFrame
        Last week's clusters that are no longer significant: `category`, `members`, `center`,
        `from`, `to`, `observed`, `expected`, `zh`, `en`.
    burden : DataFrame, indexed by `week` (Mondays since 1 January)
        `scans` made, `alarms` (stories, not scans), `new` among them.
    run : Run
        This week's scans.
    rule : AlarmRule
        As asked for.
    unplaced : int
        Concerns that lie in no grid, and so are in no count.
    """

    week: pd.Timestamp
    clusters: pd.DataFrame
    ended: pd.DataFrame
    burden: pd.DataFrame
    run: Run
    rule: AlarmRule
    unplaced: int

    @property
    def stories(self) -> pd.DataFrame:
        """The clusters without those that tell a surer one's story again."""
        return self.clusters[self.clusters["same_as"].isna()]

    def explain(self, lang: str = "zh") -> str:
        """Say the week as a whole in "zh" or "en"; a quiet week is said to be quiet."""
        return week_words(self.run, self.stories, len(self.ended), lang)

    def explain_burden(self, lang: str = "zh") -> str:
        """Say how often the rule raised an alarm this year, and how often chance would."""
        return burden_words(self.burden, self.rule, lang)

    def explain_method(self, lang: str = "zh") -> str:
        """Say which model judged, why, and what was done about many scans."""
        return method_words(self.run, self.rule, lang)


def weekly_warning(  # noqa: PLR0913 - keywords with defaults, as a caller would say them
    concerns: pd.DataFrame,
    grids: gpd.GeoDataFrame,
    profile: Profile,
    on: date,
    rule: AlarmRule | None = None,
    *,
    rng: np.random.Generator,
    kept: Path | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> WeeklyWarning:
    """Run the early warning of the last full week, and compare it with the weeks before.

    Parameters
    ----------
    concerns : DataFrame
        `grid_id`, `heard_on`, `demand_type`, `dispute_code`; `lon`, `lat`, `place_source`
        to tell heaps; `demand_detail`, `setting`, `source` and `cause_id` (`same_cause`) to
        tell what they have in common. Concerns of a statutory channel are left out here.
    grids : GeoDataFrame
        WGS-84, indexed by `grid_id`, with `households` and `population` (may be missing).
    profile : Profile
        Demand types and their names.
    on : date
        The last week that is over by the evening of this day is run.
    rule : AlarmRule, optional
        What to look for; by default clusters of up to 12 weeks among 52, and about one week
        of false alarm a year.
    rng : Generator
        Gives the seed of all runs: the same seed and ledger, the same warning.
    kept : Path, optional
        JSON file in which weekly runs are kept; those of other data are worked out anew.
    progress : callable, optional
        Called with weeks done and weeks to do.

    Returns
    -------
    WeeklyWarning

    Raises
    ------
    DataError
        If a column is missing, a demand type is unknown, or nothing was heard up to then.

    Notes
    -----
    Past weeks are run on the ledger as it is now: with what was entered late, which those
    who looked then had not. A warning says where to look, not what is wrong. Not for rare
    grave events (one collapsed house is no cluster), nor for what is high always: that is
    what rates are for; here a place is compared with itself.

    References
    ----------
    Kulldorff, M. et al. (2005). A space-time permutation scan statistic for disease outbreak
    detection. PLoS Medicine, 2(3), e59. https://doi.org/10.1371/journal.pmed.0020059

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from gridkit.profile import load_profile
    >>> grids = gpd.GeoDataFrame({"households": 50, "population": 120}, crs=4326,
    ...     index=["a", "b", "c"], geometry=shapely.box([0, .01, .02], 0, [.01, .02, .03], .01))
    >>> days = pd.date_range("2026-01-05", periods=100, freq="D")
    >>> concerns = pd.DataFrame({"grid_id": ["a", "b", "c", "b"] * 25, "heard_on": days,
    ...                          "demand_type": "roads", "dispute_code": None})
    >>> quiet = weekly_warning(concerns, grids, load_profile(), date(2026, 4, 12),
    ...                        AlarmRule(weeks=4), rng=np.random.default_rng(1))
    >>> print(quiet.explain())
    本周没有难以用偶然解释的聚集 (检验了 1 项)。
    """
    rule = rule or AlarmRule()
    seed = int(rng.integers(2**63))
    week = last_full_week(on)
    heard = mappable(concerns, profile)
    since = pd.Timestamp(year=week.year, month=1, day=1)
    first = last_full_week(since - pd.Timedelta(days=1)) + WEEK  # holds 1 January, or later
    weeks = pd.date_range(min(first, week), week, freq="7D").as_unit("s")
    before = weeks[0] - WEEK
    most = len(weeks) + 1 + rule.history_weeks
    most += _YEARS_OF_SEASON if rule.model != "permutation" else 0
    study = make_study(heard, grids, week, most, _types(rule, profile))
    file = RunFile(kept)
    runs = _runs(study, [before, *weeks], rule, seed, (file, progress))
    file.save()
    now = runs[week]
    last = runs.get(week - WEEK)
    matched, gone = _compared(now, last, rule.alpha)
    clusters = now.clusters.assign(status=matched)
    clusters = told_clusters(clusters, heard, grids, profile)
    ended = told_ended(last, gone, make_names(grids, profile))
    burden = _burden(runs, weeks, rule.alpha)
    return WeeklyWarning(week, clusters, ended, burden, now, rule, study.unplaced)


def _types(rule: AlarmRule, profile: Profile) -> tuple[str, ...]:
    known = profile.codes("demand_type")
    unknown = [code for code in rule.types if code not in known]
    if unknown:
        raise DataError(
            en=f"`types` must be demand types of the profile; {len(unknown)} are not "
            f"({', '.join(unknown[:3])}). Known: {', '.join(known)}.",
            zh=f"`types` 须为县情配置中的诉求类别; 有 {len(unknown)} 个不是 "
            f"({', '.join(unknown[:3])})。可选: {', '.join(known)}。",
        )
    return rule.types or tuple(known)


def _runs(
    study: Study,
    weeks: list[pd.Timestamp],
    rule: AlarmRule,
    seed: int,
    means: tuple[RunFile, Callable[[int, int], object] | None],
) -> dict[pd.Timestamp, Run]:
    """Run each week that the ledger reaches, or take the run that was kept."""
    file, progress = means
    due = [week for week in weeks if week >= study.weeks[0]]
    runs: dict[pd.Timestamp, Run] = {}
    for done, week in enumerate(due, start=1):
        key = run_key(study, week, rule, seed)
        run = file.find(key)
        if run is None:
            run = run_week(study, week, rule, seed)
            file.keep(key, run)
        runs[week] = run
        if progress is not None:
            progress(done, len(due))
    return runs


def _compared(now: Run, last: Run | None, alpha: float) -> tuple[pd.Series, list[Any]]:
    """Give the status of this week's clusters, and the numbers of last week's that ended."""
    clusters = now.clusters
    before = last.clusters if last is not None else clusters.iloc[:0]
    status, met = [], set()
    for number, cluster in clusters.iterrows():
        kind = cluster["category"]
        # all types and one of them may tell the same story; two types do not
        like = before if kind == ALL else before[before["category"].isin([kind, ALL])]
        same_kind = like[like["category"] == kind]
        found = compare_clusters(clusters.loc[[number]], same_kind, alpha)
        if found["status"].iloc[0] == "new":
            found = compare_clusters(clusters.loc[[number]], like, alpha)
        status.append(str(found["status"].iloc[0]))
        every = compare_clusters(clusters.loc[[number]], like, alpha)
        met |= set(like.index) - set(every.loc[every["status"] == "ended", "before"])
    gone = [number for number in before.index if number not in met]
    kinds = pd.CategoricalDtype(["new", "grew", "ongoing"])
    return pd.Series(status, index=clusters.index, dtype=kinds), gone


def _burden(
    runs: dict[pd.Timestamp, Run], weeks: pd.DatetimeIndex, alpha: float
) -> pd.DataFrame:
    rows = []
    for week in weeks:
        run = runs.get(week)
        if run is None:
            rows.append((0, 0, 0))
            continue
        status, _ = _compared(run, runs.get(week - WEEK), alpha)
        story = run.clusters["same_as"].isna()
        rows.append((len(run.scans), int(story.sum()), int((status[story] == "new").sum())))
    index = pd.DatetimeIndex(weeks, name="week")
    return pd.DataFrame(rows, index=index, columns=["scans", "alarms", "new"]).astype("Int64")
