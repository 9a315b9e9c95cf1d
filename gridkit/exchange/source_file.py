"""The file to import: what kind of file it is by its first bytes, whatever it is called."""

from __future__ import annotations

from pathlib import Path

from gridkit.errors import ImportFileError, why_os
from gridkit.exchange.mapping import Mapping
from gridkit.exchange.table import RawTable
from gridkit.exchange.text_file import read_text_table

_ZIP = b"PK\x03\x04"
# first bytes, what they are in Chinese and English, and what to do about it
_OTHERS = (
    (b"%PDF", "PDF 文件", "a PDF", "向对方索取表格文件", "ask the sender for the table itself"),
    (
        b"\xd0\xcf\x11\xe0",
        "旧版 .xls 或加密的工作簿",
        "an old .xls or an encrypted workbook",
        "用 Excel 或 WPS 打开, 去掉密码, 另存为 .xlsx",
        "open it in Excel or WPS, take off the password, save it as .xlsx",
    ),
    (
        b"<",
        "网页 (HTML 或 XML)",
        "a web page (HTML or XML)",
        "用 Excel 或 WPS 打开后另存为 .xlsx",
        "open it in Excel or WPS and save it as .xlsx",
    ),
    (
        b"SQLite format 3",
        "数据库文件",
        "a database",
        "用 gridkit 直接打开台账, 不要导入",
        "open it as a ledger instead of importing it",
    ),
    (b"\x89PNG", "图片", "a picture", "选择表格文件", "choose the table"),
    (b"\xff\xd8\xff", "图片", "a picture", "选择表格文件", "choose the table"),
)


def read_source(data: bytes, mapping: Mapping, name: str) -> RawTable:
    """Read a table from the bytes of a file.

    Parameters
    ----------
    data : bytes
        CSV (any encoding, gzip or not) or XLSX.
    mapping : Mapping
        How the file is laid out.
    name : str
        What to call the file in messages.

    Returns
    -------
    RawTable
        As it came.

    Raises
    ------
    ImportFileError
        If the file is of another kind, or cannot be read; the message says what it is.
    """
    kind = "xlsx" if data.startswith(_ZIP) else "csv"
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, zh, en, do_zh, do_en in _OTHERS:
        if start.startswith(mark):
            raise ImportFileError(
                zh=f"{name} 其实是{zh}, 不是表格; 请{do_zh}。",
                en=f"{name} is {en}, no table; {do_en}.",
            )
    wanted = mapping.file.kind
    if wanted == "auto" and name.lower().endswith((".xlsx", ".xlsm")):
        wanted = "xlsx"
    if wanted not in {"auto", kind} and data.strip():
        raise ImportFileError(
            zh=f"{name} 应为 {wanted.upper()}, 其实是 {kind.upper()}; "
            "请核对文件, 或改映射 [file] 中的 kind。",
            en=f"{name} should be {wanted.upper()} and is {kind.upper()}; check the file, or change "
            "`kind` in [file] of the mapping.",
        )
    if kind == "xlsx":
        from gridkit.exchange.workbook import read_workbook

        return read_workbook(data, mapping, name)
    return read_text_table(data, mapping, name)


def read_bytes(path: Path) -> bytes:
    """Read a file whole, or say why it cannot be.

    Raises
    ------
    ImportFileError
        If it is not there or may not be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportFileError(
            zh=f"读不到 {path.name} ({why_os(error)}); 请检查路径和权限。",
            en=f"{path.name} cannot be read ({error.strerror}); check its path and permissions.",
        ) from None
