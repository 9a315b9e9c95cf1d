"""The store: append-only revisions, and the current state kept in step with them.

`add`, `revise` and `withdraw` each are one transaction: all of it or nothing. They return
only after COMMIT has; only then may a form say "saved". Nothing is ever updated or deleted
among the revisions. Two people who change one record apart make two *heads*: a conflict
that is shown, with both versions kept, until a person merges them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import sqlalchemy as sa

from gridkit.errors import Problem, RecordError, StoreError
from gridkit.records import projection
from gridkit.records.database import BUSY_SECONDS, connect, damaged, reading, writing
from gridkit.records.ids import new_id
from gridkit.records.models import MODELS, Record, kind_of
from gridkit.records.references import chunks, dangling, known
from gridkit.records.revision import (
    Op,
    Revision,
    canonical_json,
    civil_date_text,
    utc_text,
)
from gridkit.records.spec import ROLES
from gridkit.records.tables import CURRENT, HEAD, META, REVISION
from gridkit.records.validate import Rules

if TYPE_CHECKING:
    import pandas as pd

    from gridkit.profile import Profile

APPLICATION_ID = (
    0x474B4954  # "GKIT" in the file's header tells a ledger from other SQLite files
)
FORMAT_VERSION = 1
_ROLE_CODES = frozenset(code for code, _, _ in ROLES)


class Receipt(NamedTuple):
    """What was committed: the new revisions, when, and which records now conflict."""

    rev_ids: tuple[str, ...]
    recorded_at: str
    conflicts: tuple[str, ...] = ()


class Current(NamedTuple):
    """A record as it stands, and the heads that a change of it must name as parents."""

    record: Record
    heads: tuple[str, ...]


class Store:
    """An open ledger; made by `create_store` and `open_store`.

    Attributes
    ----------
    path : Path
        The ledger file.
    profile : Profile
        What codes are checked against.
    county_code, device : str
        As written into the file.
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
        about = self._identify()
        self.county_code = about["county_code"]
        self.device = about["device"]
        projection.keep_up(self._engine, path)

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

    def _identify(self) -> dict[str, str]:
        with reading(self._engine, self.path) as connection:
            one = connection.exec_driver_sql
            if one("PRAGMA application_id").scalar_one() != APPLICATION_ID:
                raise damaged(self.path)
            version = one("PRAGMA user_version").scalar_one()
            if version > FORMAT_VERSION:
                raise StoreError(
                    zh=f"{self.path.name} 由更新版本的 gridkit 建立 (格式 {version}); 请先升级。",
                    en=f"{self.path.name} was made by a newer gridkit (format {version}); upgrade first.",
                )
            pages = one("PRAGMA page_count").scalar_one() * one("PRAGMA page_size").scalar_one()
            if self.path.stat().st_size < pages:
                raise damaged(self.path)
            return {row.key: row.value for row in connection.execute(sa.select(META))}

    def today(self) -> date:
        """Give the civil date in Asia/Shanghai by the store's clock."""
        return date.fromisoformat(civil_date_text(self._clock()))

    def add(
        self,
        records: Sequence[Record],
        *,
        by_role: str,
        why: str = "",
        progress: Callable[[int, int], None] | None = None,
    ) -> Receipt:
        """Write new records, all of them or none.

        Parameters
        ----------
        records : sequence of Record
            Of any kind, in any order. A step may refer to a concern of the same call.
        by_role : str
            A code of `spec.ROLES`: the role of who wrote it, never a name.
        why : str
            The reason, where there is one to give.
        progress : callable, optional
            Called with (done, total) as the records are prepared.

        Returns
        -------
        Receipt
            After COMMIT. `rev_ids` in the order of `records`.

        Raises
        ------
        RecordError
            If any record breaks a rule, is known already, or refers to one that is not
            there. `problems` has all of them; nothing was written.
        StoreError
            If the ledger cannot be written; nothing was.
        """
        self._check_role(by_role)
        found: list[Problem] = []
        today = self.today()
        for number, record in enumerate(records, start=1):
            of_one = self._rules.problems(record.answers(), record.spec, today)
            found += [problem._replace(row=f"{problem.row} {number}") for problem in of_one]
        _refuse(found)
        with writing(self._engine, self.path) as connection:
            _refuse([*known(connection, records), *dangling(connection, records)])
            return self._append(
                connection,
                [(r.record_id, kind_of(r), (), "put", r) for r in records],
                by_role,
                why,
                progress,
            )

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
        self._check_role(by_role)
        _refuse(self._rules.problems(record.answers(), record.spec, self.today()))
        _need_reason(why)
        parents = tuple(dict.fromkeys(parents))
        op: Op = "merge" if len(parents) > 1 else "put"
        with writing(self._engine, self.path) as connection:
            _refuse(dangling(connection, [record]))
            self._check_parents(connection, record.record_id, kind_of(record), parents)
            entry = (record.record_id, kind_of(record), parents, op, record)
            return self._append(connection, [entry], by_role, why)

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
            If the record is not in the ledger, or no reason is given.
        StoreError
            If the ledger cannot be written; nothing was.
        """
        self._check_role(by_role)
        _need_reason(why)
        parents = tuple(dict.fromkeys(parents))
        with writing(self._engine, self.path) as connection:
            kind = self._check_parents(connection, record_id, None, parents)
            return self._append(
                connection, [(record_id, kind, parents, "withdraw", None)], by_role, why
            )

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
        wanted = list(dict.fromkeys(record_ids))
        with reading(self._engine, self.path) as connection:
            rows = [
                row
                for some in chunks(wanted)
                for row in connection.execute(
                    sa.select(REVISION)
                    .join(HEAD, HEAD.c.rev_id == REVISION.c.rev_id)
                    .where(REVISION.c.record_id.in_(some))
                )
            ]
        heads: dict[str, list[Any]] = {}
        for row in rows:
            heads.setdefault(row.record_id, []).append(row)
        found = {}
        for record_id, of_one in heads.items():
            shown = projection.leading(of_one)
            if shown is not None:
                record = MODELS[shown.kind](record_id=record_id, **json.loads(shown.body))
                found[record_id] = Current(record, tuple(sorted(h.rev_id for h in of_one)))
        return found

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
        """Prove the file, the chain, the heads and the current state; see `audit.check`.

        Returns
        -------
        DataFrame
            where, problem_zh, problem_en; empty where the ledger is sound.
        """
        from gridkit.records import audit

        return audit.check(self._engine, self.path)

    def _check_role(self, by_role: str) -> None:
        if by_role not in _ROLE_CODES:
            raise RecordError(
                zh=f"`by_role` 须为角色代码 ({', '.join(sorted(_ROLE_CODES))}), 不是姓名。",
                en=f"`by_role` must be a role ({', '.join(sorted(_ROLE_CODES))}), not a name.",
            )

    def _check_parents(
        self,
        connection: sa.Connection,
        record_id: str,
        kind: str | None,
        parents: tuple[str, ...],
    ) -> str:
        rows = connection.execute(
            sa.select(REVISION.c.rev_id, REVISION.c.kind).where(
                REVISION.c.record_id == record_id
            )
        ).all()
        known = {row.rev_id: row.kind for row in rows}
        if not known or not parents or not set(parents) <= set(known):
            raise RecordError(
                zh="要更改的记录不在台账中, 或所依据的版本不是它的版本; 请重新打开这条记录再改。",
                en="The record to change is not in the ledger, or the versions it builds on are "
                "not its own; open the record again, then change it.",
            )
        its_kind = next(iter(known.values()))
        if kind not in {None, its_kind}:
            raise RecordError(
                zh=f"记录的种类不能更改 (原为 {its_kind})。",
                en=f"A record cannot change its kind (it is a {its_kind}).",
            )
        return str(its_kind)

    def _append(
        self,
        connection: sa.Connection,
        entries: Sequence[tuple[str, str, tuple[str, ...], Op, Record | None]],
        by_role: str,
        why: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> Receipt:
        moment = self._clock()
        at, on = utc_text(moment), civil_date_text(moment)
        seq, prev = self._tip(connection)
        rows: list[dict[str, Any]] = []
        for number, (record_id, kind, parents, op, record) in enumerate(entries, start=1):
            seq += 1
            unsealed = Revision(
                rev_id=new_id(),
                record_id=record_id,
                kind=kind,
                parents=canonical_json(list(parents)),
                device=self.device,
                seq=seq,
                by_role=by_role,
                recorded_at=at,
                local_date=on,
                why=why,
                op=op,
                body=canonical_json(record.body() if record is not None else {}),
                prev=prev,
            )
            prev = unsealed.seal()
            rows.append({**unsealed.__dict__, "hash": prev})
            if progress is not None and number % 1000 == 0:
                progress(number, len(entries))
        if rows:
            connection.execute(sa.insert(REVISION), rows)
        conflicts = projection.apply(connection, rows)
        return Receipt(tuple(row["rev_id"] for row in rows), at, conflicts)

    def _tip(self, connection: sa.Connection) -> tuple[int, str]:
        row = connection.execute(
            sa.select(REVISION.c.seq, REVISION.c.hash)
            .where(REVISION.c.device == self.device)
            .order_by(REVISION.c.seq.desc())
            .limit(1)
        ).first()
        return (row.seq, row.hash) if row is not None else (0, "")


def _refuse(found: Sequence[Problem]) -> None:
    if found:
        raise RecordError(
            zh=f"有 {len(found)} 处不合要求, 没有写入任何内容; 请更正后再保存。",
            en=f"{len(found)} fault(s), so nothing was written; correct them, then save again.",
            problems=found,
        )


def _need_reason(why: str) -> None:
    if not why.strip():
        raise RecordError(
            zh="更改或撤回记录要写明理由 (`why`)。",
            en="Changing or withdrawing a record needs a reason (`why`).",
        )
