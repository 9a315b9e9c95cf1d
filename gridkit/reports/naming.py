"""What a report's file is called: by what is in it, and never in place of an older one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from gridkit.errors import DataError
from gridkit.exchange.output import file_name


def target(asked: str | Path | None, words: Iterable[str], suffix: str) -> Path:
    """Choose the file of a report.

    Parameters
    ----------
    asked : str or Path, optional
        As a person named it: it is taken as it is.
    words : iterable of str
        What it is called where nobody named it; empty ones are left out.
    suffix : str
        Of the kind of file that is written, such as ".docx".

    Returns
    -------
    Path
        Without `asked`, one that is not there yet: what a clerk has edited in Word since
        the last report stays as it is.

    Raises
    ------
    DataError
        If the name asked for has the ending of another kind of file.

    Examples
    --------
    >>> target(None, ["接访日清单", "县级领导", ""], ".docx").name
    '接访日清单-县级领导.docx'
    >>> target("a.PDF", [], ".pdf").name
    'a.PDF'
    """
    if asked is not None:
        return with_ending(asked, (suffix,))
    stem = "-".join(file_name(word) for word in words if word)
    first = Path(f"{stem}{suffix}")
    if not first.exists():
        return first
    others = (first.with_name(f"{stem} ({number}){suffix}") for number in count(2))
    return next(path for path in others if not path.exists())


def with_ending(path: str | Path, endings: tuple[str, ...]) -> Path:
    """Take a name that ends as what is written in it.

    Raises
    ------
    DataError
        If it has another ending: the file would be refused by the program that opens it.

    Examples
    --------
    >>> with_ending("out/requests.xml", (".json", ".xml")).name
    'requests.xml'
    """
    path = Path(path)
    if path.suffix.lower() in endings:
        return path
    raise DataError(
        zh=f"文件名要以 {' 或 '.join(endings)} 结尾, 现在是 {path.name}; 没有写文件。"
        + ("要 PDF 请另加 --pdf。" if path.suffix.lower() == ".pdf" else ""),
        en=f"The name must end in {' or '.join(endings)}; it is {path.name}. Nothing was written."
        + (" For a PDF, add --pdf." if path.suffix.lower() == ".pdf" else ""),
    )
