"""`gridkit xlsform`: the visit form for phones, as XLSForm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridkit.terminal import Folder, opened, out

DEFAULT_NAME = "visit.xlsx"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="例 example:  gridkit xlsform -o 走访.xlsx")(xlsform)


def xlsform(
    folder: Folder = None,
    target: Annotated[
        Path, typer.Option("--out", "-o", help="写到哪里 · where to write it")
    ] = Path(DEFAULT_NAME),
) -> None:
    """写出手机走访表 (ODK Collect, KoboToolbox) · write the visit form for phones."""
    from gridkit.exchange import phone_form, write_xlsform
    from gridkit.records.spec import RECORD_SPECS

    with opened(folder) as workspace:
        grids = workspace.grids if workspace.has_grids else None
        county = workspace.store.county_code
        form = phone_form(workspace.profile, grids, county_code=county)
        written = write_xlsform(form, target)
    out.print(f"已写好 {written.form} · written (版本 version {form.settings['version']})")
    if written.grids is not None:
        out.print(
            f"网格名单 {written.grids} 要与表单一起上传 (作为媒体文件) · upload the list of grids "
            "with the form, as its media file"
        )
    if grids is None:
        out.print(
            "工作区还没有网格: 表单里要手工输入网格编码 · no grids in the workspace: the id is typed",
            style="yellow",
        )
    for one in form.left_out:
        field = RECORD_SPECS[one.row][one.field]
        out.print(f"没有问“{field.zh}”: {one.zh} · not asked: {one.en}", markup=False)
    if workspace.profile.photos:
        out.print(
            "照片随提交存在服务器上, 带着手机写进去的信息; 导入台账时一律去掉 · the server keeps photos "
            "as the phones sent them; what is beside the pixels is left behind on import"
        )
    out.print(
        "上传到 ODK Central 或 KoboToolbox; 收回的数据用 gridkit import 导入 · upload it, then take "
        "the submissions in with `gridkit import`"
    )
