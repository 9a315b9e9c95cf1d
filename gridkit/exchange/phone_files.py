"""Files of submissions, known by what is in them, whatever they are called."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gridkit.errors import ImportFileError
from gridkit.exchange.attachments import FOLDER, Attachments, zipped_files
from gridkit.exchange.encoding import decode
from gridkit.exchange.kobo import UUID, read_kobo_csv, read_kobo_json, read_kobo_workbook
from gridkit.exchange.odk import KEY, joined_sheets, read_central_csv, read_central_json
from gridkit.exchange.sheets import Sheet, read_csv
from gridkit.exchange.source_file import read_bytes
from gridkit.exchange.submission import Submissions, question
from gridkit.exchange.survey import FORM, REPEAT

_ZIP = b"PK\x03\x04"


def is_submissions(path: str | Path) -> bool:
    """Tell whether a file holds submissions of phones, rather than a table to be mapped.

    A file that is damaged counts as one where its beginning says so: reading it tells why.

    Raises
    ------
    ImportFileError
        If the file is not there or may not be read.
    """
    path = Path(path)
    data = read_bytes(path)
    if data.startswith(_ZIP):
        return _is_archive_of_submissions(data)
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] in {b"{", b"["} or _names_form(_first_line(data, path.name))


def _is_archive_of_submissions(data: bytes) -> bool:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except zipfile.BadZipFile:
        return b"xl/" not in data[:4000] and b"[Content_Types]" not in data[:4000]
    if "xl/workbook.xml" not in names:
        return any(name.endswith((".csv", ".json")) for name in names)
    return any(_names_form(head) for head in _heads(data).values())


def _names_form(head: Sequence[str]) -> bool:
    return any((asked := question(name)) and asked.name == FORM for name in head)


def _first_line(data: bytes, name: str) -> list[str]:
    line = data.lstrip(b"\r\n").split(b"\n", 1)[0]
    try:
        text = decode(line, "auto", name=name).text
    except ImportFileError:
        return []
    return [cell.strip().strip('"') for cell in re.split(r"[,;\t]", text)]


def read_submissions(path: str | Path) -> Submissions:
    """Read an export of ODK Central or KoboToolbox.

    Parameters
    ----------
    path : str or Path
        Central: the CSV zip, the CSV of the visits, OData JSON (with ``$expand=*``, or the
        tables in one zip). KoboToolbox: XLSX, CSV, or the JSON of its API.

    Returns
    -------
    Submissions

    Raises
    ------
    ImportFileError
        If the file is none of these, cut short, empty, or was exported with labels.
    """
    path = Path(path)
    data = read_bytes(path)
    found = _read(data, path.name)
    named = [row for row in found.rows if FORM in row.answers]
    if not named:
        raise ImportFileError(
            zh=f"{path.name} 不是 gridkit 走访表的提交: 没有 {FORM} 这一项。别的表请用 --mapping 导入。",
            en=f"{path.name} holds no submissions of gridkit's visit form: there is no {FORM}. "
            "Import other tables with --mapping.",
        )
    if not any("outcome" in row.answers or "grid_id" in row.answers for row in named):
        raise ImportFileError(
            zh=f"{path.name} 的列名是题目文字, 不是变量名; 请在导出时选择 “XML 值和标题” 后重新导出。",
            en=f"The columns of {path.name} are named by the questions' words; export again with "
            '"XML values and headers".',
        )
    return found


def _read(data: bytes, name: str) -> Submissions:
    if not data.strip():
        raise ImportFileError(
            zh=f"{name} 是空文件; 请核对导出是否成功。",
            en=f"{name} is empty; check that the export went through.",
        )
    if data.startswith(_ZIP):
        return _read_archive(data, name)
    if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}:
        return _read_documents({name: _document(data, name)}, name)
    head = _first_line(data, name)
    if KEY in head:
        return joined_sheets(read_csv(data, name, KEY), Sheet(f"{name} ({REPEAT})", (), {}, []))
    return read_kobo_csv(data, name)


def _read_archive(data: bytes, name: str) -> Submissions:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" in names:
                heads = _heads(data)
                if any(UUID in head for head in heads.values()):
                    return read_kobo_workbook(data, name, heads)
            tables = [n for n in names if not n.startswith(f"{FOLDER}/")]
            files = {
                Path(n).name: archive.read(n) for n in tables if n.endswith((".csv", ".json"))
            }
    except (zipfile.BadZipFile, OSError, EOFError):
        raise ImportFileError(
            zh=f"{name} 不完整或已损坏, 没有导入任何内容; 请重新下载。",
            en=f"{name} is cut short or damaged; nothing was imported. Download it again.",
        ) from None
    documents = {n: _document(d, n) for n, d in files.items() if n.endswith(".json")}
    found = _read_documents(documents, name) if documents else read_central_csv(files, name)
    return found._replace(media=Attachments(list(zipped_files(data, name, FOLDER))))


def _document(data: bytes, name: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except ValueError:
        raise ImportFileError(
            zh=f"{name} 不是完整的 JSON (可能下载中断); 请重新下载。",
            en=f"{name} is no complete JSON (was the download cut short?); get it again.",
        ) from None


def read_geojson(path: str | Path) -> list[Mapping[str, Any]] | None:
    """Give the features of a GeoJSON file; None where the file is something else.

    Raises
    ------
    ImportFileError
        If the file is cut short.
    """
    path = Path(path)
    data = read_bytes(path)
    if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return None
    document = _document(data, path.name)
    if document.get("type") != "FeatureCollection":
        return None
    features = document.get("features")
    return (
        [one for one in features if isinstance(one, Mapping)]
        if isinstance(features, list)
        else []
    )


def _read_documents(documents: Mapping[str, Any], name: str) -> Submissions:
    first = next(iter(documents.values()))
    if isinstance(first, Mapping) and "@odata.context" in first:
        return read_central_json(
            [d for d in documents.values() if isinstance(d, Mapping)], name
        )
    results = first.get("results") if isinstance(first, Mapping) else first
    if isinstance(results, list) and all(isinstance(one, Mapping) for one in results):
        return read_kobo_json(results, name)
    raise ImportFileError(
        zh=f"{name} 不是 ODK Central 或 KoboToolbox 的 JSON; 请核对文件。",
        en=f"{name} is no JSON of ODK Central or KoboToolbox; check the file.",
    )


def _heads(data: bytes) -> dict[str, list[str]]:
    """Read the first row of each sheet of a workbook."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # drop-down lists and the like
        try:
            book = load_workbook(io.BytesIO(data), read_only=True)
        except (zipfile.BadZipFile, LookupError, ValueError, OSError):
            return {}
    heads = {}
    for sheet in book.worksheets:
        first = next(iter(sheet.iter_rows(max_row=1, values_only=True)), ())
        heads[str(sheet.title)] = [str(cell) for cell in first if cell is not None]
    book.close()
    return heads
