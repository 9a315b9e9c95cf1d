"""The screens: what was saved is scored at once, and only people decide."""

from __future__ import annotations

import ipywidgets
import pandas as pd
import pytest
import shapely

from gridkit import forms, triage
from gridkit.errors import StoreBusyError
from gridkit.records import Concern, Step, Visit, create_workspace, open_store
from gridkit.records.grids import make_grids

GRIDS = make_grids(shapely.box(117.40, 26.70, 117.42, 26.72), 500, "990428", 40)
PAYLOAD = "<img src=x onerror=alert(1)> ${alert(2)} </script>"


@pytest.fixture
def workspace(tmp_path):
    """Make an invented county with an empty ledger."""
    made = create_workspace(
        tmp_path / "work", name="青溪县", county_code="990428", grids=GRIDS, invented=True
    )
    yield made
    made.close()


def concern(workspace, **answers) -> Concern:
    """Write one concern with its registration into the ledger."""
    today = workspace.store.today()
    given = {"grid_id": GRIDS.index[0], "demand_type": "roads", **answers}
    made = Concern(source="hotline", heard_on=today, **given)
    step = Step(concern_id=made.record_id, action="registered", on=today)
    workspace.store.add([made, step], by_role="centre_staff")
    return made


@pytest.fixture
def ledger(workspace):
    """Fill the ledger: one danger, one heavy, one light, one that a court has."""
    return {
        "danger": concern(
            workspace, demand_type="water", safety="no_drinking_water", summary=PAYLOAD
        ),
        "heavy": concern(workspace, demand_type="water", harm="health", households_affected=60),
        "light": concern(workspace, harm="nuisance", grid_id=GRIDS.index[1]),
        "court": concern(workspace, harm="life", dispute_code="14"),
    }


def pages(root) -> str:
    """Read all HTML of a screen."""
    found = root.value if isinstance(root, ipywidgets.HTML) else ""
    found += getattr(root, "markup", "")
    return found + "".join(pages(child) for child in getattr(root, "children", ()))


def test_the_board_shows_danger_first_and_leaves_out_what_a_court_has(workspace, ledger):
    """Order is the worklist's; disputes on a statutory channel are not on the board."""
    board = forms.triage(workspace)

    wanted = [ledger[name].record_id for name in ("danger", "heavy", "light")]
    assert board.shown.index.tolist() == wanted
    assert "没有饮用水" in pages(board)


def test_the_week_is_as_long_as_it_allows(workspace, ledger):
    """Capacity cuts the plan; what cannot be read changes nothing and is said."""
    board = forms.triage(workspace, capacity=2)
    board.view.value = "week"
    assert len(board.week.plan) == 2

    board.week.capacity.value = "１"
    assert board.week.plan.index.tolist() == [ledger["danger"].record_id]
    board.week.capacity.value = "很多"
    assert len(board.week.plan) == 1
    assert "请填整数" in pages(board.week)
    assert "走完还剩什么" in pages(board.week)


def test_the_board_filters(workspace, ledger):
    """Demand, band, township and decision narrow the list; "all" widens it again."""
    board = forms.triage(workspace)

    board.filters.demand.value = "roads"
    assert board.shown.index.tolist() == [ledger["light"].record_id]
    board.filters.demand.index = 0
    board.filters.band.value = "red"
    assert board.shown.index.tolist() == [ledger["danger"].record_id]
    board.filters.band.index = 0
    board.filters.township.value = "990428000000"
    assert len(board.shown) == 3
    board.filters.decided.value = "done"
    assert len(board.shown) == 0


@pytest.mark.usefixtures("ledger")
def test_looking_writes_nothing(workspace):
    """No matter is acted upon without a person's decision (R5)."""
    before = workspace.store.revision_count()
    board = forms.triage(workspace)

    for concern_id in board.shown.index:
        board.listing.choose(concern_id)

    assert workspace.store.revision_count() == before


def test_accepting_the_advice_is_a_record(workspace, ledger):
    """One push writes who advised what by which card, and what the person decided."""
    board = forms.triage(workspace)
    board.listing.choose(ledger["heavy"].record_id)
    advised = board.shown.loc[ledger["heavy"].record_id]

    board.matter.decision.accept_button.click()

    made = workspace.store.frame("decision").iloc[0]
    assert made["concern_id"] == ledger["heavy"].record_id
    assert made["decided"] == made["advised"] == advised["band"]
    assert made["score"] == advised["score"]
    assert made["card_hash"] == workspace.profile.scorecard.hash
    assert "已保存决定" in board.matter.decision.message
    board.filters.decided.value = "open"
    assert ledger["heavy"].record_id not in board.shown.index


def test_another_band_needs_a_reason(workspace, ledger):
    """Deciding against the advice is refused until a reason stands beside it."""
    board = forms.triage(workspace)
    board.listing.choose(ledger["light"].record_id)
    fields = board.matter.decision.section.fields

    board.matter.decision.decide_button.click()
    assert fields["decided"].fault is not None
    fields["decided"].load("orange")
    board.matter.decision.decide_button.click()
    assert "请写明理由" in fields["reason"].fault.zh
    assert len(workspace.store.frame("decision")) == 0
    fields["reason"].input.value = "现场看过, 路面已塌陷"
    board.matter.decision.decide_button.click()

    made = workspace.store.frame("decision").iloc[0]
    assert (made["advised"], made["decided"]) == ("blue", "orange")
    assert made["reason"] == "现场看过, 路面已塌陷"


