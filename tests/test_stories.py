"""The three matters that every demo must be able to tell, from the door to 销号 (domain 1).

Invented people and places; the course is that of the county's own report: a grid worker
hears of it before it is a dispute, the centre routes it at once, the units handle it
together, and green means solved *and then followed up*.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from gridkit import triage
from gridkit.errors import WorkflowError
from gridkit.profile import load_profile
from gridkit.records import Concern, Room, Session, Visit, create_store
from gridkit.triage.routing import route_one

PROFILE = load_profile()
OLD_TOWN = "990428100001007"
HILL_VILLAGE = "990428105203001"


@pytest.fixture
def store(tmp_path):
    """Make the county's ledger."""
    with create_store(tmp_path / "ledger.db", county_code="990428") as opened:
        yield opened


def knock(store, grid_id: str, on: str, **heard) -> tuple:
    """Knock at a door, hear a concern, register it; give how to act on it, and its id."""
    visit = Visit(grid_id=grid_id, visited_on=on, outcome="met", met_role="owner")
    concern = Concern(
        visit_id=visit.record_id, grid_id=grid_id, source="grid_visit", heard_on=on, **heard
    )
    store.add([visit, concern], by_role="grid_worker")
    act = partial(triage.take_step, store, concern.record_id)
    act("registered", by_role="grid_worker", on=on)
    return act, concern


def due(store, concern, on: str):
    """Give the deadline that is next for a concern on a day."""
    concerns, steps = store.frame("concern"), store.frame("step")
    return triage.next_due(concerns, steps, PROFILE, dt.date.fromisoformat(on)).loc[
        concern.record_id
    ]


def test_old_town_renovation_an_inspection_arranged_at_the_door(store):
    """如果因改造工程对自己房屋造成质量隐患, 我们可以联系相关单位进行检修."""
    # The works begin in three weeks; the owner fears for the walls. It is a need, no dispute.
    act, house = knock(
        store,
        OLD_TOWN,
        "2026-03-09",
        demand_type="housing_safety",
        demand_detail="works_damage",
        hardening="works_soon",
        works_start="2026-03-30",
        setting="old_building",
    )
    assert house.dispute_code is None

    # The centre routes it the same day, to the housing bureau and the township together.
    proposal = route_one(house.answers(), PROFILE)
    assert (proposal.unit, proposal.joint_units) == ("housing_bureau", ("township_government",))
    act(
        "routed",
        by_role="centre_staff",
        on="2026-03-09",
        unit=proposal.unit,
        joint_units=proposal.joint_units,
    )
    assert due(store, house, "2026-03-09")["turn"] == "unit"

    # The inspectors come before the works do.
    act("accepted", by_role="unit_staff", on="2026-03-10")
    act("in_progress", by_role="unit_staff", on="2026-03-12", reason="上门检测墙体并拍照存底")
    act("answered", by_role="unit_staff", on="2026-03-16", reason="墙体完好, 开工期间设监测点")

    # Nobody strikes it off on the unit's word alone.
    with pytest.raises(WorkflowError) as refused:
        act("closed", by_role="centre_staff", on="2026-03-16")
    assert [p.zh for p in refused.value.problems] == [
        "先核查答复是否属实",
        "先回访, 群众满意",
    ]
    act("verified", by_role="village_staff", on="2026-03-18")
    act("followed_up", by_role="grid_worker", on="2026-03-20", satisfied=True)
    done = act("closed", by_role="centre_staff", on="2026-03-20")

    assert done.matter.state == "closed"
    assert "special" not in done.matter.facts
    assert due(store, house, "2026-03-31")["status"] == "stopped"


def test_a_dry_year_zoned_supply_night_storage_staggered_hours(store):
    """区间段供水、夜间蓄水、错峰供水, followed up with the resident; her neighbors' taps too."""
    # Two doors of one village, a week apart, one waterworks.
    tap = {"demand_type": "water", "demand_detail": "water_cut", "setting": "dry_season"}
    act, first = knock(store, HILL_VILLAGE, "2026-08-03", basic_need="water", **tap)
    act_too, second = knock(store, HILL_VILLAGE, "2026-08-10", basic_need="water", **tap)
    act("routed", by_role="centre_staff", on="2026-08-03", unit="water_company")
    act("accepted", by_role="unit_staff", on="2026-08-04")

    # The centre sees one root: the second follows the first from now on.
    merged = act_too(
        "merged",
        by_role="centre_staff",
        on="2026-08-11",
        into_id=first.record_id,
        reason="同一水厂水源不足",
    )
    assert merged.matter.waiting_for == ""

    # Zoned supply comes first, and is not enough: the follow-up sends it back.
    act("in_progress", by_role="unit_staff", on="2026-08-12", reason="区间段供水")
    act("answered", by_role="unit_staff", on="2026-08-14", reason="分区轮流供水, 时段已张贴")
    act("verified", by_role="village_staff", on="2026-08-15")
    back = act("followed_up", by_role="grid_worker", on="2026-08-17", satisfied=False)
    assert (back.matter.state, back.matter.waiting_for) == ("unsatisfied", "intake")
    assert due(store, first, "2026-08-17")["clause_id"] == "petition_22_route"

    # Night storage and staggered hours; now there is water in the evening.
    act("in_progress", by_role="unit_staff", on="2026-08-18", reason="夜间蓄水、错峰供水")
    act("answered", by_role="unit_staff", on="2026-08-21", reason="夜间蓄水、错峰供水")
    act("verified", by_role="village_staff", on="2026-08-24")
    act("followed_up", by_role="grid_worker", on="2026-08-26", satisfied=True)
    act("closed", by_role="centre_staff", on="2026-08-27")

    stood = triage.states(store.frame("concern"), store.frame("step"))
    assert stood["state"].loc[second.record_id] == "merged"
    assert stood["root_state"].tolist() == ["closed", "closed"]
    assert not stood["is_open"].any()
    assert stood["n_steps"].loc[[first.record_id, second.record_id]].tolist() == [12, 2]


