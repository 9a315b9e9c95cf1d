"""A year in the invented county."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import DataError, StoreError
from gridkit.hotspots import find_hotspots
from gridkit.maps.events import read_events
from gridkit.profile import load_profile
from gridkit.records import create_workspace, open_workspace, spec, validate
from gridkit.records.grids import locate
from gridkit.training import (
    Town,
    bulk_concerns,
    make_town,
    town_records,
    write_town,
    write_truth,
)
from gridkit.triage import (
    backlog_progress,
    board,
    clocks,
    matter_statistics,
    room_coverage,
    room_problems,
    session_statistics,
    worklist,
)
from gridkit.triage import inputs as card_inputs

END = date(2026, 11, 22)
LEVELS = ("county", "township", "village")
STORIES = ("investors", "renovation", "drought")

# domain.md section 2, as a table: what may follow what
MAY_FOLLOW = {
    None: {"registered"},
    "registered": {"routed", "answered", "merged"},
    "routed": {"returned", "accepted", "to_statutory_channel"},
    "returned": {"routed"},
    "accepted": {"in_progress", "answered", "withdrawn"},
    "in_progress": {"extended", "answered"},
    "extended": {"answered"},
    "answered": {"verified", "followed_up"},
    "verified": {"followed_up"},
    "followed_up": {"closed", "in_progress"},
    "closed": {"archived"},
    "archived": set(),
    "merged": set(),
    "withdrawn": set(),
    "to_statutory_channel": set(),
}


@pytest.fixture(scope="module")
def town() -> Town:
    """Give the default county with a year up to a fixed day."""
    return make_town(end=END)


@pytest.fixture(scope="module")
def courses(town) -> dict[str, pd.DataFrame]:
    """Give the steps of each concern, in the order of the ledger."""
    return dict(tuple(town.steps.groupby(town.steps["concern_id"].astype("str"))))


def test_every_record_is_sound(town):
    """All of them pass the rules of the spec and the profile on the last day."""
    profile = load_profile()

    found = [p for record in town_records(town) for p in validate(record, profile, END)]

    assert found == []


def test_nothing_is_recorded_after_the_last_day(town):
    """A year of 52 weeks that ends on the day asked for."""
    assert town.end == END
    assert (town.end - town.start).days == 52 * 7 - 1
    for column in (town.visits["visited_on"], town.concerns["heard_on"], town.steps["on"]):
        assert column.max() <= pd.Timestamp(END)
        assert column.min() >= pd.Timestamp(town.start)


def test_references_lead_somewhere(town):
    """Grids, visits and concerns that are referred to are there, and agree."""
    at_door = town.concerns[town.concerns["visit_id"].notna()]
    visits = town.visits.loc[at_door["visit_id"].astype("str")]

    assert town.visits["grid_id"].isin(town.grids.index).all()
    assert town.steps["concern_id"].isin(town.concerns.index).all()
    assert (
        visits["grid_id"].astype("str").array == at_door["grid_id"].astype("str").array
    ).all()
    assert (visits["visited_on"].array == at_door["heard_on"].array).all()
    assert (visits["outcome"] == "met").all()
    assert (
        (town.concerns["source"] == "grid_visit") == town.concerns["visit_id"].notna()
    ).all()


def test_places_lie_in_their_grids(town):
    """A concern's point is found in the grid that it names."""
    placed = town.concerns.dropna(subset=["lon"])

    found = locate(placed["lon"], placed["lat"], town.grids)

    assert len(placed) > 0.7 * len(town.concerns)
    assert (found.astype("str") == placed["grid_id"].astype("str")).all()


def test_steps_follow_the_life_of_a_matter(courses):
    """Each concern is registered first, then goes from state to state as the law has it."""
    for course in courses.values():
        actions = [None, *course["action"]]
        assert course["on"].is_monotonic_increasing
        for before, after in pairwise(actions):
            assert after in MAY_FOLLOW[before]


