"""Nothing is lost: kill -9, several writers, a full disk, a locked or damaged file."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress

import pytest

import gridkit as gk
from gridkit.errors import (
    GridkitError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
)
from gridkit.records import salvage

WRITER = """
import sys
import gridkit as gk
store = gk.open_store(sys.argv[1])
for number in range(int(sys.argv[2])):
    visit = gk.Visit(grid_id="990428100001001", visited_on="2026-01-05", outcome="refused",
                     note=sys.argv[3] + "-" + str(number))
    store.add([visit], by_role="grid_worker")
    print(visit.record_id, flush=True)
"""

HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
input()
"""


def visit(number=0):
    """Make a visit with a text long enough to fill pages."""
    note = f"第{number}次 " + "水" * 200
    return gk.Visit(
        grid_id="990428100001001", visited_on="2026-01-05", outcome="refused", note=note
    )


@pytest.fixture
def path(tmp_path):
    """Make a ledger with 200 visits and close it."""
    made = tmp_path / "ledger.db"
    with gk.create_store(made, county_code="990428") as store:
        for start in range(0, 200, 20):
            store.add([visit(start + i) for i in range(20)], by_role="grid_worker")
    return made


def writer(path, count, name):
    """Start a process that saves one visit after another and says each id once saved."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(count), name],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(path):
    """Five writers are killed in mid-work; every id they printed is in the ledger."""
    acknowledged = []
    for round_number in range(5):
        process = writer(path, 100_000, f"r{round_number}")
        first = process.stdout.readline()
        time.sleep(0.05 + 0.037 * round_number)
        process.send_signal(signal.SIGKILL)
        acknowledged += [first, *process.communicate()[0].splitlines()]

    with gk.open_store(path) as store:
        there = set(store.frame("visit").index)
        ids = {line.strip() for line in acknowledged if len(line.strip()) == 36}

        assert len(ids) >= 5
        assert ids <= there
        assert len(there) <= 200 + len(ids) + 5  # at most one saved and not yet told per kill
        assert store.check().empty


def test_four_writers_on_one_file_keep_every_record_and_one_chain(path):
    """Writers take turns; none is refused and the numbering has no gap."""
    processes = [writer(path, 25, f"w{n}") for n in range(4)]
    ids = {line for p in processes for line in p.communicate()[0].splitlines()}

    assert [p.returncode for p in processes] == [0] * 4
    with gk.open_store(path) as store:
        assert len(ids) == 100
        assert ids <= set(store.frame("visit").index)
        assert store.revision_count() == 300
        assert store.check().empty


def test_a_ledger_open_twice_shows_each_what_the_other_saved(path):
    """Two notebooks on one ledger: both read, both write."""
    with gk.open_store(path) as one, gk.open_store(path) as other:
        one.add([visit(1001)], by_role="grid_worker")
        other.add([visit(1002)], by_role="grid_worker")

        assert len(one.frame("visit")) == len(other.frame("visit")) == 202


def test_a_ledger_that_stays_locked_says_so_and_writes_nothing(path):
    """After the wait: save again, nothing was written."""
    with gk.open_store(path, busy_seconds=0.2) as store:
        # another process: file locks do not part two SQLite libraries within one
        blocker = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        blocker.stdout.readline()

        with pytest.raises(StoreBusyError) as caught:
            store.add([visit()], by_role="grid_worker")

        blocker.communicate(b"\n")
        assert "没有写入任何内容" in str(caught.value)
        assert len(store.frame("visit")) == 200


@pytest.fixture
def small_disk(tmp_path):
    """Mount a real file system of one megabyte; only root can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip("this sandbox does not let root mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_refuses_the_save_and_keeps_what_was_there(small_disk):
    """A real full disk: the save fails in plain words, the ledger stays sound."""
    with gk.create_store(small_disk / "ledger.db", county_code="990428") as store:
        saved = 0
        with pytest.raises(StoreFullError) as caught:  # noqa: PT012 (the disk fills up at some save)
            while saved < 10_000:
                store.add([visit(saved)], by_role="grid_worker")
                saved += 1

        assert saved > 10
        assert "磁盘已满" in str(caught.value)
        assert len(store.frame("visit")) == saved
        assert store.check().empty


def test_a_truncated_ledger_is_refused_untouched_and_can_be_salvaged(path, tmp_path):
    """Half a file: what can be read and proved goes into a new ledger."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 4])

    with pytest.raises(StoreDamagedError, match="salvage"):
        gk.open_store(path)
    rescue = salvage(path, tmp_path / "rescued.db")

    assert path.read_bytes() == whole[: len(whole) * 3 // 4]
    assert 0 < rescue.saved < 200
    assert rescue.altered == 0
    with gk.open_store(rescue.path) as store:
        assert len(store.frame("visit")) == rescue.saved


def test_a_flipped_bit_in_a_record_is_found_and_named(path):
    """The hash does not fit any more: check says which revision."""
    whole = bytearray(path.read_bytes())
    where = whole.index("第150次".encode())
    whole[where + 3] ^= 0x01
    path.write_bytes(bytes(whole))

    with gk.open_store(path) as store:
        problems = store.check()

    assert len(problems) >= 1
    assert problems["problem_zh"].str.contains("校验值不符|当前内容与修订不符").any()
    assert not problems.to_csv().count("水水水")


@pytest.mark.parametrize("page", [1, 2, 5, 20, 40])
def test_a_garbled_page_never_passes_for_sound(path, page):
    """Wherever the damage is: refused when opened, or found by check."""
    whole = bytearray(path.read_bytes())
    assert (page + 1) * 4096 < len(whole)
    whole[page * 4096 : page * 4096 + 64] = random.Random(page).randbytes(64)
    path.write_bytes(bytes(whole))

    try:
        with gk.open_store(path) as store:
            sound = store.check().empty
    except StoreDamagedError:
        sound = False

    assert not sound


@pytest.fixture(scope="module")
def small_ledger(tmp_path_factory):
    """Make a ledger of every kind of page: records, their changes, a conflict."""
    path = tmp_path_factory.mktemp("small") / "ledger.db"
    with gk.create_store(path, county_code="990428") as store:
        visits = [visit(number) for number in range(8)]
        concerns = [concern(v.record_id) for v in visits]
        store.add([*visits, *concerns], by_role="grid_worker")
        taken = [
            gk.Step(concern_id=c.record_id, action="registered", on="2026-01-05")
            for c in concerns
        ]
        store.add(taken, by_role="grid_worker")
        heads = store.current([visits[0].record_id])[visits[0].record_id].heads
        for _ in range(2):
            store.revise(visits[0], parents=heads, by_role="grid_worker", why="更正")
        return path, concerns[0].record_id, [r.record_id for r in (*visits, *concerns)]


def concern(visit_id):
    """Make a concern heard at a visit."""
    return gk.Concern(
        visit_id=visit_id,
        grid_id="990428100001001",
        source="grid_visit",
        heard_on="2026-01-05",
        demand_type="water",
        people_affected=3,
        lon=117.5,
        lat=26.7,
        place_source="map",
    )


def read_all(path, concern_id, ids):
    """Read a ledger in every way there is; give what check found."""
    with gk.open_store(path) as store:
        found = store.check()
        for read in (
            lambda: [store.frame(kind) for kind in gk.records.MODELS],
            lambda: store.current(ids),
            lambda: store.case(concern_id),
            lambda: store.history(ids[0]),
            store.conflicts,
            store.tips,
            store.revision_count,
            lambda: store.add([visit()], by_role="grid_worker"),
        ):
            with suppress(GridkitError):
                read()
    return found


@pytest.mark.parametrize("seed", range(15))
def test_a_flipped_bit_anywhere_is_told_in_plain_words(small_ledger, tmp_path, seed):
    """Ten flips each, one at a time: a finding, an error of ours, or no harm; never a crash."""
    whole, chance, path = small_ledger[0].read_bytes(), random.Random(seed), tmp_path / "l.db"
    for _ in range(10):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(flipped))

        with suppress(GridkitError):
            read_all(path, *small_ledger[1:])


DAMAGE = {
    "body that is no JSON": "body='{\"grid_id\":'",
    "body that is no UTF-8": "body=CAST(x'7b22ff22' AS TEXT)",
    "body that is a blob": "body=x'7b7d'",
    "parents that are no JSON": "parents='['",
    "kind that is none": "kind='concerm'",
    "number that is none": "seq='x'",
    "nothing at all": "record_id=CAST(x'ff' AS TEXT), rev_id=CAST(x'fe' AS TEXT), kind=x'00'",
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_check_names_a_damaged_revision_and_reading_it_is_refused(
    small_ledger, tmp_path, change
):
    """`check` goes on to the end; `current` and `case` say that the ledger is damaged."""
    path = shutil.copy(small_ledger[0], tmp_path / "damaged.db")
    other = sqlite3.connect(path)
    other.execute(f"UPDATE revision SET {change} WHERE record_id=?", small_ledger[1:2])
    other.commit()
    other.close()

    with gk.open_store(path) as store:
        found = store.check()
        if "record_id" not in change:
            with pytest.raises(StoreDamagedError, match="salvage"):
                store.current([small_ledger[1]])
            with pytest.raises(StoreDamagedError, match="salvage"):
                store.case(small_ledger[1])

    assert found["problem_zh"].str.contains("校验值不符|已损坏").any()
    assert found.to_csv().encode("utf-8")


def test_a_damaged_ledger_of_an_older_spec_is_refused_not_rebuilt(small_ledger, tmp_path):
    """What cannot be proved never becomes the current state."""
    path = shutil.copy(small_ledger[0], tmp_path / "damaged.db")
    other = sqlite3.connect(path)
    other.execute("UPDATE revision SET body='{}' WHERE record_id=?", small_ledger[1:2])
    other.execute("ALTER TABLE concern DROP COLUMN wanted")
    other.commit()
    other.close()

    with pytest.raises(StoreDamagedError, match="salvage"):
        gk.open_store(path)


def test_a_frame_of_garbled_values_is_refused(small_ledger, tmp_path):
    """A date that is none is damage, told in plain words."""
    path = shutil.copy(small_ledger[0], tmp_path / "damaged.db")
    other = sqlite3.connect(path)
    other.execute("UPDATE concern SET heard_on='2026-1x-05'")
    other.commit()
    other.close()

    with gk.open_store(path) as store, pytest.raises(StoreDamagedError, match="salvage"):
        store.frame("concern")


def test_a_changed_row_behind_the_programs_back_is_found(path):
    """Editing the table of revisions breaks the chain; editing current state is seen too."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    for file, statement, word in (
        (path, "UPDATE revision SET why='别的理由' WHERE seq=77", "校验值不符"),
        (copy, "UPDATE visit SET outcome='met'", "当前内容与修订不符"),
    ):
        other = sqlite3.connect(file)
        other.execute(statement)
        other.commit()
        other.close()
        with gk.open_store(file) as store:
            assert store.check()["problem_zh"].str.contains(word).any()


