"""Learning a card from outcomes: small whole points that never fall as a matter gets graver.

The structure stays that of a card made by people (factors, parts, order of the levels);
only points are learned. Coordinate descent on the lattice of whole numbers, from all points
at zero: one level's point is moved by one step of `STEP` at a time, as long as the log loss
of a logistic curve over the sum falls by more than a charge per factor in use, which keeps
the card sparse. Points stay within the factor's bounds, are not below 0 (not above 0 for
what eases), and do not fall along the levels of an ordered answer. It finds a local best on
the lattice, not always the global one. A learned card is never the default: a person adopts
it, with a reason and a version.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile.card import Scorecard
from gridkit.triage.scorecard import score

STEP = 3
_CHARGE = 0.0005  # log loss per row that a factor must earn
_ROUNDS = 12
_LEAST_TRUE = 30


def learn_card(marked: pd.DataFrame, card: Scorecard) -> Scorecard:
    """Learn the points of a card from what became of matters.

    Parameters
    ----------
    marked : DataFrame
        As `triage.evaluate_facts.mark` gives it, of the past alone.
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
    first = marked.sort_values("on", kind="stable").drop_duplicates("concern_id", keep="last")
    y = first["true"].to_numpy(dtype=float)
    if y.sum() < _LEAST_TRUE or y.sum() == len(y):
        raise DataError(
            en=f"Only {int(y.sum())} of {len(y)} matters got worse; {_LEAST_TRUE} are the least.",
            zh=f"{len(y)} 件中只有 {int(y.sum())} 件恶化, 至少要 {_LEAST_TRUE} 件才学得了。",
        )
    raw = card.model_dump(by_alias=True)
    entries = [e for f in raw["factors"] for p in f["parts"] for e in _entries(p)]
    for entry in entries:
        entry["points"] = 0
    best = _loss(raw, first, y)
    for _ in range(_ROUNDS):
        before = best
        for factor in raw["factors"]:
            best = _improve(factor, raw, first, y, best)
        if before - best < _CHARGE / 10:
            break
    return _named(raw, card)


def _improve(factor: dict, raw: dict, facts: pd.DataFrame, y: np.ndarray, best: float) -> float:
    """Move the points of one factor, level by level, while the loss falls."""
    sign = -1 if factor["max"] == 0 else 1
    for part in factor["parts"]:
        levels = _entries(part)
        for i in range(len(levels)):
            for move in (STEP, -STEP):
                old = [e["points"] for e in levels]
                levels[i]["points"] += sign * move
                if not _sound(part, factor, sign):
                    _set(levels, old)
                    continue
                loss = _loss(raw, facts, y)
                if loss < best - 1e-6:
                    best = loss
                else:
                    _set(levels, old)
    return best


def _sound(part: dict, factor: dict, sign: int) -> bool:
    """Tell whether points are on the right side of 0, in bounds, and do not fall."""
    points = [sign * e["points"] for e in _entries(part)]
    bound = -factor["min"] if sign < 0 else factor["max"]
    summed = part["kind"] == "flags" and part.get("combine", "sum") == "sum"
    top = sum(points) if summed else max(points)
    rising = points == sorted(points) or part["kind"] == "flags"
    if part["input"] == "works_in_days":  # the nearer the works, the more
        rising = points == sorted(points, reverse=True)
    if part["input"] == "response_gap" or part["kind"] == "levels":
        rising = points == sorted(points)
    return min(points) >= 0 and top <= bound and rising


def _loss(raw: dict, facts: pd.DataFrame, y: np.ndarray) -> float:
    """Give the log loss of a logistic curve over the sum, with a charge per factor used."""
    total = np.zeros(len(facts))
    for values in _points(raw, facts):
        total += values
    used = sum(
        any(e["points"] for p in f["parts"] for e in _entries(p)) for f in raw["factors"]
    )
    return _curve(total, y) + _CHARGE * used


def _curve(total: np.ndarray, y: np.ndarray) -> float:
    """Give the log loss of the share seen at each sum, leaning on the overall share."""
    _, code = np.unique(total // STEP, return_inverse=True)
    n, yes = np.bincount(code), np.bincount(code, y)
    base = y.mean()
    p = np.clip((yes + 5 * base) / (n + 5), 1e-6, 1 - 1e-6)
    rising = np.maximum.accumulate(p)
    return float(-np.mean(y * np.log(rising[code]) + (1 - y) * np.log(1 - rising[code])))


def _points(raw: dict, facts: pd.DataFrame) -> Iterator[np.ndarray]:
    for factor in raw["factors"]:
        parts = [_part(part, facts) for part in factor["parts"]]
        if factor.get("combine") == "first":
            answered = facts[factor["parts"][0]["input"]].notna().to_numpy()
            yield np.where(answered, parts[0], parts[-1])
        else:
            yield np.clip(np.sum(parts, axis=0), factor["min"], factor["max"])


def _part(part: dict, facts: pd.DataFrame) -> np.ndarray:
    column = facts[part["input"]]
    if part["kind"] == "bins":
        starts = [b["from"] for b in part["bins"][1:]]
        height = np.array([b["points"] for b in part["bins"]], dtype=float)
        x = column.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isnan(x), 0.0, height[np.searchsorted(starts, x, side="right")])
    points = {e["code"]: e["points"] for e in _entries(part)}
    strongest = part.get("combine") == "strongest"

    def of(answer: object) -> float:
        got = [points[c] for c in str(answer).split() if c in points]
        return float(max(got, default=0) if strongest else sum(got))

    code, distinct = pd.factorize(column.astype("str"))
    each = np.array([*(of(d) for d in distinct), 0.0])
    return each[code]


def _entries(part: dict) -> list[dict]:
    entries: list[dict] = part[str(part["kind"])]
    return entries


def _set(levels: list[dict], points: list[int]) -> None:
    for entry, value in zip(levels, points, strict=True):
        entry["points"] = value


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
            for entry in _entries(part):
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
        for entry in _entries(part):
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
