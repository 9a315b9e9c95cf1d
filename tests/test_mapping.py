"""Mappings: checked in full, before any row is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import ImportFileError
from gridkit.exchange import parse_mapping, read_mapping
from gridkit.profile import load_profile

SHIPPED = sorted((Path(__file__).resolve().parents[1] / "data" / "mappings").glob("*.toml"))
SOUND = {
    "source": {"system": "desk"},
    "columns": {"grid_id": "网格", "heard_on": "日期", "demand_type": "类别"},
    "constants": {"source": "window"},
}


def faults(raw: dict) -> dict[str, str]:
    """Give the English words of each fault by key."""
    with pytest.raises(ImportFileError) as caught:
        parse_mapping(raw, load_profile())
    return {p.row: p.en for p in caught.value.problems}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_mappings_fit_the_default_profile(path):
    """Each mapping in data/mappings can be used as it is."""
    mapping = read_mapping(path, load_profile())

    assert mapping.source.title
    assert mapping.place.datum is not None


def test_two_mappings_are_shipped():
    """One for the Chicago file, one for a Chinese ledger."""
    assert [path.name for path in SHIPPED] == ["chicago311.toml", "taizhang.toml"]


def test_datum_is_required_where_places_are_mapped():
    """Nobody's datum is guessed; the four choices are named."""
    raw = {**SOUND, "columns": {**SOUND["columns"], "lon": "经度", "lat": "纬度"}}

    found = faults(raw)

    assert list(found) == ["place.datum"]
    assert all(
        datum in found["place.datum"] for datum in ("wgs84", "cgcs2000", "gcj02", "bd09")
    )


def test_all_faults_come_at_once():
    """Spelling, shape, codes and what is missing are told in one go."""
    raw = {
        "source": {"system": "热线"},
        "file": {"separater": ";", "header": 0},
        "columns": {"heard_onn": "日期", "lon": "X"},
        "constants": {"source": "telephone"},
        "codes": {"demand_type": {"map": {"水": "watr"}, "unmapped": "rest"}},
        "steps": {"finished": {"on": "办结"}, "followed_up": {"on": "回访"}},
        "rows": {"changed": "overwrite"},
        "extra": 1,
    }

    found = faults(raw)

    assert set(found) == {
        "source.system",
        "file.separater",
        "file.header",
        "rows.changed",
        "extra",
        "columns.heard_onn",
        "columns.lat",
        "columns",
        "constants.source",
        "place.datum",
        "codes.demand_type.map.水",
        "codes.demand_type.unmapped",
        "steps.finished",
        "steps.followed_up.satisfied",
    }
    assert "heard_on?" in found["columns.heard_onn"]
    assert "water" in found["codes.demand_type.map.水"]
    assert "'report' or 'revise'" in found["rows.changed"]


def test_message_is_whole_and_in_both_languages():
    """The error says what is wrong, where, and what to do, Chinese first."""
    with pytest.raises(ImportFileError) as caught:
        parse_mapping(
            {**SOUND, "constants": {"source": "window", "lat": 1.0}, "dates": {"format": 1}}
        )

    assert str(caught.value) == (
        "映射 mapping 有 1 处问题, 没有导入任何内容; 请改正以下各项。\n"
        "The mapping mapping has 1 fault(s); nothing was imported. Correct the keys named below.\n"
        "  dates.format · format: 没有这个键; 请检查拼写 / there is no such key; check the spelling"
    )


def test_broken_toml_names_the_line(tmp_path):
    """A slip in the syntax is found by its line."""
    path = tmp_path / "m.toml"
    path.write_text('[source]\nsystem = "x\n', encoding="utf-8")

    with pytest.raises(ImportFileError, match="line 2"):
        read_mapping(path)


def test_mapping_saved_as_gbk_is_told_apart(tmp_path):
    """Notepad's ANSI is refused with the way out."""
    path = tmp_path / "m.toml"
    path.write_bytes('[source]\nsystem = "x1"\ntitle = "台账"\n'.encode("gbk"))

    with pytest.raises(ImportFileError, match="另存为 UTF-8"):
        read_mapping(path)


def test_missing_mapping_is_told(tmp_path):
    """A path that leads nowhere is named without the folders before it."""
    with pytest.raises(ImportFileError, match=r"^读不到映射文件 none\.toml") as caught:
        read_mapping(tmp_path / "none.toml")

    assert str(tmp_path) not in str(caught.value)


def test_person_cannot_be_mapped():
    """There is no field for a name or a telephone number, so no column can be read into one."""
    raw = {**SOUND, "columns": {**SOUND["columns"], "name": "姓名", "phone": "电话"}}

    assert set(faults(raw)) == {"columns.name", "columns.phone"}


scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "source",
                "file",
                "columns",
                "constants",
                "codes",
                "place",
                "steps",
                "skip",
                "rows",
                "x",
            ]
        ),
        scraps,
    )
)
def test_nothing_else_is_ever_raised(raw):
    """Whatever a TOML file holds, it is a mapping or an ImportFileError with problems."""
    mapping, problems = None, ()

    try:
        mapping = parse_mapping(raw, load_profile())
    except ImportFileError as error:
        problems = error.problems

    assert (mapping is None) == bool(problems)
