"""Merge: any bundles in any order give one ledger; what is not sound changes nothing."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit.errors import BundleError, BundleGapError, DataError
from gridkit.records import conflicts, signing
from gridkit.records.bundle import bundle, bundle_header
from gridkit.records.merge import Merged, Refused, merge, merge_all
from gridkit.records.tables import CURRENT, HEAD, REVISION

COUNTY = "990428"
BEGAN = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


def opened(path: Path, county: str = COUNTY):
    """Make a ledger whose clock goes on by a minute at each look."""
    ticks = itertools.count()
    return gk.create_store(
        path, county_code=county, clock=lambda: BEGAN + timedelta(minutes=next(ticks))
    )


def concern(**changed):
    """Make a sound concern."""
    values = {
        "grid_id": "990428100001001",
        "source": "grid_visit",
        "heard_on": "2026-10-30",
        "demand_type": "water",
    }
    return gk.Concern(**{**values, **changed})


def trusted():
    """Trust this installation, which signs every bundle of the tests."""
    return [signing.TrustedKey(signing.own_public(), "本机")]


def contents(store):
    """Give all that must not depend on the order: revisions, heads, and each kind as it stands."""
    with store.reading() as connection:
        tables = (REVISION, HEAD, *CURRENT.values())
        rows = {table.name: connection.execute(sa.select(table)).all() for table in tables}
    return {name: sorted(repr(tuple(row)) for row in found) for name, found in rows.items()}


@pytest.fixture
def apart(tmp_path):
    """Make two tablets that began from one ledger and went on apart, each twice bundled."""
    a, b = opened(tmp_path / "a.db"), opened(tmp_path / "b.db")
    shared = [concern(people_affected=n) for n in (1, 2)]
    a.add(shared, by_role="grid_worker")
    bundle(a, tmp_path / "a1.gkb")
    merge(b, tmp_path / "a1.gkb", trusted=trusted())
    heads = {r.record_id: a.current([r.record_id])[r.record_id].heads for r in shared}
    for store, people in ((a, 5), (b, 7)):
        changed = shared[0].model_copy(update={"people_affected": people})
        store.revise(
            changed, parents=heads[changed.record_id], by_role="grid_worker", why="核实"
        )
    step = gk.Step(concern_id=shared[1].record_id, action="registered", on="2026-10-31")
    b.add([step, concern(demand_type="roads")], by_role="village_staff")
    bundle(b, tmp_path / "b1.gkb")
    bundle(a, tmp_path / "a2.gkb")
    yield a, b, shared
    a.close()
    b.close()


def test_two_ledgers_become_one_and_a_conflict_is_shown(apart, tmp_path):
    """Both changes of one concern are there, as two heads; the rest is simply brought together."""
    a, b, shared = apart

    merged = merge(a, tmp_path / "b1.gkb", trusted=trusted())
    merge(b, tmp_path / "a2.gkb", trusted=trusted())

    assert merged.taken == 3
    assert merged.known == 2
    assert merged.conflicts == (shared[0].record_id,)
    assert contents(a) == contents(b)
    assert a.check().empty
    assert a.size("concern") == 3


def test_merging_again_changes_nothing(apart, tmp_path):
    """A bundle that is played again, also an old one, brings nothing."""
    a, _, _ = apart
    merge(a, tmp_path / "b1.gkb", trusted=trusted())
    before = contents(a)

    for name in ("a1.gkb", "b1.gkb", "a2.gkb"):
        assert merge(a, tmp_path / name, trusted=trusted()).taken == 0
    assert contents(a) == before


def test_a_person_resolves_a_conflict_field_by_field(apart, tmp_path):
    """What was chosen follows both heads; elsewhere the resolution arrives as such."""
    a, b, shared = apart
    merge(a, tmp_path / "b1.gkb", trusted=trusted())
    heads = conflicts.versions(a, shared[0].record_id)

    listed = conflicts.differences(heads)
    there = heads[1]
    conflicts.resolve(
        a,
        shared[0].record_id,
        {"people_affected": there.rev_id},
        base=heads[0].rev_id,
        by_role="centre_staff",
        why="电话核实",
    )

    assert listed.index.tolist() == ["people_affected"]
    assert sorted(listed.loc["people_affected"]) == [5, 7]
    assert a.conflicts().empty
    now = a.current([shared[0].record_id])[shared[0].record_id].record
    assert now.people_affected == there.record.people_affected
    bundle(a, tmp_path / "a3.gkb")
    merge(b, tmp_path / "a3.gkb", trusted=trusted())
    assert b.conflicts().empty
    assert contents(a) == contents(b)


def test_a_resolution_names_heads_only(apart):
    """A version that was followed already cannot be chosen."""
    a, _, shared = apart

    with pytest.raises(DataError, match="no head of this record"):
        conflicts.resolve(
            a, shared[0].record_id, {}, base="nowhere", by_role="leader", why="核实"
        )


def test_conflicts_without_a_difference_are_settled_by_one_decision(tmp_path):
    """The same file imported on two devices: what is alike is merged, what differs is left."""
    with opened(tmp_path / "a.db") as a, opened(tmp_path / "b.db") as b:
        both = [concern(record_id=f"X-{n}", people_affected=n) for n in (1, 2)]
        a.add(both, by_role="importer")
        b.add([both[0], both[1].model_copy(update={"people_affected": 9})], by_role="importer")
        bundle(b, tmp_path / "b.gkb")
        merge(a, tmp_path / "b.gkb", trusted=trusted())

        settled = conflicts.settle_alike(a, by_role="centre_staff", why="同一文件导入两次")

        assert settled == 1
        assert a.conflicts().index.tolist() == ["X-2"]
        assert a.check().empty


def test_what_refers_to_a_withdrawn_record_is_listed(tmp_path):
    """One withdrew the concern while another took a step on it."""
    with opened(tmp_path / "a.db") as a, opened(tmp_path / "b.db") as b:
        heard = concern()
        first = a.add([heard], by_role="grid_worker")
        bundle(a, tmp_path / "a1.gkb")
        merge(b, tmp_path / "a1.gkb", trusted=trusted())
        a.withdraw(heard.record_id, parents=first.rev_ids, by_role="grid_worker", why="重复")
        step = gk.Step(concern_id=heard.record_id, action="registered", on="2026-10-31")
        b.add([step], by_role="village_staff")
        bundle(b, tmp_path / "b1.gkb")

        merge(a, tmp_path / "b1.gkb", trusted=trusted())

        assert conflicts.orphans(a).loc[step.record_id].tolist() == [
            "step",
            "concern_id",
            heard.record_id,
        ]


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["add", "revise", "withdraw", "resolve", "receive", "bundle", "more"]),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=14,
)


def live(stores, files, tips, change):
    """Let one device do one thing: write, take a bundle of another, or make one."""
    who, act, which = change
    store = stores[who]
    ids = [name for name in ("M-0", "M-1", "M-2") if name in store.current([name])]
    if act == "add" and len(ids) < 3:
        free = next(n for n in ("M-0", "M-1", "M-2") if n not in store.seen([n]) or n == "M-2")
        if not store.seen([free]):
            store.add([concern(record_id=free, people_affected=which + 1)], by_role="leader")
    elif act in {"revise", "withdraw", "resolve"} and ids:
        now = store.current([ids[which % len(ids)]])[ids[which % len(ids)]]
        heads = now.heads if act == "resolve" else now.heads[:1]
        if act == "withdraw":
            store.withdraw(now.record.record_id, parents=heads, by_role="leader", why="误")
        else:
            changed = now.record.model_copy(update={"people_affected": which + 10})
            store.revise(changed, parents=heads, by_role="leader", why="核实")
    elif act == "receive" and files:
        done = merge_all(store, [files[which % len(files)]], trusted=trusted())
        assert all(
            isinstance(one, Merged) or isinstance(one.error, BundleGapError) for one in done
        )
    elif act in {"bundle", "more"} and store.revision_count():
        path = store.path.with_name(f"{len(files)}.gkb")
        since = tips[who] if act == "more" else {}
        try:
            bundle(store, path, since=since)
        except BundleError:  # nothing newer
            return
        files.append(path)
        tips[who] = {**since, **bundle_header(path).tips}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES, data=st.data())
def test_any_order_of_any_bundles_gives_one_ledger(changes, data, tmp_path_factory):
    """Devices write, withdraw, resolve and swap bundles; whole and partial ones, in any order."""
    folder = tmp_path_factory.mktemp("merge")
    stores = [opened(folder / f"{n}.db") for n in range(3)]
    files: list[Path] = []
    tips: list[dict[str, int]] = [{}, {}, {}]
    for change in changes:
        live(stores, files, tips, change)
    some = data.draw(st.lists(st.sampled_from(files), max_size=6)) if files else []
    orders = [some, data.draw(st.permutations(some + some[:2]))]

    made = []
    for number, order in enumerate(orders):
        with opened(folder / f"all-{number}.db") as store:
            merge_all(store, order, trusted=trusted())
            assert store.check().empty
            made.append(contents(store))
    with opened(folder / "one-by-one.db") as store:
        for path in orders[1] * len(orders[1]):
            merge_all(store, [path], trusted=trusted())
        made.append(contents(store))
    for store in stores:
        assert store.check().empty
        store.close()
    shutil.rmtree(folder)
    assert made[0] == made[1] == made[2]


MERGER = """
import sys
from gridkit.records import signing
from gridkit.records.merge import merge_all
import gridkit as gk
store = gk.open_store(sys.argv[1])
print("go", flush=True)
merge_all(store, sys.argv[2:], trusted=[signing.TrustedKey(signing.own_public(), "本机")])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_kill_9_in_mid_merge_leaves_all_or_nothing(tmp_path):
    """Killed again and again, the ledger is sound, and a last merge makes it whole."""
    with opened(tmp_path / "a.db") as a:
        a.add([concern(summary="水" * 500) for _ in range(1500)], by_role="grid_worker")
        bundle(a, tmp_path / "a.gkb")
        with opened(tmp_path / "to.db") as here:
            here.add([concern()], by_role="grid_worker")
        for pause in (0.02, 0.08, 0.15, 0.25):
            merger = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    MERGER,
                    str(tmp_path / "to.db"),
                    str(tmp_path / "a.gkb"),
                ],
                stdout=subprocess.PIPE,
            )
            merger.stdout.readline()
            time.sleep(pause)
            merger.send_signal(signal.SIGKILL)
            merger.communicate()
            with gk.open_store(tmp_path / "to.db") as here:
                assert here.check().empty
                assert here.revision_count() in {1, 1501}
        with gk.open_store(tmp_path / "to.db") as here:
            merge(here, tmp_path / "a.gkb", trusted=trusted())
            assert here.revision_count() == 1501
            assert here.check().empty


