"""Import of submissions: every export of both servers, edits, repeats, and what is refused.

The exports are written here as the servers write them: Central's columns and JSON as in its
own tests (central-backend, test/unit/data/briefcase.js, test/unit/data/odata.js and
test/integration/api/odata.js), KoboToolbox's as in formpack's reporting/export.py.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gridkit.cli import app
from gridkit.errors import ImportFileError
from gridkit.exchange import import_submissions, is_submissions, phone_form
from gridkit.profile import load_profile
from gridkit.records import Store, create_store, create_workspace
from gridkit.records.datum import wgs84_to_gcj02

PROFILE = load_profile()
COUNTY = "990428"
STAMP = str(phone_form(PROFILE).stamp)
GRID, OTHER_GRID = "990428100001001", "990428100001002"
GRIDS = gpd.GeoDataFrame(
    {"name": ["甲", "乙"]},
    geometry=[shapely.box(117.40, 26.70, 117.42, 26.72), shapely.box(117.42, 26.70, 117.44, 26.72)],
    crs=4326,
    index=pd.Index([GRID, OTHER_GRID], name="grid_id"),
)  # fmt: skip
NOON = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)

# where each question stands in the form
DOOR = ("address", "visited_on", "outcome", "met_role", "note")
MATTER = ("demand_type", "demand_detail", "dispute_code", "summary", "wanted")
REACH = ("people_affected", "households_affected", "harm", "basic_need", "safety")
FACTS = ("setting", "hardening", "works_start", "mitigation", "since", "place")
MANY = {
    name: [c.code for c in PROFILE.choices(name)]
    for name in ("basic_need", "safety", "setting", "hardening", "mitigation")
}
GROUP = {
    **dict.fromkeys(DOOR, "door"),
    **dict.fromkeys(MATTER, "matter"),
    **dict.fromkeys(REACH, "reach"),
    **dict.fromkeys(FACTS, "facts"),
}
TOP = ("gridkit_form", "visit_key", "township", "village", "grid_id")


def key(number: int) -> str:
    """Give an id as a phone draws it."""
    return str(uuid.UUID(int=number, version=4))


def concern(number: int, **answers: str) -> dict[str, str]:
    """Give a concern as a phone stores it."""
    usual = {"demand_type": "water", "demand_detail": "water_cut", "summary": "停水三天"}
    usual |= {"concern_key": key(1000 + number), "heard_on": "2026-11-03"}
    return {n: v for n, v in (usual | answers).items() if v}


def sent(number: int, *concerns: dict[str, str], **about: Any) -> dict[str, Any]:
    """Give a submission as a phone sends it; what starts with an underscore is the server's."""
    usual = {
        "gridkit_form": STAMP,
        "visit_key": key(number),
        "grid_id": GRID,
        "visited_on": "2026-11-03",
        "outcome": "met",
        "met_role": "owner",
        "any_concern": "yes" if concerns else "no",
        "concern_count": str(len(concerns)),
        "_root": f"uuid:{key(5000 + number)}",
        "_instance": f"uuid:{key(5000 + number)}",
        "_state": "",
        "_replaces": "",
    }
    return {**usual, **about, "concerns": list(concerns)}


def usual() -> list[dict[str, Any]]:
    """Give three visits: two concerns with all kinds of answers, nobody at home, one concern."""
    full = concern(
        1,
        safety="house_unsafe no_drinking_water",
        hardening="works_soon",
        works_start="2026-11-20",
        since="2026-10-31",
        households_affected="40",
        place="26.7101 117.4102 190.5 4.8",
    )
    moved = concern(
        2, demand_type="housing_safety", demand_detail="", place="26.711 117.411 0 0"
    )
    return [
        sent(1, full, moved, address="3 栋; “东”门", note="先敲门\n再打招呼"),
        sent(2, outcome="nobody_home", met_role=""),
        sent(3, concern(3), grid_id=OTHER_GRID, address="12 号"),
    ]


# --- exports as the servers write them ------------------------------------------------------


def path_of(name: str, joint: str) -> str:
    """Name a question with its group."""
    return f"{GROUP[name]}{joint}{name}" if name in GROUP else name


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


VISIT_COLUMNS = (*TOP, *DOOR, "any_concern", "concern_count")
CONCERN_COLUMNS = ("concern_key", "heard_on", *MATTER, *REACH, *FACTS)


