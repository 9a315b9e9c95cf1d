"""Scores by a card, against a slow scorer that reads the card's file by itself."""

import itertools
import tomllib
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridkit.errors import AlignmentError, DataError
from gridkit.profile.card import Scorecard
from gridkit.triage import counterfactual, explain, score

CONTENT = tomllib.loads(
    (resources.files("gridkit.profile") / "default" / "scorecard.toml").read_text("utf-8")
)
CARD = Scorecard.model_validate(CONTENT)

CODES = {
    "harm": ["none", "nuisance", "livelihood", "property", "health", "life"],
    "response_gap": ["none", "no_owner", "unanswered", "returned_twice"],
}
FLAGS = {
    "safety": ["child_at_risk", "house_unsafe", "no_drinking_water", "violence"],
    "basic_need": ["heat", "power", "shelter", "wage", "water"],
    "setting": ["dry_season", "old_building", "shared_well", "steep_slope"],
    "hardening": ["party_refuses", "payment_due", "works_soon"],
    "mitigation": [
        *("inspection_booked", "interim_payment", "neighbor_help"),
        *("temporary_supply", "works_paused"),
    ],
}
# A number in each bin, and the edges themselves.
NUMBERS = {
    "households_affected": [1, 2, 5, 6, 20, 21, 50, 51, 200, 201, 9000],
    "people_affected": [1, 5, 6, 16, 60, 61, 150, 151, 601],
    "works_in_days": [-400, -1, 0, 7, 8, 30, 31, 900],
    "clock_used": [-0.2, 0.0, 0.49, 0.5, 0.79, 0.8, 0.99, 1.0, 1.49, 1.5, 30.0],
    "same_cause_n": [0, 1, 2, 3, 4, 9, 10, 400],
}
NOT_ASKED = {"clock_used", "same_cause_n", "response_gap"}  # worked out of the ledger


def answers_to(name):
    """List everything that can be answered to an input."""
    if name in FLAGS:
        some = [c for n in range(1, 6) for c in itertools.combinations(FLAGS[name], n)]
        return ["none", *(" ".join(codes) for codes in some)]
    return CODES.get(name) or NUMBERS[name]


INPUTS = [*CODES, *FLAGS, *NUMBERS]
ROW = st.fixed_dictionaries(
    {name: st.sampled_from([None, *answers_to(name)]) for name in INPUTS}
)
ROWS = st.lists(ROW, min_size=1, max_size=5)
fast = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def frame(rows, *, coded=True):
    """Make an inputs frame of dicts, with codes as category or as str."""
    table = pd.DataFrame(rows, columns=INPUTS)
    text = "category" if coded else "str"
    kinds = dict.fromkeys((*CODES, *FLAGS), text)
    kinds |= dict.fromkeys(NUMBERS, "Int64") | {"clock_used": "float64"}
    table.index = pd.Index([f"c{i}" for i in range(len(table))], dtype="str")
    return table.astype(kinds)


def part_points(part, row):
    """Points of one part by the letter of the card's file; None if not answered."""
    value = row[part["input"]]
    if (
        part["input"] == "works_in_days"
        and "works_soon" not in (row["hardening"] or "").split()
    ):
        return None
    if value is None:
        return None
    if part["kind"] == "bins":
        return [b for b in part["bins"] if b.get("from", float("-inf")) <= value][-1]["points"]
    points = [
        entry["points"]
        for entry in part.get("levels", part.get("flags"))
        if entry["code"] in value.split()
    ]
    if part.get("combine") == "strongest":
        return max(points, key=abs, default=0)
    return sum(points)


def factor_points(factor, row):
    """Points of one factor by the letter of the card's file."""
    points = [p for part in factor["parts"] if (p := part_points(part, row)) is not None]
    if factor.get("combine") == "first":
        points = points[:1]
    return min(max(sum(points), factor.get("min", 0)), factor["max"])