def test_two_chains_under_one_number_are_refused(tmp_path):
    """A ledger that was put back to a backup and written on contradicts what it sent before."""
    with opened(tmp_path / "a.db") as a, opened(tmp_path / "all.db") as here:
        a.add([concern()], by_role="grid_worker")
        shutil.copy(a.path, tmp_path / "backup.db")
        a.add([concern()], by_role="grid_worker")
        bundle(a, tmp_path / "a1.gkb")
        shutil.copy(tmp_path / "backup.db", a.path)
        a.add([concern()], by_role="grid_worker")
        a.add([concern()], by_role="grid_worker")
        bundle(a, tmp_path / "a2.gkb")
        merge(here, tmp_path / "a1.gkb", trusted=trusted())
        before = contents(here)

        with pytest.raises(BundleError, match="two different chains"):
            merge(here, tmp_path / "a2.gkb", trusted=trusted())

        assert contents(here) == before


def test_a_bundle_that_goes_on_from_another_waits_for_it(apart, tmp_path):
    """Alone it is refused with what is missing; together any order will do."""
    a, _, _ = apart
    tips = bundle_header(tmp_path / "a1.gkb").tips
    later = bundle(a, tmp_path / "later.gkb", since=tips)
    assert later.revisions == 1

    with opened(tmp_path / "all.db") as here:
        with pytest.raises(BundleGapError, match="begins at revision 3"):
            merge(here, later.path, trusted=trusted())
        assert here.revision_count() == 0
        done = merge_all(here, [later.path, tmp_path / "a1.gkb"], trusted=trusted())

        assert [one.taken for one in done] == [1, 2]
        assert contents(here) == contents(a)


