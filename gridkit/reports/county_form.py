"""A county's own table, filled from the ledger.

With `group` it is a table of figures, each of `matter_statistics`; without, a list of
matters. It is written as plain XLSX, or into the county's own Excel or Word template.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.errors import DataError, Problem
from gridkit.exchange.escaping import escape_formula
from gridkit.exchange.output import put
from gridkit.records.meetings import LEVELS
from gridkit.reports.asked import LIST_FIELDS
from gridkit.reports.book_style import formats
from gridkit.reports.desk import Desk
from gridkit.reports.own_file import OwnForm
from gridkit.reports.rows import NO_UNIT, ledger_rows
from gridkit.triage import matter_statistics
from gridkit.triage.margins import PERIODS

OWN_FIELDS: Mapping[str, Any] = {
    "title": "标题",
    "county": "县名",
    "on": "截至日期",
    "heads": ["栏目"],
    "rows": [["一格"]],
}
"""What a Word template of one's own can name."""


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

    Raises
    ------
    DataError
        If a filter names a code that neither the county nor its ledger has: the table would
        be one of zeros that looks right.
    """
    _check_codes(desk, form)
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


def _check_codes(desk: Desk, form: OwnForm) -> None:
    """Refuse codes that nothing can have; a grid may well be without a matter."""
    found = []
    for name, codes in form.filters.items():
        known = set(desk.concerns[name].astype("str"))
        if name != "grid_id":
            known |= set(desk.profile.codes(name))
            missing = [code for code in codes if code not in known]
        else:
            missing = [code for code in codes if not (code.isdecimal() and len(code) > 12)]
        for code in missing:
            near = "、".join(get_close_matches(code, sorted(known), n=3, cutoff=0.4))
            zh = f"没有代码 {code}" + (f"; 是不是 {near}?" if near else "")
            en = f"there is no {code}" + (f"; did you mean {near}?" if near else "")
            found.append(Problem("filter", name, zh, en))
    if found:
        raise DataError(
            zh=f"筛选里有 {len(found)} 个认不出的代码, 没有生成。",
            en=f"The filters name {len(found)} unknown code(s); nothing was made.",
            problems=found,
        )


def _word(desk: Desk, name: str, code: str) -> str:
    if code == "all":
        return "合计"
    if code == "not_said":
        return NO_UNIT if name == "unit" else "未填"
    if name == "township":
        return desk.place(code)
    if name == "unit_level":
        return {known: zh for known, zh, _ in LEVELS}.get(code, code)
    return code if name in PERIODS else desk.label(name, code)


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
        If the template cannot be filled in, or is `path` itself.
    StoreError
        If the file cannot be written.
    """
    from gridkit.reports.word_template import need_apart

    need_apart(template, path)
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
        if len(table.columns) > 1:  # set in the middle of the table, not of its first column
            sheet.merge_range(0, 0, 0, len(table.columns) - 1, "", looks["title"])
        sheet.write_string(0, 0, escape_formula(form.title), looks["title"])
        invented = "【虚构数据】" if desk.invented else ""
        sheet.write_string(1, 0, f"{invented}{desk.name} 截至 {desk.on}", looks["note"])
        for number, head in enumerate(table.columns):
            sheet.write_string(2, number, escape_formula(str(head)), looks["head"])
        for at, row in enumerate(table.itertuples(index=False), start=3):
            for number, value in enumerate(row):
                _cell(sheet, (at, number), value, looks)
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(0, 2)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C第 &P 页, 共 &N 页")


def _tab(title: str) -> str:
    name = "".join(c for c in title if c.isprintable() and c not in "[]:*?/\\'")[:31]
    return name if name.strip() and name.casefold() != "history" else "表"  # Excel's own


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
    _need_rows(page, template)
    texts = table.astype("object").map(text_of)
    context: dict[str, Any] = {"title": form.title, "county": desk.name, "on": str(desk.on)}
    context |= {"heads": list(table.columns), "rows": texts.to_numpy().tolist()}
    fill(page, context, OWN_FIELDS)
    page.save(str(path))


def _need_rows(page: Any, template: str | Path) -> None:
    """Refuse a page that would come out without the table; what is written wrongly, `fill` tells.

    Raises
    ------
    DataError
        If it names no `rows`.
    """
    from jinja2 import TemplateError

    with suppress(TemplateError):
        if "rows" in page.get_undeclared_template_variables():
            return
        raise DataError(
            zh=f"模板 {Path(template).name} 里没有放表格的地方; 在 Word 表格的一行里写 "
            "{%tr for row in rows %}, 下一行写 {{ row[0] }} {{ row[1] }} …, 再下一行写 {%tr endfor %}。",
            en=f"The template {Path(template).name} has no place for the table: write "
            "{%tr for row in rows %}, {{ row[0] }} ..., {%tr endfor %} into rows of a Word table.",
        )


def text_of(value: Any) -> str:
    """Write one cell of a table of one's own as text; empty where there is none."""
    if value is None or pd.isna(value):
        return ""
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
