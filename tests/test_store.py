"""The store: append-only, all or nothing, conflicts shown."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit.errors import DataError, RecordError, StoreDamagedError, StoreError

CLOCK = datetime(2026, 11, 3, 16, 30, tzinfo=UTC)  # already 4 November in China
SECRET = "张三 13800000000"


def visit(**changed):
    """Make a sound visit."""
    values = {"grid_id": "990428100001001", "visited_on": "2026-11-03", "outcome": "refused"}
    return gk.Visit(**{**values, **changed})


def concern(**changed):
    """Make a sound concern."""
    values = {
        "grid_id": "990428100001001",
        "source": "grid_visit",
        "heard_on": "2026-11-03",
        "demand_type": "water",
    }
    return gk.Concern(**{**values, **changed})


@pytest.fixture
def store(tmp_path):
    """Open a new ledger whose clock stands still."""
    path = tmp_path / "ledger.db"
    with gk.create_store(path, county_code="990428", clock=lambda: CLOCK) as made:
        yield made


def test_what_was_added_is_there_when_the_ledger_is_opened_again(store):
    """A visit, a concern of it and a step on that, in one save."""
    seen, heard = visit(note="下次带扳手"), concern(summary="家里停水三天", people_affected=4)
    heard = heard.model_copy(update={"visit_id": seen.record_id})
    step = gk.Step(concern_id=heard.record_id, action="registered", on="2026-11-03")

    receipt = store.add([step, heard, seen], by_role="grid_worker")
    store.close()

    with gk.open_store(store.path) as again:
        assert len(receipt.rev_ids) == 3
        assert again.frame("concern").loc[heard.record_id, "summary"] == "家里停水三天"
        assert again.frame("step")["concern_id"].tolist() == [heard.record_id]
        assert again.current([heard.record_id])[heard.record_id].record == heard
        assert again.check().empty


def test_a_revision_says_who_when_and_on_which_civil_day(store):
    """UTC for the moment, Asia/Shanghai for the date; a role, not a name."""
    heard = concern()
    store.add([heard], by_role="grid_worker", why="走访得知")

    row = store.history(heard.record_id).iloc[0]

    assert row["recorded_at"] == "2026-11-03T16:30:00.000Z"
    assert row["local_date"] == "2026-11-04"
    assert (row["by_role"], row["why"], row["op"]) == ("grid_worker", "走访得知", "put")


def test_a_change_keeps_what_was_there_before(store):
    """History grows; the current state shows the last version."""
    heard = concern(people_affected=1)
    first = store.add([heard], by_role="grid_worker")
    more = heard.model_copy(update={"people_affected": 6})

    store.revise(more, parents=first.rev_ids, by_role="centre_staff", why="核实后更正")

    assert store.frame("concern").loc[heard.record_id, "people_affected"] == 6
    assert store.history(heard.record_id)["body"].str.contains('"people_affected":1').any()
    assert store.conflicts().empty


def test_additions_and_changes_are_one_save(store):
    """A new version that is refused keeps the new records out, too."""
    old, fresh = concern(people_affected=1), concern()
    base = store.add([old], by_role="grid_worker").rev_ids
    more = old.model_copy(update={"people_affected": 6})

    with pytest.raises(RecordError, match="versions"):
        store.add([fresh], revised=[(more, ["nowhere"])], by_role="importer", why="导入")
    assert len(store.frame("concern")) == 1
    store.add([fresh], revised=[(more, base)], by_role="importer", why="导入")

    assert store.frame("concern")["people_affected"].max() == 6
    assert store.seen([old.record_id, fresh.record_id, "nowhere"]) == {
        old.record_id,
        fresh.record_id,
    }


def test_two_changes_of_one_version_are_a_conflict_until_a_person_merges_them(store):
    """Both are kept and shown; nothing is hidden behind the later one."""
    heard = concern(people_affected=1)
    base = store.add([heard], by_role="grid_worker").rev_ids
    here = heard.model_copy(update={"people_affected": 5})
    there = heard.model_copy(update={"people_affected": 7})

    a = store.revise(here, parents=base, by_role="grid_worker", why="五口人")
    b = store.revise(there, parents=base, by_role="centre_staff", why="七口人")

    assert (a.conflicts, b.conflicts) == ((), (heard.record_id,))
    assert store.conflicts().loc[heard.record_id, "n_heads"] == 2
    assert store.frame("concern").loc[heard.record_id, "n_heads"] == 2
    heads = store.current([heard.record_id])[heard.record_id].heads
    assert set(heads) == {*a.rev_ids, *b.rev_ids}

    store.revise(there, parents=heads, by_role="centre_staff", why="再核实: 七口")

    assert store.conflicts().empty
    assert store.history(heard.record_id)["op"].tolist() == ["put", "put", "put", "merge"]
    assert store.check().empty


def test_a_withdrawn_record_leaves_the_ledger_but_not_the_history(store):
    """Append-only: taking back is a revision too."""
    heard = concern()
    base = store.add([heard], by_role="grid_worker").rev_ids

    store.withdraw(heard.record_id, parents=base, by_role="grid_worker", why="重复登记")

    assert store.frame("concern").empty
    assert store.current([heard.record_id]) == {}
    assert store.history(heard.record_id)["op"].tolist() == ["put", "withdraw"]
    assert store.check().empty


def test_what_others_refer_to_is_not_withdrawn(store):
    """A concern with steps, a visit with concerns: those first, and how many is said."""
    seen = visit()
    heard = [concern(visit_id=seen.record_id) for _ in range(2)]
    taken = gk.Step(concern_id=heard[0].record_id, action="registered", on="2026-11-03")
    store.add([seen, *heard, taken], by_role="grid_worker")

    def withdraw(record):
        heads = store.current([record.record_id])[record.record_id].heads
        store.withdraw(record.record_id, parents=heads, by_role="grid_worker", why="重复")

    with pytest.raises(RecordError, match=r"2 条诉求[\s\S]*\(2 concern\(s\)\); withdraw those"):
        withdraw(seen)
    with pytest.raises(RecordError, match=r"\(1 step\(s\)\)"):
        withdraw(heard[0])
    for record in (taken, *heard, seen):
        withdraw(record)

    assert [len(store.frame(kind)) for kind in ("visit", "concern", "step")] == [0, 0, 0]
    assert store.check().empty


def test_a_concern_can_be_corrected_after_its_visit_is_gone(store):
    """Only what a change newly refers to must be there."""
    seen, heard = visit(), concern()
    heard = heard.model_copy(update={"visit_id": seen.record_id})
    store.add([seen, heard], by_role="grid_worker")
    other = sqlite3.connect(store.path)
    other.execute("DELETE FROM visit")  # as older versions left it, which let it be withdrawn
    other.commit()
    other.close()
    heads = store.current([heard.record_id])[heard.record_id].heads

    more = heard.model_copy(update={"people_affected": 6})
    store.revise(more, parents=heads, by_role="grid_worker", why="更正人数")
    elsewhere = heard.model_copy(update={"visit_id": gk.records.ids.new_id()})

    assert store.frame("concern")["people_affected"].tolist() == [6]
    with pytest.raises(RecordError, match="the visit it refers to"):
        store.revise(elsewhere, parents=heads, by_role="grid_worker", why="更正")


def test_history_is_in_order_though_the_clock_was_set_back(tmp_path):
    """A version stands behind the one it was made from, whatever the clock said."""
    days = iter([3, 3, 1, 1, 2, 2, 1, 1])
    clock = lambda: datetime(2026, 11, next(days), 4, tzinfo=UTC)  # noqa: E731
    path = tmp_path / "ledger.db"
    heard = concern(heard_on="2026-10-01", people_affected=1)
    with gk.create_store(path, county_code="990428", clock=clock) as store:
        store.add([heard], by_role="grid_worker")
        for people in (2, 3, 4):
            heads = store.current([heard.record_id])[heard.record_id].heads
            later = heard.model_copy(update={"people_affected": people})
            store.revise(later, parents=heads, by_role="grid_worker", why="更正")

        history = store.history(heard.record_id)
        of_many = store.histories([heard.record_id])

    assert list(of_many.index) == list(history.index)
    assert history["seq"].tolist() == [1, 2, 3, 4]
    assert history["recorded_at"].str[8:10].tolist() == ["03", "01", "02", "01"]


def test_one_save_does_not_change_a_record_twice(store):
    """That would be a conflict with itself."""
    heard = concern()
    heads = store.add([heard], by_role="grid_worker").rev_ids

    with pytest.raises(RecordError, match="changed twice"):
        store.add([], revised=[(heard, heads)] * 2, by_role="grid_worker", why="更正")

    assert store.revision_count() == 1
    assert store.conflicts().empty


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("people_affected", -5),
        ("summary", "水" * 100_000),
        ("heard_on", "yesterday"),
        ("record_id", "two words"),
        ("lat", 91.0),
    ],
)
def test_what_a_copy_slipped_past_the_model_is_refused(store, field, value):
    """`model_copy` asks no rule; `add` asks them all again."""
    slipped = concern(lat=26.7, lon=117.5, place_source="map")

    with pytest.raises(RecordError) as caught:
        store.add([slipped.model_copy(update={field: value})], by_role="grid_worker")

    assert field in {p.field for p in caught.value.problems}
    assert store.revision_count() == 0


def test_codes_that_the_profile_lacks_have_one_order(store):
    """The same ledger gives the same categories in every process."""
    store.add([concern() for _ in range(20)], by_role="grid_worker")
    other = sqlite3.connect(store.path)
    for number, (record_id,) in enumerate(
        other.execute("SELECT record_id FROM concern").fetchall()
    ):
        statement = "UPDATE concern SET demand_type=? WHERE record_id=?"
        other.execute(statement, (f"old_{19 - number:02}", record_id))
    other.commit()
    other.close()

    categories = list(store.frame("concern")["demand_type"].cat.categories)

    assert categories[-20:] == [f"old_{number:02}" for number in range(20)]


def test_one_bad_record_keeps_the_whole_save_out(store):
    """Nothing is half written; every fault is named with its record's number."""
    good, bad = visit(), concern(demand_type="waters", summary=SECRET, people_affected=3)

    with pytest.raises(RecordError) as caught:
        store.add([good, bad], by_role="grid_worker")

    assert [(p.row, p.field) for p in caught.value.problems] == [("concern 2", "demand_type")]
    assert SECRET not in str(caught.value)
    assert store.frame("visit").empty
    assert store.revision_count() == 0


