"""A page to print: title, paragraphs, tables and lines to write on, as a Word file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gridkit.exchange.escaping import writable_text
from gridkit.exchange.output import put

BODY, TITLE, LATIN = "仿宋", "黑体", "Times New Roman"
WIDE_CM = 16.0
SHADE = "E8EDF3"


def civil(day: dt.date) -> str:
    """Write a day as an office does.

    Examples
    --------
    >>> civil(dt.date(2026, 3, 9))
    '2026年3月9日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


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
        self._breaks = False
        section = self._document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin = section.bottom_margin = Cm(2.2)
        self._center: Any = WD_ALIGN_PARAGRAPH.CENTER
        self._number_pages(section.footer.paragraphs[0])
        self._put(title, size=20, font=TITLE).alignment = self._center
        if note:
            below = self._put(note, size=10)
            below.alignment = self._center
            below.paragraph_format.keep_with_next = True

    def heading(self, text: str) -> None:
        """Add a heading."""
        from docx.shared import Pt

        line = self._put(text, size=14, font=TITLE)
        line.paragraph_format.space_before = Pt(10)
        line.paragraph_format.keep_with_next = True

    def new_page(self) -> None:
        """Go on at the head of a page."""
        self._breaks = True

    def text(self, text: str, *, size: float = 11.5, keep: bool = False) -> None:
        """Add a paragraph; `keep` holds it on the page of what follows."""
        self._put(text, size=size).paragraph_format.keep_with_next = keep

    def items(self, texts: Iterable[str], mark: str = "□") -> None:
        """Add a list, each with a box to tick."""
        for text in texts:
            self._put(f"{mark} {text}")

    def lines(self, number: int) -> None:
        """Add empty lines to write on."""
        for _ in range(number):
            self._put("＿" * 39)

    def table(
        self,
        heads: Sequence[str],
        rows: Iterable[Sequence[str]],
        widths: Sequence[float],
        *,
        heights: Sequence[float] = (),
    ) -> None:
        """Add a table whose heads are on every page that it reaches, and whose rows stay whole.

        Parameters
        ----------
        heads : sequence of str
        rows : iterable of sequences of str
            A column of whole numbers is set to the right; one of numbers of matters (编号)
            is not, for some of them happen to be all digits.
        widths : sequence of float
            Shares of the page.
        heights : sequence of float, optional
            Of each row at the least, in cm; as high as its text where it is 0 or not given.
        """
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm, Pt

        body = [heads, *rows]
        right = {at for at, column in enumerate(zip(*body, strict=True)) if _counts(column)}
        made = self._document.add_table(rows=len(body), cols=len(heads))
        made.style = "Table Grid"
        made.autofit = False
        shares = [WIDE_CM * width / sum(widths) for width in widths]
        for column, share in zip(made.columns, shares, strict=True):
            column.width = Cm(share)
        for number, (line, texts) in enumerate(zip(made.rows, body, strict=True)):
            _whole(line, head=number == 0)
            if 0 < number <= len(heights) and heights[number - 1]:
                line.height = Cm(heights[number - 1])
            cells = enumerate(zip(line.cells, texts, shares, strict=True))
            for at, (cell, text, share) in cells:
                cell.width = Cm(share)
                inside = cell.paragraphs[0]
                inside.paragraph_format.space_before = Pt(2)
                inside.paragraph_format.space_after = Pt(2)
                inside.paragraph_format.keep_with_next = number == 0
                self._dress(
                    inside.add_run(writable_text(text)), TITLE if number == 0 else BODY, 10
                )
                if number == 0:
                    inside.alignment = self._center
                    _shade(cell)
                elif at in right:
                    inside.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._put("", size=6)

    def save(self, path: str | Path) -> Path:
        """Write the page; see `output.put`."""
        return put(path, lambda draft: self._document.save(str(draft)))

    def _put(self, text: str, *, size: float = 11.5, font: str = BODY) -> Any:
        from docx.shared import Pt

        line = self._document.add_paragraph()
        line.paragraph_format.space_after = Pt(6)
        line.paragraph_format.page_break_before, self._breaks = self._breaks, False
        self._dress(line.add_run(writable_text(text)), font, size)
        return line

    @staticmethod
    def _dress(run: Any, font: str, size: float) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Pt

        run.font.name, run.font.size = LATIN, Pt(size)
        run._element.rPr.rFonts.set(qn("w:eastAsia"), font)

    def _number_pages(self, line: Any) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        line.alignment = self._center
        for words, counted in (("第 ", "PAGE"), (" 页, 共 ", "NUMPAGES"), (" 页", "")):
            self._dress(line.add_run(words), BODY, 9)
            if counted:
                field = OxmlElement("w:fldSimple")
                field.set(qn("w:instr"), counted)
                line._element.append(field)


def _counts(column: Sequence[str]) -> bool:
    """Tell whether a column, its head first, holds whole numbers and nothing else."""
    head, *texts = column
    told = [text for text in texts if text]
    return head != "编号" and bool(told) and all(text.isdecimal() for text in told)


def _whole(line: Any, *, head: bool) -> None:
    """Keep a row on one page; a head is repeated on each."""
    from docx.oxml import OxmlElement

    set_out = line._tr.get_or_add_trPr()
    set_out.append(OxmlElement("w:cantSplit"))
    if head:
        set_out.append(OxmlElement("w:tblHeader"))


def _shade(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)
