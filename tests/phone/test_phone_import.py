"""Import of submissions, whatever server they passed: edits, repeats, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from central_export import central_tables, central_zip, documents
from gridkit.cli import app
from gridkit.errors import ImportFileError
from gridkit.exchange import import_submissions, is_submissions
from gridkit.records import create_store, create_workspace
from kobo_export import kobo_csv, kobo_json, kobo_workbook
from phone_submissions import (
    COUNTY,
    GRID,
    GRIDS,
    NOON,
    STAMP,
    content,
    key,
    reasons,
    sent,
    to_csv,
    usual,
    zipped,
)

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


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_gives_the_same_records(name, store, take, tmp_path):
    """Whatever server and shape: the same visits, concerns and steps, field by field."""
    report = take(name, EXPORTS[name](usual()))

    assert (report.visits.added, report.concerns.added, report.concerns.steps) == (3, 3, 3)
    assert report.refused.empty
    with create_store(tmp_path / "other.db", county_code=COUNTY, clock=lambda: NOON) as other:
        (tmp_path / "reference.zip").write_bytes(central_zip(usual()))
        import_submissions(tmp_path / "reference.zip", other, grids=GRIDS)
        assert content(store) == content(other)


@pytest.mark.parametrize("second", EXPORTS)
def test_the_same_submissions_twice_add_nothing(second, store, take):
    """Also where they come by another export, or another server's shape."""
    take("central.zip", central_zip(usual()))
    before = store.revision_count()

    report = take(second, EXPORTS[second](usual()))

    assert (report.visits.unchanged, report.concerns.unchanged) == (3, 3)
    assert store.revision_count() == before


@pytest.mark.parametrize("name", ["central.zip", "central.json", "kobo.xlsx", "kobo.json"])
def test_an_edited_submission_becomes_a_revision(name, store, take):
    """The ids of the version change, those of the records do not."""
    take(name, EXPORTS[name](usual()))
    edited = usual()
    edited[0] |= {"_instance": f"uuid:{key(9001)}", "address": "5 栋"}
    edited[0]["concerns"][0]["households_affected"] = "60"

    report = take(name, EXPORTS[name](edited))

    assert (report.visits.revised, report.concerns.revised) == (1, 1)
    assert (report.visits.unchanged, report.concerns.unchanged) == (2, 2)
    assert store.size("visit") == store.size("concern") == 3
    assert store.frame("concern")["households_affected"].max() == 60


@pytest.mark.parametrize("name", ["central.zip", "kobo.xlsx"])
def test_an_old_file_that_was_taken_in_once_does_not_undo_an_edit(name, store, take):
    """Yesterday's export imported again by mistake: what it said is known, and no news."""
    edited = usual()
    edited[0] |= {"_instance": f"uuid:{key(9001)}", "address": "5 栋"}
    edited[0]["concerns"][0]["households_affected"] = "60"
    old = EXPORTS[name](usual())
    take(name, old)
    take(name, EXPORTS[name](edited))
    before = store.revision_count()

    again = [take(name, old, dry_run=dry) for dry in (True, False)]

    assert [one.concerns.revised for one in again] == [0, 0]
    assert [one.visits.unchanged for one in again] == [3, 3]
    assert store.revision_count() == before
    assert store.frame("concern")["households_affected"].max() == 60


@pytest.mark.parametrize("name", ["central.zip", "central.json", "kobo.xlsx", "kobo.json"])
def test_rejected_submissions_are_left_out_on_request(name, take):
    """By default all come in and the report says so; asked for, they are counted as skipped."""
    submissions = usual()
    submissions[0]["_state"], submissions[2]["_state"] = "rejected", "hasIssues"

    left = take(name, EXPORTS[name](submissions), skip=("rejected",), dry_run=True)
    both = take(name, EXPORTS[name](submissions), skip=("rejected", "issues"), dry_run=True)
    full = take(name, EXPORTS[name](submissions))

    assert (left.visits.added, left.visits.skipped, left.concerns.skipped) == (2, 1, 2)
    assert (both.visits.added, both.visits.skipped, both.concerns.added) == (1, 2, 0)
    assert (full.visits.added, full.concerns.added) == (3, 3)
    assert [n.field for n in full.visits.notes] == ["review", "review"]


@pytest.mark.parametrize("name", ["central.csv", "kobo.csv"])
def test_an_export_without_its_repeats_loses_nothing(name, take):
    """Visits whose concerns are not in the file wait for a whole export."""
    data = central_tables(usual())[0] if name.startswith("central") else kobo_csv(usual())

    report = take(name, data)

    assert [reason for _, reason in reasons(report.visits.rejected)] == ["count", "count"]
    assert report.visits.added == 1
    again = take("kobo.xlsx", kobo_workbook(usual()))
    assert (again.visits.added, again.visits.unchanged, again.concerns.added) == (2, 1, 3)


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