def test_what_is_merged_follows_an_earlier_matter_of_its_cause(town):
    """A merged concern names another one, heard no later, in the same grid."""
    merged = town.steps[town.steps["action"] == "merged"]
    own = town.concerns.loc[merged["concern_id"].astype("str")]
    other = town.concerns.loc[merged["into_id"].astype("str")]

    assert len(merged) > 0
    assert (own.index != other.index).all()
    assert (other["heard_on"].array <= own["heard_on"].array).all()
    assert (own["grid_id"].astype("str").array == other["grid_id"].astype("str").array).all()


def test_every_concern_is_registered(town, courses):
    """No concern is without steps."""
    heard_before_today = town.concerns[
        town.concerns["heard_on"] < pd.Timestamp(END) - pd.Timedelta(days=7)
    ]

    assert set(heard_before_today.index) <= set(courses)


def test_nothing_is_struck_off_before_the_resident_was_asked(courses):
    """Closed means followed up, and content at the last asking."""
    closed = [c for c in courses.values() if "closed" in set(c["action"])]

    asked = [c.loc[c["action"] == "followed_up", "satisfied"] for c in closed]

    assert len(closed) > 1000
    assert all(len(a) and bool(a.iloc[-1]) for a in asked)


def test_offices_act_on_weekdays(town):
    """Routing, answers and the like fall on Monday to Friday."""
    office = town.steps[town.steps["action"].isin(["accepted", "verified", "extended"])]

    assert (office["on"].dt.day_of_week < 5).mean() > 0.99


def test_the_board_of_the_last_day_is_alive(town):
    """Some matters are open, some overdue, some without an owner, a few returned twice."""
    profile = load_profile()

    board = card_inputs(town.concerns, town.steps, END, profile)
    due = clocks.next_due(town.concerns, town.steps, profile, END)

    assert 100 <= len(board) <= 400
    assert {"no_owner", "unanswered", "returned_twice"} <= set(
        board["response_gap"].astype("str")
    )
    assert 10 <= (due["status"] == "overdue").sum() <= 80


def test_worklist_board_and_figures_count_the_same_open_matters(town):
    """One rule for what has ended: three lists, one number."""
    profile, end = load_profile(), END

    listed = worklist(town.concerns, town.steps, end, profile)
    shown = board(town.concerns, town.steps, end, profile)
    table = matter_statistics(town.concerns, town.steps, end, profile)

    assert len(listed) == len(shown) == table.loc["all", "open"] > 0
    assert set(listed.index) == set(shown.index)


def test_the_office_has_rooms_sessions_and_a_backlog(town):
    """1 + 13 + 143 rooms; small batches of 1 to 2 people; disputes met; two lists of 15."""
    counts, lacking = room_coverage(
        town.rooms, town.divisions.loc[town.divisions["level"].isin(LEVELS), "code"], END
    )
    table = session_statistics(town.sessions, town.concerns, ["kind"])
    progress = backlog_progress(
        town.backlog, town.concerns, town.steps, END - timedelta(days=160), END
    )

    assert counts["rooms"].to_dict() == {"county": 1, "township": 13, "village": 143}
    assert lacking.empty
    assert room_problems(town.rooms) == []
    total = table.loc["all"]
    assert 300 < total["batches"] < 900
    assert 1.4 < total["persons"] / total["batches"] < 2.2
    assert 100 < total["disputes"] < 250
    assert 0.4 < total["settled"] / total["disputes"] < 0.8
    assert town.sessions["held_on"].max() <= pd.Timestamp(END)
    assert town.backlog["batch"].value_counts().to_dict() == {1: 11, 2: 4}
    last = progress.groupby(level=1, sort=False).last()
    assert 0 < last.loc[0, "solved"] < last.loc[0, "total"] == 15


