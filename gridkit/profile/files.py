"""The shape of each profile file, and how its entries inherit `source` and `verified`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from gridkit.profile.choices import Choice, Table
from gridkit.profile.clause import Channel, Clause
from gridkit.profile.fields import (
    DIGITS_2,
    DIGITS_4,
    DIGITS_6,
    Flag,
    Frozen,
    Int,
    Slug,
    Sourced,
    TableCode,
    Text,
)
from gridkit.profile.office import Band, Checklist, Join, Reception, Route, Unit


class CountyFile(Sourced):
    """`county.toml`: which county this is."""

    code: Annotated[str, Field(pattern=DIGITS_6)]
    zh: Text
    en: Text
    invented: Flag
    grid_digits: Int = Field(default=3, ge=1, le=6)
    photos: Flag = False


class Entry(Frozen):
    """One code in a file, before it becomes a `Choice`."""

    code: TableCode
    zh: Text
    en: Text
    aka: tuple[Text, ...] = ()
    source: Text | None = None
    verified: Flag | None = None

    def choice(
        self, inherited: Sourced, *, parent: str | None = None, route_out: bool = False
    ) -> Choice:
        """Return the choice, with what it does not say taken from above."""
        return Choice(
            code=self.code,
            zh=self.zh,
            en=self.en,
            aka=self.aka,
            parent=parent,
            route_out=route_out,
            source=self.source or inherited.source,
            verified=inherited.verified if self.verified is None else self.verified,
        )


class DemandType(Entry):
    """A demand type with its details."""

    code: Slug
    detail: tuple[Entry, ...] = Field(min_length=1)
    disputes: tuple[TableCode, ...] = ()


class DemandsFile(Sourced):
    """`demands.toml`: what is needed, on two levels."""

    type: tuple[DemandType, ...] = Field(min_length=1)

    def tables(self) -> Iterator[Table]:
        """Yield the tables `demand_type` and `demand_detail`."""
        kinds = [
            entry.choice(self).model_copy(update={"disputes": entry.disputes})
            for entry in self.type
        ]
        details = [d.choice(self, parent=kind.code) for kind in self.type for d in kind.detail]
        yield _table("demand_type", "诉求类型", "Demand type", self, kinds)
        yield _table("demand_detail", "诉求细类", "Demand detail", self, details)


class DisputeCode(Entry):
    """A dispute code: four digits, the first two its group's."""

    code: Annotated[str, Field(pattern=DIGITS_4)]


class DisputeGroup(Entry):
    """A group of dispute codes; one without codes is itself the code to record."""

    code: Annotated[str, Field(pattern=DIGITS_2)]
    route_out: Flag = False
    codes: tuple[DisputeCode, ...] = ()


class DisputesFile(Sourced):
    """`disputes.toml`: who is at odds over what, on two levels."""

    group: tuple[DisputeGroup, ...] = Field(min_length=1)

    def tables(self) -> Iterator[Table]:
        """Yield the tables `dispute_group` and `dispute_code`."""
        groups = [g.choice(self, route_out=g.route_out) for g in self.group]
        codes = [
            entry.choice(self, parent=group.code, route_out=group.route_out)
            for group in self.group
            for entry in (group.codes or (group,))
        ]
        yield _table("dispute_group", "纠纷大类", "Dispute group", self, groups)
        yield _table("dispute_code", "纠纷类别", "Dispute code", self, codes)


class SmallTable(Sourced):
    """One table of `tables.toml`."""

    zh: Text
    en: Text
    ordered: Flag = False
    many: Flag = False
    choices: tuple[Entry, ...] = Field(min_length=1)


class TablesFile(Frozen):
    """`tables.toml`: the small tables, all of which other chapters rely on."""

    source: SmallTable
    settlement: SmallTable
    scale: SmallTable
    level: SmallTable
    harm: SmallTable
    safety: SmallTable
    basic_need: SmallTable
    setting: SmallTable
    hardening: SmallTable
    mitigation: SmallTable
    met_role: SmallTable
    turn: SmallTable
    clock_status: SmallTable

    def tables(self) -> Iterator[Table]:
        """Yield the tables in the order of their declaration."""
        for name in type(self).model_fields:
            small: SmallTable = getattr(self, name)
            yield Table(
                name=name,
                zh=small.zh,
                en=small.en,
                source=small.source,
                verified=small.verified,
                ordered=small.ordered,
                many=small.many,
                choices=tuple(entry.choice(small) for entry in small.choices),
            )


class UnitsFile(Sourced):
    """`units.toml`."""

    unit: tuple[Unit, ...] = Field(min_length=1)


class RoutesFile(Sourced):
    """`routes.toml`."""

    route: tuple[Route, ...] = Field(min_length=1)
    join: tuple[Join, ...] = ()


class ColorsFile(Sourced):
    """`colors.toml`."""

    band: tuple[Band, ...] = Field(min_length=2)


class ClocksFile(Sourced):
    """`clocks.toml`."""

    clause: tuple[Clause, ...]
    channel: tuple[Channel, ...] = ()


class ReceptionsFile(Sourced):
    """`receptions.toml`."""

    reception: tuple[Reception, ...] = ()


class ChecklistsFile(Sourced):
    """`checklists.toml`."""

    checklist: tuple[Checklist, ...] = ()


# lists whose entries inherit `source` and `verified` from the head of their file; a clause
# cites its own source, always
INHERITING = {
    "units.toml": ("unit",),
    "routes.toml": ("route", "join"),
    "colors.toml": ("band",),
    "receptions.toml": ("reception",),
    "checklists.toml": ("checklist",),
}


def inherit(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's content with the head's `source` and `verified` in its entries."""
    head: dict[str, Any] = {
        "source": content.get("source"),
        "verified": content.get("verified"),
    }
    if not isinstance(head["source"], str) or not head["source"]:
        head["source"] = "-"  # reported once, at the head
    if not isinstance(head["verified"], bool):
        head["verified"] = False
    filled = dict(content)
    for key in INHERITING.get(name, ()):
        entries = content.get(key)
        if isinstance(entries, list):
            filled[key] = [{**head, **e} if isinstance(e, dict) else e for e in entries]
    return filled


def _table(name: str, zh: str, en: str, file: Sourced, choices: list[Choice]) -> Table:
    return Table(
        name=name,
        zh=zh,
        en=en,
        source=file.source,
        verified=file.verified,
        choices=tuple(choices),
    )
