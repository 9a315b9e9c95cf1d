"""`gridkit statistics`: sessions, matters and the annual figures, each with how it is counted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, opened, out, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridkit.profile import Profile

_ALIASES = {"type": "demand_type"}
# the table of the profile that names a dimension's codes
_TABLES = {"unit": "unit", "demand_type": "demand_type", "source": "source"}
_MARGINS = {"all": "合计 all", "not_said": "未填 not said"}
_DIMENSIONS = {
    "unit": "责任单位 unit",
    "unit_level": "单位层级 level of the unit",
    "township": "乡镇 township",
    "demand_type": "诉求类别 demand",
    "source": "来源 source",
    "kind": "形式 form",
    "level": "层级 level",
    "year": "年 year",
    "quarter": "季 quarter",
    "month": "月 month",
    "half_month": "半月 half-month",
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit statistics --by type --by month     "
        "gridkit statistics --annual 2026"
    )(statistics)


def statistics(
    folder: Folder = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            help="分组, 可多次: unit, township, type, kind, level, source, unit_level, "
            "year, quarter, month, half_month · grouped by; may be given several times",
        ),
    ] = None,
    start: Annotated[Day, typer.Option("--from", formats=[DAY], help="从哪天 · from")] = None,
    end: Annotated[Day, typer.Option("--to", formats=[DAY], help="到哪天 · up to")] = None,
    annual: Annotated[
        int | None,
        typer.Option(
            min=1949, max=2999, help="该年年度报告 (信访工作条例第41条) 各项 · annual figures"
        ),
    ] = None,
    backlog: Annotated[
        bool, typer.Option("--backlog", help="积案进度, 按半月 · the backlog, by half-month")
    ] = False,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · as of which day")] = None,
) -> None:
    """统计: 接访与评理、诉求, 附口径 · sessions and matters, with how each is counted."""
    with opened(folder) as workspace:
        store, profile = workspace.store, workspace.profile
        day = on.date() if on else store.today()
        frames = store.frame("concern"), store.frame("step"), store.frame("session")
        if annual is not None:
            _annual(*frames, annual, day, profile)
            return
        names = [_ALIASES.get(name, name) for name in by or ()]
        first = start.date() if start else dt.date(1970, 1, 1)
        span = first, min(end.date(), day) if end else day
        if span[1] < first:
            raise DataError(
                zh=f"--from ({first}) 晚于 --to 或统计日 ({span[1]}), 其间什么也数不到; 请更正。",
                en=f"--from ({first}) comes after --to or the day itself ({span[1]}); correct it.",
            )
        if backlog:
            _backlog(store.frame("backlog"), *frames[:2], span)
            return
        _tables(*frames, names, span, day, profile)


def _backlog(
    backlog: pd.DataFrame,
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    span: tuple[dt.date, dt.date],
) -> None:
    """Show how the backlog goes down, half-month by half-month; since its first list."""
    from gridkit.triage import backlog_progress
    from gridkit.triage.backlog import PROGRESS_HEADS

    if not len(backlog):
        out.print("还没有列入积案的事项 · no backlog yet")
        return
    start = max(span[0], backlog["taken_on"].min().date())
    table = backlog_progress(backlog, concerns, steps, min(start, span[1]), span[1])
    every = table[(table.index.get_level_values("batch") == 0)].droplevel("batch")
    named = every[list(PROGRESS_HEADS)].set_axis(list(PROGRESS_HEADS.values()), axis="columns")
    show("积案进度 · backlog", named.rename_axis("半月").reset_index())


def _tables(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    sessions: pd.DataFrame,
    by: Sequence[str],
    span: tuple[dt.date, dt.date],
    on: dt.date,
    profile: Profile,
) -> None:
    """Show sessions and matters, whichever can be grouped so.

    Raises
    ------
    DataError
        If neither can.
    """
    from gridkit.triage import matter_statistics, session_statistics
    from gridkit.triage.margins import check_dimensions
    from gridkit.triage.matter_statistics import MATTER_DIMENSIONS
    from gridkit.triage.statistics import SESSION_DIMENSIONS

    check_dimensions(by, tuple(dict.fromkeys((*MATTER_DIMENSIONS, *SESSION_DIMENSIONS))))
    shown = False
    if set(by) <= set(SESSION_DIMENSIONS):
        table = session_statistics(sessions, concerns, by, span=span)
        _show(f"接访与评理, 截至 {span[1]} · sessions", table, by, profile)
        shown = True
    if set(by) <= set(MATTER_DIMENSIONS):
        table = matter_statistics(concerns, steps, on, profile, by, span=span)
        _show(f"诉求, {on} 的状况 · matters as they stand", table, by, profile)
        shown = True
    if not shown:
        raise DataError(
            zh=f"{', '.join(by)} 不能放在一起: 一项只用于接访与评理, 另一项只用于诉求。",
            en=f"{', '.join(by)} do not go together: one is of sessions only, one of matters.",
        )


_WIDE = 6  # figures beside each other, so that a terminal holds them


def _show(title: str, table: pd.DataFrame, by: Sequence[str], profile: Profile) -> None:
    """Print a table with the words for its codes, and how each figure is counted."""
    import pandas as pd

    from gridkit.triage import explain_measures

    told = explain_measures(table)
    how = {
        "指标 figure": told["zh"] + " " + told["en"],
        "数 n": [_figure(table[code].iloc[-1]) for code in table],
        "口径 how it is counted": told["how_zh"] + " · " + told["how_en"],
    }
    show(f"{title} (合计 all)" if by else title, pd.DataFrame(how))
    if not by:
        return
    codes = table.index.to_frame(index=False).set_axis(list(by), axis=1)
    keys = {_DIMENSIONS[n]: [_word(n, str(code), profile) for code in codes[n]] for n in by}
    for at in range(0, len(told), _WIDE):
        some = {
            str(told.loc[code, "zh"]): [_figure(value) for value in table[code]]
            for code in told.index[at : at + _WIDE]
        }
        show(title, pd.DataFrame({**keys, **some}))


def _word(dimension: str, code: str, profile: Profile) -> str:
    if code in _MARGINS:
        return _MARGINS[code]
    if dimension in {"kind", "level", "unit_level"}:
        from gridkit.records.meetings import LEVELS, SESSION_KINDS

        words = {known: zh for known, zh, _ in (*SESSION_KINDS, *LEVELS)}
        return words.get(code, code)
    table = _TABLES.get(dimension)
    return profile.label(table, code) if table else code


def _figure(value: object) -> str:
    import pandas as pd

    if pd.isna(value):  # type: ignore[call-overload]
        return "—"
    return f"{value:.0%}" if isinstance(value, float) else str(value)


def _annual(
    concerns: pd.DataFrame,
    steps: pd.DataFrame,
    sessions: pd.DataFrame,
    year: int,
    on: dt.date,
    profile: Profile,
) -> None:
    """Show the items of article 41, each with its figures and how they are counted."""
    import pandas as pd

    from gridkit.triage import annual_figures

    table = annual_figures(concerns, steps, sessions, year, on, profile)
    for title in table["item_zh"].unique():
        rows = table[(table["item_zh"] == title).to_numpy()]
        said = pd.DataFrame(
            {
                "项目 what": rows["label_zh"].fillna("").replace("", "—"),
                "数 n": ["" if pd.isna(n) else str(n) for n in rows["n"]],
                "口径 how it is counted": rows["how_zh"],
            }
        )
        show(f"{year} {title}", said)
    out.print(
        "各项名称凭记忆写出, 未经核对原文 · the items are worded from memory, unverified: "
        "信访工作条例第41条",
        style="dim",
    )