def test_nine_investors_are_unpaid_two_years_after_a_bankruptcy(town):
    """One matter of nine people in one community, told to leaders on the 10th, sent back twice."""
    (concern,) = town.story("investors").itertuples()
    bankruptcy = town.events.set_index("kind").loc["bankruptcy"]
    course = town.steps[town.steps["concern_id"] == concern.Index]

    assert (concern.people_affected, concern.demand_detail) == (9, "investment_unpaid")
    assert (concern.source, concern.heard_on.day) == ("leader_reception", 10)
    assert concern.grid_id[:12] == bankruptcy["place"]
    assert concern.since == bankruptcy["on"]
    assert 2.0 <= (concern.heard_on - concern.since).days / 365.25 <= 2.1
    assert (course["action"] == "returned").sum() == 2
    assert course["action"].iloc[-1] == "extended"


def test_an_inspection_is_arranged_at_the_door_before_the_works(town):
    """In the old town a house is feared for, and looked at before the works start."""
    story = town.story("renovation")
    works = town.events.set_index("kind").loc["works_start"]
    feared = story[story["demand_detail"] == "works_damage"]

    assert story["grid_id"].str[:12].unique().tolist() == [works["place"]]
    assert town.divisions.set_index("code")["everyday"][works["place"]] == "老街社区"
    assert 0 < (works["on"] - pd.Timestamp(END)).days <= 30
    assert (feared["works_start"] == works["on"]).all()
    assert set(feared["mitigation"]) == {"inspection_booked"}
    assert set(feared["setting"]) == {"old_building"}
    assert set(feared["source"]) == {"grid_visit"}
    assert feared["dispute_code"].isna().all()


@pytest.mark.parametrize("end", [date(2026, 11, 22), date(2027, 6, 30), date(2027, 10, 9)])
def test_the_water_shortage_is_over_and_everybody_was_asked(end):
    """In autumn, in grids of two townships; zoned supply helped; all are closed and content."""
    town = make_town(grids=400, end=end)
    story = town.story("drought")
    events = town.events.set_index("kind")["on"]
    grids = town.grids.loc[story["grid_id"].astype("str").unique()]
    steps = town.steps[town.steps["concern_id"].isin(story.index)]

    assert 8 <= events["dry_season_start"].month <= 11
    assert grids["township_code"].nunique() == 2
    assert len(grids) == 14
    assert grids.dissolve().geometry.iloc[0].geom_type == "Polygon"
    assert set(story["demand_type"]) == {"water"}
    assert set(story["setting"]) == {"dry_season"}
    after = story["heard_on"] >= events["zoned_supply"]
    assert set(story.loc[after, "mitigation"]) == {"temporary_supply"}
    answers = steps.loc[steps["action"] == "answered", "reason"]
    assert answers.str.contains("区间段供水、夜间蓄水、错峰供水").all()
    assert steps.loc[steps["action"] == "followed_up", "satisfied"].all()
    assert (steps["action"] == "closed").sum() == len(story)


def test_the_water_shortage_is_a_hotspot(town):
    """More than half of the story's grids stand out, and next to no other."""
    water = town.concerns[town.concerns["demand_type"] == "water"]
    n = water["grid_id"].astype("str").value_counts().reindex(town.grids.index, fill_value=0)
    counts = pd.DataFrame({"n": n, "households": town.grids["households"]})

    tests = find_hotspots(counts, town.grids).tests

    story = town.story("drought")["grid_id"].astype("str").unique()
    assert tests.loc[story, "hot"].isin(["hot_99", "hot_95"]).mean() > 0.5
    assert tests.drop(story)["hot"].isin(["hot_99", "hot_95"]).mean() < 0.01


def test_counts_are_small(town):
    """Per grid and month 0 to 3 in nearly all cases (domain.md section 1), and not all zero."""
    month = town.concerns["heard_on"].dt.to_period("M").astype("str")
    counts = town.concerns.groupby([town.concerns["grid_id"], month], observed=True).size()

    cells = 600 * 12
    above = (counts > 3).sum() / cells
    assert above < 0.02
    assert 0.15 <= counts.sum() / cells <= 0.6


