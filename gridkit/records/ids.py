"""Identifiers: UUID version 7, which sort by the time of their making (RFC 9562)."""

from __future__ import annotations

import os
import time
import uuid


def new_id(after: str | None = None) -> str:
    """Make a UUIDv7: 48 bits of milliseconds, 12 of their fraction, 62 of chance.

    Parameters
    ----------
    after : str, optional
        A UUIDv7 that the new one must sort behind, even where a clock ran ahead.

    Returns
    -------
    str
        36 characters, lower case.

    References
    ----------
    RFC 9562, sections 5.7 and 6.2 (method 3).

    Examples
    --------
    >>> first, second = new_id(), new_id()
    >>> first[14], len(first)
    ('7', 36)
    >>> new_id(after="ffffffff-0000-7000-8000-000000000000")
    'ffffffff-0000-7000-8000-000000000001'
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    chance = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance
    if after is not None:
        value = max(value, uuid.UUID(after).int + 1)
    return str(uuid.UUID(int=value))


def is_dated(record_id: str) -> bool:
    """Tell whether an id says when it was made: a UUIDv7, not an imported number.

    Examples
    --------
    >>> is_dated(new_id()), is_dated("A-17")
    (True, False)
    """
    return len(record_id) == 36 and record_id[14] == "7"
