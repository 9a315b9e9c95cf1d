"""The ledger as a CSV, and back."""

from __future__ import annotations

import csv
import os
import stat
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.exchange import import_concerns, ledger_mapping, write_concerns
from gridkit.profile import load_profile
from gridkit.records import Concern, create_store
from gridkit.records.spec import CONCERN

PROFILE = load_profile()
TODAY = datetime(2026, 11, 20, 4, tzinfo=UTC)


def ledger(folder, name):
    """Open an empty ledger on 20 November 2026."""
    return create_store(
        Path(folder) / name, county_code="990428", profile=PROFILE, clock=lambda: TODAY
    )


nasty = st.sampled_from(
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1+1",
        "@SUM(1)",
        "|x",
        "%y",
        "'=1",
        "''+",
        "'",
        "＝１",
        "﹢1",
    ]
)
words = (
    st.text(max_size=12)
    | nasty
    | st.sampled_from(
        [
            '"引号", 逗号; 分号',
            "一\n二\r\n三",
            "🚰🏚️𠮷",
            "无",
            "-",
            "null",
            "001",
            "1E5",
            "\tx",
            "\ufeffx",
        ]
    )
)
days = st.dates(date(2000, 1, 1), date(2026, 11, 20))
details = [(c.parent, c.code) for c in PROFILE.choices("demand_detail")]


def codes(table):
    """Draw one code of a table."""
    return st.sampled_from(PROFILE.codes(table))


def many(table):
    """Draw some codes of a table."""
    some = [code for code in PROFILE.codes(table) if code != "none"]
    return st.none() | st.just("none") | st.sets(st.sampled_from(some)).map(" ".join)


@st.composite
def concerns(draw):
    """Draw a sound concern with any texts."""
    heard = draw(days)
    demand, detail = draw(st.sampled_from(details))
    hardening = draw(many("hardening"))
    answers = {
        "grid_id": f"990428{draw(st.integers(0, 999_999_999)):09d}",
        "source": draw(codes("source")),
        "external_id": draw(st.none() | words),
        "heard_on": heard,
        "demand_type": demand,
        "demand_detail": draw(st.sampled_from([None, detail])),
        "dispute_code": draw(st.none() | codes("dispute_code")),
        "summary": draw(st.none() | words),
        "wanted": draw(st.none() | words),
        "people_affected": draw(st.none() | st.integers(1, 1_000_000)),
        "households_affected": draw(st.none() | st.integers(1, 500_000)),
        "harm": draw(st.none() | codes("harm")),
        "safety": draw(many("safety")),
        "basic_need": draw(many("basic_need")),
        "setting": draw(many("setting")),
        "hardening": hardening,
        "mitigation": draw(many("mitigation")),
        "since": draw(st.none() | st.dates(date(1990, 1, 1), heard)),
    }
    if "works_soon" in (hardening or ""):
        answers["works_start"] = draw(st.none() | days)
    if draw(st.booleans()):
        answers["lon"] = draw(st.floats(-180, 180))
        answers["lat"] = draw(st.floats(-90, 90))
        answers["place_source"] = draw(st.sampled_from(["gps", "map", "import"]))
        if answers["place_source"] == "gps":
            answers["accuracy_m"] = draw(st.none() | st.floats(0, 100_000))
    return Concern(**answers)


@settings(max_examples=25, deadline=None)
@given(st.lists(concerns(), min_size=1, max_size=8))
def test_ledger_comes_back_as_it_was(records):
    """Ledger, CSV, another ledger: the same table, ids and all, whatever the texts hold."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ledger(folder, "a.db") as first,
        ledger(folder, "b.db") as second,
    ):
        first.add(records, by_role="grid_worker")
        frame = first.frame("concern")
        write_concerns(frame, Path(folder) / "t.csv", PROFILE)

        report = import_concerns(Path(folder) / "t.csv", ledger_mapping(), second)
        back = second.frame("concern")

    assert report.rejected["problem_en"].tolist() == []
    pd.testing.assert_frame_equal(back, frame, check_categorical=False)


@given(words)
def test_no_cell_runs_as_a_formula(text):
    """No cell of the file begins with what a spreadsheet would run."""
    frame = pd.DataFrame({"summary": [text]}, index=["x"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        write_concerns(frame, path, PROFILE)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))

    assert not any(
        cell[:1] in set("=+-@|%\t\r\0＝＋－＠｜％") - {""} for row in rows for cell in row
    )


@pytest.fixture
def written(tmp_path):
    """Write a ledger of one concern as a CSV."""
    concern = Concern(
        grid_id="990428100001001",
        source="grid_visit",
        heard_on=date(2026, 11, 3),
        demand_type="water",
        demand_detail="water_cut",
        safety="no_drinking_water",
        visit_id=None,
    )
    with ledger(tmp_path, "l.db") as store:
        store.add([concern], by_role="grid_worker")
        write_concerns(store.frame("concern"), tmp_path / "t.csv", PROFILE)
    return tmp_path / "t.csv"


def test_excel_in_china_opens_it(written):
    """UTF-8 with its mark, Chinese headings, labels instead of codes."""
    text = written.read_bytes()

    header, row = text.decode("utf-8-sig").splitlines()
    assert text.startswith(b"\xef\xbb\xbf")
    assert header.split(",")[:4] == ["记录编号", "网格", "来源", "外部编号"]
    assert "网格员走访" in row
    assert "停水断水" in row


def test_own_ledger_takes_nothing_from_its_copy(written, tmp_path):
    """The copy of a ledger, imported into it, adds nothing."""
    with ledger(tmp_path, "l2.db") as store:
        import_concerns(written, ledger_mapping(), store)
        report = import_concerns(written, ledger_mapping(), store)

    assert (report.added, report.unchanged) == (0, 1)


def test_headings_are_unique():
    """No two fields share a Chinese name, so each column finds its way back."""
    names = [field.zh for field in CONCERN.fields]

    assert len(names) == len(set(names))


def test_every_label_is_understood():
    """Writing by labels and reading by labels meet: for every code of every table."""
    frame = pd.DataFrame(
        {
            "demand_type": [c.parent for c in PROFILE.choices("demand_detail")],
            "demand_detail": PROFILE.codes("demand_detail"),
        }
    )
    frame = frame.assign(
        grid_id="990428100001001", source="import", heard_on=pd.Timestamp("2026-11-03")
    ).set_axis([f"r{n}" for n in range(len(frame))])
    with tempfile.TemporaryDirectory() as folder, ledger(folder, "l.db") as store:
        write_concerns(frame, Path(folder) / "t.csv", PROFILE)
        import_concerns(Path(folder) / "t.csv", ledger_mapping(), store)
        back = store.frame("concern").loc[frame.index]

    assert back["demand_detail"].astype(str).tolist() == frame["demand_detail"].tolist()


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_only_its_owner_may_read_the_copy(tmp_path):
    """Free text leaves the ledger into a file as closed as the ledger, also over an open one."""
    path = tmp_path / "t.csv"
    path.write_text("old")
    path.chmod(0o644)

    write_concerns(pd.DataFrame({"summary": ["停水"]}, index=["c1"]), path, PROFILE)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
