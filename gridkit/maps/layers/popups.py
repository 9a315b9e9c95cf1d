"""What the list of a touched mark may show: five columns, no free text, no address, nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from gridkit.errors import DataError, DisclosureError

# beyond this many rows a map is for seeing, and the ledger for reading
MOST_ROWS = 2000

# What a popup may show. Free text, addresses and people are not among it.
POPUP_HEADS = {
    "id": "编号",
    "demand_type": "类别",
    "band": "等级",
    "score": "分数",
    "due_on": "期限",
}


def check_concerns(concerns: pd.DataFrame, popups: Sequence[str] = ()) -> None:
    """Refuse concerns that no map can be drawn of, and columns that no map may show.

    Parameters
    ----------
    concerns : DataFrame
        With `lon` and `lat`.
    popups : sequence of str, optional
        Columns to be listed.

    Raises
    ------
    DataError
        If `lon` or `lat` is absent, or beyond the degrees that exist.
    DisclosureError
        If `popups` holds anything but `POPUP_HEADS`.
    """
    refused = [c for c in popups if c not in POPUP_HEADS]
    if refused:
        raise DisclosureError(
            en=f"A map may not show {', '.join(refused)}: no free text, address or person "
            f"reaches a map. Choose among {', '.join(POPUP_HEADS)}.",
            zh=f"地图不得显示 {', '.join(refused)}: 自由文本、地址和人员信息不上图。"
            f"可选: {', '.join(POPUP_HEADS)}。",
        )
    absent = [c for c in ("lon", "lat") if c not in concerns]
    if absent:
        raise DataError(
            en=f"`concerns` has no column {' and '.join(absent)}; a map needs both, in degrees.",
            zh=f"`concerns` 缺少 {', '.join(absent)} 列; 绘图需要经纬度 (度)。",
        )
    off = (concerns["lon"].abs() > 180) | (concerns["lat"].abs() > 90)
    if off.any():
        raise DataError(
            en=f"{int(off.sum())} concerns lie beyond ±180° or ±90°: are `lon` and `lat` swapped?",
            zh=f"有 {int(off.sum())} 件的经纬度超出 ±180° 或 ±90°: 是否把 `lon` 与 `lat` 弄反了?",
        )


def popup_texts(
    placed: pd.DataFrame,
    columns: Sequence[str],
    bands: Mapping[str, str],
    labels: Mapping[str, str],
) -> list[list[str]]:
    """Say what lists of concerns show, column by column; not escaped yet.

    Parameters
    ----------
    placed : DataFrame, indexed by record id
        Concerns.
    columns : sequence of str
        Among `POPUP_HEADS`.
    bands, labels : mapping of str to str
        Words for the codes of `band` and of `demand_type`.

    Returns
    -------
    list of list of str
        A list per column, a text per concern.

    Examples
    --------
    >>> one = pd.DataFrame({"band": ["red"], "score": [71]}, index=["0195b3c4-000071"])
    >>> popup_texts(one, ["id", "band", "score"], {"red": "红"}, {})
    [['…000071'], ['红'], ['71']]
    """
    words: dict[str, Mapping[str, str]] = {
        "demand_type": labels,
        "band": bands,
    }
    return [_texts(placed, c, words.get(c, {})) for c in columns]


def _texts(placed: pd.DataFrame, column: str, words: Mapping[str, str]) -> list[str]:
    if column == "id":  # the end of a UUIDv7 tells records apart, its beginning the time
        return [f"…{str(i)[-6:]}" for i in placed.index]
    values = placed[column]
    if column == "due_on":
        return [str(day) for day in pd.to_datetime(values).dt.strftime("%Y-%m-%d").fillna("—")]
    return [str(words.get(str(v), v)) if pd.notna(v) else "—" for v in values]
