"""Merge: any bundles in any order give one ledger; what is not sound changes nothing."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit.errors import BundleError, BundleGapError, DataError, StoreError
from gridkit.records import bundle_file, conflicts, signing
from gridkit.records.bundle import bundle, bundle_header
from gridkit.records.bundle_file import Header, write_file
from gridkit.records.merge import Merged, Refused, merge, merge_all
from gridkit.records.revision import canonical_json
from gridkit.records.spec import SPEC_VERSION
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


@pytest.fixture
def sent(tmp_path):
    """Make a bundle, and a ledger with a record of its own to merge it into."""
    with opened(tmp_path / "from.db") as store:
        store.add([concern(summary="停水三天") for _ in range(4)], by_role="grid_worker")
        path = bundle(store, tmp_path / "sent.gkb").path
    with opened(tmp_path / "to.db") as here:
        here.add([concern()], by_role="grid_worker")
        yield path, here


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_a_bundle_that_was_cut_or_flipped_is_refused(sent, place, bit, cut):
    """Wherever a bit turned or the file ends; nothing is changed."""
    path, here = sent
    whole = path.read_bytes()
    at = int(place * len(whole))
    before = contents(here)
    other = path.with_name("spoiled.gkb")
    if cut:
        other.write_bytes(whole[:at])
    else:
        other.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])

    with pytest.raises(BundleError):
        merge(here, other, trusted=trusted())

    assert contents(here) == before


def test_a_bundle_of_another_signer_is_refused_until_a_person_trusts_it(
    sent, tmp_path, monkeypatch
):
    """The message tells the fingerprint; trust is one line of a file."""
    path, here = sent
    public = signing.own_public()
    before = contents(here)
    with pytest.raises(BundleError, match=signing.fingerprint(public)):
        merge(here, path, trusted=signing.trusted_keys(tmp_path))
    assert contents(here) == before

    signing.trust(tmp_path, public, '古镛镇 "3 号" 平板')

    assert signing.trusted_keys(tmp_path) == ((public, '古镛镇 "3 号" 平板'),)
    monkeypatch.setenv("GRIDKIT_HOME", str(tmp_path / "elsewhere"))
    assert signing.own_public() != public
    assert merge(here, path, trusted=signing.trusted_keys(tmp_path)).taken == 4


def forged(path: Path, lines: list[list], **header):
    """Write a bundle of any content, signed by a device that is trusted."""
    texts, prev = [], ""
    for number, line in enumerate(lines, start=1):
        line[5], line[12] = number, prev
        texts.append(canonical_json(line).encode())
        prev = bundle_file.hashlib.sha256(texts[-1]).hexdigest()
    said = {
        "county_code": COUNTY,
        "spec_version": SPEC_VERSION,
        "made_at": "2026-11-01T00:00:00.000Z",
        "signer": signing.own_public(),
        "spans": (bundle_file.Span("d" * 36, 1, len(lines), "", prev),),
    }
    with path.open("wb") as file:
        write_file(file, Header(**{**said, **header}), texts)
    return path


def revision(**changed):
    """Make the thirteen values of a sound revision, some of them changed."""
    body = {
        "grid_id": "990428100001001",
        "source": "grid_visit",
        "heard_on": "2026-10-30",
        "demand_type": "water",
        **changed.pop("said", {}),
    }
    values = {
        "rev_id": "01a204af-e944-7f90-a236-ab3a5eed777b",
        "record_id": "F-1",
        "kind": "concern",
        "parents": "[]",
        "device": "d" * 36,
        "seq": 1,
        "by_role": "grid_worker",
        "recorded_at": "2026-11-01T00:00:00.000Z",
        "local_date": "2026-11-01",
        "why": "",
        "op": "put",
        "body": canonical_json(body),
        "prev": "",
    }
    return list({**values, **changed}.values())


def test_a_sound_bundle_made_by_hand_is_taken(sent, tmp_path):
    """What the refusals below differ from."""
    _, here = sent

    assert merge(here, forged(tmp_path / "f.gkb", [revision()]), trusted=trusted()).taken == 1
    assert here.check().empty


UNFIT = {
    "a field that is not collected": {"said": {"name": "张三"}},
    "a day that is none": {"said": {"heard_on": "2026-02-31"}},
    "a text for a number": {"said": {"people_affected": "7"}},
    "a number beyond its limit": {"said": {"people_affected": 10**30}},
    "a control character": {"said": {"summary": "a\x00b"}},
    "a text beyond its length": {"said": {"summary": "水" * 5000}},
    "a kind that is not known": {"kind": "person"},
    "a name for a role": {"by_role": "张三"},
    "a parent that is not there": {"parents": '["01a204af-e944-7f90-a236-ab3a5eed7770"]'},
    "itself for a parent": {"parents": '["01a204af-e944-7f90-a236-ab3a5eed777b"]'},
    "a withdrawal of nothing": {"op": "withdraw", "body": "{}"},
    "an unknown act": {"op": "delete"},
    "no required answers": {"body": "{}"},
    "a moment that is none": {"recorded_at": "yesterday"},
    "another device": {"device": "e" * 36},
    "a body that is no object": {"body": "[]"},
    "text that is not canonical": {"body": '{"grid_id": NaN}'},
    "a record id with a space": {"record_id": "a b"},
}


@pytest.mark.parametrize("fault", UNFIT)
def test_what_is_no_record_of_the_spec_cannot_come_in(sent, tmp_path, fault):
    """Signed by a trusted device and rightly chained, it is refused all the same."""
    _, here = sent
    before = contents(here)

    with pytest.raises(BundleError):
        merge(here, forged(tmp_path / "f.gkb", [revision(**UNFIT[fault])]), trusted=trusted())

    assert contents(here) == before


FUTURE = {
    "a newer spec": {"spec_version": SPEC_VERSION + 1},
    "another county": {"county_code": "350428"},
    "a wrong tip": {"spans": (bundle_file.Span("d" * 36, 1, 1, "", "0" * 64),)},
    "a number that is too large": {"spans": (bundle_file.Span("d" * 36, 1, 9, "", "0" * 64),)},
    "a chain that begins later": {
        "spans": (bundle_file.Span("d" * 36, 2, 2, "0" * 64, "0" * 64),)
    },
    "no signer": {"signer": ""},
}


@pytest.mark.parametrize("fault", FUTURE)
def test_a_bundle_from_the_future_or_elsewhere_is_refused(sent, tmp_path, fault):
    """Newer, of another county, or one whose header does not fit what is in it."""
    _, here = sent
    before = contents(here)

    with pytest.raises(BundleError):
        merge(
            here, forged(tmp_path / "f.gkb", [revision()], **FUTURE[fault]), trusted=trusted()
        )

    assert contents(here) == before


def test_a_newer_format_is_named_as_such(sent):
    """Not as damage: the way out is to upgrade."""
    path, here = sent
    path.write_bytes(path.read_bytes().replace(b"bundle 1\n", b"bundle 2\n", 1))

    with pytest.raises(BundleError, match="newer gridkit"):
        merge(here, path, trusted=trusted())


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


def altered(store):
    """Change a word of the third revision of a ledger behind gridkit's back."""
    with store.writing() as connection:
        connection.execute(
            sa.update(REVISION).where(REVISION.c.seq == 3).values(why="something else")
        )


