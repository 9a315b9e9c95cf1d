"""A scorecard is data: it is read, every fault of it is said, and it has a version."""

import copy
import tomllib
from importlib import resources

import pytest
from pydantic import ValidationError

from gridkit.errors import ProfileError
from gridkit.profile import load_profile
from gridkit.profile.card import INPUTS, MOST_FACTORS, Scorecard
from gridkit.records import spec

DEFAULT = resources.files("gridkit.profile") / "default" / "scorecard.toml"

# Words for facts of a person; none may be in the name or the label of an input (R1, R3, R10).
PERSONAL_EN = (
    *("name", "phone", "age", "gender", "ethnic", "religion", "health_record", "criminal"),
    *("petition", "visits", "history", "address", "device", "role", "sentiment", "mood"),
)
PERSONAL_ZH = (
    *("姓名", "电话", "身份证", "年龄", "性别", "民族", "宗教"),
    *("病史", "前科", "信访", "情绪"),
)


@pytest.fixture
def content():
    """Read the default card as it stands in its file."""
    return tomllib.loads(DEFAULT.read_text(encoding="utf-8"))


def faults(content):
    """Gather all that is said against a card."""
    with pytest.raises(ValidationError) as caught:
        Scorecard.model_validate(content)
    return " ".join(error["msg"] for error in caught.value.errors())


def part(content, factor, n=0):
    """Find the n-th part of a factor of the card's content."""
    return next(f for f in content["factors"] if f["id"] == factor)["parts"][n]


def test_default_card_has_the_bounds_of_the_domain(content):
    """Factors and their bounds are those of domain.md section 6; the maxima add up to 110."""
    card = Scorecard.model_validate(content)

    assert {factor.id: (factor.min, factor.max) for factor in card.factors} == {
        "harm": (0, 25),
        "reach": (0, 15),
        "basic_need": (0, 15),
        "clock": (0, 15),
        "same_cause": (0, 10),
        "setting": (0, 5),
        "hardening": (0, 10),
        "response": (0, 15),
        "mitigation": (-10, 0),
    }
    assert sum(factor.max for factor in card.factors) == 110
    assert (card.floor, card.ceiling) == (0, 100)


def test_default_card_admits_that_it_is_unverified(content):
    """Every factor and the override give a why and a source, and none claims to be verified."""
    card = Scorecard.model_validate(content)

    for entry in (*card.factors, card.override):
        assert entry.why
        assert entry.source
        assert not entry.verified


def test_default_card_knows_exactly_the_codes_of_the_profile():
    """No code of a choice table lacks points or an override, and the card has no other."""
    profile = load_profile()
    tables = {table.name: table.codes for table in profile.tables}

    assert {"harm", "safety", "basic_need", "setting", "hardening", "mitigation"} <= set(tables)
    assert profile.scorecard.code_problems(tables) == ()


def test_codes_missing_on_either_side_are_named():
    """A code that only the card has, or only the table has, is a problem of its own."""
    card = load_profile().scorecard

    problems = card.code_problems({"harm": ["none", "nuisance", "livelihood", "flood"]})

    assert {(p.row, p.field) for p in problems} == {
        ("harm", "property"),
        ("harm", "health"),
        ("harm", "life"),
        ("harm", "flood"),
    }


def test_inputs_are_facts_of_the_matter():
    """No input is named after, or labeled with, a fact of a person (R1, R3, R10)."""
    for name, known in INPUTS.items():
        words = f"{name.replace('_', ' ')} {known.en}".lower().split()
        assert not set(words) & set(PERSONAL_EN)
        assert not any(word in known.zh for word in PERSONAL_ZH)


