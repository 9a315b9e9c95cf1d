"""The search for points: whole steps on a lattice, rising levels, the least loss.

Where the lattice has at most `EXACT` cards, every one is looked at: the result is the best
there is. Else coordinate descent from all points at zero: a level alone, or a level with all
graver ones (or all lighter ones), moves by one step as long as the loss falls. That finds a
local best, not always the global one; a test holds it against the exact search.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

STEP = 3
EXACT = 20_000
CHARGE = 0.0005
"""Log loss per row that a factor must earn to be used: it keeps the card sparse."""
_ROUNDS = 20
_LEAST_GAIN = 1e-9

Points = dict[str, Any]
"""A card as `Scorecard.model_dump(by_alias=True)` gives it; points are changed in place."""


class Rows(NamedTuple):
    """Rows with the same answers taken together: their number, and how many got worse.

    `codes` (rows by parts) are positions in `answers`, which holds each part's answers.
    """

    codes: np.ndarray
    answers: list[list[object]]
    n: np.ndarray
    worse: np.ndarray


def gather(raw: Points, facts: pd.DataFrame, worse: np.ndarray) -> Rows:
    """Take rows with the same answers together, as far as the card can tell them apart.

    Parameters
    ----------
    raw : dict
        The card.
    facts : DataFrame, n rows
        Its inputs.
    worse : array of bool, length n

    Returns
    -------
    Rows
    """
    codes, answers = [], []
    for part in _parts(raw):
        column = facts[part["input"]]
        if part["kind"] == "bins":
            starts = [b["from"] for b in part["bins"][1:]]
            x = column.to_numpy(dtype=float, na_value=np.nan)
            code = np.searchsorted(starts, x, side="right")
            codes.append(np.where(np.isnan(x), len(starts) + 1, code))
            answers.append([*range(len(starts) + 1), None])
        else:
            code, distinct = pd.factorize(column.astype("str").to_numpy(dtype=object))
            codes.append(np.where(code < 0, len(distinct), code))
            answers.append([*distinct, None])
    different, inverse = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    at, yes = inverse.ravel(), np.asarray(worse, dtype=float)
    return Rows(different, answers, np.bincount(at), np.bincount(at, yes))


def loss(raw: Points, rows: Rows) -> float:
    """Give the log loss per row of the share seen at each sum, with a charge per factor used.

    Parameters
    ----------
    raw : dict
        The card.
    rows : Rows

    Returns
    -------
    float
        The shares lean on the overall one with the weight of five rows, and do not fall as
        the sum grows.
    """
    total, at = np.zeros(len(rows.n)), 0
    for factor in raw["factors"]:
        its = []
        for part in factor["parts"]:
            each = np.array([_value(part, answer) for answer in rows.answers[at]])
            its.append(each[rows.codes[:, at]])
            at += 1
        if factor.get("combine") == "first":
            first = at - len(factor["parts"])
            there = rows.codes[:, first] < len(rows.answers[first]) - 1
            total += np.where(there, its[0], its[-1])
        else:
            total += np.clip(np.sum(its, axis=0), factor["min"], factor["max"])
    used = sum(any(e["points"] for e in entries_of(factor)) for factor in raw["factors"])
    return _curve(total, rows) + CHARGE * used


def search(raw: Points, rows: Rows) -> float:
    """Find the points of the least loss: of all cards where they are few, else a local best.

    Parameters
    ----------
    raw : dict
        The card; its points are replaced.
    rows : Rows

    Returns
    -------
    float
        The loss of what was found.
    """
    options = [list(_choices(f, part)) for f in raw["factors"] for part in f["parts"]]
    if np.prod([float(len(of)) for of in options]) <= EXACT:
        return _exact(raw, rows, options)
    return descend(raw, rows)


def descend(raw: Points, rows: Rows) -> float:
    """Walk down from all points at zero, as the head of this module says.

    Parameters
    ----------
    raw : dict
        The card; its points are replaced.
    rows : Rows

    Returns
    -------
    float
        The loss where no step leads further down.
    """
    for factor in raw["factors"]:
        for entry in entries_of(factor):
            entry["points"] = 0
    best = loss(raw, rows)
    for _ in range(_ROUNDS):
        before = best
        for factor in raw["factors"]:
            for part in factor["parts"]:
                best = _improve(raw, rows, factor, part, best)
        if before - best < _LEAST_GAIN:
            break
    return best


def entries(part: Points) -> list[Points]:
    """Give the levels, bins or flags of a part."""
    found: list[Points] = part[str(part["kind"])]
    return found


def entries_of(factor: Points) -> list[Points]:
    """Give the levels, bins and flags of all parts of a factor."""
    return [entry for part in factor["parts"] for entry in entries(part)]


def _parts(raw: Points) -> list[Points]:
    return [part for factor in raw["factors"] for part in factor["parts"]]


def _value(part: Points, answer: object) -> float:
    """Give the points of one answer; none for what was not asked."""
    if answer is None:
        return 0.0
    if part["kind"] == "bins":
        return float(part["bins"][int(str(answer))]["points"])
    points = {e["code"]: e["points"] for e in entries(part)}
    got = [points[c] for c in str(answer).split() if c in points]
    strongest = part.get("combine") == "strongest"
    return float(max(got, default=0) if strongest else sum(got))


def _curve(total: np.ndarray, rows: Rows) -> float:
    _, code = np.unique(total, return_inverse=True)
    n, yes = np.bincount(code, rows.n), np.bincount(code, rows.worse)
    base = rows.worse.sum() / rows.n.sum()
    p = np.clip((yes + 5 * base) / (n + 5), 1e-6, 1 - 1e-6)
    rising = np.maximum.accumulate(p)
    return float(-(yes * np.log(rising) + (n - yes) * np.log(1 - rising)).sum() / n.sum())


def _improve(raw: Points, rows: Rows, factor: Points, part: Points, best: float) -> float:
    levels = entries(part)
    for i in range(len(levels)):
        for moved in (slice(i, i + 1), slice(i, None), slice(0, i + 1)):
            for step in (STEP, -STEP):
                old = [e["points"] for e in levels]
                for entry in levels[moved]:
                    entry["points"] += step
                found = loss(raw, rows) if _sound(factor, part) else np.inf
                if found < best - _LEAST_GAIN:
                    best = found
                else:
                    _set(levels, old)
    return best


def _exact(raw: Points, rows: Rows, options: list[list[tuple[int, ...]]]) -> float:
    parts, best, chosen = _parts(raw), np.inf, tuple(of[0] for of in options)
    for points in product(*options):
        for part, its in zip(parts, points, strict=True):
            _set(entries(part), its)
        found = loss(raw, rows)
        if found < best - _LEAST_GAIN:
            best, chosen = found, points
    for part, its in zip(parts, chosen, strict=True):
        _set(entries(part), its)
    return best


def _choices(factor: Points, part: Points) -> Iterator[tuple[int, ...]]:
    """List every sound way to give points to a part; too many end the listing early."""
    top = max(abs(factor["min"]), abs(factor["max"]))
    sign = -1 if factor["max"] == 0 else 1
    heights = [sign * p for p in range(0, top + 1, STEP)]
    levels = entries(part)
    if float(len(heights)) ** len(levels) > EXACT:
        yield from [(0,) * len(levels)] * (EXACT + 1)
        return
    old = [e["points"] for e in levels]
    for points in product(heights, repeat=len(levels)):
        _set(levels, points)
        if _sound(factor, part):
            yield points
    _set(levels, old)


def _sound(factor: Points, part: Points) -> bool:
    """Tell whether points are on the right side of 0, in bounds, and do not fall."""
    sign = -1 if factor["max"] == 0 else 1
    points = [sign * e["points"] for e in entries(part)]
    bound = -factor["min"] if sign < 0 else factor["max"]
    summed = part["kind"] == "flags" and part.get("combine", "sum") == "sum"
    top = sum(points) if summed else max(points)
    nearer = part["input"] == "works_in_days"  # the nearer the works, the more
    rising = part["kind"] == "flags" or points == sorted(points, reverse=nearer)
    return min(points) >= 0 and top <= bound and rising


def _set(levels: list[Points], points: tuple[int, ...] | list[int]) -> None:
    for entry, value in zip(levels, points, strict=True):
        entry["points"] = value
