"""A photo of a matter: off by default, nothing of its camera kept, proved by its hash."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
import shapely
from PIL import Image, PngImagePlugin

from gridkit.errors import DataError, RecordError, StoreError
from gridkit.profile import load_profile
from gridkit.records import Concern, create_store, merge, signing
from gridkit.records.bundle import bundle, bundle_header
from gridkit.records.grids import make_grids
from gridkit.records.photos import Photos, sweep
from gridkit.records.picture import EDGE, redraw

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
ON = load_profile().model_copy(update={"photos": True})
CANARY = b"ZHANG-SAN-13800138000"


def camera_file(kind="JPEG", size=(60, 40), color="teal"):
    """Write a file as a camera would: turned by EXIF, with GPS, a comment, XMP, a name."""
    picture = Image.new("RGB", size, color)
    picture.paste("red", (0, 0, size[0] // 2, size[1] // 2))  # where "top left" is
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825)[29] = CANARY.decode()  # GPSDateStamp
    file = io.BytesIO()
    more = {"exif": exif}
    if kind == "JPEG":
        more |= {"comment": CANARY, "xmp": CANARY, "icc_profile": CANARY}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", CANARY.decode())
        more["pnginfo"] = info
    if kind == "WEBP":
        more["xmp"] = CANARY
    picture.save(file, kind, **more)
    return file.getvalue()


def concern(**more):
    """Make a concern, with a photo where one is named."""
    return Concern(
        **{
            "grid_id": str(GRIDS.index[0]),
            "source": "grid_visit",
            "heard_on": "2026-11-20",
            "demand_type": "water",
            "summary": "没水",
            **more,
        }
    )


@pytest.fixture
def store(tmp_path):
    """Make a ledger of a county that takes photos."""
    path = tmp_path / "ledger.db"
    with create_store(path, county_code="990428", profile=ON, clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def with_photo(store):
    """Record one concern with a photo; give its id and the photo's name."""
    name = store.photos.keep(camera_file())
    one = concern(photo=name)
    store.add([one], by_role="grid_worker")
    return one.record_id, name


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_only_the_pixels_are_kept(kind):
    """EXIF, GPS, XMP, comments and color profiles of the camera are gone; it stands upright."""
    file = camera_file(kind)
    assert CANARY in file

    made = redraw(file)

    kept = Image.open(io.BytesIO(made))
    assert CANARY not in made
    assert b"Exif" not in made
    assert kept.format == "JPEG"
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert kept.size == (40, 60)
    red, green, _ = kept.getpixel((35, 5))  # orientation 6: what was top left is top right
    assert red > 200
    assert green < 60


def test_a_large_photo_becomes_small_enough():
    """A photo of a modern telephone is kept at a size that a bundle can carry."""
    made = Image.open(io.BytesIO(redraw(camera_file(size=(6000, 4000)))))

    assert max(made.size) == EDGE


