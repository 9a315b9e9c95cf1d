"""Folium with the cable pulled: a map as one file that asks the network for nothing.

A stock Folium map is a blank page without a network, because it links its scripts on CDNs.
`render` lets the map's elements render themselves, puts the vendored scripts and styles in
place of the links, and closes the page with a content security policy, so that neither a
slip of ours nor a text in the data can fetch or run anything.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.raster_layers import WmsTileLayer

from gridkit.errors import OfflineError, why_os
from gridkit.maps import assets
from gridkit.maps.escape import safe, script_json
from gridkit.records.desk_file import desk_path
from gridkit.records.spared import need_other

_LEAFLET = assets.Asset("leaflet", "leaflet.js")
# Vendored, but embedded only where the map's own code calls them.
_ON_DEMAND = {
    "jquery": re.compile(r"\$\(|jQuery"),
    "leaflet.awesome-markers": re.compile(r"AwesomeMarkers"),
}
# Pins keep their color; the glyph fonts stay out, so a dot stands for the glyph.
_PIN_DOT = (
    ".awesome-marker i::before{content:'';display:inline-block;width:9px;height:9px;"
    "margin-top:13px;border-radius:50%;background:currentColor}"
)
_LIVE = "gridkit_live"
_REMOTE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
_RAW_LINK = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)\s*=\s*[\"']?\s*((?:https?:)?//[^\"'\s>]+)",
    re.IGNORECASE,
)


def render(m: folium.Map, *, live: bool = False) -> str:
    """Render a map as one HTML page that makes no request to anywhere.

    Parameters
    ----------
    m : folium.Map
        Any Folium map. Its tile layers from the web are left out, and the map says so.
    live : bool
        For a notebook: layers made by `layers.tile_layer` and `layers.service_layer` may ask
        this machine's own handler, and the service that their owner configured, for images.
        Without such a layer this changes nothing.

    Returns
    -------
    str
        The page. It runs its own scripts only (content security policy with a nonce).

    Raises
    ------
    OfflineError
        If an element of the map needs something from the network that gridkit has no copy
        of; the message names it.

    Notes
    -----
    Bootstrap, its glyphicons and Font Awesome (2 MB) are left out: markers made with
    `folium.Icon` keep their color and get a dot for the glyph. jQuery is embedded only if
    the map calls it, as Folium's popups do. `folium.plugins.MeasureControl` measures distances
    and areas, in Chinese.

    References
    ----------
    W3C, Content Security Policy Level 3. https://www.w3.org/TR/CSP3/

    Examples
    --------
    >>> page = render(folium.Map([26.7, 117.5], tiles=None, max_zoom=18))
    >>> "cdn.jsdelivr.net" in page, len(page) < 300_000
    (False, True)
    """
    figure = _figure(m)
    origins = _origins(m) if live else ()
    setattr(figure, _LIVE, live)
    sections = (figure.header, figure.html, figure.script)
    before = [dict(section._children) for section in sections]
    try:
        for child in list(figure._children.values()):
            child.render()
        _check_overlays(figure)
        head, body, script = (
            "\n".join(_text(child) for child in section._children.values())
            for section in sections
        )
        links = [link for section in sections for link in _links(section)]
    finally:
        # Branca keeps what it rendered, and would put it into the next page once more
        for section, children in zip(sections, before, strict=True):
            section._children.clear()
            section._children.update(children)
    nonce = secrets.token_urlsafe(16)
    # Scripts of the head are Leaflet's, Folium's and ours. A script in the body is none of
    # these: it gets no nonce, and the browser refuses it.
    head = re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', head)
    return _page(
        title=getattr(m, "page_title", None) or figure.title or "gridkit",
        nonce=nonce,
        head="\n".join([*_embed(links, head + body + script, nonce), head]),
        body=body,
        script=script,
        images=" ".join(("data:", "blob:", *origins)),
    )


def is_live(figure: Figure) -> bool:
    """Tell whether a page is being rendered for a notebook that is open.

    Examples
    --------
    >>> is_live(Figure())
    False
    """
    return bool(getattr(figure, _LIVE, False))


def _origins(m: folium.Map) -> tuple[str, ...]:
    """Name what the map's own tile layers may ask for images."""
    named = [
        o
        for layer in m._children.values()
        if hasattr(layer, "origins")
        for o in layer.origins()
    ]
    return tuple(dict.fromkeys(named))


def _figure(m: folium.Map) -> Figure:
    """Find the page that a map stands on."""
    root = m.get_root()
    if isinstance(root, Figure):
        return root
    figure = Figure()
    figure.add_child(m)
    return figure


