"""How the tests of hotspots are read: classes, colors, and plain words."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class HotspotClass(NamedTuple):
    """How a cell's test is read and drawn."""

    code: str
    sign: int  # of the score: 1 high, -1 low, 0 either
    q_most: float  # expected share of false alarms among cells so marked, inclusive
    zh: str
    en: str
    color: str


# By q after Benjamini & Hochberg: of the cells so called, and clearer ones, at most this share
# is chance on average. Colors: ColorBrewer RdBu, 7 classes (safe for color-blind readers).
# Ordered from hottest to coldest; of the classes of a sign the strictest counts.
HOTSPOT_CLASSES = (
    HotspotClass("hot_99", 1, 0.01, "热点: 多得很难说是偶然", "high, hardly chance", "#b2182b"),
    HotspotClass("hot_95", 1, 0.05, "热点: 多得不像偶然", "high, unlike chance", "#ef8a62"),
    HotspotClass(
        "hot_90", 1, 0.10, "偏多, 也可能只是偶然", "rather high, could be chance", "#fddbc7"
    ),
    HotspotClass(
        "none", 0, 1.00, "与平均看不出不同, 可能只是偶然", "could be chance", "#f7f7f7"
    ),
    HotspotClass(
        "cold_90", -1, 0.10, "偏少, 也可能只是偶然", "rather low, could be chance", "#d1e5f0"
    ),
    HotspotClass("cold_95", -1, 0.05, "冷点: 少得不像偶然", "low, unlike chance", "#67a9cf"),
    HotspotClass(
        "cold_99", -1, 0.01, "冷点: 少得很难说是偶然", "low, hardly chance", "#2166ac"
    ),
)

# How p was found: what was taken for chance, in Chinese and English
P_METHODS = {
    "normal": ("p 按正态近似", "p by the normal approximation"),
    "permutation": (
        "p 按条件置换: 把其余网格的数值随机调换",
        "p by conditional permutation: the values of the other cells shuffled",
    ),
    "redistribution": (
        "p 按随机重分: 把同样多的诉求随机分到各户, 网格间本有的差异保留",
        "p by redistribution: as many concerns fall on households at random, grids as "
        "different as they are",
    ),
}


def explain_method(test: pd.DataFrame, lang: str = "zh") -> str:
    """Say what a test took for chance, in "zh" or "en"; nothing if the test does not tell.

    Examples
    --------
    >>> explain_method(pd.DataFrame({"method": ["normal", "normal"]}))
    'p 按正态近似'
    """
    used = test["method"].dropna().tolist() if "method" in test else []
    if not used:
        return ""
    words = P_METHODS[str(used[0])]
    return words[1] if lang == "en" else words[0]


def explain_hotspots(test: pd.DataFrame, alpha: float = 0.05, lang: str = "zh") -> str:
    """Say in words how many cells stand out, and how many would by chance alone.

    Parameters
    ----------
    test : DataFrame
        What `hotspot_test` or `gi_star_test` returned.
    alpha : float
        Share of false alarms to bear, in (0, 1).
    lang : str
        "zh" or "en".

    Returns
    -------
    str
        Two or three sentences: what stands out, what would by chance, what chance means here.

    Examples
    --------
    >>> test = pd.DataFrame({"z": [4.0, 0.1, -0.3], "p": [1e-4, 0.9, 0.8], "q": [3e-4, 0.9, 0.9]})
    >>> for part in explain_hotspots(test, lang="en").split(". "):
    ...     print(part)
    Of 3 cells 1 is significantly high, 0 significantly low (false discovery rate 5 %)
    If all were chance, about 0 would look so without the correction; 1 did.
    """
    n = len(test)
    clear = test["q"] <= alpha
    high, low = int((clear & (test["z"] > 0)).sum()), int((clear & (test["z"] < 0)).sum())
    method = explain_method(test, lang)
    naive, chance = int((test["p"] <= alpha).sum()), alpha * n
    if lang == "zh":
        head = f"{n} 个网格中 {high} 个显著偏高、{low} 个显著偏低 (错误发现率 {alpha:.0%})。"
        if high + low == 0:
            head = f"{n} 个网格中没有显著偏高或偏低的 (错误发现率 {alpha:.0%})。"
        return head + (
            f"若全属偶然, 不作校正时约有 {chance:.0f} 个会显得异常; 本次未校正时有 {naive} 个。"
            + (f"{method}。" if method else "")
        )
    verb = "is" if high == 1 else "are"
    head = f"Of {n} cells {high} {verb} significantly high, {low} significantly low "
    if high + low == 0:
        head = f"Of {n} cells none is significantly high or low "
    head += f"(false discovery rate {100 * alpha:g} %). "
    return head + (
        f"If all were chance, about {chance:.0f} would look so without the correction; "
        f"{naive} did." + (f" Here {method}." if method else "")
    )


def explain_cells(
    test: pd.DataFrame,
    lang: str = "zh",
    unit: tuple[str, str] = ("每百户件数", "per 100 households"),
) -> pd.Series:
    """Say in words, for each cell, what was found there and whether it could be chance.

    Parameters
    ----------
    test : DataFrame, length n
        What `gi_star_test` returned.
    lang : str
        "zh" or "en".
    unit : tuple of str
        What the values are, in Chinese and English.

    Returns
    -------
    Series of str, indexed like `test`

    Examples
    --------
    >>> test = pd.DataFrame({"z": [4.0], "q": [3e-4], "hot": ["hot_99"], "observed": [4.25],
    ...                      "expected": [1.1], "cells": [7]})
    >>> print(explain_cells(test)[0])
    本格与 6 个邻格平均 4.25 (每百户件数), 全部网格平均 1.10; 热点: 多得很难说是偶然, q < 0.001
    """
    words = {c.code: (c.zh, c.en) for c in HOTSPOT_CLASSES}
    found = zip(
        test["cells"], test["observed"], test["expected"], test["hot"], test["q"], strict=True
    )
    if lang == "zh":
        lines = [
            f"本格{_around(cells)}平均 {seen:.2f} ({unit[0]}), "
            f"全部网格平均 {mean:.2f}; {words[hot][0]}, {_q(q)}"
            for cells, seen, mean, hot, q in found
        ]
    else:
        lines = [
            f"this cell and {cells - 1} neighbors: {seen:.2f} {unit[1]} on average, "
            f"all cells: {mean:.2f}; {words[hot][1]}, {_q(q)}"
            for cells, seen, mean, hot, q in found
        ]
    return pd.Series(lines, index=test.index, name="explanation", dtype="str")


def _around(cells: int) -> str:
    return f"与 {cells - 1} 个邻格" if cells > 1 else " (无邻格) "


def _q(q: float) -> str:
    return "q < 0.001" if q < 0.001 else f"q = {q:.3f}"
