"""Import of tables: what comes in, what does not, and why."""

from __future__ import annotations

import sqlite3
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
import shapely
from openpyxl import Workbook

from gridkit.errors import GridkitError, ImportFileError
from gridkit.exchange import import_concerns, parse_mapping
from gridkit.profile import load_profile
from gridkit.records import Concern, create_store
from gridkit.records.datum import wgs84_to_gcj02
from gridkit.records.grids import centroid, make_grids
from gridkit.triage import states

PROFILE = load_profile()
TODAY = datetime(2026, 11, 20, 4, tzinfo=UTC)
GRID = "990428100001001"
HEADER = "编号,网格,日期,类别,情况,户数"


def mapping(**sections):
    """Give a mapping for HEADER, with sections changed or added."""
    raw = {
        "source": {"system": "desk"},
        "columns": {
            "external_id": "编号",
            "grid_id": "网格",
            "heard_on": "日期",
            "demand_type": "类别",
            "summary": "情况",
            "households_affected": "户数",
        },
        "constants": {"source": "window"},
    }
    for name, section in sections.items():
        raw[name] = {**raw.get(name, {}), **section}
    return parse_mapping(raw, PROFILE)


def point_mapping(datum="wgs84", **sections):
    """Give a mapping for a table with 编号, 日期, 经度, 纬度 only."""
    columns = {"external_id": "编号", "heard_on": "日期", "lon": "经度", "lat": "纬度"}
    raw = {
        "source": {"system": "desk"},
        "columns": columns,
        "constants": {"source": "hotline", "demand_type": "water"},
        "place": {"datum": datum},
        **sections,
    }
    return parse_mapping(raw, PROFILE)


@pytest.fixture
def store(tmp_path):
    """Open an empty ledger on 20 November 2026."""
    with create_store(
        tmp_path / "ledger.db", county_code="990428", profile=PROFILE, clock=lambda: TODAY
    ) as made:
        yield made


@pytest.fixture
def table(tmp_path):
    """Write lines as a CSV file."""

    def write(*lines, header=HEADER, encoding="utf-8", name="t.csv"):
        path = tmp_path / name
        path.write_bytes("\n".join([header, *lines]).encode(encoding))
        return path

    return write


@pytest.fixture(scope="module")
def grids():
    """Lay 100 grids of 1 km, in Jiangle's latitude."""
    return make_grids(shapely.box(117.40, 26.70, 117.50, 26.79), 1000, "990428", 40)


@pytest.fixture
def points(tmp_path, grids):
    """Write the middle of each grid as a table of points."""

    def write(change=lambda lon, lat: (lon, lat)):
        middle = centroid(grids)
        lon, lat = change(middle["lon"].to_numpy(), middle["lat"].to_numpy())
        frame = pd.DataFrame(
            {"编号": range(len(lon)), "日期": "2026-11-03", "经度": lon, "纬度": lat}
        )
        frame.to_csv(tmp_path / "p.csv", index=False)
        return tmp_path / "p.csv"

    return write


def rejected(report):
    """Give line, field and reason of each fault."""
    return list(report.rejected[["line", "field", "reason"]].itertuples(index=False, name=None))


# --- what comes in --------------------------------------------------------------------------


def test_row_becomes_a_concern(store, table):
    """Every mapped cell is an answer; labels, other names and Chinese dates are understood."""
    path = table(f"A-1,{GRID},2026年3月7日,自来水,三天没水,１２ 户")

    report = import_concerns(path, mapping(), store)

    row = store.frame("concern").iloc[0]
    assert report.added == report.read == 1
    assert (row["grid_id"], row["source"], row["demand_type"]) == (GRID, "window", "water")
    assert (row["summary"], row["households_affected"]) == ("三天没水", 12)
    assert row["heard_on"] == pd.Timestamp("2026-03-07")


def test_same_file_twice_adds_nothing(store, table):
    """A row is known by its number at its source."""
    path = table(f"A-1,{GRID},2026-03-07,用水,x,2", f"A-2,{GRID},2026-03-08,用水,y,")
    import_concerns(path, mapping(), store)
    before = store.revision_count()

    again = import_concerns(path, mapping(), store)

    assert (again.added, again.unchanged, store.revision_count()) == (0, 2, before)


def test_rows_without_a_number_are_known_by_what_they_hold(store, table):
    """Twice the same file adds nothing; two rows wholly alike are both kept, and it is said."""
    line = f",{GRID},2026-03-07,用水,停水,"
    path = table(line, line, f",{GRID},2026-03-08,用水,停水,")

    first = import_concerns(path, mapping(), store)
    again = import_concerns(path, mapping(), store)

    assert (first.added, again.added, again.unchanged) == (3, 0, 3)
    assert [note.field for note in first.notes] == ["external_id"]


