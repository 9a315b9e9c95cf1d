"""The phone form: accepted by ODK Validate, and of one mind with our own rules in JavaRosa."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gridkit.cli import app
from gridkit.errors import DataError, GridkitError, RecordError
from gridkit.exchange import phone_form, write_xlsform
from gridkit.profile import load_profile
from gridkit.records import Concern, Visit, create_workspace, validate
from gridkit.records.condition import (
    TODAY,
    All,
    Answered,
    Compare,
    Condition,
    Either,
    Has,
    Is,
    Not,
)
from gridkit.records.field import Constraint, FieldSpec, RecordSpec
from gridkit.records.spec import CONCERN, SPEC_VERSION, VISIT
from gridkit.records.validate import known_codes

PROFILE = load_profile()
ZH, EN = "label::中文 (zh)", "label::English (en)"
JAVA = Path(__file__).parent / "reference" / "PhoneRun.java"


def some_grids(number: int) -> gpd.GeoDataFrame:
    """Lay grids in a row: two townships, each of two villages."""
    places = [("100", "001"), ("100", "002"), ("200", "201"), ("200", "202")]
    town = [places[n % 4] for n in range(number)]
    ids = [f"990428{t}{v}{n // 4 + 1:03d}" for n, (t, v) in enumerate(town)]
    frame = {
        "name": [f"第{n + 1}网格" for n in range(number)],
        "village_code": [f"990428{t}{v}" for t, v in town],
        "township_code": [f"990428{t}000" for t, _ in town],
        "village_name": [f"村{v}" for _, v in town],
        "township_name": [f"镇{t}" for t, _ in town],
    }
    squares = [shapely.box(117 + n / 100, 26, 117.01 + n / 100, 26.01) for n in range(number)]
    index = pd.Index(ids, name="grid_id")
    return gpd.GeoDataFrame(frame, geometry=squares, crs=4326, index=index)


def named(rows: list[dict[str, str]], name: str) -> dict[str, str]:
    """Find the row of one question."""
    return next(row for row in rows if row.get("name") == name)


# --- the form as text -----------------------------------------------------------------------


def test_every_question_speaks_both_languages():
    """Each label, hint, message and choice stands in Chinese and in English."""
    form = phone_form(PROFILE, some_grids(8))

    for row in (*form.survey, *form.choices):
        for column in ("label", "hint", "required_message", "constraint_message"):
            zh, en = (
                row.get(f"{column}::{lang}", "") for lang in ("中文 (zh)", "English (en)")
            )
            assert bool(zh) == bool(en), row
        silent = row.get("type", "").startswith(("calculate", "end_"))
        assert silent or row[ZH], row
    assert form.settings["default_language"] == "中文 (zh)"


def test_every_asked_field_of_the_spec_is_asked_once():
    """No field of the spec is lost, none is asked that the spec does not have."""
    form = phone_form(PROFILE, some_grids(8))
    asked = [row["name"] for row in form.survey if not row["type"].startswith(("begin", "end"))]

    wanted = {f.name for spec in (VISIT, CONCERN) for f in spec.fields if f.asked}
    wanted -= {"lon", "lat"}  # the geopoint answers them
    own = {"gridkit_form", "visit_key", "concern_key", "concern_count"}
    guides = {"no_names", "township", "village", "any_concern", "place"}
    assert set(asked) == wanted | own | guides
    assert len(asked) == len(set(asked))


def test_nothing_is_noted_of_who_fills_it_in():
    """No metadata of the worker, the device or the time spent (R4, R7)."""
    form = phone_form(PROFILE)

    kinds = {row["type"].split()[0] for row in form.survey}
    taken = {"start", "end", "today", "deviceid", "username", "email", "phonenumber"}
    taken |= {"simserial", "subscriberid", "audit", "start-geopoint", "background-audio"}
    assert not kinds & (taken | {"image", "audio", "video", "file", "barcode"})
    assert "姓名" in named(form.survey, "no_names")[ZH]


def test_long_lists_can_be_searched_and_short_ones_are_open():
    """Up to 8 choices stand open, up to 20 fold, more can be searched."""
    rows = phone_form(PROFILE).survey

    assert named(rows, "harm")["appearance"] == ""
    assert named(rows, "demand_type")["appearance"] == "minimal"
    assert named(rows, "dispute_code")["appearance"] == "minimal autocomplete"


def test_many_grids_come_as_a_file_and_few_as_choices(tmp_path):
    """Over 100 grids stand in `grids.csv` beside the form, with the village they hang on."""
    few, many = phone_form(PROFILE, some_grids(8)), phone_form(PROFILE, some_grids(120))

    written = write_xlsform(many, tmp_path / "form.xlsx")

    assert few.grids is None
    assert named(few.survey, "grid_id")["type"] == "select_one grid"
    assert named(many.survey, "grid_id")["type"] == "select_one_from_file grids.csv"
    assert written.grids == tmp_path / "grids.csv"
    listed = pd.read_csv(written.grids, dtype="str")
    assert list(listed) == ["name", "label", "parent"]
    assert set(listed["name"]) == set(some_grids(120).index)


def test_a_step_with_one_answer_is_left_out():
    """Where all grids lie in one village, the grid is asked for at once."""
    form = phone_form(PROFILE, some_grids(8).iloc[[0, 4]])

    names = [row.get("name") for row in form.survey]
    assert "township" not in names
    assert "village" not in names
    assert "choice_filter" not in named(form.survey, "grid_id")


def test_the_version_changes_with_what_is_asked():
    """Other grids or another profile make another version; the same make the same."""
    one, same = phone_form(PROFILE, some_grids(8)), phone_form(PROFILE, some_grids(8))
    other = phone_form(PROFILE, some_grids(9))

    assert one.settings == same.settings
    assert one.settings["version"] != other.settings["version"]
    assert str(one.stamp) in named(one.survey, "gridkit_form")["calculation"]


def test_what_a_phone_cannot_ask_is_refused_with_every_reason():
    """A reference, a condition on what is not asked, a code with a space: all are named."""
    choices = (("a b", "甲", "A"), ("c", "乙", ""))
    words = {"purpose_zh": "测试", "purpose_en": "test"}
    odd = RecordSpec(
        "visit",
        "走访",
        "Visit",
        (
            *VISIT.fields,
            FieldSpec(
                name="others", type="references", refers="visit", zh="另", en="O", **words
            ),
            FieldSpec(
                name="late", type="text", zh="晚", en="L", relevant=Is("gone", "x"), **words
            ),
            FieldSpec(name="pick", type="one_of", zh="选", en="P", choices=choices, **words),
            FieldSpec(name="none", type="one_of", zh="无", en="N", **words),
        ),
    )

    with pytest.raises(DataError) as caught:
        phone_form(PROFILE, visit=odd)

    found = [(p.field, p.en) for p in caught.value.problems]
    assert found == [
        ("pick", "a code holds a space: 'a b'"),
        ("pick", "choice c lacks its Chinese or English label"),
        ("others", "a phone form cannot ask for this type (references: it points to a record)"),
        ("late", "its condition reads gone, which the phone form does not ask"),
        ("none", "has no choices"),
    ]


def test_a_field_that_the_pages_do_not_know_is_asked_all_the_same():
    """The spec may grow: a new field comes on a page of its own."""
    extra = FieldSpec(
        name="pets", type="yes_no", zh="新", en="New", relevant=Answered("note"),
        purpose_zh="测试", purpose_en="test",
    )  # fmt: skip
    grown = replace(VISIT, fields=(*VISIT.fields, extra))

    row = named(phone_form(PROFILE, visit=grown).survey, "pets")

    assert (row["type"], row["relevant"]) == ("select_one yes_no", "${note} != ''")


def test_a_form_that_cannot_be_written_says_so(tmp_path):
    """A folder that is not there: which file, and what to do."""
    with pytest.raises(GridkitError, match=r"form\.xlsx cannot be written"):
        write_xlsform(phone_form(PROFILE), tmp_path / "no" / "form.xlsx")


def test_the_workbook_has_the_sheets_of_an_xlsform(tmp_path):
    """Survey, choices and settings, each with a head that stays when one scrolls."""
    written = write_xlsform(phone_form(PROFILE), tmp_path / "form.xlsx")

    book = openpyxl.load_workbook(written.form)

    assert book.sheetnames == ["survey", "choices", "settings"]
    assert [cell.value for cell in book["survey"][1]][:3] == ["type", "name", ZH]
    assert all(sheet.freeze_panes == "C2" for sheet in book)


def test_the_command_writes_the_form_and_says_what_to_upload(tmp_path):
    """`gridkit xlsform`: the form and its list of grids; without grids it says so."""
    grids = some_grids(120).assign(households=100, population=300)
    make = {"name": "试验县", "county_code": "990428"}
    create_workspace(tmp_path / "with", **make, grids=grids).close()
    create_workspace(tmp_path / "bare", **make).close()

    told = {}
    for name in ("with", "bare"):
        target = tmp_path / f"{name}.xlsx"
        done = CliRunner().invoke(
            app, ["xlsform", "-w", str(tmp_path / name), "-o", str(target)]
        )
        assert done.exit_code == 0, done.output
        assert target.is_file()
        told[name] = done.output.replace("\n", "")

    assert (tmp_path / "grids.csv").is_file()
    assert "媒体文件" in told["with"]
    assert "还没有网格" in told["bare"]


# --- the form in the engine of ODK ----------------------------------------------------------


class Phone:
    """A form in JavaRosa, the engine of ODK Collect, in a process that stays open."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, encoding="utf-8",
        )  # fmt: skip

    def tell(self, *parts: str) -> None:
        """Give a command that has no answer."""
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join(parts) + "\n")
        self._process.stdin.flush()

    def ask(self, *parts: str) -> str:
        """Give a command and read its answer."""
        self.tell(*parts)
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, f"the engine stopped at {parts}"
        return answer.rstrip("\n")

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def validate_jar() -> Path:
    """Give ODK Validate as pyxform ships it; skip without it or without a JDK."""
    pyxform = pytest.importorskip("pyxform", reason="needs pyxform, which ships ODK Validate")
    if not shutil.which("javac"):
        pytest.skip("needs a JDK (Java 17): apt-get install default-jdk-headless")
    return Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"


