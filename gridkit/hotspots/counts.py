"""Counts of concerns per grid, category and week: the only input of the hotspot methods.

Weeks are ISO weeks of the civil date on which a concern was heard (they start on Monday).
A week inside the recorded period without a concern counts zero; a week outside it is not
in the table, for nobody knows. The counting is one plain SQL text, `counts.sql`, run here
by DuckDB over frames or Parquet files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import DataError, StoreFullError
from gridkit.hotspots.cube import whole_counts
from gridkit.hotspots.relations import Period, Question, relations
from gridkit.hotspots.source import Concerns, require, unreadable

if TYPE_CHECKING:
    import duckdb
    import geopandas as gpd

    from gridkit.profile import Profile

# Why a concern is in no cell of the table, in the order in which it is asked
REASONS = {
    "no_date": ("没有登记日期", "no date of hearing"),
    "outside_period": ("日期不在统计期内", "heard outside the period"),
    "no_grid": ("没有网格", "no grid"),
    "unknown_grid": ("网格编码不在网格表中", "a grid that is not in the table of grids"),
    "no_category": ("没有此项分类", "no such category given"),
}


def count(
    concerns: Concerns,
    grids: gpd.GeoDataFrame,
    by: str | None = "demand_type",
    *,
    period: Period | None = None,
    categories: Sequence[str] | None = None,
    empty_weeks: str = "zero",
) -> pd.DataFrame:
    """Count concerns per grid, category and week, zeros included.

    Concerns on their way to a statutory channel (`Profile.route_out_codes`) must not be
    mapped: pass the concerns through `mappable` first. What could not be counted is told
    by `uncounted`, with the same arguments.

    Parameters
    ----------
    concerns : DataFrame, or path of Parquet files
        With `grid_id`, `heard_on` (dates) and the column named by `by`. A path may hold
        wildcards.
    grids : GeoDataFrame or DataFrame
        Indexed by `grid_id`, with `households` and `population`.
    by : str or None
        Column of categories; None counts all concerns together, as category "all".
    period : tuple of two dates, optional
        First and last day of recording, both included. Give it whenever it is known: by
        default it runs from the first to the last `heard_on`, and a quiet week before or
        after that is lost. A week that the period cuts is kept, with fewer days in it.
    categories : sequence of str, optional
        Those to count; by default those that occur in the period's concerns or outside.
    empty_weeks : str
        What a week of the period means in which no concern at all was heard: "zero" (nothing
        was wrong), "missing" (nothing was recorded: the week is left out), or "refuse".

    Returns
    -------
    DataFrame, g grids x c categories x w weeks rows
        `grid_id` (category, in the order of `grids`), `category` (category), `week`
        (datetime64[s], Monday), `n`, `households`, `population` (Int64), sorted by these.

    Raises
    ------
    DataError
        If a column is missing, dates are no dates, grids repeat, the period runs
        backwards, there is neither a concern with a date nor a period, files cannot be
        read, or a week is empty and that is refused.

    Examples
    --------
    >>> concerns = pd.DataFrame({"grid_id": ["a", "a", "b"], "demand_type": "water",
    ...     "heard_on": pd.to_datetime(["2026-03-02", "2026-03-08", "2026-03-09"])})
    >>> grids = pd.DataFrame({"households": [40, 60], "population": [90, 150]}, index=["a", "b"])
    >>> count(concerns, grids)[["grid_id", "week", "n"]]
      grid_id       week  n
    0       a 2026-03-02  2
    1       a 2026-03-09  0
    2       b 2026-03-02  0
    3       b 2026-03-09  1
    """
    question = Question(by, period, categories, empty_weeks)
    with relations(concerns, grids, question) as connection:
        table = answered(connection, sql("counts"), concerns).df()
        kinds = connection.sql("SELECT category FROM categories").df()["category"]
    return typed(table, grids.index.astype("str"), list(kinds))


def typed(table: pd.DataFrame, ids: pd.Index, kinds: list[str]) -> pd.DataFrame:
    """Give what an engine returned the types of the contract."""
    return pd.DataFrame(
        {
            "grid_id": table["grid_id"].astype(pd.CategoricalDtype(ids)),
            "category": table["category"].astype(pd.CategoricalDtype(kinds)),
            "week": table["week"].astype("datetime64[s]"),
            "n": table["n"].astype("Int64"),
            "households": table["households"].astype("Int64"),
            "population": table["population"].astype("Int64"),
        }
    )


def uncounted(
    concerns: Concerns,
    grids: gpd.GeoDataFrame,
    by: str | None = "demand_type",
    *,
    period: Period | None = None,
    categories: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Say how many concerns `count` left out with the same arguments, and why.

    Parameters
    ----------
    concerns, grids, by, period, categories
        As for `count`.

    Returns
    -------
    DataFrame, 5 rows, indexed by `reason`
        `n`: concerns left out for this reason, each concern once, by the first that
        applies; `zh`, `en`: the reason in words. Together with the sum of `n` in the table
        of `count` they make up all concerns.

    Raises
    ------
    DataError
        As for `count`.

    Examples
    --------
    >>> concerns = pd.DataFrame({"grid_id": ["a", "z", None], "demand_type": "water",
    ...     "heard_on": pd.to_datetime(["2026-03-02", "2026-03-08", "2026-03-09"])})
    >>> grids = pd.DataFrame({"households": [40], "population": [90]}, index=["a"])
    >>> uncounted(concerns, grids)["n"].to_dict()
    {'no_date': 0, 'outside_period': 0, 'no_grid': 1, 'unknown_grid': 1, 'no_category': 0}
    """
    with relations(concerns, grids, Question(by, period, categories)) as connection:
        found = dict(answered(connection, sql("uncounted"), concerns).fetchall())
    return reasons(found)