def test_a_bundle_refused_at_its_last_revision_takes_no_neighbor_with_it(apart, tmp_path):
    """Those that are committed together are each all or not at all."""
    _, b, _ = apart
    for number in range(3):  # b goes on; then its ledger is put back and goes on otherwise
        b.add([concern(people_affected=number + 1)], by_role="village_staff")
        if number == 0:
            shutil.copy(b.path, tmp_path / "backup.db")
    bundle(b, tmp_path / "b2.gkb")
    files = [tmp_path / "b2.gkb", tmp_path / "fork.gkb", tmp_path / "a2.gkb"]
    shutil.copy(tmp_path / "backup.db", b.path)
    b.add([concern(people_affected=9), concern(people_affected=8)], by_role="village_staff")
    b.add([concern(people_affected=7)], by_role="village_staff")
    bundle(b, files[1])

    with opened(tmp_path / "with.db") as one, opened(tmp_path / "without.db") as two:
        done = merge_all(one, files, trusted=trusted())
        merge_all(two, [files[0], files[2]], trusted=trusted())

        assert [type(each) for each in done] == [Merged, Refused, Merged]
        assert contents(one) == contents(two)
        assert one.check().empty


def test_one_bundle_that_is_refused_keeps_no_other_out(apart, tmp_path):
    """Each is taken by itself."""
    a, _, _ = apart
    (tmp_path / "junk.gkb").write_bytes(b"PK\x03\x04 something else")

    done = merge_all(
        a,
        [tmp_path / "junk.gkb", tmp_path / "gone.gkb", tmp_path / "b1.gkb"],
        trusted=trusted(),
    )

    assert [type(one) for one in done] == [Refused, Refused, Merged]
