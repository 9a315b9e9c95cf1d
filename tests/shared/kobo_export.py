"""Exports as KoboToolbox writes them, as in formpack's reporting/export.py."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl

from phone_submissions import CONCERN_COLUMNS, MANY, VISIT_COLUMNS, path_of, to_csv, zipped


def kobo_cells(
    answers: dict[str, Any], names: tuple[str, ...], prefix: str, select: str
) -> dict[str, str]:
    """Write answers as cells of KoboToolbox's exports."""
    cells = {}
    for name in names:
        text = str(answers.get(name, ""))
        column = f"{prefix}{path_of(name, '/')}" if prefix is not None else name
        if name == "place":
            cells[column] = text
            parts = (text.split() + [""] * 4)[:4]
            for part, value in zip(
                ("latitude", "longitude", "altitude", "precision"), parts, strict=True
            ):
                cells[f"_{name}_{part}"] = value
            continue
        if name not in MANY or select != "details":
            cells[column] = text
        if name in MANY and select != "summary":
            for code in MANY[name]:
                cells[f"{column}/{code}"] = str(int(code in text.split())) if text else ""
    return cells


KOBO_STATES = {
    "rejected": "Not approved",
    "hasIssues": "On hold",
    "approved": "Approved",
    "": "",
}


def kobo_tables(
    submissions: list[dict[str, Any]], *, select: str, root: bool
) -> tuple[list, list]:
    """Write both sheets of KoboToolbox's workbook."""
    visits, concerns = [], []
    for index, one in enumerate(submissions, start=1):
        bare = one["_instance"].removeprefix("uuid:")
        copied = {
            "_id": str(7000 + index), "_uuid": bare, "_submission_time": "2026-11-04T01:02:03",
            "_validation_status": KOBO_STATES[one["_state"]], "_notes": "",
            "_status": "submitted_via_web", "_submitted_by": "worker7",
            "__version__": "vHq2WkYzQ", "_tags": "",
        }  # fmt: skip
        if root:
            copied["meta/rootUuid"] = one["_root"]
        visits.append(
            kobo_cells(one, VISIT_COLUMNS, "", select) | copied | {"_index": str(index)}
        )
        for answers in one["concerns"]:
            concerns.append(
                kobo_cells(answers, CONCERN_COLUMNS, "concern/", select)
                | {"_index": str(len(concerns) + 1), "_parent_table_name": "走访"}
                | {"_parent_index": str(index)}
                | {f"_submission_{name}": value for name, value in copied.items()}
            )
    return visits, concerns


def kobo_workbook(
    submissions: list[dict[str, Any]], *, select: str = "both", root: bool = True
) -> bytes:
    """Write the workbook of KoboToolbox; a sheet without rows is not there."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in zip(
        ("走访", "concern"), kobo_tables(submissions, select=select, root=root), strict=True
    ):
        if rows:
            sheet = book.create_sheet(title)
            sheet.append(list(rows[0]))
            for row in rows:
                sheet.append(list(row.values()))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def kobo_media(files: dict[tuple[str, str], bytes]) -> bytes:
    """Write the zip of media attachments: each file under its submission's uuid."""
    return zipped(
        {f"office/attachments/f0/{uuid}/{name}": data for (uuid, name), data in files.items()}
    )


def kobo_csv(submissions: list[dict[str, Any]]) -> bytes:
    """Write the CSV of KoboToolbox: the first sheet only, ";" between quoted cells."""
    visits, _ = kobo_tables(submissions, select="summary", root=True)
    return to_csv(visits, ";", csv.QUOTE_ALL)


def kobo_json(submissions: list[dict[str, Any]]) -> bytes:
    """Write the JSON of KoboToolbox's API: flat names, empty answers left out."""
    results = []
    for index, one in enumerate(submissions, start=1):
        row: dict[str, Any] = {"_id": 7000 + index, "formhub/uuid": "f0"}
        row |= {path_of(n, "/"): one[n] for n in VISIT_COLUMNS if one.get(n)}
        if one["concerns"]:
            row["concern"] = [
                {
                    f"concern/{path_of(n, '/')}": answers[n]
                    for n in CONCERN_COLUMNS
                    if answers.get(n)
                }
                for answers in one["concerns"]
            ]
        state = {
            "rejected": "validation_status_not_approved",
            "hasIssues": "validation_status_on_hold",
        }
        row |= {
            "__version__": "vHq2WkYzQ", "meta/instanceID": one["_instance"],
            "meta/rootUuid": one["_root"], "_xform_id_string": "aFk3", "_attachments": [],
            "_uuid": one["_instance"].removeprefix("uuid:"), "_status": "submitted_via_web",
            "_geolocation": [26.71, 117.41], "_submission_time": "2026-11-04T01:02:03", "_tags": [],
            "_notes": [], "_submitted_by": "worker7",
            "_validation_status": {"uid": state[one["_state"]], "label": "x"} if one["_state"] else {},
        }  # fmt: skip
        if one["_replaces"]:
            row["meta/deprecatedID"] = one["_replaces"]
        results.append(row)
    return json.dumps(
        {"count": len(results), "next": None, "previous": None, "results": results}
    ).encode()
