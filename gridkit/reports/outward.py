"""What in an Office template reaches out of the file: found before it is filled or printed.

Whoever opens the report, or prints it through LibreOffice, would fetch a linked picture, run
a DDE field or call a web service. A template is a file that somebody sent, so it is refused.
Links that a person clicks are left in Word; in a sheet a formula could put figures into them.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from gridkit.errors import Problem

FIELDS = frozenset(
    {
        "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "DATE", "TIME", "CREATEDATE",
        "SAVEDATE", "PRINTDATE", "TITLE", "SUBJECT", "AUTHOR", "FILENAME", "STYLEREF",
        "REF", "PAGEREF", "NOTEREF", "SEQ", "TOC", "TC", "XE", "INDEX", "HYPERLINK",
        "EQ", "SYMBOL", "NUMWORDS", "LISTNUM", "FORMTEXT", "FORMCHECKBOX",
        "FORMDROPDOWN"
    }
)  # fmt: skip
"""The fields of Word that a template may hold: none of them reads another file."""
_RUNS = (
    ("vbaproject", "有宏, 请另存为不带宏的文件", "macros"),
    ("activex/", "有 ActiveX 控件, 请删去", "ActiveX controls"),
    ("embeddings/", "嵌入了别的文件, 请删去", "embedded files"),
    ("xl/connections.xml", "连接了外部数据, 请断开", "connections to outside data"),
)
_FORMULAS = {"f", "formula", "formula1", "formula2", "definedName"}
_REACHES = re.compile(
    r"WEBSERVICE|HYPERLINK\s*\(|RTD\s*\(|DDE\s*\(|\bCALL\s*\(|IMAGE\s*\(|SQL\.REQUEST|REGISTER"
    r"|CUBE\w+\s*\(|://|\\\\|\|\s*'|\|[^\s!|]*!|\[[^\]]+\]\S*!",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?(?://|\\\\)|\s*file:", re.IGNORECASE)

_OWN_DISK = re.compile(r"file:///[A-Za-z]:", re.IGNORECASE)  # Word notes its own Normal.dotm


def outward(path: str | Path) -> list[Problem]:
    """List what in a template reaches out of the file, or runs.

    Parameters
    ----------
    path : str or Path
        A ZIP as Word or Excel write it, of a size that was checked.

    Returns
    -------
    list of Problem
        The part it is in, and what to do; empty where there is nothing.
    """
    found: dict[Problem, None] = {}
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            found |= dict.fromkeys(_running(name))
            if name.lower().endswith((".xml", ".rels", ".vml")):
                found |= dict.fromkeys(_in_part(name, _tree(parts, name)))
    return list(found)


def _tree(parts: zipfile.ZipFile, name: str) -> ET.Element | None:
    """Read a part; None where it is locked, broken, or has a DTD, as no Office program writes."""
    try:
        data = parts.read(name)
        return None if b"<!DOCTYPE" in data else ET.fromstring(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ET.ParseError, ValueError):
        return None


def _running(name: str) -> Iterator[Problem]:
    for sign, zh, en in _RUNS:
        if sign in name.lower():
            yield Problem("模板", name, zh, en)


def _in_part(name: str, root: ET.Element | None) -> Iterator[Problem]:
    if root is None:
        yield Problem("模板", name, "这一部分读不懂, 请另存一次", "a part that cannot be read")
    elif name.endswith(".rels"):
        yield from _links(name, root)
    else:
        yield from _addresses(name, root)
        yield from _formulas(name, root)
        yield from _fields(name, root)


def _links(name: str, root: ET.Element) -> Iterator[Problem]:
    for link in root:
        kind = link.get("Type", "").rpartition("/")[2]
        target = link.get("Target", "")
        outside = link.get("TargetMode") == "External" or _ADDRESS.match(target)
        if kind == "hyperlink" or (kind == "attachedTemplate" and _OWN_DISK.match(target)):
            continue
        if outside or kind in {"aFChunk", "subDocument"}:
            yield Problem(
                "模板",
                f"{name}: {kind}",
                "引用了文件之外的内容 (图片、模板、文档), 请改为嵌入或删去",
                "refers to a picture, template or document outside; embed it or take it out",
            )


def _addresses(name: str, root: ET.Element) -> Iterator[Problem]:
    """Find pictures that are named by an address, as VML can."""
    for part in root.iter():
        for key, value in part.attrib.items():
            if _local(key) == "src" and _ADDRESS.match(value):
                yield Problem(
                    "模板",
                    f"{name}: src",
                    "图片在文件之外, 请改为嵌入",
                    "a picture outside the file; embed it",
                )


def _formulas(name: str, root: ET.Element) -> Iterator[Problem]:
    """Find the formulas of cells, names, conditional formats and drop-down lists."""
    at = ""
    for part in root.iter() if name.startswith("xl/") else ():
        at = part.get("sqref") or (part.get("r") if _local(part.tag) == "c" else "") or at
        if _local(part.tag) in _FORMULAS and _REACHES.search(part.text or ""):
            where = f"{name.rpartition('/')[2].removesuffix('.xml')}!{at}".rstrip("!")
            zh, en = (
                "公式要到表外取数, 请删去",
                "a formula reaches out of the file; take it out",
            )
            yield Problem(where, part.get("name") or "公式", zh, en)


def _fields(name: str, root: ET.Element) -> Iterator[Problem]:
    """Find the fields of Word by their first word; one that is put together is none of ours."""
    for code in _codes(root):
        kind = (code.split() or ["?"])[0].upper()
        if kind not in FIELDS and not kind.startswith("="):
            yield Problem(
                name,
                f"域 {kind[:20]}",
                "模板里不能有这种域 (会读别的文件或运行程序), 请删去",
                "a field that may read other files or run something; take it out",
            )


def _codes(root: ET.Element) -> Iterator[str]:
    """Give the code of each field: all that stands between its begin and its result."""
    fields: list[_Field] = []  # those that have begun, each within the one before
    for part in root.iter():
        tag = _local(part.tag)
        if tag == "fldSimple":
            yield _own(part, "instr")
        elif tag == "instrText" and fields:
            fields[-1].code += part.text or ""
        elif tag == "fldChar" and _own(part, "fldCharType") == "begin":
            if fields and not fields[-1].shown:
                fields[-1].code += "?"  # what a field within gives is part of the code
            fields.append(_Field())
        elif tag == "fldChar" and fields:
            fields[-1].shown = True
            if _own(part, "fldCharType") == "end":
                yield fields.pop().code


@dataclass
class _Field:
    """A field that has begun: its code so far, and whether its result is reached."""

    code: str = ""
    shown: bool = False


def _own(part: ET.Element, name: str) -> str:
    return next((value for key, value in part.attrib.items() if _local(key) == name), "")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
