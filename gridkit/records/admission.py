"""What a save must hold, beyond the rules of its records, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from gridkit.errors import Problem, RecordError
from gridkit.records.spec import RECORD_SPECS, ROLES
from gridkit.records.tables import REVISION

_ROLE_CODES = frozenset(code for code, _, _ in ROLES)


def refuse(found: Sequence[Problem]) -> None:
    """Refuse a save of which some problems were found."""
    if found:
        raise RecordError(
            zh=f"有 {len(found)} 处不合要求, 没有写入任何内容; 请更正后再保存。",
            en=f"{len(found)} fault(s), so nothing was written; correct them, then save again.",
            problems=found,
        )


def check_role(by_role: str) -> None:
    """Refuse what is no role: a name, say."""
    if by_role not in _ROLE_CODES:
        raise RecordError(
            zh=f"`by_role` 须为角色代码 ({', '.join(sorted(_ROLE_CODES))}), 不是姓名。",
            en=f"`by_role` must be a role ({', '.join(sorted(_ROLE_CODES))}), not a name.",
        )


def need_reason(why: str) -> None:
    """Refuse a change without a reason."""
    if not why.strip():
        raise RecordError(
            zh="更改或撤回记录要写明理由 (`why`)。",
            en="Changing or withdrawing a record needs a reason (`why`).",
        )


def check_parents(
    connection: sa.Connection, record_id: str, kind: str | None, parents: Sequence[str]
) -> str:
    """Refuse a change of what is not there, or of another kind; give the record's kind."""
    rows = connection.execute(
        sa.select(REVISION.c.rev_id, REVISION.c.kind).where(REVISION.c.record_id == record_id)
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


def need_no_dependants(counts: Mapping[str, int]) -> None:
    """Refuse to withdraw what other records refer to, counted by kind."""
    if counts:
        zh = "、".join(f"{n} 条{RECORD_SPECS[kind].zh}" for kind, n in counts.items())
        en = ", ".join(f"{n} {RECORD_SPECS[kind].en.lower()}(s)" for kind, n in counts.items())
        raise RecordError(
            zh=f"还有 {zh}以这条记录为依据; 请先撤回它们, 再撤回这条。",
            en=f"Other records refer to this one ({en}); withdraw those first.",
        )
