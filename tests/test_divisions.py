from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import DataError
from gridkit.profile.divisions import (
    check,
    everyday_name,
    format_grid,
    parse_division,
    parse_grid,
    read_divisions,
)

JIANGLE = Path(__file__).resolve().parents[1] / "data" / "jiangle"


@pytest.fixture(scope="module")
def jiangle() -> pd.DataFrame:
    """Read the real divisions of Jiangle county."""
    return read_divisions(JIANGLE)


@pytest.mark.parametrize(
    ("code", "level", "full"),
    [
        ("35", "province", "350000000000"),
        ("3504", "city", "350400000000"),
        ("350428", "county", "350428000000"),
        ("350428100", "township", "350428100000"),
        ("350428100001", "village", "350428100001"),
        ("350428100000", "township", "350428100000"),
    ],
)
def test_code_or_its_beginning_names_a_division(code, level, full):
    """2, 4, 6, 9 and 12 digits are read, and the zeros filled in."""
    division = parse_division(code)

    assert (division.level, division.code) == (level, full)


def test_village_knows_what_it_lies_in():
    """The divisions above are those of the five parts."""
    village = parse_division("350428100001")

    assert [d.code for d in village.ancestors] == [
        "350000000000",
        "350400000000",
        "350428000000",
        "350428100000",
    ]
    assert parse_division("350428").contains(village)
    assert not parse_division("350421").contains(village)
    assert parse_division("35").parent is None


def test_town_of_a_city_without_counties_has_the_city_above_it():
    """Dongguan (4419) has towns and no counties."""
    town = parse_division("441900003000")

    assert (town.level, town.parent.code) == ("township", "441900000000")


@pytest.mark.parametrize(
    "mangled",
    [
        "350428100001.0",
        "350428100001.",
        "'350428100001",
        "‘350428100001",
        "３５０４２８１００００１",
        " 3504 2810 0001 ",
        "\ufeff350428100001\u200b",
        "350428\u00a0100001",
        "350,428,100,001",
        "3.50428100001E+11",
        "3.50428100001e11",
        350428100001,
        pytest.param(350428100001.0, id="float"),
    ],
)
def test_code_that_lost_nothing_is_mended(mangled):
    """What a spreadsheet did to a code is undone where every digit is still there."""
    assert parse_division(mangled).code == "350428100001"


@pytest.mark.parametrize(
    ("mangled", "said"),
    [
        ("3.50428E+11", "scientific notation"),
        ("3.50428E11", "scientific notation"),
        ("35042810", "has 8 digits; it must have 12"),
        ("3504281000011", "has 13 digits"),
        ("35042810000l", "characters other than digits"),
        ("三五〇四二八", "characters other than digits"),
        ("350428100001.5", "characters other than digits"),
        ("-350428", "characters other than digits"),
        ("", "is empty"),
        ("  ", "is empty"),
        (float("nan"), "is empty"),
        (float("inf"), "characters other than digits"),
        (True, "characters other than digits"),
        ("000000", "zero for its province"),
        ("350028", "zero for its city"),
        ("350428000001", "zero for its township"),
    ],
)
def test_code_that_cannot_be_trusted_is_refused(mangled, said):
    """Lost digits are never filled in; the message says what to do."""
    with pytest.raises(DataError, match=said):
        parse_division(mangled)


def test_message_is_whole_in_both_languages():
    """A code turned into scientific notation is explained, and the way out is named."""
    with pytest.raises(DataError) as raised:
        parse_division("3.50428E+11")

    assert str(raised.value).splitlines() == [
        "区划代码已被表格软件改成科学计数法, 末位数字丢失; 请回到原表, 把该列设为文本再导出。",
        "The division code was turned into scientific notation and lost its last digits; "
        "go back to the source and export the column as text.",
    ]


@given(
    code=st.from_regex(
        r"[1-8][0-9](0[1-9]|[1-9][0-9]){2}[1-9][0-9]{2}[0-9]{2}[1-9]", fullmatch=True
    ),
    number=st.integers(1, 999),
)
def test_grid_codes_round_trip(code, number):
    """A grid's code is its division's and a number, and gives both back."""
    grid = parse_grid(format_grid(code, number))

    assert (grid.division.code, grid.sequence) == (code, number)
    assert str(grid) == f"{code}{number:03d}"
    assert parse_grid(float(str(grid))) == grid  # as a spreadsheet would keep it


@pytest.mark.parametrize(
    ("code", "digits", "said"),
    [
        ("350428100001", 3, "it must have 15"),
        ("350428100001000", 3, "sequence 0"),
        ("350428000001001", 3, "zero for its township"),
        (3504281000010007, 4, "over 15 digits"),
        ("3504281000010007.0", 4, "over 15 digits"),
    ],
)
def test_grid_code_that_cannot_be_trusted_is_refused(code, digits, said):
    """Wrong length, no number, or a number too long for a spreadsheet to keep exactly."""
    with pytest.raises(DataError, match=said):
        parse_grid(code, digits)


def test_number_must_fit_the_width():
    """A grid's number is from 1 to what the county's width allows."""
    with pytest.raises(DataError, match="`sequence` must be 1 to 999"):
        format_grid("350428100001", 1000)

    assert format_grid("350428100001", 1000, digits=4) == "3504281000011000"


