"""A board as a table that can be read: words for codes, Chinese heads for columns."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridkit.profile import Profile
from gridkit.triage.moves import STATE

_HEADS = {
    "band": ("等级", "Band"),
    "score": ("分数", "Score"),
    "demand": ("诉求", "Demand"),
    "place": ("网格", "Grid"),
    "state": ("办理状态", "Standing"),
    "unit": ("责任单位", "Unit"),
    "waiting_for": ("该谁办", "Whose turn"),
    "due_on": ("到期日", "Due"),
    "days_left": ("剩余天数", "Days left"),
    "article": ("条文", "Article"),
    "sentence": ("理由", "Reasons"),
}
_NUMBER = ("编号", "Number")
_SHORT = 8  # characters of an id that are shown, and that every command takes


def readable(
    listed: pd.DataFrame,
    profile: Profile,
    places: pd.Series | None = None,
    lang: str = "zh",
) -> pd.DataFrame:
    """Give a board in words.

    Parameters
    ----------
    listed : DataFrame
        From `board`, `with_reasons` or `worklist`; rows and order are kept.
    profile : Profile
        Gives the words for codes.
    places : Series of str, indexed by grid id, optional
        Names of the grids; their codes without it.
    lang : {"zh", "en"}

    Returns
    -------
    DataFrame, indexed by the last 8 characters of each id
        等级, 分数, 诉求, 网格, 办理状态, 责任单位, 该谁办, 到期日, 剩余天数, 条文, 理由: those
        of them that `listed` has. All text but the score; a gap is empty.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> listed = pd.DataFrame({
    ...     "band": ["red"], "score": [40], "demand_type": ["water"],
    ...     "demand_detail": ["water_cut"], "grid_id": ["990428100001001"],
    ... }, index=["0198c2d4-1f3c09ab"])
    >>> print(readable(listed, load_profile()).T.to_string())
    编号         1f3c09ab
    等级               红色
    分数               40
    诉求        用水 · 停水断水
    网格  990428100001001
    """
    column = 1 if lang == "en" else 0
    made: dict[str, Any] = {
        "band": _labels(listed, "band", "band", profile, lang),
        "score": listed.get("score"),
        "demand": _demand(listed, profile, lang),
        "place": _places(listed["grid_id"], places),
        "state": _states(listed, lang),
        "unit": _labels(listed, "unit", "unit", profile, lang),
        "waiting_for": _labels(listed, "waiting_for", "turn", profile, lang),
        "due_on": _due(listed),
        "days_left": _text(listed.get("days_left")),
        "article": _text(listed.get("article_en" if lang == "en" else "article")),
        "sentence": _text(listed.get(f"sentence_{lang}")),
    }
    index = pd.Index(
        [str(i)[-_SHORT:] for i in listed.index], name=_NUMBER[column], dtype="str"
    )
    return pd.DataFrame(
        {
            _HEADS[name][column]: values.array
            for name, values in made.items()
            if values is not None
        },
        index=index,
    )


def band_counts(listed: pd.DataFrame, profile: Profile, lang: str = "zh") -> pd.Series:
    """Count the matters of each band, most urgent first.

    Parameters
    ----------
    listed : DataFrame
        With `band`.
    profile : Profile
    lang : {"zh", "en"}

    Returns
    -------
    Series of int64, indexed by the names of all bands

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> counts = band_counts(pd.DataFrame({"band": ["red", "blue", "red"]}), load_profile())
    >>> counts.to_dict()
    {'红色': 2, '橙色': 0, '黄色': 0, '蓝色': 1}
    """
    codes = [band.code for band in profile.bands]
    names = [band.en if lang == "en" else band.zh for band in profile.bands]
    found = listed["band"].astype("str").value_counts().reindex(codes).fillna(0)
    title, head = ("Matters", "Band") if lang == "en" else ("件数", "等级")
    return pd.Series(
        found.to_numpy(dtype="int64"), index=pd.Index(names, name=head), name=title
    )


def _labels(
    listed: pd.DataFrame, column: str, table: str, profile: Profile, lang: str
) -> pd.Series | None:
    if column not in listed:
        return None
    codes = listed[column].astype("str")
    words = {code: profile.label(table, code, lang) for code in codes.dropna().unique()}
    return codes.map(words).fillna("").astype("str")


def _demand(listed: pd.DataFrame, profile: Profile, lang: str) -> pd.Series:
    said = _labels(listed, "demand_type", "demand_type", profile, lang)
    detail = _labels(listed, "demand_detail", "demand_detail", profile, lang)
    if said is None:
        return pd.Series("", index=listed.index, dtype="str")
    if detail is None:
        return said
    return said + (" · " + detail).where(detail != "", "")


def _places(grid: pd.Series, names: pd.Series | None) -> pd.Series:
    codes = grid.astype("str")
    return codes if names is None else codes.map(names.astype("str")).fillna(codes)


def _states(listed: pd.DataFrame, lang: str) -> pd.Series | None:
    if "state" not in listed:
        return None
    words = {code: getattr(state, lang) for code, state in STATE.items()}
    return listed["state"].astype("str").map(words).astype("str")


def _due(listed: pd.DataFrame) -> pd.Series | None:
    """Give the last day of the clock that runs; empty where none does."""
    if "due_on" not in listed:
        return None
    days: pd.Series = listed["due_on"].dt.strftime("%Y-%m-%d").astype("str").fillna("")
    running = listed["status"].isin(["running", "overdue"]).to_numpy()
    return days.where(running, "")


def _text(values: pd.Series | None) -> pd.Series | None:
    return None if values is None else values.astype("str").fillna("")
