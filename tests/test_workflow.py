"""The life of a matter: what may follow what, who may do it, and that nothing is lost."""

from __future__ import annotations

import datetime as dt
import re
from itertools import product
from threading import Thread

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gridkit import triage
from gridkit.errors import RecordError, WorkflowError
from gridkit.profile import load_profile
from gridkit.records import Concern, Step, create_store, open_store
from gridkit.records.spec import ACTIONS, ROLES
from gridkit.triage.moves import FACTS, MOVES, NEEDS, STATE, STATES, STEPS
from gridkit.triage.workflow import Matter, allowed_now

PROFILE = load_profile()
HEARD = dt.date(2026, 3, 2)
ROLE_CODES = [code for code, *_ in ROLES]
CODES = [code for code, *_ in ACTIONS]


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger."""
    with create_store(tmp_path / "ledger.db", county_code="990428") as opened:
        yield opened


def concern(**answers) -> Concern:
    """Make a concern about water, heard on 2 March 2026."""
    given = {"heard_on": HEARD, "demand_type": "water", "source": "grid_visit"}
    return Concern(grid_id="990428100001001", **{**given, **answers})


def step(action: str, day: int = 2, of: str = "c", **answers) -> Step:
    """Make a step on a day of March 2026."""
    return Step(concern_id=of, action=action, on=dt.date(2026, 3, day), **answers)


def told(*texts: str, of: str = "c") -> list[Step]:
    """Make steps from texts such as "3 routed water_company" or "9 followed_up no"."""
    made = []
    for text in texts:
        day, action, *rest = text.split()
        answers = {}
        if action == "followed_up":
            answers["satisfied"] = rest == ["yes"]
        elif rest == ["special"]:
            answers |= {"special": True, "reason": "重复登记"}
        elif rest:
            answers["unit"] = rest[0]
        made.append(step(action, int(day), of, **answers))
    return made


TO_FOLLOW_UP = (
    "2 registered",
    "3 routed water_company",
    "4 accepted",
    "5 in_progress",
    "6 answered",
    "7 verified",
    "8 followed_up yes",
)


def frames(histories: dict[str, list[Step]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the ledger's frames of some histories."""
    index = pd.Index(list(histories), dtype="str", name="record_id")
    heard = pd.Series(pd.Timestamp(HEARD), index=index).astype("datetime64[s]")
    steps = [s for of_one in histories.values() for s in of_one]
    columns = {
        name: [getattr(s, name) for s in steps]
        for name in ("concern_id", "action", "on", "unit", "satisfied", "special", "into_id")
    }
    made = pd.DataFrame(columns, index=[s.record_id for s in steps])
    made["on"] = pd.to_datetime(made["on"]).astype("datetime64[s]")
    made["satisfied"] = made["satisfied"].astype("boolean")
    made["special"] = made["special"].astype("boolean")
    texts = dict.fromkeys(("concern_id", "action", "unit", "into_id"), "category")
    return heard.to_frame("heard_on"), made.astype(texts)


# --- the table ------------------------------------------------------------------------------


def test_the_table_is_sound():
    """Each row names states, roles, needs and facts that are there; none contradicts another."""
    pairs = [(state, move.step) for move in MOVES for state in move.within]

    assert len(pairs) == len(set(pairs))
    for move in MOVES:
        assert set(move.within) <= set(STATE)
        assert {*move.roles} <= {*ROLE_CODES}
        assert move.roles
        assert {*move.needs, *move.lacks, *move.says} <= set(NEEDS)
        assert {*move.adds, *move.drops} <= set(FACTS)
        assert move.to in STATE or move.to == ""
    assert {move.step for move in MOVES} == set(STEPS)


def test_states_and_needs_speak_both_languages_and_the_turns_are_the_profiles():
    """Whoever is waited for has a name in the table `turn`."""
    for entry in (*STATES, *NEEDS.values()):
        assert re.search(r"[一-鿿]", entry.zh)
        assert entry.en.isascii()
    assert {s.turn for s in STATES} - {""} <= set(PROFILE.codes("turn"))


