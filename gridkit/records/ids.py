"""Identifiers: UUID version 7, which sort by the time of their making (RFC 9562)."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> str:
    """Make a UUIDv7: 48 bits of milliseconds, 12 of their fraction, 62 of chance.

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
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    chance = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance
    return str(uuid.UUID(int=value))