def test_a_batch_is_one_to_two_people(town):
    """A matter of one household is told by 1.6 to 1.9 people on average (domain.md section 1)."""
    one = town.concerns[town.concerns["households_affected"] == 1]

    assert 1.6 <= one["people_affected"].mean() <= 1.9


def test_all_kinds_of_demand_occur_and_none_drowns_the_others(town):
    """Every demand type is there, the largest at most a quarter."""
    share = town.concerns["demand_type"].value_counts(normalize=True)

    assert share.min() > 0
    assert share.max() < 0.25


def test_silent_grids_are_heard_less(town):
    """They report under half as often, though causes touch them like any other grid."""
    silent = town.truth.voice["silent"]
    ordinary = town.concerns[
        ~town.concerns.index.isin([i for s in STORIES for i in town.story(s).index])
    ]
    n = ordinary["grid_id"].astype("str").value_counts().reindex(town.grids.index, fill_value=0)

    rate = n.groupby(silent).sum() / town.grids["households"].groupby(silent).sum()

    assert 0.03 < silent.mean() < 0.14
    assert rate[True] < 0.5 * rate[False]


def test_concerns_of_a_cause_lie_within_its_reach_and_time(town):
    """What the truth says about a concern agrees with where and when it was heard."""
    truth = town.truth
    known = truth.of_concern.dropna()
    reach = set(zip(truth.reach["cause_id"], truth.reach["grid_id"], strict=True))
    cause = truth.causes.loc[known]
    concerns = town.concerns.loc[known.index]

    assert (concerns["heard_on"].array >= cause["starts"].array).all()
    assert all(
        (c, g) in reach for c, g in zip(known, concerns["grid_id"].astype("str"), strict=True)
    )


def test_words_name_no_person_and_no_number(town):
    """No telephone or identity number in free text, and no field for a name."""
    text = pd.concat(
        [
            town.concerns["summary"],
            town.concerns["wanted"],
            town.visits["note"],
            town.visits["address"],
            town.steps["reason"],
        ]
    ).dropna()

    assert not text.str.contains(r"\d{5,}").any()
    assert not text.str.contains("先生|女士|电话|身份证").any()
    assert not text.str.contains(r"[{}]").any()


def test_the_same_seed_lives_the_same_year(town):
    """All frames are equal, ids included; another seed differs."""
    again = make_town(end=END)

    for name in ("visits", "concerns", "steps", "events"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(town, name))
    assert not make_town(seed=1, grids=343, weeks=26, end=END).concerns.index.equals(
        town.concerns.index
    )


def test_a_written_town_is_a_sound_workspace(tmp_path):
    """The ledger gives back the same frames; it says who wrote it, why, and that it is invented."""
    done, sizes = [], {"grids": 343, "weeks": 26, "end": END}
    town = make_town(**sizes)

    write_town(tmp_path / "county", **sizes, progress=lambda n, _: done.append(n)).close()

    workspace = open_workspace(tmp_path / "county")
    named = read_events(workspace.folder)
    assert named is not None
    assert named["title"].str.contains("虚构").all()
    assert (named["to"].dropna() >= named["from"][named["to"].notna()]).all()
    assert workspace.invented
    assert "虚构" in workspace.name
    assert workspace.store.county_code == "990428"
    for kind, frame in (
        ("visit", town.visits),
        ("concern", town.concerns),
        ("step", town.steps),
        ("room", town.rooms),
        ("session", town.sessions),
        ("backlog", town.backlog),
    ):
        pd.testing.assert_frame_equal(workspace.store.frame(kind), frame)
    pd.testing.assert_frame_equal(
        pd.DataFrame(workspace.grids.drop(columns="geometry")),
        pd.DataFrame(town.grids.drop(columns="geometry")),
    )
    history = workspace.store.history(town.concerns.index[0])
    assert history["by_role"].tolist() == ["trainer"]
    assert "invented" in history["why"].iloc[0]
    assert workspace.store.check().empty
    assert done
    workspace.close()


