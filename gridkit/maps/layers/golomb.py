"""Whole numbers in few bits, for a page: small ones short, large ones still possible.

Steps between neighbors, and counts per cell, are mostly small: exponential-Golomb codes hold
them in about half of the bytes that whole bytes would take, and a page is read by the byte.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

_ORDER_BITS = 5
_MOST = 2**_ORDER_BITS - 2


def golomb(*lists: np.ndarray | Sequence[int]) -> str:
    """Write lists of whole numbers as text; `gk.reader` of `outlines.js` reads them.

    Parameters
    ----------
    *lists : array of int
        Each zero or more, below 2^48. How long each is, its reader has to know.

    Returns
    -------
    str
        Base64 of bits, the high ones first: per list an order k in five bits, the one that
        makes it shortest; then per number its exponential-Golomb code of that order.

    References
    ----------
    ITU-T H.264 (2021), section 9.1: exponential-Golomb codes (there of order 0).

    Examples
    --------
    Order 0 in five bits; then 0, 1, 2, 3 as 1, 010, 011 and 00100:

    >>> some = np.frombuffer(base64.b64decode(golomb([0, 1, 2, 3])), np.uint8)
    >>> "".join(map(str, np.unpackbits(some)))
    '000001010011001000000000'
    """
    parts = []
    for values in lists:
        numbers = np.asarray(values, dtype=np.int64)
        order = _order(numbers)
        parts.append(np.unpackbits(np.array([order << 3], dtype=np.uint8))[:_ORDER_BITS])
        parts.append(_bits(numbers, order))
    bits = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint8)
    return base64.b64encode(np.packbits(bits).tobytes()).decode()


def _length(values: np.ndarray) -> np.ndarray:
    """Count the binary digits of numbers from 1 on."""
    return np.asarray(np.frexp(values.astype(np.float64))[1], dtype=np.int64)


def _order(values: np.ndarray) -> int:
    """Choose the order that makes a list shortest: none above the logarithm of its mean does."""
    if len(values) == 0:
        return 0
    near = min(int(np.log2(values.mean() + 1)), _MOST)
    size = {
        k: 2 * int(_length(values + (1 << k)).sum()) - k * len(values) for k in range(near + 2)
    }
    return min(size, key=size.__getitem__)


def _bits(values: np.ndarray, order: int) -> np.ndarray:
    """Write one list: per number so many zeros as it has digits beyond the order, then itself."""
    raised = values + (1 << order)
    digits = _length(raised)
    end = np.cumsum(2 * digits - 1 - order)
    out = np.zeros(int(end[-1]) if len(end) else 0, dtype=np.uint8)
    for place in range(int(digits.max(initial=0))):  # from the last digit of each number
        out[end[(raised >> place) & 1 == 1] - 1 - place] = 1
    return out
