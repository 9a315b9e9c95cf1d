"""Import from ODK Central: what its answers become, edits, clashes, places, faults."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd
import pytest

from central_export import central_tables, central_zip, documents, feature
from gridkit.records.datum import wgs84_to_gcj02
from phone_submissions import COUNTY, concern, key, reasons, sent, usual, zipped


def test_what_a_phone_said_stands_in_the_ledger(store, take):
    """Answers, codes, dates, texts with breaks and quotes, places with their source."""
    take("central.zip", central_zip(usual()))

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


def test_a_concern_that_an_edit_took_out_stays_and_is_told(store, take):
    """Taking out the first of two makes the second no other record."""
    take("central.zip", central_zip(usual()))
    edited = usual()
    edited[0] |= {"concern_count": "1"}
    del edited[0]["concerns"][0]

    report = take("central.zip", central_zip(edited))

    assert report.concerns.unchanged == 2
    assert store.size("concern") == 3
    assert [n.en[:62] for n in report.concerns.notes] == [
        "1 concerns are no longer in their edited submissions; the ledg"
    ]


def test_what_people_changed_here_is_never_overwritten(store, take):
    """A field changed on both sides is held for a person; other changes go together."""
    take("central.zip", central_zip(usual()))
    concerns = store.frame("concern")
    its_id = concerns.index[concerns["households_affected"] == 40][0]
    current = store.current([its_id])[its_id]
    ours = type(current.record)(
        record_id=its_id, **(current.record.answers() | {"households_affected": 50})
    )
    store.revise(ours, parents=current.heads, by_role="grid_worker", why="核实户数")
    edited = usual()
    edited[0]["concerns"][0] |= {"households_affected": "60"}

    report = take("central.zip", central_zip(edited))

    assert reasons(report.concerns.held) == [(2, "changed_both")]
    assert store.current([its_id])[its_id].record.households_affected == 50


def test_a_visit_withdrawn_here_does_not_come_back(store, take):
    """Nor do its concerns; both are told."""
    take("central.zip", central_zip(usual()))
    visits = store.frame("visit")
    visit_id = visits.index[visits["address"] == "12 号"][0]
    concerns = store.frame("concern")
    its_id = concerns.index[concerns["visit_id"] == visit_id][0]
    steps = store.frame("step")
    for one in (steps.index[steps["concern_id"] == its_id][0], its_id, visit_id):
        heads = store.current([one])[one].heads
        store.withdraw(one, parents=heads, by_role="village_staff", why="误报")

    report = take("central.json", documents(usual(), expanded=True))

    assert reasons(report.visits.held) == [(3, "withdrawn")]
    assert reasons(report.concerns.held) == [(3, "withdrawn")]
    assert store.size("visit") == 2


def test_a_time_with_a_zone_gives_the_day_in_china(store, take):
    """Half past eleven in the evening of the 3rd in London is the 4th in Shanghai."""
    one = sent(1, concern(1), visited_on="2026-11-03T23:30:00.000+00:00")

    take("central.zip", central_zip([one]))

    assert store.frame("visit")["visited_on"].iloc[0].date() == date(2026, 11, 4)


def test_points_in_another_datum_are_doubted_and_can_be_converted(store, take):
    """Pins of a GCJ-02 map lie in the wrong grids: the report says so, `datum` mends it."""
    lon, lat = wgs84_to_gcj02([117.4195] * 6, [26.7015] * 6)
    places = [f"{y} {x} 0 0" for x, y in zip(lon, lat, strict=True)]
    made = [sent(n, concern(n, place=place)) for n, place in enumerate(places, start=1)]

    doubted = take("central.zip", central_zip(made), dry_run=True)
    mended = take("central.zip", central_zip(made), datum="gcj02")

    assert [n.field for n in doubted.visits.notes] == ["datum"]
    assert mended.visits.notes == ()
    assert store.frame("concern")["lon"].iloc[0] == pytest.approx(117.4195, abs=1e-5)


def test_places_come_in_from_geojson_where_it_is_certain_whose_they_are(store, take):
    """A point goes to the one concern without a place; what cannot be told is left alone."""
    both = sent(4, concern(4), concern(5))
    take("central.zip", central_zip([*usual(), both]))
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

    report = take("central.zip", central_zip(made))

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


def test_one_submission_twice_with_different_answers_is_not_guessed_at(take):
    """Neither is taken, each names the other; two that are alike are one."""
    made = [sent(1, address="一"), sent(1, address="二"), sent(2), sent(2), sent(3)]

    report = take("central.zip", central_zip(made))

    assert reasons(report.visits.rejected) == [
        (2, "repeat_differs"),
        (3, "repeat_differs"),
        (5, "repeat_identical"),
    ]
    assert "见第 3 行" in report.visits.rejected["problem_zh"].iloc[0]
    assert report.visits.added == 2


def test_one_concern_in_two_submissions_is_told(take):
    """A key that was copied along with its form is no second matter."""
    report = take("central.zip", central_zip([sent(1, concern(1)), sent(2, concern(1))]))

    assert reasons(report.concerns.rejected) == [(3, "repeat_differs")]
    assert report.concerns.added == 1


def test_a_form_of_another_profile_is_told(take):
    """Its codes are checked one by one; the phones should get the new form."""
    stamped = sent(1, gridkit_form=f"gridkit/{COUNTY}/1/00000000-00000000")

    report = take("central.zip", central_zip([stamped]))

    assert report.visits.added == 1
    assert [n.field for n in report.visits.notes] == ["gridkit_form"]


def test_a_telephone_number_in_a_text_is_told_and_not_repeated(take):
    """The unit is the matter: the report asks to take it out."""
    report = take("central.zip", central_zip([sent(1, concern(1, summary="找13800000000"))]))

    assert [n.field for n in report.concerns.notes] == ["summary"]
    assert "13800000000" not in str(report)
