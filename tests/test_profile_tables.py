"""What the packaged profile says: its tables, words, routes, and where they come from."""

import re

import pytest

from gridkit.errors import ProfileError
from gridkit.profile import load_profile
from gridkit.records import spec

PROFILE = load_profile()

# domain.md section 4, by hand: the dispute codes of deployed systems
DISPUTES = {
    "01": "0101 0102 0103 0199",
    "02": "0201 0202 0203 0299",
    "03": "0301 0302 0303 0399",
    "04": "0401 0402 0403 0499",
    "05": "0501 0502 0503 0504 0505 0506 0507 0599",
    "06": "0601 0602 0603 0604 0699",
    "07": "0701 0702 0703 0704 0799",
    "08": "0801 0802 0803 0804 0899",
    "09": "0901 0902 0903 0904 0999",
    "10": "1099",
    "11": "1101 1102 1103 1104 1105 1199",
    "12": "1201 1202 1203 1299",
    "13": "1399",
    "14": "14",
    "15": "15",
    "16": "16",
    "99": "99",
}

DEMANDS = (
    "water housing_safety renovation energy roads sanitation_noise property_mgmt wages "
    "land_forest neighbors family investment_consumption education medical_relief "
    "elderly_disabled public_hazard policy_question other"
)


def test_default_profile_is_an_invented_county():
    """The packaged county is no real one, and says so."""
    assert (PROFILE.county_code, PROFILE.name.zh, PROFILE.invented) == (
        "990428",
        "青溪县",
        True,
    )
    assert PROFILE.grid_digits == 3


def test_dispute_codes_are_those_of_deployed_systems():
    """Codes and groups are exactly the published ones; a group without codes is its own."""
    mine = {
        group: " ".join(c.code for c in PROFILE.choices("dispute_code") if c.parent == group)
        for group in PROFILE.codes("dispute_group")
    }

    assert mine == DISPUTES


def test_route_out_codes_are_14_to_16_and_no_others():
    """What goes to the statutory channel is marked on both levels."""
    for table in ("dispute_group", "dispute_code"):
        out = [c.code for c in PROFILE.choices(table) if c.route_out]
        assert out == ["14", "15", "16"]
    assert {code[:2] for code in PROFILE.route_out_codes} == {"14", "15", "16"}
    assert "1401" in PROFILE.route_out_codes


def test_demand_types_are_in_their_order_with_details_of_their_own():
    """Each of the 18 types has at least two details, one of them `_other`."""
    details = PROFILE.choices("demand_detail")

    assert PROFILE.codes("demand_type") == tuple(DEMANDS.split())
    for code in PROFILE.codes("demand_type"):
        mine = [d.code for d in details if d.parent == code]
        assert len(mine) >= 2
        assert mine[-1] == f"{code}_other"


def test_tables_serve_every_field_of_the_spec():
    """Each choice table that a field names is in the profile."""
    named = {
        f.choices
        for s in spec.RECORD_SPECS.values()
        for f in s.fields
        if isinstance(f.choices, str)
    }

    for table in named - {""}:
        assert PROFILE.codes(table)


def test_every_entry_has_a_source_and_both_languages():
    """Nothing stands in the profile without saying where it comes from."""
    entries = [
        *(choice for table in PROFILE.tables for choice in table.choices),
        *(*PROFILE.bands, *PROFILE.units, *PROFILE.routes, *PROFILE.clauses),
        *(*PROFILE.channels, *PROFILE.receptions, *PROFILE.checklists),
    ]

    assert all(len(entry.source) > 5 for entry in entries)
    for choice in (c for table in PROFILE.tables for c in table.choices):
        assert re.search(r"[\u4e00-\u9fff]", choice.zh), choice
        assert re.search(r"[A-Za-z]", choice.en), choice
        assert not re.search(r"[\u4e00-\u9fff]", choice.en), choice


def test_only_what_was_read_in_the_primary_text_is_verified():
    """Words, routes, bands and old clauses are unverified; [P] is cited where it is."""
    tables = [choice for table in PROFILE.tables for choice in table.choices]
    local = [*tables, *PROFILE.bands, *PROFILE.units, *PROFILE.routes]
    local += [*PROFILE.channels, *PROFILE.checklists]

    assert not any(entry.verified for entry in local)
    assert all(clause.verified == ("[P]" in clause.source) for clause in PROFILE.clauses)


def test_no_checklist_controls_a_person():
    """包稳控 stays out: the toolkit handles matters."""
    words = [item.zh for checklist in PROFILE.checklists for item in checklist.items]

    assert not any("稳控" in word for word in words)


@pytest.mark.parametrize(
    ("typed", "table", "codes"),
    [
        ("停水", "demand_detail", ["water_cut"]),
        ("停水", "demand_type", ["water"]),
        ("用水", "demand_type", ["water"]),
        ("欠薪", "demand_type", ["wages"]),
        ("Water c", "demand_detail", ["water_cut"]),
        ("ＷＡＴＥＲ＿ＣＵＴ", "demand_detail", ["water_cut"]),
        ("赡养", "dispute_code", ["0102"]),
        ("中心", "unit", ["governance_center"]),
        ("没有这个词", "demand_type", []),
    ],
)
def test_choice_is_found_by_what_people_say(typed, table, codes):
    """Labels, synonyms and codes are searched, in any width and case."""
    assert [choice.code for choice in PROFILE.find(typed, table)] == codes


def test_best_fit_comes_first():
    """An equal word comes before one that only contains what was typed."""
    found = [choice.code for choice in PROFILE.find("漏水", "demand_detail")]
    power = [choice.code for choice in PROFILE.find("停电", "demand_type")]

    assert found[0] == "leak"
    assert power == ["energy"]
    assert len(PROFILE.find("", "demand_type")) == 18


def test_label_is_given_in_either_language():
    """A code that is unknown is called so, with its code; a table that is not there, an error."""
    assert PROFILE.label("harm", "life") == "危及生命"
    assert PROFILE.label("harm", "life", lang="en") == "Danger to life"
    assert PROFILE.label("harm", "death") == "未知代码 death"
    assert PROFILE.label("harm", "death", lang="en") == "unknown code death"
    with pytest.raises(ProfileError, match="There is no table `harms`"):
        PROFILE.codes("harms")


@pytest.mark.parametrize(
    ("matter", "unit"),
    [
        (("water", "water_cut", None), "water_company"),
        (("land_forest", "irrigation", None), "water_bureau"),
        (("wages", "unpaid_wages", "0701"), "labor_arbitration"),
        (("other", "thanks", None), "governance_center"),
        (("property_mgmt", None, "15"), "discipline"),
    ],
)
def test_most_exact_route_counts(matter, unit):
    """Dispute code, group, detail, type, then the rule for the rest."""
    assert PROFILE.route(*matter).to == unit


def test_every_route_out_group_goes_to_its_statutory_channel():
    """14 to 16 have routes of their own, to none of the county's service units."""
    units = {code: PROFILE.route("other", None, code).to for code in ("14", "15", "16")}

    assert units == {"14": "political_legal", "15": "discipline", "16": "ethnic_religious"}
