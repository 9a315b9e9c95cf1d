"""What an office decides for itself: bands, units, routes, reception days, checklists."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gridkit.profile.fields import (
    DIGITS_2_OR_4,
    DIVISION,
    HEX_COLOR,
    Flag,
    Frozen,
    Int,
    Slug,
    Text,
)

Level = Literal["county", "township", "village"]
OnHoliday = Literal["next_working_day", "previous_working_day", "drop", "keep"]


class Band(Frozen):
    """How urgent: a name, a color, an owner, and a time to respond.

    A band holds the scores above `above` (exclusive; points), up to the band before it.
    `respond_days` counts calendar days. `owner_level` is the level of its owner, where that
    is known: on whose reception day its matters are laid before a leader.
    """

    code: Slug
    zh: Text
    en: Text
    color: Annotated[str, Field(pattern=HEX_COLOR)]
    above: Int = Field(ge=-1000, le=1000)
    owner_zh: Text
    owner_en: Text
    owner_level: Level | None = None
    respond_days: Int = Field(ge=0, le=366)
    source: Text
    verified: Flag = False


class Unit(Frozen):
    """An office with the authority to deal with a matter."""

    code: Slug
    zh: Text
    en: Text
    level: Level
    aka: tuple[str, ...] = ()
    source: Text
    verified: Flag = False


class Route(Frozen):
    """Where a matter goes first (`to`), and who joins in; a proposal, a human decides.

    At most one of `dispute` (code or group), `demand_detail` and `demand_type` is given;
    none is the rule for all the rest. `division` narrows it to where the division code
    begins so. `reason_zh` and `reason_en` say why, where the rule itself does not.
    """

    to: Slug
    joint: tuple[Slug, ...] = ()
    demand_type: Slug | None = None
    demand_detail: Slug | None = None
    dispute: Annotated[str, Field(pattern=DIGITS_2_OR_4)] | None = None
    division: Annotated[str, Field(pattern=DIVISION)] | None = None
    reason_zh: Text | None = None
    reason_en: Text | None = None
    source: Text
    verified: Flag = False

    @property
    def key(self) -> tuple[str, str] | None:
        """Return what the rule is about: the field and its code."""
        for name in ("dispute", "demand_detail", "demand_type"):
            code: str | None = getattr(self, name)
            if code is not None:
                return name, code
        return None


class Join(Frozen):
    """Units that join in wherever a concern is flagged so: a danger, a basic need cut.

    `field` is a many-of field of the concern, `code` one of its codes.
    """

    field: Literal["safety", "basic_need", "setting", "hardening"]
    code: Slug
    joint: tuple[Slug, ...] = Field(min_length=1)
    reason_zh: Text
    reason_en: Text
    source: Text
    verified: Flag = False


class Reception(Frozen):
    """A day on which leaders receive residents: each month, or each week (ISO, Monday 1).

    `on_holiday` says what becomes of a day that is no working day.
    """

    level: Level
    zh: Text
    en: Text
    monthly_day: Int | None = Field(default=None, ge=1, le=31)
    weekday: Int | None = Field(default=None, ge=1, le=7)
    on_holiday: OnHoliday = "next_working_day"
    source: Text
    verified: Flag = False


class Item(Frozen):
    """One line of a checklist."""

    code: Slug
    zh: Text
    en: Text


class Checklist(Frozen):
    """Things to be settled for a hard matter."""

    code: Slug
    zh: Text
    en: Text
    items: tuple[Item, ...] = Field(min_length=1)
    source: Text
    verified: Flag = False
