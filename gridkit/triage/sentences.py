"""Sentences put together from numbered pieces, once per distinct combination of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

Lang = Literal["zh", "en"]

# A mixed-radix key stays below this; beyond it, the combinations seen so far are renumbered.
_ROOM = 2**62
# Neighboring pieces are joined beforehand while their texts have at most this many pairs.
_PAIRS = 5_000


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
    pieces = [_distinct(piece) for piece in _merged(pieces)]
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
    sentences = pd.Index(text, dtype="str")
    if not sentences.is_unique:  # different pieces can read the same
        same, sentences = sentences.factorize()
        codes = same[codes]
    return pd.Series(pd.Categorical.from_codes(codes, sentences), index=index)


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Join neighbors with few texts, so that fewer strings are put together per sentence."""
    merged = [pieces[0]]
    for piece in pieces[1:]:
        before = merged[-1]
        if len(before.texts) * len(piece.texts) > _PAIRS:
            merged.append(piece)
            continue
        codes = before.codes.astype(np.int64) * len(piece.texts) + piece.codes
        merged[-1] = Piece(codes, [a + b for a in before.texts for b in piece.texts])
    return merged


def _distinct(piece: Piece) -> Piece:
    """Give each different text of a piece one number."""
    same, texts = pd.factorize(np.array(piece.texts, dtype=object))
    return Piece(same[piece.codes], list(texts))