def test_every_state_can_be_reached_and_left():
    """From the door, by legal steps only; no state is a trap."""
    reached, edge = {}, {(Matter().state, Matter().facts): Matter()}
    while edge:
        reached |= edge
        found = {}
        for matter in edge.values():
            for may in allowed_now(matter):
                answers = (
                    {"satisfied": may.step != "unsatisfied"}
                    if may.action == "followed_up"
                    else {}
                )
                answers |= {"special": True} if may.step == "closed_special" else {}
                after = matter.after(step(may.action, **answers))
                found[after.state, after.facts] = after
        edge = {key: m for key, m in found.items() if key not in reached}

    assert {state for state, _ in reached} == set(STATE)
    assert all(allowed_now(matter) for matter in reached.values())


# --- striking off ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """Make one ledger for all rows of the truth table."""
    path = tmp_path_factory.mktemp("guards") / "ledger.db"
    with create_store(path, county_code="990428") as opened:
        yield opened


CLOSING = list(
    product(
        (True, False),
        (True, False),
        ("yes", "no", None),
        (True, None),
        (True, False),
        ("centre_staff", "leader", "unit_staff", "grid_worker"),
    )
)


def test_guards_of_striking_off_hold_in_every_case(busy):
    """The whole truth table: answer, check, follow-up, exception, reason, role.

    Struck off are: what was answered, checked and followed up with a content resident, by
    centre or leader; and exceptions, by a leader who says why. Nothing else.
    """
    for answered, verified, content, special, reason, role in CLOSING:
        history = ["2 registered", "3 routed water_company", "4 accepted"]
        history += ["5 answered"] * answered + ["6 verified"] * verified
        history += [f"7 followed_up {content}"] if content else []
        matter = concern()
        taken = told(*history, of=matter.record_id)
        busy.add([matter, *taken], by_role="centre_staff")
        complete = answered and verified and content == "yes" and not special
        expected = (complete and role in {"centre_staff", "leader"}) or bool(
            special and reason and role == "leader"
        )

        try:
            done = triage.take_step(
                busy,
                matter.record_id,
                "closed",
                by_role=role,
                special=special,
                reason="重复登记" if reason else None,
            )
            struck = done.matter.state == "closed"
        except RecordError:
            struck = False

        assert struck == expected, (answered, verified, content, special, reason, role)
        assert len(busy.case(matter.record_id).steps) == len(taken) + expected


@pytest.mark.parametrize("said", ["yes", "no"])
def test_a_resident_who_is_not_content_sends_it_back_to_handling(said):
    """The answer no longer counts; it takes a new one, checked and followed up again."""
    one = triage.state(told(*TO_FOLLOW_UP[:-1], f"8 followed_up {said}"))
    names = {a.step for a in allowed_now(one)}

    assert (one.state == "unsatisfied") == (said == "no")
    assert ("closed" in names) == (said == "yes")
    assert ("in_progress" in names) == (said == "no")
    again = told("9 in_progress", "10 answered", "11 verified", "12 followed_up yes")
    for later in again if said == "no" else []:
        one = one.after(later)
    assert "closed" in {a.step for a in allowed_now(one)}


def test_check_and_follow_up_may_come_in_either_order():
    """What counts is that both were done after the answer."""
    turned = (*TO_FOLLOW_UP[:5], "7 followed_up yes", "8 verified", "9 closed")

    assert triage.state(told(*turned)).state == "closed"


# --- refusals -------------------------------------------------------------------------------