def test_the_message_of_a_refused_save_says_what_to_do(store):
    """One whole message per error class, Chinese first."""
    with pytest.raises(RecordError) as caught:
        store.add([concern(heard_on="2026-12-01")], by_role="grid_worker")

    assert str(caught.value) == (
        "有 1 处不合要求, 没有写入任何内容; 请更正后再保存。\n"
        "1 fault(s), so nothing was written; correct them, then save again.\n"
        "  concern 1 · heard_on: 日期不能晚于今天 / The date cannot be after today"
    )


def test_references_must_lead_somewhere(store):
    """A step on a matter that is not in the ledger is refused."""
    step = gk.Step(concern_id="nowhere", action="routed", on="2026-11-03")

    with pytest.raises(RecordError, match="concern_id"):
        store.add([step], by_role="centre_staff")


def test_the_same_record_twice_is_refused(store):
    """An id is taken once; a second save must be a revision."""
    heard = concern()
    store.add([heard], by_role="grid_worker")

    with pytest.raises(RecordError, match="record_id"):
        store.add([heard], by_role="grid_worker")
    with pytest.raises(RecordError, match="record_id"):
        store.add([one := concern(), one], by_role="grid_worker")
    assert len(store.frame("concern")) == 1


@pytest.mark.parametrize("role", ["张三", "", "grid worker"])
def test_who_wrote_it_is_a_role_never_a_name(store, role):
    """R1: the store has no place for a person's name."""
    with pytest.raises(RecordError, match="by_role"):
        store.add([visit()], by_role=role)