def png_of(width, height):
    """Write the head of a PNG that claims to be so large, as a bomb does."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "不是 JPEG、PNG 或 WebP"),
        (b"\xff\xd8\xff" + b"no photo" * 50, "不是 JPEG、PNG 或 WebP"),
        (b"%PDF-1.7 photo.jpg", "不是 JPEG、PNG 或 WebP"),
        (b"GIF89a" + bytes(40), "不是 JPEG、PNG 或 WebP"),
        (camera_file(size=(900, 700))[:4000], "读不完整"),
        (png_of(9000, 9000), "像素太多"),
        (png_of(60_000, 60_000), "像素太多"),
        (bytes(20_000_001), "太大"),
    ],
    ids=["empty", "broken", "pdf", "gif", "cut", "large", "bomb", "heavy"],
)
def test_what_is_no_photo_is_refused_by_its_content(data, told):
    """The type is read from the content; a small file that unpacks to a huge one is refused."""
    with pytest.raises(DataError) as refused:
        redraw(data)

    assert told in refused.value.zh
    assert "photo" in refused.value.en


def test_a_kept_photo_is_named_by_its_hash_and_private(store):
    """The file's name says what must be in it; only its owner may read it."""
    name = store.photos.keep(camera_file())

    path = store.photos.path(name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == name
    assert path.stat().st_mode & 0o077 == 0
    assert store.photos.folder.stat().st_mode & 0o077 == 0
    assert [one.name for one in store.photos.folder.iterdir()] == [f"{name}.jpg"]


def test_a_photo_is_off_until_the_county_says_otherwise(tmp_path):
    """The packaged profile takes none: a record with one is refused."""
    assert not load_profile().photos
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as store:
        name = store.photos.keep(camera_file())

        with pytest.raises(RecordError) as refused:
            store.add([concern(photo=name)], by_role="grid_worker")

        assert [p.zh for p in refused.value.problems] == ["本县没有开启照片"]


def test_no_revision_names_a_photo_that_is_not_on_the_disk(store):
    """First the photo, then the revision: the other way round is refused, nothing written."""
    with pytest.raises(RecordError) as refused:
        store.add([concern(photo="0" * 64)], by_role="grid_worker")

    assert [p.field for p in refused.value.problems] == ["photo"]
    assert store.revision_count() == 0


def test_the_name_of_a_photo_is_a_hash_and_nothing_else():
    """The camera's file name may hold a person's name: it fits nowhere."""
    with pytest.raises(RecordError) as refused:
        concern(photo="张三家.jpg")

    assert [p.zh for p in refused.value.problems] == ["须为照片的 64 位校验值"]


def test_check_names_a_missing_and_an_altered_photo(store, with_photo):
    """`gridkit check` tells which record has lost its photo, and which photo was changed."""
    record_id, name = with_photo
    assert store.check().empty
    path = store.photos.path(name)

    path.write_bytes(path.read_bytes() + b"!")
    altered = store.check()
    path.unlink()
    missing = store.check()

    for found, words in ((altered, "改动"), (missing, "不见")):
        assert found["where"].str.contains(f"{record_id} · {name[:12]}.jpg").tolist() == [True]
        assert words in found["problem_zh"].iloc[0]


def test_a_record_whose_photo_is_lost_can_still_be_corrected(store, with_photo):
    """A lost file keeps nobody from correcting the matter: the name stays in the record."""
    record_id, name = with_photo
    store.photos.drop(name)
    current = store.current([record_id])[record_id]

    store.revise(
        concern(record_id=record_id, photo=name, households_affected=4),
        parents=current.heads,
        by_role="grid_worker",
        why="补户数",
    )

    assert store.current([record_id])[record_id].record.households_affected == 4


def merged_into(tmp_path, file):
    """Merge a bundle into a fresh ledger of the same county."""
    other = tmp_path / "centre"
    other.mkdir(exist_ok=True)
    signing.trust(other, bundle_header(file).signer, "3号平板")
    made = create_store(other / "ledger.db", county_code="990428", profile=ON)
    return made, merge.merge(made, file, trusted=signing.trusted_keys(other))


def test_photos_travel_with_a_bundle(tmp_path, store, with_photo):
    """Signed and proved by their names; a second merge brings nothing."""
    _, name = with_photo
    written = bundle(store, tmp_path / "tablet.gkb")

    other, came = merged_into(tmp_path, written.path)

    with other:
        assert (written.photos, written.lacking) == (1, 0)
        assert (came.photos, came.lacking) == (1, 0)
        assert other.photos.read(name) == store.photos.read(name)
        assert other.check().empty
        keys = signing.trusted_keys(tmp_path / "centre")
        assert merge.merge(other, written.path, trusted=keys).photos == 0


def test_photos_travel_also_with_many_bundles(tmp_path, store, with_photo):
    """What lacks a photo is completed by a later bundle of the same call."""
    _, name = with_photo
    kept = store.photos.read(name)
    whole = bundle(store, tmp_path / "whole.gkb").path
    store.photos.drop(name)
    poor = bundle(store, tmp_path / "poor.gkb").path
    store.photos.put(kept)
    signing.trust(tmp_path, bundle_header(whole).signer, "3号平板")
    keys = signing.trusted_keys(tmp_path)
    with create_store(tmp_path / "other.db", county_code="990428", profile=ON) as other:
        (alone,) = merge.merge_all(other, [poor], trusted=keys)
        both = merge.merge_all(other, [poor, whole], trusted=keys)

        assert (alone.taken, alone.photos, alone.lacking) == (1, 0, 1)
        assert [(one.photos, one.lacking) for one in both] == [(0, 0), (1, 0)]
        assert other.photos.read(name) == kept
        assert other.check().empty


def test_a_bundle_says_which_photos_it_lacks(tmp_path, store, with_photo):
    """Without the file the ledger travels all the same; a later bundle makes it whole."""
    _, name = with_photo
    kept = store.photos.read(name)
    store.photos.drop(name)
    written = bundle(store, tmp_path / "tablet.gkb")

    other, came = merged_into(tmp_path, written.path)

    with other:
        assert (written.photos, written.lacking) == (0, 1)
        assert (came.taken, came.lacking) == (1, 1)
        assert other.check()["problem_zh"].tolist() == ["照片文件不见了"]
        store.photos.put(kept)
        whole = bundle(store, tmp_path / "whole.gkb").path
        keys = signing.trusted_keys(tmp_path / "centre")
        assert merge.merge(other, whole, trusted=keys).photos == 1
        assert other.check().empty


def test_a_bundle_without_photos_is_as_older_programs_know_it(tmp_path, store):
    """Format 1 stays format 1: only a bundle with photos is of the newer format."""
    store.add([concern()], by_role="grid_worker")

    bundle(store, tmp_path / "tablet.gkb")

    head, said, *_ = (tmp_path / "tablet.gkb").read_bytes().split(b"\n")
    assert head == b"gridkit bundle 1"
    assert b"photos" not in said


@pytest.mark.parametrize("at", [0.5, 0.9])
def test_a_bundle_with_an_altered_photo_is_refused(tmp_path, store, with_photo, at):  # noqa: ARG001
    """Not a byte of it can be changed: nothing is merged, no photo is left behind."""
    file = bundle(store, tmp_path / "tablet.gkb").path
    data = bytearray(file.read_bytes())
    data[int(len(data) * at)] ^= 1
    trusted = bundle_header(file).signer
    file.write_bytes(data)
    with create_store(tmp_path / "other.db", county_code="990428", profile=ON) as other:
        signing.trust(tmp_path, trusted, "3号平板")

        with pytest.raises(StoreError):
            merge.merge(other, file, trusted=signing.trusted_keys(tmp_path))

        assert other.revision_count() == 0
        assert not other.photos.folder.exists()


def test_a_bundle_that_was_cut_in_its_photos_is_salvaged_without_them(
    tmp_path, store, with_photo
):
    """The records come first in the file: they are saved, the photos told as missing."""
    record_id, _ = with_photo
    file = bundle(store, tmp_path / "tablet.gkb").path
    signing.trust(tmp_path, bundle_header(file).signer, "3号平板")
    file.write_bytes(file.read_bytes()[:-300])
    with create_store(tmp_path / "other.db", county_code="990428", profile=ON) as other:
        keys = signing.trusted_keys(tmp_path)
        came = merge.merge(other, file, trusted=keys, salvage=True)

        assert (came.taken, came.left, came.lacking) == (1, 0, 1)
        assert other.seen([record_id]) == {record_id}


def test_photos_that_nobody_names_are_swept_away(store, with_photo):
    """A photo taken out of a form, or never saved, does not stay for ever."""
    _, named = with_photo
    loose = store.photos.keep(camera_file(color="gold"))

    assert sweep(store) == 0  # a form may be about to save it
    assert sweep(store, days=-1) == 1

    assert store.photos.state(loose) == "missing"
    assert store.photos.state(named) == "sound"


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    """A file where the folder should be: the message says what to do, in both languages."""
    (tmp_path / "ledger.photos").write_text("in the way")

    with pytest.raises(StoreError, match="照片没有写到磁盘") as refused:
        Photos(tmp_path / "ledger.photos").keep(camera_file())

    assert "choose it again" in refused.value.en
