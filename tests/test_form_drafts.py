"""What is typed is never lost: kept as one types, listed, resumed, dropped on purpose only."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import ipywidgets
import pytest
import shapely

from gridkit.forms import VisitForm
from gridkit.records import create_store, open_store
from gridkit.records.drafts import Drafts
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger with a clock that stands still."""
    with create_store(tmp_path / "ledger.db", county_code="990428", clock=lambda: NOW) as made:
        yield made


def type_something(form) -> None:
    """Type into every kind of field, half of it unreadable."""
    form.visit.fields["address"].input.value = "3 栋"
    form.visit.fields["outcome"].input.value = "met"
    card = form.add_concern()
    fields = card.section.fields
    fields["demand_type"].input.value = "water"
    fields["demand_detail"].input.value = "water_cut"
    fields["people_affected"].input.value = "很多"
    fields["since"].input.value = "11-"
    fields["safety"].tick("violence")
    fields["safety"].tick("none")


def buttons(form) -> dict[str, ipywidgets.Button]:
    """Give the buttons of the first draft in the list, by their words."""
    row = form.keeper.children[1]
    return {b.description: b for b in row.children if isinstance(b, ipywidgets.Button)}


def test_a_draft_comes_back_as_it_was_typed(store):
    """A new form (a restarted kernel, a reloaded page) shows it all again, faults and all."""
    form = VisitForm(store, GRIDS)
    type_something(form)
    typed, shown = form.visit.typed, form.concerns[0].typed

    again = VisitForm(store, GRIDS)
    assert again.value["concerns"] == []
    buttons(again)["接着写"].click()

    assert again.visit.typed == typed
    assert again.concerns[0].typed == shown
    assert again.concerns[0].section.fields["people_affected"].input.value == "很多"
    assert again.keeper.children == ()


def test_an_untouched_form_is_no_draft(store):
    """Opening a form, and the day that stands in it, leave nothing behind."""
    VisitForm(store, GRIDS)

    assert Drafts.beside(store.path).listed() == ()


def test_saving_ends_the_draft(store):
    """After COMMIT there is no draft; before, a refused save has not touched it."""
    form = VisitForm(store, GRIDS)
    form.grid.input.value = "001"
    form.save()
    assert len(Drafts.beside(store.path).listed()) == 1

    form.visit.fields["outcome"].input.value = "nobody_home"
    form.save()

    assert Drafts.beside(store.path).listed() == ()
    assert len(store.frame("visit")) == 1


def test_a_draft_is_deleted_only_on_purpose(store):
    """One click asks, the next deletes."""
    type_something(VisitForm(store, GRIDS))
    form = VisitForm(store, GRIDS)

    buttons(form)["删除"].click()
    assert len(Drafts.beside(store.path).listed()) == 1
    buttons(form)["确定删除, 内容不保留"].click()

    assert Drafts.beside(store.path).listed() == ()


def test_a_question_before_deleting_stays_when_the_list_is_drawn_again(store):
    """Another draft comes into the list meanwhile: what was asked is still asked, of the same row."""
    for address in ("1 栋", "2 栋"):
        form = VisitForm(store, GRIDS)
        form.visit.fields["address"].input.value = address
    again = VisitForm(store, GRIDS)
    row = again.keeper.children[1]
    drop, sure = row.children[2:]
    drop.click()

    again.keeper.refresh()

    assert again.keeper.children[1] is row
    assert (drop.layout.display, sure.layout.display) == ("none", None)
    sure.click()
    assert row not in again.keeper.children
    assert len(again.keeper.children) == 2


def test_a_visit_put_aside_waits_in_the_list(store):
    """The form is empty for another door; both can be finished in any order."""
    form = VisitForm(store, GRIDS)
    type_something(form)

    form.park_button.click()

    assert form.value["concerns"] == []
    form.visit.fields["address"].input.value = "4 栋"
    buttons(form)["接着写"].click()
    assert form.visit.fields["address"].input.value == "3 栋"
    assert len(form.concerns) == 1
    assert "4 栋" in form.keeper.children[1].children[0].value


def test_a_draft_saved_just_before_the_end_is_not_saved_twice(store):
    """Stopped between COMMIT and the end of the draft: it is not offered again."""
    form = VisitForm(store, GRIDS)
    form.grid.input.value = "001"
    form.visit.fields["outcome"].input.value = "nobody_home"
    (draft,) = Drafts.beside(store.path).listed()
    form.save()
    Drafts.beside(store.path).keep(draft)

    again = VisitForm(store, GRIDS)

    assert again.keeper.children == ()
    assert Drafts.beside(store.path).listed() == ()


