"""The workspace: the folder in which ledger, profile and grids live together."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gridkit.errors import DataError, StoreError, why_os
from gridkit.records.storefile import create_store, open_store, read_county_code

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.profile import Profile
    from gridkit.records.store import Store

LEDGER, PROFILE, COUNTY, GRIDS, MAP, ABOUT = (
    "ledger.db",
    "profile",
    "county.toml",
    "grids.geojson",
    "map-内部.html",
    "about.toml",
)
WORKSPACE_VARIABLE = "GRIDKIT_WORKSPACE"


class Workspace:
    """A folder with `ledger.db`, `profile/`, `grids.geojson` and `about.toml`.

    Attributes
    ----------
    folder : Path
    name : str
        The county's name, as shown on every screen.
    invented : bool
        True for a made-up county; every screen and page says so.
    """

    def __init__(self, folder: Path, *, name: str, invented: bool) -> None:
        self.folder = folder
        self.name = name
        self.invented = invented

    @property
    def map_path(self) -> Path:
        """Where the county's map is written."""
        return self.folder / MAP

    @cached_property
    def profile(self) -> Profile:
        """The county's words and rules; the packaged default where it has no own.

        Without an own `county.toml`, code and name are this workspace's: the rules of a
        province must apply in its counties, and no form may name the county of the default.
        """
        from gridkit.profile import Label, load_profile

        own = self.folder / PROFILE
        profile = load_profile(own if own.is_dir() else None)
        if (own / COUNTY).is_file() or not (self.folder / LEDGER).is_file():
            return profile
        code = read_county_code(self.folder / LEDGER)
        if code == profile.county_code:
            return profile
        county = {
            "county_code": code,
            "name": Label(zh=self.name, en=self.name),
            "invented": self.invented,
        }
        return profile.model_copy(update=county)

    @cached_property
    def store(self) -> Store:
        """The ledger, open."""
        return open_store(self.folder / LEDGER, profile=self.profile)

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """The grids, as `grids.read_grids` gives them.

        Raises
        ------
        StoreError
            If the workspace has none yet.
        """
        if not self.has_grids:
            raise StoreError(
                zh=f"工作区 {self.folder.name} 里还没有网格: 请把网格面 (WGS-84 的 GeoJSON) "
                f"存为其中的 {GRIDS}, 或用 gridkit new --grids / --over 重新新建。",
                en=f"The workspace {self.folder.name} has no grids yet: put their polygons (GeoJSON "
                f"in WGS-84) there as {GRIDS}, or make it anew with `gridkit new --grids/--over`.",
            )
        from gridkit.records.grids import read_grids

        return read_grids(self.folder / GRIDS)

    @property
    def has_grids(self) -> bool:
        """Whether the workspace has grids yet."""
        return (self.folder / GRIDS).is_file()

    def close(self) -> None:
        """Let go of the ledger file, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()


def create_workspace(
    folder: str | Path,
    *,
    name: str,
    county_code: str,
    grids: gpd.GeoDataFrame | None = None,
    invented: bool = False,
    fill: Callable[[Store], object] | None = None,
) -> Workspace:
    """Make a workspace: an empty ledger, and the grids where they are given.

    It is made beside its place and moved there when it is whole: killed on the way, there
    is no workspace, rather than half of one.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there; it must not hold a ledger yet.
    name : str
        The county's name, in one line.
    county_code : str
        6 digits.
    grids : GeoDataFrame, optional
        As `records.grids` describes them.
    invented : bool
        True for a made-up county.
    fill : callable, optional
        Called with the new ledger, to write the first records before anybody can see it.

    Returns
    -------
    Workspace

    Raises
    ------
    StoreError
        If the folder cannot be made or holds a ledger already; nothing is overwritten.
    DataError
        If the name has control characters.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> made = create_workspace(folder.name, name="青溪县", county_code="990428", invented=True)
    >>> made.close()
    >>> open_workspace(folder.name).name
    '青溪县'
    >>> folder.cleanup()
    """
    folder = Path(folder).absolute()
    if (folder / LEDGER).exists():
        raise StoreError(
            zh=f"{folder.name} 里已有台账, 不会覆盖; 请换一个文件夹。",
            en=f"{folder.name} holds a ledger already and is not overwritten; choose another folder.",
        )
    if not name.isprintable() or not name.strip():
        raise DataError(
            zh="`name` (县名) 须为一行文字, 不能有换行或控制字符。",
            en="`name` must be one line of text without control characters.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as made:
            _make(Path(made), name, county_code, grids, fill, invented=invented)
            for part in (GRIDS, LEDGER, ABOUT):  # what makes it a workspace comes last
                if (Path(made) / part).exists():
                    (Path(made) / part).rename(folder / part)
    except OSError as error:
        raise StoreError(
            zh=f"不能在 {folder.name} 中写入 ({why_os(error)}); 请检查写权限和磁盘空间。",
            en=f"Cannot write into {folder.name} ({error.strerror}); check permissions and space.",
        ) from None
    return open_workspace(folder)


def _make(
    folder: Path,
    name: str,
    county_code: str,
    grids: gpd.GeoDataFrame | None,
    fill: Callable[[Store], object] | None,
    *,
    invented: bool,
) -> None:
    if grids is not None:
        from gridkit.records.grids import write_grids

        write_grids(grids, folder / GRIDS)
    with create_store(folder / LEDGER, county_code=county_code) as store:
        if fill is not None:
            fill(store)
    about = f"name = {_toml_text(name)}\ninvented = {str(invented).lower()}\n"
    (folder / ABOUT).write_text(about, encoding="utf-8")


def _toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def open_workspace(folder: str | Path | None = None) -> Workspace:
    """Open a workspace.

    Parameters
    ----------
    folder : str or Path, optional
        By default the folder that the environment variable GRIDKIT_WORKSPACE names, else
        `workspace` here or one level up, else this folder or the one above (a workspace's
        own notebooks lie in it, whatever program opens them).

    Returns
    -------
    Workspace
        Ledger, profile and grids are opened when they are first used.

    Raises
    ------
    StoreError
        If no workspace is there, or its `about.toml` cannot be read.
    """
    found = find_workspace(folder)
    try:
        about = tomllib.loads((found / ABOUT).read_text(encoding="utf-8"))
        return Workspace(found, name=str(about["name"]), invented=bool(about["invented"]))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise StoreError(
            zh=f"{found.name}/{ABOUT} 读不懂 ({type(error).__name__}); 须有 name 和 invented 两项。",
            en=f"{found.name}/{ABOUT} cannot be read ({type(error).__name__}); "
            "it needs `name` and `invented`.",
        ) from None


def find_workspace(folder: str | Path | None = None) -> Path:
    """Find the folder of a workspace without opening it; see `open_workspace`.

    Raises
    ------
    StoreError
        If no workspace is there.
    """
    places = [Path(folder)] if folder is not None else _usual_places()
    found = next((place for place in places if (place / ABOUT).is_file()), None)
    if found is None:
        looked = ", ".join(str(place) for place in places)
        raise StoreError(
            zh=f"没有找到工作区 (找过: {looked}); 请先运行 gridkit demo 或 gridkit new。",
            en=f"No workspace was found (looked in: {looked}); run `gridkit demo` or `gridkit new`.",
        )
    return found


def _usual_places() -> list[Path]:
    named = os.environ.get(WORKSPACE_VARIABLE)
    if named:
        return [Path(named)]
    here, above = Path(), Path("..")
    return [here / "workspace", above / "workspace", here, above]
