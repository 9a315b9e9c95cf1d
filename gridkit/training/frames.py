"""Frames of records as the ledger gives them, built from plain columns, and their ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.profile import Profile, load_profile
from gridkit.records.spec import RECORD_SPECS, FieldSpec
from gridkit.records.validate import known_codes

# the dtype of a field by its type in the spec; many-of values are one canonical string each
_DTYPES: dict[str, str] = {
    "text": "str",
    "reference": "category",
    "references": "str",
    "photo": "str",
    "one_of": "category",
    "many_of": "category",
    "integer": "Int64",
    "number": "float64",
    "date": "datetime64[s]",
    "yes_no": "boolean",
}


def record_frame(
    kind: str,
    columns: Mapping[str, Any],
    record_ids: NDArray[Any] | list[str],
    profile: Profile | None = None,
) -> pd.DataFrame:
    """Bring columns to the shape in which the ledger gives records of a kind.

    Parameters
    ----------
    kind : str
        Which spec to follow.
    columns : mapping of str to array_like, each of length n
        Fields of the spec; those left out are missing in every row.
    record_ids : array_like of str, length n
        The index.
    profile : Profile, optional
        Whose codes are the categories; the packaged default else.

    Returns
    -------
    DataFrame, length n, indexed by `record_id`
        Every field of the spec in its order and dtype, and `n_heads` (1): what
        `Store.frame` would give.

    Examples
    --------
    >>> frame = record_frame("visit", {"outcome": ["met"], "met_role": ["owner"]}, ["v1"])
    >>> frame["outcome"].cat.categories.tolist(), frame["note"].isna().all()
    (['met', 'nobody_home', 'refused'], np.True_)
    """
    profile = profile or load_profile()
    index = pd.Index(record_ids, dtype="str", name="record_id")
    made = {
        field.name: _column(columns.get(field.name), field, len(index), profile)
        for field in RECORD_SPECS[kind].fields
    }
    made["n_heads"] = pd.array(np.ones(len(index), np.int64), dtype="Int64")
    return pd.DataFrame(made, index=pd.RangeIndex(len(index))).set_index(index)


def _dtype(field: FieldSpec) -> str:
    return "category" if field.name == "grid_id" else _DTYPES[field.type]


def record_ids(days: NDArray[np.datetime64], rng: np.random.Generator) -> NDArray[Any]:
    """Make ids in the form of UUIDv7 that depend on nothing but day and generator.

    Parameters
    ----------
    days : array of datetime64, length n
        The civil day of each record; the id holds a moment in its office hours. Records
        of one day get rising ids in the order of the rows.
    rng : Generator
        Source of chance.

    Returns
    -------
    array of str, length n
        All different.

    Examples
    --------
    >>> day = np.array(["2026-11-03"], dtype="datetime64[s]")
    >>> str(record_ids(day, np.random.default_rng(1))[0])[:9]
    '01a19fcd-'
    """
    n = len(days)
    midnight = days.astype("datetime64[ms]").astype(np.int64)
    # 8:00 to 18:00 in Asia/Shanghai is 0:00 to 10:00 UTC of the same day; 12 bits of a ms
    moment = (midnight << 12) + rng.integers(0, 36_000_000 << 12, n)
    rising = np.empty_like(moment)
    rising[np.argsort(midnight, kind="stable")] = np.sort(moment)
    chance = rng.integers(0, 1 << 62, n, dtype=np.uint64)
    raw = np.empty((n, 2), dtype=">u8")
    raw[:, 0] = ((rising >> 12) << 16) | 0x7000 | (rising & 0xFFF)
    raw[:, 1] = np.uint64(0b10 << 62) | chance
    text = raw.tobytes().hex()
    return np.array(
        [
            f"{text[i : i + 8]}-{text[i + 8 : i + 12]}-{text[i + 12 : i + 16]}"
            f"-{text[i + 16 : i + 20]}-{text[i + 20 : i + 32]}"
            for i in range(0, 32 * n, 32)
        ],
        dtype=object,
    )


def pick(table: Mapping[Any, float], n: int, rng: np.random.Generator) -> NDArray[Any]:
    """Draw keys of a table of weights (they need not sum to 1); None is a missing answer."""
    keys = np.array(list(table), dtype=object)
    weights = np.array(list(table.values()), dtype=float)
    edges = np.cumsum(weights / weights.sum())
    return keys[np.minimum(np.searchsorted(edges, rng.random(n), side="right"), len(keys) - 1)]


def _column(values: Any, field: FieldSpec, n: int, profile: Profile) -> Any:
    dtype = _dtype(field)
    if values is None:
        values = np.full(n, None, dtype=object)
    if dtype == "category":
        return _categories(np.asarray(values, dtype=object), field, profile)
    if dtype == "datetime64[s]":
        return pd.Series(values).astype("datetime64[s]").to_numpy()
    if dtype == "float64":
        return pd.Series(values).astype("float64").to_numpy()
    plain: Any = pd.api.types.pandas_dtype(dtype)
    return pd.array(np.asarray(values, dtype=object), dtype=plain)


def _categories(values: NDArray[Any], field: FieldSpec, profile: Profile) -> pd.Categorical:
    """Give all codes of a choice in the order of the profile; of others those that occur."""
    codes, found = pd.factorize(values, sort=True)
    if field.choices and field.type == "one_of":
        known = pd.Index(list(known_codes(field, profile)), dtype="str")
        place = np.append(known.get_indexer(pd.Index(found, dtype="str")), -1)
        return pd.Categorical.from_codes(place[codes], known)
    return pd.Categorical.from_codes(codes, pd.Index(found, dtype="str"))