def _text(child: Element) -> str:
    """Give what an element puts into the page; for a link, its file is put there instead."""
    if isinstance(child, (JavascriptLink, CssLink)):
        return ""
    text: str = child.render()
    if found := _RAW_LINK.search(text):
        assets.find(found[1])  # raises with the name of what is wanted
    return text


def _links(section: Element) -> Iterator[JavascriptLink | CssLink]:
    for child in section._children.values():
        if isinstance(child, (JavascriptLink, CssLink)):
            yield child


def _embed(links: list[JavascriptLink | CssLink], needs: str, nonce: str) -> Iterator[str]:
    """Give the vendored files in place of the links, in their order, each once."""
    seen: set[assets.Asset] = set()
    for link in links:
        if assets.UNNEEDED.search(link.url):
            continue
        asset = assets.find(link.url)
        demand = _ON_DEMAND.get(asset.package)
        if asset in seen or (demand and not demand.search(needs)):
            continue
        seen.add(asset)
        text = assets.code(asset)
        if asset.file.endswith(".css"):
            yield f"<style>{text}</style>"
        else:
            yield f'<script nonce="{nonce}">{text}</script>'
        if asset == _LEAFLET:
            yield f'<script nonce="{nonce}">{_offline_patch()}</script>'
    packages = {asset.package for asset in seen}
    if "leaflet-draw" in packages:
        yield f'<script nonce="{nonce}">{assets.own("draw_zh.js")}</script>'
    if "leaflet.awesome-markers" in packages:
        yield f"<style>{_PIN_DOT}</style>"


def _offline_patch() -> str:
    icons = {
        option: assets.data_uri("leaflet", f"images/{file}")
        for option, file in (
            ("iconUrl", "marker-icon.png"),
            ("iconRetinaUrl", "marker-icon-2x.png"),
            ("shadowUrl", "marker-shadow.png"),
        )
    }
    return assets.own("offline.js").replace("GK_ICONS", script_json(icons))


def _check_overlays(parent: Element) -> None:
    """Refuse images and films from the web; tiles are emptied by the page itself."""
    for child in parent._children.values():
        url = getattr(child, "url", None)
        if isinstance(url, str) and _REMOTE.match(url) and not isinstance(child, WmsTileLayer):
            kind = type(child).__name__
            raise OfflineError(
                en=f"A `{kind}` of the map loads `{url[:80]}` from the network. Pass a local "
                "file instead, so that it is embedded.",
                zh=f"地图中的 `{kind}` 要从网络载入 `{url[:80]}`。请改用本地文件, 以便嵌入。",
            )
        _check_overlays(child)


class Verbatim(Element):
    """A text that goes into the page as it is.

    Branca's own `Element` would take the text for a template: slow at a megabyte, and
    braces in it would be run.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **_kwargs: Any) -> str:
        """Give the text."""
        return self.text


def _page(*, title: str, nonce: str, head: str, body: str, script: str, images: str) -> str:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
        f"img-src {images}; font-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{safe(title)}</title>\n{head}\n</head>\n<body>\n{body}\n</body>\n"
        f'<script nonce="{nonce}">\n{assets.closed(script)}\n</script>\n</html>\n'
    )


def save(m: folium.Map, path: str | Path) -> Path:
    """Write a map as one HTML file that opens anywhere without a network.

    Parameters
    ----------
    m : folium.Map
        Any Folium map.
    path : str or Path
        Where to; replaced in one step, so nobody ever opens half a map.

    Returns
    -------
    Path
        The file. A map for the desk can be read by its owner only and says so in its name
        (``map.html`` becomes ``map-内部.html``), as it does in its title and on its face.

    Raises
    ------
    OfflineError
        As in `render`, or if the file cannot be written; an older one is kept.

    Examples
    --------
    >>> folder = tempfile.mkdtemp()
    >>> save(folium.Map(tiles=None, max_zoom=18), Path(folder) / "map.html").name
    'map.html'
    """
    path = desk_path(path) if getattr(m, "audience", None) == "desk" else Path(path)
    need_other(path)
    page = render(m)
    try:
        _write(path, page, shared=getattr(m, "audience", None) != "desk")
    except OSError as error:
        raise OfflineError(
            zh=f"地图 {path.name} 没有写成 ({why_os(error)}); 原有的地图未动。请检查磁盘空间和写权限。",
            en=f"{path.name} was not written ({error.strerror}); the map that was there is kept. "
            "Check disk space and permissions.",
        ) from None
    return path


def _write(path: Path, page: str, *, shared: bool) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
        if shared:
            Path(draft).chmod(0o644)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