def test_an_illegal_step_is_refused_and_the_legal_ones_are_named(store):
    """The whole message, in both languages."""
    matter = concern()
    store.add([matter, *told(*TO_FOLLOW_UP[:3], of=matter.record_id)], by_role="centre_staff")

    with pytest.raises(WorkflowError) as raised:
        triage.take_step(store, matter.record_id, "registered", by_role="unit_staff")

    assert raised.value.zh == (
        "这件事现在是“已受理”, 不能登记, 没有写入任何内容。"
        "您可以: 回退、办理、答复、转法定途径、达成协议、申请仲裁、方案公布。"
        "各方可以: 回退、办理、延期、答复、特殊销号、撤回、同因归并、转法定途径、听证开始、"
        "申请调解、达成协议、申请仲裁、方案公布。"
    )
    assert "The matter is now: accepted. `registered` cannot be taken" in raised.value.en
    assert store.size("step") == 3


def test_a_step_that_only_lacks_an_answer_is_not_called_illegal(store):
    """Routing without a unit: what is missing is said, not that it cannot be routed."""
    matter = concern()
    store.add([matter, *told("2 registered", of=matter.record_id)], by_role="centre_staff")

    with pytest.raises(WorkflowError) as raised:
        triage.take_step(store, matter.record_id, "routed", by_role="centre_staff")

    assert raised.value.zh.startswith("这件事现在是“已登记”, 可以分流, 但还差下面所列")
    assert "不能分流" not in str(raised.value)
    assert [problem.field for problem in raised.value.problems] == ["unit"]


@pytest.mark.parametrize(
    ("history", "action", "answers", "field"),
    [
        ([], "routed", {"unit": "water_company"}, None),
        (["2 registered"], "registered", {}, None),
        (["2 registered"], "routed", {}, "unit"),
        (["2 registered", "3 routed water_company"], "objected", {}, "reason"),
        (["2 registered"], "merged", {"reason": "同一水厂"}, "into_id"),
        (["2 registered"], "triaged", {"on": "2026-03-01"}, "on"),
        (["2 registered", "5 triaged"], "routed", {"on": "2026-03-04", "unit": "court"}, "on"),
        (
            list(TO_FOLLOW_UP[:4]),
            "extended",
            {"reason": "复杂", "by_role": "unit_staff"},
            "by_role",
        ),
        (
            [*TO_FOLLOW_UP[:3], "5 extended", "6 in_progress"],
            "extended",
            {"reason": "仍复杂", "by_role": "leader"},
            "action",
        ),
    ],
    ids=[
        "before_registration",
        "twice",
        "no_unit",
        "objection_without_reasons",
        "merge_without_root",
        "before_it_was_heard",
        "before_the_last_step",
        "not_this_role",
        "extended_twice",
    ],
)
def test_bad_steps_are_refused_with_what_they_lack(store, history, action, answers, field):
    """Nothing is written; what is at fault is named."""
    matter = concern()
    store.add([matter, *told(*history, of=matter.record_id)], by_role="centre_staff")
    role = {"by_role": "unit_staff" if action == "objected" else "centre_staff"}

    with pytest.raises(WorkflowError) as raised:
        triage.take_step(store, matter.record_id, action, **{**role, **answers})

    assert store.size("step") == len(history)
    assert field is None or field in {p.field for p in raised.value.problems}


def test_a_step_in_the_future_or_on_no_matter_is_refused(store):
    """The rules of the record hold here too."""
    matter = concern()
    store.add([matter], by_role="grid_worker")
    tomorrow = store.today() + dt.timedelta(days=1)

    with pytest.raises(RecordError) as future:
        triage.take_step(
            store, matter.record_id, "registered", by_role="grid_worker", on=tomorrow
        )
    with pytest.raises(RecordError) as nowhere:
        triage.take_step(store, "nowhere", "registered", by_role="grid_worker")

    assert [p.field for p in future.value.problems] == ["on"]
    assert [p.field for p in nowhere.value.problems] == ["concern_id"]


