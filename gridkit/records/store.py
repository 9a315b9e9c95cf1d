"""The store: append-only revisions, and the current state kept in step with them.

`add`, `revise` and `withdraw` each are one transaction: all of it or nothing. They return
only after COMMIT has; only then may a form say "saved". Nothing is ever updated or deleted
among the revisions. Two people who change one record apart make two *heads*: a conflict
that is shown, with both versions kept, until a person merges them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from gridkit.errors import Problem, RecordError
from gridkit.records import projection
from gridkit.records.admission import (
    check_parents,
    check_role,
    need_no_dependants,
    need_reason,
    refuse,
)
from gridkit.records.bulk import present
from gridkit.records.case import Case, read_case
from gridkit.records.database import BUSY_SECONDS, connect, legible, reading, writing
from gridkit.records.identity import claim, device_key, identify
from gridkit.records.models import Record, kind_of
from gridkit.records.photos import Photos, unkept
from gridkit.records.references import dangling, dependants, known, repeated
from gridkit.records.revision import Op, civil_date_text
from gridkit.records.standing import Current, read_current, standing_beside
from gridkit.records.tables import CURRENT, HEAD, REVISION
from gridkit.records.validate import Rules
from gridkit.records.writer import Author, Entry, Receipt, append

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.profile import Profile

__all__ = ["Current", "Store"]


class Store:
    """An open ledger; made by `create_store` and `open_store`.

    Attributes
    ----------
    path : Path
        The ledger file.
    profile : Profile
        What codes are checked against.
    county_code : str
        As written into the file.
    device : str
        The chain that this installation writes at this path; noted at the first save.
    """

    def __init__(
        self,
        path: Path,
        *,
        profile: Profile | None = None,
        clock: Callable[[], datetime] | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        if profile is None:
            from gridkit.profile import load_profile

            profile = load_profile()
        self.path = path
        self.profile = profile
        self._rules = Rules(profile)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._engine = connect(path, busy_seconds=busy_seconds)
        with reading(self._engine, path) as connection:
            about = identify(connection, path)
        projection.keep_up(self._engine, path)
        self.county_code = about["county_code"]
        self._device_key = device_key(path)
        self.device = about.get(self._device_key) or str(uuid.uuid4())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; nothing is pending, since every save is committed."""
        self._engine.dispose()

    @property
    def photos(self) -> Photos:
        """The photos beside the ledger file."""
        return Photos.beside(self.path)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Open one unchanging view of the ledger, for the modules of this chapter."""
        return reading(self._engine, self.path)

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Open a write transaction, for the modules of this chapter."""
        return writing(self._engine, self.path)

    def now(self) -> datetime:
        """Give the moment by the store's clock."""
        return self._clock()

    def today(self) -> date:
        """Give the civil date in Asia/Shanghai by the store's clock."""
        return date.fromisoformat(civil_date_text(self._clock()))

    def add(
        self,
        records: Sequence[Record],
        *,
        by_role: str,
        why: str = "",
        revised: Sequence[tuple[Record, Iterable[str]]] = (),
        progress: Callable[[int, int], None] | None = None,
        guard: Callable[[sa.Connection], None] | None = None,
    ) -> Receipt:
        """Write new records, and new versions of old ones, all of them or none.

        Parameters
        ----------
        records : sequence of Record
            Of any kind, in any order. A step may refer to a concern of the same call.
        by_role : str
            A code of `spec.ROLES`: the role of who wrote it, never a name.
        why : str
            The reason, where there is one to give; required with `revised`.
        revised : sequence of (Record, heads)
            New versions, each with the revisions it builds on; see `revise`.
        progress : callable, optional
            Called with (done, total) as the records are prepared.
        guard : callable, optional
            Called inside the transaction, before anything is written: no other writer can
            come between what it reads and what is written. It raises to refuse.

        Returns
        -------
        Receipt
            After COMMIT. `rev_ids` in the order of `records`, then of `revised`.

        Raises
        ------
        RecordError
            If any record breaks a rule, is known already, is there twice, or newly refers
            to one that is not there. `problems` has all of them; nothing was written.
        StoreError
            If the ledger cannot be written; nothing was.
        """
        check_role(by_role)
        if revised:
            need_reason(why)
        heads_of = [tuple(dict.fromkeys(heads)) for _, heads in revised]
        every = self._checked([*records, *(record for record, _ in revised)])
        fresh, changed = every[: len(records)], every[len(records) :]
        refuse(repeated(changed))
        with writing(self._engine, self.path) as connection:
            if guard is not None:
                guard(connection)
            refuse([*known(connection, fresh), *dangling(connection, fresh, changed)])
            for record, heads in zip(changed, heads_of, strict=True):
                check_parents(connection, record.record_id, kind_of(record), heads)
            building = [*((one, ()) for one in fresh), *zip(changed, heads_of, strict=True)]
            photos = self.profile.photos
            refuse(unkept(connection, self.photos, building, wanted=photos))
            entries = [_entry(record, ()) for record in fresh]
            entries += list(map(_entry, changed, heads_of))
            return append(connection, entries, self._author(connection, by_role, why), progress)

    def revise(
        self, record: Record, *, parents: Iterable[str], by_role: str, why: str
    ) -> Receipt:
        """Write a new version of a record that is in the ledger.

        Parameters
        ----------
        record : Record
            The whole record as it shall be, with the `record_id` it has.
        parents : iterable of str
            The revisions that its author had in view: `current(...).heads`. More than one
            merges a conflict; one that is no longer a head makes a conflict.
        by_role, why : str
            As for `add`; the reason is required.

        Returns
        -------
        Receipt
            After COMMIT. `conflicts` names the record if it has more than one head now.

        Raises
        ------
        RecordError
            If the record breaks a rule, is not in the ledger, the parents are none of its
            revisions, or no reason is given.
        StoreError
            If the ledger cannot be written; nothing was.
        """
        return self.add([], revised=[(record, parents)], by_role=by_role, why=why)

    def withdraw(
        self, record_id: str, *, parents: Iterable[str], by_role: str, why: str
    ) -> Receipt:
        """Take a record out of the current state; its history stays.

        Parameters
        ----------
        record_id : str
            A record of the ledger.
        parents, by_role, why
            As for `revise`.

        Returns
        -------
        Receipt
            After COMMIT.

        Raises
        ------
        RecordError
            If the record is not in the ledger, others refer to it (a concern has steps,
            a visit has concerns: withdraw those first), or no reason is given.
        StoreError
            If the ledger cannot be written; nothing was.
        """
        check_role(by_role)
        need_reason(why)
        parents = tuple(dict.fromkeys(parents))
        with writing(self._engine, self.path) as connection:
            kind = check_parents(connection, record_id, None, parents)
            if not standing_beside(connection, record_id, parents):
                need_no_dependants(dependants(connection, record_id, kind))
            entry = Entry(record_id, kind, parents, "withdraw", None)
            return append(connection, [entry], self._author(connection, by_role, why))

    def current(self, record_ids: Iterable[str]) -> dict[str, Current]:
        """Read records as they stand, with the heads to name when changing them.

        Parameters
        ----------
        record_ids : iterable of str
            Those not in the ledger, and those withdrawn, are left out of the answer.

        Returns
        -------
        dict of str to Current
            By record id. Where two heads conflict, `record` is the later one.
        """
        with reading(self._engine, self.path) as connection:
            return read_current(connection, record_ids)

    def case(self, concern_id: str) -> Case | None:
        """Read one concern and its steps, each with the role that took it; None if not there."""
        with reading(self._engine, self.path) as connection:
            return read_case(connection, concern_id)

    def history(self, record_id: str) -> pd.DataFrame:
        """List all revisions of one record, oldest first.

        Returns
        -------
        DataFrame indexed by `rev_id`
            kind, parents, device, seq, by_role, recorded_at, local_date, why, op, body.
        """
        from gridkit.records import ledger  # pandas is loaded when a frame is first wanted

        with reading(self._engine, self.path) as connection:
            return ledger.history(connection, record_id)

    def histories(self, record_ids: Iterable[str]) -> pd.DataFrame:
        """List all revisions of many records, each record's oldest first.

        Returns
        -------
        DataFrame indexed by `rev_id`
            record_id and the columns of `history`; ids that are not there have no row.
        """
        from gridkit.records.histories import read_histories

        with reading(self._engine, self.path) as connection:
            return read_histories(connection, record_ids)

    def conflicts(self) -> pd.DataFrame:
        """List the records with more than one head.

        Returns
        -------
        DataFrame indexed by `record_id`
            kind, n_heads.
        """
        from gridkit.records import ledger  # pandas is loaded when a frame is first wanted

        with reading(self._engine, self.path) as connection:
            return ledger.conflicts(connection)

    def frame(self, kind: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the current state of one kind as a tidy table.

        Parameters
        ----------
        kind : str
            Which records: a key of `spec.RECORD_SPECS`, such as "concern" or "step".
        columns : sequence of str, optional
            Fields to read; all by default.

        Returns
        -------
        DataFrame indexed by `record_id`
            One column per field with the dtype of the spec (codes are categories, dates
            `datetime64`, whole numbers `Int64`), and `n_heads`: above 1 is a conflict.
        """
        from gridkit.records import ledger  # pandas is loaded when a frame is first wanted

        with reading(self._engine, self.path) as connection:
            return ledger.frame(connection, kind, self.profile, columns=columns)

    def revision_count(self) -> int:
        """Count the revisions: a cheap mark of whether anything was written since."""
        with reading(self._engine, self.path) as connection:
            last = connection.execute(
                sa.select(sa.func.max(REVISION.c.seq)).group_by(REVISION.c.device)
            ).scalars()
            with legible():
                return sum(last)

    def size(self, kind: str) -> int:
        """Count the records of one kind as they stand.

        Raises
        ------
        KeyError
            If there is no such kind.
        """
        with reading(self._engine, self.path) as connection:
            count = sa.select(sa.func.count()).select_from(CURRENT[kind])
            return int(connection.execute(count).scalar_one())

    def tips(self) -> pd.DataFrame:
        """Give the last link of each device's chain, to be noted down; see `audit.tips`."""
        from gridkit.records import audit

        return audit.tips(self._engine, self.path)

    def check(self) -> pd.DataFrame:
        """Prove the file, the chain, the heads, the photos and the current state.

        Returns
        -------
        DataFrame
            where, problem_zh, problem_en; empty where the ledger is sound. See `audit.check`.
        """
        from gridkit.records import audit

        return audit.check(self._engine, self.path, photos=self.photos)

    def seen(self, record_ids: Iterable[str]) -> set[str]:
        """Tell which ids the ledger has ever held, withdrawn ones among them."""
        with reading(self._engine, self.path) as connection:
            return present(connection, HEAD.c.record_id, list(record_ids))

    def _author(self, connection: sa.Connection, by_role: str, why: str) -> Author:
        self.device = claim(connection, self._device_key, self.device)
        return Author(self.device, by_role, self._clock(), why)

    def _checked(self, records: Sequence[Record]) -> list[Record]:
        """Ask every rule again, also those that the models asked: `model_copy` asks none."""
        today = self.today()
        sound: list[Record] = []
        found: list[Problem] = []
        for number, record in enumerate(records, start=1):
            try:
                sound.append(record.revalidated())
                of_one = self._rules.problems(sound[-1].answers(), record.spec, today)
            except RecordError as error:
                of_one = list(error.problems)
            found += [problem._replace(row=f"{problem.row} {number}") for problem in of_one]
        refuse(found)
        return sound


def _entry(record: Record, heads: tuple[str, ...]) -> Entry:
    op: Op = "merge" if len(heads) > 1 else "put"
    return Entry(record.record_id, kind_of(record), heads, op, record)
