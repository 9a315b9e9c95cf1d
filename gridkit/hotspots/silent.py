"""Silent grids: where less is heard than there should be, and how sure one can be of it.

Few reports mean few troubles or few words. Counts alone cannot tell the two apart. But once a
trouble has been heard of it certainly exists, and how often it is then reported *again* shows
how readily people there report at all (Liu, Bhandaram & Garg 2022). The model:

- repeats: D ~ Poisson(ρ X), X the household-weeks in which known causes could be reported
  again; ρ, the grid's reporting rate, ~ Gamma with mean ρ̄ and shape a over the grids;
- a cause lasts L weeks if nobody reports it, so it is heard of with chance
  r(ρ) = 1 - exp(-ρ h L), h the households a cause affects on average;
- causes heard: N ~ Poisson(A u r(ρ)); A = s · households · season · (rate of the
  neighbors)^w, and u, the grid's own need, ~ Gamma with mean 1 and shape κ.

All five (ρ̄, a, s, κ, w) are fitted together by maximum marginal likelihood: grids that report
readily also show more causes to repeat, so repeats alone would make the county look readier than
it is. The posterior of each ρ is integrated numerically. Where nothing is ever reported there
are no repeats: the posterior then stays near the prior, and the words say so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import DataError
from gridkit.hotspots import reporting as model
from gridkit.hotspots.cube import check_columns
from gridkit.hotspots.neighbors import Neighbors

_Floats = NDArray[np.float64]

# fewer repeats in the whole county tell nothing of how grids differ
LEAST_REPEATS = 20
# values of the reporting rate, evenly spaced in its logarithm, at which posteriors are held
NODES = 200
_REACH = (1e-3, 20.0)  # the first and the last, over the crude rate
# below this share of the prior's uncertainty removed, the data of a grid say little
LEAST_INFORMATION = 0.2


class SilentClass(NamedTuple):
    """How a grid's chance of being silent is put in words and drawn."""

    code: str
    zh: str
    en: str
    color: str


SILENT_CLASSES = (
    SilentClass("likely", "多半少报, 宜上门核实", "probably silent: worth a visit", "#54278f"),
    SilentClass("possible", "可能少报", "perhaps silent", "#9e9ac8"),
    SilentClass("unclear", "依据不足, 说不准", "cannot be told from these data", "#f7f7f7"),
    SilentClass("unlikely", "不像少报", "not silent, as far as can be told", "#c7e9c0"),
    SilentClass("no_households", "无户数, 无法估计", "no households: no estimate", "#d9d9d9"),
)


