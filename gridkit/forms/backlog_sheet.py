"""Put a matter on a list of hard ones (积案), or bring its checklist up to date."""

from __future__ import annotations

from typing import Any

from gridkit.forms.desk import Desk
from gridkit.forms.section import Group, Section
from gridkit.forms.sheet import Sheet
from gridkit.records.meetings import BACKLOG
from gridkit.records.models import Backlog
from gridkit.records.standing import Current
from gridkit.screen.look import Words

TAKE = Words("列入积案", "Put on a list of hard matters")
UPDATE = Words("更新积案清单", "Bring its checklist up to date")
_GROUPS = (
    Group(
        Words("包案与清单", "Owner and checklist"), ("batch", "taken_on", "leader_post", "done")
    ),
)
_WHY = "更新积案清单 · checklist brought up to date"


class BacklogSheet(Sheet):
    """Who owns a hard matter, by post, and which items of the checklist are done.

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
        self._known: Current | None = None
        super().__init__(TAKE, self._questions, self._write, lang=lang)

    def open_matter(self, concern_id: str) -> None:
        """Ask about one matter: what its last list says, or a new one."""
        store = self._desk.store
        rows = store.frame("backlog", columns=["concern_id", "batch", "taken_on"])
        mine = rows[(rows["concern_id"].astype("str") == concern_id).to_numpy(dtype=bool)]
        last = mine.sort_values(["batch", "taken_on"]).index[-1:]
        known = next(iter(store.current(last.tolist()).values()), None)
        if (concern_id, known) != (self._concern_id, self._known):
            self._concern_id, self._known = concern_id, known
            self.call(TAKE if known is None else UPDATE)
            self.forget()

    def _questions(self) -> Section:
        desk, known = self._desk, self._known
        section = Section(
            BACKLOG, desk.profile, _GROUPS, lang=self.lang, today=desk.store.today
        )
        section.given = {"concern_id": self._concern_id}
        section.load({"taken_on": desk.today} if known is None else known.record.answers())
        return section

    def _write(self, answers: dict[str, Any]) -> Words:
        store, known = self._desk.store, self._known
        if known is None:
            store.add([Backlog(**answers, concern_id=self._concern_id)], by_role=self._by_role)
            told = Words("已列入积案。", "It is on the list of hard matters.")
        else:
            record = Backlog(
                record_id=known.record.record_id, concern_id=self._concern_id, **answers
            )
            store.revise(record, parents=known.heads, by_role=self._by_role, why=_WHY)
            told = Words("积案清单已更新。", "Its checklist is up to date.")
        self._desk.keep_up()
        return told