def open_questions(factor, row):
    """Name the inputs of a factor that apply, were to be asked, and have no answer."""
    names = [part["input"] for part in factor["parts"]]
    missing = [name for name in names if row[name] is None and name not in NOT_ASKED]
    if factor.get("combine") == "first":
        return missing[:1] if len(missing) == len(names) else []
    if "works_in_days" in missing and "works_soon" not in (row["hardening"] or "").split():
        missing.remove("works_in_days")
    return missing


def completions(factor, row):
    """Yield the row with every possible set of answers to what is open in a factor."""
    names = [part["input"] for part in factor["parts"]]
    if factor.get("combine") == "first" and any(row[name] is not None for name in names):
        names = []
    choices = [
        answers_to(name) if row[name] is None and name not in NOT_ASKED else [row[name]]
        for name in names
    ]
    for values in itertools.product(*choices):
        yield row | dict(zip(names, values, strict=True))


def reference(row):
    """Score one row slowly, straight from the card's file."""
    factors = CONTENT["factors"]
    points = {f["id"]: factor_points(f, row) for f in factors}
    spans = [
        [points[f["id"]], *(factor_points(f, other) for other in completions(f, row))]
        for f in factors
    ]
    danger = set((row["safety"] or "none").split()) - {"none"}

    def clip(total):
        return min(max(total, 0), 100)

    def band(total, *, danger):
        over = [b["code"] for b in CONTENT["bands"] if total > b["above"]]
        return "red" if danger else over[0]

    total, high = clip(sum(points.values())), clip(sum(map(max, spans)))
    missing = [name for f in factors for name in open_questions(f, row)]
    return {
        "score": total,
        "band": band(total, danger=danger),
        "override": bool(danger),
        **{f"pts_{name}": value for name, value in points.items()},
        "missing": len(missing) + (row["safety"] is None),
        "score_low": clip(sum(map(min, spans))),
        "score_high": high,
        "band_high": band(high, danger=danger or row["safety"] is None),
        "card": CARD.hash,
    }


@given(ROWS, st.booleans())
@fast
def test_scores_are_those_of_a_slow_scorer(rows, coded):
    """Every column is what a reading of the card's file, answer by answer, gives."""
    scores = score(frame(rows, coded=coded), CARD)

    assert scores.to_dict("records") == [reference(row) for row in rows]


@given(ROWS)
@fast
def test_one_record_scores_as_in_a_frame(rows):
    """A single record gets the very row and sentence that a frame holds for it."""
    table = frame(rows)
    scores = score(table, CARD)
    told = explain(table, scores, CARD)
    changes = counterfactual(table, scores, CARD)

    for i in range(len(rows)):
        one = table.iloc[[i]]
        alone = score(one, CARD)
        pd.testing.assert_frame_equal(alone, scores.iloc[[i]])
        assert explain(one, alone, CARD).tolist() == told.iloc[[i]].tolist()
        change = counterfactual(one, alone, CARD).iloc[0]
        assert change.astype("str").tolist() == changes.iloc[i].astype("str").tolist()


@pytest.mark.parametrize("name", ["harm", "households_affected", "clock_used", "same_cause_n"])
@given(ROW, st.data())
@fast
def test_more_harm_never_lowers_a_score(name, row, data):
    """Worse harm, more households, a later clock or more of the cause: never fewer points."""
    low, high = sorted(data.draw(st.tuples(*[st.integers(0, len(answers_to(name)) - 1)] * 2)))
    worse = [row | {name: answers_to(name)[i]} for i in (low, high)]

    scores = score(frame(worse), CARD)

    assert scores["score"].is_monotonic_increasing
    assert scores["band"].cat.codes.is_monotonic_decreasing


@pytest.mark.parametrize("name", list(FLAGS))
@given(ROW, st.data())
@fast
def test_one_more_flag_moves_a_score_one_way(name, row, data):
    """A further need, danger, setting or hardening fact never lowers, easing never raises."""
    some = data.draw(st.sets(st.sampled_from(FLAGS[name]), min_size=1))
    fewer = some - {data.draw(st.sampled_from(sorted(some)))}
    pair = [" ".join(sorted(codes)) or "none" for codes in (fewer, some)]

    scores = score(frame([row | {name: value} for value in pair]), CARD)

    before, after = scores["score"]
    assert before >= after if name == "mitigation" else before <= after


