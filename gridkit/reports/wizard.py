"""The wizard of own tables: what of a header row the ledger has, and what nobody should ask for.

A header row is pasted or uploaded; each column is told apart, unknown ones are chosen by
hand, groups and filters are ticked; what comes out is a small file in the county's profile
and the table itself, filled in. Nothing but the heads is kept of what was pasted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as W  # noqa: N812
import pandas as pd

from gridkit.errors import GridkitError
from gridkit.reports.asked import (
    GROUPS,
    asked_columns,
    names_for,
    refusal_of,
)
from gridkit.reports.asked_row import asked_row
from gridkit.reports.county_form import own_form, own_table, text_of
from gridkit.reports.desk import Desk
from gridkit.reports.heads import clean_head, heads_of_file, read_heads
from gridkit.reports.own_file import (
    OwnForm,
    parse_own_form,
    refuse_to_replace,
    save_own_form,
    stem_of,
)
from gridkit.screen.frame import Frame
from gridkit.screen.look import (
    Column,
    Words,
    dress,
    fill_list,
    html,
    join,
    style,
    table,
    tag,
)

FILTERS = {
    "demand_type": "诉求类别",
    "source": "来源",
    "demand_detail": "具体事项",
    "dispute_code": "纠纷类型",
}
_SHOWN = 8
_CSS = """
.gk .gk-own-row.widget-box { display: grid; grid-template-columns: minmax(0, 1fr) 250px;
  gap: 2px 16px; align-items: center; padding: 6px 0;
  border-bottom: 1px solid var(--jp-border-color2, #dde1e6); }
.gk .gk-own-row .widget-dropdown { width: 100%; margin: 0; height: 34px; }
.gk .gk-own-row .widget-dropdown > select { height: 34px; font-size: 14px; }
.gk .gk-own-row b { overflow-wrap: anywhere; margin-right: 8px; }
.gk .gk-own-many > select { height: 118px; padding: 2px; }
.gk .gk-own code { overflow-wrap: anywhere; }
@media (max-width: 900px) { .gk .gk-own-row.widget-box { grid-template-columns: minmax(0, 1fr); } }
"""


class Wizard(Column):
    """Make a table of one's own out of a header row that somebody sent.

    Parameters
    ----------
    desk : Desk
        What the table is filled from.
    folder : str or Path
        The workspace: the file goes to `profile/own_forms`, the table to `reports`.

    Attributes
    ----------
    pasted : Textarea
        The header row; after reading it holds the heads and nothing else.
    upload : FileUpload
        A CSV or XLSX file, let go of as soon as its heads are read.
    read : Button
        Reads what was pasted.
    names : dict of str to Dropdown
        By head: the field or figure that fills the column, or "". None for a head that
        nobody should ask for.
    add : Dropdown
        One more column, that was not asked for.
    groups : dict of str to Checkbox
        By dimension; with none ticked it is a list of matters.
    filters : dict of str to SelectMultiple
        By field; with nothing chosen all are kept.
    title : Text
    replace : Checkbox
        Whether files that are there are replaced.
    save : Button
    path, sheet : Path or None
        What was saved last: the file of the table, and the table.
    """

    def __init__(self, desk: Desk, folder: str | Path) -> None:
        self._desk, self._folder = desk, Path(folder)
        self.path: Path | None = None
        self.sheet: Path | None = None
        self._heads: list[str] = []
        self.names: dict[str, Any] = {}
        self._inputs()
        self._rows, self._said = W.VBox(), html()
        self._told, self._made = html(), html()
        super().__init__([style(_CSS), Frame(), *self._asking()])
        for name in ("gk", "gk-wide", "gk-own"):
            self.add_class(name)
        self._show()

    def _inputs(self) -> None:
        self.pasted = dress(W.Textarea(placeholder="如: 乡镇	件数	超期	联系电话"))
        self.pasted.description = Words("把表头粘贴到这里", "Paste the header row").both("zh")
        self.upload = W.FileUpload(
            accept=".csv,.xlsx", multiple=False, description="或选 CSV、XLSX 文件"
        )
        self.read = W.Button(description="看看这张表")
        self.add = dress(W.Dropdown())
        self.add.description = Words("再加一栏", "One more column").both("zh")
        self.groups = {
            name: W.Checkbox(description=zh, indent=False) for name, zh in GROUPS.items()
        }
        self.filters = {name: self._filter(name, zh) for name, zh in FILTERS.items()}
        self.title = dress(W.Text(placeholder="如: 各乡镇用水情况"))
        self.title.description = Words("表的标题", "Title").both("zh")
        self.replace = W.Checkbox(description="换掉原来的 · replace", indent=False)
        self.save = W.Button(description="保存并做表")
        self.save.add_class("gk-save")
        self.read.on_click(lambda _: self._read(lambda: read_heads(str(self.pasted.value))))
        self.upload.observe(lambda _: self._uploaded(), "value")
        self.add.observe(lambda _: self._add(), "value")
        self.save.on_click(lambda _: self._save())
        for box in self.groups.values():
            box.observe(lambda _: self._show(), "value")

    def _filter(self, name: str, zh: str) -> Any:
        options = [(one.zh, one.code) for one in self._desk.profile.choices(name)]
        chosen = dress(W.SelectMultiple(options=options))
        chosen.add_class("gk-own-many")
        chosen.description = zh
        return chosen

    def _asking(self) -> list[Any]:
        """Lay the parts out in the order in which they are gone through."""
        groups, filters = (
            W.HBox(list(self.groups.values())),
            W.HBox(list(self.filters.values())),
        )
        groups.add_class("gk-many")
        filters.add_class("gk-grid")
        reading, saving = W.HBox([self.read, self.upload]), W.HBox([self.save, self.replace])
        for row in (reading, saving):
            row.add_class("gk-row")
        saving.add_class("gk-many")
        self._more = W.VBox(
            [
                self._said,
                self._rows,
                self.add,
                _part("按什么分组", "Groups", "勾选: 出统计表, 末行合计; 都不勾: 每件一行。"),
                groups,
                _part("只要哪些", "Filters", "不选即全部; 按住 Ctrl 可选几个。"),
                filters,
                self.title,
                saving,
            ]
        )
        return [self.pasted, reading, self._told, self._more, self._made]

    def _uploaded(self) -> None:
        if self.upload.value:
            sent = self.upload.value[0]
            self._read(lambda: heads_of_file(str(sent["name"]), bytes(sent["content"])))
            self.upload.value = ()  # people's data are not kept in the notebook

    def _read(self, heads: Any) -> None:
        """Take the heads in, and propose how they are filled."""
        self._told.value = self._made.value = ""
        try:
            self._heads = list(dict.fromkeys(heads()))
        except GridkitError as error:
            self._told.value = _refused(error)
            return
        self.pasted.value = "\t".join(self._heads)
        self.names = {}
        judged = asked_columns(self._heads)
        figures = (judged["结论"] == "可以统计") & ~judged["名称"].isin(list(GROUPS))
        shown = {zh: name for name, zh in GROUPS.items()}
        proposed = {shown[head] for head in self._heads if head in shown}
        for name, box in self.groups.items():
            box.value = bool(figures.any()) and name in proposed
        self._show()

    def _grouped(self) -> list[str]:
        return [name for name, box in self.groups.items() if box.value]

    def _add(self) -> None:
        if self.add.value:
            self._heads.append(names_for(grouped=bool(self._grouped()))[self.add.value])
            self._show()

    def _show(self) -> None:
        """Draw a row for each head; what was chosen stays where it still can be."""
        self._more.layout.display = None if self._heads else "none"
        offered = names_for(grouped=bool(self._grouped()))
        options = [(zh, name) for name, zh in offered.items() if zh not in self._heads]
        fill_list(self.add, [("— 不加 —", ""), *options])
        before = {head: str(one.value) for head, one in self.names.items()}
        self.names, lines = {}, []
        for judged in asked_columns(self._heads).itertuples(index=False):
            head = str(judged[0])
            line, chosen = asked_row(
                judged, before.get(head, ""), grouped=bool(self._grouped())
            )
            lines.append(line)
            if chosen is not None:
                chosen.observe(lambda _: self._sum_up(), "value")
                self.names[head] = chosen
        self._rows.children = tuple(lines)
        self._sum_up()

    def _sum_up(self) -> None:
        self._said.value = self._summary()

    def _summary(self) -> str:
        asked = [head for head in self._heads if refusal_of(head)]
        filled = sum(1 for one in self.names.values() if one.value)
        said = [
            tag("p", f"{len(self._heads)} 栏: {filled} 栏可以自动填, {len(asked)} 栏不该要。")
        ]
        if asked:
            reply = "、".join(asked)
            given = "、".join(head for head, one in self.names.items() if one.value)
            words = f"可以这样回复: “{reply}”不提供。台账记事不记人, 办这些事用不着"
            words += f"; {given}随时可以给。" if given else "。"
            said.append(tag("p", words, cls="gk-hint"))
        return join(*said)

    @property
    def form(self) -> OwnForm:
        """The table as it is chosen now.

        Raises
        ------
        DataError
            With all that is wrong in `problems`.
        """
        columns = [(head, str(one.value)) for head, one in self.names.items() if one.value]
        group = self._grouped()
        there = {name for _, name in columns}
        ahead = [(GROUPS[name], name) for name in group if name not in there]
        said: dict[str, Any] = {"title": clean_head(str(self.title.value)), "group": group}
        said["filter"] = {n: list(one.value) for n, one in self.filters.items() if one.value}
        said["column"] = [{"head": head, "name": name} for head, name in [*ahead, *columns]]
        return parse_own_form(said)

    def _save(self) -> None:
        """Write the file and the table; neither replaces another unasked."""
        try:
            form, replace = self.form, bool(self.replace.value)
            made = own_table(self._desk, form)
            out = self._folder / "reports"
            sheet = out / f"{stem_of(form)}.xlsx"
            refuse_to_replace(sheet, replace=replace)
            self.path = save_own_form(form, self._folder / "profile", replace=replace)
            out.mkdir(exist_ok=True)
            self.sheet = own_form(self._desk, form, sheet)
        except GridkitError as error:
            self._made.value = _refused(error)
            return
        self.replace.value = False
        self._made.value = _done(self.path, self.sheet, made)


def _part(zh: str, en: str, help_: str) -> Any:
    return html(join(tag("h3", Words(zh, en).both("zh")), tag("span", help_, cls="gk-help")))


def _refused(error: GridkitError) -> str:
    faults = [tag("li", f"{one.field}: {one.zh}") for one in error.problems]
    return tag(
        "div", error.zh, tag("ul", *faults) if faults else "", cls="gk-refused", role="alert"
    )


def _done(path: Path, sheet: Path, made: pd.DataFrame) -> str:
    """Say what was made, show its top, and how to make it again."""
    file, folder = f'"{path}"', f'"{sheet.parents[1]}"'
    commands = (
        ("以后重做", f"gridkit report own -w {folder} --form {file}"),
        ("要用自己的版式, 先取模板", f"gridkit template sheet --form {file}"),
    )
    said = (
        f"已保存 profile/own_forms/{path.name}; 已做表 reports/{sheet.name}, {len(made)} 行。"
    )
    lines = [tag("p", f"{zh}: ", tag("code", command)) for zh, command in commands]
    shown = made.head(_SHOWN).astype("object").map(text_of)
    rows: list[tuple[str, ...]] = [tuple(row) for row in shown.to_numpy().tolist()]
    top = tag("div", table(tuple(map(str, made.columns)), rows), cls="gk-scroll")
    more = tag("p", f"以上是前 {_SHOWN} 行。") if len(made) > _SHOWN else ""
    return join(tag("p", said, cls="gk-told", role="status"), top, more, *lines)
