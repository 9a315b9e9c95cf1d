"""`gridkit import`: tables through a mapping, and the submissions of phones by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict, Unpack

import typer

from gridkit.errors import GridkitError
from gridkit.terminal import Folder, bar, opened, out

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.exchange.mapping import Datum


class _How(TypedDict):
    """What a person chose for an export of phones; see `import_submissions`."""

    media: Path | None
    skip: list[str]
    datum: Datum
    strict: bool
    dry_run: bool


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        "import",
        epilog="例 example:  gridkit import 台账.xlsx --mapping 台账.toml --dry-run     "
        "gridkit import 手机提交.zip --skip-rejected",
    )(import_file)


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV 或 XLSX; 手机走访表的导出 (ODK Central: CSV zip、JSON; KoboToolbox: XLSX、"
            "CSV、JSON) · the file, or an export of the phone form"
        ),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            "-m",
            help="映射 TOML (手机导出不用) · the mapping; not for phone exports",
        ),
    ] = None,
    folder: Folder = None,
    rejected: Annotated[
        Path | None, typer.Option(help="把未导入的行写到此 CSV · write rejected rows here")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="有一行不行就全不导入 · all rows or none")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查, 不写入 · check only, write nothing")
    ] = False,
    skip_rejected: Annotated[
        bool,
        typer.Option(
            "--skip-rejected", help="手机导出: 不要审核退回的 · leave out what review rejected"
        ),
    ] = False,
    skip_issues: Annotated[
        bool,
        typer.Option(
            "--skip-issues", help="手机导出: 不要标有疑问的 · leave out what has issues"
        ),
    ] = False,
    media: Annotated[
        Path | None,
        typer.Option(
            help="手机导出: 照片的 zip 或文件夹 (KoboToolbox 另外下载; ODK Central 的 zip 里已有) · "
            "the photos of a phone export, where they are a zip or a folder of their own"
        ),
    ] = None,
    datum: Annotated[
        str,
        typer.Option(help="手机导出的坐标系 (wgs84, gcj02, bd09) · datum of a phone export"),
    ] = "wgs84",
) -> None:
    """把别处的诉求表、手机走访表导入台账 · import concerns from a table, visits from phones."""
    if mapping is not None:
        refused = _from_table(file, mapping, folder, strict=strict, dry_run=dry_run)
    else:
        skip = [n for n, on in (("rejected", skip_rejected), ("issues", skip_issues)) if on]
        refused = _from_phones(
            file,
            folder,
            media=media,
            skip=skip,
            datum=_datum(datum),
            strict=strict,
            dry_run=dry_run,
        )
    for row in refused.drop_duplicates(["reason", "field"]).head(5).itertuples():
        told = f"{row.problem_zh} / {row.problem_en}"
        table = f"{row.table} " if "table" in refused else ""
        out.print(f"  {table}第 {row.line} 行 · line {row.line}: {told}", markup=False)
    if rejected is not None and len(refused):
        from gridkit.exchange.csv_table import write_csv

        write_csv(refused, rejected)
        out.print(
            f"未导入的行已写到 {rejected} · rows that were not taken in are written there"
        )
    if len(refused):
        raise typer.Exit(1)


def _from_table(
    file: Path, mapping: Path, folder: Path | None, *, strict: bool, dry_run: bool
) -> pd.DataFrame:
    import pandas as pd

    from gridkit.exchange import import_concerns

    with (
        opened(folder) as workspace,
        bar("读入、核对、写入 · reading, checking, writing") as progress,
    ):
        report = import_concerns(
            file,
            mapping,
            workspace.store,
            grids=workspace.grids if workspace.has_grids else None,
            strict=strict,
            dry_run=dry_run,
            progress=lambda done, total: progress.update(
                progress.task_ids[0], completed=done, total=total
            ),
        )
    out.print(str(report), markup=False, highlight=False)
    return pd.concat([report.rejected, report.held])


def _from_phones(file: Path, folder: Path | None, **how: Unpack[_How]) -> pd.DataFrame:
    from gridkit.exchange import import_submissions, is_submissions

    if not is_submissions(file):
        raise GridkitError(
            zh=f"{file.name} 不是手机走访表的导出, 须用 --mapping 说明各列是什么。",
            en=f"{file.name} is no export of the phone form: --mapping must say what its columns "
            "are.",
        )
    with opened(folder) as workspace, bar("读入、核对、写入 · reading, checking, writing"):
        report = import_submissions(
            file,
            workspace.store,
            grids=workspace.grids if workspace.has_grids else None,
            **how,
        )
    out.print(str(report), markup=False, highlight=False)
    return report.refused


def _datum(text: str) -> Datum:
    known: tuple[Datum, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")
    for one in known:
        if text == one:
            return one
    raise GridkitError(
        zh=f"`--datum` 须为 {', '.join(known)} 之一。",
        en=f"`--datum` must be one of {', '.join(known)}.",
    )
