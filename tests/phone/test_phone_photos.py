"""Photos of phones: taken in where the county wants them and the file came along; else told."""

from __future__ import annotations

import io
import shutil
import warnings
import zipfile
from collections.abc import Iterator

import pytest
from PIL import Image
from typer.testing import CliRunner

from central_export import central_zip, documents
from gridkit.cli import app
from gridkit.errors import ImportFileError
from gridkit.exchange import import_submissions, phone_form, write_xlsform
from gridkit.records import Store, create_store, create_workspace
from kobo_export import kobo_json, kobo_media, kobo_workbook
from phone_submissions import COUNTY, GRIDS, NOON, PROFILE, concern, key, sent

ON = PROFILE.model_copy(update={"photos": True})


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    """Open an empty ledger of a county that takes photos."""
    path = tmp_path / "ledger.db"
    with create_store(path, county_code=COUNTY, profile=ON, clock=lambda: NOON) as opened:
        yield opened


def photo(color: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """Write a photo as a telephone does: with its maker, and where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Telephone 7"
    exif.get_ifd(0x8825)[1] = "N"
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "JPEG", exif=exif)
    return file.getvalue()


def pictured(*names: str) -> list[dict]:
    """Give one visit for each name of a photo, with one concern."""
    return [sent(n, concern(n, photo=name)) for n, name in enumerate(names, start=1)]


def colors(store: Store) -> list[tuple[int, int, int] | None]:
    """Give the color of the photo of each concern, in the order of the submissions."""
    concerns = store.frame("concern").sort_values("external_id")
    found = []
    for name in concerns["photo"]:
        kept = store.photos.read(name) if isinstance(name, str) else None
        if kept is None:
            found.append(None)
            continue
        with Image.open(io.BytesIO(kept)) as picture:
            assert dict(picture.getexif()) == {}
            found.append(picture.convert("RGB").getpixel((5, 5)))
    return found


def looks(color: tuple[int, int, int] | None, like: tuple[int, int, int]) -> bool:
    """Tell whether a color is another, but for what JPEG does to it."""
    return color is not None and max(abs(a - b) for a, b in zip(color, like, strict=True)) < 6


TEAL, GOLD = (0, 128, 128), (255, 215, 0)


def test_the_form_asks_for_a_photo_only_where_the_county_takes_them():
    """Off: there is no such question, and the form says why. On: one, small, and of the matter."""
    off, on = phone_form(PROFILE), phone_form(ON)

    asked = [[row for row in form.survey if row["type"] == "image"] for form in (off, on)]
    assert [len(rows) for rows in asked] == [0, 1]
    assert [(one.row, one.field) for one in off.left_out] == [("concern", "photo")]
    assert "本县没有开启照片" in off.left_out[0].zh
    assert on.left_out == ()
    (row,) = asked[1]
    assert row["parameters"] == "max-pixels=2048"
    assert "拍事情, 不拍人" in row["hint::中文 (zh)"]
    assert "required" not in row


def test_odk_validate_accepts_the_form_with_its_photo(tmp_path):
    """Compiled by pyxform, judged by ODK Validate without a warning: a picture in each concern."""
    convert = pytest.importorskip("pyxform.xls2xform", reason="needs pyxform").convert
    if not shutil.which("java"):
        pytest.skip("needs Java 17: apt-get install default-jdk-headless")
    written = write_xlsform(phone_form(ON), tmp_path / "form.xlsx")
    warned: list[str] = []

    form = convert(str(written.form), validate=True, warnings=warned).xform

    assert warned == []
    assert '<upload ref="/data/concern/facts/photo" mediatype="image/*">' in form
    assert 'nodeset="/data/concern/facts/photo" type="binary" orx:max-pixels="2048"' in form


def test_photos_of_central_come_in_with_its_zip(store, take):
    """Made anew from their pixels, named by their hash; the same file twice adds nothing."""
    data = central_zip(
        pictured("1.jpg", "2.jpg", ""), {"1.jpg": photo("teal"), "2.jpg": photo("gold")}
    )

    report = take("central.zip", data)
    before = store.revision_count()
    again = take("central.zip", data)

    first, second, none = colors(store)
    assert looks(first, TEAL)
    assert looks(second, GOLD)
    assert none is None
    assert (report.concerns.added, report.concerns.notes) == (3, ())
    assert (again.concerns.unchanged, store.revision_count()) == (3, before)
    assert store.check().empty


@pytest.mark.parametrize("name", ["kobo.xlsx", "kobo.json"])
def test_photos_of_kobotoolbox_come_in_from_its_zip_of_media(name, store, take, tmp_path):
    """Two telephones called their photo alike: the folder says whose is whose."""
    submissions = pictured("photo.jpg", "photo.jpg")
    made = {"kobo.xlsx": kobo_workbook, "kobo.json": kobo_json}[name](submissions)
    files = {
        (key(5001), "photo.jpg"): photo("teal"),
        (key(5002), "photo.jpg"): photo("gold"),
    }
    (tmp_path / "media.zip").write_bytes(kobo_media(files))

    report = take(name, made, media=tmp_path / "media.zip")

    first, second = colors(store)
    assert looks(first, TEAL)
    assert looks(second, GOLD)
    assert report.concerns.notes == ()


def test_a_folder_of_attachments_serves_as_well(store, take, tmp_path):
    """What was unpacked by hand; with OData, which never carries a file."""
    (tmp_path / "unpacked" / "media").mkdir(parents=True)
    (tmp_path / "unpacked" / "media" / "1.jpg").write_bytes(photo("teal"))

    take(
        "central.json", documents(pictured("1.jpg"), expanded=True), media=tmp_path / "unpacked"
    )

    assert looks(colors(store)[0], TEAL)


def test_a_photo_that_did_not_come_along_is_told_and_nothing_is_lost(store, take):
    """The concern comes in; with its file it is completed; without it again, it keeps the photo."""
    submissions = pictured("1.jpg", "")

    first = take("central.zip", central_zip(submissions))
    bare = colors(store)
    second = take("central.zip", central_zip(submissions, {"1.jpg": photo("teal")}))
    third = take("central.zip", central_zip(submissions))

    assert (first.concerns.added, bare) == (2, [None, None])
    (note,) = first.concerns.notes
    assert note.zh.startswith("1 张照片没有随文件来")
    assert "第 2 行" in note.zh
    assert "--media" in note.en
    assert (second.concerns.revised, second.concerns.notes) == (1, ())
    assert (third.concerns.revised, third.concerns.unchanged) == (0, 2)
    assert looks(colors(store)[0], TEAL)


def test_an_edit_that_takes_the_photo_out_takes_it_out_here(store, take):
    """The one before stays in the history; a photo put in here by hand is not touched."""
    files = {"1.jpg": photo("teal"), "2.jpg": photo("gold")}
    take("central.zip", central_zip(pictured("1.jpg", "2.jpg"), files))

    report = take("central.zip", central_zip(pictured("", "2.jpg"), files))

    assert report.concerns.revised == 1
    assert colors(store)[0] is None
    assert looks(colors(store)[1], GOLD)


def test_a_county_without_photos_takes_none(tmp_path):
    """Off by default: concerns come in, no picture is written, and the report says how to."""
    path = tmp_path / "central.zip"
    path.write_bytes(central_zip(pictured("1.jpg"), {"1.jpg": photo("teal")}))
    with create_store(tmp_path / "l.db", county_code=COUNTY, clock=lambda: NOON) as store:
        report = import_submissions(path, store, grids=GRIDS)

        assert report.concerns.added == 1
        assert ["本县没有开启照片" in one.zh for one in report.concerns.notes] == [True]
        assert not store.photos.folder.exists()


def test_what_is_no_photo_or_could_be_two_is_left_out_and_told(store, take):
    """Words called .jpg, a file too large, two files of one name: no photo, and no concern lost."""
    named = {"1.jpg": b"no photo at all", "2.jpg": b"\xff\xd8\xff" + bytes(20_000_001)}
    data = io.BytesIO(central_zip(pictured("1.jpg", "2.jpg", "3.jpg"), named))
    with zipfile.ZipFile(data, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that stands twice is what this is about
        archive.writestr("media/3.jpg", photo("teal"))
        archive.writestr("media/3.jpg", photo("gold"))

    report = take("central.zip", data.getvalue())

    assert report.concerns.added == 3
    assert colors(store) == [None, None, None]
    several, unread = report.concerns.notes
    assert "同名而内容不同" in several.zh
    assert unread.zh.startswith("2 张照片读不了, 或太大")


@pytest.mark.parametrize("how", ["dry_run", "strict"])
def test_an_import_that_writes_nothing_keeps_no_photo(how, store, take):
    """Tried out, or refused as a whole: the folder beside the ledger stays empty."""
    submissions = [*pictured("1.jpg"), sent(2, outcome="x")]

    report = take("c.zip", central_zip(submissions, {"1.jpg": photo("teal")}), **{how: True})

    assert report.visits.rejected_rows == 1
    assert list(store.photos.folder.glob("*")) == []
    assert store.size("concern") == 0


def test_damaged_attachments_are_told_before_anything_is_written(store, take, tmp_path):
    """Cut short, or not there: nothing is imported, and the message says what to do."""
    (tmp_path / "media.zip").write_bytes(b"PK\x03\x04 cut")

    for media in ("media.zip", "none.zip"):
        with pytest.raises(ImportFileError) as refused:
            take("kobo.json", kobo_json(pictured("1.jpg")), media=tmp_path / media)
        assert "附件" in refused.value.zh

    assert store.size("visit") == 0


def test_the_command_takes_the_media_along(tmp_path):
    """`gridkit import 提交.json --media 附件.zip`."""
    folder = tmp_path / "w"
    grids = GRIDS.assign(
        households=100,
        population=300,
        village_code="990428100001",
        township_code="990428100000",
    )
    made = create_workspace(folder, name="试验县", county_code=COUNTY, grids=grids)
    made.close()
    (folder / "profile").mkdir(exist_ok=True)
    (folder / "profile" / "county.toml").write_text(
        f'code = "{COUNTY}"\nzh = "试验县"\nen = "Trial"\ninvented = true\ngrid_digits = 3\n'
        'photos = true\nsource = "test"\n',
        encoding="utf-8",
    )
    (tmp_path / "kobo.json").write_bytes(kobo_json(pictured("1.jpg")))
    (tmp_path / "media.zip").write_bytes(kobo_media({(key(5001), "1.jpg"): photo("teal")}))
    files = [str(tmp_path / "kobo.json"), "--media", str(tmp_path / "media.zip")]

    done = CliRunner().invoke(app, ["import", *files, "-w", str(folder)])

    assert done.exit_code == 0, done.output
    assert len(list((folder / "ledger.photos").glob("*.jpg"))) == 1