@pytest.fixture(scope="module")
def on_phone(validate_jar, tmp_path_factory) -> Iterator[Callable[[Any], Phone]]:
    """Open forms on a phone: compiled by pyxform, judged by ODK Validate, run by JavaRosa."""
    from pyxform.xls2xform import convert

    folder = tmp_path_factory.mktemp("phone")
    compiled = ["javac", "-cp", str(validate_jar), "-d", str(folder), str(JAVA)]
    subprocess.run(compiled, check=True, capture_output=True)
    opened = []

    def open_form(form: Any) -> Phone:
        written = write_xlsform(form, folder / "form.xlsx")
        warnings: list[str] = []
        made = convert(str(written.form), validate=True, warnings=warnings)
        assert warnings == []
        place = folder / "form.xml"
        place.write_text(made.xform, encoding="utf-8")
        path = f"{folder}:{validate_jar}"
        zone = "-Duser.timezone=Asia/Shanghai"
        opened.append(Phone(["java", zone, "-cp", path, "PhoneRun", str(place)]))
        return opened[-1]

    yield open_form
    for phone in opened:
        phone.close()


@pytest.fixture(scope="module")
def phone(on_phone) -> Phone:
    """Open the form of a county with few grids."""
    return on_phone(phone_form(PROFILE, some_grids(8)))


