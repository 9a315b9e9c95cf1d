"""The photo as a question: asked only where the county takes photos, kept with the draft."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
import shapely
from PIL import Image

from gridkit.forms import Correction, VisitForm
from gridkit.profile import load_profile
from gridkit.records import create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
ON = load_profile().model_copy(update={"photos": True})
VISIT = {"grid_id": GRIDS.index[0], "outcome": "met", "met_role": "owner"}


def photo(color="teal"):
    """Write a small picture as a camera would."""
    file = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def store(tmp_path):
    """Make a ledger of a county that takes photos."""
    path = tmp_path / "ledger.db"
    with create_store(path, county_code="990428", profile=ON, clock=lambda: NOW) as made:
        yield made


def opened(store):
    """Open the form with one concern; give the form and its photo field."""
    form = VisitForm(store, GRIDS)
    form.load({"visit": VISIT, "concerns": [{"demand_type": "water"}]})
    return form, form.concerns[0].section.fields["photo"]


def pressed(field, **content):
    """Do what the page does when a button of the photo is pressed."""
    buffers = [memoryview(content.pop("data"))] if "data" in content else []
    field.input._handle_custom_msg(content, buffers)


def test_no_photo_is_asked_for_by_default(tmp_path):
    """The packaged profile leaves the question out."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as store:
        form = VisitForm(store, GRIDS)

        assert "photo" not in form.add_concern().section.fields


def test_the_question_asks_for_the_matter_not_for_persons(store):
    """The help says what not to photograph, in both languages."""
    form, field = opened(store)

    assert "拍事情, 不拍人" in field.input.label
    form.speak("en")
    assert "never a person" in field.input.label


def test_a_photo_is_saved_with_its_concern(store):
    """What the page sends is kept at once, shown, and named by the record."""
    form, field = opened(store)

    pressed(field, photo=True, data=photo())

    assert field.input.preview.startswith("data:image/jpeg;base64,")
    saved = form.save()
    assert saved is not None, form.message
    assert store.photos.state(saved.concerns[0].photo) == "sound"
    assert store.check().empty


def test_what_is_no_photo_is_said_under_the_field(store):
    """The message names what to do; saving waits until the person decided."""
    form, field = opened(store)

    pressed(field, photo=True, data=b"%PDF-1.7")

    assert "不是 JPEG" in field.fault.zh
    assert form.save() is None
    assert form.errors.keys() == {"concern 1.photo"}
    pressed(field, drop=True)
    assert field.fault is None
    saved = form.save()
    assert saved.concerns[0].photo is None


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(store):
    """The page keeps it back and says so; the message names the limit."""
    form, field = opened(store)

    pressed(field, heavy=True)

    assert "太大 (超过 20 MB)" in field.fault.zh
    assert form.save() is None


def test_a_refused_photo_leaves_the_one_before_it(store):
    """A second choice that fails does not take the first one away."""
    _, field = opened(store)
    pressed(field, photo=True, data=photo())
    before = field.input.value

    pressed(field, unread=True)
    assert field.fault is not None
    pressed(field, photo=True, data=photo("gold"))

    assert field.fault is None
    assert before != field.input.value != ""


def test_the_draft_keeps_the_photo(store):
    """A kernel that dies loses no photo: another form goes on with it."""
    form, field = opened(store)
    pressed(field, photo=True, data=photo())
    form.keeper.flush()

    again = VisitForm(store, GRIDS)
    again.keeper.resume(form.keeper.draft_id)

    assert again.concerns[0].section.fields["photo"].value == field.value
    assert again.concerns[0].section.fields["photo"].input.preview


def test_a_draft_whose_photo_is_gone_says_so(store):
    """The file was deleted meanwhile: the question asks for it again."""
    form, field = opened(store)
    pressed(field, photo=True, data=photo())
    form.keeper.flush()
    store.photos.drop(field.value)

    again = VisitForm(store, GRIDS)
    again.keeper.resume(form.keeper.draft_id)

    assert "再选一次" in again.concerns[0].section.fields["photo"].unreadable.zh


def corrected(store, concern_id, act):
    """Open a concern, act on its photo, save with a reason; give the new record."""
    correction = Correction(store, GRIDS)
    correction.show(concern_id)
    act(correction.section.fields)
    correction.reason.value = "补充"
    correction.save_button.click()
    assert "已更正" in correction.message, correction.message
    assert "照片" in correction.history or "户数" in correction.history
    return store.current([concern_id])[concern_id].record


def test_a_correction_keeps_the_photo_or_replaces_it(store):
    """Another field changed: the photo stays. Another photo: both files stay, by history."""
    form, field = opened(store)
    pressed(field, photo=True, data=photo())
    saved = form.save().concerns[0]

    kept = corrected(store, saved.record_id, lambda f: f["households_affected"].load(4))
    replaced = corrected(
        store, saved.record_id, lambda f: pressed(f["photo"], photo=True, data=photo("gold"))
    )
    without = corrected(store, saved.record_id, lambda f: pressed(f["photo"], drop=True))

    assert kept.photo == saved.photo
    assert replaced.photo not in {None, saved.photo}
    assert without.photo is None
    assert store.photos.state(saved.photo) == "sound"
    assert store.check().empty


def test_carrying_over_takes_no_photo_along(store):
    """The photo of last time is not a photo of today."""
    form, field = opened(store)
    form.visit.fields["address"].load("3 栋 201")
    pressed(field, photo=True, data=photo())
    form.save()

    form.load({"visit": VISIT | {"address": "3 栋 201"}})

    assert "photo" not in form.add_concern().value
