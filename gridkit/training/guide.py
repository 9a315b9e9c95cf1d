"""The trainer's guide: `guide.md` as a page that prints on two sheets of A4."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from markdown_it import MarkdownIt

from gridkit.screen.look import Markup, html, join, tag
from gridkit.training.page import framed, save_page, whole_page

_SHEET = """
body{max-width:720px;margin:0 auto;padding:16px;font:15px/1.6 "Noto Sans CJK SC",
"WenQuanYi Micro Hei","Microsoft YaHei","PingFang SC",sans-serif;color:#1d1d24;background:#fff}
h1{font-size:22px;margin:0 0 8px}h2{font-size:17px;margin:18px 0 6px}table{border-collapse:
collapse;width:100%}td,th{border:1px solid #c8c8d0;padding:4px 8px;text-align:left;
vertical-align:top}td:first-child{white-space:nowrap}th{background:#f4f5f7}li{margin:2px 0}
code{background:#f4f5f7;padding:0 3px}@page{size:A4 portrait;margin:18mm}
@media print{body{max-width:none;padding:0;font-size:12pt;line-height:1.55}
h2:nth-of-type(3){break-before:page}tr,li{break-inside:avoid}}
"""


def guide_page() -> str:
    """Write the guide as one HTML page: fetches nothing, prints on two sheets.

    Examples
    --------
    >>> "九十分钟" in guide_page()
    True
    """
    text = files("gridkit.training").joinpath("guide.md").read_text(encoding="utf-8")
    body = Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    return whole_page("培训员手册", body, css=_SHEET)


def show_guide(folder: str | Path = ".") -> object:
    """Show the guide in a notebook, and write it to 培训员手册.html to be printed.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    ipywidgets.HTML

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    path = save_page(guide_page(), Path(folder) / "培训员手册.html")
    note = tag("p", f"已存为 {path.name}: 用浏览器打开, 打印出来是两页 A4。")
    return html(join(note, framed(guide_page(), height_px=520)))
