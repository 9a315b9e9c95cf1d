"""A county that lives: what its figures are held to, and what a visit changes in it."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import gridkit
from gridkit.errors import DataError
from gridkit.records import spec, validate
from gridkit.training import make_town
from gridkit.training.history import make_history
from gridkit.training.knobs import Knobs
from gridkit.training.play import Play, Visit
from gridkit.training.roots import ACTIONS, ROOTS
from gridkit.training.truth_file import read_outcomes_of_truth, write_causes
from gridkit.training.ways import WAYS, play_way
from gridkit.training.write import write_history
from gridkit.triage import contested, states
from gridkit.triage.evaluate_facts import weekly_facts, weeks_between

END = dt.date(2026, 11, 22)
DAY = pd.Timedelta(days=1)
SIZES = {"grids": 343, "weeks": 20, "end": END, "seed": 8}


@pytest.fixture(scope="module")
def year():
    """Give an ordinary year of an ordinary county."""
    return make_history(seed=11, end=END)


@pytest.fixture(scope="module")
def ordinary():
    """Give a history with every knob at 1, to hold turned ones against."""
    return make_history(**SIZES)


@pytest.fixture(scope="module")
def small():
    """Give a short time of a small county."""
    return make_history(seed=5, grids=343, weeks=30, end=END)


def test_figures_are_those_of_the_domain(year):
    """Batches of 1.6 to 1.9 people, 0 to 3 concerns a grid and month, all kinds of matters."""
    concerns = year.concerns
    one = concerns[concerns["households_affected"] == 1]
    people = float(one["people_affected"].mean())
    month = concerns["heard_on"].dt.to_period("M")
    counts = concerns.groupby([concerns["grid_id"].astype("str"), month]).size()
    cells = len(year.land.grids) * month.nunique()

    assert 1.6 <= people <= 1.9
    assert (counts > 3).sum() / cells < 0.02
    assert 0.15 < len(concerns) / cells < 0.6
    assert set(concerns["demand_type"]) == set(concerns["demand_type"].cat.categories)
    top = concerns["demand_type"].value_counts(normalize=True)
    assert top.iloc[0] < 0.25


def test_a_household_told_alone_brings_as_many_as_the_domain_says():
    """In the plain town, one household's matter is told by 1.6 to 1.9 people (domain.md 1)."""
    town = make_town(seed=7, grids=343, weeks=26, end=END)
    one = town.concerns[town.concerns["households_affected"] == 1]

    assert 1.6 <= float(one["people_affected"].mean()) <= 1.9


def test_every_record_is_sound(small):
    """All pass the rules of the spec, and the steps are legal in their order."""
    from gridkit.records import MODELS
    from gridkit.training.write import _values  # the one place that turns frames to values

    fields = {f.name: f.type for f in spec.CONCERN.fields}
    columns = {name: _values(small.concerns[name], kind) for name, kind in fields.items()}
    found = [
        p
        for i, record_id in enumerate(small.concerns.index)
        for p in validate(
            MODELS["concern"](
                record_id=record_id,
                **{n: v[i] for n, v in columns.items() if v[i] is not None},
            ),
            small.profile,
            END,
        )
    ]

    assert found == []
    assert len(contested(small.concerns, small.steps, END)) == 0


def test_a_seed_is_a_history(small):
    """The same seed, knobs and sizes give the same records and the same truth."""
    again = make_history(seed=5, grids=343, weeks=30, end=END)

    pd.testing.assert_frame_equal(small.concerns, again.concerns)
    pd.testing.assert_frame_equal(small.steps, again.steps)
    pd.testing.assert_frame_equal(small.causes.table, again.causes.table)


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # a county takes a second: shrinking would take minutes
)
@given(
    seed=st.integers(0, 10**6),
    knobs=st.builds(
        Knobs,
        drought=st.floats(0, 3),
        demolition=st.floats(0, 3),
        pay_day=st.floats(0, 3),
        rain=st.floats(0, 3),
        reporting_bias=st.floats(0, 2),
        capacity=st.integers(1, 50),
    ),
)
def test_what_holds_in_every_town(seed, knobs):
    """Harm comes after the start, reports come from grids that are reached, none from the future."""
    history = make_history(seed=seed, knobs=knobs, grids=343, weeks=12, end=END)
    causes, table = history.causes, history.causes.table

    assert (table["starts"] <= table["ends"]).all()
    harmful = table.dropna(subset=["harm_on"])
    assert (harmful["starts"] < harmful["harm_on"]).all()
    assert (harmful["harm_on"] <= harmful["ends"]).all()
    assert set(table["action"]) <= set(ACTIONS)
    assert history.concerns["heard_on"].max() <= pd.Timestamp(END)
    assert (causes.arose.loc[history.concerns.index] <= history.concerns["heard_on"]).all()
    rooted = causes.of_concern[causes.of_concern.str.startswith("r", na=False)]
    at = pd.MultiIndex.from_arrays(
        [rooted, history.concerns.loc[rooted.index, "grid_id"].astype("str")]
    )
    reached = causes.reach.set_index(["cause", "grid_id"])["joins"]
    assert at.isin(reached.index).all()
    assert (causes.arose[rooted.index].to_numpy() >= reached.loc[at].to_numpy()).all()
    assert (causes.arose[rooted.index] < rooted.map(table["ends"])).all()
    for root in ROOTS:
        if getattr(knobs, root.knob) == 0:
            assert not (table["root"] == root.code).any()


