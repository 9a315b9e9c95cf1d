"""Word templates that a county edits: read before they are filled, so that none does harm.

A template is a file that somebody sent. It may name the fields of its report, ask whether
one is there, and go through a list: nothing else. What it names wrongly is told with the
place where it stands, and the name that was likely meant.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import as_file, files
from pathlib import Path
from re import sub
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from gridkit.errors import DataError, Problem
from gridkit.exchange.output import put
from gridkit.reports.office_zip import MOST_BYTES, unpacked_bytes
from gridkit.reports.outward import outward

FILTERS = ("length", "count", "default", "first", "last", "join", "upper", "trim", "int")
_LOOP = {
    "index": "从 1 数起",
    "first": "是不是头一个",
    "last": "是不是末一个",
    "length": "几个",
}
_PLAIN = (
    nodes.Output,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
    nodes.TemplateData,
    nodes.Template,
)
Shape = str | Mapping[str, Any] | Sequence[Any]
"""What a name stands for: a text (what it means, in words), a record of named shapes, or a
list, given by the shape of one of its members."""


def open_template(name: str, own: str | Path | None) -> Any:
    """Open a template: the county's own, else the packaged one.

    Parameters
    ----------
    name : str
        Of the packaged one.
    own : str or Path, optional

    Returns
    -------
    DocxTemplate

    Raises
    ------
    DataError
        If the county's own is no DOCX, is too large, or reaches out of the file.
    """
    from docx.opc.exceptions import OpcError
    from docxtpl import DocxTemplate

    if own is None:
        with as_file(files("gridkit.reports") / "templates" / name) as packaged:
            page = DocxTemplate(str(packaged))
            page.init_docx()
            return page
    check_size(own)
    if found := outward(own):
        raise DataError(**_refused(found))
    try:
        page = DocxTemplate(str(own))
        page.init_docx()
    except (OSError, OpcError, ValueError, KeyError, SyntaxError, zipfile.BadZipFile):
        raise DataError(**_unreadable(own)) from None
    return page


def keep(path: str | Path, *, replace: bool) -> None:
    """Refuse to write over a template that the county has edited.

    Raises
    ------
    DataError
        If there is a file and it is not to be replaced.
    """
    if Path(path).exists() and not replace:
        raise DataError(
            zh=f"{Path(path).name} 已经有了, 没有改动; 要换成自带的, 请加 --force。",
            en=f"{Path(path).name} is there already and was left as it is; --force replaces it.",
        )


def need_apart(template: str | Path | None, path: str | Path) -> None:
    """Refuse to write a report over the template that it is made from.

    Raises
    ------
    DataError
        If both are one file.
    """
    if template and Path(path).resolve() == Path(template).resolve():
        raise DataError(
            zh=f"{Path(path).name} 就是模板本身, 会被换掉, 没有写入; 请换一个文件名。",
            en=f"{Path(path).name} is the template itself and was not replaced; name another.",
        )


def own_template(folder: str | Path) -> Path | None:
    """Find the county's own template of the half-month report in its workspace.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     own_template(folder) is None
    True
    """
    own = Path(folder) / "templates" / "half_month.docx"
    return own if own.is_file() else None


def take_out(
    path: str | Path, *, replace: bool = False, packaged: str = "half_month.docx"
) -> Path:
    """Write a packaged template, to be edited: that of the half-month report by default.

    Parameters
    ----------
    path : str or Path
        A .docx file; in a workspace, `templates/half_month.docx` is the one that is used.
    replace : bool
        Whether a file that is there is replaced.
    packaged : str
        Which one: ``half_month.docx``, or ``own_form.toml``, a table of one's own.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If there is a file already.
    StoreError
        If it cannot be written.
    """
    keep(path, replace=replace)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    whole = (files("gridkit.reports") / "templates" / packaged).read_bytes()
    return put(path, lambda draft: draft.write_bytes(whole))


def check_size(path: str | Path) -> None:
    """Refuse an Office file that is none, or that unpacks to more than `MOST_BYTES`.

    Raises
    ------
    DataError
        If it is so.
    """
    size = unpacked_bytes(path)
    if size is None:
        raise DataError(**_unreadable(path))
    if size > MOST_BYTES:
        raise DataError(
            zh=f"模板 {Path(path).name} 展开后有 {size // 1_000_000} MB, 超过 50 MB; 请删去大图再用。",
            en=f"The template {Path(path).name} unpacks to {size // 1_000_000} MB, above 50 MB; "
            "take large pictures out of it.",
        )


def _unreadable(path: str | Path) -> dict[str, Any]:
    name = Path(path).name
    return {
        "zh": f"模板 {name} 不是能打开的 Word (.docx) 或 Excel (.xlsx) 文件; 请用 Word 或 WPS 另存一次。",
        "en": f"The template {name} is no Word (.docx) or Excel (.xlsx) file that can be opened; "
        "save it again from Word or WPS.",
    }


def fill(page: Any, context: Mapping[str, Any], shape: Mapping[str, Shape]) -> None:
    """Fill a template in.

    Parameters
    ----------
    page : DocxTemplate
        From `open_template`.
    context : mapping of str to value
    shape : mapping of str to Shape
        What the template may name.

    Raises
    ------
    DataError
        If it names what is not there, is written wrongly, or asks for more than names, lists
        and conditions; `problems` says where.
    """
    try:
        page.render(dict(context), CarefulEnvironment(shape), autoescape=True)
    except TemplateError as fault:
        raise DataError(**_refused([_syntax("", fault)])) from None


class CarefulEnvironment(SandboxedEnvironment):
    """Jinja without calls, imports, definitions or arithmetic, for templates of any origin.

    Parameters
    ----------
    shape : mapping of str to Shape
        What a template may name.
    """

    def __init__(self, shape: Mapping[str, Shape]) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self._shape = shape

    def from_string(self, source: str | nodes.Template, *rest: Any, **more: Any) -> Template:
        """Read a template, and refuse it whole where something in it is wrong.

        Raises
        ------
        DataError
            With all that is wrong in `problems`.
        """
        text = str(source)
        try:
            tree = self.parse(text)
        except TemplateSyntaxError as fault:
            raise DataError(**_refused([_syntax(_place(text, fault.lineno), fault)])) from None
        reader = _Reader(text)
        reader.read(tree, dict(self._shape), ())
        if reader.found:
            raise DataError(**_refused(reader.found))
        return super().from_string(source, *rest, **more)


def _refused(found: list[Problem]) -> dict[str, Any]:
    return {
        "zh": f"模板有 {len(found)} 处要改, 没有出报表; 可用 gridkit template 看能写哪些字段。",
        "en": f"The template has {len(found)} fault(s), so no report; `gridkit template` lists the "
        "fields there are.",
        "problems": list(dict.fromkeys(found)),
    }


def _syntax(where: str, fault: TemplateError) -> Problem:
    return Problem(
        where or "模板",
        "{{ }} {% %}",
        "标记没有写对: 括号要成对, for 要有 endfor, if 要有 endif",
        f"not well formed: {str(fault.message)[:80]}",
    )


def _place(source: str, line: int) -> str:
    """Quote the paragraph that a line of the source is in, without its markup."""
    lines = source.splitlines() or [""]
    said = sub(r"<[^>]+>", "", lines[min(line, len(lines)) - 1]).strip()
    return f"“{said[:40]}”"


class _Reader:
    """Goes through a template and notes what it may not say."""

    def __init__(self, source: str) -> None:
        self.found: list[Problem] = []
        self._source = source

    def read(self, node: nodes.Node, names: dict[str, Any], loops: tuple[str, ...]) -> None:
        if isinstance(node, nodes.For):
            self._loop(node, names, loops)
        elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            self._shape(node, names)
        elif (isinstance(node, nodes.Filter) and node.name in FILTERS) or isinstance(
            node, _PLAIN
        ):
            self._each(node.iter_child_nodes(), names, loops)
        else:
            what = type(node).__name__
            self._fault(node, what, "模板里只能写字段、for 和 if", "only fields, for and if")

    def _each(
        self, some: Iterator[nodes.Node], names: dict[str, Any], loops: tuple[str, ...]
    ) -> None:
        for one in some:
            self.read(one, names, loops)

    def _loop(self, node: nodes.For, names: dict[str, Any], loops: tuple[str, ...]) -> None:
        rows = self._shape(node.iter, names)
        root = next(iter(node.iter.find_all(nodes.Name)), node.iter)
        own = node.iter if isinstance(node.iter, nodes.Name) else root
        if loops and getattr(own, "name", "") not in loops:
            self._fault(node, "for", "循环里不能再走整张表", "a loop in a loop over all rows")
        if isinstance(rows, str | Mapping):
            self._fault(node, "for", "这一项不是表, 不能循环", "not a list to go through")
            rows = None
        if not isinstance(node.target, nodes.Name):
            self._fault(node, "for", "for 后面只写一个名字", "one name after for")
            return
        inside = {**names, node.target.name: rows[0] if rows else None, "loop": _LOOP}
        self._each(iter([*node.body, *node.else_]), inside, (*loops, node.target.name))
        if node.test is not None:
            self.read(node.test, inside, loops)

    def _shape(self, node: nodes.Node, names: Mapping[str, Any]) -> Any:
        """Find what a name stands for; None where that is not known or was noted already."""
        if isinstance(node, nodes.Name):
            return self._part(node, node.name, names)
        if isinstance(node, nodes.Getattr):
            whole = self._shape(node.node, names)
            return None if whole is None else self._part(node, node.attr, whole)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            whole = self._shape(node.node, names)
            if isinstance(whole, Mapping) or whole is None:
                return None if whole is None else self._part(node, str(node.arg.value), whole)
            if isinstance(node.arg.value, int) and not isinstance(whole, str):
                return whole[0]
        self._fault(node, "[ ]", "模板里只能写字段、for 和 if", "only fields, for and if")
        return None

    def _part(self, node: nodes.Node, name: str, whole: Any) -> Any:
        if isinstance(whole, Mapping) and name in whole:
            return whole[name]
        known = list(whole) if isinstance(whole, Mapping) else []
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        like = f"; 是不是 {'、'.join(near)}?" if near else ""
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        self._fault(node, name, f"没有这个字段{like}", f"no such field{meant}")
        return None

    def _fault(self, node: nodes.Node, name: str, zh: str, en: str) -> None:
        self.found.append(Problem(_place(self._source, node.lineno), name, zh, en))