def test_a_decision_that_fails_keeps_the_reason(workspace, ledger, monkeypatch):
    """When the ledger is busy the words stay, and the message says so."""
    board = forms.triage(workspace)
    board.listing.choose(ledger["light"].record_id)
    fields = board.matter.decision.section.fields
    fields["decided"].load("orange")
    fields["reason"].input.value = "已核实"

    def busy(*_args, **_options):
        raise StoreBusyError(zh="台账正忙, 请稍后再试。", en="The ledger is busy; try again.")

    monkeypatch.setattr(workspace.store, "add", busy)
    board.matter.decision.decide_button.click()

    assert "台账正忙" in board.matter.decision.message
    assert fields["reason"].input.value == "已核实"


def test_a_matter_shows_where_its_score_comes_from(workspace, ledger):
    """Each factor of the card with its points, what would lower it, and the history."""
    board = forms.triage(workspace)
    board.listing.choose(ledger["heavy"].record_id)

    for factor in workspace.profile.scorecard.factors:
        assert factor.zh in board.matter.page
    assert "由人决定" in board.matter.page
    assert "登记" in board.matter.page
    assert "中心工作人员" in board.matter.page


def test_words_of_a_resident_never_become_markup_on_the_board(workspace, ledger):
    """A payload in a summary is shown literally."""
    board = forms.triage(workspace)
    board.listing.choose(ledger["danger"].record_id)

    assert "&lt;img src=x" in board.matter.page
    assert "<img" not in pages(board)


@pytest.mark.usefixtures("ledger")
def test_every_screen_of_an_invented_county_says_so(workspace):
    """虚构 stands on the form, the board and the hotspot view (R12)."""
    for screen in (
        forms.record(workspace),
        forms.triage(workspace),
        forms.hotspots(workspace),
    ):
        assert "虚构数据" in pages(screen)


def save_a_visit(screen) -> None:
    """Record one visit with one concern."""
    form = screen.form
    form.grid.load(GRIDS.index[2])
    form.visit.fields["outcome"].load("met")
    form.visit.fields["met_role"].load("tenant")
    card = form.add_concern()
    card.section.load({"demand_type": "water", "harm": "livelihood", "basic_need": "water"})
    card.place.centroid_button.click()
    form.save_button.click()


@pytest.mark.usefixtures("ledger")
def test_a_saved_concern_is_scored_at_once_and_rightly(workspace):
    """Score, reasons and deadline on the screen are those of the whole ledger's worklist."""
    screen = forms.record(workspace)
    save_a_visit(screen)
    save_a_visit(screen)

    store = workspace.store
    listed = triage.worklist(
        store.frame("concern"), store.frame("step"), store.today(), workspace.profile
    )
    newest = store.frame("concern").index[-1]
    truth = listed.loc[newest]
    assert str(truth["sentence_zh"]) in screen.result
    assert f">{truth['score']}<" in screen.result
    assert "信访工作条例" in screen.result
    assert screen.day.advice.loc[newest, "score"] == truth["score"]


@pytest.mark.usefixtures("ledger")
def test_the_last_score_names_its_door_and_goes_as_the_next_visit_begins(workspace):
    """It stays while nothing is written, and is never the score of what is being typed."""
    screen = forms.record(workspace)
    screen.form.visit.fields["address"].load("3 栋 201")
    save_a_visit(screen)

    assert f"刚保存的: {workspace.grids['name'].iloc[2]} 3 栋 201" in screen.result
    screen.speak("en")
    assert "Just saved" in screen.result

    screen.form.visit.fields["note"].input.value = "下一户"
    assert screen.result == ""
    screen.speak("zh")
    assert screen.result == ""

    screen.form.reset()
    save_a_visit(screen)
    assert "刚保存的" in screen.result
    screen.form.add_concern()
    assert screen.result == ""


@pytest.mark.usefixtures("ledger")
def test_list_and_map_follow_a_save(workspace):
    """The day's list grows, and the map in view is drawn anew with the new place on it."""
    screen = forms.record(workspace)
    screen.map.eye.look(sees=True)
    drawn, before = screen.map.drawn, pages(screen.map)

    save_a_visit(screen)

    assert screen.map.drawn == drawn + 1
    assert pages(screen.map) != before
    assert "(1)" in pages(screen.day)
    assert GRIDS["name"].iloc[2] in pages(screen.day)


@pytest.mark.usefixtures("ledger")
def test_a_map_out_of_view_is_not_drawn(workspace):
    """It is drawn once when it comes into view, whatever was saved meanwhile."""
    screen = forms.record(workspace)
    save_a_visit(screen)
    save_a_visit(screen)
    assert screen.map.drawn == 0

    screen.map.eye.look(sees=True)
    screen.map.eye.look(sees=False)
    screen.map.eye.look(sees=True)

    assert screen.map.drawn == 1
    assert "iframe" in pages(screen.map)


