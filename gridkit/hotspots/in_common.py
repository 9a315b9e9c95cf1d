"""What the concerns of a cluster have in common: matter, cause, surroundings, how it was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gridkit.hotspots.heaps import inside
from gridkit.hotspots.relations import require
from gridkit.hotspots.study import ALL

if TYPE_CHECKING:
    from gridkit.profile import Profile

FEWEST = 2
HALF = 0.5
"""Share of a cluster's concerns from which on a matter, a cause or a source is named."""
FIFTH, TIMES = 0.2, 2.0
"""A setting is named from this share on, if it is this many times the share elsewhere."""
UNUSUAL = 1.5
"""A source is named if it is this many times as common as elsewhere."""


class _Share(NamedTuple):
    n: int
    zh: str
    en: str


def in_common(concerns: pd.DataFrame, clusters: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Say what the concerns of each cluster share, as far as the ledger tells.

    Parameters
    ----------
    concerns : DataFrame
        The ledger: `grid_id`, `heard_on`, `demand_type`; `demand_detail`, `setting`,
        `source` and `cause_id` (as `same_cause` gives it) where they are known. Nothing
        else is looked at.
    clusters : DataFrame
        `members`, `from`, `to`, `category`, as in `WeeklyWarning.clusters`.
    profile : Profile
        What codes are called.

    Returns
    -------
    DataFrame, indexed like `clusters`
        `detail_n`, `cause_n`, `setting_n`, `source_n`: concerns of the commonest demand
        detail, cause, setting (old building, dry season ...) and source; 0 where unknown.
        `zh`, `en`: those that half of the concerns share (of settings: a fifth, and twice
        the share elsewhere; of sources: half as much again), in a sentence; or that nothing is seen.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    What is shared need not be what is wrong: half of all concerns in a dry year are from
    the dry season. Nothing is grouped by person, and no text is read.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> concerns = pd.DataFrame({"grid_id": ["a", "a", "a", "b"], "demand_type": "water",
    ...     "demand_detail": ["water_cut"] * 3 + ["water_pressure"],
    ...     "setting": ["old_building", "old_building", "none", "none"],
    ...     "heard_on": pd.date_range("2026-03-02", periods=4)})
    >>> clusters = pd.DataFrame({"members": ["a"], "from": [pd.Timestamp("2026-03-02")],
    ...     "to": [pd.Timestamp("2026-03-08")], "category": ["water"]}, index=[1])
    >>> print(in_common(concerns, clusters, load_profile()).loc[1, "zh"])
    共同点: 3 件都是停水断水; 2 件注明老旧房屋 (别处 0%)。
    """
    require(["grid_id", "heard_on", "demand_type"], concerns.columns, "concerns")
    require(["members", "from", "to", "category"], clusters.columns, "clusters")
    rows = []
    for _, cluster in clusters.iterrows():
        mine = inside(concerns, cluster)
        like = concerns
        if cluster["category"] != ALL:
            like = concerns[concerns["demand_type"].astype("str") == cluster["category"]]
        others = like.drop(mine.index)
        shares = {
            "detail": _detail(mine, profile),
            "cause": _cause(mine),
            "setting": _setting(mine, others, profile),
            "source": _source(mine, others, profile),
        }
        told = [share for share in shares.values() if share.zh]
        rows.append([*(s.n for s in shares.values()), _said(told, "zh"), _said(told, "en")])
    numbers = ["detail_n", "cause_n", "setting_n", "source_n"]
    table = pd.DataFrame(rows, index=clusters.index, columns=[*numbers, "zh", "en"])
    return table.astype(dict.fromkeys(numbers, "Int64") | {"zh": "str", "en": "str"})


def _detail(mine: pd.DataFrame, profile: Profile) -> _Share:
    code, n = _commonest(mine, "demand_detail")
    if not _many(n, len(mine)) or code.endswith("_other"):  # "other" may be anything
        return _Share(n, "", "")
    zh, en = (profile.label("demand_detail", code, lang) for lang in ("zh", "en"))
    if n == len(mine):
        return _Share(n, f"{n} 件都是{zh}", f"all {n} are {en}")
    return _Share(n, f"{n} 件是{zh}", f"{n} are {en}")


def _cause(mine: pd.DataFrame) -> _Share:
    _, n = _commonest(mine, "cause_id")
    if not _many(n, len(mine)):
        return _Share(n, "", "")
    return _Share(n, f"{n} 件同因", f"{n} have one cause")


def _setting(mine: pd.DataFrame, others: pd.DataFrame, profile: Profile) -> _Share:
    """Name the setting that is commonest here and far commoner than elsewhere."""
    here, there = _settings(mine), _settings(others)
    if here.empty:
        return _Share(0, "", "")
    code, n = str(here.index[0]), int(here.iloc[0])
    elsewhere = float(there.get(code, 0)) / max(len(others), 1)
    share = n / len(mine)
    if n < FEWEST or share < FIFTH or share < TIMES * elsewhere:
        return _Share(n, "", "")
    zh, en = (profile.label("setting", code, lang) for lang in ("zh", "en"))
    return _Share(
        n,
        f"{n} 件注明{zh} (别处 {elsewhere:.0%})",
        f"{n} with {en} ({elsewhere:.0%} elsewhere)",
    )


def _settings(concerns: pd.DataFrame) -> pd.Series:
    if "setting" not in concerns:
        return pd.Series(dtype="int64")
    codes = concerns["setting"].dropna().astype("str").str.split().explode()
    return codes[~codes.isin(["none", ""])].value_counts()


def _source(mine: pd.DataFrame, others: pd.DataFrame, profile: Profile) -> _Share:
    """Name the source of half of them, unless it is as common elsewhere."""
    code, n = _commonest(mine, "source")
    there = int((others["source"].astype("str") == code).sum()) if code else 0
    usual = there / max(len(others), 1) * UNUSUAL >= n / max(len(mine), 1)
    if not _many(n, len(mine)) or code == "import" or usual:
        return _Share(n, "", "")
    zh, en = (profile.label("source", code, lang) for lang in ("zh", "en"))
    return _Share(n, f"{n} 件来自{zh}", f"{n} by {en}")


def _commonest(mine: pd.DataFrame, column: str) -> tuple[str, int]:
    counted = mine[column].dropna().astype("str").value_counts() if column in mine else None
    if counted is None or counted.empty:
        return "", 0
    top = counted[counted == counted.iloc[0]].index.min()  # of equals the first by name
    return str(top), int(counted.iloc[0])


def _many(n: int, total: int) -> bool:
    return n >= FEWEST and n >= HALF * total


def _said(told: list[_Share], lang: str) -> str:
    if lang == "zh":
        return f"共同点: {'; '.join(s.zh for s in told)}。" if told else "看不出共同点。"
    return f"In common: {'; '.join(s.en for s in told)}." if told else "Nothing seen in common."
