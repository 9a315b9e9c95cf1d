"""The card's inputs, read out of a frame and checked: codes into short lists of answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.profile.card import INPUTS, ByBins, Scorecard

# Unfit values named in an error at most; all are counted.
_NAMED = 20


@dataclass(frozen=True, eq=False)
class Answers:
    """One input of all rows: numbers, or codes into a short list of distinct answers.

    `codes` is an int array of length n, -1 where not answered; `distinct` the answers they
    point to. For a number, `codes` is empty and `numbers` a float array, NaN for missing.
    """

    codes: np.ndarray
    distinct: tuple[str, ...] = ()
    numbers: np.ndarray = field(default_factory=lambda: np.empty(0))

    def holds(self, code: str) -> np.ndarray:
        """Tell per row whether `code` was chosen: 1 yes, 0 no, -1 not answered (int8)."""
        held = [int(code in answer.split()) for answer in self.distinct]
        each: np.ndarray = np.array([*held, -1], dtype=np.int8)
        return each.take(self.codes)

    def __len__(self) -> int:
        return max(len(self.codes), len(self.numbers))

    def take(self, rows: np.ndarray) -> Answers:
        """Return the answers of some rows, by position."""
        if not len(self.codes):
            return Answers(self.codes, numbers=self.numbers[rows])
        return Answers(self.codes[rows], self.distinct)

    def put(self, value: str | float) -> Answers:
        """Return as many answers, all of them `value`."""
        if isinstance(value, str):
            return Answers(np.zeros(len(self), dtype=np.int64), (value,))
        return Answers(self.codes, numbers=np.full(len(self), float(value)))

    def add(self, code: str) -> Answers:
        """Return the answers with `code` chosen besides; where not answered, it alone."""
        more = (
            " ".join(sorted({code, *answer.split()} - {"none"}))
            for answer in (*self.distinct, "")
        )
        return Answers(np.where(self.codes < 0, len(self.distinct), self.codes), tuple(more))


def answers(inputs: pd.DataFrame, card: Scorecard) -> dict[str, Answers]:
    """Read the card's inputs out of a frame and check every value.

    Parameters
    ----------
    inputs : DataFrame, n rows
        One column per input of the card (`card.inputs`); others are not looked at.
    card : Scorecard

    Returns
    -------
    dict of str to Answers
        By the name of the input.

    Raises
    ------
    DataError
        If a column is missing, or holds a code that the card does not know; `problems`
        names rows and columns, never what was answered.
    """
    absent = [name for name in card.inputs if name not in inputs.columns]
    if absent:
        raise DataError(
            en=f"`inputs` lacks {len(absent)} columns of the card: {', '.join(absent)}. "
            "Make it with `triage.inputs`.",
            zh=f"`inputs` 缺评分卡所需的 {len(absent)} 列: {', '.join(absent)}。请用 `triage.inputs` 生成。",
        )
    read = {name: _read(inputs[name], INPUTS[name].kind) for name in card.inputs}
    problems = list(_unknown(read, card, inputs.index))
    if problems:
        columns = ", ".join(dict.fromkeys(p.field for p in problems))
        raise DataError(
            en=f"`inputs` holds codes that card `{card.id}` does not know, in {columns}. "
            "Add them to the card, or correct the records.",
            zh=f"`inputs` 中有评分卡 `{card.id}` 未列的代码 (列 {columns})。请补入评分卡, 或更正记录。",
            problems=problems,
        )
    return read


def _read(column: pd.Series, kind: str) -> Answers:
    none = np.empty(0, dtype=np.int64)
    if kind == "number":
        try:
            return Answers(none, numbers=column.to_numpy(dtype=np.float64, na_value=np.nan))
        except (TypeError, ValueError) as error:
            raise DataError(
                en=f"`inputs` column `{column.name}` must hold numbers.",
                zh=f"`inputs` 的列 `{column.name}` 须为数值。",
            ) from error
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Answers(column.cat.codes.to_numpy(), tuple(map(str, column.cat.categories)))
    codes, distinct = pd.factorize(column)
    return Answers(codes, tuple(map(str, distinct)))


def _unknown(
    read: Mapping[str, Answers], card: Scorecard, index: pd.Index
) -> Iterator[Problem]:
    for name, known in _known(card).items():
        column = read[name]
        many = INPUTS[name].kind == "many"
        bad = np.array(
            [*(not _fits(answer, known, many=many) for answer in column.distinct), False]
        )
        if not bad.any():
            continue
        for label in index[bad[column.codes]][:_NAMED]:
            yield Problem(
                str(label), name, "评分卡没有此代码", "holds a code that the card does not know"
            )


def _known(card: Scorecard) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {
        card.override.input: {flag.code for flag in card.override.flags}
    }
    for factor in card.factors:
        for part in factor.parts:
            if not isinstance(part, ByBins):
                known[part.input] = {entry.code for entry in part.entries}
    return known


def _fits(answer: str, known: set[str], *, many: bool) -> bool:
    codes = answer.split()
    if many:
        return answer == "none" or (bool(codes) and known.issuperset(codes))
    return answer in known