def silent(
    causes: pd.DataFrame,
    counts: pd.DataFrame,
    neighbors: Neighbors | None = None,
    *,
    unheard_weeks: float = 8.0,
    below: float = 0.5,
    level: float = 0.9,
) -> pd.DataFrame:
    """Estimate for each grid how readily it reports, and the chance that it is silent.

    Parameters
    ----------
    causes : DataFrame, one row per cause
        What `repeats` returned: `grid_id`, `reports`, `weeks`, `households`.
    counts : DataFrame
        What `count(..., by=None)` returned: one row per grid and week *recorded*, with `n`
        and `households`. A week in which a grid was not yet recorded has no row; it is not
        zero. It gives households, season and the list of grids.
    neighbors : Neighbors, optional
        Of the same grids: need is then expected to resemble that around, as much as the data
        bear out. Without it every household is expected to need alike.
    unheard_weeks : float
        How long a cause lasts if nobody reports it. Nobody can observe this: it is an
        assumption, and `missed` depends on it. Try 4 and 16 as well.
    below : float
        A grid counts as silent if its reporting rate is below this share of the average,
        in (0, 1).
    level : float
        Probability of the interval, in (0, 1).

    Returns
    -------
    DataFrame, indexed by `grid_id`, in the order of `counts`
        `n`: causes heard of. `expected`: causes that would be heard of with households,
        season and need as around, and average reporting. `repeats`: repeated reports.
        `repeats_expected`: the same with average reporting. `rate`, `low`, `high`: the
        grid's reporting rate over the average, posterior mean and interval. `p_silent`:
        posterior chance that it is below `below`. `missed`: causes not heard of, posterior
        mean. `information`: share of the prior's uncertainty that the grid's own data
        removed, 0 to 1. `verdict`: category, a code of `SILENT_CLASSES`.

    Raises
    ------
    AlignmentError
        If `neighbors` is of other grids.
    DataError
        If columns are missing, causes are in unknown grids or in grids without households,
        values are out of range, or there are fewer than 20 repeats in all: then reporting
        and need cannot be told apart, and no number is given.

    Notes
    -----
    What cannot be known: a grid where *nobody ever* reports shows no repeats; only its few
    counts speak, and these could be calm. If neighbors are silent too, too little is
    expected. Repeats measure those who talk to the office; households that never do may
    live beside them. A cause that workers label more eagerly in one grid than in another
    looks like more repeats. So the answer is a reason to knock, never a rating of a grid, a
    worker or residents. Pass what residents raised: causes that workers find on their own
    rounds measure the rounds.

    References
    ----------
    Liu, Z., Bhandaram, U. & Garg, N. (2022). Quantifying spatial under-reporting disparities
    in resident crowdsourcing. https://arxiv.org/abs/2204.08620
    Agostini, G., Pierson, E. & Garg, N. (2023). A Bayesian spatial model to correct
    under-reporting in urban crowdsourcing. https://arxiv.org/abs/2312.11754

    Examples
    --------
    Forty grids of 100 households. The first hears of little, and of nothing twice; the
    second of as little, but again and again, as most do:

    >>> heard = [3, 3, *[4] * 9, *[9] * 29]
    >>> reports = [1] * 3 + [5, 4, 6] + [1, 1, 2, 1] * 9 + [3, 2, 4, 3, 2, 1, 5, 2, 6] * 29
    >>> causes = pd.DataFrame({"grid_id": np.repeat(np.arange(40), heard), "reports": reports,
    ...     "weeks": 6.0, "households": 1.0})
    >>> counts = pd.DataFrame({"grid_id": range(40), "households": 100, "n": heard,
    ...     "week": pd.Timestamp("2026-03-02")})
    >>> silent(causes, counts)["verdict"].tolist()[:2]
    ['likely', 'unlikely']
    """
    _check_wishes(unheard_weeks, below, level)
    table = _gathered(causes, counts)
    if neighbors is not None:
        neighbors.align(table["n"])
    homes = table["weight"].to_numpy() > 0
    heard, repeated, watched, weight = (
        table[c].to_numpy(dtype=np.float64) for c in ("n", "repeats", "watched", "weight")
    )
    crude = repeated.sum() / watched.sum()
    nodes = crude * np.geomspace(*_REACH, NODES)
    again = model.log_repeats(repeated, watched, nodes)
    chance = -np.expm1(-nodes * _mean_size(causes) * unheard_weeks)
    around = model.around(heard, weight, neighbors)
    seen = model.Seen(heard[homes], weight[homes], around[homes], again[homes], nodes, chance)
    fitted = model.fit(seen, crude)
    arising = fitted.scale * weight * around**fitted.share
    mean_heard = arising[:, None] * chance
    prior = model.prior(nodes, fitted.shape, fitted.mean)
    odds = model.odds(again + model.log_heard(heard, arising, chance, fitted.need), prior)
    rate = nodes / fitted.mean
    own_need = (fitted.need + heard)[:, None] / (fitted.need + mean_heard)
    uncertain = model.variance(np.log(nodes), prior[None])
    result = {
        "n": table["n"],
        "expected": arising * (prior @ chance),
        "repeats": table["repeats"],
        "repeats_expected": fitted.mean * watched,
        "rate": odds @ rate,
        "low": model.quantile(rate, odds, (1 - level) / 2),
        "high": model.quantile(rate, odds, (1 + level) / 2),
        "p_silent": model.below(rate, odds, below),
        "missed": (odds * own_need * (1 - chance)).sum(axis=1) * arising,
        "information": np.clip(1 - model.variance(np.log(nodes), odds) / uncertain, 0.0, 1.0),
    }
    frame = pd.DataFrame(result, index=table.index)
    frame.loc[~homes, ["expected", *frame.columns[3:]]] = np.nan
    frame["verdict"] = _verdicts(frame, homes)
    return frame


