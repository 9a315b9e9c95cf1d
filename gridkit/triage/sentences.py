"""Sentences put together from numbered pieces, once per distinct combination of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

Lang = Literal["zh", "en"]

# A mixed-radix key stays below this; beyond it, the combinations seen so far are renumbered.
_ROOM = 2**62


class Piece(NamedTuple):
    """A part of a sentence: the texts it can have, and which of them each row has."""

    codes: np.ndarray
    texts: Sequence[str]


def compose(pieces: Sequence[Piece], index: pd.Index) -> pd.Series:
    """Join the pieces of each row to its sentence.

    Parameters
    ----------
    pieces : sequence of Piece
        In the order in which they are read. Each `codes` is an int array of length n.
    index : Index, length n

    Returns
    -------
    Series of category, indexed by `index`

    Examples
    --------
    >>> who = Piece(np.array([0, 1, 0]), ["a well", "a house"])
    >>> what = Piece(np.array([0, 0, 0]), [" is dry"])
    >>> compose([who, what], pd.RangeIndex(3)).tolist()
    ['a well is dry', 'a house is dry', 'a well is dry']
    """
    key, room = np.zeros(len(index), dtype=np.int64), 1
    for piece in pieces:
        if room * len(piece.texts) > _ROOM:
            key, seen = pd.factorize(key)
            room = len(seen)
        key = key * len(piece.texts) + piece.codes
        room *= len(piece.texts)
    codes, seen = pd.factorize(key)
    first = np.zeros(len(seen), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]

    text = np.full(len(seen), "", dtype=object)
    for piece in pieces:
        text = text + np.array([*piece.texts, ""], dtype=object)[piece.codes[first]]
    same, sentences = pd.factorize(text)
    return pd.Series(
        pd.Categorical.from_codes(same[codes], pd.Index(sentences, dtype="str")), index=index
    )
