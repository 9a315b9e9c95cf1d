"""The reasons of a score as one plain sentence per concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gridkit.profile.card import Scorecard
from gridkit.triage.answers import answers
from gridkit.triage.levels import Case, Levels, factor_levels, override_levels
from gridkit.triage.scorecard import check_aligned
from gridkit.triage.sentences import Lang, Piece, compose

REASONS = 3  # the reasons a sentence gives; a danger counts as one of them

# The pieces of a sentence. Each sentence says that it is advice and that a person decides.
_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "calm": "建议{band} (",
        "danger": "建议{band} (险情优先, ",
        "score": "{score} 分): ",
        "and": "、",
        "none": "没有加分因素",
        "same": "; 缺 {n} 项回答, 等级不会更高",
        "higher": "; 缺 {n} 项回答, 最高可为{band}",
        "end": "。由人决定。",
    },
    "en": {
        "calm": "Advice: {band} (",
        "danger": "Advice: {band} (danger first, ",
        "score": "{score} points): ",
        "and": " and ",
        "none": "no factor adds points",
        "same": "; {n} not answered, the band would not rise",
        "higher": "; {n} not answered, it could be {band}",
        "end": ". A person decides.",
    },
}


def explain(
    inputs: pd.DataFrame, scores: pd.DataFrame, card: Scorecard, lang: Lang = "zh"
) -> pd.Series:
    """Say in one plain sentence per concern why it has its score.

    Parameters
    ----------
    inputs : DataFrame, n rows
        As `triage.inputs` makes it.
    scores : DataFrame, n rows
        `triage.score` of these inputs by this card.
    card : Scorecard
    lang : "zh" or "en"

    Returns
    -------
    Series of category, indexed like `inputs`
        Band and score, then the three strongest reasons (a danger comes first; ties in the
        card's order), then what eases the matter, then what missing answers could change.

    Raises
    ------
    AlignmentError
        If `scores` are of other rows or of another version of the card.
    DataError
        If a column is missing or holds a code that the card does not know.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> from gridkit.triage import score
    >>> card = load_profile().scorecard
    >>> one = pd.DataFrame({name: ["none"] for name in card.inputs}, index=["c1"]).assign(
    ...     harm="livelihood", households_affected=40, people_affected=None, works_in_days=None,
    ...     basic_need="water", clock_used=0.8, same_cause_n=0, mitigation="temporary_supply",
    ... )
    >>> print(explain(one, score(one, card), card)["c1"])
    建议黄色 (37 分): 家中断水 (+15), 影响生计 (+10), 影响 21–50 户 (+9); 已临时供应 (−5)。由人决定。
    >>> print(explain(one, score(one, card), card, "en")["c1"])  # doctest: +ELLIPSIS
    Advice: yellow (37 points): no water at home (+15), livelihood affected (+10), 21–50 ...
    """
    check_aligned(inputs, scores, card)
    read, words = answers(inputs, card), _WORDS[lang]
    danger = override_levels(card, read)
    levels = [factor_levels(factor, read) for factor in card.factors]
    adding = [x for x, factor in zip(levels, card.factors, strict=True) if not factor.lowers]
    easing = [x for x, factor in zip(levels, card.factors, strict=True) if factor.lowers]
    pieces = [
        *_head(scores, card, lang),
        Piece(danger.codes, [", ".join(getattr(case, lang)) for case in danger.cases]),
        *_reasons(adding, scores["override"].to_numpy(), lang),
        *(Piece(x.codes, [_said(case, lang, "; ") for case in x.cases]) for x in easing),
        _missing(scores, card, lang),
        Piece(np.zeros(len(inputs), dtype=np.int8), [words["end"]]),
    ]
    return compose(pieces, inputs.index).rename("reasons")


def case_text(case: Case, lang: Lang) -> str:
    """Return the words of a case and its points; empty if it gives none."""
    if not case.points:
        return ""
    sign = "+" if case.points > 0 else "−"
    return f"{_WORDS[lang]['and'].join(getattr(case, lang))} ({sign}{abs(case.points)})"


def _said(case: Case, lang: Lang, before: str) -> str:
    text = case_text(case, lang)
    return before + text if text else ""


def _head(scores: pd.DataFrame, card: Scorecard, lang: Lang) -> list[Piece]:
    words, bands = _WORDS[lang], [getattr(band, lang) for band in card.bands]
    kinds = [words[kind].format(band=band) for kind in ("calm", "danger") for band in bands]
    danger = scores["override"].to_numpy()
    values = range(card.floor, card.ceiling + 1)
    return [
        Piece(scores["band"].cat.codes.to_numpy() + len(bands) * danger, kinds),
        Piece(
            scores["score"].to_numpy(dtype=np.int64) - card.floor,
            [words["score"].format(score=value) for value in values],
        ),
    ]


def _reasons(levels: Sequence[Levels], danger: np.ndarray, lang: Lang) -> list[Piece]:
    """Return the strongest reasons, as pieces: the first, second and third."""
    texts = [""]
    numbers = np.zeros((len(levels), len(danger)), dtype=np.int32)
    best = [np.zeros(len(danger), dtype=np.int16) for _ in range(REASONS)]
    for i, level in enumerate(levels):
        numbers[i] = level.codes
        numbers[i] += len(texts)
        texts += [case_text(case, lang) for case in level.cases]
        # points, then (for ties) the place in the card; 16 places are more than a card has
        rest = level.points() * np.int16(16) + np.int16(15 - i)
        for rank, held in enumerate(best):
            best[rank], rest = np.maximum(held, rest), np.minimum(held, rest)

    rows = np.arange(len(danger))
    chosen = [
        np.where(held < 16, 0, numbers[np.minimum(15 - (held & 15), len(levels) - 1), rows])
        for held in best
    ]
    chosen[-1][danger] = 0  # the danger itself is one of the three
    following = [f", {text}" if text else "" for text in texts]
    first = ["" if text else _WORDS[lang]["none"] for text in texts[:1]] + texts[1:]
    return [
        Piece(chosen[0] + len(texts) * danger, [*first, *following]),
        *(Piece(numbers_, following) for numbers_ in chosen[1:]),
    ]


def _missing(scores: pd.DataFrame, card: Scorecard, lang: Lang) -> Piece:
    words, bands = _WORDS[lang], card.bands
    missing = scores["missing"].to_numpy(dtype=np.int64)
    now, high = (scores[name].cat.codes.to_numpy() for name in ("band", "band_high"))
    texts = [""] * (len(bands) + 1)
    for n in range(1, int(missing.max(initial=0)) + 1):
        texts.append(words["same"].format(n=n))
        texts += [words["higher"].format(n=n, band=getattr(band, lang)) for band in bands]
    codes = missing * (len(bands) + 1) + np.where(high < now, high + 1, 0)
    return Piece(np.where(missing > 0, codes, 0), texts)