@pytest.mark.parametrize("knob", ["drought", "demolition", "pay_day", "rain"])
def test_a_knob_turned_up_brings_more_of_its_kind_and_no_less_of_others(ordinary, knob):
    """Thrice the drought has more dry waterworks on the same seed; other kinds keep theirs."""
    turned = make_history(knobs=Knobs(**{knob: 3.0}), **SIZES)
    usual, more = (h.causes.table["root"].value_counts() for h in (ordinary, turned))
    code = next(root.code for root in ROOTS if root.knob == knob)

    assert more[code] > usual[code]
    others = [root.code for root in ROOTS if root.code != code]
    assert more.reindex(others).equals(usual.reindex(others))


def test_silent_grids_are_really_silent():
    """With the bias up they tell less than half of what others do of the same troubles; at 0 the same."""
    shares = []
    for bias in (0.0, 2.0):
        history = make_history(
            seed=4, knobs=Knobs(reporting_bias=bias), end=END, grids=343, weeks=30
        )
        per_grid = history.concerns["grid_id"].astype("str").value_counts()
        per_grid = per_grid.reindex(history.land.grids.index.astype("str"), fill_value=0)
        rate = per_grid.to_numpy() / history.land.grids["households"].to_numpy(dtype=float)
        silent = history.causes.silent.to_numpy(dtype=bool)
        shares.append(rate[silent].mean() / rate[~silent].mean())

    assert shares[0] > 0.6
    assert shares[1] < 0.3


def test_a_knob_out_of_range_is_refused():
    """Every one is named, with its range."""
    with pytest.raises(DataError, match=r"drought 9 \(0–3\), visits a week 0 \(1–200\)"):
        Knobs(drought=9, capacity=0)
    with pytest.raises(DataError, match="weeks"):
        make_history(seed=1, weeks=2)


def test_a_visit_with_the_fitting_action_ends_a_root_and_nothing_else(small):
    """What would have come of it afterwards is never told; all other matters stay."""
    causes = small.causes
    root, concern, on = _hardening(small)

    play = Play(small)
    while not play.findings or play.findings[-1].found == "eased":
        found = play.visit(Visit(on, concern, causes.table.loc[root, "action"]))
    seen, _ = play.seen(END)
    gone = small.concerns.index.difference(seen.index)

    assert found.found == "ended"
    assert set(causes.of_concern[gone]) <= {root}
    assert (causes.arose[gone] > pd.Timestamp(on)).all()
    after = play.outcome()
    assert after.loc[root, "averted"] == (
        causes.table.loc[root, "harm_on"] <= pd.Timestamp(END)
    )
    assert after["averted"].drop(root).sum() == 0


def test_an_unfit_action_tells_what_is_needed_and_wins_a_week(small):
    """The root goes on; its harm comes seven days later."""
    root, concern, on = _hardening(small)
    needed = small.causes.table.loc[root, "action"]
    wrong = next(a for a in ACTIONS if a != needed)

    play = Play(small)
    finding = play.visit(Visit(on, concern, wrong))

    assert (finding.found, finding.needed) == ("unfit", needed)
    later = play.outcome().loc[root, "harm_on"] - small.causes.table.loc[root, "harm_on"]
    assert later == 7 * DAY


def _hardening(history):
    """Give a root that will do harm, a matter of it, and a day before the harm."""
    table, heard = history.causes.table, history.concerns["heard_on"]
    for root, its in table[table["harm_on"].notna() & (table["root"] != "single")].iterrows():
        mine = heard[history.causes.of_concern[heard.index] == root]
        early = mine[mine < its["harm_on"] - 8 * DAY]
        if len(early):
            return root, early.index[0], (early.iloc[0] + DAY).date()
    pytest.fail("no root of this history hardens")


