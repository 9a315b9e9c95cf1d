"""Revisions: one immutable version of a record, chained to the one before it.

Each device numbers its revisions (`seq`) and puts the hash of the one before into the
next (`prev`): a revision changed, left out or slipped in breaks the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

Op = Literal["put", "withdraw", "merge"]
CIVIL_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One version of one record: who by role, when, why, and the body as canonical JSON.

    `hash` is SHA-256 (hex) over `prev` and all the other fields; see `seal`.
    """

    rev_id: str
    record_id: str
    kind: str
    parents: str
    device: str
    seq: int
    by_role: str
    recorded_at: str
    local_date: str
    why: str
    op: str
    body: str
    prev: str
    hash: str = ""

    def seal(self) -> str:
        """Compute the hash that this revision must carry.

        Returns
        -------
        str
            64 hexadecimal digits: SHA-256 of the fields, in the order of their
            declaration, as one canonical JSON array in UTF-8. The text of the body is
            hashed as it stands, so a database that reorders JSON keys cannot disturb it.
        """
        fields = [
            self.rev_id,
            self.record_id,
            self.kind,
            self.parents,
            self.device,
            self.seq,
            self.by_role,
            self.recorded_at,
            self.local_date,
            self.why,
            self.op,
            self.body,
            self.prev,
        ]
        return hashlib.sha256(canonical_json(fields).encode()).hexdigest()

    @property
    def parent_ids(self) -> tuple[str, ...]:
        """The revisions that this one follows; none for a new record."""
        return tuple(json.loads(self.parents))

    @property
    def content(self) -> dict[str, Any]:
        """The answers, as JSON values by name; none for a withdrawal."""
        content: dict[str, Any] = json.loads(self.body)
        return content


REVISION_FIELDS = tuple(Revision.__dataclass_fields__)


def proved(row: Mapping[Any, Any]) -> Revision | None:
    """Read a row of the table `revision`, if it is whole and fits its hash.

    Parameters
    ----------
    row : mapping
        By name of the field; the values may be anything.

    Returns
    -------
    Revision, or None
        None where anything in the row is not what was written.
    """
    try:
        revision = Revision(**{name: row[name] for name in REVISION_FIELDS})
        json.loads(revision.parents), json.loads(revision.body)
        return revision if revision.seal() == revision.hash else None
    except (TypeError, ValueError):  # bytes, or text that is no UTF-8, or no JSON
        return None


def canonical_json(value: Any) -> str:
    """Write JSON in one way only: sorted keys, no spaces, no escapes beyond the needed.

    Examples
    --------
    >>> canonical_json({"户数": 40, "b": [1.5, None]})
    '{"b":[1.5,null],"户数":40}'
    """
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def utc_text(moment: datetime) -> str:
    """Write a moment as UTC, ISO 8601 with milliseconds.

    Examples
    --------
    >>> utc_text(datetime(2026, 11, 3, 23, 30, tzinfo=CIVIL_ZONE))
    '2026-11-03T15:30:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def civil_date_text(moment: datetime) -> str:
    """Give the civil date of a moment in Asia/Shanghai as ISO text.

    Examples
    --------
    >>> civil_date_text(datetime(2026, 11, 3, 16, 30, tzinfo=UTC))
    '2026-11-04'
    """
    return moment.astimezone(CIVIL_ZONE).date().isoformat()
