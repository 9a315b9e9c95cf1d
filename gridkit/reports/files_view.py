"""What was written, in words: the name of a file, what opens it, how large it is, where it lies."""

from __future__ import annotations

from pathlib import Path

from gridkit.screen.look import Column, Words, html, style, tag

_KINDS = {
    ".xlsx": Words("表格, 用 Excel 或 WPS 打开", "for Excel or WPS"),
    ".docx": Words("文稿, 用 Word 或 WPS 打开", "for Word or WPS"),
    ".pdf": Words("可直接打印", "ready to print"),
}
_OTHER = Words("文件", "a file")


def written(*paths: Path) -> Column:
    """Say what was written.

    Parameters
    ----------
    *paths : Path
        Files that are there.

    Returns
    -------
    Column
        One sentence for each; the last value of a cell shows it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "台账.xlsx"
    ...     _ = path.write_bytes(b"." * 20_000)
    ...     said = written(path).children[1].value
    >>> "台账.xlsx" in said, "20 KB" in said, "PosixPath" in said
    (True, True, False)
    """
    shown = Column([style(), *(html(_sentence(path)) for path in paths)])
    shown.add_class("gk")
    return shown


def _sentence(path: Path) -> str:
    kind = _KINDS.get(path.suffix.lower(), _OTHER)
    size = max(1, round(path.stat().st_size / 1000))
    zh = f" 已写好: {kind.zh}, {size:,} KB, 在文件夹 {path.parent.name} 里。"
    return tag("p", tag("b", path.name), zh, tag("i", f"Written, {kind.en}.", lang="en"))
