"""Replicas: the same number of concerns, strewn as chance would have it.

Each replica has a stream of random numbers of its own, made from the seed of the run and
the number of the replica: who computes it, and when, changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridkit.hotspots.lanes import compiled

ALIAS, SHUFFLE, LABELS = 0, 1, 2


class Source(NamedTuple):
    """What replicas are drawn from. A code is place x time points + time point; -1 is outside."""

    how: int  # ALIAS: each case to a cell; SHUFFLE: times among cases; LABELS: cases among trials
    codes: NDArray[
        np.int32
    ]  # of cells (ALIAS), places of cases (SHUFFLE), cells of trials (LABELS)
    keep: NDArray[np.float64]  # alias table: chance to stay in a cell ...
    other: NDArray[np.int32]  # ... and where to go otherwise
    slots: NDArray[np.int32]  # time points of the cases inside the windows (SHUFFLE)
    totals: NDArray[np.int64]  # cases in each replica (ALIAS, LABELS)


@compiled()
def _mix(state: np.uint64) -> np.uint64:
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled()
def _start(seed: np.uint64, replica: int) -> np.uint64:
    """Begin a stream far from those of all other replicas."""
    return _mix(seed + _mix(np.uint64(replica + 1) * np.uint64(0xD1B54A32D192ED03)))


@compiled()
def _next(state: NDArray[np.uint64]) -> np.uint64:
    """SplitMix64 (Steele, Lea & Flood 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    return _mix(state[0])


@compiled()
def _below(n: int, state: NDArray[np.uint64]) -> int:
    """Draw an integer below n < 2**31, without the bias of a remainder (Lemire 2019)."""
    size, low32 = np.uint64(n), np.uint64(0xFFFFFFFF)
    product = (_next(state) >> np.uint64(32)) * size
    if (product & low32) < size:
        least = (np.uint64(0x100000000) - size) % size
        while (product & low32) < least:
            product = (_next(state) >> np.uint64(32)) * size
    signed: int = np.int64(product >> np.uint64(32))  # type: ignore[assignment]
    return signed  # int() would leave it unsigned in compiled code


@compiled()
def _share(state: NDArray[np.uint64]) -> float:
    return np.float64(_next(state) >> np.uint64(11)) * 2.0**-53


@compiled()
def draw(
    source: Source, seed: np.uint64, replica: int, cells: NDArray[np.int32], work: NDArray
) -> int:
    """Write into `cells` where the cases of a replica fall; give their number.

    `work` is a copy of `source.codes` that is changed on the way and restored.
    """
    state = np.empty(1, np.uint64)
    state[0] = _start(seed, replica)
    if source.how == SHUFFLE:
        return _shuffle(source, state, cells, work)
    if source.how == LABELS:
        return _label(source, state, cells, work, replica)
    found = 0
    n = len(source.codes)
    for _ in range(source.totals[replica]):
        cell = _below(n, state)
        if _share(state) >= source.keep[cell]:
            cell = source.other[cell]
        cells[found] = source.codes[cell]
        found += source.codes[cell] >= 0
    return found


@compiled()
def _shuffle(source: Source, state: NDArray, cells: NDArray, work: NDArray) -> int:
    """Give each time inside the windows to another case, all ways equally likely."""
    work[:] = source.codes
    n = len(work)
    for i in range(len(source.slots)):
        j = i + _below(n - i, state)
        place = work[j]
        work[j] = work[i]
        work[i] = place
        cells[i] = place + source.slots[i]
    return len(source.slots)


@compiled()
def _label(source: Source, state: NDArray, cells: NDArray, work: NDArray, replica: int) -> int:
    """Choose who among all trials is a case, all ways equally likely."""
    n = len(work)
    total = source.totals[replica]
    swaps = np.empty(total, np.int64)
    found = 0
    for i in range(total):
        j = i + _below(n - i, state)
        swaps[i] = j
        code = work[j]
        work[j] = work[i]
        work[i] = code
        cells[found] = code
        found += code >= 0
    for i in range(total - 1, -1, -1):
        code = work[i]
        work[i] = work[swaps[i]]
        work[swaps[i]] = code
    return found


def alias_table(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Make Vose's alias table: a draw in proportion to the weights costs two numbers."""
    keep, other = np.ones(len(weights)), np.arange(len(weights), dtype=np.int32)
    _alias(weights * (len(weights) / weights.sum()), keep, other)
    return keep, other


@compiled()
def _alias(scaled: NDArray, keep: NDArray, other: NDArray) -> None:
    n = len(scaled)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    s, g = 0, 0
    for i in range(n):
        if scaled[i] < 1.0:
            small[s] = i
            s += 1
        else:
            large[g] = i
            g += 1
    while s > 0 and g > 0:
        s -= 1
        poor, rich = small[s], large[g - 1]
        keep[poor], other[poor] = scaled[poor], rich
        scaled[rich] -= 1.0 - scaled[poor]
        if scaled[rich] < 1.0:
            g -= 1
            small[s] = rich
            s += 1
