"""Bundles: what is not sound is refused and changes nothing; what is before a break can be saved."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit.errors import BundleError, StoreError
from gridkit.records import bundle_file, signing
from gridkit.records.arriving import read_line
from gridkit.records.bundle import bundle
from gridkit.records.bundle_file import Header, write_file
from gridkit.records.merge import Merged, Refused, merge, merge_all
from gridkit.records.revision import canonical_json, utc_text
from gridkit.records.spec import SPEC_VERSION
from gridkit.records.tables import REVISION

COUNTY = "990428"


def opened(path):
    """Make a ledger of the county."""
    return gk.create_store(path, county_code=COUNTY)


def concern(summary="停水三天"):
    """Make a sound concern."""
    return gk.Concern(
        grid_id="990428100001001",
        source="grid_visit",
        heard_on="2026-10-30",
        demand_type="water",
        summary=summary,
    )


def trusted():
    """Trust this installation, which signs every bundle of the tests."""
    return [signing.TrustedKey(signing.own_public(), "本机")]


def contents(store):
    """Give the ledger byte by byte: what was refused leaves none."""
    return store.path.read_bytes()


@pytest.fixture
def sent(tmp_path):
    """Make a bundle, and a ledger with a record of its own to merge it into."""
    with opened(tmp_path / "from.db") as store:
        store.add([concern() for _ in range(4)], by_role="grid_worker")
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


def forged(path, lines, *, gap_at=0, **header):
    """Write a bundle of any content, signed by a device that is trusted."""
    texts, prev = [], ""
    for number, line in enumerate(lines, start=1):
        line[5], line[12] = number, "0" * 64 if number == gap_at else prev
        texts.append(canonical_json(line).encode())
        prev = hashlib.sha256(texts[-1]).hexdigest()
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


SOUND = dict(reversed(json.loads(revision()[11]).items()))
UNFIT = {
    "a field that is not collected": {"said": {"name": "张三"}},
    "a day that is none": {"said": {"heard_on": "2026-02-31"}},
    "a text for a number": {"said": {"people_affected": "7"}},
    "a number beyond its limit": {"said": {"people_affected": 10**30}},
    "a number of a thousand digits": {"said": {"households_affected": 10**1000}},
    "a longitude of a thousand digits": {"said": {"lon": 10**1000}},
    "a formula for a code": {"said": {"demand_type": "=cmd|x"}},
    "a code with an accent": {"said": {"demand_type": "wate\u0301r"}},
    "a place of no source": {"said": {"place_source": "rumor"}},
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
    "a moment of no calendar": {"recorded_at": "2026-02-31T00:00:00.000Z"},
    "an hour of no clock": {"recorded_at": "2026-02-01T24:00:00.000Z"},
    "another device": {"device": "e" * 36},
    "a body that is no object": {"body": "[]"},
    "text that is not canonical": {"body": '{"grid_id": NaN}'},
    "an answer that is there twice": {
        "body": canonical_json(SOUND).replace("{", '{"demand_type":"x",', 1)
    },
    "answers in another order": {"body": json.dumps(SOUND, separators=(",", ":"))},
    "answers with spaces between": {"body": json.dumps(SOUND, sort_keys=True)},
    "a record id with a space": {"record_id": "a b"},
    "a line end behind a grid's number": {"said": {"grid_id": "990428100001001\n"}},
    "a number written otherwise": {
        "body": canonical_json(SOUND | {"lat": 4.5, "lon": 5.5}).replace("4.5", "45e-1")
    },
    "yes for a number": {"said": {"people_affected": True}},
    "two answers where there is one": {
        "said": {"lat": 4.5, "lon": 5.5, "place_source": "gps map"}
    },
}


@pytest.mark.parametrize("fault", UNFIT)
def test_what_is_no_record_of_the_spec_cannot_come_in(sent, tmp_path, fault):
    """Signed by a trusted device and rightly chained, it is refused all the same."""
    _, here = sent
    before = contents(here)

    with pytest.raises(BundleError):
        merge(here, forged(tmp_path / "f.gkb", [revision(**UNFIT[fault])]), trusted=trusted())

    assert contents(here) == before


@given(st.floats(-90, 90))
def test_a_number_of_any_size_is_taken_as_a_ledger_writes_it(number):
    """With an exponent or without: no program's way to write it is taken for another's."""
    line = canonical_json(revision(said={"lat": number, "lon": 0.5})).encode()

    assert read_line(line, "").said["lat"] == number


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


def dated(path, ahead):
    """Write a bundle of one revision that was recorded so much later than now."""
    return forged(path, [revision(recorded_at=utc_text(datetime.now(UTC) + ahead))])


def test_revisions_of_days_to_come_are_refused_until_a_person_takes_them(sent, tmp_path):
    """They would be shown before every later version; taken once, they are in no one's way."""
    _, here = sent
    before = contents(here)
    path = dated(tmp_path / "f.gkb", timedelta(days=400))

    with pytest.raises(BundleError, match="of the future"):
        merge(here, path, trusted=trusted())
    assert isinstance(merge_all(here, [path], trusted=trusted())[0], Refused)
    assert contents(here) == before

    assert merge(here, path, trusted=trusted(), salvage=True).taken == 1
    assert merge(here, path, trusted=trusted()).known == 1
    assert here.check().empty


