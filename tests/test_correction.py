"""A finished record is corrected with a reason; two versions are merged by a person."""

from __future__ import annotations

from datetime import date

import pytest

import small_ledger
from gridkit.forms import Correction, Desk
from gridkit.forms.corrections import Corrections
from small_ledger import FIRST, GRIDS, SAID, SECOND

store = pytest.fixture(small_ledger.corrected_store)


@pytest.fixture
def correction(store):
    """Open the concern."""
    made = Correction(store, GRIDS)
    made.show("c1")
    return made


def test_a_correction_changes_what_was_changed_only(store, correction):
    """The new version differs in the one field; what is not asked stays as it was."""
    before = store.current(["c1"])["c1"].record.answers()
    correction.section.fields["households_affected"].input.value = "40"
    correction.reason.value = "听错了"

    correction.save_button.click()

    assert store.current(["c1"])["c1"].record.answers() == {**before, "households_affected": 40}
    assert "已更正" in correction.message
    last = store.history("c1").iloc[-1]
    assert (last["why"], last["by_role"], last["op"]) == ("听错了", "grid_worker", "put")


@pytest.mark.parametrize(
    ("households", "reason", "told"),
    [("40", " ", "还有要改的"), ("4", "听错了", "没有改动"), ("很多", "听错了", "还有要改的")],
)
def test_nothing_is_written_without_cause(store, correction, households, reason, told):
    """No reason, no change or an unreadable answer: said, and nothing is written."""
    correction.section.fields["households_affected"].input.value = households
    correction.reason.value = reason

    correction.save_button.click()

    assert told in correction.message
    assert len(store.history("c1")) == 1
    assert correction.section.fields["households_affected"].input.value == households


def test_a_missing_reason_is_said_under_its_field(correction):
    """With the other faults, in both languages; the cursor goes to the first fault."""
    sought = []
    correction.on_fault(sought.append)
    correction.section.fields["households_affected"].input.value = "40"

    correction.save_button.click()

    under = correction.reason.children[-1]
    assert "请写明为什么改" in under.value
    correction.speak("en")
    assert "Please say why" in under.value
    correction.reason.value = "听错了"
    assert under.value == ""
    correction.reason.value = ""
    correction.section.fields["households_affected"].input.value = "很多"
    correction.save_button.click()
    assert "Please say why" in under.value
    assert sought == ["why", "households_affected"]


def test_history_reads_as_a_diff(correction):
    """Each version says when, who by role, why, and each field before and after."""
    correction.section.fields["households_affected"].input.value = "40"
    correction.reason.value = "听错了"
    correction.save()

    assert "涉及户数: <del>4 户</del> → <ins>40 户</ins>" in correction.history
    assert "2026-11-22 10:00" in correction.history
    assert "网格员" in correction.history
    assert "首次登记" in correction.history


def test_a_moved_place_is_no_satellite_fix_any_more(store, correction):
    """Coordinates that were corrected by hand are typed; their old accuracy does not stay."""
    correction.section.fields["lon"].input.value = "117.403"
    correction.reason.value = "位置不对"

    correction.save()

    record = store.current(["c1"])["c1"].record
    assert (record.lon, record.place_source, record.accuracy_m) == (117.403, "typed", None)


def test_a_change_from_elsewhere_is_a_conflict_that_is_shown(store, correction):
    """Two people who correct one record apart get both versions side by side."""
    correction.section.fields["harm"].load("property")
    correction.reason.value = "看过了"
    other = Correction(store, GRIDS)
    other.show("c1")
    other.section.fields["households_affected"].input.value = "6"
    other.reason.value = "又问了"
    other.save()

    correction.save()

    assert "两版都在" in correction.message
    assert correction.section is None
    assert set(correction.merge.choices) == {"households_affected", "harm"}


def test_a_person_merges_field_by_field(store, correction):
    """No version is preferred: each difference is chosen, and one head is left."""
    test_a_change_from_elsewhere_is_a_conflict_that_is_shown(store, correction)
    choices = correction.merge.choices
    assert [choice.value for choice in choices.values()] == ["", ""]
    correction.reason.value = "两边都对"
    choices["harm"].value = "B"
    correction.save()
    assert "还有要改的" in correction.message
    choices["households_affected"].value = "A"

    correction.save()

    current = store.current(["c1"])["c1"]
    assert (current.record.households_affected, current.record.harm) == (6, "property")
    assert len(current.heads) == 1
    assert store.history("c1").iloc[-1]["op"] == "merge"
    assert store.conflicts().empty


