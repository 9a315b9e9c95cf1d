"""Tile services of an office or of Tianditu, as configuration: which, whose, in what datum."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from gridkit.errors import DataError

TILES = "tiles.toml"
_DATUMS = ("WGS-84", "CGCS2000")
_TIANDITU = (
    "https://t{s}.tianditu.gov.cn/{layer}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={short}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILECOL={{x}}&TILEROW={{y}}"
    "&TILEMATRIX={{z}}&tk={{key}}"
)


@dataclass(frozen=True)
class TileSource:
    """A service of raster tiles in Web Mercator.

    Attributes
    ----------
    name : str
        As the layer control says it.
    url : str
        With ``{z}``, ``{x}``, ``{y}``, and ``{key}`` where the service wants one.
    attribution : str
        Whose map it is; shown on the map.
    key_env : str
        Environment variable that holds the key. The key itself is written nowhere.
    datum : str
        "WGS-84" or "CGCS2000". Tiles in GCJ-02 (Amap, Tencent) or BD-09 (Baidu) lie hundreds
        of meters off and are refused.
    high : int
        Highest zoom that the service has.
    """

    name: str
    url: str
    attribution: str
    key_env: str = ""
    datum: str = "WGS-84"
    high: int = 18

    def __post_init__(self) -> None:
        if self.datum not in _DATUMS:
            raise DataError(
                en=f"The tiles `{self.name}` are in {self.datum}: they would lie hundreds of "
                "meters off the grids. Use a service in WGS-84 or CGCS2000, such as Tianditu.",
                zh=f"底图“{self.name}”的坐标系是 {self.datum}, 会与网格相差数百米。"
                "请用 WGS-84 或 CGCS2000 的服务, 如天地图。",
            )
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not all(
            f"{{{axis}}}" in self.url for axis in "zxy"
        ):
            raise DataError(
                en=f"`url` of `{self.name}` must be an http address with {{z}}, {{x}} and {{y}}.",
                zh=f"“{self.name}”的 `url` 须为 http 地址, 并含 {{z}}、{{x}}、{{y}}。",
            )
        if "{key}" in self.url and not self.key_env:
            raise DataError(
                en=f"`url` of `{self.name}` wants a key: say in `key_env` which environment "
                "variable holds it. Never write the key into a file.",
                zh=f"“{self.name}”的 `url` 要用密钥: 请在 `key_env` 写明放密钥的环境变量名。"
                "密钥不要写进任何文件。",
            )

    @property
    def origin(self) -> str:
        """Scheme and host, as a content security policy says them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def answer(self, z: int, x: int, y: int) -> str | None:
        """Give the address of a tile, with the key; None where the key is not set."""
        key = os.environ.get(self.key_env, "") if self.key_env else ""
        if self.key_env and not key:
            return None
        address = self.url.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        return address.replace("{key}", quote(key, safe=""))


def tianditu(kind: str = "vec", *, key_env: str = "GRIDKIT_TIANDITU_KEY") -> TileSource:
    """Give a layer of Tianditu in Web Mercator.

    Parameters
    ----------
    kind : {"vec", "cva", "img", "cia", "ter", "cta"}
        Streets and their labels, images and theirs, terrain and its.
    key_env : str
        Environment variable that holds the key (`tk`).

    Returns
    -------
    TileSource

    Raises
    ------
    DataError
        If there is no such layer.

    Examples
    --------
    >>> tianditu("cva").origin
    'https://t0.tianditu.gov.cn'
    """
    names = {"vec": "矢量", "cva": "矢量注记", "img": "影像", "cia": "影像注记", "ter": "地形",
             "cta": "地形注记"}  # fmt: skip
    if kind not in names:
        raise DataError(
            en=f"Tianditu has no layer {kind!r}; it has {', '.join(names)}.",
            zh=f"天地图没有图层 {kind!r}; 有 {', '.join(names)}。",
        )
    url = _TIANDITU.format(s=0, layer=f"{kind}_w", short=kind)
    return TileSource(
        f"天地图{names[kind]}", url, "© 国家地理信息公共服务平台 天地图", key_env, "CGCS2000"
    )


@dataclass(frozen=True)
class FileSource:
    """A file of tiles beside the configuration: `path` to MBTiles or PMTiles, and its name."""

    name: str
    path: Path


def read_tile_sources(folder: str | Path) -> tuple[TileSource | FileSource, ...]:
    """Read the base maps that a workspace names.

    Parameters
    ----------
    folder : str or Path
        With `tiles.toml`, or without: then there are none, and nothing asks the network.

    Returns
    -------
    tuple of TileSource or FileSource
        One per ``[[tiles]]`` of the file: `file` (in the folder) and `name`; or `tianditu` (a
        kind); or `name`, `url`, `attribution`, and as needed `key_env`, `datum`, `high`.

    Raises
    ------
    DataError
        If the file cannot be read, or a service is not as it must be.

    Examples
    --------
    >>> read_tile_sources("no such folder")
    ()
    """
    path = Path(folder) / TILES
    if not path.is_file():
        return ()
    try:
        listed = tomllib.loads(path.read_text("utf-8")).get("tiles", [])
        return tuple(_source(one, path.parent) for one in listed)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, OSError) as error:
        raise DataError(
            en=f"{TILES} cannot be read ({type(error).__name__}). Each [[tiles]] has `file`, `tianditu`, "
            "or `name`, `url`, `attribution`; further `key_env`, `datum`, `high`.",
            zh=f"{TILES} 读不懂 ({type(error).__name__})。每个 [[tiles]] 写 `file`、`tianditu`, "
            "或 `name`、`url`、`attribution`; 另可写 `key_env`、`datum`、`high`。",
        ) from None


def _source(one: dict[str, Any], folder: Path) -> TileSource | FileSource:
    if "file" in one:
        return FileSource(str(one.get("name", "底图")), folder / str(one["file"]))
    if "tianditu" in one:
        rest = {k: v for k, v in one.items() if k != "tianditu"}
        return tianditu(one["tianditu"], **rest)
    return TileSource(**one)