def test_nine_investors_unpaid_for_two_years_after_a_bankruptcy(store):
    """A hard matter: a leader owns it, mediation in the county's room, an agreement, confirmed."""
    # They come on the leaders' reception day, nine people in one batch.
    concern = Concern(
        grid_id=OLD_TOWN,
        source="leader_reception",
        heard_on="2026-03-10",
        since="2024-03-01",
        demand_type="investment_consumption",
        demand_detail="investment_unpaid",
        dispute_code="0802",
        people_affected=9,
    )
    room = Room(title="县评理室", level="county", division_code="990428000000", lawyers=3)
    received = Session(
        kind="reception",
        held_on="2026-03-10",
        level="county",
        leader_post="分管副县长",
        batches=1,
        persons=9,
        concern_ids=concern.record_id,
        is_dispute=True,
    )
    store.add([concern, room, received], by_role="centre_staff")
    act = partial(triage.take_step, store, concern.record_id)
    act("registered", by_role="centre_staff", on="2026-03-10")

    # There is a court for it, so the 60 days are not its clock; mediation is tried first.
    proposal = route_one(concern.answers(), PROFILE)
    assert (proposal.unit, proposal.joint_units) == (
        "finance_office",
        ("court", "justice_bureau"),
    )
    act("routed", by_role="centre_staff", on="2026-03-11", unit="water_company")

    # Routed by mistake: the unit objects within five working days, and it goes on.
    act("objected", by_role="unit_staff", on="2026-03-13", reason="事权不在本单位")
    act("routed", by_role="leader", on="2026-03-16", unit=proposal.unit)
    act("accepted", by_role="unit_staff", on="2026-03-18")
    assert (
        "petition_34_conclude"
        not in triage.clock_table(
            store.frame("concern"), store.frame("step"), PROFILE, dt.date(2026, 3, 19)
        )["clause_id"].tolist()
    )

    # A reasoning meeting with lawyers; an agreement to pay in instalments.
    act("mediation_requested", by_role="mediator", on="2026-04-02")
    met = Session(
        kind="reasoning",
        room_id=room.record_id,
        held_on="2026-04-13",
        level="county",
        batches=1,
        persons=9,
        concern_ids=concern.record_id,
        is_dispute=True,
        outcome="preliminary",
        agreed_on="2026-04-20",
    )
    store.add([met], by_role="mediator")
    act("in_progress", by_role="mediator", on="2026-04-13", reason="评理会: 先行兑付方案")
    act("agreement", by_role="mediator", on="2026-04-20", reason="分期兑付协议")

    # Both sides may ask the court to confirm it, for thirty days.
    rights = triage.deadlines_of(
        store.frame("concern"), store.frame("step"), PROFILE, dt.date(2026, 4, 21)
    )
    assert rights.loc["mediation_33_confirm", "sentence"] == (
        "可在 2026-05-20 前共同申请司法确认 (人民调解法第33条), 还有 29 天"
    )
    act("confirmation_requested", by_role="mediator", on="2026-05-06")

    # Paid, checked, asked each of the nine, struck off: matter by matter, never person by person.
    act("answered", by_role="unit_staff", on="2026-06-01", reason="首期款已到账, 其余按协议")
    act("verified", by_role="leader", on="2026-06-08")
    act("followed_up", by_role="village_staff", on="2026-06-15", satisfied=True)
    done = act("closed", by_role="leader", on="2026-06-16")

    assert done.matter.state == "closed"
    assert {taken.by_role for taken in store.case(concern.record_id).steps} == {
        "centre_staff",
        "unit_staff",
        "leader",
        "mediator",
        "village_staff",
    }
    assert store.check().empty
