"""Division codes (行政区划) and grid codes: parse, check, format, read a county's list.

A division has 12 digits, 2 + 2 + 2 + 3 + 3: province, city, county, township, village, the
levels below it zero (NBS 统计用区划代码). A grid's code is its division's 12 digits and a
sequence whose width the county chooses; no conformance to a national grid standard is
claimed. Codes are text, always: `codes` mends what a spreadsheet did, where nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.profile.codes import ENDS, LEVELS, clean, depth, division_fault, grid_fault

GRID_DIGITS = 3

Level = Literal["province", "city", "county", "township", "village"]


@dataclass(frozen=True, order=True)
class Division:
    """One administrative division, by its 12-digit code.

    Examples
    --------
    >>> village = parse_division("350428100001")
    >>> village.level, village.parent.code, [d.short for d in village.ancestors]
    ('village', '350428100000', ['35', '3504', '350428', '350428100'])
    """

    code: str

    @property
    def level(self) -> Level:
        """Return the level: the last of the five parts that is not zero."""
        return LEVELS[self._depth]  # type: ignore[return-value]

    @property
    def short(self) -> str:
        """Return the code without the zeros of the levels below: 350428, 350428100."""
        return self.code[: ENDS[self._depth]]

    @property
    def parent(self) -> Division | None:
        """Return the division above, None for a province.

        A few cities have townships and no counties; there it is the city.
        """
        above = self.ancestors
        return above[-1] if above else None

    @property
    def ancestors(self) -> tuple[Division, ...]:
        """Return all divisions above, the province first."""
        codes = (self.code[:end].ljust(12, "0") for end in ENDS[: self._depth])
        return tuple(Division(code) for code in dict.fromkeys(codes))

    def contains(self, other: Division) -> bool:
        """Tell whether another division is this one or lies in it."""
        return other.code.startswith(self.short)

    @property
    def _depth(self) -> int:
        return depth(self.code)

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, order=True)
class GridCode:
    """A grid's code: the division it lies in, and its number there."""

    division: Division
    sequence: int
    digits: int = GRID_DIGITS

    def __str__(self) -> str:
        return f"{self.division.code}{self.sequence:0{self.digits}d}"


def parse_division(code: str | float) -> Division:
    """Return the division that a code names.

    Parameters
    ----------
    code : str, int or float
        12 digits, or the first 2, 4, 6 or 9 of them. Spaces, full-width digits, a leading
        apostrophe and a trailing `.0` are mended.

    Raises
    ------
    DataError
        If digits were lost, other characters are there, the length is wrong, or a level is
        zero above one that is not.

    Examples
    --------
    >>> parse_division("350428").code
    '350428000000'
    >>> parse_division("3.50428E+11")
    Traceback (most recent call last):
    ...
    gridkit.errors.DataError: 区划代码已被表格软件改成科学计数法, ...
    """
    cleaned = clean(code)
    zh, en = cleaned.zh, cleaned.en
    if cleaned.code:
        zh, en = division_fault(cleaned.code)
    if zh:
        raise DataError(en=f"The division code {en}.", zh=f"区划代码{zh}。")
    return Division(cleaned.code.ljust(12, "0"))


def parse_grid(grid_id: str | float, digits: int = GRID_DIGITS) -> GridCode:
    """Return the division and the number that a grid's code is made of.

    Parameters
    ----------
    grid_id : str, int or float
        12 + `digits` digits; mended like a division's code.
    digits : int
        Width of the sequence: the profile's `grid_digits`.

    Raises
    ------
    DataError
        As `parse_division`, and if the sequence is zero.

    Examples
    --------
    >>> grid = parse_grid("350428100001007")
    >>> grid.division.code, grid.sequence
    ('350428100001', 7)
    """
    cleaned = clean(grid_id)
    zh, en = cleaned.zh, cleaned.en
    if cleaned.code:
        zh, en = grid_fault(cleaned.code, digits)
    if zh:
        raise DataError(en=f"The grid code {en}.", zh=f"网格代码{zh}。")
    return GridCode(Division(cleaned.code[:12]), int(cleaned.code[12:]), digits)


def format_grid(division: Division | str, sequence: int, digits: int = GRID_DIGITS) -> str:
    """Return the code of a grid.

    Parameters
    ----------
    division : Division or str
        Where the grid lies, as a rule a village.
    sequence : int
        Its number there, from 1.
    digits : int
        Width of the sequence.

    Raises
    ------
    DataError
        If the division is none, or the number does not fit the width.

    Examples
    --------
    >>> format_grid("350428100001", 7)
    '350428100001007'
    """
    parsed = division if isinstance(division, Division) else parse_division(division)
    most = 10**digits - 1
    if not 1 <= sequence <= most:
        raise DataError(
            en=f"`sequence` must be 1 to {most} ({digits} digits); it is {sequence}.",
            zh=f"`sequence` 须在 1 至 {most} 之间 ({digits} 位), 现为 {sequence}。",
        )
    return str(GridCode(parsed, sequence, digits))