def test_inputs_that_are_asked_are_fields_of_a_concern():
    """What a card takes from an answer is declared in the spec of a concern, of its kind."""
    fields = {field.name: field for field in spec.CONCERN.fields}
    recorded = {n: i for n, i in INPUTS.items() if i.origin == "asked" and n != "works_in_days"}

    assert set(recorded) <= set(fields)
    kinds = {"one_of": "code", "many_of": "many", "integer": "number"}
    assert {n: kinds[fields[n].type] for n in recorded} == {
        n: i.kind for n, i in recorded.items()
    }


@pytest.mark.parametrize(
    "name",
    ["phone", "ethnicity", "petition_history", "by_role", "device", "summary", "grid_id"],
)
def test_other_inputs_are_refused(content, name):
    """A card cannot look at a person, a worker, or anything else outside the list."""
    part(content, "harm")["input"] = name

    assert f"`{name}` is no input that a card may use" in faults(content)


@pytest.mark.parametrize(
    "label", ["可能越级上访", "信访次数多", "情绪偏激", "may petition higher", "Ethnic group"]
)
def test_points_for_petitioning_or_temper_are_refused(content, label):
    """Urgency never rises because of who somebody is or where they may complain (R3, R9, R10)."""
    part(content, "hardening")["flags"][0] |= {"zh": label, "en": label}

    assert "R3, R9, R10" in faults(content)


def change(factor, n, key, value):
    """Make a change to one part of a card's content."""

    def apply(content):
        part(content, factor, n)[key] = value

    return apply


def set_key(key, value):
    """Make a change to one top-level key."""
    return lambda content: content.__setitem__(key, value)


LEVEL = {"code": "none", "points": 0}
BANDS = [
    {"code": "red", "zh": "红", "en": "red", "above": 50},
    {"code": "blue", "zh": "蓝", "en": "blue", "above": -1},
]
ACTION = {"id": "a", "zh": "某", "en": "some"}


@pytest.mark.parametrize(
    ("apply", "said"),
    [
        (
            change("harm", 0, "levels", [LEVEL | {"points": 26, "zh": "某", "en": "some"}]),
            "26 points lie outside factor `harm`: 0 to 25",
        ),
        (change("harm", 0, "levels", [LEVEL, LEVEL]), "`harm`: codes given twice: `none`"),
        (change("harm", 0, "levels", [LEVEL | {"points": 3}]), "points need a reason"),
        (change("harm", 0, "kind", "bins"), "Field required"),
        (
            change("harm", 0, "input", "safety"),
            "input `safety` (many) cannot be scored by levels",
        ),
        (
            change(
                "clock",
                0,
                "bins",
                [{"points": 0}, {"from": 2, "points": 0}, {"from": 1, "points": 0}],
            ),
            "`from` must rise",
        ),
        (change("clock", 0, "bins", [{"from": 1, "points": 0}]), "no other, has no `from`"),
        (change("reach", 1, "input", "households_affected"), "inputs given twice"),
        (
            change("setting", 0, "input", "mitigation"),
            "scored inputs given twice: `mitigation`",
        ),
        (lambda c: c["factors"][0].update(min=-5), "must only add (min = 0) or only take away"),
        (lambda c: c["factors"][0].update(id="reach"), "factors given twice: `reach`"),
        (lambda c: c["factors"][0].update(max="25"), "valid integer"),
        (lambda c: c["factors"][0].update(weight=2), "Extra inputs are not permitted"),
        (lambda c: c["override"].update(band="orange"), "must be the most urgent one, `red`"),
        (
            lambda c: c["override"]["flags"].append(c["override"]["flags"][0]),
            "dangers given twice",
        ),
        (set_key("bands", BANDS[::-1]), "from most urgent down"),
        (set_key("bands", [BANDS[0], BANDS[1] | {"above": 0}]), "must be below `floor` (0)"),
        (set_key("bands", [BANDS[0], BANDS[1] | {"code": "red"}]), "bands given twice: `red`"),
        (set_key("ceiling", 0), "`floor` must be below `ceiling`"),
        (set_key("actions", [ACTION]), "action `a` changes no input"),
        (set_key("actions", [ACTION | {"sets": {"mood": "calm"}}]), "`mood` is no input"),
        (
            set_key("actions", [ACTION | {"sets": {"clock_used": "none"}}]),
            "another kind of value",
        ),
        (
            set_key("actions", [ACTION | {"adds": {"harm": "none"}}]),
            "`harm` is no input, or takes",
        ),
        (
            set_key("actions", [ACTION | {"sets": {"safety": "none"}}]),
            "must not change `safety`",
        ),
        (
            set_key("actions", [ACTION | {"adds": {"mitigation": "prayer"}}]),
            "this card does not look at `prayer` of `mitigation`",
        ),
        (
            set_key(
                "actions",
                [ACTION | {"sets": {"setting": "none"}, "adds": {"setting": "dry_season"}}],
            ),
            "action `a` changes `setting` twice",
        ),
    ],
)
def test_fault_is_said(content, apply, said):
    """Each fault of a card is refused, with where it is and what the rule is."""
    apply(content)

    assert said in faults(content)


