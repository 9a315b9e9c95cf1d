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
from pathlib import PurePosixPath
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
    """A vendored file: the npm package it is from, and its name there."""

    package: str
    file: str


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
    for pattern, asset in _answers():
        if pattern.search(url):
            return asset
    name = PurePosixPath(url.partition("?")[0]).name or url
    raise OfflineError(
        en=f"The map wants `{name}` from the network, and gridkit has no copy of it. Leave out "
        "the Folium class that needs it, or add the npm package to "
        "gridkit/maps/vendor/manifest.json and run `.ci/vendor --pin`.",
        zh=f"地图需要联网取得 `{name}`, 而 gridkit 没有内置它。请去掉用到它的 Folium 组件, "
        "或把该 npm 包加入 gridkit/maps/vendor/manifest.json 后运行 `.ci/vendor --pin`。",
    )


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
    text = (_VENDOR / asset.package / asset.file).read_text("utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    if asset.file.endswith(".css"):
        return re.sub(
            r"url\(\s*['\"]?([^'\")#]+)['\"]?\s*\)", lambda m: _image(asset.package, m[1]), text
        )
    return closed(text)


def _image(package: str, link: str) -> str:
    """Turn a style's link to an image into the image itself."""
    # one size serves all screens: the doubled images are not vendored for every package
    name = PurePosixPath(link.strip()).name
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
