"""`gridkit receptions`: the reception days of a period, and what waits for the leader."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridkit.terminal import DAY, Day, Folder, dated, entry, opened, out, place_names, show

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.profile import Profile
    from gridkit.records import Store

AHEAD_DAYS = 31


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit receptions --from 2026-10-01 --to 2026-10-31 --sheet county"
    )(receptions)


def receptions(
    folder: Folder = None,
    start: Annotated[Day, typer.Option("--from", formats=[DAY], help="从哪天 · from")] = None,
    end: Annotated[Day, typer.Option("--to", formats=[DAY], help="到哪天 · up to")] = None,
    sheet: Annotated[
        str,
        typer.Option(help="附上该级领导的待接访清单 (county, township, village) · the sheet"),
    ] = "",
    division: Annotated[str, typer.Option(help="只看这个区划 · of this division only")] = "",
    top: Annotated[int, typer.Option(min=1, help="清单列几件 · how many on the sheet")] = 20,
) -> None:
    """领导接访日, 遇节假日顺延 · days on which leaders receive residents, and what waits."""
    from gridkit.triage.receptions import receptions as listed_days

    with opened(folder) as workspace:
        profile, today = workspace.profile, workspace.store.today()
        first = start.date() if start else today
        last = end.date() if end else first + dt.timedelta(days=AHEAD_DAYS)
        places = [division] if division else None
        found = listed_days(profile, first, last, places)
        show(f"{first} 至 {last} 的接访日 · reception days", _days(found))
        if sheet:
            listed = _sheet(workspace.store, profile, sheet, division or None)
            out.print(
                f"今天 {today} 待接访 {len(listed)} 件 · {len(listed)} matters wait",
                style="bold",
            )
            names = place_names(workspace)
            for place, (_, row) in enumerate(listed.head(top).iterrows(), start=1):
                entry(place, *_words(row, profile, names))
            out.print("以上为建议, 由人决定 · advice; a person decides", style="dim")


def _sheet(store: Store, profile: Profile, level: str, division: str | None) -> pd.DataFrame:
    from gridkit.triage.board import board
    from gridkit.triage.reception_sheet import reception_sheet

    concerns, steps = store.frame("concern"), store.frame("step")
    today = store.today()
    listed = board(concerns, steps, today, profile, store.frame("decision"))
    hard = store.frame("backlog", columns=["concern_id"])["concern_id"].astype("str")
    return reception_sheet(
        listed, level, profile, division=division, backlog=set(hard.tolist())
    )


def _days(found: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {
        "日期 date": dated(found["date"], "待定 not known"),
        "接访 reception": found["title_zh"],
        "由谁 who": found["leader_zh"],
        "说明 why moved": found["moved_because_zh"],
    }
    if found["division_code"].notna().any():
        columns["区划 division"] = found["division_code"].astype("str")
    return pd.DataFrame(columns)


def _words(row: pd.Series, profile: Profile, places: dict[str, str]) -> tuple[str, str, str]:
    """Give the color, the headline and what is lacking of one matter."""
    band = next(b for b in profile.bands if b.code == row["band"])
    demand = profile.label("demand_type", str(row["demand_type"]))
    where = places.get(str(row["grid_id"]), str(row["grid_id"]))
    head = f"{band.zh}  {str(row.name)[-8:]}  {demand} · {where}"
    return band.color, head, row["waits_zh"] or row["deadline_zh"]
