"""Submissions from KoboToolbox: XLSX, CSV, and the JSON of its API (version 2).

An edit gives a submission a new `_uuid`; `meta/rootUuid` stays. The repeats of a workbook
name their parent by `_parent_index`; the CSV leaves the repeats out altogether, which the
form's own count of concerns brings to light. `_geolocation` is not read (it is the first
point found, latitude first); who sent it (`_submitted_by`) neither.

References
----------
https://github.com/kobotoolbox/formpack, src/formpack/reporting/export.py (sheets, `_index`,
`_parent_index`, ";" in CSV, first section only) and schema/fields.py (choices of several as
"both", "summary" or "details"; `_validation_status` as uid or label);
https://github.com/kobotoolbox/kpi/pull/5435 (`meta/rootUuid`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gridkit.errors import ImportFileError
from gridkit.exchange.sheets import Sheet, joined, read_csv, read_sheet
from gridkit.exchange.submission import (
    Entry,
    Submission,
    Submissions,
    answers_in,
    flat,
    repeated,
)
from gridkit.exchange.survey import REPEAT

SERVER = "KoboToolbox"
UUID, INDEX, PARENT = "_uuid", "_index", "_parent_index"
_ROOT, _INSTANCE, _REPLACED = "meta/rootUuid", "meta/instanceID", "meta/deprecatedID"


def read_kobo_csv(data: bytes, name: str) -> Submissions:
    """Read a CSV of KoboToolbox: the visits only.

    Raises
    ------
    ImportFileError
        If it cannot be read.
    """
    return _joined(read_csv(data, name, UUID), Sheet(f"{name} ({REPEAT})", (), {}, []))


def read_kobo_workbook(
    data: bytes, name: str, heads: Mapping[str, Sequence[str]]
) -> Submissions:
    """Read a workbook of KoboToolbox.

    Parameters
    ----------
    data : bytes
    name : str
        What to call it in messages.
    heads : mapping of str to sequence of str
        The columns of each sheet.

    Returns
    -------
    Submissions

    Raises
    ------
    ImportFileError
        If a sheet cannot be read.
    """
    inner = next((t for t, head in heads.items() if PARENT in head), None)
    outer = next(t for t, head in heads.items() if UUID in head and PARENT not in head)
    visits = read_sheet(data, name, outer, UUID)
    if inner is None:
        return _joined(visits, Sheet(f"{name} ({REPEAT})", (), {}, []))
    return _joined(visits, read_sheet(data, name, inner, PARENT))


def read_kobo_json(results: Sequence[Mapping[str, Any]], name: str) -> Submissions:
    """Read the submissions of `…/data.json`.

    Parameters
    ----------
    results : sequence of mapping
        What stands under "results".
    name : str
        What to call it in messages.

    Returns
    -------
    Submissions

    Raises
    ------
    ImportFileError
        If there are none.
    """
    if not results:
        raise ImportFileError(
            zh=f"{name} 里没有提交 (results 是空的); 请核对导出的范围。",
            en=f"{name} holds no submissions (`results` is empty); check what was exported.",
        )
    rows, count = [], 0
    for line, one in enumerate(results, start=1):
        entries = []
        for nested in repeated(one):
            count += 1
            entries.append(Entry(count, answers_in(dict(flat(nested)))))
        about = one.get("_validation_status")
        state = str((about or {}).get("uid", "")) if isinstance(about, Mapping) else str(about)
        plain = dict(flat(one))
        rows.append(_submission(line, plain, state, tuple(entries)))
    return Submissions(SERVER, (name, f"{name} ({REPEAT})"), rows, [], ([], []), ())


def _joined(visits: Sheet, concerns: Sheet) -> Submissions:
    def made(line: int, row: dict[str, str], entries: tuple[Entry, ...]) -> Submission:
        return _submission(line, row, row.get("_validation_status", ""), entries)

    return joined(SERVER, (visits, concerns), INDEX, PARENT, made)


def _submission(
    line: int, row: Mapping[str, str], state: str, entries: tuple[Entry, ...]
) -> Submission:
    instance = _bare(row.get(_INSTANCE) or row.get(UUID, ""))
    root = _bare(row.get(_ROOT, ""))
    return Submission(
        line,
        f"uuid:{root}" if root else "",
        instance,
        _bare(row.get(_REPLACED, "")),
        _state(state),
        answers_in(row),
        entries,
    )


def _bare(uuid: str) -> str:
    return uuid.strip().removeprefix("uuid:")


def _state(text: str) -> str:
    """Read a validation status, as uid or as label."""
    word = text.strip().lower().removeprefix("validation_status_").replace(" ", "_")
    states = {"not_approved": "rejected", "on_hold": "issues", "approved": "approved"}
    return states.get(word, "")