def test_a_revision_cut_out_of_the_middle_is_missed(path):
    """The numbering of the chain has a gap."""
    other = sqlite3.connect(path)
    other.execute("DELETE FROM revision WHERE seq BETWEEN 90 AND 91")
    other.commit()
    other.close()

    with gk.open_store(path) as store:
        problems = store.check()

    assert problems["problem_en"].str.contains("2 revision\\(s\\) before it are missing").any()


@pytest.mark.parametrize("number", [200_000_000, -5])
def test_salvage_is_not_misled_by_a_garbled_row_number(path, tmp_path, number):
    """It looks where rows are, not at every number up to the greatest."""
    other = sqlite3.connect(path)
    other.execute("UPDATE revision SET rowid=? WHERE rowid=77", (number,))
    other.commit()
    other.close()

    rescue = salvage(path, tmp_path / "rescued.db")

    assert rescue.saved == 200


def test_salvage_brings_over_what_lies_between_two_damaged_pages(path, tmp_path):
    """Reading from both ends stops at the damage; between, it goes on row by row."""
    whole = bytearray(path.read_bytes())
    for word in ("第50次", "第150次"):
        page = whole.index(word.encode()) // 4096
        whole[page * 4096 : page * 4096 + 16] = random.Random(1).randbytes(16)
    path.write_bytes(bytes(whole))

    rescue = salvage(path, tmp_path / "rescued.db")

    assert 180 < rescue.saved < 200
    with gk.open_store(rescue.path) as store:
        assert store.frame("visit")["note"].str.contains("第100次").any()


def test_salvage_of_no_file_says_so(tmp_path):
    """A wrong path is told as such."""
    with pytest.raises(StoreError, match="no ledger nowhere"):
        salvage(tmp_path / "nowhere.db", tmp_path / "rescued.db")


def test_salvage_of_nothing_says_so(tmp_path):
    """A file with no readable revision is left alone, with a message."""
    path = tmp_path / "noise.db"
    path.write_bytes(random.Random(1).randbytes(20_000))

    with pytest.raises(StoreError, match="use a backup"):
        salvage(path, tmp_path / "rescued.db")

    assert not (tmp_path / "rescued.db").exists()


def test_a_failure_within_a_save_leaves_nothing_of_it(path, monkeypatch):
    """The process fails between the revision and the current state: both are rolled back."""
    with gk.open_store(path) as store:
        before = store.revision_count()

        def fail(*_args: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("gridkit.records.projection.apply", fail)
        with pytest.raises(KeyboardInterrupt):
            store.add([visit()], by_role="grid_worker")
        monkeypatch.undo()

        assert store.revision_count() == before
        assert store.check().empty
