"""The table that is handed out: areas by demand types, with margins, protected both ways."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import DisclosureError
from gridkit.maps.disclosure import (
    SMALLEST_SHOWN,
    Register,
    Release,
    Window,
    check_over,
    check_published,
    levels_of,
    outline_of,
    release_table,
)
from gridkit.maps.shared_map import began, counted, mapped_concerns, partly
from gridkit.records.levels import dissolve

if TYPE_CHECKING:
    from gridkit.records import Workspace

_LEVELS = ("township", "village")
HIDDEN = "不显示"
"""What stands in a hidden cell."""


@dataclass(frozen=True)
class SharedTable:
    """A table's columns as releases, and the names of its rows.

    Attributes
    ----------
    columns : tuple of Release
        The margin (all types) first, then a release per type.
    level : str
        ``village`` or ``township``.
    names : Series of str, indexed by the area's code
        Names of the rows.
    labels : tuple of str
        Names of the types, in the order of the columns.
    number : int or None
        Of its first entry in the register; None: not published.
    """

    columns: tuple[Release, ...]
    level: str
    names: pd.Series
    labels: tuple[str, ...]
    number: int | None = None

    def publish(self, register: Register) -> SharedTable:
        """Enter all columns, so that it may be handed out, or be refused; see `Register.add`."""
        return replace(self, number=register.add(*self.columns))

    def frame(self) -> pd.DataFrame:
        """Give the table: a row per area and 全县, a column per type and 合计.

        Returns
        -------
        DataFrame of Int64, indexed by the area's code
            名称, the types, 合计. Missing where hidden: under k, zero too, or to be had from
            the margins.

        Raises
        ------
        DisclosureError
            If it is not published.
        """
        check_published(self.number)
        margin, *types = self.columns
        rows = [str(code) for code in self.names.index]
        columns = {
            label: [*made.level(self.level).reindex(rows), made.level("total").iloc[0]]
            for label, made in zip((*self.labels, "合计"), (*types, margin), strict=True)
        }
        index = pd.Index([*rows, "全县"], name="区划代码")
        table = pd.DataFrame(columns, index=index, dtype="Int64")
        table.insert(0, "名称", [*self.names.astype("str"), ""])
        return table

    @property
    def title(self) -> str:
        """What it is called."""
        return self.columns[0].title

    def notes(self) -> tuple[str, ...]:
        """Say what belongs under the table: window, entry, what is hidden, how not to read it.

        Returns
        -------
        tuple of str
            Lines, Chinese first.

        Raises
        ------
        DisclosureError
            If it is not published.
        """
        check_published(self.number)
        margin = self.columns[0]
        first, last = margin.window.since, margin.window.until
        return (
            "可对外 · 小数已隐去 / may be shared, small counts hidden",
            f"时段 {first} 至 {last}; 单位: 件。来源: 本机台账 / concerns heard, from the ledger of this "
            "machine.",
            f"“{HIDDEN}”: 少于 {margin.k} 件 (0 件也是), 或可由合计相减推出; 不等于没有 / hidden: under "
            f"{margin.k}, zero too, or to be had by subtraction.",
            "合计和全县都含未单列的类别, 大于各栏之和 / totals include the types without a column.",
            f"发布登记第 {self.number} 号起的 {len(self.columns)} 栏 / {len(self.columns)} entries of the "
            f"register from no. {self.number} on.",
        )


def shared_table(
    workspace: Workspace,
    window: Window,
    demand_types: tuple[str, ...],
    *,
    level: str = "township",
    k: int = SMALLEST_SHOWN,
) -> SharedTable:
    """Decide what a table of areas by demand types may show, without publishing it.

    Parameters
    ----------
    workspace : Workspace
        With a ledger and grids.
    window : Window
        From `disclosure.last_window` or `disclosure.window_of`.
    demand_types : tuple of str
        Types with a column of their own; the others are in the total only.
    level : {"township", "village"}
        What its rows are.
    k : int
        Smallest count shown.

    Returns
    -------
    SharedTable
        ``.publish(published(workspace))`` enters it in the register; only then is there a
        `.frame()` to hand out.

    Raises
    ------
    DisclosureError
        If there is no such level or type, the window is not over or was before the ledger
        began, or as in
        `disclosure.release_table`.
    """
    check_over(window, workspace.store.today())
    since = partly(window, began(workspace))
    known = {c.code for c in workspace.profile.choices("demand_type")}
    if level not in _LEVELS or not demand_types or not set(demand_types) <= known:
        raise DisclosureError(
            en=f"A shared table has rows of {' or '.join(_LEVELS)}, and demand types of the profile.",
            zh="对外的表按乡镇 (township) 或村居 (village) 分行, 按县情配置中的诉求类别分列。",
        )
    grids = workspace.grids
    concerns = mapped_concerns(workspace)
    homes = grids["households"].astype("Int64")
    columns = release_table(
        pd.DataFrame(
            {
                t: counted(concerns[concerns["demand_type"] == t], grids, window)
                for t in demand_types
            }
        ),
        counted(concerns, grids, window),
        levels_of(grids),
        window,
        level=level,
        households=homes if homes.notna().all() else None,
        title=f"{workspace.name} {window.zh} 诉求分类表{since}",
        k=k,
        outline=outline_of(grids),
    )
    labels = tuple(workspace.profile.label("demand_type", t) for t in demand_types)
    return SharedTable(columns, level, dissolve(grids, level)["name"], labels)
