import re
import shutil
import subprocess
import sys
import time
import tomllib
from importlib import resources
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from gridkit.errors import ProfileError
from gridkit.profile import load_profile
from gridkit.records import spec

PROFILE = load_profile()
DEFAULT = resources.files("gridkit.profile") / "default"
FILES = sorted(file.name for file in DEFAULT.iterdir() if file.name.endswith(".toml"))

REFERENCE = Path(__file__).parent / "reference"
FAULTS = tomllib.loads((REFERENCE / "profile_faults.toml").read_text(encoding="utf-8"))["case"]

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


def text_of(name: str) -> str:
    """Read a packaged file."""
    return (DEFAULT / name).read_text(encoding="utf-8")


def spoil(folder: Path, name: str, old: str, new: str) -> Path:
    """Put a packaged file into a folder with the first `old` replaced by `new`."""
    text = text_of(name)
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


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
    """A code that is unknown is an error with the table's name, not an empty label."""
    assert PROFILE.label("harm", "life") == "危及生命"
    assert PROFILE.label("harm", "life", lang="en") == "Danger to life"
    with pytest.raises(ProfileError, match="Table `harm` has no code `death`"):
        PROFILE.label("harm", "death")
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


# Machado, Oliveira & Fernandes (2009), A physiologically-based model for simulation of color
# vision deficiency, severity 1.0, on linear RGB. https://doi.org/10.1109/TVCG.2009.113
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def lab(color: str, vision: str) -> np.ndarray:
    """Return CIE L*a*b* (D65) of a color as somebody with this vision sees it."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen / [0.9505, 1.0, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_bands_are_told_apart_by_every_eye(vision):
    """Any two band colors differ clearly (CIE76 above 20), for color-blind readers too."""
    for one, other in combinations(PROFILE.bands, 2):
        apart = np.linalg.norm(lab(one.color, vision) - lab(other.color, vision))
        assert apart > 20, (one.code, other.code)


def test_bands_keep_their_order_in_grey():
    """The more urgent, the darker: at least 10 steps of lightness between neighbors."""
    light = [lab(band.color, "normal")[0] for band in PROFILE.bands]

    assert [band.code for band in PROFILE.bands] == ["red", "orange", "yellow", "blue"]
    assert all(after - before > 10 for before, after in pairwise(light))


def test_bands_start_at_60_40_20_and_0():
    """Scores are integers: above 59 is 60 or more."""
    assert [band.above + 1 for band in PROFILE.bands] == [60, 40, 20, 0]


@pytest.mark.parametrize(
    "case", FAULTS, ids=lambda case: f"{case['row']} {case['field']} {case['new'][:12]}"
)
def test_fault_is_named_with_its_place_and_what_was_expected(tmp_path, case):
    """File, key path, value found and value expected are in the problem, in two languages."""
    folder = spoil(tmp_path, case["name"], case["old"], case["new"])

    with pytest.raises(ProfileError) as raised:
        load_profile(folder)

    place = case["row"], case["field"]
    found = [p for p in raised.value.problems if (p.row, p.field) == place]
    assert found, [p[:2] for p in raised.value.problems]
    assert any(case["said"] in p.en for p in found), found
    assert all(re.search(r"[\u4e00-\u9fff]", p.zh) for p in found)


def test_all_faults_of_all_files_come_back_at_once(tmp_path):
    """Three faults in two files and one that is no TOML are one error."""
    spoil(tmp_path, "county.toml", "grid_digits = 3", "grid_digits = 9\nsize = 2")
    spoil(tmp_path, "colors.toml", "#8f1026", "red")
    (tmp_path / "units.toml").write_text("source = “全角引号”\n", encoding="utf-8")

    with pytest.raises(ProfileError) as raised:
        load_profile(tmp_path)

    assert [(p.row, p.field) for p in raised.value.problems] == [
        ("county.toml", "grid_digits"),
        ("county.toml", "size"),
        ("units.toml 第 1 行 / line 1", "TOML"),
        ("colors.toml band[1] red", "color"),
    ]
    assert "4 处错误" in raised.value.zh
    assert "全角引号" in raised.value.problems[2].zh


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('source = "x"\nverified = maybe\n', 2),
        ('source = "x"\nunit = [\n  { code = "a"\n', 3),
        ('source = "x"\nsource = "y"\n', 2),
        ('\n\nsource = "x\n', 3),
    ],
)
def test_broken_toml_is_named_with_its_line(tmp_path, text, line):
    """Where a file stops being TOML, the line is given."""
    (tmp_path / "units.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ProfileError) as raised:
        load_profile(tmp_path)

    (problem,) = raised.value.problems
    assert problem.row == f"units.toml 第 {line} 行 / line {line}"


def test_file_in_gbk_is_explained_and_a_byte_order_mark_is_not_minded(tmp_path):
    """What Notepad saves as GBK is refused with the way out; UTF-8 with a mark is read."""
    text = text_of("county.toml")
    (tmp_path / "county.toml").write_bytes(text.encode("gbk"))
    with pytest.raises(ProfileError, match="save it as UTF-8"):
        load_profile(tmp_path)

    (tmp_path / "county.toml").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_profile(tmp_path).hash == PROFILE.hash


def test_folder_replaces_file_by_file(tmp_path):
    """One file of its own makes another county; all else is the default."""
    spoil(tmp_path, "county.toml", '"990428"', '"350428"')

    profile = load_profile(tmp_path)

    assert profile.county_code == "350428"
    assert profile.tables == PROFILE.tables
    assert profile.hash != PROFILE.hash


def test_misnamed_file_and_missing_folder_are_not_passed_over(tmp_path):
    """A file that would be ignored in silence is an error, and so is no folder."""
    (tmp_path / "demand.toml").write_text('source = "x"\n', encoding="utf-8")

    with pytest.raises(ProfileError, match=r"did you mean `demands\.toml`"):
        load_profile(tmp_path)
    with pytest.raises(ProfileError, match="There is no folder"):
        load_profile(tmp_path / "nowhere")


def test_hash_is_of_the_content_and_not_of_the_file(tmp_path):
    """Comments do not change the version; any value does."""
    for name in FILES:
        shutil.copy(str(DEFAULT / name), tmp_path / name)
    assert load_profile(tmp_path).hash == PROFILE.hash
    spoil(tmp_path, "county.toml", "invented = true", "invented = true # indeed")
    assert load_profile(tmp_path).hash == PROFILE.hash

    spoil(tmp_path, "colors.toml", "respond_days = 1", "respond_days = 2")
    assert load_profile(tmp_path).hash != PROFILE.hash


def test_profile_cannot_be_changed():
    """A profile is a value."""
    with pytest.raises(ValidationError, match="frozen"):
        PROFILE.invented = False
    assert load_profile() is PROFILE


def test_own_source_and_verified_of_an_entry_count(tmp_path):
    """An entry may cite its own source; the file's head is only what is left out."""
    own = 'code = "water_cut", source = "本县目录第3页", verified = true,'
    folder = spoil(tmp_path, "demands.toml", 'code = "water_cut",', own)

    choice = load_profile(folder).table("demand_detail").by_code["water_cut"]

    assert (choice.source, choice.verified) == ("本县目录第3页", True)


def test_loading_is_fast(tmp_path):
    """A whole profile is read and checked in well under the blink of an eye."""
    for name in FILES:
        shutil.copy(str(DEFAULT / name), tmp_path / name)
    load_profile(tmp_path)
    took = []
    for _ in range(3):
        start = time.process_time()
        load_profile(tmp_path)
        took.append(time.process_time() - start)

    assert min(took) < 0.1


def test_profile_loads_no_heavy_library():
    """Reading a profile needs neither pandas nor anything that draws or computes."""
    code = (
        "import sys; from gridkit.profile import load_profile; load_profile();"
        "heavy = {'pandas', 'numpy', 'folium', 'ipywidgets', 'geopandas', 'scipy', 'numba', 'duckdb'};"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_packaged_files_are_plain_utf8_toml():
    """Every packaged file is UTF-8 TOML without a byte order mark or tabs."""
    for name in FILES:
        text = (DEFAULT / name).read_bytes().decode("utf-8")
        assert tomllib.loads(text)
        assert not text.startswith("\ufeff")
        assert "\t" not in text
