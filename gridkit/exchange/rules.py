"""The rules of `records.validate`, over a whole table at once.

`validate` judges one record; a file of 100,000 rows needs the same verdict by columns. The
rules themselves come from the same declarations, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.records.condition import (
    TODAY,
    All,
    Answered,
    Compare,
    Condition,
    Either,
    Has,
    Is,
    Not,
)
from gridkit.records.spec import NONE_CODE, FieldSpec, RecordSpec
from gridkit.records.validate import known_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

_Truth = NDArray[np.bool_]


class Breach(NamedTuple):
    """One rule that some rows break: which rows (labels), which field, in which words."""

    rows: pd.Index
    field: str
    kind: str  # missing, not_asked, unknown_code, wrong_parent, future, constraint
    zh: str
    en: str


def breaches(
    answers: pd.DataFrame, spec: RecordSpec, profile: Profile, today: date
) -> list[Breach]:
    """List the rules that rows of a table break; see `records.validate.validate`.

    Parameters
    ----------
    answers : DataFrame
        Columns are fields of the spec, typed: dates `datetime64`, numbers numeric, others
        text; missing where there is no answer. Fields without a column have none.
    spec : RecordSpec
        The kind of record.
    profile : Profile
        The county's tables.
    today : date
        No date may lie after it.

    Returns
    -------
    list of Breach
        In the order of the fields; empty where all rows are sound.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> from gridkit.records.spec import STEP
    >>> steps = pd.DataFrame({"concern_id": ["c1"], "action": ["done"],
    ...                       "on": pd.to_datetime(["2026-11-03"])}, index=[7])
    >>> [(b.rows.tolist(), b.field, b.en)
    ...  for b in breaches(steps, STEP, load_profile(), date(2026, 11, 2))]
    [([7], 'action', 'the code is not in table action'), ([7], 'on', 'The date cannot be after today')]
    """
    table = _Answers(answers, today)
    return [
        Breach(answers.index[at], field.name, kind, zh, en)
        for field in spec.fields
        for at, kind, zh, en in _of_field(field, table, profile)
        if at.any()
    ]


_Finding = tuple[_Truth, str, str, str]


def _of_field(field: FieldSpec, table: _Answers, profile: Profile) -> Iterator[_Finding]:
    answered = table.holds(Answered(field.name))
    relevant = table.holds(field.relevant) if field.relevant else np.ones_like(answered)
    if field.required:
        yield ~answered & relevant, "missing", "缺少必填项", "required and missing"
    if not answered.any():
        return
    yield (
        answered & ~relevant,
        "not_asked",
        "此项在这里不适用, 请清空",
        "does not apply here; leave it empty",
    )
    if field.choices:
        yield from _of_codes(field, table, profile)
    for constraint in field.constraints:
        wrong = answered & ~table.holds(constraint.condition)
        kind = "constraint"
        if isinstance(constraint.condition, Compare):
            kind = "future" if constraint.condition.other == TODAY else kind
            for name in constraint.condition.fields():  # nothing to compare with: not decided
                wrong &= table.holds(Answered(name))
        yield wrong, kind, constraint.zh, constraint.en


def _of_codes(field: FieldSpec, table: _Answers, profile: Profile) -> Iterator[_Finding]:
    known = known_codes(field, profile)
    none = {NONE_CODE} if field.type == "many_of" else set()
    texts = table.texts(field.name)
    parents = table.texts(field.parent) if field.parent else None
    foreign, stray = np.zeros(len(texts), bool), np.zeros(len(texts), bool)
    hung = texts if parents is None else texts + "\x1f" + parents
    codes, distinct = pd.factorize(hung)
    for place, pair in enumerate(distinct):
        text, _, parent = pair.partition("\x1f")
        for code in text.split() if field.type == "many_of" else [text] if text else []:
            if code not in known:
                if code not in none:
                    foreign |= codes == place
            elif field.parent and known[code] is not None and known[code] != (parent or None):
                stray |= codes == place
    named = field.choices if isinstance(field.choices, str) else field.name
    yield foreign, "unknown_code", f"代码不在表 {named} 中", f"the code is not in table {named}"
    zh, en = f"与所选的 {field.parent} 不配套", f"does not belong to the chosen {field.parent}"
    yield stray, "wrong_parent", zh, en


class _Answers:
    """A table of answers that conditions can be asked of, each answer worked out once."""

    def __init__(self, frame: pd.DataFrame, today: date) -> None:
        self._frame = frame
        self._today = pd.Timestamp(today)

    def holds(self, condition: Condition) -> _Truth:  # noqa: PLR0911 (one return per kind)
        """Tell for each row whether a condition is true of it."""
        match condition:
            case Answered(field):
                return self._given(field)
            case Is(field, value):
                return self._is(field, value)
            case Has(field, code):
                return self._has(field, code)
            case Compare():
                return self._compare(condition)
            case Not(inner):
                return ~self.holds(inner)
            case All(inner):
                return np.asarray(np.logical_and.reduce([self.holds(c) for c in inner]))
            case Either(inner):
                return np.asarray(np.logical_or.reduce([self.holds(c) for c in inner]))

    def texts(self, field: str) -> pd.Series:
        """Give a column as text, "" where there is no answer."""
        if field not in self._frame:
            return pd.Series("", index=self._frame.index, dtype="str")
        return self._frame[field].astype("str").fillna("")

    def _given(self, field: str) -> _Truth:
        if field not in self._frame:
            return np.zeros(len(self._frame), dtype=bool)
        return self._frame[field].notna().to_numpy()

    def _is(self, field: str, value: object) -> _Truth:
        if field not in self._frame:
            return np.zeros(len(self._frame), dtype=bool)
        return (self._frame[field] == value).fillna(value=False).to_numpy(dtype=bool)

    def _has(self, field: str, code: str) -> _Truth:
        codes, distinct = pd.factorize(self.texts(field))
        having = np.array([code in text.split() for text in distinct], dtype=bool)
        found: _Truth = having[codes]
        return found

    def _compare(self, condition: Compare) -> _Truth:
        if condition.field not in self._frame:
            return np.zeros(len(self._frame), dtype=bool)
        left = self._frame[condition.field]
        right: object = condition.other
        if isinstance(right, str):
            if right != TODAY and right not in self._frame:
                return np.zeros(len(left), dtype=bool)
            right = self._today if right == TODAY else self._frame[right]
        ordered = {"<": left.lt, "<=": left.le, ">": left.gt, ">=": left.ge}[condition.op](
            right
        )
        return ordered.fillna(value=False).to_numpy(dtype=bool)
