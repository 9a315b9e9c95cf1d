"""`gridkit template`: the county's own templates and tables, to be edited in Word or WPS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gridkit.terminal import Folder, opened, out, show


class Which(StrEnum):
    """Which template."""

    HALF_MONTH = "half-month"
    SHEET = "sheet"
    OWN = "own"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit template half-month     "
        "gridkit template sheet --form 用水.toml --to 用水模板.xlsx"
    )(template)


def template(
    which: Annotated[
        Which,
        typer.Argument(
            help="half-month 半月报 (Word)\n\nsheet 自定义表 (Excel)\n\n"
            "own 自定义表的例子 (TOML, 改成本县要的)",
            metavar="种类",
            show_choices=False,
        ),
    ],
    folder: Folder = None,
    form: Annotated[
        Path | None, typer.Option(help="sheet: 自定义表的 TOML · the table's TOML")
    ] = None,
    path: Annotated[Path | None, typer.Option("--to", help="写到哪里 · the file")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="换掉已有的 · replace what is there")
    ] = False,
) -> None:
    """取出模板, 用 Word、WPS 改成本县的样子 · get a template out, to be edited."""
    if which is Which.SHEET:
        _sheet(form, path or Path("模板.xlsx"), force=force)
        return
    if which is Which.OWN:
        _example(path or Path("各乡镇用水.toml"), force=force)
        return
    with opened(folder) as workspace:
        from gridkit.reports import take_out
        from gridkit.reports.half_month_report import HALF_MONTH_FIELDS

        target = path or workspace.folder / "templates" / "half_month.docx"
        out.print(f"已写 {take_out(target, replace=force)}", markup=False, soft_wrap=True)
        if path is None:
            said = "用 Word 或 WPS 改好存回原处, 下次 gridkit report half-month 就用它; 删去即恢复自带的。"
            out.print(said)
            out.print("Edit and save it there: the next report uses it; delete it to go back.")
        _fields(HALF_MONTH_FIELDS)


def _example(path: Path, *, force: bool) -> None:
    from gridkit.reports import take_out

    made = take_out(path, replace=force, packaged="own_form.toml")
    out.print(f"已写 {made}", markup=False, soft_wrap=True)
    out.print(
        f"用记事本改好后 · then:  gridkit report own --form {made}",
        markup=False,
        soft_wrap=True,
    )


def _sheet(form: Path | None, path: Path, *, force: bool) -> None:
    """Write a first template for a table of one's own.

    Raises
    ------
    DataError
        If no table is given.
    """
    from gridkit import reports
    from gridkit.errors import DataError

    if form is None:
        raise DataError(
            zh="自定义表的模板要用 --form 给出它的 TOML 文件。",
            en="The template of a table of your own needs --form, its TOML file.",
        )
    made = reports.first_sheet(reports.read_own_form(form), path, replace=force)
    out.print(f"已写 {made}", markup=False, soft_wrap=True)
    out.print("改好后 · then:  gridkit report own --form … --template …")


def _fields(shape: Mapping[str, Any]) -> None:
    import pandas as pd

    show("模板里能写的字段 · fields", pd.DataFrame(_rows(shape), columns=["写法", "是什么"]))


def _rows(shape: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, said in shape.items():
        if isinstance(said, str):
            yield f"{{{{ {name} }}}}", said
        elif isinstance(said, Mapping):
            yield from ((f"{{{{ {name}.{part} }}}}", words) for part, words in said.items())
        else:
            yield f"{{%tr for row in {name} %}} … {{%tr endfor %}}", "表格里逐行"
            yield from ((f"{{{{ row.{part} }}}}", words) for part, words in said[0].items())