def test_two_systems_never_share_a_row(store, table):
    """The same number at another source is another concern."""
    path = table(f"1,{GRID},2026-03-07,用水,,")

    import_concerns(path, mapping(), store)
    other = import_concerns(path, mapping(source={"system": "hotline"}), store)

    assert other.added == 1


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-07",
        "2026/3/7",
        "2026.3.7",
        "2026年3月7日",
        "20260307",
        "2026-3-7 下午3点",
        "2026年3月7日9时30分",
        "2026-03-07 23:59:59",
        "２０２６-03-07",
    ],
)
def test_usual_dates_are_understood(store, table, written):
    """Dates as they stand in Chinese tables need no format."""
    import_concerns(table(f"1,{GRID},{written},用水,,"), mapping(), store)

    assert store.frame("concern")["heard_on"].tolist() == [pd.Timestamp("2026-03-07")]


def test_moment_with_a_zone_counts_on_the_civil_date(store, table):
    """18:30 UTC is the next day in Shanghai."""
    import_concerns(table(f"1,{GRID},2026-03-06T18:30:00Z,用水,,"), mapping(), store)

    assert store.frame("concern")["heard_on"].tolist() == [pd.Timestamp("2026-03-07")]


def test_day_and_month_are_never_guessed(store, table):
    """03/07/2026 is taken only as the mapping says."""
    path = table(f"1,{GRID},03/07/2026,用水,,")

    plain = import_concerns(path, mapping(), store, dry_run=True)
    told = import_concerns(path, mapping(dates={"formats": ["%d/%m/%Y"]}), store)

    assert rejected(plain) == [(2, "heard_on", "bad_date")]
    assert told.added == 1
    assert store.frame("concern")["heard_on"].tolist() == [pd.Timestamp("2026-07-03")]


def test_steps_come_with_their_concern(store, table):
    """Columns of dates become steps; a blank date is no step; next week's date is added."""
    header = HEADER + ",办结,回访,满意"
    steps = {"closed": {"on": "办结"}, "followed_up": {"on": "回访", "satisfied": "满意"}}
    first = table(f"1,{GRID},2026-03-07,用水,,,,,", header=header)
    import_concerns(first, mapping(steps=steps), store)

    later = table(f"1,{GRID},2026-03-07,用水,,,2026-03-09,2026-03-12,否", header=header)
    report = import_concerns(later, mapping(steps=steps), store)

    frame = store.frame("step").set_index("action").sort_index()
    assert (report.added, report.unchanged, report.steps) == (0, 1, 2)
    assert frame["on"].dt.day.to_dict() == {"closed": 9, "followed_up": 12}
    assert frame.loc["followed_up", "satisfied"] == False  # noqa: E712 (a nullable boolean)
    stood = states(store.frame("concern"), store.frame("step"))
    assert stood[["state", "clashes"]].to_numpy().tolist() == [["unsatisfied", 0]]


def test_a_closing_alone_is_written_as_an_exception_with_its_reason(store, table):
    """The source knows no answer, check or follow-up: struck off, and said why."""
    steps = {"closed": {"on": "办结"}}
    path = table(f"1,{GRID},2026-03-07,用水,,,2026-03-09", header=HEADER + ",办结")

    import_concerns(path, mapping(steps=steps), store)

    step = store.frame("step").iloc[0]
    stood = states(store.frame("concern"), store.frame("step"))
    assert step["special"]
    assert "原系统已办结" in step["reason"]
    assert stood[["state", "special", "clashes"]].to_numpy().tolist() == [["closed", True, 0]]


def test_a_whole_history_is_closed_as_it_should_be_whatever_the_columns_order(store, table):
    """Registered at the source, answered, checked, followed up on one day: no exception."""
    names = ["closed", "followed_up", "verified", "answered", "accepted", "routed"]
    steps = {name: {"on": name} for name in names}
    steps["followed_up"] |= {"satisfied": "满意"}
    header = HEADER + "," + ",".join(names) + ",满意"
    path = table(f"1,{GRID},2026-03-07,用水,,," + "2026-03-09," * 6 + "是", header=header)

    report = import_concerns(path, mapping(steps=steps), store)

    stood = states(store.frame("concern"), store.frame("step")).iloc[0]
    assert report.steps == 7  # the registration at the source is written too
    assert (stood["state"], stood["special"], stood["clashes"]) == ("closed", False, 0)