def test_column_of_codes_is_checked_at_once():
    """Each row gets its code or its fault, on the caller's index."""
    codes = pd.Series(
        ["350428100001.0", "3.50428E+11", None, "350428100", "110101001001"],
        index=list("abcde"),
    )

    found = check(codes, within="350428")

    assert found["code"].fillna("-").tolist() == ["350428100001", "-", "-", "350428100000", "-"]
    assert found["zh"].notna().tolist() == [False, True, True, False, True]
    assert found.loc["e", "en"] == "does not lie in 350428"
    assert found.index.tolist() == list("abcde")
    assert {str(dtype) for dtype in found.dtypes} == {"str"}


@pytest.mark.parametrize("dtype", ["Int64", "float64", "str", "category"])
def test_column_is_checked_whatever_its_type(dtype):
    """Grid codes read as numbers are as good as text, as long as no digit is lost."""
    codes = pd.Series([350428100001007, 350428100001008]).astype(dtype)

    found = check(codes, "grid")

    assert found["code"].tolist() == ["350428100001007", "350428100001008"]


def test_jiangle_is_read_as_it_is(jiangle):
    """One county, 13 townships, 154 village-level codes: 135, 9 and 10 of their kinds."""
    kinds = jiangle["kind"].value_counts()

    assert jiangle["level"].value_counts().to_dict() == {
        "province": 0,
        "city": 0,
        "county": 1,
        "township": 13,
        "village": 154,
    }
    assert (kinds["村委会"], kinds["社区居委会"], int(jiangle["virtual"].sum())) == (135, 9, 10)
    assert jiangle["code"].str.fullmatch(r"\d{12}").all()
    assert not jiangle["code"].duplicated().any()
    assert jiangle["parent"].dropna().isin(jiangle["code"]).all()
    assert set(jiangle.loc[jiangle["virtual"], "name"].str[-3:]) == {"生活区"}


def test_every_code_of_jiangle_parses_to_its_level(jiangle):
    """The list's own parents are those that the codes say."""
    parsed = [parse_division(code) for code in jiangle["code"]]

    assert [d.level for d in parsed] == jiangle["level"].tolist()
    below = jiangle["parent"].notna()
    assert [d.parent.code for d, b in zip(parsed, below, strict=True) if b] == jiangle.loc[
        below, "parent"
    ].tolist()


def test_villages_have_the_names_that_people_use(jiangle):
    """桃村村委会 is 桃村, 解放村委会 is 解放村, 百花社区居委会 is 百花社区."""
    names = jiangle.set_index("name")["everyday"]

    assert names[["桃村村委会", "吴村村委会", "泰村村委会"]].tolist() == [
        "桃村",
        "吴村",
        "泰村",
    ]
    assert names[["解放村委会", "百花社区居委会", "光明镇"]].tolist() == [
        "解放村",
        "百花社区",
        "光明镇",
    ]
    assert not jiangle["everyday"].str.contains("村村|委会").any()


def test_one_name_in_two_townships_stays_two_places(jiangle):
    """孙坊良种场生活区 stands in 万安镇 and in 南口镇; with the township it is told apart."""
    places = jiangle[jiangle["name"] == "孙坊良种场生活区"]

    assert places["code"].tolist() == ["350428101500", "350428107500"]
    assert places["full"].tolist() == ["万安镇孙坊良种场生活区", "南口镇孙坊良种场生活区"]
    assert not jiangle["full"].duplicated().any()


@pytest.mark.parametrize("name", ["解放村", "桃村", "百花社区", "古镛镇"])
def test_everyday_name_is_left_alone(name):
    """A name that is already everyday does not change."""
    assert everyday_name(name) == name


def spoiled(folder: Path, old: str, new: str) -> Path:
    """Copy Jiangle's lists with one text replaced in the villages."""
    for name in ("townships.csv", "villages.csv"):
        text = (JIANGLE / name).read_text(encoding="utf-8")
        (folder / name).write_text(
            text.replace(old, new) if name == "villages.csv" else text, encoding="utf-8"
        )
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("350428100211,", "350428100001,", "stands twice"),
        ("350428100211,", "3.50428E+11,", "scientific notation"),
        (",350428100,", ",350428999,", "its parent is not in the list"),
        ("village_code12", "code", "lacks the column"),
    ],
)
def test_list_that_does_not_fit_together_is_refused(tmp_path, old, new, said):
    """Faults of the list come back with their rows."""
    with pytest.raises(DataError, match=said):
        read_divisions(spoiled(tmp_path, old, new))


def test_list_in_gbk_or_absent_is_explained(tmp_path):
    """A file in another encoding, or none, gives a message that says what to do."""
    with pytest.raises(DataError, match="There is no file"):
        read_divisions(tmp_path)
    for name in ("townships.csv", "villages.csv"):
        text = (JIANGLE / name).read_text(encoding="utf-8").replace("’", "'")
        (tmp_path / name).write_bytes(text.encode("gbk"))

    with pytest.raises(DataError, match="not a CSV table in UTF-8"):
        read_divisions(tmp_path)