def to_csv(
    rows: list[dict[str, str]], separator: str = ",", quoting: Any = csv.QUOTE_MINIMAL
) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(rows[0]), delimiter=separator, quoting=quoting, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(row for row in rows if row.get(next(iter(row))) != "\0")
    return text.getvalue().encode()


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


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def central_zip(submissions: list[dict[str, Any]], **how: bool) -> bytes:
    """Write the CSV zip of Central."""
    visits, concerns = central_tables(submissions, **how)
    form = f"gridkit_visit_{COUNTY}"
    return zipped({f"{form}.csv": visits, f"{form}-concern.csv": concerns})


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


def documents(submissions: list[dict[str, Any]], *, expanded: bool) -> bytes:
    """Write OData as one file."""
    made = central_documents(submissions, expanded=expanded)
    if expanded:
        return json.dumps(made[0], ensure_ascii=False).encode()
    return zipped({f"{n}.json": json.dumps(one).encode() for n, one in enumerate(made)})


EXPORTS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "central.zip": central_zip,
    "central-plain.zip": lambda s: central_zip(s, groups=False),
    "central-split.zip": lambda s: central_zip(s, split=True),
    "central.json": lambda s: documents(s, expanded=True),
    "central-tables.zip": lambda s: documents(s, expanded=False),
    "kobo.xlsx": kobo_workbook,
    "kobo-details.xlsx": lambda s: kobo_workbook(s, select="details"),
    "kobo-summary.xlsx": lambda s: kobo_workbook(s, select="summary"),
    "kobo.json": kobo_json,
}


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    """Open an empty ledger on 5 November 2026."""
    with create_store(tmp_path / "ledger.db", county_code=COUNTY, clock=lambda: NOON) as opened:
        yield opened


@pytest.fixture
def take(store, tmp_path) -> Callable[..., Any]:
    """Import an export into the ledger."""

    def run(name: str, submissions: list[dict[str, Any]] | bytes, **how: Any) -> Any:
        data = submissions if isinstance(submissions, bytes) else EXPORTS[name](submissions)
        file = tmp_path / name
        file.write_bytes(data)
        return import_submissions(file, store, grids=GRIDS, **how)

    return run


def content(store: Store) -> list[dict[str, Any]]:
    """Give all records of the ledger, by id."""
    made = []
    for kind in ("visit", "concern", "step"):
        ids = sorted(store.frame(kind).index)
        current = store.current(ids)
        made += [{"id": i} | current[i].record.body() for i in ids]
    return made


def reasons(table: pd.DataFrame) -> list[tuple[int, str]]:
    """Give line and reason of each fault."""
    return list(
        zip(table["line"].tolist(), table["reason"].astype("str").tolist(), strict=True)
    )


# --- what comes in --------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_gives_the_same_records(name, store, take, tmp_path):
    """Whatever server and shape: the same visits, concerns and steps, field by field."""
    report = take(name, usual())

    assert (report.visits.added, report.concerns.added, report.concerns.steps) == (3, 3, 3)
    assert report.refused.empty
    with create_store(tmp_path / "other.db", county_code=COUNTY, clock=lambda: NOON) as other:
        (tmp_path / "reference.zip").write_bytes(central_zip(usual()))
        import_submissions(tmp_path / "reference.zip", other, grids=GRIDS)
        assert content(store) == content(other)


def test_what_a_phone_said_stands_in_the_ledger(store, take):
    """Answers, codes, dates, texts with breaks and quotes, places with their source."""
    take("central.zip", usual())

    visits, concerns = store.frame("visit"), store.frame("concern")
    assert sorted(visits["outcome"].astype("str")) == ["met", "met", "nobody_home"]
    full = concerns[concerns["households_affected"] == 40].iloc[0]
    visit = visits.loc[full["visit_id"]]
    assert visit["note"] == "先敲门\n再打招呼"
    assert visit["address"] == "3 栋; “东”门"
    assert full["safety"] == "house_unsafe no_drinking_water"
    assert full["heard_on"].date() == date(2026, 11, 3)
    assert (full["lon"], full["lat"], full["accuracy_m"]) == (117.4102, 26.7101, 4.8)
    assert (full["place_source"], full["source"]) == ("gps", "grid_visit")
    assert full["external_id"] == f"uuid:{key(5001)}"
    moved = concerns[concerns["demand_type"] == "housing_safety"].iloc[0]
    assert moved["place_source"] == "map"
    assert pd.isna(moved["accuracy_m"])
    assert set(store.frame("step")["action"].astype("str")) == {"registered"}
    assert store.check().empty