def test_values_are_mapped_as_the_mapping_says(store, table):
    """Unknown words: rejected, left blank, or all to one code; many-of codes are parted."""
    codes = {
        "demand_type": {"map": {"饮水": "water"}, "unmapped": "other"},
        "harm": {"unmapped": "blank"},
        "safety": {"map": {"房屋危险": "house_unsafe"}},
    }
    columns = {"harm": "危害", "safety": "险情"}
    path = table(
        f"1,{GRID},2026-03-07,饮水,,,不知道,房屋危险、没有饮用水",
        f"2,{GRID},2026-03-07,鬼屋,,,生命,鬼",
        header=HEADER + ",危害,险情",
    )
    safety = {code.zh: code.code for code in PROFILE.choices("safety")}
    codes["safety"]["map"]["没有饮用水"] = "no_drinking_water"

    report = import_concerns(path, mapping(codes=codes, columns=columns), store)

    row = store.frame("concern").iloc[0]
    assert safety
    assert (row["demand_type"], row["safety"]) == ("water", "house_unsafe no_drinking_water")
    assert pd.isna(row["harm"])
    assert rejected(report) == [(3, "safety", "unknown_code")]


def test_rows_are_skipped_on_purpose(store, table):
    """Rows that the mapping leaves out are counted, and are no faults."""
    path = table(f"1,{GRID},2026-03-07,用水,作废,", f"2,{GRID},2026-03-07,用水,,")

    report = import_concerns(path, mapping(skip={"情况": ["作废"]}), store)

    assert (report.read, report.skipped, report.added) == (2, 1, 1)


def test_numbers_of_persons_in_texts_are_pointed_out(store, table):
    """The unit is the matter: the note counts the rows, and repeats nothing."""
    path = table(f"1,{GRID},2026-03-07,用水,打13912345678,", f"2,{GRID},2026-03-07,用水,好,")

    report = import_concerns(path, mapping(), store)

    assert [(note.field, note.zh[:3]) for note in report.notes] == [("summary", "1 行")]
    assert "139" not in str(report)


def test_columns_left_out_are_named(store, table):
    """Whoever sends names and telephones is told that they were not taken."""
    path = table(f"1,{GRID},2026-03-07,用水,,,张三,138", header=HEADER + ",姓名,电话")

    report = import_concerns(path, mapping(), store)

    assert report.left_out == ("姓名", "电话")


# --- nothing half imported ------------------------------------------------------------------


def test_failure_in_the_middle_leaves_nothing(store, table):
    """If the ledger fails at the 50th concern, none of the others is there."""
    path = table(*(f"{n},{GRID},2026-03-07,用水,,{n}" for n in range(1, 100)))
    with sqlite3.connect(store.path) as raw:
        raw.execute(
            "CREATE TRIGGER jam BEFORE INSERT ON concern WHEN NEW.households_affected = 50 "
            "BEGIN SELECT RAISE(ABORT, 'jam'); END"
        )

    with pytest.raises(GridkitError):
        import_concerns(path, mapping(), store)

    assert len(store.frame("concern")) == 0
    assert store.revision_count() == 0
    assert store.check().empty


def test_strict_imports_all_or_nothing(store, table):
    """With `strict`, one rejected row keeps the others out, and the report says so."""
    path = table(f"1,{GRID},2026-03-07,用水,,", f"2,{GRID},昨天,用水,,")

    report = import_concerns(path, mapping(), store, strict=True)

    assert (report.refused, report.added, report.rejected_rows) == (True, 0, 1)
    assert len(store.frame("concern")) == 0


def test_dry_run_writes_nothing_and_tells_the_same(store, table):
    """A dry run gives the figures of the real one."""
    path = table(f"1,{GRID},2026-03-07,用水,,", f"2,{GRID},昨天,用水,,")

    tried = import_concerns(path, mapping(), store, dry_run=True)
    assert store.revision_count() == 0
    done = import_concerns(path, mapping(), store)

    assert (tried.added, tried.rejected_rows) == (done.added, done.rejected_rows) == (1, 1)


def test_progress_rises_to_the_end(store, table):
    """What the command line draws its bar from never falls, and ends full."""
    path = table(*(f"{n},{GRID},2026-03-07,用水,," for n in range(3000)))
    seen = []

    import_concerns(
        path, mapping(), store, progress=lambda done, total: seen.append(done / total)
    )

    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) > 10


# --- rows that have changed -----------------------------------------------------------------


def revising():
    """Give the mapping that writes revisions."""
    return mapping(rows={"changed": "revise"})


def test_changed_row_is_reported_by_default(store, table):
    """Without leave to revise, the ledger stays as it is and the row is listed."""
    import_concerns(table(f"1,{GRID},2026-03-07,用水,,2"), mapping(), store)

    report = import_concerns(table(f"1,{GRID},2026-03-07,用水,,3"), mapping(), store)

    assert report.held[["line", "reason"]].to_numpy().tolist() == [[2, "changed"]]
    assert store.frame("concern")["households_affected"].tolist() == [2]


def test_changed_row_becomes_a_revision(store, table):
    """With leave, there is a second version, by the importer, with the file's mark as reason."""
    import_concerns(table(f"1,{GRID},2026-03-07,用水,,2"), mapping(), store)

    report = import_concerns(table(f"1,{GRID},2026-03-07,用水,,3"), revising(), store)

    frame = store.frame("concern")
    history = store.history(frame.index[0])
    assert (report.revised, frame["households_affected"].tolist()) == (1, [3])
    assert history["by_role"].tolist() == ["importer", "importer"]
    assert history["why"].iloc[1].startswith("import desk ")


