"""`gridkit bundle`: the ledger as one signed file, to be carried to another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridkit.terminal import Folder, bar, opened, out


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit bundle /media/usb/3号平板.gkb     gridkit bundle --key"
    )(bundle)


def bundle(
    path: Annotated[
        Path | None, typer.Argument(help="写到哪个新文件 (.gkb) · the new file", metavar="文件")
    ] = None,
    folder: Folder = None,
    key: Annotated[
        bool,
        typer.Option(
            "--key", help="只显示本机公钥和指纹, 供对方核对 · show this machine's key"
        ),
    ] = False,
    since: Annotated[
        Path | None,
        typer.Option(help="只打包对方这个数据包之后的内容 · only what is newer than theirs"),
    ] = None,
    salvage: Annotated[
        bool,
        typer.Option("--salvage", help="修订链断了时, 打包断点之前的部分 · up to the break"),
    ] = False,
) -> None:
    """打包台账, 用 U 盘带走 · write the ledger into one signed file.

    数据包里有群众反映的原话, 没有加密: 用完请删除 · it is not encrypted.
    """
    from gridkit.records import signing
    from gridkit.records.bundle import bundle as write
    from gridkit.records.bundle import bundle_header

    if key or path is None:
        public = signing.own_public()
        out.print(f"本机公钥 public key: {public}", soft_wrap=True)
        out.print(f"指纹 fingerprint: {signing.fingerprint(public)}")
        return
    tips = bundle_header(since).tips if since else None
    with opened(folder) as workspace, bar("打包 · writing"):
        made = write(workspace.store, path, since=tips, salvage=salvage)
    out.print(
        f"已写 {made.path.name}: {made.revisions:,} 个修订, {made.devices} 台设备 · "
        f"{made.revisions:,} revisions of {made.devices} device(s)"
    )
    if made.photos or made.lacking:
        out.print(f"照片 {made.photos:,} 张随包 · {made.photos:,} photo(s) travel along")
    if made.lacking:
        out.print(
            f"另有 {made.lacking:,} 张照片不在本机, 没有打包 · {made.lacking:,} are not here",
            style="yellow",
        )
    if made.left:
        out.print(
            f"断点之后还有 {made.left:,} 个修订没有打包 · {made.left:,} behind the break were left",
            style="yellow",
        )
    out.print(f"签名指纹 signed by: {signing.fingerprint(made.signer)}")
    out.print(
        "数据包没有加密, 请妥善保管, 合并后删除 · it is not encrypted; delete it when merged",
        style="dim",
    )
