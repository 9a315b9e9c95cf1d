"""Comparing: what a file says against what the ledger holds, field by field.

Three versions of a record meet: what the file said last time, what it says now, and what
the ledger holds today. What only the file changed may be revised; what only people here
changed stays; where both changed the same field, a person decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from gridkit.errors import RecordError
from gridkit.exchange.table import Fault, plain_values
from gridkit.records.models import Record, kind_of
from gridkit.records.validate import Rules

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from gridkit.records import Store
    from gridkit.records.store import Current

IMPORTER = "importer"
"""The role under which imports are written."""
STEP_FIELDS = ("on", "unit", "satisfied")
"""What a file can say of a step."""
_FEW = 2000  # so many are looked up one by one; for more, whole columns are read


class Row(NamedTuple):
    """One row of the file as records: the concern, and its steps."""

    line: int
    concern: Record
    steps: tuple[Record, ...]


class Revised(NamedTuple):
    """A record as it shall be, and the heads that it follows."""

    record: Record
    heads: tuple[str, ...]


@dataclass
class Comparison:
    """What is to be written, and what becomes of each row.

    Attributes
    ----------
    new : list of Record
        Concerns and steps that the ledger does not have.
    revised : list of Revised
        Records that the file has changed since.
    added, unchanged, changed, held : set of int
        Lines of the rows: each in exactly one of them.
    faults : list of Fault
        Why rows are held.
    """

    new: list[Record] = field(default_factory=list)
    revised: list[Revised] = field(default_factory=list)
    added: set[int] = field(default_factory=set)
    unchanged: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """The number of steps among the new records."""
        return sum(kind_of(record) == "step" for record in self.new)


def compare(
    rows: Sequence[Row],
    fields: Sequence[str],
    store: Store,
    *,
    revise: bool,
    why: str = "",
) -> Comparison:
    """Compare the rows of a file with the ledger.

    A concern that was withdrawn here is held, a step that was is left out.

    Parameters
    ----------
    rows : sequence of Row
        Rows without fault.
    fields : sequence of str
        The fields of the concern that the file speaks of; others are none of its business.
    store : Store
        Read only.
    revise : bool
        Whether a row that has changed becomes a revision, or is held.
    why : str
        The reason under which this very file is written. What it has said already of a
        record is not news, even where a later file said otherwise.

    Returns
    -------
    Comparison
        Nothing is written yet.
    """
    known = _known([row.concern for row in rows], fields, store)
    steps = [step for row in rows for step in row.steps]
    known = known.joined(_known(steps, STEP_FIELDS, store))
    ids = [record.record_id for row in rows for record in (row.concern, *row.steps)]
    withdrawn = store.seen(ids) - known.ids
    histories = store.histories(known.differing)
    ours = histories[(histories["by_role"] == IMPORTER) & (histories["why"] == why)]
    told = frozenset(ours["record_id"]) if why else frozenset()
    said = _said_before(histories)
    before = _Before(known, said, told, Rules(store.profile), store.today())
    result = Comparison()
    for row in rows:
        if row.concern.record_id in withdrawn:
            result.held.add(row.line)
            result.faults.append(Fault(row.line, "record_id", "", "withdrawn"))
            continue
        kept = row._replace(steps=tuple(s for s in row.steps if s.record_id not in withdrawn))
        _compare_row(kept, fields, before, result, revise=revise)
    return result


class _Known(NamedTuple):
    """What the ledger has of some records: their ids, and those that differ as they stand."""

    ids: frozenset[str]
    differing: dict[str, Current]

    def joined(self, other: _Known) -> _Known:
        return _Known(self.ids | other.ids, {**self.differing, **other.differing})


class _Before(NamedTuple):
    """The ledger as it stands, what files said last time (by record), and the rules.

    `told` are the records that this very file has written once.
    """

    known: _Known
    said: dict[str, dict[str, Any]]
    told: frozenset[str]
    rules: Rules
    today: date


def _known(records: Sequence[Record], fields: Sequence[str], store: Store) -> _Known:
    wanted = [record.record_id for record in records]
    if len(records) <= _FEW:
        current = store.current(wanted)
        differing = {
            record.record_id: there
            for record in records
            if (there := current.get(record.record_id)) is not None
            and _unlike(record.body(), there.record.body(), fields)
        }
        return _Known(frozenset(current), differing)
    frame = store.frame(kind_of(records[0]), columns=list(fields))
    frame = frame[frame.index.isin(wanted)]
    place = {record_id: n for n, record_id in enumerate(frame.index)}
    rows = [(place[r.record_id], r) for r in records if r.record_id in place]
    unlike: set[str] = set()
    for name in fields:
        values = plain_values(frame[name])
        unlike.update(r.record_id for n, r in rows if r.__dict__[name] != values[n])
    return _Known(frozenset(place), store.current(unlike))


def _unlike(theirs: dict[str, Any], ours: dict[str, Any], fields: Iterable[str]) -> list[str]:
    return [name for name in fields if theirs.get(name) != ours.get(name)]


def _compare_row(
    row: Row,
    fields: Sequence[str],
    before: _Before,
    result: Comparison,
    *,
    revise: bool,
) -> None:
    known = before.known
    new: list[Record] = []
    revised: list[Revised] = []
    faults: list[Fault] = []
    for record in (row.concern, *row.steps):
        if record.record_id not in known.ids:
            new.append(record)
            continue
        current = known.differing.get(record.record_id)
        if current is None or record.record_id in before.told:
            continue
        spoken_of = fields if record is row.concern else STEP_FIELDS
        change = _change(record, spoken_of, current, before)
        if isinstance(change, Revised) and revise:
            revised.append(change)
        elif change is not None:
            name = "" if record is row.concern else str(record.action)
            faults.append(_held(row.line, name, change))
    result.faults += faults
    if faults:
        result.held.add(row.line)
        return
    result.new += new
    result.revised += revised
    states = result.changed if revised else result.unchanged
    (result.added if row.concern.record_id not in known.ids else states).add(row.line)


def _held(line: int, field_name: str, change: Revised | tuple[str, ...]) -> Fault:
    if isinstance(change, Revised):
        zh, en = (
            '如要更新, 映射 [rows] 写 changed = "revise"',
            'to update, set `changed = "revise"`',
        )
        return Fault(line, field_name, "", "changed", zh, en)
    names = ", ".join(change)
    return Fault(line, field_name or names, "", "changed_both", names, names)


def _change(
    record: Record, fields: Iterable[str], current: Current, before: _Before
) -> Revised | tuple[str, ...] | None:
    """Give the revision that the file asks for, None, or the fields at odds."""
    theirs, ours = record.body(), current.record.body()
    differing = _unlike(theirs, ours, fields)
    said = before.said.get(record.record_id, {})
    asked = [name for name in differing if theirs.get(name) != said.get(name)]
    if not asked:
        return None  # people here changed it, the file did not
    at_odds = tuple(name for name in asked if ours.get(name) != said.get(name))
    if at_odds or len(current.heads) > 1:
        return at_odds or ("record_id",)
    merged: dict[str, Any] = {**ours, **{name: theirs.get(name) for name in asked}}
    try:
        made = type(record)(record_id=record.record_id, **merged)
    except RecordError as error:
        return tuple(p.field for p in error.problems)
    problems = before.rules.problems(made.answers(), made.spec, before.today)
    if problems:  # the two changes are sound apart, and not together
        return tuple(dict.fromkeys(p.field for p in problems))
    return Revised(made, current.heads)


def _said_before(histories: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Gather what the file said in earlier imports, by record and field.

    A revision by an import holds people's changes too; only the fields in which it departs
    from the revision before it are the file's own words.
    """
    bodies: dict[str, dict[str, Any]] = {}
    every: dict[str, dict[str, Any]] = {}
    for row in histories.itertuples():
        body = bodies[str(row.Index)] = json.loads(str(row.body))
        if row.by_role != IMPORTER or row.op == "withdraw":
            continue
        parents = json.loads(str(row.parents))
        follows = bodies.get(parents[0], {}) if parents else {}
        said = every.setdefault(str(row.record_id), {})
        for name in {*body, *follows}:
            if body.get(name) != follows.get(name):
                said[name] = body.get(name)
    return every


_TRIES = 3  # how often to compare again where another import of the same file was quicker


def write(
    compared: Callable[[], Sequence[Comparison]],
    store: Store,
    why: str,
    progress: Callable[[int, int], None] | None = None,
) -> Sequence[Comparison]:
    """Write what is new and what has changed, in one transaction.

    Parameters
    ----------
    compared : callable
        Compares the file with the ledger; called again where another import came between.
    store : Store
        The ledger.
    why : str
        The reason of the revisions.
    progress : callable, optional
        As for `Store.add`.

    Returns
    -------
    sequence of Comparison
        The plan that was written.

    Raises
    ------
    RecordError
        If a record breaks a rule of the ledger; nothing was written.
    """
    for tries_left in range(_TRIES - 1, -1, -1):
        plans = compared()
        new = [record for plan in plans for record in plan.new]
        revised = [change for plan in plans for change in plan.revised]
        if not new and not revised:
            break
        try:
            store.add(new, revised=revised, by_role=IMPORTER, why=why, progress=progress)
        except RecordError as error:
            overtaken = any(problem.field == "record_id" for problem in error.problems)
            if not (overtaken and tries_left):
                raise
        else:
            break
    return plans
