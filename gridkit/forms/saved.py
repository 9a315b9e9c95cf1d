"""What one save of a visit writes: the visit, its concerns, their registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from gridkit.forms.concern_card import ConcernCard
from gridkit.records.models import Record, Step, Visit
from gridkit.records.revision import CIVIL_ZONE
from gridkit.records.writer import Receipt
from gridkit.screen.look import Words

SOMEBODY = Words(
    "没有保存: 这里已写了见到人或诉求。若真是无人在家, 先把“走访结果”改过来, 或删去诉求。",
    "Not saved: an outcome or a concern is written here already. If nobody was home, change "
    "the outcome or remove the concern first.",
)
UNSURE = Words(
    "没有收到保存成功的确认。填写的内容都还在; 请先看今天的清单里有没有, 再决定是否再按“保存”。",
    "No confirmation came back. All you typed is still here; look at today's list before you "
    "save again.",
)
SAVED_ONLY = Words(
    "但分数、清单或地图没能更新; 记录已在台账里, 请重新运行这一格。",
    "But score, list or map could not be updated; the record is kept. Run the cell again.",
)
SAVED_ELSEWHERE = Words(
    "没有再存一遍: 这次走访已经在台账里 (在另一个窗口保存过)。要改请用“更正”。",
    "Not saved twice: this visit is in the ledger already, from another window. To change it, "
    "correct it.",
)
SAVED_WITHOUT = Words(
    "这次走访已在另一个窗口保存; 这里是没有进台账的另一版。请对照后用“更正”补上, 不要了就删除草稿。",
    "Another window saved this visit; here stands another version, not in the ledger. Compare, "
    "correct the record, or delete this draft.",
)


class Saved(NamedTuple):
    """What one save wrote, after COMMIT."""

    receipt: Receipt
    visit: Record
    concerns: tuple[Record, ...]
    steps: tuple[Record, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """All of it."""
        return (self.visit, *self.concerns, *self.steps)

    def words(self) -> Words:
        """Say what was saved, and when."""
        at = datetime.fromisoformat(self.receipt.recorded_at).astimezone(CIVIL_ZONE)
        count = len(self.concerns)
        return Words(
            f"已保存 {at:%H:%M:%S}: 1 次走访, {count} 件诉求。",
            f"Saved at {at:%H:%M:%S}: 1 visit, {count} concern(s).",
        )


def records_of(
    visit_id: str, answered: Mapping[str, Any], cards: Sequence[ConcernCard]
) -> Saved:
    """Make the records of a visit, not yet written.

    Parameters
    ----------
    visit_id : str
        The id that the visit gets.
    answered : mapping
        The answers about the visit.
    cards : sequence of ConcernCard
        Its concerns.

    Returns
    -------
    Saved
        With an empty receipt.
    """
    day: date = answered["visited_on"]
    visit = Visit(record_id=visit_id, **answered)
    concerns = tuple(card.record(visit_id=visit_id, heard_on=day) for card in cards)
    steps = tuple(
        Step(concern_id=concern.record_id, action="registered", on=day) for concern in concerns
    )
    return Saved(Receipt((), ""), visit, concerns, steps)


def to_correct(count: int) -> Words:
    """Say how many faults keep a visit from being saved."""
    return Words(
        f"还有 {count} 处要改, 没有保存; 已跳到第一处。",
        f"{count} to correct, nothing saved yet; the cursor is at the first.",
    )


def not_saved(zh: str, en: str) -> Words:
    """Say that nothing was written and nothing is lost."""
    return Words(
        f"没有保存。{zh} 填写的内容都还在, 可以再按“保存”。",
        f"Not saved. {en} All you typed is still here; you can save again.",
    )
