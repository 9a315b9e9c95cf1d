"""The file of a county's own table: read, checked, and written so that it reads back the same.

Nothing that is not a field of the ledger can be asked for, so no file brings in what is refused.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gridkit.errors import DataError, Problem, StoreError, why_os
from gridkit.exchange.escaping import is_writable, writable_text
from gridkit.exchange.output import file_name, put
from gridkit.reports.asked import FIGURES, LIST_FIELDS, asked_columns
from gridkit.triage.matter_statistics import MATTER_DIMENSIONS

FOLDER = "own_forms"
"""Where a county's own tables are kept in its profile."""
FILTERS = ("demand_type", "demand_detail", "dispute_code", "source", "grid_id")
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
    except OSError as fault:
        raise DataError(
            zh=f"打不开 {path.name} ({why_os(fault)})。",
            en=f"{path.name} cannot be opened ({fault.strerror}).",
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        found = re.search(r"at line (\d+)", str(fault))
        zh, en = (f"第 {found[1]} 行", f", line {found[1]},") if found else ("", "")
        raise DataError(
            zh=f"{path.name} {zh}读不懂; 须为 UTF-8 的 TOML 文件, 文字写在引号里。",
            en=f"{path.name}{en} cannot be read; it must be TOML in UTF-8, texts in quotes.",
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
    _refuse(_shapes(said))
    columns = [(one.get("head", ""), one.get("name", "")) for one in said.get("column", [])]
    filters = {name: tuple(codes) for name, codes in said.get("filter", {}).items()}
    form = OwnForm(
        said.get("title", "").strip(), tuple(columns), tuple(said.get("group", [])), filters
    )
    found = [Problem(key, "-", "没有这一项", "no such entry") for key in said.keys() - _KEYS]
    _refuse([*found, *_problems(form)])
    return form


def _refuse(found: Sequence[Problem]) -> None:
    if found:
        raise DataError(
            zh=f"这张表有 {len(found)} 处要改, 没有生成。",
            en=f"This table has {len(found)} fault(s); it was not made.",
            problems=found,
        )


def _shapes(said: Mapping[str, Any]) -> list[Problem]:
    """Tell what is no text, list or table where one belongs: a text would be read as letters."""
    columns, filters = said.get("column", []), said.get("filter", {})
    sound = {
        "title": isinstance(said.get("title", ""), str),
        "group": _is_list(said.get("group", [])),
        "column": isinstance(columns, list)
        and all(isinstance(one, Mapping) and _is_list([*one.values()]) for one in columns),
        "filter": isinstance(filters, Mapping) and all(map(_is_list, filters.values())),
    }
    wanted = {
        "title": ('要是一行文字, 如 title = "用水"', "a text"),
        "group": ('要是列表, 如 group = ["township"]', "a list of texts"),
        "column": (
            "每栏写一段 [[column]], 里面 head 和 name 都是文字",
            "[[column]], texts in it",
        ),
        "filter": ('各项要是列表, 如 source = ["window"]', "lists of texts"),
    }
    return [Problem(key, "-", *wanted[key]) for key, fits in sound.items() if not fits]


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


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
    found += [
        Problem("title" if text == form.title else "column", writable_text(text), zh, en)
        for text in (form.title, *(head for head, _ in form.columns))
        if not is_writable(text)
        for zh, en in [
            ("有看不见的控制字符, 请重新写一遍", "control characters; write it anew")
        ]
    ]
    if len(set(form.group)) < len(form.group):
        found.append(Problem("group", "-", "同一项只写一次", "each group once"))
    return found + _columns(form)


def _columns(form: OwnForm) -> list[Problem]:
    groups = [name for name in form.group if name in MATTER_DIMENSIONS]
    allowed = {*groups, *FIGURES} if form.group else set(LIST_FIELDS)
    heads = [head for head, _ in form.columns]
    found = [
        Problem("column", head, "同名的栏只能有一个", "two columns have this head")
        for head in dict.fromkeys(heads)
        if heads.count(head) > 1
    ]
    judged = asked_columns(head for head, _ in form.columns)
    told = zip(judged["结论"].astype("str"), judged["说明"].astype("str"), strict=True)
    for (head, name), (verdict, why) in zip(form.columns, told, strict=True):
        if not head.strip():
            found.append(Problem("column", name, "每栏要有栏名", "each column needs a head"))
        if verdict == "不该要":
            found.append(Problem("column", head, str(why), "nobody should ask for this"))
        elif name not in allowed and name in MATTER_DIMENSIONS and form.group:
            zh, en = f"先把 {name} 写进 group", f"put {name} into group first"
            found.append(Problem("column", head, zh, en))
        elif name not in allowed:
            near = "、".join(get_close_matches(name, sorted(allowed), n=3, cutoff=0.4))
            zh = f"没有名为 {name} 的字段或数" + (f"; 是不是 {near}?" if near else "")
            en = f"there is no {name}" + (f"; did you mean {near}?" if near else "")
            found.append(Problem("column", head, zh, en))
    return found


def save_own_form(form: OwnForm, profile: str | Path, *, replace: bool = False) -> Path:
    """Write a table of one's own into the county's profile.

    Parameters
    ----------
    form : OwnForm
    profile : str or Path
        The folder `profile` of a workspace; the file is `own_forms/TITLE.toml` in it.
    replace : bool
        Whether a file that is there is replaced.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is such a file already, or the title gives no name.
    StoreError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> form = OwnForm("用水", (("类别", "demand_type"),), (), {"source": ("window",)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_own_form(save_own_form(form, folder)) == form
    True
    """
    path = Path(profile) / FOLDER / f"{stem_of(form)}.toml"
    refuse_to_replace(path, replace=replace)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreError(
            zh=f"不能新建文件夹 {FOLDER} ({why_os(fault)}); 请检查写权限和磁盘空间。",
            en=f"The folder {FOLDER} cannot be made (code {fault.errno}); check permissions and space.",
        ) from None
    return put(path, lambda draft: draft.write_text(_toml(form), encoding="utf-8"))


def stem_of(form: OwnForm) -> str:
    """Name the files of a table by its title.

    Raises
    ------
    DataError
        If the title has no letter or figure.

    Examples
    --------
    >>> stem_of(OwnForm("城关/河滨: 用水", ()))
    '城关-河滨-用水'
    """
    name = file_name(form.title)[:60]
    if name:
        return name
    raise DataError(
        zh="标题里要有字, 才能当文件名。", en="The title needs letters: it names the file."
    )


def refuse_to_replace(path: Path, *, replace: bool) -> None:
    """Leave a file alone that is there, unless it is to be replaced.

    Raises
    ------
    DataError
        If there is one and it is not.
    """
    if path.exists() and not replace:
        raise DataError(
            zh=f"{path.name} 已经有了, 没有改动; 请换个标题, 或勾选「换掉原来的」再试。",
            en=f"{path.name} is there already and was left as it is; choose another title, or to "
            "replace it.",
        )


def _toml(form: OwnForm) -> str:
    lines = [f"title = {_text(form.title)}", f"group = {_texts(form.group)}", ""]
    if form.filters:
        lines.append("[filter]")
        lines += [f"{name} = {_texts(codes)}" for name, codes in form.filters.items()]
        lines.append("")
    for head, name in form.columns:
        lines += ["[[column]]", f"head = {_text(head)}", f"name = {_text(name)}", ""]
    return "\n".join(lines)


def _texts(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    # a JSON text is one of TOML, but for DEL, which TOML wants escaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