PATHS = {
    "address": "/data/door/address",
    "visited_on": "/data/door/visited_on",
    "outcome": "/data/door/outcome",
    "met_role": "/data/door/met_role",
    "demand_type": "/data/concern[1]/matter/demand_type",
    "demand_detail": "/data/concern[1]/matter/demand_detail",
    "people_affected": "/data/concern[1]/reach/people_affected",
    "households_affected": "/data/concern[1]/reach/households_affected",
    "harm": "/data/concern[1]/reach/harm",
    "safety": "/data/concern[1]/reach/safety",
    "hardening": "/data/concern[1]/facts/hardening",
    "works_start": "/data/concern[1]/facts/works_start",
    "since": "/data/concern[1]/facts/since",
}


def answers_to(name: str) -> st.SearchStrategy[Any]:
    """Draw answers, right and wrong ones; dates as days from today; None empties it."""
    field = spec_of(name)[name]
    codes = sorted(known_codes(field, PROFILE)) if field.choices else []
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "text": st.sampled_from((1, 119, 120, 121)).map(lambda n: "宅" * n),
        "integer": st.one_of(st.integers(-2, 3), st.integers(499_998, 1_000_002)),
        "date": st.integers(-3, 3),
    }
    if field.type == "one_of":
        drawn["one_of"] = st.sampled_from(codes)
    if field.type == "many_of":
        drawn["many_of"] = st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True)
    return st.one_of(st.none(), drawn[field.type], drawn[field.type])