def test_clocks_that_differ_by_hours_keep_nothing_out(sent, tmp_path):
    """A tablet in the wrong time zone is no forger."""
    _, here = sent
    path = dated(tmp_path / "f.gkb", timedelta(hours=12))

    assert merge(here, path, trusted=trusted()).taken == 1


def test_a_bundle_that_breaks_late_takes_no_neighbor_with_it(sent, tmp_path):
    """Rows of it were written already; the ledger is as if it had never been tried."""
    path, here = sent
    ids = [f"01a204af-e944-7f90-a236-ab3a5eed77{n:02x}" for n in range(4)]
    lines = [revision(rev_id=one, record_id=one) for one in ids]
    lines[3][3] = '["01a204af-e944-7f90-a236-ab3a5eed7770"]'  # found when all rows are there
    broken = forged(tmp_path / "broken.gkb", lines)
    with opened(tmp_path / "third.db") as third:
        third.add([concern()], by_role="grid_worker")
        last = bundle(third, tmp_path / "third.gkb").path

    done = merge_all(here, [path, broken, last], trusted=trusted())

    assert [type(one) for one in done] == [Merged, Refused, Merged]
    assert (done[0].taken, done[2].taken) == (4, 1)
    assert here.seen(ids) == set()
    assert here.revision_count() == 6
    assert here.check().empty


def test_a_newer_format_is_named_as_such(sent):
    """Not as damage: the way out is to upgrade."""
    path, here = sent
    path.write_bytes(path.read_bytes().replace(b"bundle 1\n", b"bundle 3\n", 1))

    with pytest.raises(BundleError, match="newer gridkit"):
        merge(here, path, trusted=trusted())


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


def test_a_broken_chain_is_refused_with_what_can_be_saved(sent, tmp_path):
    """Rightly signed, but a link is missing: the refusal names the way, which takes two of four."""
    _, here = sent
    before = contents(here)
    ids = [f"01a204af-e944-7f90-a236-ab3a5eed77{n:02x}" for n in range(4)]
    lines = [revision(rev_id=one, record_id=one) for one in ids]
    path = forged(tmp_path / "broken.gkb", lines, gap_at=3)

    with pytest.raises(BundleError, match="--salvage"):
        merge(here, path, trusted=trusted())
    assert contents(here) == before
    saved = merge(here, path, trusted=trusted(), salvage=True)

    assert (saved.taken, saved.left) == (2, 2)
    assert saved.label == "本机"
    assert here.check().empty


def test_what_is_salvaged_without_its_signature_is_said_to_be_unproved(sent):
    """Anybody may have written it: the name of the device is only a claim."""
    path, here = sent
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

    saved = merge(here, path, trusted=trusted(), salvage=True)

    assert saved.taken == 4
    assert "签名未核实" in saved.label


@pytest.mark.parametrize("salvage", [False, True])
@pytest.mark.parametrize(
    "header",
    [b"[" * 200_000, b'{"a":' * 100_000, b'{"spec_version":' + b"1" * 5000 + b"}"],
    ids=["lists", "objects", "digits"],
)
def test_a_header_without_end_or_bottom_is_no_bundle(sent, tmp_path, header, salvage):
    """Signed or not: refused as any other damage, and the next bundle is taken."""
    path, here = sent
    data = b"gridkit bundle 1\n" + header + b"\n"
    (tmp_path / "f.gkb").write_bytes(data + signing.sign(hashlib.sha256(data).digest()))

    with pytest.raises(BundleError, match="no sound bundle"):
        merge(here, tmp_path / "f.gkb", trusted=trusted(), salvage=salvage)
    done = merge_all(here, [tmp_path / "f.gkb", path], trusted=trusted())

    assert [type(one) for one in done] == [Refused, Merged]


def test_a_signer_that_is_no_key_is_refused_also_when_salvaged(sent, tmp_path):
    """What nobody proved is read with the same care."""
    _, here = sent
    path = forged(tmp_path / "f.gkb", [revision()], signer="張三")

    with pytest.raises(BundleError, match="no sound bundle"):
        merge(here, path, trusted=trusted(), salvage=True)


def test_a_header_that_promises_without_end_ends(sent, tmp_path):
    """The header of what is salvaged is proved by nobody: it cannot keep us counting."""
    _, here = sent
    spans = (bundle_file.Span("d" * 36, 1, (1 << 53) - 1, "", "0" * 64),)
    path = forged(tmp_path / "endless.gkb", [revision()], spans=spans)

    assert merge(here, path, trusted=trusted(), salvage=True).taken == 1
