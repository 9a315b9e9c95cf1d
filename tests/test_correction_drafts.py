"""A correction that is not saved is never lost: kept as one types, listed, resumed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import ipywidgets
import pytest

import small_ledger
from gridkit.forms import Correction, Desk, VisitForm
from gridkit.forms.corrections import Corrections
from gridkit.records import open_store
from gridkit.records.drafts import Drafts
from small_ledger import GRIDS

store = pytest.fixture(small_ledger.corrected_store)


def opened(store, record_id: str = "c1") -> Correction:
    """Open one record in a form of its own, as another window would."""
    made = Correction(store, GRIDS)
    made.show(record_id)
    return made


def households(form: Correction) -> ipywidgets.Widget:
    """Give the input that the tests type into."""
    return form.section.fields["households_affected"].input


def click(form, words: str) -> None:
    """Click a button of the first draft in the list."""
    (button,) = [
        b for b in form.keeper.children[1].children if getattr(b, "description", "") == words
    ]
    button.click()


def drafts(store):
    """List what is on the disk."""
    return Drafts.beside(store.path).listed()


def test_a_correction_comes_back_as_it_was_typed(store):
    """A reloaded page lists it above the closed drawer and shows all of it, faults and all."""
    form = opened(store)
    households(form).value = "很多"
    form.section.fields["summary"].input.value = "墙上有裂缝"
    form.amended.place.take_centroid()
    form.reason.value = "听错"
    typed, place = form.section.typed, form.amended.place.source

    drawer = Corrections(Desk(store, GRIDS))
    again = drawer.correction
    assert not drawer.is_open
    assert "没写完的更正" in again.keeper.children[0].value
    click(again, "接着写")

    assert drawer.is_open
    assert drawer.records.value == again.record_id == "c1"
    assert again.section.typed == typed
    assert again.amended.place.source == place == "grid_centroid"
    assert again.reason.value == "听错"
    assert again.message == ""


def test_a_resumed_correction_is_saved_and_its_draft_gone(store):
    """What comes back can be saved as if nothing had happened, once."""
    form = opened(store)
    households(form).value = "40"
    form.reason.value = "听错了"
    again = Correction(store, GRIDS)
    click(again, "接着写")

    again.save_button.click()

    assert "已更正" in again.message
    assert store.current(["c1"])["c1"].record.households_affected == 40
    assert drafts(store) == ()
    assert len(store.history("c1")) == 2


def test_a_record_only_looked_at_is_no_draft(store):
    """Opening, closing, or typing what stood there already leaves nothing behind."""
    form = opened(store)
    households(form).value = "40"
    assert len(drafts(store)) == 1
    households(form).value = "4"
    form.show("v1")
    form.show(None)

    assert drafts(store) == ()


def test_a_correction_put_aside_waits_until_it_is_deleted_on_purpose(store):
    """Another record, or closing the form, keeps it; one click asks, the next deletes."""
    form = opened(store)
    form.reason.value = "听错了"
    form.show("v1")
    assert len(drafts(store)) == 1
    form.show(None)

    click(form, "删除")
    assert len(drafts(store)) == 1
    click(form, "确定删除, 内容不保留")

    assert drafts(store) == ()


def test_a_record_changed_since_is_said_and_what_was_typed_stays(store):
    """The draft is a correction of the version in view; saved, both versions stand."""
    form = opened(store)
    form.section.fields["harm"].load("property")
    form.reason.value = "看过了"
    other = opened(store)
    households(other).value = "6"
    other.reason.value = "又问了"
    other.save()

    again = Correction(store, GRIDS)
    click(again, "接着写")

    assert "又被改过" in again.message
    assert again.section.fields["harm"].value == "property"
    again.save()
    assert "两版都在" in again.message
    assert set(again.merge.choices) == {"households_affected", "harm"}


def test_a_withdrawn_record_does_not_take_the_draft_with_it(store):
    """What was typed before somebody withdrew it is shown, and said."""
    households(opened(store)).value = "40"
    heads = store.current(["c1"])["c1"].heads
    store.withdraw("c1", parents=heads, by_role="grid_worker", why="重复")

    again = Correction(store, GRIDS)
    click(again, "接着写")

    assert households(again).value == "40"
    assert "又被改过" in again.message


def test_choices_between_two_versions_come_back(store):
    """A merge begun is a draft too, and ends when it is saved."""
    test_a_record_changed_since_is_said_and_what_was_typed_stays(store)
    form = opened(store)
    form.merge.choices["harm"].value = "B"

    again = Correction(store, GRIDS)
    click(again, "接着写")

    assert again.merge.choices["harm"].value == "B"
    assert again.merge.choices["households_affected"].value == ""
    again.merge.choices["households_affected"].value = "A"
    again.reason.value = "两边都对"
    again.save()
    assert "已更正" in again.message
    assert drafts(store) == ()


def test_a_correction_saved_just_before_the_end_is_not_offered_again(store):
    """Stopped between COMMIT and the end of the draft: dropped; another one like it stays."""
    form, other = opened(store), opened(store)
    for each, typed in ((form, "40"), (other, "41")):
        households(each).value = typed
        each.reason.value = "听错了"
    (kept,) = [d for d in drafts(store) if d.draft_id == form.keeper.draft_id]
    form.save()
    Drafts.beside(store.path).keep(kept)

    Correction(store, GRIDS)

    assert [draft.draft_id for draft in drafts(store)] == [other.keeper.draft_id]


def test_what_is_typed_after_another_window_saved_the_draft_is_kept(store):
    """Two windows with one draft: the words of neither are dropped."""
    form = opened(store)
    households(form).value = "40"
    form.reason.value = "听错了"
    second = Correction(store, GRIDS)
    click(second, "接着写")
    second.save()

    form.section.fields["summary"].input.value = "墙上有裂缝"

    again = Correction(store, GRIDS)
    click(again, "接着写")
    assert again.section.fields["summary"].input.value == "墙上有裂缝"
    assert "又被改过" in again.message


def test_visits_and_corrections_are_listed_apart(store):
    """Each form lists only the drafts that it can go on with."""
    households(opened(store)).value = "40"
    VisitForm(store, GRIDS).visit.fields["note"].input.value = "门口有狗"

    visits, corrections = VisitForm(store, GRIDS).keeper, Correction(store, GRIDS).keeper

    assert [len(visits.children), len(corrections.children)] == [2, 2]
    assert "走访" in visits.children[0].value
    assert "更正" in corrections.children[0].value


def test_in_a_running_kernel_the_correction_is_on_the_disk_within_two_seconds(store):
    """It follows the typing by itself."""
    form = opened(store)

    async def kernel() -> int:
        households(form).value = "40"
        await asyncio.sleep(1.5)
        return len(drafts(store))

    assert asyncio.run(kernel()) == 1


_TYPIST = """
import os, signal, sys
from gridkit.forms import Correction
from gridkit.records import open_store
from gridkit.records.grids import make_grids
import shapely
grids = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
form = Correction(open_store(sys.argv[1]), grids)
form.show("c1")
form.section.fields["summary"].input.value = "三天没有水"
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_kernel_loses_no_correction(store):
    """Killed without warning, the process leaves what was typed."""
    ended = subprocess.run([sys.executable, "-c", _TYPIST, str(store.path)], check=False)

    assert ended.returncode == -signal.SIGKILL
    with open_store(store.path) as reopened:
        form = Correction(reopened, GRIDS)
        click(form, "接着写")
        assert form.section.fields["summary"].input.value == "三天没有水"