@pytest.mark.parametrize(("on", "kept"), [("2025-10-14", True), ("2025-10-15", False)])
def test_objections_are_open_for_five_working_days(store, on, kept):
    """Routed on 30 September 2025; off 1-8 October; worked 9, 10, 11 (Saturday), 13, 14."""
    matter = concern(heard_on="2025-09-29")
    routed = [
        Step(concern_id=matter.record_id, action="registered", on="2025-09-29"),
        Step(concern_id=matter.record_id, action="routed", on="2025-09-30", unit="court"),
    ]
    store.add([matter, *routed], by_role="centre_staff")
    said = {"by_role": "unit_staff", "on": on, "reason": "事权不在本单位"}

    if kept:
        assert (
            triage.take_step(store, matter.record_id, "objected", **said).matter.waiting_for
            == "intake"
        )
    else:
        with pytest.raises(WorkflowError, match="异议期"):
            triage.take_step(store, matter.record_id, "objected", **said)


# --- two people at once ---------------------------------------------------------------------


def test_two_people_on_one_matter_at_once_are_both_kept_and_the_clash_is_shown(store):
    """Each saw it registered; each routes it. The second counts for nothing, until sorted out."""
    matter = concern()
    first = step("registered", of=matter.record_id)
    store.add([matter, first], by_role="grid_worker")
    route = {"action": "routed", "by_role": "centre_staff", "on": "2026-03-03"}
    seen = [first.record_id]

    one = triage.take_step(store, matter.record_id, **route, unit="water_company", seen=seen)
    other = triage.take_step(store, matter.record_id, **route, unit="court", seen=seen)

    concerns, steps = store.frame("concern"), store.frame("step")
    stood = triage.states(concerns, steps).loc[matter.record_id]
    shown = triage.clashes(concerns, steps)
    assert (one.clash, other.clash) == (False, True)
    assert (stood["unit"], stood["n_steps"], stood["clashes"]) == ("water_company", 3, 1)
    assert shown.index.tolist() == [other.step.record_id]
    assert shown["within"].tolist() == ["routed"]

    heads = store.current([other.step.record_id])[other.step.record_id].heads
    store.withdraw(other.step.record_id, parents=heads, by_role="centre_staff", why="重复分流")
    assert triage.states(concerns, store.frame("step"))["clashes"].tolist() == [0]


