"""Reading counts and places into cells; bad input is refused in words.

What no scan could be trusted on is an error: weeks that are missing (not zero), weights
that pass for counts, cases where nobody is at risk, tables of different years.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import AlignmentError, DataError
from gridkit.hotspots.cells import EARTH_RADIUS_M, Cells, scaled
from gridkit.hotspots.plan import Plan
from gridkit.hotspots.relations import require

_Floats = NDArray[np.float64]

STEPS = {"week": 7, "day": 1}  # time columns and their days
AT_RISK = ("expected", "households", "population")  # in order of preference


def read_cells(counts: pd.DataFrame, places: pd.DataFrame | None, plan: Plan) -> Cells:
    """Read counts and places; refuse what no scan could be trusted on."""
    require(["grid_id", "n"], counts.columns, "counts")
    _check_category(counts)
    n = _numbers(counts, "n", whole=True)
    rows, labels = _labels(counts["grid_id"], "counts")
    columns, steps, days = _steps(counts, plan)
    _check_complete(rows, columns, labels, steps)
    model, name = _model(counts, plan)

    def spread(values: _Floats) -> _Floats:
        table = np.zeros((len(labels), len(steps)))
        table[rows, columns] = values
        return _collapse(table, plan)

    table = spread(n)
    cases = np.rint(table).astype(np.int64)
    expected = np.ones_like(table)
    trials = np.zeros_like(cases)
    if name is not None:
        given = spread(_numbers(counts, name, whole=model == "bernoulli"))
        if model == "bernoulli":
            trials = cases + np.rint(given).astype(np.int64)
        else:
            _check_at_risk(cases, given, labels, name)
            expected = given
    apart = not plan.kind.startswith("temporal")
    points, spherical = _points(places, labels) if apart else (None, False)
    return Cells(
        labels=labels,
        steps=steps if plan.kind != "spatial" else steps[:1],
        step_days=days if plan.kind != "spatial" else days * len(steps),
        n=cases,
        expected=scaled(cases, expected, trials, model),
        trials=trials,
        model=model,
        points=points,
        spherical=spherical,
    )


def _collapse(table: _Floats, plan: Plan) -> _Floats:
    if plan.kind == "spatial":
        return np.asarray(table.sum(axis=1, keepdims=True))
    if plan.kind.startswith("temporal"):
        return np.asarray(table.sum(axis=0, keepdims=True))
    return table


# --- reading --------------------------------------------------------------------------------


def _labels(column: pd.Series, table: str) -> tuple[NDArray[np.intp], NDArray]:
    """Give each grid its number in the order of their sorted labels."""
    codes, found = pd.factorize(column)
    if (codes < 0).any():
        raise DataError(
            en=f"`grid_id` of `{table}` must be known in each row; {int((codes < 0).sum())} are "
            "missing. Locate these concerns first, or leave them out knowingly.",
            zh=f"`{table}` 每行须有 `grid_id`; 缺 {int((codes < 0).sum())} 行。"
            "请先落格, 或明确剔除。",
        )
    labels = np.asarray(pd.Index(found).astype("str"), dtype=object).astype(str)
    blank = [label for label in labels if len(label.split()) != 1]
    if blank:
        raise DataError(
            en=f"`grid_id` must be a code without blanks; {len(blank)} hold one "
            f"({named(blank)}).",
            zh=f"`grid_id` 须为不含空格的编码; 有 {len(blank)} 个含空格 ({named(blank)})。",
        )
    order = np.argsort(labels, kind="stable")
    rank = np.empty(len(labels), dtype=np.intp)
    rank[order] = np.arange(len(labels))
    return rank[codes], labels[order]


def _steps(counts: pd.DataFrame, plan: Plan) -> tuple[NDArray[np.intp], pd.DatetimeIndex, int]:
    """Give each week (or day) its number; refuse a calendar with holes: missing is not zero."""
    name = next((c for c in STEPS if c in counts), None)
    if name is None:
        if plan.kind != "spatial":
            require(["week"], counts.columns, "counts")
        return np.zeros(len(counts), dtype=np.intp), pd.DatetimeIndex([pd.NaT]), 7
    dates = pd.to_datetime(counts[name]).astype("datetime64[s]")
    if dates.isna().any():
        raise DataError(
            en=f"`{name}` must be a date in each row; {int(dates.isna().sum())} are missing. "
            "Concerns outside the study period do not belong into `counts`.",
            zh=f"`{name}` 每行须为日期; 缺 {int(dates.isna().sum())} 行。"
            "统计期以外的诉求不应计入 `counts`。",
        )
    codes, found = pd.factorize(dates, sort=True)
    steps = pd.DatetimeIndex(found)
    gaps = np.diff(steps.to_numpy()).astype("timedelta64[D]").astype(int)
    odd = np.flatnonzero(gaps != STEPS[name])
    if len(odd):
        holes = [f"{day:%Y-%m-%d}" for day in steps[odd]]
        raise DataError(
            en=f"`{name}` must run in steps of {STEPS[name]} days without a hole; after "
            f"{named(holes)} it does not. A week that was not recorded is not zero: scan the "
            "periods apart, or complete the counts with `count(..., period=...)`.",
            zh=f"`{name}` 须每 {STEPS[name]} 天一期, 不得缺期; {named(holes)} 之后有缺。"
            "没有登记的一周不等于零件: 请分段检验, 或用 `count(..., period=...)` 补全。",
        )
    if len(steps) < 2 and plan.kind != "spatial":
        raise DataError(
            en=f"a {plan.kind} scan needs 2 time steps at least; `counts` has {len(steps)}. Take "
            'kind="spatial".',
            zh=f'{plan.kind} 检验至少需要 2 期; `counts` 只有 {len(steps)} 期。请用 kind="spatial"。',
        )
    return codes, steps, STEPS[name]


def _numbers(counts: pd.DataFrame, name: str, *, whole: bool) -> _Floats:
    try:
        values = counts[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            en=f"`{name}` of `counts` must hold numbers; it holds {counts[name].dtype}.",
            zh=f"`counts` 的 `{name}` 须为数; 现为 {counts[name].dtype}。",
        ) from error
    missing, negative = int((~np.isfinite(values)).sum()), int((values < 0).sum())
    if missing or negative:
        raise DataError(
            en=f"`{name}` must be 0 or more in each row of `counts`; {missing} are missing, "
            f"{negative} negative. A true zero is written as 0.",
            zh=f"`counts` 各行的 `{name}` 须为 0 或正数; 缺失 {missing} 行, 负数 {negative} 行。"
            "确为零件的请写 0。",
        )
    broken = int((values != np.rint(values)).sum())
    if whole and broken:
        raise DataError(
            en=f"`{name}` must be whole numbers; {broken} are not. Weighted concerns are no "
            "counts: detect on counts, then rank the clusters by weight.",
            zh=f"`{name}` 须为整数; 有 {broken} 行不是。加权值不是件数: 请按件数检验, "
            "再按权重给聚集排序。",
        )
    return np.asarray(values)


def _model(counts: pd.DataFrame, plan: Plan) -> tuple[str, str | None]:
    """Settle the model and the column of what is at risk."""
    name = plan.at_risk
    if name is not None:
        require([name], counts.columns, "counts")
    elif plan.model == "bernoulli":
        name = "controls"
        require([name], counts.columns, "counts")
    elif plan.model == "expectation":
        name = "expected"
        require([name], counts.columns, "counts")
    elif plan.model != "permutation":
        name = next((c for c in AT_RISK if c in counts and counts[c].notna().all()), None)
    model = plan.model
    if model == "auto":
        model = "permutation" if name is None else "poisson"
        model = "poisson" if plan.kind.startswith("temporal") else model
    if model == "permutation" and plan.kind not in ("retrospective", "prospective"):
        raise DataError(
            en=f'a {plan.kind} scan needs something at risk: "permutation" compares places over '
            "time. Give `households`, `population` or `expected`.",
            zh=f'{plan.kind} 检验需要分母: "permutation" 模型比较的是各地在不同时间的差别。'
            "请给出 `households`, `population` 或 `expected`。",
        )
    if model == "poisson" and name is None and not plan.kind.startswith("temporal"):
        raise DataError(
            en='model "poisson" needs `expected`, `households` or `population`, known in each '
            'row of `counts`. Take model="permutation" where they are unknown.',
            zh='"poisson" 模型要求 `counts` 各行有 `expected`, `households` 或 `population`。'
            '不知道时请用 model="permutation"。',
        )
    return model, None if model == "permutation" else name


def _points(places: pd.DataFrame | None, labels: NDArray) -> tuple[_Floats, bool]:
    """Take the coordinates of the places, in order; say whether they are on the sphere."""
    if places is None:
        raise DataError(
            en="`places` is needed to know which grids are near: pass the grids, or a frame "
            "indexed by grid_id with `lon`, `lat` or `x`, `y` (meters).",
            zh="需要 `places` 才知道哪些网格相近: 请传入网格表, 或以 grid_id 为索引、含 `lon`, "
            "`lat` 或 `x`, `y` (米) 的表。",
        )
    index = pd.Index(places.index.astype("str"))
    if not index.is_unique:
        again = index[index.duplicated()].unique()
        raise DataError(
            en=f"`places` must hold each grid once; {len(again)} appear again ({named(again)}).",
            zh=f"`places` 中每个网格只能出现一次; 有 {len(again)} 个重复 ({named(again)})。",
        )
    check_same(labels, index, "counts", "places")
    table = places.set_axis(index, axis=0).loc[labels]
    points, spherical = _coordinates(table)
    lost = ~np.isfinite(points).all(axis=1)
    if lost.any():
        raise DataError(
            en=f"`places` must say where each grid is; {int(lost.sum())} have no coordinates "
            f"({named(labels[lost])}).",
            zh=f"`places` 须给出每个网格的位置; 有 {int(lost.sum())} 个缺坐标 "
            f"({named(labels[lost])})。",
        )
    return points, spherical


def _coordinates(table: pd.DataFrame) -> tuple[_Floats, bool]:
    if {"x", "y"} <= set(table.columns):
        return table[["x", "y"]].to_numpy(dtype=np.float64), False
    if {"lon", "lat"} <= set(table.columns):
        lon, lat = np.radians(table[["lon", "lat"]].to_numpy(dtype=np.float64)).T
        ball = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        return EARTH_RADIUS_M * np.stack(ball, axis=1), True
    if "geometry" not in table:
        require(["lon", "lat"], table.columns, "places")
    from gridkit.records.places import to_meters

    center = to_meters(table.geometry).centroid
    return np.stack([center.x.to_numpy(), center.y.to_numpy()], axis=1), False


# --- checks ---------------------------------------------------------------------------------


def check_same(own: Iterable[Any], other: pd.Index, first: str, second: str) -> None:
    """Raise AlignmentError if two tables are not about the same grids."""
    grids = pd.Index(own)
    missing, unknown = grids.difference(other), other.difference(grids)
    if len(missing) or len(unknown):
        raise AlignmentError(
            en=f"`{first}` and `{second}` must be about the same grids; {len(missing)} of "
            f"`{first}` are not in `{second}` ({named(missing)}), {len(unknown)} the other way "
            f"round ({named(unknown)}). Is one of them from another year?",
            zh=f"`{first}` 与 `{second}` 须为同一批网格; `{first}` 中有 {len(missing)} 个不在 "
            f"`{second}` 中 ({named(missing)}), 反之 {len(unknown)} 个 ({named(unknown)})。"
            "是否其中一份为其他年度?",
        )


def named(labels: Iterable[Any]) -> str:
    """Name three labels at most."""
    shown = [str(label) for label in labels]
    return ", ".join(shown[:3]) + (", ..." if len(shown) > 3 else "") or "–"


def _check_category(counts: pd.DataFrame) -> None:
    kinds = counts["category"].nunique() if "category" in counts else 1
    if kinds > 1:
        raise DataError(
            en=f"`counts` must be of one category; it holds {kinds}. Take the rows of one, or "
            "count with `by=None`.",
            zh=f"`counts` 须只含一类诉求; 现有 {kinds} 类。请取其中一类, 或用 `by=None` 统计。",
        )


def _check_complete(
    rows: NDArray[np.intp], columns: NDArray[np.intp], labels: NDArray, steps: pd.DatetimeIndex
) -> None:
    seen = np.bincount(rows * len(steps) + columns, minlength=len(labels) * len(steps))
    twice, never = int((seen > 1).sum()), int((seen == 0).sum())
    if twice or never:
        where = labels[np.flatnonzero(seen != 1) // len(steps)]
        raise DataError(
            en=f"`counts` must have one row per grid and week; {twice} come twice or more, "
            f"{never} are missing ({named(dict.fromkeys(where))}). Missing is not zero: make "
            "the counts with `count`.",
            zh=f"`counts` 每个网格每周须恰有一行; 重复 {twice} 处, 缺 {never} 处 "
            f"({named(dict.fromkeys(where))})。缺失不等于零: 请用 `count` 得出。",
        )


def _check_at_risk(
    cases: NDArray[np.int64], given: _Floats, labels: NDArray, name: str
) -> None:
    alone = (cases > 0) & (given <= 0)
    if alone.any() or not given.sum() > 0:
        where = labels[alone.any(axis=1)] if len(cases) == len(labels) else labels[:0]
        raise DataError(
            en=f"`{name}` must be above 0 where there are cases; {int(alone.sum())} cells have "
            f"cases and nobody at risk ({named(where)}). Mend the table, or take "
            'model="permutation".',
            zh=f"有诉求之处 `{name}` 须大于 0; 有 {int(alone.sum())} 格有诉求而分母为零 "
            f'({named(where)})。请更正分母, 或用 model="permutation"。',
        )