def test_a_folder_with_a_ledger_is_not_written_over(tmp_path):
    """An office's own ledger is refused as a place for a town, and stays as it was."""
    create_workspace(tmp_path, name="某县", county_code="990001").close()
    before = (tmp_path / "ledger.db").read_bytes()

    with pytest.raises(StoreError, match="不会覆盖"):
        write_town(tmp_path, end=END)

    assert (tmp_path / "ledger.db").read_bytes() == before


def test_the_truth_is_kept_apart(tmp_path, town):
    """No field of a record tells a cause; the trainer's file does."""
    fields = {f.name for s in spec.RECORD_SPECS.values() for f in s.fields}
    path = tmp_path / "truth.json"

    write_truth(town, path)

    told = json.loads(path.read_text(encoding="utf-8"))
    assert fields.isdisjoint({"cause", "cause_id", "story", "voice"})
    assert Counter(c["story"] for c in told["causes"] if c["story"]) == Counter(STORIES)
    assert told["of_concern"] == town.truth.of_concern.dropna().to_dict()
    assert len(told["voice"]) == 600


def test_a_truth_that_cannot_be_written_is_said_so(tmp_path, town):
    """The message names the file and the reason, and nothing of its contents."""
    with pytest.raises(StoreError) as refusal:
        write_truth(town, tmp_path / "nowhere" / "truth.json")

    assert refusal.value.en == (
        "truth.json was not written: No such file or directory; check the folder."
    )


def test_a_year_too_short_for_the_stories_is_refused():
    """The message names the argument, the rule and what was asked for."""
    with pytest.raises(DataError) as refusal:
        make_town(weeks=25, end=END)

    assert refusal.value.en == (
        "`weeks` must be 26 or more and `visits_per_week` not below 0; they are 25 and 0.15."
    )


def test_half_a_year_tells_the_stories_too():
    """With 26 weeks the dry spell begins in time to be over at the end."""
    town = make_town(weeks=26, end=date(2026, 6, 30))

    assert [len(town.story(name)) > 0 for name in STORIES] == [True] * 3
    assert town.concerns["heard_on"].min() >= pd.Timestamp(town.start)


def test_an_unknown_story_is_refused(town):
    """The message lists the stories that there are."""
    with pytest.raises(DataError, match="investors, renovation, drought"):
        town.story("flood")


def test_a_profile_without_the_codes_of_the_town_is_refused(tmp_path):
    """A county that struck a detail from its list is told which one the town needs."""
    default = files("gridkit.profile").joinpath("default/demands.toml").read_text("utf-8")
    kept = [line for line in default.splitlines() if 'code = "street_light"' not in line]
    (tmp_path / "demands.toml").write_text("\n".join(kept), encoding="utf-8")

    with pytest.raises(DataError, match="demand_detail street_light"):
        make_town(profile=load_profile(tmp_path), end=END)


def test_bulk_concerns_look_like_the_ledger(town):
    """Same columns and dtypes as the ledger's, places inside their grids, days within a year."""
    made = bulk_concerns(3000, town.grids, rng=np.random.default_rng(5), end=END)
    again = bulk_concerns(3000, town.grids, rng=np.random.default_rng(5), end=END)

    assert made.dtypes.astype("str").equals(town.concerns.dtypes.astype("str"))
    pd.testing.assert_frame_equal(made, again)
    assert made.index.is_unique
    assert made.index.is_monotonic_increasing
    assert (
        locate(made["lon"], made["lat"], town.grids).astype("str")
        == made["grid_id"].astype("str")
    ).all()
    assert made["heard_on"].between("2025-11-23", "2026-11-22").all()
    assert re.match(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-", made.index[0])


def test_bulk_concerns_of_no_grid_are_refused(town):
    """The message says what is missing."""
    with pytest.raises(DataError, match="hold a grid"):
        bulk_concerns(1, town.grids.iloc[:0], rng=np.random.default_rng(5), end=END)
