"""Clauses: the rules of law that set a clock, as versioned data with a source."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gridkit.profile.fields import DIGITS_2_OR_4, DIGITS_2_TO_6, Flag, Frozen, Int, Slug, Text

# What can start or stop a clock: receipt, the actions of a step, and what is derived from
# them (`triage.clocks`).
ACTIONS = (
    "registered",
    "triaged",
    "routed",
    "objected",
    "returned",
    "accepted",
    "in_progress",
    "extended",
    "answered",
    "verified",
    "followed_up",
    "closed",
    "archived",
    "withdrawn",
    "merged",
    "to_statutory_channel",
    "review",
    "re_review",
    "reopened",
    "hearing_opened",
    "hearing_closed",
    "mediation_requested",
    "agreement",
    "confirmation_requested",
    "arbitration_requested",
    "arbitration_accepted",
    "award",
    "plan_published",
    "plan_decided",
)
DERIVED_EVENTS = ("heard", "unsatisfied", "review_answered", "re_review_answered")
EVENTS = (*DERIVED_EVENTS, *ACTIONS)

Event = Slug
Dispute = Annotated[str, Field(pattern=DIGITS_2_OR_4)]
Region = Annotated[str, Field(pattern=DIGITS_2_TO_6)]


class Applies(Frozen):
    """Which concerns a clause is about; what is left out does not narrow it.

    `disputes` (codes or groups), `demands` and `details` name the subject: a concern fits
    if any one of them does. `sources` and `safety` narrow further. `other_channel = false`
    keeps matters with a court, arbitration or administrative procedure out (信访工作条例
    31); `true` keeps only those.
    """

    disputes: tuple[Dispute, ...] = ()
    demands: tuple[Slug, ...] = ()
    details: tuple[Slug, ...] = ()
    sources: tuple[Slug, ...] = ()
    safety: Flag | None = None
    other_channel: Flag | None = None


class Clause(Frozen):
    """One rule: whose clock it sets, from when to when, for how long, by which article.

    Attributes
    ----------
    kind : {"duty", "right", "minimum", "limit"}
        Somebody must have acted by then; may act until then; must wait at least until
        then; or a number that is no clock.
    length : int
        Days (people for a `limit`). The day of the start is not counted.
    day : {"calendar", "working"}
        Working days follow the State Council's calendar, 调休 included.
    extension : int
        Days added once, if an `extended_by` event came before the clock ran out.
    starts, stops, resumes : tuple of str
        Events. A resume undoes a stop without moving the start.
    pauses, continues : tuple of str
        Events. The days from the one to the other, both included, are not counted
        (calendar days only).
    turn : str
        Who has to act: a code of the table `turn`.
    valid_from, valid_to : date or None
        The starts to which this version applies, both inclusive; None is open.
    regions : tuple of str
        Beginnings of the division codes where it is in force; none is everywhere.
    verified : bool
        The article and its numbers were read in the primary text.
    """

    id: Slug
    document_zh: Text
    document_en: Text
    article: str = Field(max_length=20)
    act_zh: Text
    act_en: Text
    kind: Literal["duty", "right", "minimum", "limit"]
    length: Int = Field(ge=0, le=3660)
    day: Literal["calendar", "working"] = "calendar"
    extension: Int = Field(default=0, ge=0, le=3660)
    extended_by: tuple[Event, ...] = ("extended",)
    starts: tuple[Event, ...] = ()
    stops: tuple[Event, ...] = ()
    resumes: tuple[Event, ...] = ()
    pauses: tuple[Event, ...] = ()
    continues: tuple[Event, ...] = ()
    turn: Slug
    applies: Applies = Applies()
    regions: tuple[Region, ...] = ()
    valid_from: Annotated[date, Field(strict=True)] | None = None
    valid_to: Annotated[date, Field(strict=True)] | None = None
    source: Text
    verified: Flag = False

    @property
    def citation_zh(self) -> str:
        """Return where the rule stands, in Chinese: 信访工作条例第22条."""
        return f"{self.document_zh}第{self.article}条" if self.article else self.document_zh

    @property
    def citation_en(self) -> str:
        """Return where the rule stands, in English."""
        return f"{self.document_en}, Art. {self.article}" if self.article else self.document_en

    def in_force_in(self, division: str) -> bool:
        """Tell whether this clause is in force in a division, by its code."""
        return not self.regions or division.startswith(self.regions)


class Channel(Frozen):
    """A statutory channel, and the matters that have it: Art. 34 leaves those out."""

    code: Slug
    zh: Text
    en: Text
    disputes: tuple[Dispute, ...] = ()
    demands: tuple[Slug, ...] = ()
    details: tuple[Slug, ...] = ()
    source: Text
    verified: Flag = False
