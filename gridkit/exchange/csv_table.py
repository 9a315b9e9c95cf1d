"""Tables as CSV for people: every file of that kind that leaves gridkit is written here.

UTF-8 with its mark and CRLF, so that Excel in China opens it right with a double click; no
cell runs as a formula, no id becomes 9.9E+14, no code loses its nought and no door number
becomes a day (`escaping`). Days are days, numbers are numbers. Programs that take a cell as
it stands ask for `plain`.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from gridkit.exchange.escaping import escape_cell, escape_formula, unescape_cell
from gridkit.exchange.output import put_bytes


def write_csv(table: pd.DataFrame, path: str | Path, *, plain: bool = False) -> None:
    r"""Write a table as a CSV that a spreadsheet shows as it is.

    Parameters
    ----------
    table : DataFrame
        Its columns' names are the heads; its index is not written. Dates are written as
        2026-11-03, numbers as they are, anything else as its text; what is missing is empty.
    path : str or Path
        Replaced if it exists; there whole or not at all, and for its owner only (mode 0600).
    plain : bool
        For a program: no byte order mark, and no tab behind numbers that are names. What
        would run as a formula keeps its apostrophe.

    Raises
    ------
    StoreError
        If the file cannot be written (StoreFullError if the disk is full).

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"网格": ["990428100001001"], "户数": [40],
    ...     "日期": pd.to_datetime(["2026-11-03"])})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.csv"
    ...     write_csv(table, path)
    ...     path.read_bytes().decode("utf-8-sig")
    '网格,户数,日期\r\n990428100001001\t,40,2026-11-03\r\n'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    escape = escape_formula if plain else escape_cell
    writer.writerow([escape(str(head)) for head in table.columns])
    columns = [_texts(table.iloc[:, at], plain=plain) for at in range(len(table.columns))]
    writer.writerows(zip(*columns, strict=True))
    put_bytes(path, out.getvalue().encode("utf-8" if plain else "utf-8-sig"))


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read such a file back, or one that people wrote in its place: all cells are texts.

    Parameters
    ----------
    path : str or Path
        UTF-8, with or without its mark; the first line holds the heads.

    Returns
    -------
    DataFrame of str
        Missing where a cell is empty; what `write_csv` put there is taken away.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or is no UTF-8 or no table.
    """
    table = pd.read_csv(
        path,
        dtype="str",
        encoding="utf-8-sig",
        keep_default_na=False,  # "无" and "NA" are words
        na_values=[""],
    )
    table.columns = pd.Index([unescape_cell(str(head)) for head in table])
    return table.map(unescape_cell, na_action="ignore")


def _texts(column: pd.Series, *, plain: bool) -> list[str]:
    given = column.notna().tolist()
    if pd.api.types.is_datetime64_any_dtype(column):
        texts = column.dt.strftime("%Y-%m-%d").astype("object").tolist()
    elif pd.api.types.is_numeric_dtype(column):
        texts = [str(value) for value in column.tolist()]
    else:
        escape = escape_formula if plain else escape_cell
        codes, different = pd.factorize(column.astype("object"))
        told = [escape(str(value)) for value in different]
        return [told[code] if code >= 0 else "" for code in codes]
    return [text if there else "" for text, there in zip(texts, given, strict=True)]
