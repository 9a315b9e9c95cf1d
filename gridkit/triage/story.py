"""The whole story of one concern's score: every factor, every source, what could change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile
from gridkit.profile.card import INPUTS, Factor, Scorecard
from gridkit.profile.card_inputs import RESPONSE_GAPS
from gridkit.triage.answers import Answers, answers
from gridkit.triage.counterfactual import counterfactual
from gridkit.triage.explain import case_text, explain
from gridkit.triage.levels import factor_inputs, factor_levels, override_levels
from gridkit.triage.scorecard import score
from gridkit.triage.sentences import Lang

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "advice": "以上为建议, 由人决定。",
        "unanswered": "未问",
        "not_running": "没有在走的时限",
        "all": "各项均已回答。",
        "missing": "缺 {n} 项: {names}。补齐后分数在 {low} 至 {high} 之间, 最高可为{band}。",
        "card": "评分卡 {card}, 版本 {version}, 截至 {on}。",
        "and": "、",
    },
    "en": {
        "advice": "This is advice; a person decides.",
        "unanswered": "not asked",
        "not_running": "no clock is running",
        "all": "Everything was answered.",
        "missing": "{n} not answered: {names}. With the answers the score would lie "
        "between {low} and {high}; it could be {band}.",
        "card": "Card {card}, version {version}, as of {on}.",
        "and": ", ",
    },
}


@dataclass(frozen=True, eq=False)
class Explanation:
    """Everything behind the score of one concern, in one language; `str` prints it.

    Attributes
    ----------
    concern_id : str
    on : date
        The civil day that the score is of.
    score : int
        Points.
    band : str
        Its code; `band_label` its name.
    override : bool
        Whether danger put it in the top band.
    sentence, counterfactual, missing_text, advice : str
        The reasons; what would lower the band; what was not answered and how far that could
        move the score; and that a person decides.
    factors : DataFrame
        Indexed by factor id, in the card's order: `factor` (label), `value` (what is on
        record), `points`, `least` and `most` (its bounds), `reason`, `why`, `source`,
        `verified`.
    missing : tuple of str
        The inputs that were not answered.
    score_low, score_high : int
        Points; where the missing answers could move the score.
    band_high : str
        The code of the most urgent band that it could reach.
    card_id, card_hash, card_version : str
        The card and its version.
    """

    concern_id: str
    on: dt.date
    score: int
    band: str
    band_label: str
    override: bool
    sentence: str
    counterfactual: str
    missing_text: str
    advice: str
    factors: pd.DataFrame
    missing: tuple[str, ...]
    score_low: int
    score_high: int
    band_high: str
    card_id: str
    card_hash: str
    card_version: str
    lang: Lang = "zh"

    def __str__(self) -> str:
        words = _WORDS[self.lang]
        rows = [
            f"  {row['points']:+3d} / {row['most'] or row['least']:+3d}"
            f"  {row['factor']}: {row['value']}"
            for row in self.factors.to_dict("records")
        ]
        version = words["card"].format(
            card=self.card_id, version=self.card_version, on=self.on.isoformat()
        )
        return "\n".join(
            [self.sentence, *rows, self.counterfactual, self.missing_text, version, self.advice]
        )


def explain_one(
    inputs: pd.DataFrame,
    concern_id: str,
    card: Scorecard,
    on: dt.date,
    lang: Lang = "zh",
    *,
    profile: Profile | None = None,
) -> Explanation:
    """Tell the whole story of one concern's score.

    Parameters
    ----------
    inputs : DataFrame
        As `triage.inputs` makes it; one row of it is looked at.
    concern_id : str
        The label of that row.
    card : Scorecard
    on : date
        The civil day for which `inputs` was made.
    lang : "zh" or "en"
    profile : Profile or None
        Gives the words for what is on record; without it, codes are shown.

    Returns
    -------
    Explanation
        Its score, band and sentence are those that `score` and `explain` give the row.

    Raises
    ------
    DataError
        If `inputs` does not hold the concern (it may be struck off or routed out:
        see `standing`), or holds a code that the card does not know.

    Examples
    --------
    >>> import datetime as dt
    >>> from gridkit.profile import load_profile
    >>> profile = load_profile()
    >>> card = profile.scorecard
    >>> one = pd.DataFrame({name: ["none"] for name in card.inputs}, index=["c1"]).assign(
    ...     harm="livelihood", households_affected=40, people_affected=None, works_in_days=None,
    ...     basic_need="wage", clock_used=0.8, same_cause_n=0, setting=None,
    ... )
    >>> story = explain_one(one, "c1", card, dt.date(2026, 3, 9), profile=profile)
    >>> print(story)  # doctest: +ELLIPSIS
    建议黄色 (39 分): 工资被欠 (+12), 影响生计 (+10), 影响 21–50 户 (+9); 缺 1 项回答, ...
      +10 / +25  危害程度: 影响生计
       +9 / +15  影响范围: 影响户数 40
    ...
    以上为建议, 由人决定。
    """
    if concern_id not in inputs.index:
        raise DataError(
            en=f"`inputs` has no concern {concern_id}. It may be struck off, routed out, or "
            "heard later: see `triage.standing`.",
            zh=f"`inputs` 中没有诉求 {concern_id}。可能已销号、已转法定途径或登记在后, "
            "见 `triage.standing`。",
        )
    row = inputs.loc[[concern_id]]
    scores = score(row, card)
    read, words = answers(row, card), _WORDS[lang]
    told = scores.iloc[0]
    missing = _missing(card, read)
    labels = {band.code: getattr(band, lang) for band in card.bands}
    low, high = int(told["score_low"]), int(told["score_high"])
    text = words["missing"].format(
        n=len(missing),
        names=words["and"].join(getattr(INPUTS[name], lang) for name in missing),
        low=low,
        high=high,
        band=labels[told["band_high"]],
    )
    return Explanation(
        concern_id=concern_id,
        on=on,
        score=int(told["score"]),
        band=str(told["band"]),
        band_label=labels[told["band"]],
        override=bool(told["override"]),
        sentence=str(explain(row, scores, card, lang).iloc[0]),
        counterfactual=str(counterfactual(row, scores, card, lang)["text"].iloc[0]),
        missing_text=text if missing else words["all"],
        advice=words["advice"],
        factors=_factors(card, read, _Reader(lang, profile)),
        missing=missing,
        score_low=low,
        score_high=high,
        band_high=str(told["band_high"]),
        card_id=card.id,
        card_hash=card.hash,
        card_version=" ".join(filter(None, (card.version, card.hash[:12]))),
        lang=lang,
    )


def _missing(card: Scorecard, read: Mapping[str, Answers]) -> tuple[str, ...]:
    levels = [override_levels(card, read), *(factor_levels(f, read) for f in card.factors)]
    return tuple(name for level in levels for name in level.cases[level.codes[0]].missing)


class _Reader(NamedTuple):
    """Puts what is on record into words: by the profile's labels where there is one."""

    lang: Lang
    profile: Profile | None

    def values(self, factor: Factor, read: Mapping[str, Answers]) -> str:
        named = sorted(factor_inputs(factor), key=list(INPUTS).index)
        held = {name: value for name in named if (value := self._value(name, read[name]))}
        if len(named) == 1:
            asked = INPUTS[named[0]].origin == "asked"
            lacking = _WORDS[self.lang]["unanswered" if asked else "not_running"]
            return held.get(named[0], lacking)
        told = [f"{getattr(INPUTS[name], self.lang)} {value}" for name, value in held.items()]
        if len(told) == 1 and getattr(INPUTS[next(iter(held))], self.lang) == getattr(
            factor, self.lang
        ):
            told = list(held.values())
        return ", ".join(told) or _WORDS[self.lang]["unanswered"]

    def _clock_used(self, share: float) -> str:
        if self.lang == "zh":
            return f"已用 {share:.0%}" if share <= 1 else f"已超期, 用时为时限的 {share:.3g} 倍"
        return f"{share:.0%} used" if share <= 1 else f"overdue, {share:.3g} times the clock"

    def _value(self, name: str, column: Answers) -> str:
        if not len(column.codes):
            number = float(column.numbers[0])
            if np.isnan(number):
                return ""
            return self._clock_used(number) if name == "clock_used" else f"{number:.4g}"
        if column.codes[0] < 0:
            return ""
        codes = column.distinct[column.codes[0]].split()
        return _WORDS[self.lang]["and"].join(self._label(name, code) for code in codes)

    def _label(self, name: str, code: str) -> str:
        if name == "response_gap":
            return RESPONSE_GAPS[code][self.lang == "en"]
        if self.profile is None or name not in {table.name for table in self.profile.tables}:
            return code
        return self.profile.label(name, code, self.lang)


def _factors(card: Scorecard, read: Mapping[str, Answers], reader: _Reader) -> pd.DataFrame:
    rows = []
    for factor in card.factors:
        levels = factor_levels(factor, read)
        case = levels.cases[levels.codes[0]]
        rows.append(
            {
                "factor": getattr(factor, reader.lang),
                "value": reader.values(factor, read),
                "points": case.points,
                "least": factor.min,
                "most": factor.max,
                "reason": case_text(case, reader.lang),
                "why": factor.why,
                "source": factor.source,
                "verified": factor.verified,
            }
        )
    table = pd.DataFrame(rows, index=pd.Index([f.id for f in card.factors], name="id"))
    texts = ["factor", "value", "reason", "why", "source"]
    return table.astype({**dict.fromkeys(texts, "str"), "points": "Int16"})
