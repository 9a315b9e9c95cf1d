"""Where a matter goes, who joins in, and why."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit import triage
from gridkit.errors import ProfileError
from gridkit.profile import load_profile
from gridkit.triage.handling import standing
from gridkit.triage.routing import route, route_one

PROFILE = load_profile()
TOWN = "990428101002003"  # a grid of township 990428101


@pytest.mark.parametrize(
    ("matter", "unit", "joint"),
    [
        ({"demand_type": "water"}, "water_company", "water_bureau township_government"),
        (
            {"demand_type": "water", "demand_detail": "water_quality"},
            "water_company",
            "health_bureau",
        ),
        (
            {"demand_type": "water", "safety": "no_drinking_water"},
            "water_company",
            "water_bureau emergency_bureau township_government",
        ),
        (
            {"demand_type": "neighbors", "dispute_code": "0503"},
            "police",
            "mediation_committee",
        ),
        (
            {
                "demand_type": "family",
                "demand_detail": "domestic_violence",
                "safety": "violence",
            },
            "police",
            "womens_federation civil_affairs",
        ),
        ({"demand_type": "other"}, "governance_center", ""),
    ],
    ids=["type", "detail", "danger", "dispute", "danger_already_there", "no_rule"],
)
def test_the_most_exact_rule_counts_and_dangers_bring_units_in(matter, unit, joint):
    """Dispute before detail before type; each unit named once, the most concerned first."""
    found = route_one({**matter, "grid_id": TOWN}, PROFILE)

    assert (found.unit, " ".join(found.joint_units)) == (unit, joint)
    assert found.matched == (unit != "governance_center")
    assert found.reason_zh
    assert found.reason_en.isascii()


@pytest.mark.parametrize("code", ["14", "15", "16"])
def test_routed_out_disputes_go_to_their_channel_unscored(code):
    """No danger flag draws another unit in; the matter is never scored."""
    heard = pd.to_datetime(["2026-03-02"]).as_unit("s")
    matter = pd.DataFrame(
        {"demand_type": "other", "dispute_code": code, "safety": "violence", "heard_on": heard},
        index=["c"],
    )
    steps = pd.DataFrame({"concern_id": [], "action": [], "on": [], "satisfied": []})

    found = route(matter, PROFILE).loc["c"]

    channel = {"14": "political_legal", "15": "discipline", "16": "ethnic_religious"}
    assert (found["unit"], found["joint_units"], found["route_out"]) == (
        channel[code],
        "",
        True,
    )
    assert "办理" in found["reason_zh"]
    assert standing(matter, steps, PROFILE, heard[0].date()).tolist() == ["route_out"]


def test_units_of_a_township_are_those_of_the_concerns_own():
    """The county's bureau, the township's committee; without a grid, the county is all we know."""
    quarrel = {"demand_type": "neighbors"}

    assert route_one({**quarrel, "grid_id": TOWN}, PROFILE).division_code == "990428101000"
    assert route_one(quarrel, PROFILE).division_code == "990428000000"
    assert route_one({"demand_type": "water", "grid_id": TOWN}, PROFILE).division_code == (
        "990428000000"
    )


def test_a_unit_that_returned_it_is_not_proposed_again():
    """The next of those who join in; when all have, the centre."""
    water = {"demand_type": "water", "grid_id": TOWN}

    once = route_one(water, PROFILE, ["water_company"])
    all_of_them = route_one(
        water, PROFILE, ["water_company", "water_bureau", "township_government"]
    )

    assert (once.unit, once.joint_units) == ("water_bureau", ("township_government",))
    assert "自来水公司已回退" in once.reason_zh
    assert (all_of_them.unit, all_of_them.joint_units) == ("governance_center", ())


def test_a_rule_for_one_township_comes_first_there(tmp_path):
    """The smallest division that holds the grid; elsewhere the rule without one."""
    text = (
        '[[route]]\nto = "governance_center"\nsource = "the county"\n'
        '[[route]]\nto = "water_company"\ndemand_type = "water"\nsource = "the county"\n'
        '[[route]]\nto = "village_committee"\ndemand_type = "water"\ndivision = "990428101002"\n'
        'source = "the county"\n'
        '[[route]]\nto = "township_government"\ndemand_type = "water"\ndivision = "990428101"\n'
        'source = "the county"\n'
    )
    (tmp_path / "routes.toml").write_text(f'source = "the county"\n{text}', encoding="utf-8")
    profile = load_profile(tmp_path)
    grids = [TOWN, "990428101003001", "990428102002003"]
    concerns = pd.DataFrame({"demand_type": "water", "grid_id": grids}, index=list("abc"))

    found = route(concerns, profile)

    assert found["unit"].tolist() == [
        "village_committee",
        "township_government",
        "water_company",
    ]
    assert found["division_code"].tolist() == ["990428101002", "990428101000", "990428000000"]


@pytest.mark.parametrize(
    ("text", "row", "field"),
    [
        ('[[route]]\nto = "water_works"', "route[2]", "to"),
        ('[[join]]\nfield = "safety"\ncode = "fire"\njoint = ["police"]', "join[1]", "code"),
        (
            '[[join]]\nfield = "safety"\ncode = "violence"\njoint = ["sheriff"]',
            "join[1]",
            "joint",
        ),
    ],
    ids=["unit", "flag", "joint_unit"],
)
def test_a_profile_whose_rule_names_what_is_not_there_is_refused(tmp_path, text, row, field):
    """The rule is named, with the nearest code there is."""
    said = (
        '\nreason_zh = "因为"\nreason_en = "because"'
        if "join" in text
        else '\ndemand_type = "water"'
    )
    (tmp_path / "routes.toml").write_text(
        f'source = "the county"\n[[route]]\nto = "governance_center"\n{text}{said}\n',
        encoding="utf-8",
    )

    with pytest.raises(ProfileError) as raised:
        load_profile(tmp_path)

    assert [(p.row, p.field) for p in raised.value.problems] == [(f"routes.toml {row}", field)]


def optional(*values):
    """Draw a value or none."""
    return st.sampled_from([None, *values])


MATTER = st.fixed_dictionaries(
    {
        "demand_type": st.sampled_from(PROFILE.codes("demand_type")),
        "demand_detail": optional(*PROFILE.codes("demand_detail")),
        "dispute_code": optional(*PROFILE.codes("dispute_code")),
        "safety": optional("none", "violence", "child_at_risk house_unsafe"),
        "basic_need": optional("none", "shelter water"),
        "hardening": optional("none", "party_refuses works_soon"),
        "grid_id": optional(TOWN, "990428102001001"),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    matters=st.lists(MATTER, min_size=1, max_size=12),
    back=st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(PROFILE.codes("unit"))), max_size=6
    ),
)
def test_all_at_once_is_each_alone(matters, back):
    """The table is the single answers, row by row; a proposal always names a known unit."""
    index = pd.Index([f"c{i}" for i in range(len(matters))], dtype="str")
    concerns = pd.DataFrame(matters, index=index).astype("category")
    steps = pd.DataFrame(
        {
            "concern_id": pd.Series([f"c{i}" for i, _ in back], dtype="str"),
            "action": pd.Categorical(["returned"] * len(back)),
            "unit": pd.Categorical([unit for _, unit in back]),
        }
    )

    found = route(concerns, PROFILE, steps)

    for i, matter in enumerate(matters):
        alone = route_one(matter, PROFILE, [unit for j, unit in back if j == i])
        row = found.iloc[i]
        assert tuple(row[["unit", "division_code"]]) == alone[:2]
        assert tuple(row["joint_units"].split()) == alone.joint_units
        assert tuple(row[["route_out", "matched", "reason_zh", "reason_en"]]) == alone[3:]
        assert alone.unit in PROFILE.codes("unit")
        assert alone.unit not in alone.joint_units
    assert found.index.equals(concerns.index)
    assert triage.route(concerns.iloc[:0], PROFILE).empty
