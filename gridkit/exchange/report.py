"""The report of an import: what was added, what was not, and why, row by row.

A row is named by its line in the file and a fault by column and rule; what a cell holds is
never repeated (it may be a resident's words).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pandas as pd

from gridkit.errors import Problem
from gridkit.exchange.table import Fault

REASONS: dict[str, tuple[str, str]] = {
    "no_place": ("没有坐标, 也没有网格", "no coordinates and no grid"),
    "half_place": ("经度和纬度只有一个", "only one of longitude and latitude"),
    "outside": ("位置不在任何网格内", "the place lies in no grid"),
    "unknown_grid": ("没有这个网格编码", "there is no grid of this id"),
    "missing": ("缺少必填项", "required and missing"),
    "bad_date": ("认不出的日期", "no date that can be read"),
    "future": ("日期晚于今天", "the date is after today"),
    "bad_number": ("认不出的数字", "no number that can be read"),
    "unknown_code": ("映射中没有这个取值", "a value that the mapping does not know"),
    "mangled": (
        "编号被 Excel 改成了科学计数法, 后几位已丢失; 请把该列设为文本后重新导出",
        "the number was rounded by Excel and its last digits are lost; make the column text and "
        "export again",
    ),
    "excel_error": ("单元格是 Excel 错误值", "the cell holds an Excel error"),
    "rule": ("不合字段规则", "breaks a rule of the field"),
    "repeat_identical": ("编号重复, 内容相同", "the number is repeated; the rows are alike"),
    "repeat_differs": ("编号重复, 内容不同", "the number is repeated; the rows differ"),
    "ragged": ("格数与表头不符", "another number of cells than the header"),
    "quote": ("引号不配对", "quotation marks do not match"),
    "nul": ("含有空字节, 文件可能损坏", "holds NUL bytes; the file may be damaged"),
    "changed": (
        "与上次导入的内容不同, 未改动台账",
        "differs from what was imported before; the ledger was left as it is",
    ),
    "changed_both": (
        "文件与台账在同一项上都有改动, 未改动台账, 请人工核对",
        "the file and the ledger both changed the same field; the ledger was left as it is",
    ),
    "no_code": ("选项表中没有这个代码", "the table of choices has no such code"),
    "label": (
        "写的是选项名称, 不是代码; 请选择“XML 值和标题”后重新导出",
        'holds a label, not a code; export again with "XML values and headers"',
    ),
    "no_parent": (
        "文件中没有它所属的走访",
        "the visit that it belongs to is not in the file",
    ),
    "parent_left": (
        "它所属的走访没有收下, 见走访表",
        "the visit that it belongs to was not taken in; see the table of visits",
    ),
    "count": (
        "诉求条数与手机上记的不符, 导出缺了重复组; 请下载含重复组的导出 (CSV zip、XLSX 或 JSON)",
        "not as many concerns as the phone counted: the export lacks the repeats; take one that "
        "has them (CSV zip, XLSX or JSON)",
    ),
    "replaced": ("另有一版改过的提交代替了它", "an edited version replaces it"),
    "not_sent": (
        "台账中没有这条提交的诉求; 请先导入 CSV、JSON 或 XLSX 导出",
        "the ledger has no concern of this submission: import its CSV, JSON or XLSX first",
    ),
    "which": (
        "说不清这些位置各属于哪件诉求, 未改动台账",
        "it cannot be told which concern each place belongs to; the ledger was left as it is",
    ),
    "no_form": ("没有写明出自哪张表单", "does not say which form it was made with"),
    "other_county": ("出自别的县的表单", "made with the form of another county"),
    "newer_form": (
        "表单由更新版本的 gridkit 生成; 请先升级",
        "made with the form of a newer gridkit; upgrade first",
    ),
    "withdrawn": ("台账中已撤回, 没有重新加入", "was withdrawn here, and is not added again"),
}
"""Why a row was not taken in: code, and its words in Chinese and English."""

COLUMNS = ("line", "field", "column", "reason", "problem_zh", "problem_en")


@dataclass(frozen=True)
class ImportReport:
    """What an import did (or, as a dry run, would do).

    Each row read is counted once: ``read == added + revised + unchanged + skipped + held
    rows + rejected rows``.

    Attributes
    ----------
    file, system : str
        Name of the file, and the mapping's name of the sending system.
    read : int
        Rows with any text below the header.
    added, revised, unchanged : int
        Rows that became new concerns, new revisions, or were there already.
    skipped : int
        Rows left out because the mapping says so.
    steps : int
        Steps added for the rows taken in.
    rejected : DataFrame
        One line per fault: line (of the file, from 1), field, column, reason, problem_zh,
        problem_en. Never what a cell holds.
    held : DataFrame
        Rows that are in the ledger already and have changed since, in the same columns:
        nothing was written for them.
    encoding, separator, sheet, datum : str
        As used; empty where it does not apply.
    header_line : int
        Where the header was found.
    left_out : tuple of str
        Columns of the file that nothing was read from.
    notes : tuple of Problem
        What a person should know of the file as a whole.
    dry_run : bool
        Whether nothing was to be written.
    refused : bool
        Whether nothing was written because `strict` was asked for and a row was rejected.
    """

    file: str
    system: str
    read: int = 0
    added: int = 0
    revised: int = 0
    unchanged: int = 0
    skipped: int = 0
    steps: int = 0
    rejected: pd.DataFrame = field(default_factory=lambda: fault_table([]))
    held: pd.DataFrame = field(default_factory=lambda: fault_table([]))
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    datum: str = ""
    header_line: int = 0
    left_out: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    dry_run: bool = False
    refused: bool = False

    @property
    def rejected_rows(self) -> int:
        """The number of rows that were not taken in."""
        return int(self.rejected["line"].nunique())

    @property
    def held_rows(self) -> int:
        """The number of rows that have changed since and were left alone."""
        return int(self.held["line"].nunique())

    def counts(self) -> pd.DataFrame:
        """Count the rows not taken in by reason.

        Returns
        -------
        DataFrame indexed by reason
            zh, en, rows; most frequent first. A row with two reasons counts under both.
        """
        both = pd.concat([self.rejected, self.held])
        rows = both.groupby("reason", observed=True)["line"].nunique()
        rows = rows.sort_values(ascending=False, kind="stable")
        words = [REASONS[str(reason)] for reason in rows.index]
        return pd.DataFrame(
            {
                "zh": pd.array([zh for zh, _ in words], dtype="str"),
                "en": pd.array([en for _, en in words], dtype="str"),
                "rows": rows.to_numpy(dtype="int64"),
            },
            index=pd.Index(rows.index.astype("str"), name="reason", dtype="str"),
        )

    def __str__(self) -> str:
        """Sum up in Chinese and English, as the command line prints it."""
        verb_zh, verb_en = ("试运行", "dry run") if self.dry_run else ("导入", "import")
        how = ", ".join(h for h in (self.encoding, self.sheet, self.datum) if h)
        lines = [
            f"{verb_zh} {self.file}{f' ({how})' if how else ''}: 读 {self.read} 行, 新增 "
            f"{self.added}, 修订 {self.revised}, 未变 {self.unchanged}, 按要求略过 {self.skipped}, "
            f"有变未改 {self.held_rows}, 未收 {self.rejected_rows}; 办理记录 {self.steps} 条",
            f"{verb_en} of {self.file}: read {self.read}, added {self.added}, revised "
            f"{self.revised}, unchanged {self.unchanged}, skipped {self.skipped}, held "
            f"{self.held_rows}, rejected {self.rejected_rows}; steps {self.steps}",
        ]
        if self.refused:
            lines.append(
                "要求全部合格 (strict), 因有未收的行, 没有写入任何内容 / strict: nothing written"
            )
        counts = self.counts()
        lines += [
            f"  {rows:>6} · {zh} / {en}"
            for zh, en, rows in counts.itertuples(index=False, name=None)
        ]
        lines += [f"  注意 / note · {n.field}: {n.zh} / {n.en}" for n in self.notes]
        if self.left_out:
            lines.append(f"  未导入的列 / columns left out: {', '.join(self.left_out)}")
        return "\n".join(lines)

    def but(self, **changes: object) -> ImportReport:
        """Give the same report with some of its figures changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def fault_table(faults: Iterable[Fault]) -> pd.DataFrame:
    """Lay faults out as the table of a report, in the order of the lines."""
    ordered = sorted(faults, key=lambda fault: fault.line)
    words = [REASONS[fault.reason] for fault in ordered]

    def full(says: str, more: str) -> str:
        return f"{says}: {more}" if more else says

    table = {
        "line": pd.array([f.line for f in ordered], dtype="Int64"),
        "field": pd.Categorical(pd.array([f.field for f in ordered], dtype="str")),
        "column": pd.Categorical(pd.array([f.column for f in ordered], dtype="str")),
        "reason": pd.Categorical(pd.array([f.reason for f in ordered], dtype="str")),
        "problem_zh": pd.array(
            [full(w[0], f.zh) for f, w in zip(ordered, words, strict=True)], dtype="str"
        ),
        "problem_en": pd.array(
            [full(w[1], f.en) for f, w in zip(ordered, words, strict=True)], dtype="str"
        ),
    }
    return pd.DataFrame(table, columns=list(COLUMNS))