def test_two_windows_with_one_draft_save_it_once(store):
    """The second save is refused in words, since the visit is in the ledger already."""
    first = VisitForm(store, GRIDS)
    first.grid.input.value = "001"
    first.visit.fields["outcome"].input.value = "nobody_home"
    second = VisitForm(store, GRIDS)
    buttons(second)["接着写"].click()
    first.visit.fields["note"].input.value = "也在写"
    assert "另一个窗口" in first.keeper.status.value
    second.save()

    first.save()

    assert "已经在台账里" in first.message
    assert first.visit.fields["note"].input.value == "也在写"
    assert len(store.frame("visit")) == 1


def taken_over(store) -> tuple[VisitForm, VisitForm]:
    """Give a form with a visit, and a second one that goes on with its draft."""
    first = VisitForm(store, GRIDS)
    first.grid.input.value = "001"
    first.visit.fields["outcome"].input.value = "nobody_home"
    second = VisitForm(store, GRIDS)
    buttons(second)["接着写"].click()
    return first, second


def notes(store) -> list[str]:
    """Give the notes that a freshly opened form finds in the drafts."""
    VisitForm(store, GRIDS)  # opening it lists them, and drops those that were saved
    return [d.content["visit"].get("note", "") for d in Drafts.beside(store.path).listed()]


def test_what_the_first_window_types_after_the_second_has_saved_is_kept(store):
    """It is listed, comes back, and says that the visit is in the ledger without it."""
    first, second = taken_over(store)
    assert second.save() is not None

    first.visit.fields["note"].input.value = "门口有狗"

    assert notes(store) == ["门口有狗"]
    again = VisitForm(store, GRIDS)
    buttons(again)["接着写"].click()
    assert again.visit.fields["note"].input.value == "门口有狗"
    assert "没有进台账的另一版" in again.message
    assert again.save() is None
    assert len(store.frame("visit")) == 1
    assert notes(store) == ["门口有狗"]


def test_both_windows_with_one_draft_are_kept(store):
    """Whoever types, and whoever saves first, no window's words are dropped."""
    first, second = taken_over(store)
    first.visit.fields["note"].input.value = "一"
    second.visit.fields["note"].input.value = "二"
    assert sorted(notes(store)) == ["一", "二"]

    assert first.save() is not None

    assert notes(store) == ["二"]


def test_a_save_does_not_drop_the_draft_that_another_window_goes_on_with(store):
    """The first window saves what it has; what the second has typed since stays a draft."""
    first, second = taken_over(store)
    second.visit.fields["note"].input.value = "二"

    assert first.save() is not None

    assert notes(store) == ["二"]


def test_in_a_running_kernel_the_draft_follows_within_two_seconds(store):
    """Keys in quick succession are written together, soon after the first of them."""
    form = VisitForm(store, GRIDS)

    async def kernel() -> tuple[int, int]:
        form.visit.fields["note"].input.value = "门"
        form.visit.fields["note"].input.value = "门口有狗"
        at_once = len(Drafts.beside(store.path).listed())
        await asyncio.sleep(1.5)
        return at_once, len(Drafts.beside(store.path).listed())

    assert asyncio.run(kernel()) == (0, 1)
    (draft,) = Drafts.beside(store.path).listed()
    assert draft.content["visit"]["note"] == "门口有狗"


def test_a_draft_that_cannot_be_kept_is_said_and_typing_goes_on(store):
    """A full disk or a folder that cannot be made is said; saving is still possible."""
    Drafts.beside(store.path).folder.write_text("in the way", encoding="utf-8")
    form = VisitForm(store, GRIDS)

    form.grid.input.value = "001"
    form.visit.fields["outcome"].input.value = "nobody_home"

    assert "草稿没有写到磁盘" in form.keeper.status.value
    assert form.save() is not None


_TYPIST = """
import os, signal, sys
from gridkit.forms import VisitForm
from gridkit.records import open_store
from gridkit.records.grids import make_grids
import shapely
grids = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
form = VisitForm(open_store(sys.argv[1]), grids)
form.visit.fields["note"].input.value = "三天没有水"
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_kernel_loses_nothing(store):
    """Killed without warning, the process leaves what was typed."""
    ended = subprocess.run([sys.executable, "-c", _TYPIST, str(store.path)], check=False)

    assert ended.returncode == -signal.SIGKILL
    with open_store(store.path) as reopened:
        form = VisitForm(reopened, GRIDS)
        buttons(form)["接着写"].click()
        assert form.visit.fields["note"].input.value == "三天没有水"
