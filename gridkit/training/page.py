"""A page that an exercise leaves behind: HTML that fetches nothing and prints on A4."""

from __future__ import annotations

from pathlib import Path

from gridkit.errors import StoreError, why_os
from gridkit.records.spared import need_other
from gridkit.screen.look import Markup, join, tag

STYLE = """
:root{color-scheme:light}body{margin:0 auto;max-width:1320px;padding:16px 20px;
font:15px/1.55 "Noto Sans CJK SC","WenQuanYi Micro Hei","Microsoft YaHei","PingFang SC",sans-serif;
color:#1d1d24;background:#fff}h1{font-size:22px;margin:0}h2{font-size:17px;margin:22px 0 6px}
h3{font-size:15px;margin:14px 0 4px}
.en{color:#5b5b66;font-size:13px}.two{display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start}
.two>div{flex:1 1 420px;min-width:0}svg{width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:5px 8px;
text-align:left;vertical-align:top}th{background:#f4f5f7;font-weight:600}
.first tbody tr:first-child td{font-weight:600;background:#eef4fb}
.mark{background:#fff4d6;border:1px solid #e2c66b;padding:2px 10px;border-radius:4px;
display:inline-block;margin:6px 0}.key span{margin-right:14px;white-space:nowrap}
.key svg{display:inline;width:14px;height:14px;vertical-align:-2px;margin-right:3px}
.dot{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:4px}
.wide{overflow-x:auto}.many{columns:3 260px;padding-left:20px}.many li{break-inside:avoid}
@page{size:A4 landscape;margin:10mm}
@media print{body{font-size:10.5px;line-height:1.4;padding:0;max-width:none}h1{font-size:16px}
h2{font-size:12.5px;margin:8px 0 3px}td,th{padding:2px 5px}p{margin:3px 0}.en{font-size:10px}
.two{flex-wrap:nowrap}.two>div{flex:1 1 0}.two svg{max-height:92mm}tr{break-inside:avoid}
.wide{overflow:visible}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def whole_page(title: str, *parts: str, css: str = STYLE) -> str:
    """Write a page: no script, no link; whatever is not markup is escaped.

    Examples
    --------
    >>> "&lt;b&gt;" in whole_page("复盘 <b>")
    True
    """
    head = Markup(
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
    )
    body = join(head, tag("title", title), Markup(f"<style>{css}</style></head><body>"))
    return str(join(body, *parts, Markup("</body></html>")))


def invented() -> Markup:
    """Say that all of it is made up."""
    return tag("div", "虚构的县: 人、地、事都是编的 · an invented county", cls="mark")


def save_page(page: str, path: str | Path) -> Path:
    """Write a page to a file.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    need_other(path)
    try:
        Path(path).write_text(page, encoding="utf-8")
    except OSError as fault:
        raise StoreError(
            en=f"{Path(path).name} was not written: {fault.strerror}.",
            zh=f"{Path(path).name} 未能写入 ({why_os(fault)})。",
        ) from fault
    return Path(path)


def framed(page: str, *, height_px: int = 860) -> Markup:
    """Show a page inside a notebook, in a frame that can run nothing."""
    css = f"width:100%;height:{height_px}px;border:1px solid #d8d8de;background:#fff"
    return tag("iframe", srcdoc=page, sandbox="", style=css, title="复盘与对照 · page")