def test_a_ledger_whose_chain_is_broken_is_not_bundled_but_for_what_is_sound(tmp_path):
    """Refused with a way out: what is before the break can be carried on."""
    with opened(tmp_path / "a.db") as a, opened(tmp_path / "all.db") as here:
        for _ in range(4):
            a.add([concern()], by_role="grid_worker")
        altered(a)

        with pytest.raises(BundleError, match="chain is broken"):
            bundle(a, tmp_path / "a.gkb")
        assert not list(tmp_path.glob("*.gkb"))
        saved = bundle(a, tmp_path / "a.gkb", salvage=True)

        assert (saved.revisions, saved.left) == (2, 2)
        assert merge(here, saved.path, trusted=trusted()).taken == 2
        assert here.check().empty


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0.45, 1, exclude_max=True))
def test_of_a_cut_bundle_the_beginning_can_be_saved(sent, place, tmp_path_factory):
    """What is taken is a beginning of the chain, and a whole bundle later completes it."""
    path, _ = sent
    whole = path.read_bytes()
    folder = tmp_path_factory.mktemp("salvage")
    (folder / "cut.gkb").write_bytes(whole[: int(place * len(whole))])
    with opened(folder / "to.db") as here:
        try:
            saved = merge(here, folder / "cut.gkb", trusted=trusted(), salvage=True)
        except BundleError:  # not even the header is whole
            assert here.revision_count() == 0
            return

        assert saved.taken + saved.left == 4
        assert here.check().empty
        merge(here, path, trusted=trusted())
        assert here.size("concern") == 4


def test_the_secret_key_is_for_its_owner_only(tmp_path, monkeypatch):
    """Made once, mode 0600, not in the workspace; one that others may read is refused."""
    monkeypatch.setenv("GRIDKIT_HOME", str(tmp_path / "home"))
    public = signing.own_public()
    path = tmp_path / "home" / "signing_key"

    assert signing.own_public() == public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public not in path.read_text("ascii")
    if os.name == "posix":
        path.chmod(0o644)
        with pytest.raises(StoreError, match="Others may read"):
            signing.own_key()


@pytest.mark.parametrize("text", ["garbage", '[[key]]\npublic = "12"\nlabel = "x"', "key = 3"])
def test_a_list_of_trusted_keys_that_cannot_be_read_is_refused(tmp_path, text):
    """It is not taken for an empty one, nor half of it for the whole."""
    (tmp_path / signing.TRUSTED_FILE).write_text(text, encoding="utf-8")

    with pytest.raises(StoreError, match=r"trusted_keys\.toml cannot be read"):
        signing.trusted_keys(tmp_path)


def test_a_bundle_is_for_its_owner_only_and_overwrites_nothing(sent):
    """It holds what residents said."""
    path, here = sent

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BundleError, match="not overwritten"):
        bundle(here, path)
