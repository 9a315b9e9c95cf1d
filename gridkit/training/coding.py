"""Double coding: the same thirty concerns put into bands by several people and by the card.

Agreement is of codings, shown by letters; nobody is ranked. Beside it stand figures that
hospitals publish of their own triage, to show what is usual among trained people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.training.history import History
from gridkit.triage.evaluate_agreement import confusion, kappa_interval, triage_errors
from gridkit.triage.evaluate_facts import weekly_facts
from gridkit.triage.evaluate_intervals import Interval
from gridkit.triage.scorecard import score

MATTERS = 30
CARD = "card"

PUBLISHED: tuple[tuple[str, str, str], ...] = (
    ("ESI, 19 项研究合并", "κ 0.791 (0.787–0.795)", "Mirhaghi 2015, SQUMJ 15(1):e71–77"),
    ("MTS, 7 项研究合并", "κ 0.751 (0.677–0.810)", "Mirhaghi 2017, J Clin Nurs, PMID 27792290"),
    (
        "MTS, 荷兰, 50 个书面病例",
        "加权 κ 0.62 (0.60–0.65); 老年人: 偏低 25.3 %, 偏高 7.6 %",
        "van der Wulp 2008, Emerg Med J 25:431–434",
    ),
    (
        "ESI 与 MTS, 荷兰, 421 人",
        "偏低: ESI 20 % (86 人), MTS 11 % (48 人)",
        "Storm-Versloot 2011, Acad Emerg Med 18:822–829",
    ),
    (
        "ESI, 马来西亚, 280 人",
        "偏低 10.7 %, 偏高 6.2 %; κ 0.75",
        "Lim 2020, Malays J Med Sci 27(2):90–100",
    ),
    (
        "ESI, 巴西, 96,071 人次",
        "偏低与偏高合计 17.1 % (16,426 人次)",
        "Int J Emerg Med 2018, doi:10.1186/s12245-017-0161-8",
    ),
    (
        "ESI, 美国 21 家急诊, 五百三十多万人次",
        "偏低 3.3 %, 偏高 28.9 %",
        "Sax 2023, JAMA Netw Open 6(3):e233404",
    ),
)
"""Published figures: of what, which, where; each read in the abstract of its source (the shares
of Sax 2023 as the Health Policy Journal Club of EMRA tells them). What counts as under- and
over-triage differs from study to study: to compare orders of size, not digits."""


@dataclass(frozen=True, eq=False)
class Coding:
    """What double coding showed.

    Attributes
    ----------
    kappa : dict of (str, str) to Interval
        Quadratic weighted κ of each pair of coders, the card among them.
    confusions : dict of str to DataFrame
        Each coder (rows) against the card (columns).
    errors : DataFrame, indexed by coder
        `under`, `over`, `exact` against the card, in words with intervals.
    disputed : DataFrame, indexed by concern id
        `spread` (bands between the highest and the lowest) and everybody's band, the most
        disputed first: the list to talk about.
    """

    kappa: Mapping[tuple[str, str], Interval]
    confusions: Mapping[str, pd.DataFrame]
    errors: pd.DataFrame
    disputed: pd.DataFrame


def coding_set(
    history: History, *, rng: np.random.Generator, size: int = MATTERS
) -> pd.DataFrame:
    """Choose matters to be coded: about as many of each band of the card.

    Parameters
    ----------
    history : History
    rng : Generator
        Source of chance.
    size : int
        How many.

    Returns
    -------
    DataFrame, indexed by concern id
        The facts as told, `summary`, and `card` (the card's band; not to be shown before).
    """
    facts = weekly_facts(history.concerns, history.steps, [history.end], history.profile)
    facts = facts.set_index("concern_id")
    band = score(facts, history.profile.scorecard)["band"]
    order = pd.Series(rng.permutation(len(facts)), facts.index)
    nth = order.groupby(band, observed=True).rank()
    chosen = nth.sort_values(kind="stable").index[:size]
    told = facts.loc[chosen].join(history.concerns["summary"])
    return told.assign(card=band.loc[chosen]).sample(frac=1, random_state=rng)


def agree(
    coded: Mapping[str, pd.Series],
    card: pd.Series,
    levels: list[str],
    *,
    rng: np.random.Generator,
) -> Coding:
    """Hold codings against each other and against the card.

    Parameters
    ----------
    coded : mapping of str to Series of str
        By coder (a letter, never a name), bands by concern id; missing where not coded.
    card : Series of str
        The card's bands, by concern id.
    levels : list of str
        Bands, the most urgent first.
    rng : Generator
        Source of chance.

    Returns
    -------
    Coding

    Raises
    ------
    DataError
        If nobody coded, or a coder is called like the card.
    """
    if not coded or CARD in coded:
        raise DataError(
            en="`coded` needs one coder or more, none of them called `card`.",
            zh="`coded` 至少要有一位评定者, 且不能叫 `card`。",
        )
    everyone = {**coded, CARD: card.astype("str")}
    pairs = {
        (a, b): kappa_interval(everyone[a], everyone[b], levels, rng=rng)
        for a, b in combinations(everyone, 2)
    }
    errors = {
        name: {
            part: its.words()
            for part, its in triage_errors(bands, everyone[CARD], levels, rng=rng)
            ._asdict()
            .items()
        }
        for name, bands in coded.items()
    }
    table = pd.DataFrame({name: s.astype("str") for name, s in everyone.items()})
    place = table.apply(lambda s: s.map({level: i for i, level in enumerate(levels)}))
    spread = (place.max(axis=1) - place.min(axis=1)).astype("Int64")
    return Coding(
        kappa=pairs,
        confusions={n: confusion(s, everyone[CARD], levels) for n, s in coded.items()},
        errors=pd.DataFrame.from_dict(errors, orient="index").rename_axis("coder"),
        disputed=table.assign(spread=spread).sort_values(
            "spread", ascending=False, kind="stable"
        ),
    )
