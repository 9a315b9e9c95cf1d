"""The questions of a finished record, open to be changed: those of the recording form.

The place has the same map, buttons and checks as when it was recorded; they speak only once
the place or its grid was changed, so that an old record can be corrected in other things.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from gridkit.errors import DataError
from gridkit.forms.concern_card import GROUPS, asked_groups
from gridkit.forms.disputes import Disputes
from gridkit.forms.field import Field
from gridkit.forms.grid_field import GridField
from gridkit.forms.photo_field import PhotoField
from gridkit.forms.place import PlacePart
from gridkit.forms.section import Group, Section
from gridkit.records.models import Record, kind_of
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.store import Store
from gridkit.screen.look import Column, Words

_PLACE = ("lon", "lat", "grid_id")


class Amended(Column):
    """One record with the answers that it has, to be changed.

    Parameters
    ----------
    store : Store
    grids : GeoDataFrame
        The county's grids.
    record : Record
        A visit or a concern.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    section : Section
    place : PlacePart or None
        None for a record that has no place.
    """

    def __init__(
        self, store: Store, grids: gpd.GeoDataFrame, record: Record, *, lang: str = "zh"
    ) -> None:
        self._record = record
        kind = kind_of(record)
        spec = RECORD_SPECS[kind]
        grid = GridField(spec["grid_id"], grids["name"], lang=lang)
        made: dict[str, Field] = {"grid_id": grid}
        if "photo" in spec.names:
            made["photo"] = PhotoField(spec["photo"], store.photos, lang=lang)
        self.section = Section(
            spec,
            store.profile,
            _groups(kind, store),
            fields=made,
            lang=lang,
            today=store.today,
        )
        self._show(record)
        self._grid = grid
        self.place = None if kind != "concern" else self._placed(grids, lang)
        super().__init__([self.section, *([] if self.place is None else [self.place])])
        if kind == "concern":
            fields = self.section.fields
            Disputes(fields["demand_type"], fields["dispute_code"], store.profile)

    def _show(self, record: Record) -> None:
        answers = record.answers()
        for name, field in self.section.fields.items():
            try:
                field.load(answers.get(name))
            except DataError as error:  # a code that the profile has no longer
                field.say(Words(error.zh, error.en))

    def _placed(self, grids: gpd.GeoDataFrame, lang: str) -> PlacePart:
        fields, record = self.section.fields, self._record
        place = PlacePart(fields["lon"], fields["lat"], grids, self._grid.label_of, lang=lang)
        place.at_home(self._grid.value)
        if record.lon is not None and record.lat is not None:
            point = (record.lon, record.lat)
            place.retype({"marked": (point, record.place_source, record.accuracy_m)})
        self._grid.on_answer(lambda _: place.at_home(self._grid.value))
        place.agree_button.on_click(lambda _: self._grid.load(place.grid_id))
        return place

    @property
    def value(self) -> dict[str, Any]:
        """All answers of the record as they stand now, also those that are not asked."""
        before = self._record.answers()
        kept = {n: v for n, v in before.items() if n not in self.section.fields}
        after = {**kept, **self.section.value}
        if self.place is not None and self._moved(after):
            told = {"place_source": self.place.source, "accuracy_m": self.place.accuracy_m}
            after |= told
        return {name: value for name, value in after.items() if value is not None}

    def _moved(self, after: dict[str, Any]) -> bool:
        before = self._record.answers()
        return any(before.get(name) != after.get(name) for name in _PLACE)

    def check(self) -> dict[str, Words]:
        """Find all faults and show each under its field."""
        found = self.section.check()
        if self.place is not None and self._moved(self.section.value):
            fault = self.place.fault()
            if fault is not None:
                found.setdefault("lon", fault)
        return found

    @property
    def typed(self) -> dict[str, Any]:
        """All inputs as they stand, for a draft."""
        place = {} if self.place is None else self.place.typed
        return {"fields": self.section.typed, "place": place}

    def retype(self, typed: Mapping[str, Any]) -> None:
        """Put all inputs back as `typed` gave them."""
        self.section.retype(typed.get("fields", {}))
        if self.place is not None:
            self.place.at_home(self._grid.value)
            self.place.retype(typed.get("place", {}))

    def speak(self, lang: str) -> None:
        """Show everything in another language first; what was changed stays."""
        self.section.speak(lang)
        if self.place is not None:
            self.place.speak(lang)


def _groups(kind: str, store: Store) -> tuple[Group, ...]:
    """Ask what the recording form asks, and what it took from the visit, in its order."""
    asked = tuple(f.name for f in RECORD_SPECS[kind].fields if f.asked)
    if kind != "concern":
        return (Group(Words("", ""), asked),)
    grouped = {name for group in GROUPS for name in group.names}
    first = tuple(name for name in asked if name not in grouped)
    return (Group(Words("", ""), first), *asked_groups(store.profile))
