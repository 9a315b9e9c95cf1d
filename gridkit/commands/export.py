"""`gridkit export`: the ledger in other people's formats."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import Folder, bar, opened, out

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.records import Workspace


class Form(StrEnum):
    """In which form."""

    CSV = "csv"
    DISPUTES = "disputes"
    OPEN311 = "open311"
    GRIDS = "grids"


_TITLES = {
    Form.CSV: "诉求.csv",
    Form.DISPUTES: "矛盾纠纷.csv",
    Form.OPEN311: "open311.json",
    Form.GRIDS: "网格计数.gpkg",
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit export open311 --to requests.json     gridkit export grids"
    )(export)


def export(
    form: Annotated[
        Form,
        typer.Argument(
            help="csv 诉求全表 (含原话, 只供本单位), disputes 矛盾纠纷 CSV (人员字段留空), "
            "open311 (可共享), grids 网格计数 GeoPackage (小数隐去, 可共享)",
            metavar="格式",
        ),
    ],
    folder: Folder = None,
    path: Annotated[Path | None, typer.Option("--to", help="写到哪里 · the file")] = None,
) -> None:
    """把台账导出为其他格式 · the ledger in another form."""
    with opened(folder) as workspace:
        target = path or Path(_TITLES[form])
        with bar("导出 · writing"):
            number = _write(workspace, form, target)
        out.print(
            f"已写 {target}: {number:,} 条 · {number:,} rows", markup=False, soft_wrap=True
        )


def _write(workspace: Workspace, form: Form, path: Path) -> int:
    from gridkit.exchange import write_concerns
    from gridkit.exchange.gbt31000 import write_disputes
    from gridkit.exchange.ledger_csv import put_bytes
    from gridkit.triage import states

    store, profile = workspace.store, workspace.profile
    if form is Form.OPEN311:
        from gridkit.commands.open311 import endpoint

        rows = endpoint(workspace).table.to_dict("records")
        put_bytes(path, json.dumps(rows, ensure_ascii=False, indent=1).encode())
        return len(rows)
    concerns = store.frame("concern")
    if form is Form.CSV:
        write_concerns(concerns, path, profile)
        return len(concerns)
    if form is Form.DISPUTES:
        stands = states(concerns, store.frame("step"), store.today())
        return write_disputes(concerns, stands, path, profile)
    return _grids(workspace, concerns, path)


def _grids(workspace: Workspace, concerns: pd.DataFrame, path: Path) -> int:
    """Write each grid's number of matters, small ones hidden, no sum beside them."""
    from gridkit.exchange.geofiles import write_geo
    from gridkit.hotspots import mappable
    from gridkit.maps.disclosure import suppress

    grids = workspace.grids
    counted = mappable(concerns, workspace.profile)["grid_id"].astype("str").value_counts()
    counts = counted.reindex(grids.index).fillna(0).astype("Int64")
    homes = grids["households"].astype("Int64") if "households" in grids else None
    shown = suppress(counts, homes)
    made = grids[["geometry"]].assign(matters=shown.astype("float64"))
    write_geo(made, path)
    return len(made)
