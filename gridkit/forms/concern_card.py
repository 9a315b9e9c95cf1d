"""One concern in a visit: its questions, its place, and a way to take it out again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import ipywidgets as W  # noqa: N812

from gridkit.forms.category_search import CategorySearch
from gridkit.forms.disputes import Disputes
from gridkit.forms.lookup import Category
from gridkit.forms.photo_field import PhotoField
from gridkit.forms.place import PlacePart
from gridkit.forms.section import Group, Section
from gridkit.profile import Profile
from gridkit.records.ids import new_id
from gridkit.records.models import Concern, Record
from gridkit.records.spec import CONCERN
from gridkit.records.store import Store
from gridkit.screen.look import Column, Words, html, tag

# Asked in this order; what the visit knows (grid, day, source) is not asked twice.
GROUPS = (
    Group(
        Words("什么事", "What"),
        ("demand_type", "demand_detail", "dispute_code", "summary", "wanted"),
    ),
    Group(
        Words("影响", "Reach and harm"),
        ("households_affected", "people_affected", "since", "harm"),
    ),
    Group(
        Words("轻重缓急", "What makes it urgent"),
        ("safety", "basic_need", "setting", "hardening", "works_start", "mitigation"),
    ),
    Group(Words("位置", "Place"), ("lon", "lat")),
)
PHOTO_GROUP = Group(Words("照片", "Photo"), ("photo",))
FROM_VISIT = ("grid_id", "heard_on")
"""Asked by the spec, but answered once for the whole visit."""


def asked_groups(profile: Profile) -> tuple[Group, ...]:
    """Give the groups of questions about a concern; the photo only where the county takes any."""
    *first, place = GROUPS
    return (*first, PHOTO_GROUP, place) if profile.photos else GROUPS


class ConcernCard(Column):
    """The questions about one concern.

    Parameters
    ----------
    store : Store
        The ledger: its profile gives the choices, its clock the day; it keeps the photos.
    grids : GeoDataFrame
        The county's grids.
    grid_name : callable
        Gives the words for a grid id.
    record_id : str, optional
        The id that the concern will have; a new one by default.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    record_id : str
    search : CategorySearch
        Finds type and detail by what people say, or by pinyin.
    section : Section
    place : PlacePart
    remove_button, confirm_button, keep_button : Button
    """

    def __init__(
        self,
        store: Store,
        grids: gpd.GeoDataFrame,
        grid_name: Callable[[str], str],
        *,
        record_id: str | None = None,
        lang: str = "zh",
    ) -> None:
        profile = store.profile
        self.lang = lang
        self.record_id = record_id or new_id()
        self.mark = ""
        self._number = 0
        self._removers: list[Callable[[ConcernCard], None]] = []
        photo = {"photo": PhotoField(CONCERN["photo"], store.photos, lang=lang)}
        self.section = Section(
            CONCERN, profile, asked_groups(profile), fields=photo, lang=lang, today=store.today
        )
        fields = self.section.fields
        self.search = CategorySearch(profile, lang=lang)
        self.search.on_pick(self._picked)
        self._disputes = Disputes(fields["demand_type"], fields["dispute_code"], profile)
        self.place = PlacePart(fields["lon"], fields["lat"], grids, grid_name, lang=lang)
        self._seekers: list[Callable[[ConcernCard, str], None]] = []
        self._title = html()
        self.remove_button, self.confirm_button, self.keep_button = (
            W.Button() for _ in range(3)
        )
        self.remove_button.add_class("gk-quiet")
        self.confirm_button.add_class("gk-danger")
        head = W.Box([self._title, self.remove_button, self.confirm_button, self.keep_button])
        head.add_class("gk-row")
        super().__init__([head, self.search, self.section, self.place])
        self.add_class("gk-card")
        self.add_class("gk-part")
        self.remove_button.on_click(lambda _: self._ask())
        self.confirm_button.on_click(lambda _: self._remove())
        self.keep_button.on_click(lambda _: self._asking(on=False))
        self._asking(on=False)
        self.speak(lang)

    def number(self, number: int) -> None:
        """Tell the card its number, counted from 1."""
        if self.mark:
            self.remove_class(self.mark)
        self.mark = f"gk-part-{number}"
        self.add_class(self.mark)
        self._number = number
        self._show_title()

    def _picked(self, category: Category) -> None:
        fields = self.section.fields
        fields["demand_type"].load(category.demand_type)
        if category.demand_detail is not None:
            fields["demand_detail"].load(category.demand_detail)
        known = category.demand_detail is not None
        for listener in self._seekers:
            listener(self, "summary" if known else "demand_detail")

    def on_seek(self, listener: Callable[[ConcernCard, str], None]) -> None:
        """Call `listener` with the card and the field that the cursor shall go to."""
        self._seekers.append(listener)

    def of_visit(
        self,
        grid_id: str | None,
        visited_on: date | None,
        known: tuple[float, float] | None = None,
    ) -> None:
        """Tell the card what the visit knows: grid, day, and an earlier place of the door."""
        self.place.know(known)
        self.section.given = {} if visited_on is None else {"heard_on": visited_on}
        self.place.at_home(grid_id)

    @property
    def value(self) -> dict[str, Any]:
        """The answers, with the grid and the source of the place."""
        found = self.section.value
        if self.place.source is not None:
            found["place_source"] = self.place.source
        if self.place.accuracy_m is not None:
            found["accuracy_m"] = self.place.accuracy_m
        if self.place.grid_id is not None:
            found["grid_id"] = self.place.grid_id
        return found

    @property
    def typed(self) -> dict[str, Any]:
        """All inputs as they stand, for a draft."""
        return {
            "record_id": self.record_id,
            "fields": self.section.typed,
            "place": self.place.typed,
        }

    def retype(self, typed: Mapping[str, Any]) -> None:
        """Put inputs back as `typed` gave them."""
        self.section.retype(typed.get("fields", {}))
        self.place.retype(typed.get("place", {}))

    def carry(self, answers: Mapping[str, Any], hint: Words) -> None:
        """Show answers of last time, each marked as such until it is changed."""
        for name, field in self.section.fields.items():
            if name in answers:
                field.carry(answers[name], hint)
        if "lon" in answers and "lat" in answers:
            self.place.mark(
                (answers["lon"], answers["lat"]),
                answers.get("place_source", "typed"),
                answers.get("accuracy_m"),
            )

    def record(self, *, visit_id: str, heard_on: date) -> Record:
        """Make the record of this concern."""
        return Concern(
            record_id=self.record_id,
            visit_id=visit_id,
            heard_on=heard_on,
            source="grid_visit",
            **self.value,
        )

    @property
    def touched(self) -> bool:
        """Whether anything was typed or chosen."""
        return self.section.touched

    def check(self) -> dict[str, Words]:
        """Find all faults and show each under its field."""
        found = self.section.check()
        place = self.place.fault()
        if place is not None:
            found.setdefault("lon", place)
        return found

    def load(self, values: dict[str, Any]) -> None:
        """Show given answers."""
        self.section.load(values)
        if "lon" in values and "lat" in values:
            source = str(values.get("place_source", "typed"))
            self.place.mark((values["lon"], values["lat"]), source, values.get("accuracy_m"))

    def on_remove(self, listener: Callable[[ConcernCard], None]) -> None:
        """Call `listener` when the card is to be taken out."""
        self._removers.append(listener)

    def speak(self, lang: str) -> None:
        """Show everything in another language first; answers stay."""
        self.lang = lang
        self.remove_button.description = Words("删除这件", "Remove").of(lang)
        self.confirm_button.description = Words("确定删除, 内容不保留", "Yes, remove it").of(
            lang
        )
        self.keep_button.description = Words("不删", "Keep it").of(lang)
        self.search.speak(lang)
        self.section.speak(lang)
        self.place.speak(lang)
        self._show_title()

    def _show_title(self) -> None:
        words = Words(f"诉求 {self._number}", f"Concern {self._number}")
        self._title.value = tag("h3", words.both(self.lang))

    def _ask(self) -> None:
        if self.touched:
            self._asking(on=True)
        else:
            self._remove()

    def _asking(self, *, on: bool) -> None:
        self.remove_button.layout.display = "none" if on else None
        for button in (self.confirm_button, self.keep_button):
            button.layout.display = None if on else "none"

    def _remove(self) -> None:
        for listener in self._removers:
            listener(self)