def test_changes_need_a_reason_and_their_own_record(store):
    """Why is part of every change; parents must be revisions of that very record."""
    one, other = concern(), concern()
    ids = store.add([one, other], by_role="grid_worker").rev_ids

    with pytest.raises(RecordError, match="why"):
        store.revise(one, parents=ids[:1], by_role="grid_worker", why=" ")
    with pytest.raises(RecordError, match="versions"):
        store.revise(one, parents=ids[1:], by_role="grid_worker", why="更正")
    with pytest.raises(RecordError, match="versions"):
        store.withdraw("nowhere", parents=ids, by_role="grid_worker", why="重复")
    seen = visit(record_id=one.record_id)
    with pytest.raises(RecordError, match="kind"):
        store.revise(seen, parents=ids[:1], by_role="grid_worker", why="更正")
    assert store.revision_count() == 2


def test_a_ledger_is_never_overwritten(store):
    """Making a ledger where one is, or opening none, says what to do."""
    with pytest.raises(StoreError, match="exists and is not overwritten"):
        gk.create_store(store.path, county_code="990428")
    with pytest.raises(StoreError, match="gridkit new"):
        gk.open_store(store.path.with_name("other.db"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_file_is_readable_by_its_owner_only(store):
    """Mode 0600: residents' words are not for other users of the machine."""
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [b"", b"hello, this is no ledger" * 100, "姓名,电话\n".encode("gbk") * 200],
    ids=["empty", "text", "gbk"],
)
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(tmp_path, content):
    """What is not ours is not touched."""
    path = tmp_path / "ledger.db"
    path.write_bytes(content)

    with pytest.raises(StoreDamagedError, match="salvage"):
        gk.open_store(path)

    assert path.read_bytes() == content


def test_another_programs_database_is_no_ledger(tmp_path):
    """An SQLite file without our mark is refused."""
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE meta (key, value)")
    other.commit()
    other.close()

    with pytest.raises(StoreDamagedError):
        gk.open_store(path)


def test_a_ledger_of_a_newer_gridkit_is_refused(store):
    """An older program does not write what it does not understand."""
    store.close()
    other = sqlite3.connect(store.path)
    other.execute("PRAGMA user_version=99")
    other.close()

    with pytest.raises(StoreError, match="newer gridkit"):
        gk.open_store(store.path)


def test_a_ledger_of_an_older_spec_catches_up_from_its_revisions(store):
    """A field that a later version adds appears; nothing else changes."""
    heard = concern(people_affected=4)
    store.add([heard], by_role="grid_worker")
    before = store.frame("concern")
    store.close()
    other = sqlite3.connect(store.path)
    other.execute("ALTER TABLE concern DROP COLUMN wanted")
    other.commit()
    other.close()

    with gk.open_store(store.path) as again:
        pd.testing.assert_frame_equal(again.frame("concern"), before)
        assert again.check().empty


def test_a_ledger_of_a_newer_spec_is_refused_and_keeps_its_columns(store):
    """An older program would leave out the fields it does not know."""
    store.add([concern()], by_role="grid_worker")
    store.close()
    other = sqlite3.connect(store.path)
    other.execute("ALTER TABLE concern ADD COLUMN since_when TEXT")
    other.execute("UPDATE meta SET value='99' WHERE key='spec_version'")
    other.commit()

    with pytest.raises(StoreError, match="newer gridkit"):
        gk.open_store(store.path)

    assert "since_when" in {row[1] for row in other.execute("PRAGMA table_info(concern)")}
    other.close()


def test_a_ledger_from_before_versions_were_noted_opens_and_is_written(store):
    """No `spec_version`, a device for the whole file: it goes on in a new chain."""
    store.add([visit()], by_role="grid_worker")
    store.close()
    other = sqlite3.connect(store.path)
    other.execute("DELETE FROM meta WHERE key='spec_version'")
    other.execute("UPDATE meta SET key='device' WHERE key LIKE 'device:%'")
    other.commit()
    other.close()

    with gk.open_store(store.path, clock=lambda: CLOCK) as again:
        again.add([visit()], by_role="grid_worker")

        assert again.check().empty
        assert len(again.frame("visit")) == 2
        assert again.tips()["seq"].tolist() == [1, 1]


def test_ledgers_opened_at_once_rebuild_once(store):
    """Whoever waits for the rebuild finds the tables as they should be."""
    store.add([concern() for _ in range(50)], by_role="grid_worker")
    store.close()
    other = sqlite3.connect(store.path)
    other.execute("ALTER TABLE concern DROP COLUMN wanted")
    other.commit()
    before = other.execute("PRAGMA schema_version").fetchone()[0]

    def size():
        with gk.open_store(store.path) as again:
            return again.size("concern")

    with ThreadPoolExecutor(4) as pool:
        assert [job.result() for job in [pool.submit(size) for _ in range(4)]] == [50] * 4

    once = other.execute("PRAGMA schema_version").fetchone()[0] - before
    other.execute("ALTER TABLE concern DROP COLUMN wanted")
    other.commit()
    before = other.execute("PRAGMA schema_version").fetchone()[0]
    size()
    assert once == other.execute("PRAGMA schema_version").fetchone()[0] - before > 0
    other.close()


def test_of_two_who_make_one_ledger_one_is_refused(tmp_path):
    """What the first has saved is never replaced by the empty file of the second."""
    path, start = tmp_path / "ledger.db", Barrier(6)

    def make():
        start.wait()
        try:
            with gk.create_store(path, county_code="990428") as made:
                made.add([visit()], by_role="grid_worker")
        except StoreError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(6) as pool:
        told = sorted(job.result() for job in [pool.submit(make) for _ in range(6)])

    assert told[0] == ""
    assert all("exists and is not overwritten" in text for text in told[1:])
    with gk.open_store(path) as store:
        assert store.size("visit") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["ledger.db"]


def test_where_files_cannot_be_linked_a_ledger_is_made_and_not_overwritten(
    tmp_path, monkeypatch
):
    """USB sticks with FAT have no links; there is none to test on, so linking is taken away."""

    def refuse(*_paths: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    test_of_two_who_make_one_ledger_one_is_refused(tmp_path)


def test_a_copied_ledger_goes_on_in_a_chain_of_its_own(store, tmp_path, monkeypatch):
    """On another machine or beside the first: no number is given twice, all is sound."""
    store.add([visit()], by_role="grid_worker")
    store.close()
    beside = shutil.copy(store.path, tmp_path / "beside.db")
    (tmp_path / "far").mkdir()
    far = shutil.copy(store.path, tmp_path / "far" / "ledger.db")
    tips = []
    for path, home in ((store.path, None), (beside, None), (far, tmp_path / "their home")):
        if home is not None:
            monkeypatch.setenv("GRIDKIT_HOME", str(home))
        for _ in range(2):  # the second time it goes on where it was
            with gk.open_store(path, clock=lambda: CLOCK) as opened:
                opened.add([visit()], by_role="grid_worker")
                assert opened.check().empty
                tips.append(opened.tips())

    assert [len(t) for t in tips] == [1, 1, 2, 2, 2, 2]
    written = [set(t.index) for t in tips[1::2]]
    own = [written[0], written[1] - written[0], written[2] - written[0]]
    assert len(set.union(*own)) == 3
    assert tips[3].loc[list(own[1]), "seq"].tolist() == [2]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_installation_is_a_random_number_of_the_users_own(tmp_path, monkeypatch):
    """Mode 0600, nothing in it but a UUID, and not a word of it in the ledger."""
    monkeypatch.setenv("GRIDKIT_HOME", str(tmp_path / "home"))
    with gk.create_store(tmp_path / "ledger.db", county_code="990428") as made:
        made.add([visit()], by_role="grid_worker")
    file = tmp_path / "home" / "installation"

    number = file.read_text().strip()
    assert uuid.UUID(number).version == 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert number.encode() not in (tmp_path / "ledger.db").read_bytes()

    file.write_text("garbled")
    with gk.open_store(tmp_path / "ledger.db") as again:
        again.add([visit()], by_role="grid_worker")
        assert len(again.tips()) == 2
    assert uuid.UUID(file.read_text().strip()).version == 4


def test_without_a_home_that_can_be_written_ledgers_work(store, tmp_path, monkeypatch):
    """The process then has a number of its own: a new chain, which is sound."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GRIDKIT_HOME", str(tmp_path / "file" / "home"))
    for _ in range(2):
        with gk.open_store(store.path, clock=lambda: CLOCK) as opened:
            opened.add([visit()], by_role="grid_worker")
            assert opened.check().empty
            assert opened.tips()["seq"].sum() == opened.size("visit")


def test_frames_have_the_types_of_the_spec_and_no_object_columns(store):
    """Codes are categories with the profile's order, dates are dates, counts are Int64."""
    store.add([concern(people_affected=3, since="2026-11-01")], by_role="grid_worker")

    for frame in (store.frame("concern"), store.frame("visit"), store.frame("step")):
        assert "object" not in set(map(str, frame.dtypes))
    dtypes = store.frame("concern").dtypes.astype(str)
    assert dtypes[["people_affected", "since", "lon", "demand_type", "summary"]].tolist() == [
        "Int64",
        "datetime64[s]",
        "float64",
        "category",
        "str",
    ]
    types = store.frame("concern")["demand_type"].cat.categories
    assert list(types) == list(store.profile.codes("demand_type"))


def test_an_empty_ledger_gives_empty_frames_of_the_same_types(store):
    """Nothing recorded yet is no special case."""
    empty = store.frame("concern")
    store.add([concern()], by_role="grid_worker")

    full = store.frame("concern")

    assert len(empty) == 0
    same = [c for c in full if not isinstance(full[c].dtype, pd.CategoricalDtype)]
    assert empty[same].dtypes.equals(full[same].dtypes)


def test_some_columns_are_read_alone_and_unknown_ones_named(store):
    """Large ledgers are read in part; a wrong name is told."""
    store.add([concern()], by_role="grid_worker")

    assert list(store.frame("concern", columns=["grid_id"]).columns) == ["grid_id", "n_heads"]
    with pytest.raises(DataError, match="phone"):
        store.frame("concern", columns=["phone"])


WORDS = st.text(max_size=60)
CONCERNS = st.builds(
    concern,
    summary=WORDS,
    wanted=WORDS,
    people_affected=st.none() | st.integers(1, 1_000_000),
    heard_on=st.dates(date(2000, 1, 1), date(2026, 11, 4)),
    safety=st.none() | st.sets(st.sampled_from(["house_unsafe", "violence"])),
    demand_type=st.sampled_from(["water", "roads", "other"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(CONCERNS, max_size=8))
def test_any_records_come_back_as_they_were(tmp_path_factory, records):
    """Round trip: whatever was typed is what is read, one by one and as a frame."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with gk.create_store(path, county_code="990428", clock=lambda: CLOCK) as store:
        store.add(records, by_role="grid_worker")

        again = store.current([r.record_id for r in records])
        frame = store.frame("concern")

        assert {i: c.record for i, c in again.items()} == {r.record_id: r for r in records}
        for record in records:
            row = frame.loc[record.record_id]
            assert (row["summary"] if pd.notna(row["summary"]) else None) == record.summary
            assert row["heard_on"].date() == record.heard_on
        assert store.check().empty


def test_a_folder_without_write_permission_says_so(tmp_path):
    """Not every office machine lets one write everywhere."""
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match="permission"):
        gk.create_store(tmp_path / "ledger.db", county_code="990428")


def test_no_folder_says_so(tmp_path):
    """The folder must be there; it is not made behind one's back."""
    with pytest.raises(StoreError, match="check the folder"):
        gk.create_store(tmp_path / "no" / "ledger.db", county_code="990428")