def test_two_programs_at_once_cannot_both_route(store):
    """The check and the write are one transaction: one gets through, one is refused."""
    matter = concern()
    store.add([matter, step("registered", of=matter.record_id)], by_role="grid_worker")
    outcomes = []

    def route(unit: str) -> None:
        with open_store(store.path) as own:
            try:
                triage.take_step(
                    own, matter.record_id, "routed", by_role="centre_staff", unit=unit
                )
                outcomes.append("kept")
            except WorkflowError:
                outcomes.append("refused")

    threads = [Thread(target=route, args=(unit,)) for unit in ("court", "police")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["kept", "refused"]
    assert triage.states(store.frame("concern"), store.frame("step"))["clashes"].tolist() == [0]


def test_a_step_follows_what_is_there_even_if_a_clock_ran_ahead(store):
    """Ids sort by time of making; a later step never slips in front of an earlier one."""
    matter = concern()
    ahead = Step(
        record_id="ffffffff-0000-7000-8000-000000000000",
        concern_id=matter.record_id,
        action="registered",
        on=HEARD,
    )
    store.add([matter, ahead], by_role="grid_worker")

    taken = triage.take_step(
        store, matter.record_id, "triaged", by_role="centre_staff", on=HEARD
    )

    assert taken.step.record_id > ahead.record_id
    assert triage.states(store.frame("concern"), store.frame("step"))["state"].tolist() == [
        "triaged"
    ]


def test_imported_steps_of_one_day_come_in_the_order_of_a_life():
    """Their ids say nothing about time; registered comes before answered, an exception last."""
    taken = told(
        "2 registered",
        "2 answered",
        "2 verified",
        "2 followed_up no",
        "2 closed special",
        "2 archived",
    )
    ids = ["6f", "2e", "4d", "1c", "5b", "3a"]
    day = [s.model_copy(update={"record_id": i}) for s, i in zip(taken, ids, strict=True)]
    concerns, steps = frames({"c": sorted(day, key=lambda s: s.record_id)})
    profile = load_profile()

    stood = triage.states(concerns, steps)
    due = triage.next_due(concerns, steps, profile, HEARD)

    assert stood[["state", "clashes"]].to_numpy().tolist() == [["archived", 0]]
    assert due["status"].tolist() == ["stopped"]


def test_steps_of_one_day_are_read_alike_however_the_rows_stand():
    """Imported or recorded here, alone or all at once: no answer hangs on the rows' order."""
    imported = {"5f": "2 registered", "4e": "2 routed police", "3d": "2 returned"}
    made = [told(t)[0].model_copy(update={"record_id": i}) for i, t in imported.items()]
    made += told("2 routed court", "2 accepted", "2 returned")  # recorded here, in this order
    concerns, steps = frames({"c": made})
    profile, on = load_profile(), dt.date(2026, 3, 20)
    used = triage.next_due(concerns, steps, profile, on)["used"]

    for seed in range(6):
        turned = steps.sample(frac=1, random_state=seed)
        one = triage.state(turned, HEARD)

        assert (one.state, len(one.clashes)) == ("returned", 0)
        pd.testing.assert_frame_equal(
            triage.states(concerns, turned), triage.states(concerns, steps)
        )
        pd.testing.assert_frame_equal(
            triage.next_due(concerns, turned, profile, on),
            triage.next_due(concerns, steps, profile, on),
        )
        assert triage.response_gap(concerns, turned, on, used).tolist() == ["returned_twice"]


# --- merging --------------------------------------------------------------------------------


def test_a_merged_matter_follows_its_root_and_both_keep_their_histories(store):
    """Struck off with the root; reopening takes it out of the merge again."""
    tap, works = concern(), concern()
    mine = told("2 registered", of=tap.record_id)
    store.add(
        [tap, works, *mine, *told(*TO_FOLLOW_UP[:5], of=works.record_id)],
        by_role="centre_staff",
    )

    said = {"into_id": works.record_id, "reason": "同一水厂"}
    triage.take_step(
        store, tap.record_id, "merged", by_role="centre_staff", on="2026-03-03", **said
    )

    stood = triage.states(store.frame("concern"), store.frame("step"))
    assert stood["state"].loc[[tap.record_id, works.record_id]].tolist() == [
        "merged",
        "answered",
    ]
    assert stood["root_id"].loc[tap.record_id] == works.record_id
    assert stood["root_state"].tolist() == ["answered", "answered"]
    assert stood["is_open"].all()
    assert stood["n_steps"].loc[[tap.record_id, works.record_id]].tolist() == [2, 5]

    back = triage.take_step(
        store, tap.record_id, "reopened", by_role="leader", reason="并非同因"
    )
    assert (back.matter.state, back.matter.into_id) == ("reopened", None)


def test_a_merge_takes_no_danger_off_the_board(store):
    """An unsafe house is not merged into a matter that does not say so; the other way it is."""
    house, works = concern(safety="house_unsafe"), concern(safety="none")
    tolds = [told("2 registered", of=one.record_id) for one in (house, works)]
    store.add([house, works, *tolds[0], *tolds[1]], by_role="centre_staff")
    said = {"by_role": "centre_staff", "reason": "同一处施工"}

    with pytest.raises(WorkflowError) as refused:
        triage.take_step(store, house.record_id, "merged", into_id=works.record_id, **said)
    triage.take_step(store, works.record_id, "merged", into_id=house.record_id, **said)

    assert [problem.field for problem in refused.value.problems] == ["into_id"]
    assert "险情" in refused.value.problems[0].zh
    stood = triage.states(store.frame("concern"), store.frame("step"))
    assert stood["state"].loc[[house.record_id, works.record_id]].tolist() == [
        "registered",
        "merged",
    ]


def test_a_merge_that_leads_back_is_refused(store):
    """Neither into itself nor into what was merged into it."""
    a, b = concern(), concern()
    store.add(
        [a, b, *told("2 registered", of=a.record_id), *told("2 registered", of=b.record_id)],
        by_role="centre_staff",
    )
    said = {"by_role": "centre_staff", "reason": "同因"}
    triage.take_step(store, a.record_id, "merged", into_id=b.record_id, **said)

    for target in (a, b):
        with pytest.raises(WorkflowError, match="不能并入自己"):
            triage.take_step(
                store,
                b.record_id,
                "merged",
                into_id=target.record_id if target is a else b.record_id,
                **said,
            )


def test_a_merge_into_what_is_struck_off_is_refused(store):
    """Nobody would look at it again."""
    a, b = concern(), concern()
    store.add(
        [
            a,
            b,
            *told("2 registered", of=a.record_id),
            *told("2 registered", "3 closed special", of=b.record_id),
        ],
        by_role="leader",
    )

    with pytest.raises(WorkflowError, match="请先重启它"):
        triage.take_step(
            store, a.record_id, "merged", by_role="leader", into_id=b.record_id, reason="同因"
        )


def test_merges_in_a_loop_are_shown_not_followed():
    """Two devices merged a into b and b into a: both are kept, both show the clash."""
    histories = {
        "a": [*told("2 registered", of="a"), step("merged", 3, "a", into_id="b")],
        "b": [*told("2 registered", of="b"), step("merged", 3, "b", into_id="a")],
        "c": [*told("2 registered", of="c"), step("merged", 3, "c", into_id="d")],
        "d": [*told("2 registered", of="d"), step("merged", 3, "d", into_id="e")],
        "e": told(*TO_FOLLOW_UP, of="e"),
    }

    stood = triage.states(*frames(histories))

    assert stood["clashes"].tolist() == [1, 1, 0, 0, 0]
    assert stood["root_id"].isna().tolist() == [True, True, False, False, True]
    assert stood["root_id"].dropna().tolist() == ["e", "e"]
    assert stood["root_state"].tolist()[2:] == ["followed_up"] * 3


# --- one and a million ----------------------------------------------------------------------

ANY_STEP = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(CODES),
    st.integers(1, 9),
    st.booleans(),
    st.sampled_from([None, True]),
    st.sampled_from([None, "court", "police"]),
)


