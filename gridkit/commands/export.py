"""`gridkit export`: the ledger in other people's formats."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.errors import DataError
from gridkit.terminal import Folder, bar, opened, out

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.records import Workspace


class Form(StrEnum):
    """In which form."""

    CSV = "csv"
    DISPUTES = "disputes"
    OPEN311 = "open311"
    GPKG = "gpkg"
    PACKAGE = "datapackage"


_TITLES = {
    Form.CSV: "诉求-内部.csv",
    Form.DISPUTES: "矛盾纠纷.csv",
    Form.OPEN311: "open311.json",
    Form.GPKG: "诉求-内部.gpkg",
    Form.PACKAGE: "台账数据包-内部.zip",
}

_ENDINGS = {
    Form.CSV: (".csv", ".txt"),
    Form.DISPUTES: (".csv", ".txt"),
    Form.OPEN311: (".json", ".xml", ".txt"),
    Form.GPKG: (".gpkg",),
}
"""What a file of each form is called; a package is a .zip or a folder."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit export open311 --to requests.json     gridkit export gpkg"
    )(export)


def export(
    form: Annotated[
        Form,
        typer.Argument(
            help="csv 诉求全表 (含原话, 只供本单位)\n\n"
            "disputes 矛盾纠纷 CSV (人员字段留空)\n\n"
            "open311 可共享, .json 或 .xml\n\n"
            "gpkg 诉求点 GeoPackage (只供本单位;\n\n"
            "  可共享的网格数: gridkit map --shared --gpkg)\n\n"
            "datapackage 数据包, .zip 或文件夹\n\n"
            "  (CSV 加字段说明, 无原话, 只供本单位)",
            show_choices=False,
            metavar="格式",
        ),
    ],
    folder: Folder = None,
    path: Annotated[Path | None, typer.Option("--to", help="写到哪里 · the file")] = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="csv、disputes: 给程序读, 长编号后不加制表符, 文件头不加 BOM · for a program",
        ),
    ] = False,
) -> None:
    """把台账导出为其他格式 · the ledger in another form."""
    from gridkit.reports.naming import with_ending

    _sound(form, plain=plain)
    with opened(folder) as workspace:
        target = path or Path(_TITLES[form])
        if form in _ENDINGS:
            with_ending(target, _ENDINGS[form])
        with bar("导出 · writing"):
            number = _write(workspace, form, target, plain=plain)
        out.print(
            f"已写 {target}: {number:,} 条 · {number:,} rows", markup=False, soft_wrap=True
        )


def _sound(form: Form, *, plain: bool) -> None:
    """Refuse what has no effect.

    Raises
    ------
    DataError
        If `plain` is asked for of another form than CSV.
    """
    if plain and form not in {Form.CSV, Form.DISPUTES}:
        raise DataError(
            zh=f"--plain 只用于 csv 和 disputes; {form} 本来就是给程序读的。",
            en=f"--plain is for csv and disputes; {form} is made for programs as it is.",
        )


def _write(workspace: Workspace, form: Form, path: Path, *, plain: bool) -> int:
    from gridkit.exchange import write_concerns
    from gridkit.exchange.output import put_bytes

    store, profile = workspace.store, workspace.profile
    if form is Form.PACKAGE:
        return _package(workspace, path)
    if form is Form.OPEN311:
        from gridkit.commands.open311 import endpoint
        from gridkit.exchange.open311_xml import to_xml

        table = endpoint(workspace).table
        rows = [dict(zip(map(str, table), row, strict=True)) for row in table.to_numpy()]
        if path.suffix.lower() == ".xml":
            put_bytes(path, to_xml("service_requests", "request", rows))
        else:
            put_bytes(path, json.dumps(rows, ensure_ascii=False, indent=1).encode())
        return len(rows)
    concerns = store.frame("concern")
    if form is Form.CSV:
        write_concerns(concerns, path, profile, plain=plain)
        return len(concerns)
    if form is Form.DISPUTES:
        return _disputes(workspace, concerns, path, plain=plain)
    return _points(workspace, concerns, path)


def _disputes(workspace: Workspace, concerns: pd.DataFrame, path: Path, *, plain: bool) -> int:
    """Write the disputes in the shape of GB/T 31000, places by their names."""
    from gridkit.exchange.gbt31000 import Told, write_disputes
    from gridkit.reports.desk import place_names

    store = workspace.store
    told = Told(concerns, store.frame("step"), store.frame("session"), store.frame("room"))
    names = place_names(workspace)
    return write_disputes(
        told, path, workspace.profile, store.today(), places=names, plain=plain
    )


def _points(workspace: Workspace, concerns: pd.DataFrame, path: Path) -> int:
    """Write every concern as a point, without its words, for its owner only."""
    from gridkit.exchange.geofiles import write_layers
    from gridkit.exchange.ledger_layer import LAYER, concern_points, point_words
    from gridkit.reports.desk import full_names, place_names

    made = concern_points(concerns, workspace.profile, full_names(place_names(workspace)))
    mark = "【虚构数据】" if workspace.invented else ""
    about = f"{mark}内部使用, 不得外传 · {workspace.name} · WGS-84 (EPSG:4326)"
    for file in write_layers({LAYER: made}, path, dictionary=point_words(), about=about):
        file.chmod(0o600)
    return len(made)


def _package(workspace: Workspace, path: Path) -> int:
    """Write every kind of record as a table, without words, for its owner only."""
    from gridkit.exchange.data_package import About, write_package
    from gridkit.exchange.package_tables import ledger_tables
    from gridkit.records.spec import RECORD_SPECS

    store = workspace.store
    frames = {kind: store.frame(kind) for kind in RECORD_SPECS}
    about = About(
        workspace.name,
        store.county_code,
        store.today(),
        "desk",
        f"{workspace.name} 台账数据包",
        workspace.invented,
    )
    write_package(ledger_tables(frames, workspace.profile), path, about)
    return sum(map(len, frames.values()))