def edit(store, **changes):
    """Change the only concern as a grid worker would."""
    ((record_id, (record, heads)),) = store.current(store.frame("concern").index).items()
    made = Concern(record_id=record_id, **{**record.answers(), **changes})
    store.revise(made, parents=heads, by_role="grid_worker", why="checked at the door")


def test_what_people_changed_is_never_overwritten(store, table):
    """The old file again changes nothing; a new one changes only what it changed itself."""
    old = table(f"1,{GRID},2026-03-07,用水,旧,2", name="old.csv")
    new = table(f"1,{GRID},2026-03-07,用水,新,2", name="new.csv")
    import_concerns(old, revising(), store)
    edit(store, households_affected=40, harm="health")

    same = import_concerns(old, revising(), store)
    changed = import_concerns(new, revising(), store)
    again = import_concerns(new, revising(), store)

    row = store.frame("concern").iloc[0]
    assert (same.unchanged, changed.revised, again.unchanged) == (1, 1, 1)
    assert (row["summary"], row["households_affected"], row["harm"]) == ("新", 40, "health")


def test_both_changed_is_for_a_person_to_decide(store, table):
    """Where file and people changed one field apart, nothing is written and it is listed."""
    import_concerns(table(f"1,{GRID},2026-03-07,用水,,2"), revising(), store)
    edit(store, households_affected=40)

    report = import_concerns(table(f"1,{GRID},2026-03-07,用水,,3"), revising(), store)

    assert report.held[["field", "reason"]].to_numpy().tolist() == [
        ["households_affected", "changed_both"]
    ]
    assert store.frame("concern")["households_affected"].tolist() == [40]


def test_withdrawn_concern_stays_withdrawn(store, table):
    """What was taken out here does not come back with the next file; the others come."""
    import_concerns(table(f"1,{GRID},2026-03-07,用水,,2"), mapping(), store)
    ((record_id, (_, heads)),) = store.current(store.frame("concern").index).items()
    store.withdraw(record_id, parents=heads, by_role="centre_staff", why="heard twice")

    path = table(f"1,{GRID},2026-03-07,用水,,2", f"2,{GRID},2026-03-07,用水,,2")
    report = import_concerns(path, mapping(), store)

    assert (report.added, report.held["reason"].tolist()) == (1, ["withdrawn"])
    assert store.frame("concern")["external_id"].tolist() == ["2"]


# --- repeated numbers -----------------------------------------------------------------------

TWICE = (
    f"7,{GRID},2026-03-07,用水,a,",
    f"7,{GRID},2026-03-07,用水,a,",
    f"7,{GRID},2026-03-09,用水,b,",
)


def test_repeated_numbers_are_told_apart(store, table):
    """The first is kept; the others are named as alike or differing, and in what."""
    report = import_concerns(table(*TWICE), mapping(), store)

    assert rejected(report) == [
        (3, "external_id", "repeat_identical"),
        (4, "external_id", "repeat_differs"),
    ]
    assert "见第 2 行; 不同的列: 日期, 情况" in report.rejected["problem_zh"].iloc[1]
    assert store.frame("concern")["summary"].tolist() == ["a"]


@pytest.mark.parametrize(("choice", "kept"), [("keep_last", ["b"]), ("reject_all", [])])
def test_which_of_the_repeated_is_kept_is_a_choice(store, table, choice, kept):
    """The last, or none of them."""
    report = import_concerns(table(*TWICE), mapping(rows={"repeated": choice}), store)

    assert store.frame("concern")["summary"].tolist() == kept
    assert report.added + report.rejected_rows == report.read == 3