def spec_of(name: str) -> RecordSpec:
    """Say which kind of record a field belongs to."""
    return VISIT if name in VISIT.names else CONCERN


MOVES = st.lists(
    st.sampled_from(sorted(PATHS)).flatmap(lambda n: st.tuples(st.just(n), answers_to(n))),
    min_size=1,
    max_size=12,
)


def our_verdict(name: str, answers: dict[str, Any], today: date) -> str:
    """Say what Python holds of one answer: "0" taken, "1" missing, "2" breaks a rule."""
    spec = spec_of(name)
    given = {n: v for n, v in answers.items() if n in spec.names}
    if spec is CONCERN:
        given |= {"grid_id": "990428100001001", "source": "grid_visit"}
        given |= {"heard_on": answers["visited_on"]} if answers.get("visited_on") else {}
        given.setdefault("heard_on", None)
    if answers.get(name) is None:
        return "1" if spec[name].required else "0"
    # the other fields are asked in their own turn: leave out what is missing or wrong there
    filled = {"demand_type": "water", "visited_on": today, "outcome": "met"}
    filled |= {"grid_id": "990428100001001"}
    given = {n: filled.get(n) if v is None else v for n, v in given.items()}
    given |= {n: v for n, v in filled.items() if n in spec.names and n not in given}
    try:
        found = validate((Visit if spec is VISIT else Concern)(**given), PROFILE, today)
    except RecordError as error:
        found = list(error.problems)
    words = ("in table", "belong to", "does not apply")
    mine = [p for p in found if p.field == name and not any(w in p.en for w in words)]
    return "2" if mine else "0"


def text_of(value: Any) -> str:
    """Write an answer as the engine takes it."""
    return " ".join(value) if isinstance(value, list) else str(value)


@settings(max_examples=150)
@given(moves=MOVES)
def test_phone_and_notebook_judge_every_answer_alike(phone, moves):
    """Relevance, constraint, required and calculation: JavaRosa says what our Python says."""
    today = date.fromisoformat(phone.ask("TODAY"))
    phone.tell("NEW")
    phone.ask("SET", "/data/any_concern", "one_of", "yes")
    answers: dict[str, Any] = {"visited_on": today}

    for name, value in moves:
        field = spec_of(name)[name]
        relevant = field.relevant is None or field.relevant.holds(
            {n: text_of(v) for n, v in answers.items() if v is not None}, today
        )
        assert phone.ask("RELEVANT", PATHS[name]) == str(relevant).lower(), name
        if not relevant:
            continue
        given = (
            today + timedelta(days=value)
            if field.type == "date" and value is not None
            else value
        )
        expected = our_verdict(name, answers | {name: given}, today)
        if given is None:
            assert phone.ask("EMPTY", PATHS[name]) == expected, name
        else:
            said = phone.ask("SET", PATHS[name], field.type, text_of(given))
            assert said == expected, (name, given)
        if expected == "0":
            answers[name] = given
        heard = answers["visited_on"].isoformat() if answers["visited_on"] else ""
        assert phone.ask("VALUE", "/data/concern[1]/heard_on") == heard
    assert phone.ask("TODAY") == today.isoformat(), "midnight came in between"


