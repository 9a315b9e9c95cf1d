"""Submissions from ODK Central: the CSV zip, the root CSV alone, and OData JSON.

What Central calls a submission by (`KEY`, `__id`) stays through all edits; the repeats name
it as their parent (`PARENT_KEY`, `__Submissions-id`). Rejected submissions are in the CSV
like all others; OData has them too. Who sent them (`SubmitterName`, `DeviceID`) is not read.

References
----------
ODK Central API, https://docs.getodk.org/central-api-submission-management/ and
https://docs.getodk.org/central-api-odata-endpoints/. Columns and shapes as in Central's own
tests: test/unit/data/briefcase.js (CSV: ``SubmissionDate, …, KEY, SubmitterID, …, ReviewState,
DeviceID, Edits, FormVersion``; groups joined by "-", or left out; points as four columns;
``q1/a`` where choices are split), test/unit/data/odata.js (``__id``, ``__system``) and
test/integration/api/geo-extracts.js (GeoJSON: nothing but the id and the geometry), in
https://github.com/getodk/central-backend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gridkit.errors import ImportFileError
from gridkit.exchange.sheets import Sheet, joined, read_csv
from gridkit.exchange.submission import (
    Entry,
    Submission,
    Submissions,
    answers_in,
    flat,
    repeated,
)
from gridkit.exchange.survey import REPEAT

SERVER = "ODK Central"
KEY, PARENT = "KEY", "PARENT_KEY"
_STATES = {"rejected": "rejected", "hasIssues": "issues", "approved": "approved"}
_META = ("meta-instanceID", "instanceID")


def read_central_csv(files: Mapping[str, bytes], name: str) -> Submissions:
    """Read the CSV files of an export.

    Parameters
    ----------
    files : mapping of str to bytes
        By their names in the zip: `form.csv`, and `form-concern.csv` for the repeats.
    name : str
        What to call the export in messages.

    Returns
    -------
    Submissions

    Raises
    ------
    ImportFileError
        If there is no table of submissions, or one cannot be read.
    """
    inner = {n: data for n, data in files.items() if n.endswith(f"-{REPEAT}.csv")}
    outer = {n: data for n, data in files.items() if n not in inner and n.endswith(".csv")}
    if len(outer) != 1 or len(inner) > 1:
        raise ImportFileError(
            zh=f"{name} 里应有一个提交表和至多一个 …-{REPEAT}.csv, 现有: {', '.join(files)}; "
            "请从 ODK Central 重新下载 (全部数据与附件, .zip)。",
            en=f"{name} should hold one table of submissions and at most one …-{REPEAT}.csv; it "
            f"has {', '.join(files)}. Download it again from ODK Central (all data, .zip).",
        )
    (root, data), *_ = outer.items()
    visits = read_csv(data, root, KEY)
    table = f"{root.removesuffix('.csv')}-{REPEAT}.csv"
    concerns = Sheet(table, (), {}, [])
    for table, data in inner.items():
        concerns = read_csv(data, table, PARENT, may_be_empty=True)
    return joined_sheets(visits, concerns)


def joined_sheets(visits: Sheet, concerns: Sheet) -> Submissions:
    """Join the repeats to their submissions by `PARENT_KEY`."""
    return joined(SERVER, (visits, concerns), KEY, PARENT, _submission)


def _submission(line: int, row: dict[str, str], entries: tuple[Entry, ...]) -> Submission:
    key = row[KEY].strip()
    instance = next((row[n] for n in _META if row.get(n)), key)
    state = _STATES.get(row.get("ReviewState", ""), "")
    return Submission(line, key, instance, "", state, answers_in(row), entries)


def read_central_json(tables: Sequence[Mapping[str, Any]], name: str) -> Submissions:
    """Read OData documents: one with its repeats expanded, or one for each table.

    Parameters
    ----------
    tables : sequence of mapping
        ``{"@odata.context": …, "value": […]}``; the context tells which table it is.
    name : str
        What to call the export in messages.

    Returns
    -------
    Submissions

    Raises
    ------
    ImportFileError
        If the table of submissions is not among them, or holds none.
    """
    of_table = {_table(one): one.get("value") for one in tables}
    submitted = of_table.get("Submissions")
    if not isinstance(submitted, list) or not submitted:
        raise ImportFileError(
            zh=f"{name} 里没有提交 (Submissions); 请核对导出的范围。",
            en=f"{name} holds no submissions; check what was exported.",
        )
    apart: dict[str, list[Entry]] = {}
    inner = next((v for n, v in of_table.items() if n.endswith(f".{REPEAT}")), None)
    for line, one in enumerate(inner or [], start=1):
        parent = str(one.get("__Submissions-id", ""))
        apart.setdefault(parent, []).append(Entry(line, answers_in(dict(flat(one)))))
    rows = []
    count = 0
    for line, one in enumerate(submitted, start=1):
        key = str(one.get("__id", ""))
        entries = tuple(apart.pop(key, ()))
        for nested in repeated(one) if not entries else ():
            count += 1
            entries = (*entries, Entry(count, answers_in(dict(flat(nested)))))
        state = _STATES.get(str((one.get("__system") or {}).get("reviewState")), "")
        instance = str((one.get("meta") or {}).get("instanceID") or key)
        answers = answers_in(dict(flat(one)))
        rows.append(Submission(line, key, instance, "", state, answers, entries))
    orphans = [entry for entries in apart.values() for entry in entries]
    return Submissions(SERVER, (name, f"{name} ({REPEAT})"), rows, orphans, ([], []), ())


def _table(document: Mapping[str, Any]) -> str:
    return str(document.get("@odata.context", "")).rpartition("#")[2].split("(")[0]
