"""A permutation test that no field of a person moves any output (R1, R3).

Each field is shuffled among the rows, again and again, and every output is made anew. What
comes out must be the same to the last digit; a single row that moves is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from gridkit.errors import DataError

SHUFFLES = 5
PERSON_FIELDS = (
    *("name", "gender", "age", "phone", "identity_number", "ethnicity", "religion"),
    *("health", "criminal_record", "times_petitioned", "met_role", "address"),
)
"""Fields of a person that other systems keep; gridkit declares none but `met_role` and
`address`, and those only of a visit."""


def moved_by(
    frame: pd.DataFrame,
    fields: Iterable[str],
    outputs: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    rng: np.random.Generator,
    shuffles: int = SHUFFLES,
) -> pd.Series:
    """Count the rows of output that change when a field is shuffled among the rows.

    Parameters
    ----------
    frame : DataFrame
        What the outputs are made of, with the fields in it.
    fields : iterable of str
        Columns of `frame` to shuffle, one at a time.
    outputs : callable
        Takes a frame like `frame`, gives a DataFrame of everything that is shown.
    rng : Generator
        Source of chance.
    shuffles : int
        How often each field is shuffled.

    Returns
    -------
    Series of int, indexed by field
        The most rows that differed in any shuffle; 0 where the field moves nothing.

    Raises
    ------
    DataError
        If a field is not in `frame`, or holds one value only: shuffling shows nothing then.

    Examples
    --------
    >>> frame = pd.DataFrame({"harm": [1, 2, 3, 4], "age": [20, 30, 40, 50]})
    >>> honest, unfair = (lambda f: f[["harm"]]), (lambda f: f[["harm"]].add(f["age"], axis=0))
    >>> rng = np.random.default_rng(1)
    >>> int(moved_by(frame, ["age"], honest, rng=rng)["age"])
    0
    >>> int(moved_by(frame, ["age"], unfair, rng=rng)["age"]) > 0
    True
    """
    usual = outputs(frame)
    found: dict[str, int] = {}
    for name in fields:
        if name not in frame or frame[name].nunique(dropna=False) < 2:
            raise DataError(
                en=f"`{name}` must be a column of `frame` with two values or more.",
                zh=f"`{name}` 须是 `frame` 的一列, 且至少有两个不同的值。",
            )
        found[name] = max(
            _differing(usual, outputs(frame.assign(**{name: _shuffled(frame[name], rng)})))
            for _ in range(shuffles)
        )
    return pd.Series(found, dtype="int64", name="moved").rename_axis("field")


def _shuffled(column: pd.Series, rng: np.random.Generator) -> pd.Series:
    mixed = column.iloc[rng.permutation(len(column))]
    return mixed.set_axis(column.index)


def _differing(a: pd.DataFrame, b: pd.DataFrame) -> int:
    if a.shape != b.shape or not a.index.equals(b.index) or not a.columns.equals(b.columns):
        return max(len(a), len(b), 1)
    x, y = a.astype("object"), b.astype("object")
    same = (x == y) | (x.isna() & y.isna())
    return int((~same.all(axis="columns")).sum())