def test_the_same_visits_have_the_same_answers(small):
    """A game is its list of visits: played again from it, all is as it was."""
    days = weeks_between(END - dt.timedelta(weeks=16), END - dt.timedelta(weeks=10))
    first = play_way(small, "card", days, small.profile.scorecard)

    again = Play(small, [finding.visit for finding in first.findings])

    assert again.findings == first.findings
    for a, b in zip(first.seen(END), again.seen(END), strict=True):
        pd.testing.assert_frame_equal(a, b)
    pd.testing.assert_frame_equal(first.outcome(), again.outcome())


def test_roots_harden_faster_and_are_told_more_plainly_when_so_turned(ordinary):
    """Twice the speed halves the time to the harm; without noise no root tells below its step."""
    fast = make_history(knobs=Knobs(speed=2.0), **SIZES)
    of_roots = [h.causes.table[h.causes.table["root"] != "single"] for h in (ordinary, fast)]
    grows = [(t["harm_on"] - t["starts"]).dt.days for t in of_roots]
    plain = make_history(knobs=Knobs(noise=0.0), **SIZES)

    assert of_roots[0]["root"].equals(of_roots[1]["root"])
    assert grows[1].dropna().median() < 0.7 * grows[0].dropna().median()
    assert _spread(plain) < _spread(ordinary)


def _spread(history) -> float:
    """Give how widely the households told of one root differ, as a mean of logarithms."""
    told = np.log(history.concerns["households_affected"].astype(float))
    cause = history.causes.of_concern
    return float(told[cause.str.startswith("r", na=False)].groupby(cause).std().mean())


@pytest.mark.parametrize("way", WAYS)
def test_every_way_keeps_to_its_capacity_and_to_legal_steps(small, way):
    """K visits a week at most; no matter is visited twice a week; all steps are legal."""
    last = END - dt.timedelta(weeks=13 if way == "scan" else 11)  # a scan takes seconds a week
    days = weeks_between(END - dt.timedelta(weeks=14), last)

    play = play_way(small, way, days, small.profile.scorecard)

    visits = pd.DataFrame([finding.visit for finding in play.findings])
    assert visits.groupby("on").size().max() <= small.knobs.capacity
    assert not visits.duplicated(["on", "concern_id"]).any()
    concerns, steps = play.seen(END)
    assert len(contested(concerns, steps, END)) == 0
    assert states(concerns, steps, END)["state"].notna().all()
    assert len(weekly_facts(concerns, steps, [END], small.profile))


def test_visits_that_cannot_be_are_refused(small):
    """No matter of the future, no action that nobody knows."""
    last = small.concerns.index[-1]

    with pytest.raises(DataError, match="没有编号"):
        Play(small).visit(Visit(small.start, last, "repair"))
    with pytest.raises(DataError, match="action"):
        Play(small).visit(Visit(END, last, "arrest"))


def test_the_truth_is_apart(small, tmp_path):
    """The ledger has no column of it; no other chapter knows its file or its words."""
    with write_history(tmp_path / "w", small).store as store:
        ledger = store.frame("concern")
        assert not {"cause", "harm_on", "arose", "root"} & set(ledger.columns)
    write_causes(small, tmp_path / "truth.json")
    read = read_outcomes_of_truth(tmp_path / "truth.json")
    truth = small.causes.outcomes.dropna(subset=["cause"])
    assert read["harm_on"].sort_index().equals(truth["harm_on"].sort_index())
    chapters = [
        path
        for path in Path(gridkit.__file__).parent.rglob("*.py")
        if path.parent.name not in {"training", "commands"}
    ]
    assert len(chapters) > 100
    for path in chapters:
        text = path.read_text("utf-8")
        modules = {
            name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or "", *(a.name for a in node.names)]
        }
        above = path.parent == Path(gridkit.__file__).parent  # the face, the shell, the lab
        assert above or not any(m.startswith("gridkit.training") for m in modules)
        assert "truth_file" not in text
    with pytest.raises(DataError, match="真相文件"):
        read_outcomes_of_truth(tmp_path / "nothing.json")


def test_the_voice_of_grids_is_apart_from_their_troubles(year):
    """Grids that tell less have as many roots: complaints measure voice as much as need."""
    roots = year.causes.table[year.causes.table["root"] != "single"]
    silent = year.causes.silent
    share = roots["grid_id"].map(silent).mean()

    assert 0.5 * silent.mean() < share < 2 * silent.mean() + np.sqrt(1 / len(roots))