@given(ROWS)
@fast
def test_score_lies_within_its_range(rows):
    """Missing answers leave a range around the score; with all answered there is none."""
    scores = score(frame(rows), CARD)

    assert (scores["score_low"] <= scores["score"]).all()
    assert (scores["score"] <= scores["score_high"]).all()
    assert (scores["band_high"].cat.codes <= scores["band"].cat.codes).all()
    answered = scores["missing"] == 0
    assert (scores["score_low"] == scores["score_high"])[answered].all()


@given(ROWS, st.randoms(use_true_random=False))
@fast
def test_order_of_rows_does_not_matter(rows, random):
    """Rows do not know of each other; their labels and order are the caller's."""
    table = frame(rows)
    order = random.sample(range(len(rows)), len(rows))

    pd.testing.assert_frame_equal(
        score(table.iloc[order], CARD), score(table, CARD).iloc[order]
    )


@pytest.mark.parametrize(
    "index", [["b", "b", "a"], [3, 1, 2], pd.MultiIndex.from_tuples([(1, 2), (0, 1), (5, 5)])]
)
def test_index_is_kept_and_inputs_are_not_changed(index):
    """Any index comes back as it was, and what was passed in stays as it was."""
    table = frame([dict.fromkeys(INPUTS)] * 3).set_axis(index)
    before = table.copy(deep=True)

    scores = score(table, CARD)
    told = explain(table, scores, CARD)
    changes = counterfactual(table, scores, CARD)

    for made in (scores, told, changes):
        pd.testing.assert_index_equal(made.index, table.index)
    pd.testing.assert_frame_equal(table, before)


def test_columns_of_a_person_move_nothing():
    """Whatever else a frame holds of people, and however it is shuffled, no output moves (R3)."""
    rng = np.random.default_rng(7)
    rows = [{n: rng.choice([None, *answers_to(n)]) for n in INPUTS} for _ in range(200)]
    table = frame(rows)
    scores = score(table, CARD)
    told = explain(table, scores, CARD)
    changes = counterfactual(table, scores, CARD)
    person = pd.DataFrame(
        {
            "name": rng.choice(["甲", "乙"], 200),
            "phone": rng.integers(0, 99, 200).astype(str),
            "ethnicity": rng.choice(["a", "b"], 200),
            "petition_history": rng.integers(0, 9, 200),
            "by_role": rng.choice(["grid_worker", "leader"], 200),
            "device": rng.choice(["d1", "d2"], 200),
        },
        index=table.index,
    )

    for _ in range(3):
        shuffled = person.sample(frac=1, random_state=rng).set_axis(table.index)
        with_people = shuffled.join(table)
        pd.testing.assert_frame_equal(score(with_people, CARD), scores)
        pd.testing.assert_series_equal(explain(with_people, scores, CARD), told)
        pd.testing.assert_frame_equal(counterfactual(with_people, scores, CARD), changes)


def test_danger_comes_before_the_sum():
    """One danger flag puts a concern of few points in the top band; its points stay."""
    rows = [dict.fromkeys(INPUTS, "none") | dict.fromkeys(NUMBERS) | {"harm": "nuisance"}]
    table = frame([*rows, rows[0] | {"safety": "no_drinking_water"}])

    scores = score(table, CARD)

    assert scores["score"].tolist() == [4, 4]
    assert scores["band"].tolist() == ["blue", "red"]
    assert scores["override"].tolist() == [False, True]


def test_sum_is_clipped_at_both_ends():
    """The worst of all adds up to 110 and scores 100; mere easing scores no less than 0."""
    worst = {
        **{name: CODES[name][-1] for name in CODES},
        **{name: " ".join(FLAGS[name]) for name in ("basic_need", "setting", "hardening")},
        **{name: NUMBERS[name][-1] for name in NUMBERS},
        "works_in_days": 0,
        "safety": "none",
        "mitigation": "none",
    }
    calm = dict.fromkeys(INPUTS, "none") | dict.fromkeys(NUMBERS, 0)
    eased = calm | {"mitigation": " ".join(FLAGS["mitigation"])}

    scores = score(frame([worst, eased]), CARD)

    assert scores.filter(like="pts_").sum(axis=1).tolist() == [110, -10]
    assert scores["score"].tolist() == [100, 0]
    assert scores["band"].tolist() == ["red", "blue"]