def sql(name: str) -> str:
    """Read one of the texts that run on every engine: "counts" or "uncounted"."""
    return files("gridkit.hotspots").joinpath(f"{name}.sql").read_text(encoding="utf-8")


def answered(
    connection: duckdb.DuckDBPyConnection, text: str, concerns: Concerns
) -> duckdb.DuckDBPyConnection:
    """Run a text; a fault of the files is told in plain words."""
    import duckdb

    try:
        return connection.execute(text)
    except duckdb.OutOfMemoryException:
        raise DataError(
            en="the count needs more memory than it was given; give more, or name fewer "
            "`categories` or a shorter `period`.",
            zh="给定的内存不够; 请加大内存, 或减少 `categories`、缩短 `period`。",
        ) from None
    except duckdb.Error as fault:
        if "No space left" in str(fault):
            raise StoreFullError(
                en="the disk is full, so the counts were not written; make room and run it again.",
                zh="磁盘已满, 统计结果没有写成; 请腾出空间后再运行。",
            ) from None
        if isinstance(concerns, pd.DataFrame):
            raise
        raise unreadable(str(concerns), fault) from None


def reasons(found: Mapping[str, int]) -> pd.DataFrame:
    """Put numbers of concerns left out into the table of `uncounted`."""
    table = pd.DataFrame.from_dict(REASONS, orient="index", columns=["zh", "en"], dtype="str")
    table.index = pd.Index(table.index, dtype="str", name="reason")
    numbers = pd.Series(
        [found.get(reason, 0) for reason in REASONS], table.index, dtype="Int64"
    )
    table.insert(0, "n", numbers)
    return table


def per_grid(counts: pd.DataFrame, category: str | None = None) -> pd.DataFrame:
    """Add counts up over weeks, and over categories or for one of them.

    Parameters
    ----------
    counts : DataFrame
        What `count` returned, or rows of it (say, of the last four weeks).
    category : str, optional
        Only this one.

    Returns
    -------
    DataFrame, indexed by `grid_id`, in the order of the grids
        `n`, `households`, and `population` if it was there.

    Raises
    ------
    DataError
        If no row is of this category, or `n` is missing, negative or not whole (weights are no
        counts).

    Examples
    --------
    >>> counts = pd.DataFrame({"grid_id": ["b", "b", "a"], "category": "water",
    ...                        "n": [1, 2, 0], "households": [40, 40, 60]})
    >>> per_grid(counts).loc["b"].to_dict()
    {'n': 3, 'households': 40}
    """
    if category is not None:
        counts = counts[counts["category"] == category]
        if counts.empty:
            raise DataError(
                en=f"`category` {category!r} is not in the counts.",
                zh=f"`category` {category!r} 不在统计表中。",
            )
    require(["grid_id", "n"], counts.columns, "counts")
    whole_counts(counts["n"], "n")
    steady = [c for c in ("households", "population") if c in counts]
    adding = {"n": "sum", **dict.fromkeys(steady, "first")}
    table = counts.groupby("grid_id", observed=True, sort=False).agg(adding)
    if counts["grid_id"].dtype == "category":
        table = table.reindex(counts["grid_id"].cat.categories)
    table.index = pd.Index(table.index.astype("str"), name="grid_id")
    return table


def mappable(concerns: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Leave out concerns that belong to a statutory channel: never scored, never mapped.

    Parameters
    ----------
    concerns : DataFrame
        With `dispute_code` (missing where nobody is at odds).
    profile : Profile
        Its `route_out_codes` say which are routed out (groups 14 to 16 by default).

    Returns
    -------
    DataFrame
        The other rows, on their own index.

    Raises
    ------
    DataError
        If there is no column `dispute_code`: nothing would be left out, unsaid.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> concerns = pd.DataFrame({"dispute_code": ["0904", "1401", None]})
    >>> mappable(concerns, load_profile()).index.tolist()
    [0, 2]
    """
    require(["dispute_code"], concerns.columns, "concerns")
    out = statutory(profile)
    codes = concerns["dispute_code"].astype("str")
    return concerns[~(codes.isin(out) | codes.str[:2].isin(out))]


def statutory(profile: Profile) -> frozenset[str]:
    """List the dispute codes and groups that go to a statutory channel."""
    choices = [*profile.choices("dispute_group"), *profile.choices("dispute_code")]
    out = {c.code for c in choices if c.route_out}
    return frozenset(out | {c.code for c in choices if c.parent in out})