def explain_silent(table: pd.DataFrame, lang: str = "zh", level: float = 0.9) -> pd.Series:
    """Say for each grid what was heard, what was to be expected, and how sure one can be.

    Parameters
    ----------
    table : DataFrame, length n
        What `silent` returned.
    lang : str
        "zh" or "en".
    level : float
        The level that `silent` was asked for.

    Returns
    -------
    Series of str, indexed like `table`

    Examples
    --------
    >>> table = pd.DataFrame({"n": [3], "expected": [9.1], "repeats": [1],
    ...     "repeats_expected": [6.3], "rate": [0.35], "low": [0.15], "high": [0.7],
    ...     "p_silent": [0.86], "information": [0.6], "verdict": ["likely"]})
    >>> for part in explain_silent(table)[0].split("; "):
    ...     print(part)
    听到 3 个问题, 按户数、季节和周边约应听到 9.1 个
    同一问题重复反映 1 次, 一般约 6.3 次
    反映频率约为平均的 35% (90% 的把握在 15% 至 70% 之间)
    少报的可能性 86%: 多半少报, 宜上门核实
    """
    words = {c.code: (c.zh, c.en) for c in SILENT_CLASSES}
    columns = ["n", "expected", "repeats", "repeats_expected", "rate", "low", "high"]
    rows = table[[*columns, "p_silent", "verdict"]].itertuples(index=False, name=None)
    lines = []
    for n, expected, again, usual, rate, low, high, p, verdict in rows:
        zh, en = words[verdict]
        if verdict == "no_households":
            lines.append(zh if lang == "zh" else en)
        elif lang == "zh":
            lines.append(
                f"听到 {n} 个问题, 按户数、季节和周边约应听到 {expected:.1f} 个; "
                f"同一问题重复反映 {again} 次, 一般约 {usual:.1f} 次; "
                f"反映频率约为平均的 {rate:.0%} ({level:.0%} 的把握在 {low:.0%} 至 {high:.0%} 之间); "
                f"少报的可能性 {p:.0%}: {zh}"
            )
        else:
            lines.append(
                f"{n} causes heard of, about {expected:.1f} to be expected from households, "
                f"season and surroundings; {again} repeated reports, usually about {usual:.1f}; "
                f"reports about {rate:.0%} as readily as the average ({level:.0%} sure: "
                f"{low:.0%} to {high:.0%}); chance of being silent {p:.0%}: {en}"
            )
    return pd.Series(lines, index=table.index, name="explanation", dtype="str")


def _verdicts(frame: pd.DataFrame, homes: NDArray[np.bool_]) -> pd.Categorical:
    p, known = frame["p_silent"].to_numpy(), frame["information"].to_numpy()
    codes = np.full(len(frame), "unclear", dtype=object)
    codes[(p >= 0.5) & (known >= LEAST_INFORMATION)] = "possible"
    codes[p >= 0.8] = "likely"
    codes[p <= 0.2] = "unlikely"
    codes[~homes] = "no_households"
    return pd.Categorical(codes, categories=[c.code for c in SILENT_CLASSES])


# --- what goes in ---------------------------------------------------------------------------


def _mean_size(causes: pd.DataFrame) -> float:
    return float(causes["households"].to_numpy(dtype=np.float64).mean())