@settings(max_examples=150, deadline=None)
@given(drawn=st.lists(ANY_STEP, max_size=40))
def test_a_ledger_stands_where_each_matter_alone_stands(drawn):
    """The table read by numpy for all at once is the table read step by step."""
    histories = {key: [] for key in "abcd"}
    for key, action, day, content, special, unit in drawn:
        answers = {"unit": unit}
        answers |= {"satisfied": content} if action == "followed_up" else {}
        answers |= {"special": special} if action == "closed" else {}
        histories[key].append(step(action, day, key, **answers))
    concerns, steps = frames(histories)

    stood = triage.states(concerns, steps)

    for key, of_one in histories.items():
        alone, row = triage.state(of_one, HEARD), stood.loc[key]
        assert row["state"] == alone.state
        assert row["clashes"] == len(alone.clashes)
        assert row["n_steps"] == alone.n_steps == len(of_one)
        assert (None if pd.isna(row["unit"]) else row["unit"]) == alone.unit
        assert (None if pd.isna(row["since"]) else row["since"].date()) == alone.since
        assert (
            None if pd.isna(row["last_action"]) else row["last_action"]
        ) == alone.last_action
        assert [row[f] for f in ("answered", "verified", "content", "special")] == [
            f in alone.facts for f in ("answered", "verified", "content", "special")
        ]
    pd.testing.assert_frame_equal(
        stood, triage.states(concerns, steps.sample(frac=1, random_state=1).sort_index())
    )


