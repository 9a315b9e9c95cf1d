"""`gridkit map`: the county on one page, for the desk or to hand out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from gridkit.commands.board import codes, kinds_named
from gridkit.commands.scan import tell_compiling
from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, bar, opened, out

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.maps import GridMap, Shared
    from gridkit.records import Workspace


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("map", epilog="例 example:  gridkit map --shared --window quarter --pdf")(
        command
    )


def command(
    context: typer.Context,
    folder: Folder = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="写到哪里 · where to write it")
    ] = None,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · up to which day")] = None,
    weeks: Annotated[
        int, typer.Option(min=1, help="内部图往前看几周 · weeks back, desk maps only")
    ] = 12,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layers",
            "-l",
            help="内部图的图层, 用逗号分开: rates 率, hotspots 热点检验, clusters 时空聚集, "
            "emerging 热点的来去, silent 沉默网格, weeks 逐周播放, heat 热力, dots 逐点, "
            "concerns 待办诉求, rooms 评理室, route 走访路线 · layers of a desk map",
        ),
    ] = None,
    measure: Annotated[
        str,
        typer.Option(help="选图层时的量度: rate 按户数, density 按面积 · measure of --layers"),
    ] = "rate",
    *,
    shared: Annotated[
        bool,
        typer.Option(
            "--shared",
            help="供分发: 固定时段, 隐去小数并登记 · to hand out: checked and registered",
        ),
    ] = False,
    window: Annotated[
        str,
        typer.Option(help="分发图的时段 · window of a shared map: month, quarter, half, year"),
    ] = "quarter",
    level: Annotated[
        str | None,
        typer.Option(help="分发图的层级 · its finest level: grid, village, township"),
    ] = None,
    demand: Annotated[
        list[str] | None,
        typer.Option("--type", help="只计某类, 可多次 · demand type"),
    ] = None,
    places: Annotated[
        bool,
        typer.Option(
            "--places",
            help="分发图加遮蔽点; 网页上默认不显示, 打印时印出 · shared maps: dots at masked places, "
            "off on the page until turned on, and printed",
        ),
    ] = False,
    png: Annotated[bool, typer.Option("--png", help="另存一张图片 · a picture, too")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="另存可打印的 PDF · a PDF, too")] = False,
    gpkg: Annotated[
        bool, typer.Option("--gpkg", help="另存 GeoPackage, QGIS 可开 · a GeoPackage for QGIS")
    ] = False,
    geojson: Annotated[
        bool, typer.Option("--geojson", help="另存 GeoJSON · GeoJSON files, too")
    ] = False,
    package: Annotated[
        bool,
        typer.Option(
            "--package", help="分发图另存数据包 (zip) · shared maps: a data package, too"
        ),
    ] = False,
) -> None:
    """画一张离线地图, 可打印、可交给 GIS · draw an offline map, to print or for a GIS."""
    day = on.date() if on else None
    _need_shared(package=package, shared=shared)
    _check_out(target)
    _check_fit(context, "shared" if shared else "layers" if layers else "desk")
    with opened(folder) as workspace:
        drawn = (
            _shared(workspace, day, window, level, demand, places=places)
            if shared
            else _asked(workspace, layers, day, weeks, demand, measure=measure)
            if layers
            else _desk(workspace, day, weeks, demand)
        )
        path = _page(target, drawn.path)
        _write(drawn, path, png=png, pdf=pdf, gpkg=gpkg, geojson=geojson)
        if package:
            _package(workspace, drawn, path.with_suffix(".zip"))


# Which options mean something for which map.
_FIT = {
    "weeks": ("desk", "layers"),
    "layers": ("layers",),
    "measure": ("layers",),
    "window": ("shared",),
    "level": ("shared",),
    "places": ("shared",),
}
_KINDS = {
    "desk": ("内部总图", "the desk map"),
    "layers": ("选了图层的内部图", "a map of --layers"),
    "shared": ("供分发的图 (--shared)", "a map of --shared"),
}


def _check_fit(context: typer.Context, kind: str) -> None:
    """Refuse an option that would be passed over in silence."""
    typed = {
        p.name: p.opts[0]
        for p in context.command.params
        if p.name and str(context.get_parameter_source(p.name)).endswith("COMMANDLINE")
    }
    for name, option in typed.items():
        if name in _FIT and kind not in _FIT[name]:
            fit = [_KINDS[k] for k in _FIT[name]]
            raise DataError(
                zh=f"{option} 对{_KINDS[kind][0]}不起作用, 只用于{'、'.join(zh for zh, _ in fit)}。"
                "请去掉它, 或换一种图。",
                en=f"{option} says nothing for {_KINDS[kind][1]}; it is for "
                f"{' and '.join(en for _, en in fit)}. Leave it out, or draw that map.",
            )


def _check_out(target: Path | None) -> None:
    """Refuse a file that cannot be meant, before anything is counted or registered."""
    if target is None or target.is_dir():
        return
    if not target.parent.is_dir():
        raise DataError(
            zh=f"没有文件夹 {target.parent}。请先建好, 或换一个 --out。",
            en=f"There is no folder {target.parent}. Make it first, or give another --out.",
        )
    if target.suffix.lower() in {".png", ".pdf", ".gpkg", ".geojson"}:
        kind = target.suffix[1:].lower()
        raise DataError(
            zh=f"--out 是网页的文件名, 以 .html 结尾; 现为 {target.name}。"
            f"要 {kind} 请另加 --{kind}, 与网页同名。",
            en=f"--out names the page, an .html; it is {target.name}. For the other file add "
            f"--{kind}: it takes the same name.",
        )


def _page(target: Path | None, usual: Path) -> Path:
    """Give the file of the page: in a folder by its usual name, and always an .html."""
    if target is None:
        return usual
    if target.is_dir():
        return target / usual.name
    if target.suffix.lower() in {".html", ".htm"}:
        return target
    return target.with_name(target.name + ".html")


def _need_shared(*, package: bool, shared: bool) -> None:
    if package and not shared:
        raise DataError(
            zh="`--package` 只用于分发图 (--shared); 内部的数据包用 gridkit export datapackage。",
            en="`--package` goes with --shared; the desk's is `gridkit export datapackage`.",
        )


def _package(workspace: Workspace, drawn: _Drawn, path: Path) -> None:
    """Write the numbers of a released map as a data package."""
    from gridkit.exchange.data_package import About, write_package
    from gridkit.exchange.package_tables import released_tables
    from gridkit.maps.layer_tables import dictionary

    store, tables = workspace.store, drawn.tables()
    about = About(
        workspace.name,
        store.county_code,
        store.today(),
        "shared",
        drawn.about,
        workspace.invented,
    )
    made = write_package(released_tables(dict(tables), dictionary(tables)), path, about)
    out.print(f"已写好 {made} · written")


class _Drawn(NamedTuple):
    """A map, where it goes by default, and what a GIS gets of it."""

    map: GridMap
    path: Path
    tables: Callable[[], dict[str, gpd.GeoDataFrame]]
    about: str
    sheet: GridMap | None = None
    """As it is printed, where that is another than the page."""


def draw_map(workspace: Workspace, path: Path) -> None:
    """Draw the map of a workspace for the desk into a file, and say what stands out.

    Parameters
    ----------
    workspace : Workspace
        With a ledger and grids.
    path : Path
        Where to.
    """
    _write(_desk(workspace, None, 12, None), path)


def _desk(
    workspace: Workspace, on: dt.date | None, weeks: int, demand: list[str] | None
) -> _Drawn:
    from gridkit.maps.layer_tables import desk_tables
    from gridkit.maps.overview import overview

    with bar("算热点、画地图 · hotspots and map"):
        types = codes(workspace.profile, "demand_type", demand) or ()
        seen = overview(workspace, on=on, weeks=weeks, demand_types=types)
        m = seen.map()
    out.print(seen.sentence_zh + seen.elsewhere_zh, markup=False)
    out.print(f"{seen.sentence_en} {seen.elsewhere_en}".strip(), markup=False, style="dim")
    kinds = seen.kind_zh or "各类诉求"
    about = f"内部使用, 不得外传 · {seen.name} {seen.since} 至 {seen.on} {kinds}"
    return _Drawn(m, workspace.map_path, lambda: desk_tables(seen), _about(workspace, about))


def _asked(
    workspace: Workspace,
    layers: list[str],
    on: dt.date | None,
    weeks: int,
    demand: list[str] | None,
    *,
    measure: str,
) -> _Drawn:
    from gridkit.forms.asked_map import asked_map, layer_names
    from gridkit.maps.layer_tables import desk_tables
    from gridkit.maps.overview import overview

    names = layer_names(layers)
    if measure not in {"rate", "density"}:
        raise DataError(
            zh=f"没有量度“{measure}”。可选: rate (按户数), density (按面积)。",
            en=f"There is no measure {measure!r}; there are rate and density.",
        )
    types = tuple(codes(workspace.profile, "demand_type", demand) or ())
    last = on or workspace.store.today()
    first = last - dt.timedelta(days=7 * weeks - 1)
    if {"clusters", "weeks"} & set(names):
        tell_compiling()
    with bar("算图层、画地图 · layers and map"):
        asked = asked_map(workspace, names, (first, last), demand_types=types, measure=measure)
    for zh, en in asked.sentences:
        out.print(zh, markup=False)
        if en:
            out.print(en, markup=False, style="dim")
    kinds = "、".join(workspace.profile.label("demand_type", t) for t in types) or "各类诉求"
    about = _about(
        workspace, f"内部使用, 不得外传 · {workspace.name} {first} 至 {last} {kinds}"
    )
    return _Drawn(
        asked.map,
        workspace.map_path,
        lambda: desk_tables(overview(workspace, on=last, weeks=weeks, demand_types=types)),
        about,
    )


def _shared(
    workspace: Workspace,
    on: dt.date | None,
    kind: str,
    level: str | None,
    demand: list[str] | None,
    *,
    places: bool,
) -> _Drawn:
    from gridkit import maps
    from gridkit.maps.disclosure import last_window
    from gridkit.maps.layer_tables import shared_tables
    from gridkit.maps.shared_map import LEVEL_WORDS

    types = tuple(codes(workspace.profile, "demand_type", demand) or ()) or None
    yesterday = workspace.store.today() - dt.timedelta(days=1)
    window = last_window(on or yesterday, kind)  # type: ignore[arg-type]
    with bar("隐去小数、核对登记、画地图 · protecting, checking, drawing"):
        what = maps.shared(workspace, window, level=level, demand_types=types, places=places)
        what = what.publish(maps.published(workspace))  # refused: nothing is written
        m = what.map()
    zh, en = LEVEL_WORDS[what.level]
    share = what.hidden[what.level]
    out.print(
        f"{window.zh}, 按{zh}; 其中 {share:.0%} 不显示。已登记为第 {what.number} 次发布 · "
        f"{window.label} by {en}, {share:.0%} hidden; entered as release {what.number}"
    )
    _propose(what)
    parts = (f"map-{window.label}-{what.level}", kinds_named(workspace.profile, types))
    path = workspace.folder / f"{'-'.join(filter(None, parts))}.html"
    about = f"可对外, 小数已隐去 · {what.made.title}"
    # asked for, they are printed: on paper no layer can be turned on
    sheet = what.map(show_places=True) if places else None
    return _Drawn(m, path, lambda: shared_tables(what), _about(workspace, about), sheet)


def _propose(what: Shared) -> None:
    """Say so where a coarser level would show more than this one hides."""
    from gridkit.maps.shared_map import LEVEL_WORDS

    coarser = what.hidden[what.hidden <= 0.5]
    if what.hidden[what.level] > 0.5 and len(coarser):
        zh, en = LEVEL_WORDS[str(coarser.index[0])]
        out.print(
            f"多数不显示: 建议改按{zh}汇总 (--level {coarser.index[0]}), 或放长时段 · most are hidden: take "
            f"{en}, or a longer window",
            style="yellow",
        )


def _about(workspace: Workspace, words: str) -> str:
    mark = "【虚构数据】" if workspace.invented else ""
    return f"{mark}{words} · 本机台账 / the ledger of this machine · WGS-84 (EPSG:4326)"


def _write(drawn: _Drawn, path: Path, **kinds: bool) -> None:
    from gridkit import maps
    from gridkit.maps.printing import print_map

    written = [maps.save(drawn.map, path)]
    for kind in ("png", "pdf"):
        if kinds.get(kind):
            with bar(f"印成 {kind.upper()} · printing"):
                sheet = drawn.sheet or drawn.map
                written.append(print_map(sheet, written[0].with_suffix(f".{kind}")))
    for kind in ("gpkg", "geojson"):
        if kinds.get(kind):
            written += _hand_on(drawn, written[0].with_suffix(f".{kind}"))
    for file in written:
        out.print(f"已写好 {file} · written")


def _hand_on(drawn: _Drawn, path: Path) -> list[Path]:
    from gridkit.exchange.geofiles import write_layers
    from gridkit.maps.layer_tables import dictionary

    tables = drawn.tables()
    return write_layers(tables, path, dictionary=dictionary(tables), about=drawn.about)
