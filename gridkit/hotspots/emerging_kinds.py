"""The 17 ways in which a place is, becomes or ceases to be a hotspot: definitions and words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridkit.errors import AlignmentError, DataError

# a share of steps from which a place counts as hot nearly always
NEARLY_ALWAYS = 0.9

_Bools = NDArray[np.bool_]


class EmergingClass(NamedTuple):
    """How a place's history is read and drawn."""

    code: str
    sign: int  # 1 hot, -1 cold, 0 neither
    zh: str
    en: str
    color: str


# Names follow the Emerging Hot Spot Analysis tool of ArcGIS; colors: ColorBrewer Reds and
# Blues, darker where it weighs more. Hot classes are listed in the order in which they are
# asked; the first that applies counts.
EMERGING_CLASSES = (
    EmergingClass("new_hot", 1, "新增热点", "new hot spot", "#a50f15"),
    EmergingClass("consecutive_hot", 1, "连续热点", "consecutive hot spot", "#cb181d"),
    EmergingClass("intensifying_hot", 1, "加剧热点", "intensifying hot spot", "#67000d"),
    EmergingClass("persistent_hot", 1, "持续热点", "persistent hot spot", "#ef3b2c"),
    EmergingClass("diminishing_hot", 1, "减弱热点", "diminishing hot spot", "#fb6a4a"),
    EmergingClass("sporadic_hot", 1, "零星热点", "sporadic hot spot", "#fc9272"),
    EmergingClass("oscillating_hot", 1, "振荡热点", "oscillating hot spot", "#fcbba1"),
    EmergingClass("historical_hot", 1, "历史热点", "historical hot spot", "#fee0d2"),
    EmergingClass("none", 0, "无明显规律", "no pattern detected", "#f7f7f7"),
    EmergingClass("historical_cold", -1, "历史冷点", "historical cold spot", "#deebf7"),
    EmergingClass("oscillating_cold", -1, "振荡冷点", "oscillating cold spot", "#c6dbef"),
    EmergingClass("sporadic_cold", -1, "零星冷点", "sporadic cold spot", "#9ecae1"),
    EmergingClass("diminishing_cold", -1, "减弱冷点", "diminishing cold spot", "#6baed6"),
    EmergingClass("persistent_cold", -1, "持续冷点", "persistent cold spot", "#4292c6"),
    EmergingClass("intensifying_cold", -1, "加剧冷点", "intensifying cold spot", "#08306b"),
    EmergingClass("consecutive_cold", -1, "连续冷点", "consecutive cold spot", "#2171b5"),
    EmergingClass("new_cold", -1, "新增冷点", "new cold spot", "#08519c"),
)


def emerging_kinds(signs: pd.DataFrame, trend: pd.Series) -> pd.Series:
    """Name the history of each place by the 17 definitions.

    With f the share of steps that are significantly hot, a place is

    - new: hot in the last step only;
    - consecutive: one run of two or more hot steps at the end, never hot before, f < 0.9;
    - intensifying, persistent, diminishing: f of 0.9 or more and hot in the last step, with
      a trend up, none, or down;
    - sporadic: hot in the last step, on and off, f < 0.9, never cold;
    - oscillating: the same, but cold before;
    - historical: f of 0.9 or more, but not hot in the last step.

    Cold places mirror them: an intensifying cold spot is one whose scores *fall*. What holds
    in the last step goes before what is past: hot nine times and then cold is new cold, not
    historical hot.

    Parameters
    ----------
    signs : DataFrame of int, n places x t steps
        1 where significantly hot, -1 where cold, 0 elsewhere.
    trend : Series of int, length n
        1 where the scores rise significantly, -1 where they fall, else 0; same index.

    Returns
    -------
    Series of category, indexed like `signs`
        Codes of `EMERGING_CLASSES`.

    Raises
    ------
    DataError
        If something else than 1, 0 and -1 is given, or no step at all.
    AlignmentError
        If the two are not of the same places in the same order.

    Examples
    --------
    >>> signs = pd.DataFrame([[0] * 11 + [1], [1] * 11 + [0], [-1] * 12])
    >>> emerging_kinds(signs, pd.Series([0, 0, 1])).tolist()
    ['new_hot', 'historical_hot', 'diminishing_cold']
    """
    if not signs.index.equals(trend.index):
        raise AlignmentError(
            en="`signs` and `trend` must be of the same places in the same order; use "
            "`trend.loc[signs.index]`.",
            zh="`signs` 与 `trend` 须为相同次序的同一批地点; 请用 `trend.loc[signs.index]`。",
        )
    marks, slope = signs.to_numpy(), trend.to_numpy()
    if not (np.isin(marks, (-1, 0, 1)).all() and np.isin(slope, (-1, 0, 1)).all()):
        raise DataError(
            en="`signs` and `trend` must hold 1, 0 and -1 only: significantly high or rising, "
            "neither, significantly low or falling.",
            zh="`signs` 与 `trend` 只能为 1、0、-1: 显著偏高或上升、都不是、显著偏低或下降。",
        )
    if marks.shape[1] == 0:
        raise DataError(
            en="`signs` must have at least one step of time.",
            zh="`signs` 至少须有一个时间步。",
        )
    kinds = np.full(len(marks), "none", dtype=object)
    # the past first, so that the present may overwrite it
    for sign, name in ((1, "hot"), (-1, "cold")):
        often = (marks == sign).mean(axis=1) >= NEARLY_ALWAYS
        kinds[often & (marks[:, -1] != sign)] = f"historical_{name}"
    for sign, name in ((1, "hot"), (-1, "cold")):
        for kind, chosen in _present(marks == sign, marks == -sign, slope * sign).items():
            kinds[chosen] = f"{kind}_{name}"
    codes = [c.code for c in EMERGING_CLASSES]
    values = pd.Categorical(kinds, categories=codes, ordered=False)
    return pd.Series(values, index=signs.index, name="kind")


