"""`gridkit report`: what an office prints, from the ledger."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import DAY, Day, Folder, bar, opened, out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gridkit.records import Workspace
    from gridkit.reports import Desk


class Kind(StrEnum):
    """Which report."""

    BOOK = "book"
    HALF_MONTH = "half-month"
    RECEPTION = "reception"
    TALK = "talk"
    MEDIATION = "mediation"
    ANNUAL = "annual"
    VISIT = "visit"
    OWN = "own"


_TITLES = {
    Kind.BOOK: "台账",
    Kind.HALF_MONTH: "半月报",
    Kind.RECEPTION: "接访日清单",
    Kind.TALK: "夜话会",
    Kind.MEDIATION: "评理会材料",
    Kind.ANNUAL: "年度报告",
    Kind.VISIT: "走访登记表",
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit report book     gridkit report half-month --pdf     "
        "gridkit report mediation --matter 1f3c09ab"
    )(report)


def report(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="book 台账\n\nhalf-month 半月报\n\nreception 接访日清单\n\ntalk 夜话会\n\n"
            "mediation 评理会材料\n\nannual 年度报告\n\nvisit 纸质走访表\n\n"
            "own 自定义表 (例子: gridkit template own)",
            metavar="种类",
            show_choices=False,
        ),
    ],
    folder: Folder = None,
    path: Annotated[Path | None, typer.Option("--to", help="写到哪里 · the file")] = None,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · as of which day")] = None,
    level: Annotated[str, typer.Option(help="接访: county, township, village")] = "county",
    division: Annotated[str, typer.Option(help="哪个区划 · of which division")] = "",
    matter: Annotated[str, typer.Option(help="评理会: 哪件事 (编号末尾) · which matter")] = "",
    form: Annotated[
        Path | None, typer.Option(help="自定义表的 TOML · the table of your own")
    ] = None,
    template: Annotated[
        Path | None, typer.Option(help="自定义表的 Excel 或 Word 模板 · its template")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="另存 PDF (需 LibreOffice)")] = False,
) -> None:
    """从台账出报表: 一次录入, 处处可用 · print a report from the ledger."""
    from gridkit.reports import to_pdf

    day = on.date() if on else None
    with opened(folder) as workspace:
        _sound(workspace, kind, day, division, matter)
        with bar("出表 · writing"):
            if kind is Kind.OWN:
                made = _own(workspace, path, (day, form, template))
            else:
                made = _write(workspace, kind, path, (day, level, division, matter))
        out.print(f"已写 {made}", markup=False, soft_wrap=True)
        if pdf:
            out.print(f"已写 {to_pdf(made)}", markup=False, soft_wrap=True)


def _sound(
    workspace: Workspace, kind: Kind, day: dt.date | None, division: str, matter: str
) -> None:
    """Refuse what cannot give a true report.

    Raises
    ------
    DataError
        If the day lies ahead, no matter or division is given where one is needed, or the
        division is none of this county's.
    """
    from gridkit.errors import DataError

    if day and day > workspace.store.today():
        raise DataError(
            zh=f"--on {day} 还没有到; 请给今天或以前的日期。",
            en=f"--on {day} lies ahead; give today or a day before.",
        )
    if kind is Kind.MEDIATION and not matter:
        raise DataError(
            zh="评理会材料要用 --matter 给出是哪件事 (编号末尾 8 位)。",
            en="A mediation pack needs --matter, the last 8 characters of its number.",
        )
    if kind is Kind.TALK and not division:
        raise DataError(
            zh="夜话会要用 --division 给出乡镇或村的区划代码。",
            en="An evening talk needs --division, the code of a township or village.",
        )
    if not division:
        return
    heard = workspace.store.frame("concern")["grid_id"].astype("str")
    counties = sorted(set(heard.str[:6]))  # the ledger's own: a profile may be the default
    if counties and not division.startswith(tuple(counties)):
        raise DataError(
            zh=f"--division {division} 不在本台账的县 ({', '.join(counties[:3])}…); 请核对区划代码。",
            en=f"--division {division} is not of this county ({', '.join(counties[:3])}…); "
            "check the code.",
        )


def _called(
    workspace: Workspace, kind: Kind, asked: tuple[dt.date | None, str, str, str]
) -> str:
    """Say what tells a report from others of its kind: its day, its area or its matter."""
    from gridkit.reports.desk import place_names
    from gridkit.triage.receptions import LEADERS

    day, level, division, matter = asked
    day = day or workspace.store.today()
    if kind in {Kind.RECEPTION, Kind.TALK}:
        where = str(place_names(workspace).get(division, division))
        who = LEADERS.get(level, ("",))[0] if kind is Kind.RECEPTION else ""
        return "-".join(word for word in (where, who) if word)
    ends = {Kind.HALF_MONTH: str(day), Kind.ANNUAL: str(day.year), Kind.MEDIATION: matter[-8:]}
    return ends.get(kind, "")


def _write(
    workspace: Workspace,
    kind: Kind,
    to: Path | None,
    asked: tuple[dt.date | None, str, str, str],
) -> Path:
    from gridkit import reports
    from gridkit.reports.naming import target

    day, level, division, matter = asked
    words = (_TITLES[kind], _called(workspace, kind, asked))
    path = target(to, words, ".xlsx" if kind is Kind.BOOK else ".docx")
    if kind is Kind.VISIT:
        return reports.visit_sheet(workspace.profile, path)
    desk = reports.read_desk(workspace, on=day)
    writers: dict[Kind, Callable[[], Path]] = {
        Kind.BOOK: lambda: reports.ledger_book(desk, path),
        Kind.HALF_MONTH: lambda: _half_month(workspace, desk, path),
        Kind.RECEPTION: lambda: reports.reception_day(
            desk, path, level=level, division=division or None
        ),
        Kind.TALK: lambda: reports.evening_talk(desk, path, division=division),
        Kind.MEDIATION: lambda: reports.mediation_pack(
            desk, path, _one(desk.concerns.index, matter)
        ),
        Kind.ANNUAL: lambda: reports.annual_report(desk, path, year=desk.on.year),
    }
    return writers[kind]()


def _own(
    workspace: Workspace,
    to: Path | None,
    asked: tuple[dt.date | None, Path | None, Path | None],
) -> Path:
    from gridkit import reports
    from gridkit.errors import DataError
    from gridkit.reports.naming import target
    from gridkit.reports.own_file import stem_of

    day, form, template = asked
    if form is None:
        raise DataError(
            zh="自定义表要用 --form 给出它的 TOML 文件。",
            en="A table of your own needs --form, its TOML file.",
        )
    table = reports.read_own_form(form)
    word = template is not None and template.suffix.lower() != ".xlsx"
    path = target(to, [stem_of(table)], ".docx" if word else ".xlsx")
    desk = reports.read_desk(workspace, on=day)
    return reports.own_form(desk, table, path, template=template)


def _half_month(workspace: Workspace, desk: Desk, path: Path) -> Path:
    from gridkit import reports

    seen = None
    if workspace.has_grids:
        from gridkit.maps.overview import overview

        seen = overview(workspace, on=desk.on)
    own = reports.own_template(workspace.folder)
    return reports.half_month(desk, path, template=own, seen=seen)


def _one(ids: Iterable[object], ending: str) -> str:
    """Find the matter whose id ends so.

    Raises
    ------
    DataError
        If none does, or several do.
    """
    from gridkit.errors import DataError

    found = [str(one) for one in ids if ending and str(one).endswith(ending)]
    if len(found) != 1:
        raise DataError(
            zh=f"编号末尾为 {ending} 的有 {len(found)} 件; 请用 --matter 给出能认准一件的编号。",
            en=f"{len(found)} matters end in {ending}; give a number of just one by --matter.",
        )
    return found[0]