@pytest.mark.parametrize("second", EXPORTS)
def test_the_same_submissions_twice_add_nothing(second, store, take):
    """Also where they come by another export, or another server's shape."""
    take("central.zip", usual())
    before = store.revision_count()

    report = take(second, usual())

    assert (report.visits.unchanged, report.concerns.unchanged) == (3, 3)
    assert store.revision_count() == before


@pytest.mark.parametrize("name", ["central.zip", "central.json", "kobo.xlsx", "kobo.json"])
def test_an_edited_submission_becomes_a_revision(name, store, take):
    """The ids of the version change, those of the records do not."""
    take(name, usual())
    edited = usual()
    edited[0] |= {"_instance": f"uuid:{key(9001)}", "address": "5 栋"}
    edited[0]["concerns"][0]["households_affected"] = "60"

    report = take(name, edited)

    assert (report.visits.revised, report.concerns.revised) == (1, 1)
    assert (report.visits.unchanged, report.concerns.unchanged) == (2, 2)
    assert store.size("visit") == store.size("concern") == 3
    assert store.frame("concern")["households_affected"].max() == 60


def test_an_edit_without_the_number_that_stays_is_still_known(take):
    """Older exports of KoboToolbox lack `meta/rootUuid`: the form's own key tells."""
    take("kobo.xlsx", usual())
    edited = usual()
    edited[0] |= {"_instance": f"uuid:{key(9001)}", "address": "5 栋"}

    report = take("kobo.xlsx", kobo_workbook(edited, root=False))

    assert (report.visits.revised, report.visits.unchanged) == (1, 2)
    assert report.concerns.unchanged == 3  # the number from before is not taken away


def test_a_concern_that_an_edit_took_out_stays_and_is_told(store, take):
    """Taking out the first of two makes the second no other record."""
    take("central.zip", usual())
    edited = usual()
    edited[0] |= {"concern_count": "1"}
    del edited[0]["concerns"][0]

    report = take("central.zip", edited)

    assert report.concerns.unchanged == 2
    assert store.size("concern") == 3
    assert [n.en[:62] for n in report.concerns.notes] == [
        "1 concerns are no longer in their edited submissions; the ledg"
    ]


def test_what_people_changed_here_is_never_overwritten(store, take):
    """A field changed on both sides is held for a person; other changes go together."""
    take("central.zip", usual())
    concerns = store.frame("concern")
    its_id = concerns.index[concerns["households_affected"] == 40][0]
    current = store.current([its_id])[its_id]
    ours = type(current.record)(
        record_id=its_id, **(current.record.answers() | {"households_affected": 50})
    )
    store.revise(ours, parents=current.heads, by_role="grid_worker", why="核实户数")
    edited = usual()
    edited[0]["concerns"][0] |= {"households_affected": "60"}

    report = take("central.zip", edited)

    assert reasons(report.concerns.held) == [(2, "changed_both")]
    assert store.current([its_id])[its_id].record.households_affected == 50


@pytest.mark.parametrize("name", ["central.zip", "central.json", "kobo.xlsx", "kobo.json"])
def test_rejected_submissions_are_left_out_on_request(name, take):
    """By default all come in and the report says so; asked for, they are counted as skipped."""
    submissions = usual()
    submissions[0]["_state"], submissions[2]["_state"] = "rejected", "hasIssues"

    left = take(name, submissions, skip=("rejected",), dry_run=True)
    both = take(name, submissions, skip=("rejected", "issues"), dry_run=True)
    full = take(name, submissions)

    assert (left.visits.added, left.visits.skipped, left.concerns.skipped) == (2, 1, 2)
    assert (both.visits.added, both.visits.skipped, both.concerns.added) == (1, 2, 0)
    assert (full.visits.added, full.concerns.added) == (3, 3)
    assert [n.field for n in full.visits.notes] == ["review", "review"]


