"""The board as a person uses it: a step by a button, a decision with its reason, the lists."""

from __future__ import annotations

import datetime as dt
import re

import ipywidgets
import pytest
import shapely

from gridkit import forms, triage
from gridkit.records import Backlog, Concern, Session, Step, create_workspace, open_store
from gridkit.records.grids import make_grids
from gridkit.triage import take_step

GRIDS = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)
PAYLOAD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def workspace(tmp_path):
    """Make an invented county with an empty ledger."""
    made = create_workspace(
        tmp_path / "work", name="青溪县", county_code="990428", grids=GRIDS, invented=True
    )
    yield made
    made.close()


@pytest.fixture
def tap(workspace):
    """Write one dry tap with its registration into the ledger."""
    return registered(workspace)


def registered(workspace, **answers) -> str:
    """Write one concern with its registration; its id."""
    today = workspace.store.today()
    given = {
        "grid_id": GRIDS.index[0],
        "demand_type": "water",
        "demand_detail": "water_cut",
        "summary": "三楼以上没有水",
        **answers,
    }
    made = Concern(source="grid_visit", heard_on=today, **given)
    step = Step(concern_id=made.record_id, action="registered", on=today)
    workspace.store.add([made, step], by_role="centre_staff")
    return made.record_id


def opened(workspace, concern_id):
    """Open one matter on a fresh board."""
    board = forms.triage(workspace)
    board.listing.choose(concern_id)
    return board


def pages(root) -> str:
    """Read all HTML of a screen."""
    found = root.value if isinstance(root, ipywidgets.HTML) else ""
    found += getattr(root, "markup", "")
    return found + "".join(pages(child) for child in getattr(root, "children", ()))


def press(steps, name: str, **answers) -> None:
    """Choose a step by its button, answer, and save."""
    steps.buttons[name].click()
    for field, answer in answers.items():
        steps.section.fields[field].load(answer)
    steps.save_button.click()


def test_only_legal_steps_are_offered_and_each_role_sees_its_own(workspace, tap):
    """The buttons are what the table of moves allows now, for the role that is chosen."""
    steps = opened(workspace, tap).matter.steps
    frame = workspace.store.frame("step")

    for role in ("centre_staff", "grid_worker", "unit_staff", "leader"):
        steps.role.value = role
        legal = {a.step for a in triage.allowed(tap, frame, role)} - {"unsatisfied"}
        assert set(steps.buttons) == legal
        assert all(re.search("[一-鿿]", b.description) for b in steps.buttons.values())


def test_a_matter_goes_from_the_door_to_being_struck_off_by_buttons_alone(workspace, tap):
    """Each button asks what it needs; state, story and clocks follow at once."""
    board = opened(workspace, tap)
    steps = board.matter.steps
    press(steps, "routed", unit="water_company", reason="管网归水司")
    assert "已分流, 待受理" in steps.message
    steps.role.value = "unit_staff"
    press(steps, "accepted")
    press(steps, "answered", reason="夜间蓄水, 分段供水, 周五恢复")
    steps.role.value = "centre_staff"
    press(steps, "verified")
    press(steps, "followed_up", satisfied=True)
    press(steps, "closed")

    page = board.matter.page
    assert "已销号" in page
    assert "答复居民: " in page
    assert "夜间蓄水, 分段供水, 周五恢复" in page
    assert "管网归水司" in page
    assert "责任单位经办人" in page
    assert "自来水公司" in page
    assert "不评分" in page
    assert tap not in board.listed.index
    frame = workspace.store.frame("step")
    assert frame["action"].astype("str").tolist() == [
        "registered",
        "routed",
        "accepted",
        "answered",
        "verified",
        "followed_up",
        "closed",
    ]


def test_what_a_step_needs_is_asked_before_anything_is_written(workspace, tap):
    """Routing without a unit is refused under the field; nothing is written."""
    steps = opened(workspace, tap).matter.steps
    before = workspace.store.revision_count()

    press(steps, "routed")
    assert steps.section.fields["unit"].fault.zh == "请选择一项"
    press(steps, "to_statutory_channel", on=None)

    assert steps.section.fields["reason"].fault.zh == "这一项必填"
    assert steps.section.fields["on"].fault is not None
    assert workspace.store.revision_count() == before


def test_the_unit_that_the_rules_propose_can_be_taken_over(workspace, tap):
    """Routing shows the proposal with its reason; a button fills it in, and a person saves."""
    steps = opened(workspace, tap).matter.steps
    steps.buttons["routed"].click()
    assert "建议: 自来水公司" in pages(steps)

    steps.propose_button.click()
    assert steps.section.fields["unit"].value == "water_company"
    steps.save_button.click()

    assert workspace.store.frame("step")["unit"].astype("str").tolist()[-1] == "water_company"


