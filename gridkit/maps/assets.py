"""The scripts and styles that maps need, kept in the package instead of on a CDN.

`vendor/manifest.json` says where each file comes from and which addresses it answers;
`.ci/vendor` fetches them again and checks every byte.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gridkit.errors import OfflineError

_ROOT = files(__package__)
_VENDOR = _ROOT / "vendor"
_MEDIA = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}

# Folium links these on every map; no map needs them. 2 MB of fonts and looks stay out.
UNNEEDED = re.compile(
    r"/bootstrap@|bootstrap-glyphicons|fontawesome|leaflet\.awesome\.rotate", re.IGNORECASE
)


class Asset(NamedTuple):
    """A vendored file: the npm package it is from, and its name there; no package: a user's own."""

    package: str
    file: str


# Folium's MeasureControl makes code of its templates, which the page's policy refuses:
# `measure.js` fills them in instead. An acre is no are; pale green is not seen on paper.
_MEASURE = Asset("leaflet-measure", "leaflet-measure.js")
_MENDED = {
    _MEASURE: (
        ('Function(w,C+"return "+P).apply(void 0,L)', "gk.template(e)"),
        ("公亩", "英亩"),
        ("#ABE67E", "#1f5a6e"),
        ("#C8F2BE", "#1f5a6e"),
    )
}


@cache
def _answers() -> tuple[tuple[re.Pattern[str], Asset], ...]:
    manifest = json.loads((_VENDOR / "manifest.json").read_text("utf-8"))
    return tuple(
        (re.compile(pattern), Asset(package["name"], file["as"]))
        for package in manifest["packages"]
        for file in package["files"]
        for pattern in file.get("answers", ())
    )


def find(url: str) -> Asset:
    """Find the vendored file that answers an address.

    Parameters
    ----------
    url : str
        The address that a Folium class links.

    Returns
    -------
    Asset
        Package and file.

    Raises
    ------
    OfflineError
        If nothing vendored answers it: the map would need the network.

    Examples
    --------
    >>> find("https://example.org/npm/leaflet@1.9.3/dist/leaflet.js")
    Asset(package='leaflet', file='leaflet.js')
    """
    if url in _PROVIDED:
        return Asset("", str(_PROVIDED[url]))
    for pattern, asset in _answers():
        if pattern.search(url):
            return asset
    name = PurePosixPath(url.partition("?")[0]).name or url
    raise OfflineError(
        en=f"The map wants `{name}` from the network, and gridkit has no copy of it. Leave out "
        "the Folium class that needs it; or save the file on this machine and say where: "
        f"`maps.provide({url[:120]!r}, 'the file')`.",
        zh=f"地图需要联网取得 `{name}`, 而 gridkit 没有内置它。请去掉用到它的 Folium 组件; "
        f"或把该文件存到本机并说明位置: `maps.provide({url[:120]!r}, '文件')`。",
    )


_PROVIDED: dict[str, Path] = {}


def provide(url: str, file: str | Path) -> None:
    """Give a file of one's own in place of an address that gridkit has no copy of.

    Parameters
    ----------
    url : str
        As the error names it.
    file : str or Path
        A script (`.js`) or a style (`.css`) on this machine, UTF-8; it is embedded into
        every later map that links `url`. Its own images from the network are left out. A script
        that makes code from strings (`eval`, `Function`) is refused by the page's policy.

    Raises
    ------
    OfflineError
        If there is no such file, or it is neither script nor style.

    Examples
    --------
    >>> provide("https://example.org/wind.js", "no such file.js")
    Traceback (most recent call last):
    gridkit.errors.OfflineError: 没有脚本或样式文件 `no such file.js`; 须为 .js 或 .css。
    There is no script or style `no such file.js`; it must be .js or .css.
    """
    path = Path(file)
    if path.suffix not in {".js", ".css"} or not path.is_file():
        raise OfflineError(
            zh=f"没有脚本或样式文件 `{path.name}`; 须为 .js 或 .css。",
            en=f"There is no script or style `{path.name}`; it must be .js or .css.",
        )
    _PROVIDED[url] = path.resolve()


@cache
def code(asset: Asset) -> str:
    """Read a vendored script or style, ready to stand inside a page.

    Parameters
    ----------
    asset : Asset
        From `find`.

    Returns
    -------
    str
        The text; images of a style are data URIs, and no ``</script`` is left in a script.

    Examples
    --------
    >>> "url(data:image/png;base64," in code(Asset("leaflet", "leaflet.css"))
    True
    """
    file = _VENDOR / asset.package / asset.file if asset.package else Path(asset.file)
    text = file.read_text("utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    for before, after in _MENDED.get(asset, ()):
        text = text.replace(before, after)
    if asset == _MEASURE:
        text = own("measure.js") + text
    if asset.file.endswith(".css"):
        return re.sub(
            r"url\(\s*['\"]?([^'\")#]+)['\"]?\s*\)", lambda m: _image(asset.package, m[1]), text
        )
    return closed(text)


def _image(package: str, link: str) -> str:
    """Turn a style's link to an image into the image itself."""
    # one size serves all screens: the doubled images are not vendored for every package
    name = PurePosixPath(link.strip()).name
    if not package:
        return f"url({link})" if link.strip().startswith("data:") else "url(data:,)"
    for file in (f"images/{name}", name, f"images/{name.replace('@2x', '')}"):
        if (_VENDOR / package / file).is_file():
            return f"url({data_uri(package, file)})"
    return "url(data:,)"


@cache
def data_uri(package: str, file: str) -> str:
    """Give a vendored image as a data URI.

    Parameters
    ----------
    package, file : str
        As in the manifest.

    Returns
    -------
    str
        ``data:image/…;base64,…``

    Examples
    --------
    >>> data_uri("leaflet", "images/marker-icon.png")[:22]
    'data:image/png;base64,'
    """
    path = _VENDOR / package / file
    media = _MEDIA[PurePosixPath(file).suffix]
    return f"data:{media};base64,{base64.b64encode(path.read_bytes()).decode()}"


@cache
def own(name: str) -> str:
    """Read one of gridkit's own scripts or styles from `js/`.

    Parameters
    ----------
    name : str
        File name.

    Returns
    -------
    str
        Its text.

    Examples
    --------
    >>> own("gridkit.css").startswith("/*")
    True
    """
    return (_ROOT / "js" / name).read_text("utf-8")


def closed(script: str) -> str:
    r"""Write a script so that it cannot end its own element.

    Parameters
    ----------
    script : str
        JavaScript.

    Returns
    -------
    str
        The same JavaScript with ``<\/script`` for ``</script``.

    Examples
    --------
    >>> closed("a = '</script>'")
    "a = '<\\/script>'"
    """
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.IGNORECASE)