def test_a_visit_withdrawn_here_does_not_come_back(store, take):
    """Nor do its concerns; both are told."""
    take("central.zip", usual())
    visits = store.frame("visit")
    visit_id = visits.index[visits["address"] == "12 号"][0]
    concerns = store.frame("concern")
    its_id = concerns.index[concerns["visit_id"] == visit_id][0]
    steps = store.frame("step")
    for one in (steps.index[steps["concern_id"] == its_id][0], its_id, visit_id):
        heads = store.current([one])[one].heads
        store.withdraw(one, parents=heads, by_role="village_staff", why="误报")

    report = take("central.json", usual())

    assert reasons(report.visits.held) == [(3, "withdrawn")]
    assert reasons(report.concerns.held) == [(3, "withdrawn")]
    assert store.size("visit") == 2


def test_a_time_with_a_zone_gives_the_day_in_china(store, take):
    """Half past eleven in the evening of the 3rd in London is the 4th in Shanghai."""
    one = sent(1, concern(1), visited_on="2026-11-03T23:30:00.000+00:00")

    take("central.zip", [one])

    assert store.frame("visit")["visited_on"].iloc[0].date() == date(2026, 11, 4)


def test_points_in_another_datum_are_doubted_and_can_be_converted(store, take):
    """Pins of a GCJ-02 map lie in the wrong grids: the report says so, `datum` mends it."""
    lon, lat = wgs84_to_gcj02([117.4195] * 6, [26.7015] * 6)
    places = [f"{y} {x} 0 0" for x, y in zip(lon, lat, strict=True)]
    made = [sent(n, concern(n, place=place)) for n, place in enumerate(places, start=1)]

    doubted = take("central.zip", made, dry_run=True)
    mended = take("central.zip", made, datum="gcj02")

    assert [n.field for n in doubted.visits.notes] == ["datum"]
    assert mended.visits.notes == ()
    assert store.frame("concern")["lon"].iloc[0] == pytest.approx(117.4195, abs=1e-5)


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