def test_states_keep_types_index_and_inputs():
    """Dtypes as promised, also of nothing; the caller's frames are not touched."""
    concerns, steps = frames({"b": told(*TO_FOLLOW_UP, of="b"), "a": []})
    before = concerns.copy(), steps.copy()

    stood = triage.states(concerns, steps)
    none = triage.states(concerns.iloc[:0], steps.iloc[:0])
    early = triage.states(concerns, steps, dt.date(2026, 3, 4))

    assert stood.index.equals(concerns.index)
    assert "object" not in {str(dtype) for dtype in stood.dtypes}
    assert str(stood["since"].dtype) == str(none["since"].dtype) == "datetime64[s]"
    assert early["state"].tolist() == ["accepted", "draft"]
    pd.testing.assert_frame_equal(concerns, before[0])
    pd.testing.assert_frame_equal(steps, before[1])


# --- the state machine ----------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """Any steps, legal or not, in order of time: what must hold after each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.matter = Matter()
        self.day = HEARD

    def take(self, action: str, *, content: bool | None, special: bool | None) -> None:
        """Add a step as the ledger would."""
        answers = {"satisfied": content} if action == "followed_up" else {}
        answers |= {"special": special} if action == "closed" else {}
        self.steps.append(Step(concern_id="c", action=action, on=self.day, **answers))
        before, self.matter = self.matter, triage.state(self.steps, HEARD)
        assert self.matter.n_steps == before.n_steps + 1
        assert self.matter.clashes[: len(before.clashes)] == before.clashes
        if len(self.matter.clashes) > len(before.clashes):
            assert (self.matter.state, self.matter.facts) == (before.state, before.facts)

    @rule(
        action=st.sampled_from(CODES),
        content=st.booleans(),
        special=st.sampled_from([None, True]),
    )
    def anything(self, action, content, special):
        """Record whatever somebody's device did."""
        self.take(action, content=content, special=special)

    @rule(data=st.data())
    def something_legal(self, data):
        """Take what the program offers: it is never a clash."""
        before = self.matter.clashes
        may = data.draw(st.sampled_from(allowed_now(self.matter)))
        self.take(
            may.action,
            content=may.step != "unsatisfied",
            special=may.step == "closed_special" or None,
        )
        assert self.matter.clashes == before

    @precondition(lambda self: self.day < dt.date(2026, 9, 1))
    @rule(days=st.integers(1, 9))
    def time_passes(self, days):
        """Let later steps come on later days."""
        self.day += dt.timedelta(days=days)

    @invariant()
    def nothing_is_struck_off_unfinished(self):
        """Look back from a closing: an exception, or answer, check and a content resident."""
        if self.matter.state != "closed" or "special" in self.matter.facts:
            return
        counted = [s for n, s in enumerate(self.steps) if n not in self.matter.clashes]
        words = ["unsatisfied" if s.satisfied is False else s.action for s in counted]
        answer = len(words) - 1 - words[::-1].index("answered")
        after = words[answer:]
        assert {"verified", "followed_up"} <= set(after)
        assert {"unsatisfied", "reopened", "review", "re_review"}.isdisjoint(after)

    def steps_counted(self) -> list[Step]:
        """Leave out the clashes."""
        return [s for n, s in enumerate(self.steps) if n not in self.matter.clashes]

    @invariant()
    def nothing_counts_before_registration(self):
        """Expect registration, or an exception, as the first step that counts."""
        counted = [s.action for n, s in enumerate(self.steps) if n not in self.matter.clashes]
        assert counted[:1] in ([], ["registered"], ["closed"])
        assert counted[:1] != ["closed"] or self.steps_counted()[0].special

    def teardown(self):
        """Read the same steps vectorised: the same state."""
        stood = triage.states(*frames({"c": self.steps})).loc["c"]
        assert (stood["state"], stood["clashes"]) == (
            self.matter.state,
            len(self.matter.clashes),
        )


Life.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
test_life = Life.TestCase
