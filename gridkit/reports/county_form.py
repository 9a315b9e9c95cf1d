"""A county's own table: a small TOML of columns, filters and groups, filled from the ledger.

With `group` it is a table of figures, each of `matter_statistics`; without, a list of
matters. It is written as plain XLSX, or into the county's own Word template. Nothing that
is not a field of the ledger can be asked for, so no form brings in what is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.output import put
from gridkit.reports.asked import FIGURES, LIST_FIELDS, asked_columns
from gridkit.reports.book_style import formats
from gridkit.reports.desk import Desk
from gridkit.reports.rows import NO_UNIT, ledger_rows
from gridkit.triage import matter_statistics
from gridkit.triage.matter_statistics import MATTER_DIMENSIONS

FILTERS = ("demand_type", "demand_detail", "dispute_code", "source", "grid_id")
OWN_FIELDS: Mapping[str, Any] = {
    "title": "标题",
    "county": "县名",
    "on": "截至日期",
    "heads": ["栏目"],
    "rows": [["一格"]],
}
"""What a Word template of one's own can name."""
_KEYS = {"title", "group", "column", "filter"}


@dataclass(frozen=True)
class OwnForm:
    """A county's own table.

    Attributes
    ----------
    title : str
    columns : tuple of (head, name)
        The name of a field (`asked.LIST_FIELDS`), of a group, or of a figure (`FIGURES`).
    group : tuple of str
        Dimensions of `matter_statistics`; none for a list of matters.
    filters : mapping of str to tuple of str
        Codes that are kept, by field.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    group: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_own_form(path: str | Path) -> OwnForm:
    """Read a table of one's own.

    Parameters
    ----------
    path : str or Path
        A .toml file: `title`; `group` (list); `[filter]` (field = list of codes); a
        `[[column]]` each with `head` and `name`.

    Returns
    -------
    OwnForm

    Raises
    ------
    DataError
        If it cannot be read, or asks for what is no field or figure; `problems` has all, a
        head that nobody should ask for with the rule.
    """
    path = Path(path)
    try:
        return parse_own_form(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise DataError(
            zh=f"{path.name} 读不懂 ({type(fault).__name__}); 须为 UTF-8 的 TOML 文件。",
            en=f"{path.name} cannot be read ({type(fault).__name__}); it must be TOML in UTF-8.",
        ) from None


def parse_own_form(said: Mapping[str, Any]) -> OwnForm:
    """Check what a TOML says; see `read_own_form`.

    Raises
    ------
    DataError
        With all that is wrong in `problems`.

    Examples
    --------
    >>> form = parse_own_form({
    ...     "title": "各乡镇用水", "group": ["township"], "filter": {"demand_type": ["water"]},
    ...     "column": [{"head": "乡镇", "name": "township"}, {"head": "件数", "name": "matters"}],
    ... })
    >>> form.columns
    (('乡镇', 'township'), ('件数', 'matters'))
    """
    columns = [
        (str(one.get("head", "")), str(one.get("name", ""))) for one in said.get("column", [])
    ]
    group = tuple(str(name) for name in said.get("group", []))
    filters = {
        str(name): tuple(str(code) for code in codes)
        for name, codes in said.get("filter", {}).items()
    }
    form = OwnForm(str(said.get("title", "")).strip(), tuple(columns), group, filters)
    found = [Problem(key, "-", "没有这一项", "no such entry") for key in said.keys() - _KEYS]
    found += _problems(form)
    if found:
        raise DataError(
            zh=f"这张表有 {len(found)} 处要改, 没有生成。",
            en=f"This table has {len(found)} fault(s); it was not made.",
            problems=found,
        )
    return form


def _problems(form: OwnForm) -> list[Problem]:
    found = []
    if not form.title or not form.columns:
        found.append(
            Problem("title", "column", "要有标题和至少一栏", "give a title and a column")
        )
    found += [
        Problem("group", name, "不能按这一项分组", "not a group")
        for name in form.group
        if name not in MATTER_DIMENSIONS
    ]
    found += [
        Problem("filter", name, "不能按这一项筛选", "not a filter")
        for name in form.filters
        if name not in FILTERS
    ]
    return found + _columns(form)


def _columns(form: OwnForm) -> list[Problem]:
    found = []
    allowed = {*form.group, *FIGURES} if form.group else set(LIST_FIELDS)
    judged = asked_columns(head for head, _ in form.columns)
    told = zip(judged["结论"].astype("str"), judged["说明"].astype("str"), strict=True)
    for (head, name), (verdict, why) in zip(form.columns, told, strict=True):
        if verdict == "不该要":
            found.append(Problem("column", head, str(why), "nobody should ask for this"))
        elif name not in allowed:
            near = "、".join(get_close_matches(name, sorted(allowed), n=3, cutoff=0.4))
            zh = f"没有名为 {name} 的字段或数" + (f"; 是不是 {near}?" if near else "")
            en = f"there is no {name}" + (f"; did you mean {near}?" if near else "")
            found.append(Problem("column", head, zh, en))
    return found


def own_table(desk: Desk, form: OwnForm) -> pd.DataFrame:
    """Fill a table of one's own.

    Parameters
    ----------
    desk : Desk
    form : OwnForm

    Returns
    -------
    DataFrame
        Its heads as columns. With groups: figures of `matter_statistics`, 合计 in the last
        row; else a row per matter.
    """
    kept = pd.Series(data=True, index=desk.concerns.index)
    for name, codes in form.filters.items():
        kept &= desk.concerns[name].astype("str").isin(codes).to_numpy()
    some = desk.concerns[kept.to_numpy()]
    if not form.group:
        rows = ledger_rows(desk).loc[some.index]
        return pd.DataFrame({head: rows[LIST_FIELDS[name]] for head, name in form.columns})
    theirs = desk.steps[desk.steps["concern_id"].isin(some.index).to_numpy()]
    counts = matter_statistics(some, theirs, desk.on, desk.profile, form.group)
    keys = counts.index.to_frame(index=False).set_axis(list(form.group), axis=1)
    made = {
        head: [_word(desk, name, str(code)) for code in keys[name]]
        if name in form.group
        else counts[name].to_numpy()
        for head, name in form.columns
    }
    return pd.DataFrame(made)


def _word(desk: Desk, name: str, code: str) -> str:
    if code == "all":
        return "合计"
    if code == "not_said":
        return NO_UNIT if name == "unit" else "未填"
    if name == "township":
        return desk.place(code)
    return desk.label(name, code) if name in {"unit", "demand_type", "source"} else code


def own_form(
    desk: Desk, form: OwnForm, path: str | Path, *, template: str | Path | None = None
) -> Path:
    """Write a table of one's own.

    Parameters
    ----------
    desk : Desk
    form : OwnForm
    path : str or Path
        An .xlsx file, or a .docx one where the template is such.
    template : str or Path, optional
        An Excel file of the county, see `sheet_template`; or a Word file that may name
        `OWN_FIELDS`.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the template cannot be filled in.
    StoreError
        If the file cannot be written.
    """
    table = own_table(desk, form)
    if template is None:
        return put(path, lambda draft: _sheet(draft, desk, form, table))
    if Path(template).suffix.lower() == ".xlsx":
        from gridkit.reports.sheet_template import fill_sheet

        invented = "【虚构数据】" if desk.invented else ""
        said = {"title": form.title, "county": f"{invented}{desk.name}", "on": str(desk.on)}
        return fill_sheet(template, path, table, said)
    return put(path, lambda draft: _page(draft, desk, (form, template), table))


def _sheet(path: Path, desk: Desk, form: OwnForm, table: pd.DataFrame) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        looks = formats(book, desk.profile)
        sheet = book.add_worksheet(_tab(form.title))
        sheet.set_column(0, max(len(table.columns) - 1, 0), 16)
        sheet.write_string(0, 0, escape_formula(form.title), looks["title"])
        invented = "【虚构数据】" if desk.invented else ""
        sheet.write_string(1, 0, f"{invented}{desk.name} 截至 {desk.on}", looks["note"])
        for number, head in enumerate(table.columns):
            sheet.write_string(2, number, escape_formula(str(head)), looks["head"])
        for at, row in enumerate(table.itertuples(index=False), start=3):
            for number, value in enumerate(row):
                _cell(sheet, (at, number), value, looks)
        sheet.freeze_panes(3, 0)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C第 &P 页, 共 &N 页")


def _tab(title: str) -> str:
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "表"


def _cell(sheet: Any, at: tuple[int, int], value: Any, looks: Mapping[str, Any]) -> None:
    if value is None or pd.isna(value):
        sheet.write_blank(*at, None, looks["text"])
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(*at, value.to_pydatetime(), looks["day"])
    elif isinstance(value, str):
        sheet.write_string(*at, escape_formula(value), looks["text"])
    else:
        sheet.write_number(*at, float(value), looks["number"])


def _page(
    path: Path, desk: Desk, made: tuple[OwnForm, str | Path], table: pd.DataFrame
) -> None:
    from gridkit.reports.word_template import fill, open_template

    form, template = made
    page = open_template("", template)
    texts = table.astype("object").map(_text)
    context: dict[str, Any] = {"title": form.title, "county": desk.name, "on": str(desk.on)}
    context |= {"heads": list(table.columns), "rows": texts.to_numpy().tolist()}
    fill(page, context, OWN_FIELDS)
    page.save(str(path))


def _text(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