def test_places_come_in_from_geojson_where_it_is_certain_whose_they_are(store, take):
    """A point goes to the one concern without a place; what cannot be told is left alone."""
    both = sent(4, concern(4), concern(5))
    take("central.zip", [*usual(), both])
    features = [
        feature(1, [117.4102, 26.7101, 190.5], [117.411, 26.711, 0]),
        feature(3, [117.43, 26.71, 12]),
        feature(4, [117.41, 26.71, 0]),
        feature(77, [117.41, 26.71, 0]),
        feature(3, [26.71, 117.43, 0]),
        feature(3, ["east", "north"]),
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()

    tried = take("points.geojson", data, dry_run=True)
    before = store.revision_count()
    report = take("points.geojson", data)
    again = take("points.geojson", data)

    assert (report.concerns.unchanged, report.concerns.revised) == (1, 1)
    assert reasons(report.concerns.rejected) == [
        (3, "which"),
        (4, "not_sent"),
        (5, "bad_number"),
        (6, "bad_number"),
    ]
    assert (tried.concerns.revised, before) == (1, store.revision_count() - 1)
    assert (again.concerns.unchanged, again.concerns.revised) == (2, 0)
    placed = store.frame("concern").set_index("external_id").loc[f"uuid:{key(5003)}"]
    assert (placed["lon"], placed["lat"], placed["place_source"]) == (117.43, 26.71, "import")


# --- what does not come in ------------------------------------------------------------------


def test_each_fault_is_told_by_row_and_reason(take):
    """Faults of any kind in one file: each named, nothing of the answers repeated."""
    made = [
        sent(1, concern(1, demand_type="watr", demand_detail="")),
        sent(2, gridkit_form="gridkit/350428/1/abc-def"),
        sent(3, gridkit_form=f"gridkit/{COUNTY}/99/abc-def"),
        sent(4, gridkit_form="other"),
        sent(5, grid_id="990428100001999"),
        sent(6, visited_on="2026-11-30"),
        sent(7, outcome="无人在家", met_role=""),
        sent(8, outcome="nobody_home"),
        sent(9, concern(9, households_affected="many", place="26.7 east 0 0")),
        sent(10, concern(10, since="2026-11-04")),
        sent(11, concern(11), outcome=""),
        sent(12, concern(12, demand_detail="unsafe_house"), address="字" * 121),
        sent(13, concern(13)),
    ]

    report = take("central.zip", made)

    assert reasons(report.visits.rejected) == [
        (3, "other_county"),
        (4, "newer_form"),
        (5, "no_form"),
        (6, "unknown_grid"),
        (7, "rule"),
        (8, "label"),
        (9, "rule"),
        (12, "missing"),
        (13, "rule"),
    ]
    assert reasons(report.concerns.rejected) == [
        (2, "no_code"),
        (3, "bad_number"),
        (3, "bad_number"),
        (4, "rule"),
        (5, "parent_left"),
        (6, "parent_left"),
    ]
    assert (report.visits.added, report.concerns.added) == (4, 1)
    told = report.refused[["problem_zh", "problem_en"]].to_numpy().tolist()
    assert not any(word in f"{zh}{en}" for zh, en in told for word in ("watr", "many", "east"))
    assert all(zh and en for zh, en in told)
    assert "350428" in report.refused["problem_zh"].iloc[0]


def test_a_concern_without_its_visit_is_told(take):
    """The repeat names a parent that is not in the file."""
    visits, concerns = central_tables(usual())
    orphan = concerns.replace(f"uuid:{key(5003)}".encode(), f"uuid:{key(1)}".encode())

    report = take("central.zip", zipped({"f.csv": visits, "f-concern.csv": orphan}))

    assert reasons(report.concerns.rejected) == [(4, "no_parent")]
    assert reasons(report.visits.rejected) == [(5, "count")]  # its concern is missing
    assert report.concerns.read == 3


@pytest.mark.parametrize("name", ["central.csv", "kobo.csv"])
def test_an_export_without_its_repeats_loses_nothing(name, take):
    """Visits whose concerns are not in the file wait for a whole export."""
    data = central_tables(usual())[0] if name.startswith("central") else kobo_csv(usual())

    report = take(name, data)

    assert [reason for _, reason in reasons(report.visits.rejected)] == ["count", "count"]
    assert report.visits.added == 1
    again = take("kobo.xlsx", usual())
    assert (again.visits.added, again.visits.unchanged, again.concerns.added) == (2, 1, 3)


def test_one_submission_twice_with_different_answers_is_not_guessed_at(take):
    """Neither is taken, each names the other; two that are alike are one."""
    made = [sent(1, address="一"), sent(1, address="二"), sent(2), sent(2), sent(3)]

    report = take("central.zip", made)

    assert reasons(report.visits.rejected) == [
        (2, "repeat_differs"),
        (3, "repeat_differs"),
        (5, "repeat_identical"),
    ]
    assert "见第 3 行" in report.visits.rejected["problem_zh"].iloc[0]
    assert report.visits.added == 2


def test_a_version_that_names_the_one_it_replaces_is_taken(store, take):
    """`meta/deprecatedID` tells which of two versions is the newer one."""
    first = sent(1, address="一")
    newer = sent(1, address="二", _instance=f"uuid:{key(8)}", _replaces=first["_instance"])

    report = take("kobo.json", [newer, first, sent(2)])

    assert reasons(report.visits.rejected) == [(2, "replaced")]
    assert sorted(store.frame("visit")["address"].dropna()) == ["二"]


def test_one_concern_in_two_submissions_is_told(take):
    """A key that was copied along with its form is no second matter."""
    report = take("central.zip", [sent(1, concern(1)), sent(2, concern(1))])

    assert reasons(report.concerns.rejected) == [(3, "repeat_differs")]
    assert report.concerns.added == 1


def test_a_form_of_another_profile_is_told(take):
    """Its codes are checked one by one; the phones should get the new form."""
    report = take(
        "central.zip", [sent(1, gridkit_form=f"gridkit/{COUNTY}/1/00000000-00000000")]
    )

    assert report.visits.added == 1
    assert [n.field for n in report.visits.notes] == ["gridkit_form"]


def test_a_telephone_number_in_a_text_is_told_and_not_repeated(take):
    """The unit is the matter: the report asks to take it out."""
    report = take("central.zip", [sent(1, concern(1, summary="找13800000000"))])

    assert [n.field for n in report.concerns.notes] == ["summary"]
    assert "13800000000" not in str(report)


FILES = {
    "cut.zip": (lambda: central_zip(usual())[:400], "cut short or damaged"),
    "cut.json": (lambda: kobo_json(usual())[:-40], "no complete JSON"),
    "cut.xlsx": (lambda: kobo_workbook(usual())[:3000], "damaged|cut short|no complete"),
    "none.json": (lambda: kobo_json([]), "holds no submissions"),
    "none-odata.json": (lambda: documents([], expanded=True), "holds no submissions"),
    "none.zip": (
        lambda: zipped({"f.csv": central_tables(usual())[0].splitlines(keepends=True)[0]}),
        "no rows below its header",
    ),
    "empty.csv": (lambda: b"", "is empty"),
    "labels.csv": (
        lambda: to_csv(
            [{"网格": GRID, "走访结果": "见到人", "gridkit_form": STAMP, "_uuid": key(1)}], ";"
        ),
        "XML values and headers",
    ),
    "foreign.json": (
        lambda: b'{"results": [{"_uuid": "x", "a": 1}]}',
        "no submissions of gridkit",
    ),
    "odd.json": (lambda: b'{"a": 1}', "no JSON of ODK Central"),
    "two.zip": (
        lambda: zipped({"a.csv": b"KEY\n1\n", "b.csv": b"KEY\n1\n"}),
        "one table of sub",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_says_why(name, store, take):
    """Cut short, empty, exported with labels, GeoJSON, not ours: what it is and what to do."""
    make, said = FILES[name]

    with pytest.raises(ImportFileError, match=said) as caught:
        take(name, make())

    assert caught.value.zh
    assert store.size("visit") == 0


@settings(max_examples=20)
@given(data=st.data())
def test_every_row_is_counted_once_whatever_is_wrong_with_it(tmp_path_factory, data):
    """Made-up damage in any answer: no row is lost from the count, and nothing fails."""
    folder = tmp_path_factory.mktemp("damage")
    submissions = usual()
    for _ in range(data.draw(st.integers(1, 4))):
        one = data.draw(st.sampled_from(submissions))
        home = data.draw(st.sampled_from([one, *one["concerns"]]))
        field = data.draw(
            st.sampled_from(sorted(n for n in home if n[0] != "_" and n != "concerns"))
        )
        texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
        home[field] = data.draw(texts)
    name = data.draw(st.sampled_from(sorted(EXPORTS)))
    (folder / name).write_bytes(EXPORTS[name](submissions))

    with create_store(folder / "ledger.db", county_code=COUNTY, clock=lambda: NOON) as store:
        try:
            report = import_submissions(folder / name, store, grids=GRIDS)
        except ImportFileError:
            return  # not one of them says that it is ours
        for one, rows in ((report.visits, 3), (report.concerns, 3)):
            done = one.added + one.revised + one.unchanged + one.skipped
            assert done + one.held_rows + one.rejected_rows == one.read == rows
        assert store.check().empty


# --- the command line -----------------------------------------------------------------------


def test_import_knows_an_export_by_its_content(tmp_path):
    """`gridkit import FILE` needs no mapping for a phone's export, and says what else needs one."""
    create_workspace(
        tmp_path / "w",
        name="试验县",
        county_code=COUNTY,
        grids=GRIDS.assign(
            households=100,
            population=300,
            village_code="990428100001",
            township_code="990428100000",
        ),
    ).close()
    runner = CliRunner()
    for name in ("kobo.xlsx", "central.zip", "kobo.json"):
        (tmp_path / name).write_bytes(EXPORTS[name](usual()))
        assert is_submissions(tmp_path / name)
    (tmp_path / "table.csv").write_text("编号,日期\n1,2026-03-07\n", encoding="utf-8")
    assert not is_submissions(tmp_path / "table.csv")
    submissions = [*usual(), sent(4, outcome="x")]
    (tmp_path / "kobo.json").write_bytes(kobo_json(submissions))

    done = runner.invoke(
        app, ["import", str(tmp_path / "kobo.xlsx"), "-w", str(tmp_path / "w")]
    )
    again = runner.invoke(
        app,
        [
            "import",
            str(tmp_path / "kobo.json"),
            "-w",
            str(tmp_path / "w"),
            "--rejected",
            str(tmp_path / "r.csv"),
        ],
    )
    bare = runner.invoke(
        app, ["import", str(tmp_path / "table.csv"), "-w", str(tmp_path / "w")]
    )

    assert done.exit_code == 0, done.output
    assert "新增 3" in done.output
    assert again.exit_code == 1
    assert "选项表中没有这个代码" in again.output
    assert pd.read_csv(tmp_path / "r.csv")["line"].tolist() == [4]
    assert "--mapping" in str(bare.exception)