def _present(hot: _Bools, cold: _Bools, slope: NDArray[np.int8]) -> dict[str, _Bools]:
    """Tell which places of a hot last step are of which kind; each is of exactly one."""
    steps = hot.shape[1]
    number, last = hot.sum(axis=1), hot[:, -1]
    often = number / steps >= NEARLY_ALWAYS  # 9 / 10 is 0.9 to the bit
    # the length of the run that ends with the last step
    run = np.where(hot.all(axis=1), steps, np.argmin(hot[:, ::-1], axis=1))
    new = last & (number == 1)
    consecutive = last & ~new & ~often & (run == number)
    always = last & ~new & often
    rest = last & ~new & ~often & ~consecutive
    was_cold = cold.any(axis=1)
    return {
        "new": new,
        "consecutive": consecutive,
        "intensifying": always & (slope > 0),
        "persistent": always & (slope == 0),
        "diminishing": always & (slope < 0),
        "sporadic": rest & ~was_cold,
        "oscillating": rest & was_cold,
    }


def explain_emerging(table: pd.DataFrame, lang: str = "zh") -> pd.Series:
    """Say each place's history in a sentence.

    Parameters
    ----------
    table : DataFrame, length n
        What `emerging` returned.
    lang : str
        "zh" or "en".

    Returns
    -------
    Series of str, indexed like `table`

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["intensifying_hot"], "steps": [52], "hot": [50],
    ...     "cold": [0], "last": [1], "tau": [0.41], "trend_p": [0.00002]})
    >>> print(explain_emerging(table)[0])
    加剧热点: 52 步中 50 步显著偏高, 0 步显著偏低; 最近一步偏高; 走势上升 (tau 0.41, p < 0.001)
    """
    words = {c.code: (c.zh, c.en) for c in EMERGING_CLASSES}
    found = zip(
        table["kind"], table["steps"], table["hot"], table["cold"], table["last"],
        table["tau"], table["trend_p"], strict=True,
    )  # fmt: skip
    if lang == "zh":
        now = {1: "偏高", -1: "偏低", 0: "不显著"}
        lines = [
            f"{words[kind][0]}: {steps} 步中 {hot} 步显著偏高, {cold} 步显著偏低; "
            f"最近一步{now[last]}; 走势{'不明显' if p > 0.05 else '上升' if tau > 0 else '下降'} "
            f"(tau {tau:.2f}, {_p(p)})"
            for kind, steps, hot, cold, last, tau, p in found
        ]
    else:
        now = {1: "high", -1: "low", 0: "not significant"}
        lines = [
            f"{words[kind][1]}: significantly high in {hot} of {steps} steps, low in {cold}; "
            f"last step {now[last]}; "
            f"{'no clear trend' if p > 0.05 else 'scores rise' if tau > 0 else 'scores fall'} "
            f"(tau {tau:.2f}, {_p(p)})"
            for kind, steps, hot, cold, last, tau, p in found
        ]
    return pd.Series(lines, index=table.index, name="explanation", dtype="str")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
