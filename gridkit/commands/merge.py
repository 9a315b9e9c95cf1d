"""`gridkit merge`: bundles from other machines brought into the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridkit.terminal import Folder, bar, opened, out, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridkit.records import Store
    from gridkit.records.merge import Merged, Refused
    from gridkit.records.signing import TrustedKey


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="例 example:  gridkit merge /media/usb/*.gkb     "
        "gridkit merge --trust 公钥 --label 古镛镇3号平板"
    )(merge)


def merge(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="数据包, 次序不限, 可重复 · bundles in any order", metavar="文件..."
        ),
    ] = None,
    folder: Folder = None,
    trust: Annotated[
        str, typer.Option(help="信任这台设备的公钥 (先核对指纹) · trust this public key")
    ] = "",
    label: Annotated[
        str, typer.Option(help="那台设备叫什么, 不写人名 · what the device is called")
    ] = "",
    salvage: Annotated[
        bool,
        typer.Option(
            "--salvage",
            help="坏了又无法重新拷贝的包, 取断点之前的部分 · take what is before the break",
        ),
    ] = False,
    settle_alike: Annotated[
        str,
        typer.Option(
            help="各版本内容相同的冲突一并归一, 写明理由 · settle conflicts that differ in nothing",
        ),
    ] = "",
    role: Annotated[
        str, typer.Option(help="归一由谁决定: 角色, 不是姓名 · role of who settles")
    ] = "",
) -> None:
    """合并数据包: 断网汇总, 有冲突由人定 · merge bundles; a person resolves conflicts."""
    from gridkit.records import conflicts, signing

    with opened(folder) as workspace:
        store = workspace.store
        if trust:
            added = signing.trust(workspace.folder, trust, label)
            out.print(
                f"已信任 trusted: {added.label}  {signing.fingerprint(added.public)}",
                markup=False,
            )
        refused = _merged(store, paths or [], signing.trusted_keys(workspace.folder), salvage)
        if settle_alike:
            number = conflicts.settle_alike(store, by_role=role, why=settle_alike)
            out.print(f"已归一 {number} 件 · {number} settled")
        if not _left_to_people(store) and not paths:
            out.print("没有要由人决定的冲突 · nothing waits for a person's decision")
    if refused:
        raise typer.Exit(1)


def _merged(
    store: Store, paths: Sequence[Path], keys: Sequence[TrustedKey], salvage: bool
) -> list[Merged | Refused]:
    """Merge, say what came of each bundle, and give those that brought nothing at all."""
    from gridkit.records.merge import Merged, Refused, merge, merge_all

    with bar("合并 · merging"):
        done: list[Merged | Refused] = (
            [merge(store, path, trusted=keys, salvage=True) for path in paths]
            if salvage
            else merge_all(store, paths, trusted=keys)
        )
    refused: list[Merged | Refused] = []
    for one in done:
        if isinstance(one, Refused):
            refused.append(one)
            out.print(f"✗ {one.path.name}\n{one.error}", style="red", markup=False)
        elif one.left and not one.taken + one.known:
            refused.append(one)
            out.print(
                f"✗ {one.path.name} · {one.label}: 什么也没能取出, {one.left:,} 个修订都在断点之后; "
                f"请对方重新打包 · nothing could be saved: all {one.left:,} are behind the break; "
                "ask for a new bundle",
                style="red",
                markup=False,
            )
        else:
            left = f", 断点后 {one.left:,} 个未取 ({one.left:,} left)" if one.left else ""
            out.print(
                f"✓ {one.path.name} · {one.label}: 新增 {one.taken:,}, 已有 {one.known:,}{left}"
                f" · {one.taken:,} new, {one.known:,} known",
                markup=False,
            )
            if one.photos:
                out.print(f"  新照片 {one.photos:,} 张 · {one.photos:,} new photo(s)")
    _say_lacking([one for one in done if isinstance(one, Merged)])
    return refused


def _say_lacking(merged: Sequence[Merged]) -> None:
    """Say what is not here after all bundles: an early one may lack what a later one brings."""
    if merged and (one := merged[-1]).lacking:
        out.print(
            f"还有 {one.lacking:,} 张照片不在本机 (台账完好; 合并带照片的数据包即可补上) · "
            f"{one.lacking:,} photo(s) are not here yet; the ledger itself is sound",
            style="yellow",
        )


def _left_to_people(store: Store) -> bool:
    """Show what a person has to decide, if anything: conflicts, and references that are gone."""
    from gridkit.records.conflicts import orphans
    from gridkit.records.spec import RECORD_SPECS

    found = store.conflicts()
    if len(found):
        out.print(
            f"有 {len(found)} 条记录在两处被分别修改, 各版本都保留。请在研判 (2_triage 或 "
            "gridkit serve) 里打开那件事, 在“更正”里由人逐项选定 · "
            f"{len(found)} record(s) were changed apart; open each in triage and choose there",
            style="yellow",
        )
        told = found.reset_index().head(_SHOWN)
        words = {kind: f"{spec.zh} {spec.en}" for kind, spec in RECORD_SPECS.items()}
        told["kind"] = told["kind"].astype("str").map(words)
        heads = {"record_id": "编号 id", "kind": "记录 record", "n_heads": "版本 versions"}
        show("冲突 conflicts", told.rename(columns=heads))
    lost = orphans(store)
    if len(lost):
        out.print(
            f"有 {len(lost)} 条记录所依据的记录已在别处撤回 · "
            f"{len(lost)} records refer to one that was withdrawn elsewhere",
            style="yellow",
        )
        show("依据已撤回 withdrawn elsewhere", lost.reset_index().head(_SHOWN))
    return bool(len(found) + len(lost))


_SHOWN = 20
