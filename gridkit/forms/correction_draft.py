"""What a draft of a correction holds: the record, the versions in view, and what was typed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import pandas as pd

from gridkit.errors import RecordError
from gridkit.forms.amended import Amended
from gridkit.forms.draft_keeper import Kind
from gridkit.forms.merge import MergePart
from gridkit.records.drafts import Draft, traced
from gridkit.records.models import MODELS, Record, kind_of
from gridkit.records.spec import RECORD_SPECS
from gridkit.screen.look import Words

_KEY = "correction"
CHANGED_SINCE = Words(
    "您写下这些之后, 这条记录又被改过。您写的都还在; 保存后两版并存, 再逐项选定。",
    "This record was changed after you typed this. All you typed is here; once saved, both "
    "versions stand, and you choose field by field.",
)
NOT_HERE = Words(
    "这份草稿所改的版本不在台账里, 没有打开; 草稿还在。",
    "The version that this draft corrects is not in the ledger; the draft is kept, not opened.",
)


class Typed(NamedTuple):
    """What stands in the form of one correction.

    `heads` are the versions that the person had in view, `amended` or `merge` the questions.
    """

    record: Record
    heads: Sequence[str]
    reason: str
    amended: Amended | None
    merge: MergePart | None


def correction_content(typed: Typed) -> dict[str, Any]:
    """Give all inputs of a correction as they stand, for a draft.

    Parameters
    ----------
    typed : Typed

    Returns
    -------
    dict
        The content of a `Draft`.
    """
    kind, amended, merge = kind_of(typed.record), typed.amended, typed.merge
    told: dict[str, Any] = {
        "record_id": typed.record.record_id,
        "kind": kind,
        "heads": list(typed.heads),
        "reason": typed.reason,
    }
    if merge is not None:
        told["choices"] = {name: choice.value for name, choice in merge.choices.items()}
    if amended is not None:
        told |= amended.typed
    content = {_KEY: told}
    with suppress(RecordError):  # not fit to be saved, so not saved either
        answers = _to_save(amended, merge)
        if answers is not None:
            fresh = MODELS[kind](record_id=typed.record.record_id, **answers)
            content |= traced([fresh], parents=typed.heads, why=typed.reason.strip())
    return content


def _to_save(amended: Amended | None, merge: MergePart | None) -> dict[str, Any] | None:
    """Give the answers that would be saved; None where none can be, or a withdrawal would."""
    if merge is not None:
        return merge.value if merge.complete() and not merge.withdrawn else None
    return None if amended is None or amended.section.unreadable else amended.value


def told_by(draft: Draft) -> Mapping[str, Any]:
    """Give what a draft of a correction holds, as `correction_content` wrote it."""
    told: Mapping[str, Any] = draft.content[_KEY]
    return told


def version(history: pd.DataFrame, record_id: str, heads: Sequence[str]) -> Record | None:
    """Read the version that a correction was begun on; None where the ledger has it not.

    Parameters
    ----------
    history : DataFrame
        From `Store.history`.
    record_id : str
    heads : sequence of str
        The revisions in view: of several, the first that does not withdraw.

    Returns
    -------
    Record or None
    """
    if not heads or not set(heads) <= set(history.index):
        return None
    rows = history.loc[list(heads)]
    rows = rows[rows["op"] != "withdraw"]
    if rows.empty:
        return None
    first = rows.iloc[0]
    with suppress(RecordError):
        return MODELS[first["kind"]](record_id=record_id, **json.loads(first["body"]))
    return None


def _title(count: int) -> Words:
    return Words(
        f"有 {count} 份没写完的更正", f"{count} unfinished correction(s) on this machine"
    )


def _parts(content: Mapping[str, Any], lang: str) -> tuple[str, ...]:
    told = content[_KEY]
    spec = RECORD_SPECS[told["kind"]]
    where = str(told.get("fields", {}).get("grid_id", "")).partition(" · ")[0]
    return Words(spec.zh, spec.en).of(lang), where, told["record_id"][-6:]


CORRECTIONS = Kind(_KEY, _title, _parts)