BASE = {
    "n1": "integer",
    "n2": "integer",
    "d1": "date",
    "d2": "date",
    "s": "one_of",
    "m": "many_of",
}
CODES = ("a", "b", "none")


def some_condition(draw: random.Random, depth: int = 2) -> Condition:
    """Make up a condition on the base fields."""
    if depth and draw.random() < 0.6:
        parts = tuple(some_condition(draw, depth - 1) for _ in range(draw.randint(1, 3)))
        return draw.choice((All(parts), Either(parts), Not(parts[0])))
    kind = draw.choice(("answered", "is", "has", "number", "date"))
    if kind == "answered":
        return Answered(draw.choice(sorted(BASE)))
    if kind == "is":
        return draw.choice((Is("s", draw.choice(CODES)), Is("n1", draw.randint(0, 2))))
    if kind == "has":
        return Has("m", draw.choice(CODES))
    op = draw.choice(("<", "<=", ">", ">="))
    if kind == "number":
        return Compare("n1", op, draw.choice(("n2", 1, 0.5)))
    return Compare("d1", op, draw.choice(("d2", TODAY)))


def condition_form(number: int) -> RecordSpec:
    """Give a spec whose fields depend on made-up conditions, and a few comparisons."""
    draw = random.Random(20261122)
    words = {"zh": "测", "en": "T", "purpose_zh": "测试", "purpose_en": "test"}
    choices = tuple((code, code, code) for code in CODES)
    base = [
        FieldSpec(
            name=n, type=t, choices=choices if t in {"one_of", "many_of"} else (), **words
        )
        for n, t in BASE.items()
    ]
    hung = [
        FieldSpec(name=f"r{n}", type="text", relevant=some_condition(draw), **words)
        for n in range(number)
    ]
    held = Constraint(Compare("c", "<", "n1"), "须小于", "must be less")
    last = FieldSpec(name="c", type="integer", constraints=(held,), **words)
    return RecordSpec("visit", "走访", "Visit", (*VISIT.fields, *base, *hung, last))


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "n1": st.integers(-1, 2),
        "n2": st.integers(-1, 2),
        "d1": st.integers(-1, 1),
        "d2": st.integers(-1, 1),
        "s": st.sampled_from(CODES),
        "m": st.sampled_from((["a"], ["b"], ["a", "b"], ["none"])),
    },
)


@pytest.fixture(scope="module")
def made_up() -> RecordSpec:
    """Give a spec of 60 made-up conditions."""
    return condition_form(60)


@pytest.fixture(scope="module")
def odd_phone(on_phone, made_up) -> Phone:
    """Open the form of the made-up conditions."""
    return on_phone(phone_form(PROFILE, visit=made_up))