def test_a_refusal_is_told_in_plain_chinese(workspace, tap):
    """A day before the last step is refused with the reason; the answers stay."""
    steps = opened(workspace, tap).matter.steps
    yesterday = workspace.store.today() - dt.timedelta(days=1)

    press(steps, "triaged", on=yesterday)

    assert "没有保存" in steps.message
    assert f"早于得知日期 {yesterday + dt.timedelta(days=1)}" in steps.message
    assert steps.section.fields["on"].value == yesterday
    assert len(workspace.store.frame("step")) == 1


def test_two_people_stepping_at_once_are_both_kept_and_shown(workspace, tap):
    """The later one is told of the clash, and the story marks it."""
    board = opened(workspace, tap)
    with open_store(workspace.store.path) as other:
        take_step(other, tap, "withdrawn", by_role="grid_worker", reason="自己修好了")

    press(board.matter.steps, "routed", unit="water_company")

    assert "有人在您打开之后也办了一步" in board.matter.steps.message
    assert "当时不合流程, 已保留但未计入" in board.matter.page
    assert "已撤回" in board.matter.page
    assert len(workspace.store.frame("step")) == 3


def test_not_content_sends_it_back(workspace, tap):
    """One button for the follow-up; the answer "no" takes it back to handling."""
    board = opened(workspace, tap)
    steps = board.matter.steps
    press(steps, "answered", reason="已修好")
    press(steps, "followed_up", satisfied=False, reason="晚上还是没水")

    assert "群众不满意, 退回办理" in steps.message
    assert "居民不满意" in board.matter.page
    assert "晚上还是没水" in board.matter.page


def test_matters_of_one_cause_can_be_merged_by_a_button(workspace, tap):
    """Offered are open matters of the same kind in the township, and nothing else."""
    root = registered(workspace, grid_id=GRIDS.index[1])
    registered(workspace, demand_type="roads", demand_detail=None)
    steps = opened(workspace, tap).matter.steps
    steps.buttons["merged"].click()
    field = steps.section.fields["into_id"]

    assert [code for _, code in field.input.options if code] == [root]
    press(steps, "merged", into_id=root, reason="同一处水管")

    frame = workspace.store.frame("concern")
    stands = triage.states(frame, workspace.store.frame("step"))
    assert stands.loc[tap, "root_id"] == root


def test_an_override_stands_in_the_story_with_its_reason(workspace, tap):
    """Whoever looks later sees what was advised, what was decided, by which role, and why."""
    board = opened(workspace, tap)
    fields = board.matter.decision.section.fields
    fields["decided"].load("orange")
    fields["reason"].input.value = f"现场看过, 老人多 {PAYLOAD}"
    board.matter.decision.decide_button.click()

    page = board.matter.page
    assert "改定为橙色 (建议" in page
    assert "现场看过, 老人多 &lt;img" in page
    assert "<img" not in page
    board.close_matter()
    assert "人工改定" in pages(board)
    assert board.listed.loc[tap, "band"] == "orange"


def test_clocks_are_bars_with_article_turn_and_days(workspace, tap):
    """What runs, by which article, from when until when, and who has to act."""
    board = opened(workspace, tap)

    assert "信访工作条例第22条" in board.matter.page
    assert "该谁办: 登记转送方" in board.matter.page
    assert 'class="gk-bar gk-calm"' in board.matter.page
    press(board.matter.steps, "routed", unit="water_company")
    assert "已完成或已届满的时限" in board.matter.page


def test_an_agreement_of_a_session_is_a_clock_and_an_event_of_its_matter(workspace, tap):
    """Also where the session alone tells of it, without a step."""
    today = workspace.store.today()
    held = Session(
        kind="mediation",
        held_on=today,
        level="village",
        batches=1,
        persons=2,
        concern_ids=[tap],
        outcome="settled",
        settlement="peoples_mediation",
        agreed_on=today,
    )
    workspace.store.add([held], by_role="mediator")

    page = opened(workspace, tap).matter.page

    assert "调解: 已化解" in page
    assert "人民调解法第33条" in page


def test_the_week_is_put_place_by_place_with_what_is_left(workspace):
    """Doors of one village stand together under its name; the rest is counted by band."""
    for number in range(6):
        registered(workspace, grid_id=GRIDS.index[number % 3])
    board = forms.triage(workspace, capacity=4)
    board.view.value = "week"

    assert board.week.plan["door"].tolist() == [1, 2, 3, 4]
    grids = board.week.plan["grid_id"].astype("str").tolist()
    assert grids == sorted(grids, key=grids.index)
    assert "走完还剩什么" in pages(board.week)


