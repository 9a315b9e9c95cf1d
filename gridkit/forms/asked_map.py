"""A desk map of the layers asked for by name, and the sentence that belongs to each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from gridkit import hotspots, maps
from gridkit.errors import DataError
from gridkit.forms.desk import Desk
from gridkit.forms.hotspot_methods import (
    RATE,
    Answer,
    Question,
    by_cluster,
    by_grid,
    by_history,
    by_silence,
)
from gridkit.maps import layers
from gridkit.maps.county_map import concern_layer
from gridkit.maps.events import read_events
from gridkit.maps.layers import MapLayer
from gridkit.records import Workspace
from gridkit.screen.look import Words
from gridkit.triage.rooms import open_rooms
from gridkit.triage.worklist import worklist

# Of layers that cover each other only the first that was asked for is shown at once.
_FILLED = ("rates", "weeks", "heat", "dots")
_MARKED = ("hotspots", "clusters", "emerging", "silent")
_STOPS = 12
_SETTLED = layers.BandStyle("settled", "已了结", "settled", "#8a857b")
# Of what stands as it is now: the period says nothing about it.
_STANDING = ("concerns", "rooms", "route")


@dataclass(frozen=True, eq=False)
class AskedMap:
    """A map for the desk.

    Attributes
    ----------
    map : GridMap
        Drawn; `maps.save` writes it.
    sentences : list of (str, str)
        Per layer what it found, or why it was left out; Chinese, English.
    """

    map: maps.GridMap
    sentences: list[tuple[str, str]]


class _Asked:
    """A ledger and a period, asked for one layer after the other."""

    def __init__(
        self, workspace: Workspace, question: Question, demand_types: Sequence[str]
    ) -> None:
        self.workspace, self.question = workspace, question
        self._types = demand_types
        self.said: list[tuple[str, str]] = []

    def _tell(self, answer: Answer) -> Answer:
        words = answer.headline or answer.words
        if (words, "") not in self.said:
            self.said.append((words, ""))
        return answer

    @cached_property
    def _tested(self) -> Answer:
        return self._tell(by_grid(self.question))

    @cached_property
    def _scanned(self) -> Answer:
        return self._tell(by_cluster(self.question))

    @cached_property
    def _open(self) -> pd.DataFrame:
        """Open matters in order, without those of a statutory channel."""
        store, profile = self.workspace.store, self.workspace.profile
        matters = worklist(
            store.frame("concern"), store.frame("step"), self.question.period[1], profile
        )
        matters = hotspots.mappable(matters, profile)
        return matters[matters["demand_type"].isin(self._types)] if self._types else matters

    def _heard(self) -> pd.DataFrame:
        first, last = (pd.Timestamp(day) for day in self.question.period)
        concerns = self.question.concerns
        return concerns[concerns["heard_on"].between(first, last)]

    def rates(self) -> MapLayer:
        return self._tested.layers[0]

    def hotspots(self) -> MapLayer:
        if len(self._tested.layers) < 2:
            raise DataError(
                zh="没有热点图层: " + self._tested.words, en="There are no hotspots to draw."
            )
        return self._tested.layers[1]

    def clusters(self) -> MapLayer:
        return self._scanned.layers[0]

    def emerging(self) -> MapLayer:
        return self._tell(by_history(self.question)).layers[0]

    def silent(self) -> MapLayer:
        return self._tell(by_silence(self.question)).layers[0]

    def weeks(self) -> MapLayer:
        found = self._scanned.table
        return layers.time_layer(
            self.workspace.grids,
            self.question.counts(),
            clusters=found[found["p"] <= 0.05],
            events=read_events(self.workspace.folder),
            until=self.question.period[1],
        )

    def heat(self) -> MapLayer:
        return layers.heat_layer(self._heard())

    def dots(self) -> MapLayer:
        # what is settled has no score any more: it is not the same as "not scored"
        band = (
            self._open["band"].astype("str").reindex(self._heard().index).fillna(_SETTLED.code)
        )
        bands: tuple[layers.Band, ...] = (*self.workspace.profile.bands, _SETTLED)
        return layers.dot_layer(self._heard().assign(band=band), bands=bands)

    def concerns(self) -> MapLayer:
        return concern_layer(self._open, self.workspace.profile, "待办诉求 (不限时段)")

    def rooms(self) -> MapLayer:
        day = self.question.period[1]
        rooms = open_rooms(self.workspace.store.frame("room"), day)
        return layers.room_layer(rooms, self.workspace.grids)

    def route(self) -> MapLayer:
        profile = self.workspace.profile
        labels = {c.code: c.zh for c in profile.choices("demand_type")}
        stops = layers.visit_route(self._open, most=_STOPS)
        return layers.route_layer(stops, bands=profile.bands, labels=labels)


LAYERS: dict[str, tuple[Words, Callable[[_Asked], MapLayer]]] = {
    "rates": (Words("率 (平滑后) 或密度", "rates, or densities"), _Asked.rates),
    "hotspots": (Words("热点检验", "hotspots"), _Asked.hotspots),
    "clusters": (Words("时空聚集", "clusters"), _Asked.clusters),
    "emerging": (Words("热点的来去", "emerging"), _Asked.emerging),
    "silent": (Words("沉默网格", "silent grids"), _Asked.silent),
    "weeks": (Words("逐周播放", "a slider over weeks"), _Asked.weeks),
    "heat": (Words("热力", "heat"), _Asked.heat),
    "dots": (Words("逐点", "every dot"), _Asked.dots),
    "concerns": (Words("待办诉求", "open matters"), _Asked.concerns),
    "rooms": (Words("评理室", "rooms"), _Asked.rooms),
    "route": (Words("走访路线", "a route of visits"), _Asked.route),
}
"""What can be asked for: name, words, and who makes it."""


def layer_names(asked: Sequence[str]) -> tuple[str, ...]:
    """Read the names of layers as they were typed, in Chinese or as codes.

    Parameters
    ----------
    asked : sequence of str
        Each one or several names, parted by commas.

    Returns
    -------
    tuple of str
        Keys of `LAYERS`, each once, in the order asked.

    Raises
    ------
    DataError
        If there is no such layer; all that there are are named.

    Examples
    --------
    >>> layer_names(["heat,时空聚集", "heat"])
    ('heat', 'clusters')
    """
    known = {word: code for code, (words, _) in LAYERS.items() for word in (code, words.zh)}
    typed = [t.strip() for text in asked for t in text.replace("、", ",").split(",")]
    typed = [t for t in typed if t]
    odd = [t for t in typed if t not in known]
    if odd or not typed:
        choices = [f"{code} {words.zh}" for code, (words, _) in LAYERS.items()]
        raise DataError(
            zh=f"没有图层“{'、'.join(odd[:3])}”。可选: {', '.join(choices)}。",
            en=f"There is no layer {', '.join(odd[:3])!r}; there are {', '.join(LAYERS)}.",
        )
    return tuple(dict.fromkeys(known[t] for t in typed))


def asked_map(
    workspace: Workspace,
    names: Sequence[str],
    period: tuple[dt.date, dt.date],
    *,
    demand_types: Sequence[str] | None = None,
    measure: str = RATE,
) -> AskedMap:
    """Draw the layers asked for, for the desk.

    Parameters
    ----------
    workspace : Workspace
        With a ledger and grids.
    names : sequence of str
        Keys of `LAYERS`; those that cover each other are switched by hand, the first is shown.
    period : (date, date)
        First and last day.
    demand_types : sequence of str, optional
        Only concerns of these types; all by default.
    measure : {"rate", "density"}
        By households, or by area.

    Returns
    -------
    AskedMap

    Raises
    ------
    DataError
        If none of the layers can be made; else what is missing is said in the sentences.
    """
    desk = Desk.of(workspace)
    heard = hotspots.mappable(workspace.store.frame("concern"), workspace.profile)
    if demand_types:
        heard = heard[heard["demand_type"].isin(demand_types)]
    near = hotspots.touching(workspace.grids)
    asked = _Asked(
        workspace, Question(desk, heard, period, measure, near, "zh"), demand_types or ()
    )
    drawn: dict[str, MapLayer] = {}
    fault: DataError | None = None
    for name in names:
        try:
            drawn[name] = LAYERS[name][1](asked)
        except DataError as error:
            fault = error
            asked.said.append((f"{LAYERS[name][0].zh}: {error.zh}", error.en))
    if fault is not None and not drawn:
        raise fault
    for group in (_FILLED, _MARKED):
        for name in [n for n in drawn if n in group][1:]:
            drawn[name].show = False
    caption = maps.Caption(
        title=f"{workspace.name} {_title(workspace, drawn, period, demand_types)}",
        on=period[1],
        source="本机台账 / the ledger of this machine",
        invented=workspace.invented,
    )
    m = maps.base_map(workspace.grids, ground=desk.ground)
    for layer in drawn.values():
        m.add_child(layer)
    return AskedMap(maps.add_panel(m, caption, list(drawn.values())), asked.said)


def _title(
    workspace: Workspace,
    drawn: Mapping[str, MapLayer],
    period: tuple[dt.date, dt.date],
    demand_types: Sequence[str] | None,
) -> str:
    """Say what is on the map: one layer by its name, more of them by what they count."""
    names = [layer.legend.title for layer in drawn.values() if layer.legend]
    kinds = [workspace.profile.label("demand_type", t) for t in demand_types or ()]
    if set(drawn) <= set(_STANDING):
        return "、".join([*names, *kinds])
    days = f"{period[0]:%Y-%m-%d} 至 {period[1]:%Y-%m-%d} {'、'.join(kinds) or '诉求'}"
    return f"{days} · {names[0]}" if len(names) == 1 else days