@settings(max_examples=80)
@given(answers=ANSWERS, tried=st.integers(-1, 2))
def test_any_condition_means_the_same_on_a_phone(odd_phone, made_up, answers, tried):
    """60 conditions of every shape, on answers given and not given: XPath and Python agree."""
    today = date.fromisoformat(odd_phone.ask("TODAY"))
    odd_phone.tell("NEW")
    said = {}
    for name, value in answers.items():
        given = today + timedelta(days=value) if name.startswith("d") else value
        assert (
            odd_phone.ask("SET", f"/data/more_visit/{name}", BASE[name], text_of(given)) == "0"
        )
        said[name] = " ".join(given) if isinstance(given, list) else given

    for field in made_up.fields:
        if field.relevant is not None and field.name.startswith("r"):
            shown = odd_phone.ask("RELEVANT", f"/data/more_visit/{field.name}") == "true"
            assert shown == field.relevant.holds(said, today), field.relevant

    broken = "n1" in said and tried >= said["n1"]  # without the other there is nothing to judge
    expected = "2" if broken else "0"
    assert odd_phone.ask("SET", "/data/more_visit/c", "integer", str(tried)) == expected


def test_the_cascade_offers_what_the_profile_has_under_it(phone):
    """Under each type of demand stand its own details, in the order of the table."""
    phone.tell("NEW")
    phone.ask("SET", "/data/any_concern", "one_of", "yes")
    details = PROFILE.choices("demand_detail")

    for code in PROFILE.codes("demand_type"):
        phone.ask("SET", PATHS["demand_type"], "one_of", code)
        offered = phone.ask("CHOICES", PATHS["demand_detail"]).split()
        assert offered == [c.code for c in details if c.parent == code]


@pytest.mark.parametrize("number", [8, 120])
def test_the_way_to_a_grid_reaches_each_grid_once(on_phone, number):
    """Township, village, grid: from the choices and from the file all are found, none twice."""
    grids = some_grids(number)
    phone = on_phone(phone_form(PROFILE, grids))
    found = []

    for township in phone.ask("CHOICES", "/data/township").split():
        phone.ask("SET", "/data/township", "one_of", township)
        for village in phone.ask("CHOICES", "/data/village").split():
            assert village.startswith(township[:9])
            phone.ask("SET", "/data/village", "one_of", village)
            found += phone.ask("CHOICES", "/data/grid_id").split()

    assert sorted(found) == sorted(grids.index)


def test_keys_stay_through_all_changes_and_tell_concerns_apart(phone):
    """The keys are drawn once; each repeat has its own; a new form has new ones."""
    phone.tell("NEW")
    other = phone.ask("VALUE", "/data/visit_key")
    phone.tell("NEW")
    visit = phone.ask("VALUE", "/data/visit_key")
    phone.ask("SET", "/data/any_concern", "one_of", "yes")
    first = phone.ask("VALUE", "/data/concern[1]/concern_key")
    phone.tell("REPEAT", "/data/concern")
    second = phone.ask("VALUE", "/data/concern[2]/concern_key")
    phone.ask("SET", PATHS["outcome"], "one_of", "met")
    phone.ask("SET", PATHS["demand_type"], "one_of", "water")

    phone.tell("REOPEN")  # as a form that was saved is opened again, or edited

    assert len({other, visit, first, second}) == 4
    assert all(len(key) == 36 for key in (visit, first, second))
    assert phone.ask("VALUE", "/data/visit_key") == visit
    assert phone.ask("VALUE", "/data/concern[1]/concern_key") == first
    assert phone.ask("VALUE", "/data/concern_count") == "2"


def test_a_typed_grid_id_must_look_like_one(on_phone):
    """Where a county has no grids yet, the id is typed and its shape is asked."""
    phone = on_phone(phone_form(PROFILE))

    said = [phone.ask("SET", "/data/grid_id", "text", t) for t in ("12", "990428100001001")]

    assert said == ["2", "0"]


def test_the_compiled_form_has_two_languages_chinese_first(tmp_path):
    """Both translations are there, and phones open the form in Chinese."""
    convert = pytest.importorskip("pyxform.xls2xform", reason="needs pyxform").convert
    written = write_xlsform(phone_form(PROFILE), tmp_path / "form.xlsx")

    form = convert(str(written.form), validate=False, warnings=[]).xform

    assert form.count('<translation lang="') == 2
    assert '<translation lang="中文 (zh)" default="true()">' in form
    assert f'version="{SPEC_VERSION}-' in form
