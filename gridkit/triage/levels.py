"""The distinct cases a factor meets in a frame, and which of them each row is.

A frame of a million rows holds a few dozen distinct answers per input. Points, ranges and
words are worked out once per case; rows only carry the number of their case. One row goes
the same way, so a single record and a frame cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gridkit.profile.card import INPUTS, ByBins, ByFlags, ByLevel, Factor, Scorecard
from gridkit.triage.answers import Answers

Part = ByLevel | ByFlags | ByBins


class Case(NamedTuple):
    """What one answer is worth: points, the range a missing answer leaves, and words."""

    points: int
    low: int
    high: int
    answered: bool
    missing: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Levels:
    """A factor over all rows: the cases, and `codes`, the number of each row's case."""

    codes: np.ndarray
    cases: tuple[Case, ...]

    def points(self) -> np.ndarray:
        """Return the points of each row (int16)."""
        return self._rows([case.points for case in self.cases])

    def low(self) -> np.ndarray:
        """Return the least points each row could have, had all been answered (int16)."""
        return self._rows([case.low for case in self.cases])

    def high(self) -> np.ndarray:
        """Return the most points each row could have, had all been answered (int16)."""
        return self._rows([case.high for case in self.cases])

    def missing(self) -> np.ndarray:
        """Return how many inputs of each row were not answered (int16)."""
        return self._rows([len(case.missing) for case in self.cases])

    def _rows(self, values: Sequence[int]) -> np.ndarray:
        each: np.ndarray = np.array(values, dtype=np.int16)
        return each.take(self.codes)


def factor_inputs(factor: Factor) -> set[str]:
    """Return the inputs that a factor looks at, and those that say whether they apply."""
    named = {part.input for part in factor.parts}
    return named | {given[0] for name in named if (given := INPUTS[name].relevant)}


def factor_levels(factor: Factor, read: Mapping[str, Answers]) -> Levels:
    """Find the cases of one factor and each row's.

    Parameters
    ----------
    factor : Factor
    read : mapping of str to Answers
        As `answers` returns it.

    Returns
    -------
    Levels
    """
    parts = [_part_levels(part, read) for part in factor.parts]
    codes = parts[0].codes
    cases: list[tuple[Case, ...]] = [(case,) for case in parts[0].cases]
    for part in parts[1:]:
        joint = codes.astype(np.int64) * len(part.cases) + part.codes
        used = np.flatnonzero(np.bincount(joint, minlength=len(cases) * len(part.cases)))
        place = np.zeros(len(cases) * len(part.cases), dtype=np.int16)
        place[used] = np.arange(len(used))
        codes = place[joint]
        split = [divmod(int(u), len(part.cases)) for u in used]
        cases = [(*cases[a], part.cases[b]) for a, b in split]
    return Levels(codes, tuple(_join(factor, case) for case in cases))


def override_levels(card: Scorecard, read: Mapping[str, Answers]) -> Levels:
    """Find which dangers each row holds; a case with words is one that overrides."""
    column = read[card.override.input]
    cases = [
        Case(
            points=0,
            low=0,
            high=0,
            answered=True,
            zh=tuple(f.zh for f in card.override.flags if f.code in answer.split()),
            en=tuple(f.en for f in card.override.flags if f.code in answer.split()),
        )
        for answer in column.distinct
    ]
    unanswered = Case(0, 0, 0, answered=False, missing=(card.override.input,))
    return Levels(np.where(column.codes < 0, len(cases), column.codes), (*cases, unanswered))


def _join(factor: Factor, cases: tuple[Case, ...]) -> Case:
    """Make one case of a factor out of its parts' cases."""
    if factor.combine == "first":
        for case in cases:
            if case.answered:
                return case
        missing = tuple(name for case in cases for name in case.missing)[:1]
        low, high = min(case.low for case in cases), max(case.high for case in cases)
        return Case(0, low, high, answered=False, missing=missing)

    def clip(points: int) -> int:
        return max(factor.min, min(factor.max, points))

    return Case(
        points=clip(sum(case.points for case in cases)),
        low=clip(sum(case.low for case in cases)),
        high=clip(sum(case.high for case in cases)),
        answered=any(case.answered for case in cases),
        missing=tuple(name for case in cases for name in case.missing),
        zh=tuple(text for case in cases for text in case.zh),
        en=tuple(text for case in cases for text in case.en),
    )


def _part_levels(part: Part, read: Mapping[str, Answers]) -> Levels:
    column, known = read[part.input], INPUTS[part.input]
    low, high = min(0, part.span[0]), max(0, part.span[1])
    if known.origin == "asked":
        unanswered = Case(0, low, high, answered=False, missing=(part.input,))
    else:
        unanswered = Case(0, 0, 0, answered=False)
    if isinstance(part, ByBins):
        cases = [_case([entry]) for entry in part.bins]
        codes = np.searchsorted(np.array(part.edges), column.numbers, side="right")
        codes[np.isnan(column.numbers)] = len(cases)
    else:
        cases = [_chosen(part, answer) for answer in column.distinct]
        codes = np.where(column.codes < 0, len(cases), column.codes)
    cases.append(unanswered)
    if known.relevant is None:
        return Levels(codes, tuple(cases))

    # not asked where it does not apply; while nobody knows whether it does, it gives no
    # points, but could give those of its answer
    asked = read[known.relevant[0]].holds(known.relevant[1])
    maybe = [Case(0, min(0, c.low), max(0, c.high), answered=False) for c in cases]
    codes = np.where(asked < 0, codes + len(cases), codes)
    codes = np.where(asked == 0, 2 * len(cases), codes)
    return Levels(codes, (*cases, *maybe, Case(0, 0, 0, answered=False)))


def _chosen(part: ByLevel | ByFlags, answer: str) -> Case:
    chosen = [entry for entry in part.entries if entry.code in answer.split()]
    if isinstance(part, ByFlags) and part.combine == "strongest" and chosen:
        chosen = [max(chosen, key=lambda entry: abs(entry.points))]
    return _case(chosen)


def _case(entries: Sequence) -> Case:
    points = sum(entry.points for entry in entries)
    telling = [entry for entry in entries if entry.points]
    return Case(
        points,
        points,
        points,
        answered=True,
        zh=tuple(entry.zh for entry in telling),
        en=tuple(entry.en for entry in telling),
    )