def test_too_many_factors_are_refused(content):
    """A card that nobody can keep in mind is no card: at most ten factors."""
    extra = content["factors"][0]
    content["factors"] += [copy.deepcopy(extra) | {"id": f"more_{i}"} for i in range(5)]

    assert f"at most {MOST_FACTORS} factors, not 14" in faults(content)


def test_faults_of_several_places_come_at_once(content):
    """Whoever edits a card sees all its faults in one go."""
    part(content, "harm")["input"] = "phone"
    part(content, "clock")["bins"][1]["from"] = 9
    content["override"]["flags"] = []

    with pytest.raises(ValidationError) as caught:
        Scorecard.model_validate(content)

    assert {error["loc"][0] for error in caught.value.errors()} == {"factors", "override"}
    assert caught.value.error_count() == 3


def test_broken_card_is_a_profile_error(tmp_path):
    """Read with a profile, a fault names the file, the key and the rule, in two languages."""
    text = DEFAULT.read_text(encoding="utf-8").replace('input = "harm"', 'input = "phone"')
    (tmp_path / "scorecard.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ProfileError) as caught:
        load_profile(tmp_path)

    told = str(caught.value)
    assert "scorecard.toml" in told
    assert "对事不对人" in told
    assert "the matter, never the person" in told


def test_hash_ignores_comments_space_and_the_order_of_keys(content):
    """The version of a card is that of what it says, not of how its file is laid out."""
    card = Scorecard.model_validate(content)
    text = "# 另一行说明\n\n" + DEFAULT.read_text(encoding="utf-8").replace(" = ", "   =  ")
    turned = {key: content[key] for key in reversed(content)}

    assert Scorecard.model_validate(tomllib.loads(text)).hash == card.hash
    assert Scorecard.model_validate(turned).hash == card.hash


def leaves(value, path=()):
    """Yield the path of every single value in a card's content."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, (*path, key))
    else:
        yield path


def test_hash_changes_with_every_value(content):
    """Change any label, reason or number of points of the card, and its version changes."""
    seen = {Scorecard.model_validate(content).hash}
    n = 1
    for path in leaves(content):
        if path[-1] in {"zh", "en", "why", "source", "note", "points"}:
            changed = copy.deepcopy(content)
            place = changed
            for key in path[:-1]:
                place = place[key]
            old = place[path[-1]]
            # one step towards 0 stays within bounds; a text grows
            place[path[-1]] = f"{old}!" if isinstance(old, str) else old - (old > 0) + (old < 0)
            if place[path[-1]] != old:
                seen.add(Scorecard.model_validate(changed).hash)
                n += 1

    assert n > 100
    assert len(seen) == n


def test_hash_changes_with_the_order_of_factors(content):
    """Order decides ties between reasons, so it is part of the version."""
    card = Scorecard.model_validate(content)
    content["factors"] = content["factors"][::-1]

    assert Scorecard.model_validate(content).hash != card.hash
