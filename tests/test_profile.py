"""Profiles are read from TOML: what is a fault, what counts, what a version is."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from pydantic import ValidationError

from gridkit.errors import ProfileError
from gridkit.profile import load_profile

PROFILE = load_profile()
DEFAULT = resources.files("gridkit.profile") / "default"
FILES = sorted(file.name for file in DEFAULT.iterdir() if file.name.endswith(".toml"))
REFERENCE = Path(__file__).parent / "reference"
FAULTS = tomllib.loads((REFERENCE / "profile_faults.toml").read_text(encoding="utf-8"))["case"]


def text_of(name: str) -> str:
    """Read a packaged file."""
    return (DEFAULT / name).read_text(encoding="utf-8")


def spoil(folder: Path, name: str, old: str, new: str) -> Path:
    """Put a packaged file into a folder with the first `old` replaced by `new`."""
    text = text_of(name)
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


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
