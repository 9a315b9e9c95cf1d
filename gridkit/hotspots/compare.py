"""New against ongoing: this week's clusters beside last week's."""

from __future__ import annotations

from typing import Any

import pandas as pd

STATUS = ("new", "grew", "ongoing", "ended")
_WORDS = {
    "new": ("新出现", "new"),
    "grew": ("仍在并扩大", "ongoing, and grew"),
    "ongoing": ("仍在", "ongoing"),
    "ended": ("已不再显著", "ended"),
}


def compare_clusters(
    now: pd.DataFrame, before: pd.DataFrame, alpha: float = 0.05
) -> pd.DataFrame:
    """Tell which clusters are new, grew, go on, or ended since the run before.

    Two clusters are the same if they are on the same side, share a grid, and the later one
    starts before the day after the earlier one ends. Of several the one sharing most counts.

    Parameters
    ----------
    now, before : DataFrame
        `ScanResult.clusters` of this run and of the one before, with the same plan.
    alpha : float
        Clusters with a larger p do not count, in either run.

    Returns
    -------
    DataFrame
        `status` (category: new, grew, ongoing, ended), `cluster` (of this run, missing where
        ended), `before` (of the run before, missing where new), `shared` (share of the grids
        of both that are in both, 0 to 1), `zh`, `en`. "grew": more grids or more cases than
        before.

    Notes
    -----
    A cluster ends here when it is no longer significant, which is not the same as solved.

    Examples
    --------
    >>> columns = ["members", "from", "to", "side", "observed", "p"]
    >>> day = pd.Timestamp
    >>> before = pd.DataFrame([["a b", day("2026-03-02"), day("2026-03-15"), "high", 9, 0.01]],
    ...                       columns=columns, index=[1])
    >>> now = pd.DataFrame([["a b", day("2026-03-02"), day("2026-03-22"), "high", 14, 0.001],
    ...                     ["x", day("2026-03-16"), day("2026-03-22"), "high", 6, 0.02]],
    ...                    columns=columns, index=[1, 2])
    >>> compare_clusters(now, before)["status"].tolist()
    ['grew', 'new']
    """
    clear, earlier = now[now["p"] <= alpha], before[before["p"] <= alpha]
    rows: list[tuple[str, Any, Any, float]] = []
    met: set[Any] = set()
    others = dict(earlier.iterrows())
    for number, cluster in clear.iterrows():
        same = {at: share for at, old in others.items() if (share := _shared(cluster, old)) > 0}
        if not same:
            rows.append(("new", number, None, 0.0))
            continue
        met |= same.keys()
        best = max(same, key=lambda at: same[at])
        old = others[best]
        wider = len(cluster["members"].split()) > len(old["members"].split())
        grew = wider or cluster["observed"] > old["observed"]
        rows.append(("grew" if grew else "ongoing", number, best, same[best]))
    rows += [("ended", None, at, 0.0) for at in earlier.index if at not in met]
    table = pd.DataFrame(rows, columns=["status", "cluster", "before", "shared"])
    table = table.astype({"cluster": "Int64", "before": "Int64", "shared": "float64"})
    for place, lang in enumerate(("zh", "en")):
        words = [_WORDS[str(status)][place] for status in table["status"]]
        table[lang] = pd.Series(words, index=table.index, dtype="str")
    table["status"] = pd.Categorical(table["status"], categories=list(STATUS))
    return table


def _shared(now: pd.Series, before: pd.Series) -> float:
    """Share of grids in both, of those in either; 0 if it is not the same story."""
    one, other = set(now["members"].split()), set(before["members"].split())
    apart = pd.notna(now["from"]) and now["from"] > before["to"] + pd.Timedelta(days=1)
    if now["side"] != before["side"] or apart:
        return 0.0
    return len(one & other) / len(one | other)