# --- bad rows -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (f"1,{GRID},,用水,,", "heard_on", "missing"),
        (f"1,{GRID},2026-13-01,用水,,", "heard_on", "bad_date"),
        (f"1,{GRID},2026-11-21,用水,,", "heard_on", "future"),
        (f"1,{GRID},46088,用水,,", "heard_on", "bad_date"),
        (f"1,{GRID},2026-03-07,鬼屋,,", "demand_type", "unknown_code"),
        (f"1,{GRID},2026-03-07,#REF!,,", "demand_type", "unknown_code"),
        (f"1,{GRID},2026-03-07,用水,#N/A,", "summary", "excel_error"),
        (f"1,{GRID},2026-03-07,用水,,约20", "households_affected", "bad_number"),
        (f"1,{GRID},2026-03-07,用水,,0", "households_affected", "rule"),
        (f"1,{GRID},2026-03-07,用水,,1.5", "households_affected", "bad_number"),
        ("1,,2026-03-07,用水,,", "grid_id", "no_place"),
        ("1,3.50428E+11,2026-03-07,用水,,", "grid_id", "mangled"),
        ("1,350428100001001,2026-03-07,用水,,", "grid_id", "unknown_grid"),
        (f"1E+05,{GRID},2026-03-07,用水,,", "external_id", "mangled"),
        (f"1,{GRID},2026-03-07,用水,", "", "ragged"),
        (f"1,{GRID},2026-03-07,用水,,,多", "", "ragged"),
        (f"1,{GRID},2026-03-07,用水,a\0b,", "", "nul"),
        (f'1,{GRID},2026-03-07,用水,"a"b,', "", "quote"),
    ],
)
def test_bad_row_is_rejected_with_line_field_and_reason(store, table, line, field, reason):
    """One reason, in two languages; the good row beside it comes in; no cell is repeated."""
    path = table(line, f"2,{GRID},2026-03-07,用水,,")

    report = import_concerns(path, mapping(), store)

    assert rejected(report) == [(2, field, reason)]
    assert (report.read, report.added) == (2, 1)
    says = report.rejected.iloc[0]
    assert says["problem_zh"]
    assert says["problem_en"]
    assert not any(cell in says["problem_en"] for cell in ("鬼屋", "约20", "46088", "#REF!"))


def test_all_faults_of_a_row_come_at_once(store, table):
    """A clerk corrects a row once."""
    report = import_concerns(table("1,?,昨天,鬼屋,,x"), mapping(), store)

    assert {field for _, field, _ in rejected(report)} == {
        "grid_id",
        "heard_on",
        "demand_type",
        "households_affected",
    }


def test_quoted_newlines_keep_the_count_of_lines(store, table):
    """A text of three lines is one row; the fault after it stands on line 5."""
    path = table(f'1,{GRID},2026-03-07,用水,"一\n二\n三",', f"2,{GRID},昨天,用水,,")

    report = import_concerns(path, mapping(), store)

    assert rejected(report) == [(5, "heard_on", "bad_date")]
    assert store.frame("concern")["summary"].tolist() == ["一\n二\n三"]


def test_quotation_mark_never_closed_refuses_the_file(store, table):
    """No row after it can be told apart, so nothing is imported, and its line is named."""
    path = table(
        f"1,{GRID},2026-03-07,用水,,",
        f'2,{GRID},2026-03-07,用水,"停水,',
        f"3,{GRID},2026-03-07,用水,,",
    )

    with pytest.raises(ImportFileError, match="第 3 行有一个引号没有闭合"):
        import_concerns(path, mapping(), store)


def test_step_before_the_concern_is_rejected(store, table):
    """Nothing is closed before it was heard."""
    path = table(f"1,{GRID},2026-03-07,用水,,,2026-03-06", header=HEADER + ",办结")

    report = import_concerns(path, mapping(steps={"closed": {"on": "办结"}}), store)

    assert rejected(report) == [(2, "closed", "rule")]


def test_report_counts_every_row_once_and_reads_in_two_languages(store, table):
    """The whole summary, as the command line prints it."""
    path = table(f"1,{GRID},2026-03-07,用水,,", f"2,{GRID},昨天,用水,,", *TWICE)

    report = import_concerns(path, mapping(), store)

    assert str(report) == (
        "导入 t.csv (utf-8): 读 5 行, 新增 2, 修订 0, 未变 0, 按要求略过 0, 有变未改 0, 未收 3; "
        "办理记录 0 条\n"
        "import of t.csv: read 5, added 2, revised 0, unchanged 0, skipped 0, held 0, rejected 3; "
        "steps 0\n"
        "       1 · 认不出的日期 / no date that can be read\n"
        "       1 · 编号重复, 内容不同 / the number is repeated; the rows differ\n"
        "       1 · 编号重复, 内容相同 / the number is repeated; the rows are alike"
    )


# --- places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("datum", "change"),
    [("wgs84", lambda *p: p), ("cgcs2000", lambda *p: p), ("gcj02", wgs84_to_gcj02)],
)
def test_points_find_their_grids(store, points, grids, datum, change):
    """In whatever datum they are declared, points lie in the grids that they came from."""
    report = import_concerns(points(change), point_mapping(datum), store, grids=grids)

    frame = store.frame("concern").sort_values("external_id", key=lambda ids: ids.astype(int))
    assert report.added == len(grids)
    assert frame["grid_id"].astype(str).tolist() == list(grids.index)
    assert set(frame["place_source"]) == {"import"}


def test_points_without_grids_are_refused(store, points):
    """Nowhere to put them: the error says how to get grids."""
    with pytest.raises(ImportFileError, match=r"grids\.geojson"):
        import_concerns(points(), point_mapping(), store)


def test_swapped_columns_are_found_for_the_whole_file(store, points, grids):
    """The error gives the two lines to change in the mapping."""
    path = points(lambda lon, lat: (lat, lon))

    with pytest.raises(ImportFileError, match='lon = "纬度", lat = "经度"'):
        import_concerns(path, point_mapping(), store, grids=grids)