def _gathered(causes: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Add up causes, repeats, watched household-weeks and expected weight per grid."""
    check_columns(causes, ["grid_id", "reports", "weeks", "households"], "causes", "repeats")
    check_columns(counts, ["grid_id", "week", "n", "households"])
    if counts.duplicated(["grid_id", "week"]).any():
        raise DataError(
            en="`counts` must hold one row per grid and week; some have several (categories?). "
            "Count with `by=None`.",
            zh="`counts` 每个网格每周须只有一行; 现有多行 (是否按类别统计?)。请用 `by=None` 统计。",
        )
    n = counts["n"].to_numpy(dtype=np.float64, na_value=np.nan)
    homes = counts["households"].to_numpy(dtype=np.float64, na_value=np.nan)
    homes = np.where(homes > 0, homes, 0.0)
    weekly = pd.DataFrame({"n": n, "homes": homes}).groupby(counts["week"].to_numpy()).sum()
    season = (weekly["n"] / weekly["homes"].where(weekly["homes"] > 0)).fillna(0.0)
    factor = season / season.mean() if season.mean() > 0 else season * 0.0 + 1.0
    weight = pd.Series(homes * factor.loc[counts["week"].to_numpy()].to_numpy())
    sums = weight.groupby(counts["grid_id"].to_numpy(), sort=False).sum()
    grids = pd.Index(counts["grid_id"].drop_duplicates().astype("str"), name="grid_id")
    sums.index = sums.index.astype("str")
    where = causes["grid_id"].astype("str")
    _check_causes(causes, where, sums)
    per = pd.DataFrame(
        {
            "n": 1,
            "repeats": causes["reports"].to_numpy(dtype=np.int64) - 1,
            "watched": causes["weeks"].to_numpy(float) * causes["households"].to_numpy(float),
        }
    )
    table = per.groupby(where.to_numpy()).sum().reindex(grids, fill_value=0)
    _check_enough(table)
    return table.assign(weight=sums.loc[grids].to_numpy())


def _check_causes(causes: pd.DataFrame, where: pd.Series, sums: pd.Series) -> None:
    unknown = int((~where.isin(sums.index)).sum())
    homeless = int(where.isin(sums.index[sums == 0]).sum())
    numbers = causes[["reports", "weeks", "households"]].to_numpy(dtype=np.float64)
    wrong = int((~(numbers >= [1, 0, 1]) | ~np.isfinite(numbers)).any(axis=1).sum())
    wrong += int((numbers[:, 0] % 1 != 0).sum())
    if unknown or homeless or wrong:
        raise DataError(
            en=f"`causes` must lie in grids of `counts` that have households, with 1 report or "
            f"more, 0 weeks or more and 1 household or more; {unknown} are in unknown grids, "
            f"{homeless} in grids without households, {wrong} out of range.",
            zh="`causes` 须在 `counts` 中有户数的网格内, 且报告数不小于 1、周数不小于 0、户数不小于 1; "
            f"{unknown} 个在未知网格, {homeless} 个在无户数的网格, {wrong} 个数值越界。",
        )


def _check_enough(table: pd.DataFrame) -> None:
    repeated = int(table["repeats"].sum())
    if repeated < LEAST_REPEATS or not (table["watched"] > 0).any():
        raise DataError(
            en=f"`causes` must hold at least {LEAST_REPEATS} repeated reports; it holds "
            f"{repeated}. Without them few troubles and few words look alike: label concerns "
            "that share a cause, or ask by visiting.",
            zh=f"`causes` 至少须有 {LEAST_REPEATS} 次重复反映; 现有 {repeated} 次。没有重复反映, "
            "事少与话少无从区分: 请标注同因诉求, 或上门了解。",
        )


def _check_wishes(unheard_weeks: float, below: float, level: float) -> None:
    if not (0 < unheard_weeks < np.inf and 0 < below < 1 and 0 < level < 1):
        raise DataError(
            en="`unheard_weeks` must be above 0, `below` and `level` between 0 and 1; they are "
            f"{unheard_weeks:g}, {below:g} and {level:g}.",
            zh="`unheard_weeks` 须大于 0, `below` 与 `level` 须在 0 与 1 之间; 现为 "
            f"{unheard_weeks:g}、{below:g}、{level:g}。",
        )
