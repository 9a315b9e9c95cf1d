"""The keeper of drafts: what is typed goes to the disk, and comes back when asked for.

Within half a second of a change the whole form is written; nobody has to think of it. What
was left unfinished (a kernel that died, a page that was closed, a visit put aside) is
listed above the form, to be gone on with or deleted on purpose.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import ipywidgets as W  # noqa: N812

from gridkit.errors import GridkitError
from gridkit.records.drafts import Draft, Drafts, saved_among, traces
from gridkit.records.ids import new_id
from gridkit.records.revision import CIVIL_ZONE, utc_text
from gridkit.records.store import Store
from gridkit.screen.look import Column, Words, html, tag

DELAY_SECONDS = 0.5
LISTED = 8
"""At most so many drafts are listed; older ones come up as these are finished."""


class Kind(NamedTuple):
    """One kind of draft: `key` is the part of the content that only this kind has.

    `title` writes the heading of so many drafts; `parts` gives what names one: where, and
    how much of it, never what was said.
    """

    key: str
    title: Callable[[int], Words]
    parts: Callable[[Mapping[str, Any], str], tuple[str, ...]]


class DraftKeeper(Column):
    """Keeps one form's draft on the disk, and lists the other drafts of its kind.

    Parameters
    ----------
    store : Store
        The ledger that they are kept beside; a draft that it holds has done its duty.
    kind : Kind
        Which drafts are listed.
    lang : {"zh", "en"}
        Which language comes first.

    Attributes
    ----------
    draft_id : str
        Under which the form is kept. It changes where another window goes on with the draft
        and this one types on: both are kept then.
    status : HTML
        Says when the draft was last written.
    """

    def __init__(self, store: Store, kind: Kind, *, lang: str = "zh") -> None:
        self._store, self._kind = store, kind
        self._drafts = Drafts.beside(store.path)
        self._writer = uuid.uuid4().hex
        self._typed: Callable[[], Mapping[str, Any] | None] = lambda: None
        self._show: Callable[[Draft], None] = lambda _: None
        self._due: asyncio.TimerHandle | None = None
        self._kept = False
        self._told: tuple[Words, str] | None = None
        self._listed: dict[tuple[str, str, str], Any] = {}
        self.lang = lang
        self.draft_id = ""
        self.status = html(css="gk-draft")
        super().__init__()
        self.add_class("gk-drafts")

    def attend(
        self,
        typed: Callable[[], Mapping[str, Any] | None],
        show: Callable[[Draft], None],
    ) -> None:
        """Tell how to read the form (None where it is blank) and how to show a draft in it."""
        self._typed, self._show = typed, show
        self.refresh()

    def begin(self, draft_id: str) -> None:
        """Keep the form under a new id from now on; what was typed before is on the disk."""
        self.flush()
        self.draft_id, self._kept = draft_id, False
        self._say(None)

    def changed(self) -> None:
        """Note that something was typed: it is written soon, or at once without a screen."""
        if self._due is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
        else:
            self._due = loop.call_later(DELAY_SECONDS, self._come_due)

    def flush(self) -> None:
        """Write now what is waiting to be written."""
        if self._due is not None:
            self._due.cancel()
            self._come_due()

    def _come_due(self) -> None:
        self._due = None
        self._write()

    def done(self) -> None:
        """Drop the draft: it is in the ledger. What another window took over stays."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._drafts.drop(self.draft_id, self._writer)
        self._kept = False
        self._say(None)

    def _write(self) -> None:
        typed = self._typed()
        if typed is None:
            if self._kept:
                self.done()
            return
        now = datetime.now(UTC)
        draft = Draft(self.draft_id, self._writer, utc_text(now), typed)
        try:
            mine = self._drafts.keep(draft)
            if not mine:
                self.draft_id = new_id()
                self._drafts.keep(draft._replace(draft_id=self.draft_id))
        except GridkitError as error:
            self._say(Words(error.zh, error.en), "gk-refused")
            return
        self._kept = True
        if not mine:
            self._say(_TAKEN, "gk-refused")
            return
        at = f"{now.astimezone(CIVIL_ZONE):%H:%M:%S}"
        self._say(
            Words(f"草稿已存在本机 {at}, 还没有进台账", f"Draft kept {at}; not saved yet")
        )

    def refresh(self) -> None:
        """List the drafts that other forms, or this one earlier, left unfinished."""
        found = [
            draft
            for draft in self._drafts.listed()
            if draft.draft_id != self.draft_id and self._kind.key in draft.content
        ]
        saved = self._saved(found)
        for draft in found:
            if draft.draft_id in saved:  # stopped between COMMIT and here
                self._drafts.drop(draft.draft_id)
        left = [draft for draft in found if draft.draft_id not in saved]
        rows = self._rows(left[:LISTED])
        title = self._kind.title(len(left))
        head = [html(tag("h4", title.both(self.lang)))] if rows else []
        self.children = (*head, *rows)
        (self.add_class if rows else self.remove_class)("gk-card")

    def _saved(self, drafts: list[Draft]) -> set[str]:
        ids = {trace.record_id for draft in drafts for trace in traces(draft)}
        return saved_among(drafts, self._store.histories(ids)) if ids else set()

    def _rows(self, drafts: list[Draft]) -> list[Any]:
        """Give a row for each; one that stands already stays, with what it asks."""
        keys = [(draft.draft_id, draft.kept_at, self.lang) for draft in drafts]
        self._listed = {
            key: self._listed.get(key) or self._row(draft)
            for key, draft in zip(keys, drafts, strict=True)
        }
        return list(self._listed.values())

    def _row(self, draft: Draft) -> Any:
        go, drop, sure = W.Button(), W.Button(), W.Button()
        go.description = Words("接着写", "Go on").of(self.lang)
        drop.description = Words("删除", "Delete").of(self.lang)
        sure.description = Words("确定删除, 内容不保留", "Yes, delete it").of(self.lang)
        drop.add_class("gk-quiet")
        sure.add_class("gk-danger")
        sure.layout.display = "none"

        def ask(_: Any) -> None:
            drop.layout.display, sure.layout.display = "none", None

        go.on_click(lambda _: self.resume(draft.draft_id))
        drop.on_click(ask)
        sure.on_click(lambda _: self.drop(draft.draft_id))
        row = W.Box([html(tag("span", self._name(draft))), go, drop, sure])
        row.add_class("gk-row")
        return row

    def resume(self, draft_id: str) -> None:
        """Go on with a draft in this form; what stood in the form stays a draft itself."""
        self.flush()
        try:
            draft = self._drafts.take(draft_id, self._writer)
        except GridkitError as error:
            self._say(Words(error.zh, error.en), "gk-refused")
            return
        if draft is not None:
            self._show(draft)
            self._kept = True
        self.refresh()

    def drop(self, draft_id: str) -> None:
        """Delete a draft that a person does not want any more."""
        self._drafts.drop(draft_id)
        self.refresh()

    def speak(self, lang: str) -> None:
        """Show everything in another language first."""
        if lang != self.lang:  # a form says its language as it is made, too
            self.lang = lang
            self.refresh()
            self._say(*(self._told or (None,)))

    def _name(self, draft: Draft) -> str:
        at = datetime.fromisoformat(draft.kept_at).astimezone(CIVIL_ZONE)
        parts = self._kind.parts(draft.content, self.lang)
        return " · ".join(filter(None, (f"{at.month}-{at.day} {at:%H:%M}", *parts)))

    def _say(self, words: Words | None, css: str = "gk-help") -> None:
        self._told = None if words is None else (words, css)
        self.status.value = tag("div", words.of(self.lang), cls=css) if words else ""


_TAKEN = Words(
    "这份草稿已在另一个窗口接着写: 请到那里继续。这里再写的另存为一份草稿, 两份都在。",
    "Another window goes on with this draft: continue there. What is typed here is kept as a "
    "draft of its own; both stay.",
)