def test_gcj02_declared_as_wgs84_is_doubted(store, points, grids):
    """Points 620 m off fall out at the border; the note asks for the datum."""
    report = import_concerns(points(wgs84_to_gcj02), point_mapping(), store, grids=grids)

    assert report.rejected["reason"].unique().tolist() == ["outside"]
    (note,) = report.notes
    assert "GCJ-02" in note.zh
    assert "米" in note.zh
    assert "ask for the datum" in note.en


def test_named_grids_betray_a_wrong_datum(store, points, grids, tmp_path):
    """Where rows name their grid too, each point is held against it."""
    frame = pd.read_csv(points(wgs84_to_gcj02)).assign(网格=list(grids.index))
    path = tmp_path / "both.csv"
    frame.to_csv(path, index=False)
    columns = {**point_mapping().columns, "grid_id": "网格"}

    report = import_concerns(path, point_mapping(columns=columns), store, grids=grids)

    assert report.added == len(grids)
    assert [(note.field, "GCJ-02" in note.en) for note in report.notes] == [("datum", True)]


def test_places_that_are_none_are_told_apart(store, table, grids):
    """No coordinates; half of them; outside the county; and swapped in one row only."""
    path = table(
        "1,2026-11-03,,",
        "2,2026-11-03,117.45,",
        "3,2026-11-03,118.9,26.7",
        "4,2026-11-03,26.75,117.45",
        "5,2026-11-03,117°27',26.75",
        *(f"{n},2026-11-03,117.45,26.75" for n in range(6, 30)),
        header="编号,日期,经度,纬度",
    )

    report = import_concerns(path, point_mapping(), store, grids=grids)

    assert [(line, reason) for line, _, reason in rejected(report)] == [
        (2, "no_place"),
        (3, "half_place"),
        (4, "outside"),
        (5, "outside"),
        (6, "bad_number"),
    ]
    assert "经纬度似乎颠倒" in report.rejected["problem_zh"].iloc[3]
    assert report.added == 24


# --- files ----------------------------------------------------------------------------------

LINE = f"1,{GRID},2026-03-07,用水,停水三天,"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_encodings_are_found_and_said(store, table, encoding, said):
    """Whatever Excel in China writes is read without being told."""
    report = import_concerns(table(LINE, encoding=encoding), mapping(), store)

    assert report.encoding == said
    assert store.frame("concern")["summary"].tolist() == ["停水三天"]


def test_rare_characters_of_gb18030_survive(store, table):
    """Names of places outside GBK come through."""
    path = table(f"1,{GRID},2026-03-07,用水,㙟𠮷村停水,", encoding="gb18030")

    import_concerns(path, mapping(), store)

    assert store.frame("concern")["summary"].tolist() == ["㙟𠮷村停水"]


def test_text_that_makes_no_sense_is_refused(store, table):
    """Big5 decodes as GB18030 into rubbish; it is refused, and read when named."""
    path = table(
        "1,990428100001001,2026-03-07,用水,停水三天沒有通知請處理,",
        header="編號,網格,日期,類別,情況,戶數",
        encoding="big5",
    )

    with pytest.raises(ImportFileError, match="编码认不出来"):
        import_concerns(path, mapping(), store)

    traditional = {
        "external_id": "編號",
        "grid_id": "網格",
        "heard_on": "日期",
        "demand_type": "類別",
        "summary": "情況",
        "households_affected": "戶數",
    }
    named = mapping(file={"encoding": "big5"}, columns=traditional)
    assert import_concerns(path, named, store).added == 1


def test_encoding_named_wrongly_is_refused(store, table):
    """A named encoding that does not fit is an error, never a replacement character."""
    path = table(LINE, encoding="gbk")

    with pytest.raises(ImportFileError, match="不是 utf-8 编码"):
        import_concerns(path, mapping(file={"encoding": "utf-8"}), store)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_found(store, tmp_path, separator):
    """Comma, semicolon or tab; a text may hold the others."""
    path = tmp_path / "t.csv"
    cells = [["1", GRID, "2026-03-07", "用水", "'a;b|c'", "2"]]
    lines = [HEADER.split(","), *cells]
    path.write_text(
        "\n".join(separator.join(f'"{c}"' for c in line) for line in lines), "utf-8"
    )

    report = import_concerns(path, mapping(), store)

    assert (report.separator, report.added) == (separator, 1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空文件"),
        (b"\xef\xbb\xbf\r\n", "空文件"),
        (HEADER.encode(), "没有数据"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 .xls 或加密"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"PK\x03\x04 and then nothing", "XLSX 工作簿"),
        (b"\x1f\x8b\x08\x00cut", "压缩文件"),
        (b"\x00\x01\x02\xff\xfe\x80\x81" * 40, "编码认不出来"),
    ],
)
def test_what_is_no_table_is_told_by_what_it_is(store, tmp_path, data, says):
    """Chinese first, English after; the ledger is as before."""
    path = tmp_path / "file.dat"
    path.write_bytes(data)

    with pytest.raises(ImportFileError, match=says) as caught:
        import_concerns(path, mapping(), store)

    assert caught.value.en
    assert store.revision_count() == 0