def test_a_concern_that_goes_to_court_is_not_scored(workspace):
    """Its screen says so; it has no score and is not on the map's list."""
    screen = forms.record(workspace)
    screen.form.grid.load(GRIDS.index[0])
    screen.form.visit.fields["outcome"].load("met")
    screen.form.visit.fields["met_role"].load("owner")
    card = screen.form.add_concern()
    card.section.load({"demand_type": "other", "dispute_code": "14"})

    screen.form.save_button.click()

    assert "不评分" in screen.result
    assert len(screen.day.advice) == 0


def test_what_was_just_saved_is_the_first_of_the_list(workspace):
    """Also before a visit of today whose writer's clock was ahead."""
    ahead = Visit(
        record_id="ffffffff-ffff-7fff-bfff-ffffffffffff",
        grid_id=GRIDS.index[0],
        address="9 栋",
        visited_on=workspace.store.today(),
        outcome="nobody_home",
    )
    workspace.store.add([ahead], by_role="grid_worker")
    screen = forms.record(workspace)
    for address in ("3 栋", "4 栋"):
        screen.form.visit.fields["address"].load(address)
        save_a_visit(screen)

    listed = "".join(widget.value for widget in screen.day.children)

    assert listed.index("4 栋") < listed.index("3 栋") < listed.index("9 栋")


@pytest.mark.usefixtures("ledger")
def test_the_screen_speaks_english(workspace):
    """A button changes all words, and back; nothing typed is lost."""
    screen = forms.record(workspace)
    screen.form.visit.fields["address"].input.value = "3 栋"

    screen.lang_button.click()
    assert "Record a visit" in pages(screen)
    assert screen.form.save_button.description == "Save the visit"
    screen.lang_button.click()

    assert screen.form.save_button.description == "保存走访"
    assert screen.form.visit.fields["address"].input.value == "3 栋"


@pytest.mark.usefixtures("ledger")
def test_a_desk_notices_what_others_wrote(workspace):
    """A second writer's records are read before this screen counts or scores."""
    desk = forms.Desk.of(workspace)
    assert len(desk.frame("concern")) == 4
    with open_store(workspace.store.path) as other:
        today = other.today()
        visit = Visit(grid_id=GRIDS.index[0], visited_on=today, outcome="nobody_home")
        made = Concern(
            grid_id=GRIDS.index[0], demand_type="roads", heard_on=today, source="window"
        )
        other.add([visit, made], by_role="centre_staff")

    assert desk.keep_up()
    assert len(desk.frame("concern")) == 5
    assert not desk.keep_up()


@pytest.mark.usefixtures("ledger")
def test_a_part_of_a_frame_is_the_frame_in_fewer_columns(workspace):
    """Read alone or out of the whole; what this screen or somebody else wrote is in it."""
    desk = forms.Desk.of(workspace)
    columns = ("grid_id", "heard_on")
    before = desk.part("concern", columns)
    screen = forms.RecordScreen(desk, with_map=False)

    save_a_visit(screen)
    alone = desk.part("concern", columns)
    whole = desk.frame("concern")[[*columns, "n_heads"]]

    assert len(alone) == len(before) + 1
    pd.testing.assert_frame_equal(alone, whole)
    pd.testing.assert_frame_equal(desk.part("concern", columns), whole)
    with open_store(workspace.store.path) as other:
        made = Concern(
            grid_id=GRIDS.index[0], demand_type="roads", heard_on=other.today(), source="window"
        )
        other.add([made], by_role="centre_staff")
    desk.keep_up()
    assert len(desk.part("concern", columns)) == len(alone) + 1


@pytest.mark.usefixtures("ledger")
def test_counts_of_the_map_agree_with_the_ledger(workspace):
    """Recent counts leave out what a court has, and follow what is saved."""
    screen = forms.record(workspace)
    desk = screen.map.desk
    assert desk.recent_counts()["n"].sum() == 3

    save_a_visit(screen)

    counts = desk.recent_counts()["n"]
    assert counts.sum() == 4
    assert counts[GRIDS.index[2]] == 1


@pytest.mark.usefixtures("ledger")
def test_few_concerns_are_not_tested(workspace):
    """Three concerns make no hotspot, and the view says so."""
    view = forms.hotspots(workspace)

    assert "共 3 件" in view.sentence
    assert "不作检验" in view.sentence
    assert "hot" not in view.table


def test_hotspots_follow_what_is_chosen(workspace):
    """Forty concerns in one corner stand out; another demand has none of them."""
    today = workspace.store.today()
    corner = [GRIDS.index[i] for i in (0, 1, 4, 5)] * 10
    records = [
        Concern(grid_id=g, demand_type="water", heard_on=today, source="hotline")
        for g in corner
    ]
    workspace.store.add(records, by_role="centre_staff")
    view = forms.hotspots(workspace)

    assert set(view.table.index[view.table["significant"]]) & set(corner)
    assert "显著偏高" in view.sentence
    view.category.value = "roads"
    assert "共 0 件" in view.sentence
    assert workspace.store.revision_count() == len(records)