def test_unasked_danger_could_be_the_top_band():
    """Where nobody asked for danger, the range says that the band may be the top one."""
    row = dict.fromkeys(INPUTS, "none") | dict.fromkeys(NUMBERS, 0) | {"safety": None}

    told = score(frame([row]), CARD).iloc[0]

    assert (told["band"], told["band_high"], told["missing"]) == ("blue", "red", 1)
    assert told["score_low"] == told["score_high"] == 0


def test_columns_have_the_promised_types():
    """Frames are typed as the contract says: small integers, categories, no objects."""
    scores = score(frame([dict.fromkeys(INPUTS)]), CARD)

    points = [f"pts_{factor.id}" for factor in CARD.factors]
    assert list(scores) == [
        *("score", "band", "override"),
        *points,
        *("missing", "score_low", "score_high", "band_high", "card"),
    ]
    assert {str(scores[name].dtype) for name in [*points, "score", "score_low"]} == {"Int16"}
    assert scores["missing"].dtype == "Int8"
    assert scores["override"].dtype == bool
    assert scores["band"].cat.categories.tolist() == ["red", "orange", "yellow", "blue"]
    assert scores["band"].cat.ordered


def test_no_rows_give_no_scores():
    """An empty ledger is not an error."""
    table = frame([])

    scores = score(table, CARD)

    assert len(scores) == 0
    assert explain(table, scores, CARD).empty
    assert counterfactual(table, scores, CARD).empty


def test_unknown_code_is_named_by_row_and_column():
    """A code that the card lacks stops the scoring; the message shows no answer."""
    rows = [
        dict.fromkeys(INPUTS),
        dict.fromkeys(INPUTS) | {"harm": "meteor", "setting": "none dune"},
    ]

    with pytest.raises(DataError) as caught:
        score(frame(rows), CARD)

    assert caught.value.en == (
        "`inputs` holds codes that card `default` does not know, in harm, setting. "
        "Add them to the card, or correct the records."
    )
    assert {(p.row, p.field) for p in caught.value.problems} == {
        ("c1", "harm"),
        ("c1", "setting"),
    }
    assert "meteor" not in str(caught.value)


def test_unused_category_is_no_fault():
    """A category that no row uses is not an answer."""
    table = frame([dict.fromkeys(INPUTS) | {"harm": "life"}])
    table["harm"] = table["harm"].cat.add_categories("meteor")

    assert score(table, CARD)["pts_harm"].tolist() == [25]


def test_missing_column_is_named():
    """A frame without a column of the card is refused, rather than scored with less."""
    table = frame([dict.fromkeys(INPUTS)]).drop(columns=["harm", "safety"])

    with pytest.raises(DataError, match="`inputs` lacks 2 columns of the card: safety, harm"):
        score(table, CARD)


def test_text_for_a_number_is_refused():
    """A number must be a number."""
    table = frame([dict.fromkeys(INPUTS)]).assign(clock_used="soon")

    with pytest.raises(DataError, match="`clock_used` must hold numbers"):
        score(table, CARD)


def test_scores_of_other_rows_are_not_explained():
    """Reasons are only given to the rows that were scored, by the card that scored them."""
    table = frame([dict.fromkeys(INPUTS)] * 2)
    scores = score(table, CARD)
    other = CARD.model_copy(update={"note": "edited"})

    with pytest.raises(AlignmentError, match=r"`scores` \(1 rows\) must be of the 2 rows"):
        explain(table, scores.iloc[[1]], CARD)
    assert other.hash != CARD.hash
    with pytest.raises(AlignmentError, match="another version of the card"):
        explain(table, scores, other)
