"""A page to print: title, paragraphs, tables and lines to write on, as a Word file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gridkit.exchange.output import put

BODY, TITLE = "仿宋", "黑体"
WIDE_CM = 16.0


class Page:
    """A Word page in the making, A4, with page numbers; the county may edit what comes out.

    Parameters
    ----------
    title : str
    note : str
        A line below the title.
    """

    def __init__(self, title: str, note: str = "") -> None:
        from docx import Document
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm

        self._document = Document()
        section = self._document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin = section.bottom_margin = Cm(2.2)
        self._center: Any = WD_ALIGN_PARAGRAPH.CENTER
        self._number_pages(section.footer.paragraphs[0])
        self._put(title, size=20, font=TITLE).alignment = self._center
        if note:
            self._put(note, size=10).alignment = self._center

    def heading(self, text: str) -> None:
        """Add a heading."""
        from docx.shared import Pt

        line = self._put(text, size=14, font=TITLE)
        line.paragraph_format.space_before = Pt(10)
        line.paragraph_format.keep_with_next = True

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self._put(text)

    def items(self, texts: Iterable[str], mark: str = "□") -> None:
        """Add a list, each with a box to tick."""
        for text in texts:
            self._put(f"{mark} {text}")

    def lines(self, number: int) -> None:
        """Add empty lines to write on."""
        for _ in range(number):
            self._put("＿" * 33)

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]
    ) -> None:
        """Add a table; widths are shares of the page."""
        from docx.shared import Cm, Pt

        body = [heads, *rows]
        made = self._document.add_table(rows=len(body), cols=len(heads))
        made.style = "Table Grid"
        made.autofit = False
        shares = [WIDE_CM * width / sum(widths) for width in widths]
        for column, share in zip(made.columns, shares, strict=True):
            column.width = Cm(share)
        for number, (line, texts) in enumerate(zip(made.rows, body, strict=True)):
            for cell, text, share in zip(line.cells, texts, shares, strict=True):
                cell.width = Cm(share)
                inside = cell.paragraphs[0].paragraph_format
                inside.space_before = inside.space_after = Pt(3)
                run = cell.paragraphs[0].add_run(text)
                self._dress(run, TITLE if number == 0 else BODY, 10)
        self._put("", size=6)

    def save(self, path: str | Path) -> Path:
        """Write the page; see `output.put`."""
        return put(path, lambda draft: self._document.save(str(draft)))

    def _put(self, text: str, *, size: float = 11.5, font: str = BODY) -> Any:
        line = self._document.add_paragraph()
        self._dress(line.add_run(text), font, size)
        return line

    @staticmethod
    def _dress(run: Any, font: str, size: float) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Pt

        run.font.name, run.font.size = font, Pt(size)
        run._element.rPr.rFonts.set(qn("w:eastAsia"), font)

    def _number_pages(self, line: Any) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        line.alignment = self._center
        line.add_run("第 ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        line._element.append(field)
        line.add_run(" 页")
