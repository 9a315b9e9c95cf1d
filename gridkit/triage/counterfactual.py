"""What would lower the band: the smallest action, or pair of actions, on the card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from gridkit.profile.card import Action, Scorecard
from gridkit.triage.answers import Answers, answers
from gridkit.triage.levels import factor_inputs, factor_levels
from gridkit.triage.scorecard import band_of, check_aligned
from gridkit.triage.sentences import Lang, Piece, compose

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "danger": "险情解除前保持{band}",
        "lowest": "已是最缓等级{band}",
        "none": "卡上的措施不足以降级, 保持{band}",
        "drop": "若{actions}, 降至{band}",
        "and": ", 且",
    },
    "en": {
        "danger": "stays {band} until the danger is over",
        "lowest": "is in the least urgent band already, {band}",
        "none": "stays {band}: no action on the card is enough",
        "drop": "drops to {band} if {actions}",
        "and": " and ",
    },
}


def counterfactual(
    inputs: pd.DataFrame,
    scores: pd.DataFrame,
    card: Scorecard,
    lang: Lang = "zh",
) -> pd.DataFrame:
    """Find the smallest action on the card that would lower each concern's band.

    Single actions are tried in the card's order (from the least effort to the most), then
    pairs of them; each concern gets the first that moves it to a less urgent band.

    Parameters
    ----------
    inputs : DataFrame, n rows
        As `triage.inputs` makes it.
    scores : DataFrame, n rows
        `triage.score` of these inputs by this card.
    card : Scorecard
    lang : "zh" or "en"
        The language of `text`.

    Returns
    -------
    DataFrame, n rows, indexed like `inputs`
        - `actions` (category): ids joined by " + ", missing where none is enough, none is
          needed (least urgent band), or danger holds the band.
        - `score` (Int16, points) and `band` (ordered category): what they would become;
          unchanged where `actions` is missing.
        - `text` (category): all that as one phrase.

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
    ...     basic_need="wage", clock_used=0.8, same_cause_n=0, response_gap="no_owner",
    ... )
    >>> print(counterfactual(one, score(one, card), card).loc["c1", "text"])
    若今日派工, 降至黄色
    """
    check_aligned(inputs, scores, card)
    read = answers(inputs, card)
    options = [*combinations(card.actions, 1), *combinations(card.actions, 2)]
    chosen, total, band = _search(options, read, scores, card)

    danger = scores["override"].to_numpy()
    kind = np.where(chosen >= 0, chosen + 3, np.where(danger, 0, 2))
    kind[(band == len(card.bands) - 1) & (chosen < 0) & ~danger] = 1
    piece = Piece(kind * len(card.bands) + band, _texts(options, card, lang))
    names = pd.Index([" + ".join(action.id for action in option) for option in options])
    return pd.DataFrame(
        {
            "actions": pd.Categorical.from_codes(chosen, names),
            "score": pd.array(total, dtype="Int16"),
            "band": pd.Categorical.from_codes(
                band, scores["band"].cat.categories, ordered=True
            ),
            "text": compose([piece], inputs.index),
        },
        index=inputs.index,
    )


def _search(
    options: Sequence[tuple[Action, ...]],
    read: Mapping[str, Answers],
    scores: pd.DataFrame,
    card: Scorecard,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per row the number of the first option that lowers its band, score and band."""
    band = scores["band"].cat.codes.to_numpy(copy=True)
    total = scores["score"].to_numpy(dtype=np.int16, copy=True)
    names = [f"pts_{factor.id}" for factor in card.factors]
    points = {name: scores[name].to_numpy(dtype=np.int16) for name in names}
    raw = sum(points.values(), start=np.zeros(len(scores), dtype=np.int16))
    chosen = np.full(len(scores), -1, dtype=np.int16)
    waiting = ~scores["override"].to_numpy() & (band < len(card.bands) - 1)
    may = {action.id: _applies(action, read) for action in card.actions}
    for number, option in enumerate(options):
        mask = np.logical_and.reduce([waiting, *(may[action.id] for action in option)])
        rows = np.flatnonzero(mask)
        if not len(rows):
            continue
        after = raw[rows]
        for name, change in _changes(option, rows, read, card):
            after = after + (change - points[name][rows])
        after = np.clip(after, card.floor, card.ceiling)
        to = band_of(after, np.zeros(len(rows), dtype=bool), card).codes
        better = to > band[rows]
        lowered = rows[better]
        chosen[lowered], total[lowered], band[lowered] = number, after[better], to[better]
        waiting[lowered] = False
    return chosen, total, band


def _applies(action: Action, read: Mapping[str, Answers]) -> np.ndarray:
    n = max(len(column) for column in read.values())
    held = [read[name].holds(code) == 1 for name, code in action.when.items()]
    every: np.ndarray = np.logical_and.reduce([np.ones(n, dtype=bool), *held])
    return every


def _changes(
    option: tuple[Action, ...],
    rows: np.ndarray,
    read: Mapping[str, Answers],
    card: Scorecard,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each factor that the actions touch, and its points after them."""
    changed = {name for action in option for name in (*action.sets, *action.adds)}
    for factor in card.factors:
        needed = factor_inputs(factor)
        if not changed & needed:
            continue
        columns = {name: read[name].take(rows) for name in needed}
        for action in option:
            for name in needed & action.sets.keys():
                columns[name] = columns[name].put(action.sets[name])
            for name in needed & action.adds.keys():
                columns[name] = columns[name].add(action.adds[name])
        yield f"pts_{factor.id}", factor_levels(factor, columns).points()


def _texts(options: Sequence[tuple[Action, ...]], card: Scorecard, lang: Lang) -> list[str]:
    words = _WORDS[lang]
    forms = [words["danger"], words["lowest"], words["none"]]
    for option in options:
        actions = words["and"].join(getattr(action, lang) for action in option)
        forms.append(words["drop"].replace("{actions}", actions))
    return [form.format(band=getattr(band, lang)) for form in forms for band in card.bands]
