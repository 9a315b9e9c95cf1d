"""Write down that people met over a matter: 接访, 评理会, 夜话会, 调解, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from gridkit import triage
from gridkit.forms.choices import ChoiceField, Options
from gridkit.forms.desk import Desk
from gridkit.forms.field import Field
from gridkit.forms.section import Group, Section
from gridkit.forms.sheet import Sheet
from gridkit.records.meetings import SESSION
from gridkit.records.models import Session
from gridkit.screen.look import Words

_WHERE = replace(SESSION["division_code"], zh="地点", en="Where", help_zh="", help_en="")
OPEN = Words("记一场接访或评理", "Record a session")
_GROUPS = (
    Group(
        Words("哪一场", "Which session"),
        ("kind", "held_on", "level", "division_code", "room_id", "unit", "leader_post"),
    ),
    Group(Words("来了多少", "How many came"), ("batches", "persons", "is_dispute")),
    Group(Words("结果", "What came of it"), ("outcome", "settlement", "agreed_on")),
)


class SessionSheet(Sheet):
    """A session on one matter, or on none of the ledger; it counts persons, never who.

    Parameters
    ----------
    desk : Desk
    by_role : str
        The role of who writes it down.
    lang : {"zh", "en"}
    """

    def __init__(self, desk: Desk, *, by_role: str = "centre_staff", lang: str = "zh") -> None:
        self._desk, self._by_role = desk, by_role
        self._concern_id: str | None = None
        super().__init__(OPEN, self._questions, self._write, lang=lang)

    def open_matter(self, concern_id: str | None) -> None:
        """Ask about a session on this matter; None where it was on no matter of the ledger."""
        if concern_id != self._concern_id:
            self._concern_id = concern_id
            self.forget()

    def _questions(self) -> Section:
        desk = self._desk
        own: dict[str, Field] = {
            "division_code": ChoiceField(_WHERE, _places(desk), lang=self.lang),
            "room_id": ChoiceField(SESSION["room_id"], _rooms(desk), lang=self.lang),
        }
        section = Section(
            SESSION,
            desk.profile,
            _GROUPS,
            fields=own,
            lang=self.lang,
            today=desk.store.today,
        )
        section.load({"held_on": desk.today})
        return section

    def _write(self, answers: dict[str, Any]) -> Words:
        about = [] if self._concern_id is None else [self._concern_id]
        held = triage.hold_session(
            self._desk.store, Session(**answers, concern_ids=about), by_role=self._by_role
        )
        self._desk.keep_up()
        if held.steps:
            return Words(
                "已保存这一场, 并记下协议; 司法确认的三十日从协议当天起算。",
                "The session is saved, and the agreement; the 30 days for judicial "
                "confirmation run from its day.",
            )
        return Words("已保存这一场。", "The session is saved.")


def _places(desk: Desk) -> Options:
    """Offer the county, its townships and its villages, by name."""
    grids = desk.grids
    county = f"{desk.profile.county_code:0<12}"
    made: Options = [(Words(desk.name or county, desk.name or county), county)]
    townships = _named(grids, "township")
    for code, name in townships.items():
        made.append((Words(name, name), code))
        villages = _named(grids[(grids["township_code"].astype("str") == code)], "village")
        made += [(Words(f"{name} {v}", f"{name} {v}"), c) for c, v in villages.items()]
    return made


def _named(grids: pd.DataFrame, level: str) -> dict[str, str]:
    """Give the names of one level by code, in the order of the codes; the code where none is."""
    codes = grids[f"{level}_code"].astype("str")
    names = grids.get(f"{level}_name", codes).astype("str")
    return dict(sorted(zip(codes, names, strict=True)))


def _rooms(desk: Desk) -> Options:
    rooms = desk.store.frame("room")
    still = rooms[rooms["shut_on"].isna()]
    return [
        (Words(str(row["title"]), str(row["title"])), str(i)) for i, row in still.iterrows()
    ]
