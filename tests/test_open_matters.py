"""The board of open matters: in order, narrowed, on the command line; a person's band counts."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridkit as gk
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.triage import worklist
from gridkit.triage.board import (
    NARROWED_BY,
    board,
    contested,
    narrow,
    townships,
    with_reasons,
)

PROFILE = load_profile()
ON = dt.date(2026, 11, 3)


def concern(**changed):
    """Make a concern about water, heard on 1 November."""
    values = {
        "grid_id": "990428100001001",
        "source": "grid_visit",
        "heard_on": "2026-11-01",
        "demand_type": "water",
        "safety": "none",
    }
    return gk.Concern(**{**values, **changed})


@pytest.fixture(scope="module")
def matters():
    """Make six matters by name."""
    return {
        "danger": concern(safety="house_unsafe", demand_type="housing_safety"),
        "old": concern(heard_on="2026-03-02", grid_id="990428101001001"),
        "heavy": concern(
            harm="property", households_affected=300, basic_need="water", heard_on="2026-10-30"
        ),
        "routed": concern(demand_type="wages"),
        "gone": concern(),
        "ended": concern(),
    }


@pytest.fixture(scope="module")
def workspace(matters, tmp_path_factory):
    """Make a workspace with the matters, one of them ended as it should not be."""
    folder = tmp_path_factory.mktemp("county") / "workspace"
    made = gk.create_workspace(folder, name="青溪县", county_code="990428", invented=True)
    taken = [
        gk.Step(concern_id=matters["routed"].record_id, action="registered", on="2026-11-01"),
        gk.Step(
            concern_id=matters["routed"].record_id,
            action="routed",
            on="2026-11-02",
            unit="labor_bureau",
        ),
        gk.Step(concern_id=matters["gone"].record_id, action="closed", on="2026-11-02"),
        gk.Step(
            concern_id=matters["ended"].record_id,
            action="closed",
            on="2026-11-02",
            special=True,
            reason="领导决定",
        ),
    ]
    made.store.add([*matters.values(), *taken], by_role="centre_staff")
    yield made
    made.close()


@pytest.fixture(scope="module")
def ledger(workspace):
    """Read concerns and steps."""
    return workspace.store.frame("concern"), workspace.store.frame("step")


@pytest.fixture(scope="module")
def listed(ledger, matters):
    """Make the board, with names for ids."""
    made = board(*ledger, ON, PROFILE)
    return made.rename(index={m.record_id: name for name, m in matters.items()})


def test_the_board_is_in_the_order_of_the_bands(listed):
    """Danger first whatever the sum, then by score; what has ended is not there."""
    assert listed.index[0] == "danger"
    assert set(listed.index) == {"danger", "old", "heavy", "routed", "gone"}
    assert listed["band"].cat.codes.is_monotonic_increasing


def test_the_board_holds_what_the_worklist_holds(ledger):
    """Same matters, scores, bands and deadlines, made in another way."""
    mine = board(*ledger, ON, PROFILE)
    theirs = worklist(*ledger, ON, PROFILE).loc[mine.index]

    for name in ("score", "band", "due_on", "days_left", "status"):
        assert mine[name].tolist() == theirs[name].tolist()
    shown = with_reasons(mine.head(2), *ledger, ON, PROFILE)
    assert shown["sentence_zh"].tolist() == theirs["sentence_zh"].tolist()[:2]


def test_the_board_says_who_has_it_and_since_when(listed):
    """State, unit and turn come from the steps; the clock names its article."""
    row = listed.loc["routed"]

    assert (row["state"], row["unit"], row["waiting_for"]) == ("routed", "labor_bureau", "unit")
    assert row["since"] == pd.Timestamp("2026-11-02")
    assert listed.loc["old", ["overdue", "open_days"]].tolist() == [True, 246]
    assert listed.loc["old", "township_code"] == "990428101000"


def test_what_a_person_decided_counts_before_the_advice(ledger, matters):
    """The last decision up to that day; the advice stays visible."""
    old = matters["old"].record_id
    decisions = pd.DataFrame(
        {
            "concern_id": [old, old, old],
            "on": pd.to_datetime(["2026-11-01", "2026-11-02", "2026-11-04"]).as_unit("s"),
            "decided": ["blue", "red", "orange"],
        }
    )

    made = board(*ledger, ON, PROFILE, decisions)

    assert made.loc[old, ["band", "decided"]].tolist() == ["red", True]
    assert made["decided"].sum() == 1
    assert made.loc[old, "advised"] == board(*ledger, ON, PROFILE).loc[old, "band"]


def test_a_matter_ended_irregularly_is_counted_not_lost(ledger, matters):
    """Closed without a registration or an answer: a person has to look."""
    assert contested(*ledger, ON).tolist() == [matters["gone"].record_id]


def test_an_empty_ledger_makes_an_empty_board(ledger):
    """Nothing to do yet, and no error."""
    assert len(board(ledger[0].head(0), ledger[1].head(0), ON, PROFILE)) == 0


def test_a_board_is_narrowed_by_matter_place_and_office_only(listed):
    """R1: there is nothing of a person or a worker to narrow by."""
    with pytest.raises(DataError) as raised:
        narrow(listed, by_role="grid_worker")

    assert str(raised.value).startswith("看板不能按 by_role 筛选")
    assert not {"by_role", "device", "met_role", "grid_id"} & set(NARROWED_BY)


@given(
    st.lists(st.sampled_from(["red", "orange", "yellow", "blue"]), unique=True),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, "990428100", "990428101000"]),
)
def test_narrowing_keeps_the_order_and_exactly_what_fits(listed, bands, overdue, township):
    """Filters join by `and`, several codes of one by `or`; nothing asked is everything."""
    found = narrow(listed, band=bands or None, overdue=overdue, township_code=township)

    wanted = [
        name
        for name, row in listed.iterrows()
        if (not bands or row["band"] in bands)
        and (overdue is None or row["overdue"] == overdue)
        and (township is None or row["township_code"].startswith(township[:9]))
    ]
    assert found.index.tolist() == wanted


def test_a_township_is_read_from_grid_and_division_alike():
    """A missing code has no township."""
    codes = pd.Series(["990428101001007", None, "990428101000"], dtype="str")

    assert townships(codes).tolist()[::2] == ["990428101000"] * 2
    assert townships(codes).isna().tolist() == [False, True, False]


# --- on the command line ----------------------------------------------------------------------


def run(capsys, workspace, *words: str) -> str:
    """Run a command and give what it printed, without line breaks."""
    app([*words, "-w", str(workspace.folder)], standalone_mode=False)
    return "".join(capsys.readouterr().out.split("\n"))


def test_the_command_narrows_by_words_or_codes(capsys, workspace, matters):
    """住房安全 and housing_safety are the same; the count of all stays in view."""
    said = run(capsys, workspace, "board", "--on", "2026-11-03", "--type", "住房安全")

    assert "待办 5 件, 符合条件 1 件" in said
    assert matters["danger"].record_id[-8:] in said
    assert "尚无责任单位" in said
    assert "1 件有不合流程的办结记录, 未算办结" in said
    assert "由人决定" in said


@pytest.mark.parametrize(
    ("option", "n"),
    [
        (("--overdue",), 2),  # the danger should have been reported on the day it was heard
        (("--in-time",), 3),
        (("--status", "routed"), 1),
        (("--unit", "人社局"), 1),
        (("--township", "990428101"), 1),
        (("--band", "红色"), 1),
    ],
)
def test_the_command_takes_every_filter(capsys, workspace, option, n):
    """Township, type, band, status, unit, overdue."""
    said = run(capsys, workspace, "board", "--on", "2026-11-03", *option)

    assert f"符合条件 {n} 件" in said


def test_a_word_that_fits_nothing_is_answered_with_the_choices(capsys, workspace):
    """The message lists what there is."""
    with pytest.raises(DataError, match="red 红色"):
        run(capsys, workspace, "board", "--band", "紫色")
    with pytest.raises(DataError, match="routed 已分流"):
        run(capsys, workspace, "board", "--status", "遗忘")
    with pytest.raises(DataError, match="990428"):  # an empty list would read as all is well
        run(capsys, workspace, "board", "--township", "12")


def test_the_command_lists_reception_days_and_the_sheet(capsys, workspace, matters):
    """The 10th of October 2026 is worked; what is red waits for the county."""
    said = run(
        capsys,
        workspace,
        "receptions",
        *("--from", "2026-10-05", "--to", "2026-10-10", "--sheet", "county"),
    )

    assert "2026-10-10" in said
    assert "2026-10-08" in said  # the Monday of the holidays, moved
    assert matters["danger"].record_id[-8:] in said
    assert "信访工作条例第25条" in said
