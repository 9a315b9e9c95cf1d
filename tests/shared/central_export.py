"""Exports as ODK Central writes them.

Columns and JSON as in Central's own tests (central-backend, test/unit/data/briefcase.js,
test/unit/data/odata.js and test/integration/api/odata.js).
"""

from __future__ import annotations

import json
from typing import Any

from phone_submissions import (
    CONCERN_COLUMNS,
    COUNTY,
    GROUP,
    MANY,
    VISIT_COLUMNS,
    key,
    path_of,
    to_csv,
    zipped,
)


def central_cells(
    answers: dict[str, Any], names: tuple[str, ...], *, groups: bool, split: bool
) -> dict[str, str]:
    """Write answers as cells of Central's CSV."""
    cells = {}
    for name in names:
        text = str(answers.get(name, ""))
        column = path_of(name, "-") if groups else name
        if name == "place":
            parts = (text.split() + [""] * 4)[:4]
            for part, value in zip(
                ("Latitude", "Longitude", "Altitude", "Accuracy"), parts, strict=True
            ):
                cells[f"{column}-{part}"] = value
            continue
        cells[column] = text
        if split and name in MANY:
            for code in MANY[name]:
                cells[f"{column}/{code}"] = str(int(code in text.split())) if text else ""
    return cells


def central_tables(
    submissions: list[dict[str, Any]], *, groups: bool = True, split: bool = False
) -> tuple[bytes, bytes]:
    """Write both CSV files of Central."""
    visits, concerns = [], []
    for one in submissions:
        visits.append(
            {"SubmissionDate": "2026-11-04T01:02:03.000Z"}
            | central_cells(one, VISIT_COLUMNS, groups=groups, split=split)
            | {("meta-instanceID" if groups else "instanceID"): one["_instance"]}
            | {("meta-instanceName" if groups else "instanceName"): "2026-11-03"}
            | {"KEY": one["_root"], "SubmitterID": "5", "SubmitterName": "Alice"}
            | {"AttachmentsPresent": "0", "AttachmentsExpected": "0", "Status": ""}
            | {
                "ReviewState": one["_state"],
                "DeviceID": "collect:x",
                "Edits": "0",
                "FormVersion": "1",
            }
        )
        concerns += [
            central_cells(inner, CONCERN_COLUMNS, groups=groups, split=split)
            | {"PARENT_KEY": one["_root"], "KEY": f"{one['_root']}/concern[{n}]"}
            for n, inner in enumerate(one["concerns"], start=1)
        ]
    blank = central_cells({}, CONCERN_COLUMNS, groups=groups, split=split)
    head = to_csv([blank | {"PARENT_KEY": "", "KEY": ""}]).splitlines(keepends=True)[0]
    return to_csv(visits), to_csv(concerns) if concerns else head


def central_zip(
    submissions: list[dict[str, Any]], media: dict[str, bytes] | None = None, **how: bool
) -> bytes:
    """Write the CSV zip of Central; the files of all submissions lie in one folder."""
    visits, concerns = central_tables(submissions, **how)
    form = f"gridkit_visit_{COUNTY}"
    files = {f"media/{name}": data for name, data in (media or {}).items()}
    return zipped({f"{form}.csv": visits, f"{form}-concern.csv": concerns, **files})


def nested(answers: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Write answers as OData does: groups nested, numbers as numbers, points as GeoJSON."""
    made: dict[str, Any] = {}
    for name in names:
        value: Any = answers.get(name) or None
        if name == "place" and value and len(value.split()) == 4:
            lat, lon, altitude, accuracy = map(float, value.split())
            value = {
                "type": "Point",
                "coordinates": [lon, lat, altitude],
                "properties": {"accuracy": accuracy},
            }
        elif name in {"people_affected", "households_affected"} and str(value).isdecimal():
            value = int(value)
        home = made.setdefault(GROUP[name], {}) if name in GROUP else made
        home[name] = value
    return made


def central_documents(
    submissions: list[dict[str, Any]], *, expanded: bool
) -> list[dict[str, Any]]:
    """Write the OData documents of Central: one with all, or one for each table."""
    base = "https://central.example/v1/projects/1/forms/gridkit_visit.svc/$metadata#Submissions"
    outer, inner = [], []
    for one in submissions:
        row = {
            "__id": one["_root"],
            "__system": {
                "submissionDate": "2026-11-04T01:02:03.000Z", "updatedAt": None, "deletedAt": None,
                "submitterId": "5", "submitterName": "Alice", "attachmentsPresent": 0,
                "attachmentsExpected": 0, "status": None, "reviewState": one["_state"] or None,
                "deviceId": "collect:x", "edits": 0, "formVersion": "1",
            },
            "meta": {"instanceID": one["_instance"], "instanceName": "2026-11-03"},
            **nested(one, VISIT_COLUMNS),
            "concern@odata.navigationLink": f"Submissions('{one['_root']}')/concern",
        }  # fmt: skip
        repeats = [
            {"__id": f"{n:040x}"} | nested(answers, CONCERN_COLUMNS)
            for n, answers in enumerate(one["concerns"])
        ]
        if expanded:
            row["concern"] = repeats
        inner += [repeat | {"__Submissions-id": one["_root"]} for repeat in repeats]
        outer.append(row)
    documents = [{"value": outer, "@odata.context": base}]
    return (
        documents
        if expanded
        else [*documents, {"value": inner, "@odata.context": f"{base}.concern"}]
    )


def documents(submissions: list[dict[str, Any]], *, expanded: bool) -> bytes:
    """Write OData as one file."""
    made = central_documents(submissions, expanded=expanded)
    if expanded:
        return json.dumps(made[0], ensure_ascii=False).encode()
    return zipped({f"{n}.json": json.dumps(one).encode() for n, one in enumerate(made)})


def feature(number: int, *points: list[float]) -> dict[str, Any]:
    """Write a feature of Central's GeoJSON: an id, a geometry and the path of the question."""
    geometry = (
        {"type": "Point", "coordinates": points[0]}
        if len(points) == 1
        else {"type": "MultiPoint", "coordinates": list(points)}
    )
    about = {"fieldpath": "/concern/facts/place"}
    root = f"uuid:{key(5000 + number)}"
    return {"type": "Feature", "id": root, "geometry": geometry, "properties": about}
