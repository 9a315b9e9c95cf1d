"""Learning a card from outcomes: small whole points that never fall as a matter gets graver.

The structure stays that of a card made by people (factors, parts, order of the levels);
only points are learned, by `card_search`: exactly where the card is small, else by descent
on the lattice, which finds a local best. Points stay within the factor's bounds, are not
below 0 (not above 0 for what eases), and do not fall along the levels of an ordered answer;
a factor that earns too little is left out.

It is learned to tell which matters will get worse (log loss), not to win at precision, and
it can do worse than the hand-set card: `backtest` both. A learned card is never the default:
a person adopts it, with a reason and a version.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile.card import Scorecard
from gridkit.training.card_search import entries, gather, search
from gridkit.triage.evaluate_backtest import backtest, rolling_origins
from gridkit.triage.evaluate_queue import METHOD_NAMES, by_card, methods
from gridkit.triage.scorecard import score

_LEAST_TRUE = 30
_DRAWS = 999


def learn_card(marked: pd.DataFrame, card: Scorecard) -> Scorecard:
    """Learn the points of a card from what became of matters.

    Parameters
    ----------
    marked : DataFrame
        As `triage.evaluate_facts.mark` gives it, of the past alone: `rolling_origins` parts
        it, `check_past` refuses what was not over. Each row, a matter in a week, counts.
    card : Scorecard
        Whose factors, levels and bounds are kept; its points are not looked at.

    Returns
    -------
    Scorecard
        With an id, a name and a note that say it was learned.

    Raises
    ------
    DataError
        If fewer than 30 matters got worse: nothing can be learned then.
    """
    worse = marked["true"].to_numpy(dtype=bool)
    n, of = (rows["concern_id"].nunique() for rows in (marked[worse], marked))
    if n < _LEAST_TRUE or worse.all():
        raise DataError(
            en=f"Only {n} of {of} matters got worse in time; {_LEAST_TRUE} are the least.",
            zh=f"{of} 件中只有 {n} 件在预警期内恶化, 至少要 {_LEAST_TRUE} 件才学得了。",
        )
    raw = card.model_dump(by_alias=True)
    search(raw, gather(raw, marked, worse))
    return _named(raw, card)


def backtest_cards(
    marked: pd.DataFrame,
    card: Scorecard,
    capacity: int,
    *,
    rng: np.random.Generator,
    first_weeks: int = 36,
) -> pd.DataFrame:
    """Judge learned cards beside the hand-set one, each learned from the past alone.

    Parameters
    ----------
    marked : DataFrame
        As `triage.evaluate_facts.mark` gives it.
    card : Scorecard
        Set by hand.
    capacity : int
        Visits in a week.
    rng : Generator
        For the bootstrap over weeks.
    first_weeks : int
        Weeks before the first origin: enough for 30 matters to have got worse.

    Returns
    -------
    DataFrame, indexed by way
        `value`, `low`, `high` of precision at capacity over all origins: card, learned, and
        the plain ways. A card is learned anew at each origin.

    Raises
    ------
    DataError
        As `triage.evaluate_backtest.backtest`, or where too little is known to learn.
    """
    picks = backtest(
        rolling_origins(marked, first_weeks=first_weeks),
        lambda past: {**methods(card), "learned": by_card(learn_card(past, card))},
        capacity,
    )
    weekly = picks.assign(true=picks["true"].astype(float)).pivot_table(
        index="on", columns="method", values="true", observed=True
    )
    draws = rng.integers(0, len(weekly), (_DRAWS, len(weekly)))
    means = np.nanmean(weekly.to_numpy()[draws], axis=1)
    low, high = np.nanpercentile(means, [2.5, 97.5], axis=0)
    return pd.DataFrame(
        {"value": weekly.mean().to_numpy(), "low": low, "high": high},
        index=pd.Index(weekly.columns, name="way"),
    )


def backtest_table(found: pd.DataFrame) -> pd.DataFrame:
    """Give a backtest in an analyst's words.

    Parameters
    ----------
    found : DataFrame
        As `backtest_cards` gives it.

    Returns
    -------
    DataFrame, indexed by the way's name
        走对的比例, 区间下限, 区间上限 (95 %), the best first.
    """
    names = {way: zh for way, (zh, _) in METHOD_NAMES.items()}
    heads = {"value": "走对的比例", "low": "区间下限", "high": "区间上限"}
    shown = found.rename(index=names, columns=heads).rename_axis("办法")
    return shown.sort_values("走对的比例", ascending=False, kind="stable").round(3)


def _named(raw: dict, card: Scorecard) -> Scorecard:
    raw |= {
        "id": "learned",
        "zh": "由结果学得的卡",
        "en": "card learned from outcomes",
        "note": "由结果学得, 未经人采纳 / learned from outcomes, adopted by nobody",
    }
    for factor in raw["factors"]:
        factor["verified"] = False
    return type(card).model_validate(_labelled(raw, card))


def _labelled(raw: dict, card: Scorecard) -> dict:
    """Give words to levels that now have points and had none."""
    for factor, its in zip(raw["factors"], card.factors, strict=True):
        for part in factor["parts"]:
            for entry in entries(part):
                if entry["points"] and not (entry["zh"] and entry["en"]):
                    entry["zh"], entry["en"] = its.zh, its.en
    return raw


def flags_of(card: Scorecard) -> int:
    """Count the lines of a card that give points: how sparse it is.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> flags_of(load_profile().scorecard) > 20
    True
    """
    return sum(
        bool(entry.points)
        for factor in card.factors
        for part in factor.parts
        for entry in part.entries
    )


def points_table(*cards: Scorecard) -> pd.DataFrame:
    """Set the most points of each factor of some cards side by side."""
    return pd.DataFrame(
        {
            card.zh: {
                f.zh: sum(
                    p.span[0] if f.lowers else p.span[1]
                    for p in (f.parts[:1] if f.combine == "first" else f.parts)
                )
                for f in card.factors
            }
            for card in cards
        }
    )


def scaled(card: Scorecard, factor: str, share: float) -> Scorecard:
    """Give a card on which one factor weighs more or less.

    Parameters
    ----------
    card : Scorecard
    factor : str
        Its id.
    share : float
        0 to 2: what its points are taken times, then rounded and kept in its bounds.

    Returns
    -------
    Scorecard

    Raises
    ------
    DataError
        If there is no such factor, or `share` is out of range.
    """
    if factor not in {f.id for f in card.factors} or not 0 <= share <= 2:
        raise DataError(
            en="`factor` must be one of the card's, `share` 0 to 2.",
            zh="`factor` 须是评分卡的因素, `share` 须为 0 到 2。",
        )
    raw = card.model_dump(by_alias=True)
    chosen = next(f for f in raw["factors"] if f["id"] == factor)
    for part in chosen["parts"]:
        for entry in entries(part):
            entry["points"] = round(entry["points"] * share)
    chosen["max"], chosen["min"] = (round(chosen[k] * max(share, 1)) for k in ("max", "min"))
    raw |= {"id": "workshop", "zh": f"{card.zh} (试改)", "en": f"{card.en} (tried)"}
    return type(card).model_validate(raw)


def moves(facts: pd.DataFrame, old: Scorecard, new: Scorecard) -> pd.DataFrame:
    """Tell which matters change their band or place, and why.

    Parameters
    ----------
    facts : DataFrame, indexed by concern id
        Inputs of one day.
    old, new : Scorecard

    Returns
    -------
    DataFrame, indexed by concern id
        `score_old`, `score_new`, `band_old`, `band_new`, `place_old`, `place_new`, `why`
        (the factors whose points differ), matters that move alone, the farthest first.
    """
    a, b = score(facts, old), score(facts, new)
    places = [
        pd.DataFrame({"b": s["band"].cat.codes, "p": -s["score"].astype("int64")})
        .apply(tuple, axis=1)
        .rank(method="first")
        .astype(int)
        for s in (a, b)
    ]
    names = {f"pts_{f.id}": f.zh for f in old.factors}
    shift = b[list(names)].astype("int64") - a[list(names)].astype("int64")
    why = [
        ", ".join(f"{names[str(c)]} {int(v):+d}" for c, v in row.items() if v)
        for _, row in shift.iterrows()
    ]
    table = pd.DataFrame(
        {
            "score_old": a["score"],
            "score_new": b["score"],
            "band_old": a["band"].astype("str"),
            "band_new": b["band"].astype("str"),
            "place_old": places[0],
            "place_new": places[1],
            "why": why,
        },
        index=facts.index,
    )
    moved = table[(table["place_old"] != table["place_new"]) | (table["why"] != "")]
    far = (moved["place_old"] - moved["place_new"]).abs()
    return moved.loc[far.sort_values(ascending=False, kind="stable").index]