def test_renamed_csv_is_no_workbook(store, table):
    """A name does not make an XLSX."""
    with pytest.raises(ImportFileError, match="应为 XLSX, 其实是 CSV"):
        import_concerns(table(LINE, name="t.xlsx"), mapping(), store)


def test_file_that_is_not_there(store, tmp_path):
    """The name is told, not the folders."""
    with pytest.raises(ImportFileError, match=r"读不到 gone\.csv"):
        import_concerns(tmp_path / "gone.csv", mapping(), store)


def test_missing_columns_name_the_close_ones(store, table):
    """All that are missing, each with what the header has that is like it."""
    path = table(LINE, header="编号,网格码,登记日期,类别,情况,户数")

    with pytest.raises(ImportFileError) as caught:
        import_concerns(path, mapping(), store)

    assert [(p.field, p.en) for p in caught.value.problems] == [
        ("网格", "no such column; close names: 网格码"),
        ("日期", "no such column; close names: 登记日期"),
    ]


def test_column_that_stands_twice_is_refused_if_it_is_wanted(store, table):
    """Which of two columns of one name was meant cannot be told; others may repeat."""
    with pytest.raises(ImportFileError, match="表头中有 2 个同名列"):
        import_concerns(table(LINE + ",", header=HEADER + ",日期"), mapping(), store)

    other = table(LINE + ",,", header=HEADER + ",备注,备注", name="o.csv")
    assert import_concerns(other, mapping(), store).added == 1


def test_titles_above_the_header_are_passed_over(store, table):
    """The header is found by its columns, and its line is said."""
    path = table(HEADER, LINE, header="某县民情台账,,,,,\n2026 年 3 月,,,,,")

    report = import_concerns(path, mapping(), store)

    assert (report.header_line, report.added) == (3, 1)


# --- workbooks ------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path):
    """Write rows as an XLSX file."""

    def write(*rows, sheets=("台账",), merge=()):
        book = Workbook()
        book.remove(book.active)
        for title in sheets:
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
            for cells in merge:
                sheet.merge_cells(cells)
        book.save(tmp_path / "t.xlsx")
        return tmp_path / "t.xlsx"

    return write


NAMES = HEADER.split(",")


def test_workbook_is_read_with_its_types(store, workbook):
    """Dates are dates, serial numbers too, numbers are whole, codes stay text."""
    path = workbook(
        ["某县民情台账"],
        NAMES,
        [1, int(GRID), datetime(2026, 3, 7), "用水", "停水", 12.0],  # noqa: DTZ001 (a cell has no zone)
        ["2", GRID, 46089, "用水", None, None],
        [3, GRID, date(2026, 3, 9), "用水"],
        merge=["A1:F1"],
    )

    report = import_concerns(path, mapping(), store)

    frame = store.frame("concern").sort_values("external_id")
    assert (report.sheet, report.header_line, report.added) == ("台账", 2, 3)
    assert frame["external_id"].tolist() == ["1", "2", "3"]
    assert frame["heard_on"].dt.day.tolist() == [7, 8, 9]
    assert frame["grid_id"].astype(str).tolist() == [GRID] * 3


def test_merged_headings_are_joined(store, workbook):
    """A heading over two columns is part of both names."""
    path = workbook(
        ["编号", "网格", "日期", "类别", "事项", None],
        [None, None, None, None, "情况", "户数"],
        ["1", GRID, "2026-03-07", "用水", "停水", 3],
        merge=["E1:F1"],
    )
    columns = {"summary": "事项/情况", "households_affected": "事项/户数"}

    report = import_concerns(path, mapping(file={"header_rows": 2}, columns=columns), store)

    assert report.added == 1
    assert store.frame("concern")["households_affected"].tolist() == [3]


def test_number_with_too_many_digits_is_refused(store, workbook):
    """Excel keeps 15 digits: an 18-digit number has lost its end."""
    path = workbook(NAMES, [350428199001011234.0, GRID, "2026-03-07", "用水", "", None])

    assert rejected(import_concerns(path, mapping(), store)) == [(2, "external_id", "mangled")]


def test_sheet_must_be_clear(store, workbook):
    """Two sheets that would do: the error names them; naming one settles it."""
    path = workbook(NAMES, ["1", GRID, "2026-03-07", "用水", "", None], sheets=("一月", "二月"))

    with pytest.raises(ImportFileError, match="一月, 二月"):
        import_concerns(path, mapping(), store)
    report = import_concerns(path, mapping(file={"sheet": "二月"}), store)

    assert (report.sheet, report.added) == ("二月", 1)