def test_two_long_versions_stand_whole_beside_each_other(store, correction):
    """A list to choose from cannot wrap: it has the beginnings, both texts stand below it, escaped."""
    ours, theirs = "三楼的水压一直上不来, 早晚都一样 " * 4, "楼下的 <b>总阀</b> 关了半圈 " * 4
    heads = store.current(["c1"])["c1"].heads
    for words in (ours, theirs):
        record = store.current(["c1"])["c1"].record.model_copy(update={"summary": words})
        store.revise(record, parents=heads, by_role="grid_worker", why="补写")

    correction.show("c1")

    choice = correction.merge.choices["summary"]
    block = next(b for b in correction.merge.children if choice in getattr(b, "children", ()))
    assert all(len(label) < 30 for label, _ in choice.options)
    (sides,) = (part.value for part in block.children if part is not choice)
    assert ours.strip() in sides
    assert "&lt;b&gt;总阀&lt;/b&gt;" in sides


def test_a_withdrawal_beside_a_change_is_asked_about(store):
    """Where one withdrew and another changed it, a person says whether it stands."""
    heads = store.current(["c1"])["c1"].heads
    changed = store.current(["c1"])["c1"].record.model_copy(update={"harm": "property"})
    store.revise(changed, parents=heads, by_role="grid_worker", why="看过了")
    store.withdraw("c1", parents=heads, by_role="village_staff", why="重复")
    correction = Correction(store, GRIDS)
    correction.show("c1")
    correction.reason.value = "确是重复"
    (choice,) = correction.merge.choices.values()
    choice.value = "drop"

    correction.save()

    assert store.current(["c1"]) == {}
    assert store.conflicts().empty


def test_a_record_that_is_gone_is_said(correction):
    """What is not in the ledger cannot be opened, and the form says so."""
    correction.show("nobody")

    assert "不在台账里" in correction.message


def test_words_of_a_resident_are_no_markup_in_the_history(correction):
    """Free text in the history is escaped."""
    correction.section.fields["summary"].input.value = SAID + "!"
    correction.reason.value = "<i>补记</i>"
    correction.save()

    assert "<b>" not in correction.history
    assert "<i>" not in correction.history
    assert "&lt;b&gt;裂缝" in correction.history


def test_a_visit_is_corrected_too(store):
    """A visit's day and outcome can be corrected as a concern's answers can."""
    correction = Correction(store, GRIDS)
    correction.show("v1")
    correction.section.fields["visited_on"].input.value = "2026-11-19"
    correction.reason.value = "记错一天"

    correction.save()

    assert store.current(["v1"])["v1"].record.visited_on == date(2026, 11, 19)


def test_a_record_is_found_corrected_and_the_message_stays(store):
    """By address or the end of its id; after saving the list is new, the message still there."""
    drawer = Corrections(Desk(store, GRIDS))
    drawer.open_button.click()
    drawer.search.value = "c1"
    drawer.records.value = "c1"
    drawer.correction.section.fields["households_affected"].input.value = "40"
    drawer.correction.reason.value = "听错了"

    drawer.correction.save_button.click()

    assert "已更正" in drawer.correction.message
    assert drawer.records.value == "c1"


@pytest.mark.parametrize("act", ["search", "close", "other", "language"])
def test_a_correction_that_is_not_saved_is_not_lost_by_looking_elsewhere(store, act):
    """A search, the drawer, another record: what was typed stays until it is given up twice."""
    drawer = Corrections(Desk(store, GRIDS))
    drawer.open_button.click()
    drawer.records.value = "c1"
    drawer.correction.section.fields["households_affected"].input.value = "40"

    if act == "search":
        drawer.search.value = "没有这样的地方"
    elif act == "close":
        drawer.open_button.click()
        drawer.open_button.click()
    elif act == "other":
        drawer.records.value = "v1"
    else:
        drawer.speak("en")

    assert drawer.records.value == drawer.correction.record_id == "c1"
    assert drawer.correction.section.fields["households_affected"].input.value == "40"

    if act == "other":
        drawer.records.value = "v1"
        assert drawer.correction.record_id == "v1"


def test_a_place_is_picked_and_checked_as_when_it_was_recorded(store, correction):
    """A point in another grid asks; agreeing moves the concern there; the source is kept."""
    place = correction.amended.place
    there = (117.4075, 26.702)

    place.mark(there, "map")
    correction.reason.value = "点错了"
    correction.save_button.click()
    asked = correction.section.fields["grid_id"].value, place.agree_button.layout.display
    place.agree_button.click()
    correction.save_button.click()

    assert asked == (FIRST, None)
    record = store.current(["c1"])["c1"].record
    assert (record.lon, record.lat, record.place_source) == (*there, "map")
    assert record.grid_id == SECOND
    assert record.accuracy_m is None


def test_an_untouched_place_keeps_its_source_and_accuracy(store, correction):
    """Who corrects a number of households says nothing about the place."""
    correction.section.fields["households_affected"].input.value = "5"
    correction.reason.value = "补户数"
    correction.save_button.click()

    record = store.current(["c1"])["c1"].record
    assert (record.place_source, record.accuracy_m) == ("gps", 8)