def check(
    codes: pd.Series,
    kind: Literal["division", "grid"] = "division",
    *,
    digits: int = GRID_DIGITS,
    within: str | None = None,
) -> pd.DataFrame:
    """Clean a column of codes, and say what is wrong with those that cannot be used.

    Parameters
    ----------
    codes : Series of str or number
        As read from a file; each different value is looked at once.
    kind : {"division", "grid"}
    digits : int
        Width of a grid's sequence.
    within : str, optional
        A division that all codes must lie in, such as the county.

    Returns
    -------
    DataFrame, indexed like `codes`
        `code` (str, missing where it cannot be used; divisions filled up to 12 digits),
        `zh` and `en` (str: the fault, missing where there is none).

    Examples
    --------
    >>> found = check(pd.Series(["350428100001.0", "3.50428E+11", "35042810"]))
    >>> found["code"].fillna("-").tolist()
    ['350428100001', '-', '-']
    """
    area = parse_division(within).short if within else ""
    places, values = pd.factorize(codes, use_na_sentinel=True)
    rows = [_judge(value, kind, digits, area) for value in values]
    rows.append(_judge(None, kind, digits, area))  # place -1: missing
    table = pd.DataFrame(rows, columns=["code", "zh", "en"], dtype="str")
    found = table.take(places % len(rows)).set_axis(codes.index)
    return found.mask(found == "").astype("str")


def read_divisions(folder: Path | str) -> pd.DataFrame:
    """Read a county's townships and villages.

    Parameters
    ----------
    folder : Path
        Holds `townships.csv` (township_code12, name, kind, county_code, county) and
        `villages.csv` (village_code12, name, kind, township_code), UTF-8.

    Returns
    -------
    DataFrame
        One row per division, county first: `code`, `name` (official), `everyday` (as
        people say it), `full` (with the township before it: names repeat within a county),
        `parent` (code), all str; `kind` and `level` (category); `virtual` (bool: a
        statistical unit such as 生活区, with no committee of its own).

    Raises
    ------
    DataError
        If a file is missing or lacks a column, or a code is wrong, stands twice or lies in
        no township of the list; `problems` names all rows.
    """
    folder = Path(folder)
    towns = _read(folder / "townships.csv", ("township_code12", "county_code", "county"))
    villages = _read(folder / "villages.csv", ("village_code12", "township_code"))
    county = towns[["county_code", "county"]].drop_duplicates()
    county = county.set_axis(["code", "name"], axis="columns").assign(kind="县", parent="")
    towns = towns.rename(columns={"township_code12": "code", "county_code": "parent"})
    villages = villages.rename(columns={"village_code12": "code", "township_code": "parent"})
    columns = ["code", "name", "kind", "parent"]
    table = pd.concat([county, towns[columns], villages[columns]], ignore_index=True)
    table["code"] = _usable(table["code"], "code")
    table["parent"] = _usable(table["parent"].mask(table["parent"] == ""), "parent")
    _check_nesting(table)
    return _described(table)


def everyday_name(name: str) -> str:
    """Return what people call a village or community, from its committee's name.

    Examples
    --------
    >>> [everyday_name(n) for n in ("解放村委会", "桃村村委会", "百花社区居委会")]
    ['解放村', '桃村', '百花社区']
    """
    for ending in ("村民委员会", "村委会"):
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            return stem if stem.endswith("村") else stem + "村"
    for ending in ("居民委员会", "居委会"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def _judge(value: object, kind: str, digits: int, area: str) -> tuple[str, str, str]:
    code, zh, en = clean(value)
    if code:
        zh, en = grid_fault(code, digits) if kind == "grid" else division_fault(code)
    if not zh and not code.startswith(area):
        zh, en = f"不在 {area} 之内", f"does not lie in {area}"
    if zh:
        return "", zh, en
    return (code if kind == "grid" else code.ljust(12, "0")), "", ""


def _read(path: Path, needed: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(en=f"There is no file {path}.", zh=f"找不到文件 {path}。")
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(
            en=f"{path.name} is not a CSV table in UTF-8. Save it as such.",
            zh=f"{path.name} 不是 UTF-8 编码的 CSV 表, 请另存为 UTF-8。",
        ) from error
    missing = [name for name in (*needed, "name", "kind") if name not in table]
    if missing:
        raise DataError(
            en=f"{path.name} lacks the column(s) {', '.join(missing)}.",
            zh=f"{path.name} 缺少列 {', '.join(missing)}。",
        )
    return table


def _usable(codes: pd.Series, field: str) -> pd.Series:
    found = check(codes)
    wrong = found["zh"].notna() & codes.notna()
    if wrong.any():
        raise DataError(
            en=f"{int(wrong.sum())} division code(s) cannot be used:",
            zh=f"有 {int(wrong.sum())} 个区划代码不能用:",
            problems=[
                Problem(str(i), field, z, e)
                for i, z, e in found[wrong][["zh", "en"]].itertuples()
            ],
        )
    return found["code"]


def _check_nesting(table: pd.DataFrame) -> None:
    twice = table["code"].duplicated()
    orphans = table["parent"].notna() & ~table["parent"].isin(table["code"])
    problems = [
        *(Problem(c, "code", "代码重复", "stands twice") for c in table["code"][twice]),
        *(
            Problem(c, "parent", "上级不在表中", "its parent is not in the list")
            for c in table["code"][orphans]
        ),
    ]
    if problems:
        raise DataError(
            en=f"The divisions do not fit together in {len(problems)} place(s):",
            zh=f"区划表有 {len(problems)} 处对不上:",
            problems=problems,
        )


def _described(table: pd.DataFrame) -> pd.DataFrame:
    names = table.set_index("code")["name"]
    levels = [LEVELS[depth(code)] for code in table["code"]]
    virtual = table["kind"].str.contains("虚拟", regex=False)
    everyday = table["name"].map(everyday_name).astype("str")
    village = pd.Series(levels, index=table.index) == "village"
    township = table["parent"].map(names).astype("str")
    return pd.DataFrame(
        {
            "code": table["code"],
            "name": table["name"],
            "everyday": everyday,
            "full": everyday.where(~village, township + everyday),
            "kind": table["kind"].astype("category"),
            "level": pd.Categorical(levels, categories=LEVELS, ordered=True),
            "parent": table["parent"],
            "virtual": virtual,
        }
    )