def test_formula_without_a_value_is_told(store, workbook):
    """A formula that was never worked out would read as empty: the note says so."""
    path = workbook(NAMES, ["1", GRID, "2026-03-07", "用水", "", "=1+1"])

    report = import_concerns(path, mapping(), store)

    assert [note.field for note in report.notes] == ["formula"]
    assert "1 个公式" in report.notes[0].zh


def test_header_only_workbook(store, workbook):
    """A sheet that ends with its header holds no rows, and that is said."""
    with pytest.raises(ImportFileError, match="没有数据"):
        import_concerns(workbook(NAMES), mapping(), store)


def test_workbook_with_drop_down_lists_is_read(store, tmp_path):
    """What Excel adds to a sheet beside its cells is no obstacle and no warning."""
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    book.active.append(NAMES)
    book.active.append(["1", GRID, "2026-03-07", "用水", "", None])
    rule = DataValidation(type="list", formula1='"用水,物业"')
    book.active.add_data_validation(rule)
    rule.add("D2:D99")
    book.save(tmp_path / "t.xlsx")

    assert import_concerns(tmp_path / "t.xlsx", mapping(), store).added == 1


def test_zip_that_is_no_workbook(store, tmp_path):
    """A DOCX or a ZIP renamed to XLSX is told apart."""
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as parts:
        parts.writestr("word/document.xml", "<w/>")

    with pytest.raises(ImportFileError, match="不是完整的 XLSX 工作簿"):
        import_concerns(tmp_path / "t.xlsx", mapping(), store)


def test_example_for_a_chinese_ledger_reads_one(store, grids, tmp_path):
    """The shipped taizhang.toml, used as it is on a ledger kept in Excel."""
    middle = centroid(grids).iloc[42]
    lon, lat = (float(v) for v in wgs84_to_gcj02(middle["lon"], middle["lat"]))
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["青溪县民情台账 (2026 年)"])
    names = "编号 网格编码 登记日期 来源 类别 具体事项 诉求内容 备注 涉及户数 涉及人数 危害程度 险情 "
    sheet.append((names + "经度 纬度 状态 答复日期 回访日期 是否满意 姓名").split())
    said = [
        "入户走访",
        "饮水安全",
        "停水",
        "三天没水",
        "老楼",
        "40户",
        96,
        None,
        "断水、房屋危险",
    ]
    after = ["办理", date(2026, 3, 9), "2026年3月12日", "是", "某"]
    sheet.append(["Q-1", None, date(2026, 3, 7), *said, lon, lat, *after])
    sheet.append(["Q-2", None, date(2026, 3, 8), "大厅", "用水", None, "x", None, None, None])
    sheet.append(["合计", *[None] * 13, "合计"])
    book.save(tmp_path / "t.xlsx")
    shipped = Path(__file__).resolve().parents[1] / "data" / "mappings" / "taizhang.toml"

    report = import_concerns(tmp_path / "t.xlsx", shipped, store, grids=grids)

    row = store.frame("concern").iloc[0]
    assert (report.added, report.skipped, rejected(report)) == (1, 1, [(4, "lon", "no_place")])
    assert row["grid_id"] == grids.index[42]
    assert (row["demand_type"], row["demand_detail"]) == ("water", "water_cut")
    assert (row["summary"], row["safety"]) == (
        "三天没水\n老楼",
        "house_unsafe no_drinking_water",
    )
    assert (row["households_affected"], row["people_affected"]) == (40, 96)
    assert sorted(store.frame("step")["action"]) == ["answered", "followed_up", "registered"]
    assert report.left_out == ("姓名",)


def test_three_thousand_changed_rows_are_revised_in_one_save(store, table):
    """The histories are read together, not one by one; a person's change is still held."""
    header, rest = HEADER, f"{GRID},2026-03-07,用水"
    rows = [f"{i},{rest},,{{n}}" for i in range(3000)]
    import_concerns(table(*(r.format(n=1) for r in rows), header=header), mapping(), store)
    changed = table(*(r.format(n=2) for r in rows), header=header)

    report = import_concerns(changed, mapping(rows={"changed": "revise"}), store)

    assert (report.revised, report.held_rows) == (3000, 0)


def test_histories_of_many_are_the_histories_of_each(store, table):
    """One query gives what one query per record gives."""
    rest = f"{GRID},2026-03-07,用水"
    for n in (1, 2):
        path = table(*(f"{i},{rest},,{n}" for i in range(4)))
        import_concerns(path, mapping(rows={"changed": "revise"}), store)
    ids = list(store.frame("concern").index)

    every = store.histories([*ids, "nobody"])

    assert len(every) == 8
    for record_id in ids:
        alone = every[every["record_id"] == record_id].drop(columns="record_id")
        pd.testing.assert_frame_equal(alone, store.history(record_id))