def test_feedback_puts_the_unanswered_first_and_opens_what_has_ended(workspace, tap):
    """The grid worker sees what became of each report, also once it is struck off."""
    done = registered(workspace, grid_id=GRIDS.index[1])
    take_step(workspace.store, done, "answered", by_role="grid_worker", reason="已修好")
    board = forms.triage(workspace)
    board.view.value = "feedback"

    assert board.feedback.shown.index.tolist() == [tap, done]
    assert "已等 0 天" in pages(board.feedback)
    board.feedback.stage.value = "answered"
    assert board.feedback.shown.index.tolist() == [done]
    board.feedback.source.value = "hotline"
    assert "没有符合条件的事项" in pages(board.feedback)
    board.feedback.source.index = 0
    board.feedback.listing.choose(done)
    assert "已修好" in board.matter.page


def test_the_backlog_shows_color_owner_and_checklist(workspace, tap):
    """A hard matter by its post, never a name, with the half-month's report below."""
    hard = Backlog(
        concern_id=tap,
        batch=1,
        taken_on=workspace.store.today(),
        leader_post="分管副县长",
    )
    workspace.store.add([hard], by_role="leader")
    board = forms.triage(workspace)
    board.view.value = "backlog"

    page = pages(board.backlog)
    assert "分管副县长" in page
    band = next(b for b in workspace.profile.bands if b.code == board.listed.loc[tap, "band"])
    assert band.color in page
    assert "还差" in page
    assert "半月一报" in page
    board.backlog.listing.choose(tap)
    assert "列入第 1 批积案" in board.matter.page


def test_a_long_board_is_leafed_through(workspace):
    """Sixteen matters are two pages; a filter goes back to the first."""
    for number in range(16):
        registered(workspace, grid_id=GRIDS.index[number % 3])
    board = forms.triage(workspace)
    assert (len(board.shown), len(board.found)) == (15, 16)

    pager = board.listing_pager
    pager.next_button.click()
    assert len(board.shown) == 1
    assert pager.next_button.disabled
    board.filters.demand.value = "water"
    assert len(board.shown) == 15
    board.filters.clear_button.click()
    assert board.filters.demand.value == ""


def test_filters_narrow_by_state_unit_and_deadline(workspace, tap):
    """What a person asks is what `triage.narrow` gives."""
    other = registered(workspace, grid_id=GRIDS.index[1])
    take_step(workspace.store, other, "routed", by_role="centre_staff", unit="water_company")
    board = forms.triage(workspace)

    board.filters.state.value = "routed"
    assert board.found.index.tolist() == [other]
    board.filters.state.index = 0
    board.filters.unit.value = "water_company"
    assert board.found.index.tolist() == [other]
    board.filters.unit.index = 0
    board.filters.overdue.value = "late"
    assert len(board.found) == 0
    assert "没有符合条件的待办事项" in pages(board)
    board.filters.overdue.value = "in_time"
    assert set(board.found.index) == {tap, other}


def test_no_code_is_shown_where_a_word_belongs(workspace, tap):
    """Every view of the board speaks Chinese: no code of the ledger, no English column."""
    take_step(workspace.store, tap, "routed", by_role="centre_staff", unit="water_company")
    board = opened(workspace, tap)
    shown = board.matter.page
    board.close_matter()
    for view in ("board", "week", "feedback", "backlog"):
        board.view.value = view
    shown += pages(board)
    words = re.sub(r"<style.*?</style>|<[^>]*>", " ", shown, flags=re.DOTALL)
    table = triage.readable(board.found, workspace.profile, workspace.grids["name"])

    codes = ("water_cut", "water_company", "routed", "centre_staff", "grid_visit", "days_left")
    assert [code for code in codes if code in words + table.to_string()] == []
    assert list(table.columns)[:4] == ["等级", "分数", "诉求", "网格"]


def test_the_board_of_a_district_in_english(workspace, tap):
    """The other language, from the head to the story."""
    board = forms.triage(workspace, lang="en")
    board.listing.choose(tap)

    assert "Regulations on Petition Work 2022" in board.matter.page
    assert "registered" in board.matter.page
    assert board.matter.back_button.description == "← Back"


def test_what_was_recorded_is_corrected_from_the_opened_matter(workspace, tap):
    """A button opens the recording's own questions; the corrected matter is shown at once."""
    board = forms.triage(workspace)
    board.open_matter(tap)

    board.matter.correct_button.click()
    correction = board.matter.correction
    correction.section.fields["summary"].load("四楼以上没有水")
    correction.reason.value = "听错了楼层"
    correction.save_button.click()

    assert "四楼以上没有水" in board.matter.page
    assert "听错了楼层" in correction.history
    assert workspace.store.history(tap)["by_role"].tolist() == ["centre_staff"] * 2
    board.close_matter()
    assert correction.layout.display == "none"
