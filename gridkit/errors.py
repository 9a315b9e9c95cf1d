"""What gridkit raises on purpose, in Chinese and English.

Every error says what was wrong, where, and what to do. It never holds a resident's
words, name or contact: column, row label and rule are enough.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One fault in a table or a file: where, in what, and which rule it breaks.

    `row` is a label or a number a person can find again (a line of a file, a key of a
    TOML table); `field` a column or key; `zh` and `en` the rule and what to do.
    """

    row: str
    field: str
    zh: str
    en: str


_REASONS = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "只读",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "这是一个文件夹",
    errno.EEXIST: "已有同名的",
    errno.ENOSPC: "磁盘已满",
    errno.ENAMETOOLONG: "名字太长",
    errno.EIO: "磁盘读写出错",
    errno.EBUSY: "正被别的程序使用",
    errno.EMFILE: "打开的文件太多",
}


def why_os(fault: OSError) -> str:
    """Say in Chinese why the operating system refused.

    Examples
    --------
    >>> why_os(PermissionError(13, "Permission denied")), why_os(OSError(99, "?"))
    ('没有权限', '系统代码 99')
    """
    known = _REASONS.get(fault.errno or 0)
    return known or f"系统代码 {fault.errno}"


class GridkitError(Exception):
    """The parent of all errors that gridkit raises on purpose.

    Parameters
    ----------
    en, zh : str
        The message in English and in Chinese: what was wrong, where, what to do.
    problems : sequence of Problem
        All faults found, where there can be more than one.

    Examples
    --------
    >>> print(GridkitError(en="`size` must be above 0 m; it is -5.", zh="`size` 须大于 0 米, 现为 -5。"))
    `size` 须大于 0 米, 现为 -5。
    `size` must be above 0 m; it is -5.
    """

    def __init__(self, *, en: str, zh: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(en, zh)
        self.en = en
        self.zh = zh
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [self.zh, self.en]
        lines += [f"  {p.row} · {p.field}: {p.zh} / {p.en}" for p in self.problems[:20]]
        if len(self.problems) > 20:
            rest = len(self.problems) - 20
            lines.append(f"  … 另有 {rest} 处 / and {rest} more")
        return "\n".join(lines)


class ProfileError(GridkitError):
    """A county profile cannot be read, or some of its entries contradict the rules."""


class DataError(GridkitError):
    """Values that a method or a table cannot take: missing, out of range, of no use."""


class AlignmentError(DataError):
    """Two tables that must describe the same cells or records do not."""


class RecordError(DataError):
    """A record breaks its specification; `problems` names every field at fault."""


class WorkflowError(RecordError):
    """A step that may not be taken as the matter stands; the legal ones are named."""


class ImportFileError(DataError):
    """A file to be imported cannot be read, or its mapping does not fit it."""


class StoreError(GridkitError):
    """The ledger cannot be opened, read or written; what was saved before is kept."""


class StoreBusyError(StoreError):
    """Another writer held the ledger for longer than we wait; nothing was written."""


class StoreFullError(StoreError):
    """The disk is full; the transaction was rolled back and nothing was written."""


class StoreDamagedError(StoreError):
    """The file is no ledger of gridkit, is cut short, or its pages do not fit together."""


class OfflineError(GridkitError):
    """A page or map would need the network; it was not made."""


class DisclosureError(GridkitError):
    """What was asked for would give somebody away; it was not made."""


class BundleError(StoreError):
    """A bundle cannot be made, or was refused; the ledger is as it was before."""


class BundleGapError(BundleError):
    """A bundle goes on from revisions that the ledger does not have yet."""


class PrintError(GridkitError):
    """A picture or PDF of a map could not be made: no browser on this machine, or it failed."""
