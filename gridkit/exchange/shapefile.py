"""Shapefiles: the parts that GDAL does not check, and the encoding of their texts.

A shapefile is three files at least (.shp, .shx, .dbf); offices pass on one of them, or a
half-copied one, and texts in GBK with nothing to say so. GDAL reads a cut-off .shp as
features without geometry, and GBK as Latin-1: both are told here instead.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gridkit.errors import ImportFileError
from gridkit.exchange.encoding import decode

_NAME_BYTES = 10
_GBK = {"936", "cp936", "gbk", "gb2312", "gb18030", "ansi 936", "oem 936"}


def shapefile_encoding(path: Path, encoding: str = "auto") -> str:
    """Check that a shapefile is whole, and find out how its texts are encoded.

    Parameters
    ----------
    path : Path
        The .shp; .shx and .dbf are to lie beside it.
    encoding : str
        As asked for; "auto" takes what the .cpg says, else finds out among UTF-8 and
        GB18030 (which holds GBK).

    Returns
    -------
    str
        A name of an encoding that fits every byte of the texts.

    Raises
    ------
    ImportFileError
        If a part is missing or cut short, or the texts do not fit the encoding.
    """
    for part in (".shx", ".dbf"):
        if _beside(path, part) is None:
            raise ImportFileError(
                zh=f"{path.name} 旁边缺少同名的 {part}; 请把 .shp、.shx、.dbf (和 .prj、.cpg) 一起拷来。",
                en=f"{path.name} lacks the {part} of the same name beside it; copy .shp, .shx and .dbf "
                "(and .prj, .cpg) together.",
            )
    head = path.read_bytes()[:28]
    _check_whole(
        path, len(head) == 28 and 2 * int.from_bytes(head[24:], "big") <= path.stat().st_size
    )
    dbf = _beside(path, ".dbf") or path
    text = _texts(dbf)
    if encoding == "auto" and (cpg := _beside(path, ".cpg")) is not None:
        said = cpg.read_text(encoding="ascii", errors="replace").strip().lower()
        encoding = "gb18030" if said in _GBK else said
    try:
        return decode(text, encoding, name=dbf.name).encoding.removesuffix("-sig")
    except (ImportFileError, LookupError):
        raise ImportFileError(
            zh=f"{dbf.name} 的文字编码不是 {encoding}, 或认不出来; 请用 encoding 写明, "
            "如 gb18030 (GBK) 或 utf-8。",
            en=f"The texts of {dbf.name} are not in {encoding}, or it cannot be told; say it by "
            "`encoding`, such as gb18030 (GBK) or utf-8.",
        ) from None


def check_names(frame: pd.DataFrame, name: str, encoding: str) -> None:
    """Refuse column names that a .dbf would cut off.

    Raises
    ------
    ImportFileError
        If one is longer than 10 bytes, or two are equal but for case.
    """
    long_ = [
        str(c) for c in frame.columns if len(str(c).encode(encoding, "replace")) > _NAME_BYTES
    ]
    if long_:
        some = ", ".join(long_[:3])
        raise ImportFileError(
            zh=f"{name}: Shapefile 的字段名最多 {_NAME_BYTES} 个字节; {len(long_)} 个太长 ({some})。"
            "请改名, 或存为 GeoPackage。",
            en=f"{name}: a shapefile's column names have at most {_NAME_BYTES} bytes; {len(long_)} are "
            f"longer ({some}). Rename them, or write a GeoPackage.",
        )


def _beside(path: Path, part: str) -> Path | None:
    found = (path.with_suffix(p) for p in (part, part.upper()))
    return next((p for p in found if p.exists()), None)


def _texts(dbf: Path) -> bytes:
    """Give the names of the columns and the records, without the binary head."""
    data = dbf.read_bytes()
    _check_whole(dbf, len(data) >= 32)
    records, head, length = (
        int.from_bytes(data[4:8], "little"),
        int.from_bytes(data[8:10], "little"),
        int.from_bytes(data[10:12], "little"),
    )
    _check_whole(dbf, len(data) >= head + records * length)
    names = [data[i : i + 11].split(b"\0")[0] for i in range(32, head - 32, 32)]
    body = data[head : head + records * length].replace(b"\0", b" ")
    return b"\n".join([*names, body])


def _check_whole(path: Path, whole: bool) -> None:  # noqa: FBT001 - the question itself
    if not whole:
        raise ImportFileError(
            zh=f"{path.name} 不完整 (比文件头所写的短), 可能只拷贝了一半; 请重新拷贝。",
            en=f"{path.name} is cut short (shorter than its head says); copy it again.",
        )
