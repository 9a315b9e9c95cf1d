"""How every screen looks, and the one place where words become HTML.

Free text reaches the page only through `tag`, which escapes everything that `tag` itself
did not make. No module of forms or reports' screens writes a `<`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as W  # noqa: N812 (a screenful of widgets reads better so)

if TYPE_CHECKING:

    class Column:
        """What we use of `ipywidgets.VBox`, which carries no types."""

        children: tuple[Any, ...]
        layout: Any

        def __init__(self, children: Iterable[Any] = ()) -> None: ...
        def add_class(self, name: str) -> None:
            """Add a CSS class."""

        def remove_class(self, name: str) -> None:
            """Take a CSS class away."""

else:
    Column = W.VBox


class Words(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str

    def of(self, lang: str) -> str:
        """Give the words of one language, `zh` or `en`.

        Examples
        --------
        >>> Words("网格", "Grid").of("en")
        'Grid'
        """
        return self.en if lang == "en" else self.zh

    def both(self, lang: str) -> Markup:
        """Give the words of one language, the other smaller behind them.

        Examples
        --------
        >>> print(Words("网格", "Grid").both("zh"))
        <span lang="zh">网格</span> <span class="gk-other" lang="en">Grid</span>
        """
        main, other = ("en", "zh") if lang == "en" else ("zh", "en")
        second = tag("span", self.of(other), cls="gk-other", lang=other)
        return join(tag("span", self.of(main), lang=main), " ", second)


class Markup(str):
    """Text that is HTML already: made by `tag` and `join`, nowhere else."""

    __slots__ = ()


def tag(name: str, *content: str, **attributes: str) -> Markup:
    """Write one HTML element; whatever is not `Markup` is escaped.

    Parameters
    ----------
    name : str
        The element's name, from our own code.
    *content : str
        What it holds: text (escaped) or markup (kept).
    **attributes : str
        Attributes; `cls` is written as `class`, values are escaped.

    Returns
    -------
    Markup
        The element.

    Examples
    --------
    >>> print(tag("p", "3 < 5 ", tag("b", "<script>"), cls="gk-note"))
    <p class="gk-note">3 &lt; 5 <b>&lt;script&gt;</b></p>
    """
    named = {"class" if k == "cls" else k.rstrip("_"): v for k, v in attributes.items()}
    inside = "".join(f' {k}="{escape(v)}"' for k, v in named.items())
    return Markup(f"<{name}{inside}>{join(*content)}</{name}>")


def join(*content: str) -> Markup:
    """Set text (escaped) and markup (kept) one after another."""
    return Markup("".join(c if isinstance(c, Markup) else escape(c) for c in content))


def html(content: str = "", *, css: str = "") -> W.HTML:
    """Make a widget that shows markup; plain text is escaped first."""
    widget = W.HTML(join(content))
    widget.add_class("gk-html")
    for name in css.split():
        widget.add_class(name)
    return widget


def heading(words: Words, lang: str, *, invented: bool) -> Markup:
    """Write the title of a screen; an invented county says so beside it."""
    if not invented:
        return tag("h2", words.both(lang))
    mark = Words("虚构数据, 仅供演练", "Invented data, for training only").of(lang)
    return tag("h2", words.both(lang), " ", tag("span", mark, cls="gk-invented"))


def dress(widget: Any) -> Any:
    """Give an input its label above it, as markup made by `tag`."""
    widget.description_allow_html = True
    widget.style.description_width = "auto"
    widget.add_class("gk-input")
    return widget


def fill_list(widget: Any, options: Sequence[tuple[str, str]], index: int = 0) -> None:
    """Give a list its options, and choose one by its place.

    ipywidgets alone leaves a list that was made without options blank.
    """
    with widget.hold_sync():
        widget.options = tuple(options)
        widget.index = index


def chip(text: str, color: str) -> Markup:
    """Write a word on a colored ground, dark or light as the ground demands."""
    return tag("span", text, cls="gk-chip", style=f"background:{color};color:{ink_on(color)}")


def ink_on(color: str) -> str:
    """Choose black or white, whichever stands out more on `color` (`#rrggbb`).

    References
    ----------
    WCAG 2.2, relative luminance. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance

    Examples
    --------
    >>> ink_on("#ffff00"), ink_on("#b2182b")
    ('#111111', '#ffffff')
    """
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#111111" if luminance > 0.179 else "#ffffff"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]], *, css: str = "") -> Markup:
    """Write a table; cells are text (escaped) or markup (kept)."""
    top = tag("tr", *(tag("th", cell, scope="col") for cell in head))
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    return tag("table", tag("thead", top), tag("tbody", *body), cls=f"gk-table {css}".strip())


def style(more: str = "") -> W.HTML:
    """Make the style sheet as a widget; each form and board carries it.

    Parameters
    ----------
    more : str
        Rules of one screen, from our own code.
    """
    widget = W.HTML(Markup(f"<style>{_CSS}{more}</style>"))
    widget.layout.display = "none"
    return widget


_CSS = """
.gk { max-width: 900px; font-family: var(--jp-ui-font-family, system-ui), "WenQuanYi Micro Hei",
  "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; line-height: 1.5;
  color: var(--jp-ui-font-color1, #1f2328); overflow: visible; }
.gk-wide { max-width: 1120px; }
.gk .widget-box, .gk.widget-box { overflow: visible; }
.gk .widget-html, .gk .widget-html-content { height: auto; line-height: 1.5;
  font-size: 14px; overflow: visible; }
.gk .widget-html-content { width: 100%; }
.gk-html.widget-html { width: auto; margin: 0; }
.gk h2, .gk h3, .gk h4 { margin: 0; font-weight: 700; line-height: 1.35; }
.gk h3 { margin: 14px 0 4px; } .gk .gk-row h3 { margin: 0; }
.gk h2 { font-size: 20px; } .gk h3 { font-size: 16px; } .gk h4 { font-size: 14px; }
.gk-other { color: var(--jp-ui-font-color2, #5b6470); font-weight: 400; font-size: 12px; }
.gk-card { border: 1px solid var(--jp-border-color2, #d5dae0); border-radius: 8px;
  padding: 12px 16px 14px; margin: 8px 0 0; background: var(--jp-layout-color1, #fff); }
.gk .gk-sub.widget-html { margin: 14px 0 4px; padding-bottom: 2px;
  border-bottom: 1px solid var(--jp-border-color2, #e3e7eb); }
.gk .gk-grid.widget-box { display: grid; gap: 4px 20px; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(260px, 100%), 1fr)); }
.gk-wide .gk-grid.widget-box { grid-template-columns:
  repeat(auto-fill, minmax(min(185px, 100%), 1fr)); }
.gk p { margin: 6px 0; } .gk h3 + strong { font-size: 16px; }
.gk .gk-whole { grid-column: 1 / -1; }
.gk .gk-field.widget-box { margin: 0; padding: 3px 0 3px 9px; border-left: 3px solid transparent;
  min-width: 0; }
.gk .gk-field.gk-bad { border-left-color: #b3261e; }
.gk .gk-input.jupyter-widgets { display: flex; flex-direction: column; align-items: stretch;
  height: auto; width: 100%; margin: 0; }
.gk .gk-input > .widget-label { width: auto !important; max-width: none; height: auto;
  line-height: 1.4; text-align: left; font-size: 14px; font-weight: 700; margin: 0 0 3px;
  padding: 0; overflow: visible; white-space: normal; color: inherit; }
.gk .gk-input > input, .gk .gk-input > select, .gk .gk-input > textarea {
  flex: none; width: 100%; height: 34px; font-size: 15px; padding: 4px 8px; border-radius: 5px;
  border: 1px solid var(--jp-border-color1, #aeb6bf); box-sizing: border-box;
  font-family: inherit; }
.gk .gk-input > textarea { height: 58px; resize: vertical; line-height: 1.45; }
.gk input:focus-visible, .gk select:focus-visible, .gk textarea:focus-visible,
.gk button:focus-visible { outline: 3px solid #1a6fb5; outline-offset: 1px; }
.gk .gk-bad .gk-input > input, .gk .gk-bad .gk-input > select,
.gk .gk-bad .gk-input > textarea { border-color: #b3261e; }
.gk-req { color: #b3261e; } .gk-unit { color: var(--jp-ui-font-color2, #5b6470); font-weight: 400; }
.gk-help { display: block; color: var(--jp-ui-font-color2, #5b6470); font-size: 12.5px;
  font-weight: 400; }
.gk-echo { color: #155d8b; font-size: 13px; }
.gk-fault { color: #a3201a; font-size: 13.5px; font-weight: 600; }
.gk-hint { color: #7a4b00; font-size: 13px; }
.gk .gk-many.widget-box { display: flex; flex-flow: row wrap; gap: 2px 16px; }
.gk .gk-many .widget-checkbox { width: auto; height: 28px; margin: 0; padding: 0; }
.gk .gk-many .widget-checkbox label { font-size: 14px; width: auto; display: flex;
  align-items: center; line-height: 1.3; }
.gk .gk-many input[type=checkbox] { width: 17px; height: 17px; margin: 0 6px 0 0;
  position: static; }
.gk .gk-legend { font-weight: 700; }
.gk .gk-many input[type=checkbox]:focus-visible { outline: 3px solid #1a6fb5; outline-offset: 1px; }
.gk .gk-row.widget-box { display: flex; flex-flow: row wrap; align-items: center; gap: 6px 10px; }
.gk button.jupyter-button { height: auto; min-height: 34px; width: auto; margin: 0;
  padding: 4px 14px; font-size: 14px; border-radius: 5px; line-height: 1.4; overflow: visible;
  border: 1px solid var(--jp-border-color1, #aeb6bf); }
.gk button.gk-save { background: #14507e; color: #fff; border-color: #14507e; font-size: 16px;
  font-weight: 600; padding: 7px 30px; }
.gk button.gk-save:disabled { opacity: .55; }
.gk button.gk-quiet { background: transparent; }
.gk .gk-field button.jupyter-button { font-size: 13px; min-height: 28px; padding: 2px 10px;
  margin: 4px 0 0; white-space: normal; text-align: left; align-self: flex-start; }
.gk .gk-field button.gk-again { order: 1; }
.gk button.gk-danger { color: #a3201a; border-color: #a3201a; background: transparent; }
.gk .gk-foot.widget-box { margin: 14px 0 8px; } .gk .gk-head.widget-box { gap: 4px 14px; }
.gk .gk-place > .gk-message { min-height: 20px; }
.gk .gk-place.widget-box { padding: 6px 12px 0; gap: 4px; } .gk-advice { margin-bottom: 6px; }
.gk-invented { vertical-align: 3px; } .gk .gk-eyed.widget-box { position: relative; }
.gk .gk-eye { position: absolute; inset: 0; margin: 0; z-index: -1; pointer-events: none; }
.gk-chip { display: inline-block; border-radius: 4px; padding: 0 9px; font-weight: 600;
  white-space: nowrap; }
.gk-score { font-size: 28px; font-weight: 700; line-height: 1.1; margin-right: 8px; }
.gk-told { border-left: 4px solid #1d7a3e; padding: 6px 12px; background: #eef8f1; color: #12351f;
  border-radius: 0 5px 5px 0; }
.gk-refused { border-left: 4px solid #b3261e; padding: 6px 12px; background: #fdf1f0;
  color: #4a120e; border-radius: 0 5px 5px 0; }
.gk-invented { display: inline-block; background: #fff2cc; color: #5a4300; padding: 2px 10px;
  border-radius: 4px; font-size: 13px; font-weight: 600; }
.gk-table { border-collapse: collapse; width: 100%; font-size: 13.5px; margin: 4px 0; }
.gk-table th { text-align: left; font-weight: 700;
  white-space: nowrap !important; background: var(--jp-layout-color2, #f1f3f5); }
.gk-table th, .gk-table td { padding: 4px 9px; border-bottom: 1px solid
  var(--jp-border-color2, #dde1e6); vertical-align: top; white-space: normal; text-align: left; }
.gk-map-table { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 340px);
  gap: 0 10px; width: 100%; margin-top: 6px; }
.gk-map-table iframe { width: 100%; border: 1px solid var(--jp-border-color2, #d5dae0);
  border-radius: 6px; box-sizing: border-box; }
.gk-map-rows { overflow-y: auto; } .gk .gk-map-rows h4 { margin: 0 0 4px; }
.gk-map-rows button { display: block; width: 100%; padding: 6px 8px; border: 0; text-align: left;
  border-bottom: 1px solid var(--jp-border-color2, #dde1e6); background: none; color: inherit;
  font: inherit; font-size: 13px; line-height: 1.45; cursor: pointer; }
.gk-map-rows button:hover { background: var(--jp-layout-color2, #f1f3f5); }
.gk-map-rows button[aria-pressed=true] { background: #e2eff1; box-shadow: inset 4px 0 0 #1f5a6e;
  color: #12232a; }
.gk-map-row-top { display: flex; flex-wrap: wrap; gap: 0 10px; justify-content: space-between; }
.gk-map-row-words { display: block; color: var(--jp-ui-font-color2, #5b6470); font-size: 12.5px; }
@media (max-width: 900px) { .gk-map-table { grid-template-columns: minmax(0, 1fr); }
  .gk-map-table .gk-map-rows { max-height: 340px !important; } }
.gk [hidden] { display: none !important; }
.gk .gk-input > input::placeholder { color: #8b95a0; opacity: 1; font-style: italic; }
.gk .gk-round > button, .gk .gk-corrections > button { align-self: flex-start; margin: 8px 0; }
.gk .gk-round .gk-row, .gk .gk-drafts .gk-row { margin: 0 0 4px; }
.gk .gk-door.widget-box { margin: 8px 0 0; gap: 6px; }
.gk .gk-last.widget-box { border-left: 4px solid #c98a00; background: #fffaf0; padding: 8px 14px;
  gap: 4px; border-radius: 0 6px 6px 0; }
.gk .gk-last button.jupyter-button { min-height: 28px; padding: 2px 10px; font-size: 13px;
  align-self: flex-start; }
.gk .gk-drafts.gk-card { background: #fffaf0; } .gk .gk-draft { min-height: 20px; }
.gk-search { position: relative; display: flex; flex-direction: column; }
.gk .gk-found { position: absolute; top: 100%; left: 0; right: 0; z-index: 1200; margin: 2px 0 0;
  padding: 4px 0; list-style: none; background: var(--jp-layout-color1, #fff); border-radius: 6px;
  border: 1px solid var(--jp-border-color1, #aeb6bf); box-shadow: 0 6px 18px rgba(0,0,0,.16); }
.gk .gk-found li { list-style: none; margin: 0; padding: 5px 12px; font-size: 15px; cursor: pointer; }
.gk .gk-found li[aria-selected=true], .gk .gk-found li:hover { background: #e3eef7; }
.gk .gk-search > label { display: block; }
.gk-map-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; margin: 2px 0 6px; }
.gk .gk-map-frame { height: 340px; position: relative; border-radius: 6px; z-index: 0;
  border: 1px solid var(--jp-border-color1, #aeb6bf); background: #e9edf0; }
.gk .gk-map-frame:focus-visible { outline: 3px solid #1a6fb5; }
.gk-map-cross { display: none; position: absolute; z-index: 900; left: 50%; top: 50%;
  width: 25px; height: 25px; margin: -13px 0 0 -13px; pointer-events: none; background:
  linear-gradient(#b3261e, #b3261e) 50% / 2px 100% no-repeat,
  linear-gradient(#b3261e, #b3261e) 50% / 100% 2px no-repeat; }
.gk-map-frame:focus-visible .gk-map-cross { display: block; }
.gk-photo .gk-legend { font-size: 14px; line-height: 1.4; }
.gk-photo-row { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: flex-start;
  margin: 4px 0 0; } .gk-photo-buttons { display: flex; flex-wrap: wrap; gap: 6px 8px; }
.gk-photo-row img { max-width: 220px; max-height: 165px; border-radius: 6px;
  border: 1px solid var(--jp-border-color2, #d5dae0); }
.gk-photo-shown { margin: 6px 0; } .gk-photo-shown img { max-width: min(420px, 100%);
  max-height: 320px; border-radius: 6px; }
.gk-photo-shown figcaption { font-size: 12.5px; color: var(--jp-ui-font-color2, #5b6470); }
.gk-versions { display: grid; gap: 6px 12px; margin: 4px 0 2px; grid-template-columns:
  repeat(auto-fit, minmax(min(240px, 100%), 1fr)); }
.gk-versions > div { border: 1px solid var(--jp-border-color2, #d5dae0); border-radius: 6px;
  padding: 6px 10px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.45; }
.gk-scroll { overflow-x: auto; } .gk-num { font-variant-numeric: tabular-nums; }
"""
