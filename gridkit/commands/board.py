"""`gridkit board`: the open matters as a table, narrowed by place, demand, band, state, unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, entry, opened, out, place_names

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.profile import Profile

_Codes = list[str] | None


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit board --band red --overdue     gridkit board --type 用水"
    )(board)


def board(
    folder: Folder = None,
    township: Annotated[
        _Codes, typer.Option(help="乡镇区划代码, 9 或 12 位 · township code")
    ] = None,
    demand: Annotated[
        _Codes, typer.Option("--type", help="诉求类别, 代码或中文 · demand type")
    ] = None,
    band: Annotated[_Codes, typer.Option(help="等级, 如 red 或 红色 · band")] = None,
    status: Annotated[
        _Codes, typer.Option(help="办理状态, 如 routed 或 办理中 · state")
    ] = None,
    unit: Annotated[_Codes, typer.Option(help="责任单位, 代码或简称 · unit")] = None,
    overdue: Annotated[
        bool | None,
        typer.Option("--overdue/--in-time", help="只看超期或未超期 · clock run out"),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="列出几件 · how many rows")] = 20,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · as of which day")] = None,
) -> None:
    """看板: 待办事项, 可筛选 · the open matters, narrowed."""
    from gridkit.triage.board import board as open_matters
    from gridkit.triage.board import contested, narrow, with_reasons

    with opened(folder) as workspace:
        store, profile = workspace.store, workspace.profile
        day = on.date() if on else store.today()
        asked = {
            "township_code": township,
            "demand_type": codes(profile, "demand_type", demand),
            "band": codes(profile, "band", band),
            "state": _states(status),
            "unit": codes(profile, "unit", unit),
        }
        concerns, steps = store.frame("concern"), store.frame("step")
        places = place_names(workspace)
        _check_townships(township or (), {*places, *concerns["grid_id"].dropna().astype(str)})
        everything = open_matters(concerns, steps, day, profile, store.frame("decision"))
        listed = narrow(everything, overdue=overdue, **asked)
        shown = with_reasons(listed.head(top), concerns, steps, day, profile)
        out.print(
            f"截至 {day} 待办 {len(everything)} 件, 符合条件 {len(listed)} 件, "
            f"其中超期 {int(listed['overdue'].sum())} 件 · "
            f"{len(listed)} of {len(everything)} open matters",
            style="bold",
        )
        for place, (_, row) in enumerate(shown.iterrows(), start=1):
            entry(place, *_words(row, profile, places))
        if odd := len(contested(concerns, steps, day)):
            out.print(
                f"{odd} 件有不合流程的办结记录, 未算办结, 请人工核对 · "
                f"{odd} were ended irregularly: still open"
            )
        out.print("以上为建议, 由人决定 · advice; a person decides", style="dim")


def _check_townships(typed: Iterable[str], grids: Iterable[str]) -> None:
    """Refuse a township in which there is no grid: an empty list would read as all is well.

    Raises
    ------
    DataError
        If there is one; the message lists those there are.
    """
    known = sorted({grid[:9] for grid in grids})
    for code in typed:
        if code.removesuffix("000") not in known and code not in known:
            raise DataError(
                zh=f"没有“{code}”这个乡镇区划代码 (9 或 12 位)。可选: {', '.join(known)}。",
                en=f"No grid lies in a township `{code}`; see the list above.",
            )


def _words(row: pd.Series, profile: Profile, places: dict[str, str]) -> tuple[str, str, str]:
    """Give the color, the headline and the reasons of one matter."""
    import pandas as pd

    from gridkit.triage.moves import STATE

    band = next(b for b in profile.bands if b.code == row["band"])
    parts = [
        f"{band.zh} {row['score']}{' (人工决定)' if row['decided'] else ''}  "
        f"{str(row.name)[-8:]}  {profile.label('demand_type', str(row['demand_type']))}",
        STATE[str(row["state"])].zh,
        profile.label("unit", row["unit"]) if pd.notna(row["unit"]) else "尚无责任单位",
        places.get(str(row["grid_id"]), str(row["grid_id"])),
        f"已 {row['open_days']} 天",
    ]
    if pd.notna(row["due_on"]) and row["status"] in {"running", "overdue"}:
        late = ", 超期" if row["overdue"] else ""
        parts.append(f"期限 due {row['due_on']:%Y-%m-%d}{late} ({row['article']})")
    return band.color, " · ".join(parts), str(row["sentence_zh"])


def codes(profile: Profile, table: str, typed: Iterable[str] | None) -> list[str] | None:
    """Give the codes of a table that codes, labels or everyday words mean.

    Raises
    ------
    DataError
        If a word fits nothing; the message lists what there is.
    """
    if not typed:
        return None
    found = []
    for word in typed:
        best = profile.find(word, table)
        if not best:
            known = ", ".join(f"{c.code} {c.zh}" for c in profile.choices(table))
            raise DataError(
                zh=f"“{word}” 不在{profile.table(table).zh}中。可选: {known}。",
                en=f"`{word}` is none of the choices; see the list above.",
            )
        found.append(best[0].code)
    return found


def kinds_named(profile: Profile, types: Iterable[str] | None) -> str:
    """Give the demand types as a part of a file's name, empty for all of them.

    Two releases of one window that count other types are two files: the later one never
    lies over the earlier.
    """
    from gridkit.exchange.output import file_name

    return "-".join(file_name(profile.label("demand_type", code)) for code in types or ())


def _states(typed: Iterable[str] | None) -> list[str] | None:
    """Give the codes of the states that codes or Chinese words mean.

    Raises
    ------
    DataError
        If a word fits no state.
    """
    from gridkit.triage.moves import STATES

    if not typed:
        return None
    found = []
    for word in typed:
        fit = [s.code for s in STATES if word == s.code or word in s.zh]
        if not fit:
            known = ", ".join(f"{s.code} {s.zh}" for s in STATES if s.is_open)
            raise DataError(
                zh=f"没有“{word}”这个办理状态。可选: {known}。",
                en=f"`{word}` is no state; see the list above.",
            )
        found += fit
    return found
