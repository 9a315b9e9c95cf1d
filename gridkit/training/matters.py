"""What can go wrong in the invented county: kinds of matters, read from `matters.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gridkit.errors import DataError

if TYPE_CHECKING:
    from gridkit.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of matter.

    `share` weighs it among background concerns; `town` is its rate per household in town
    over that in the country. `months` are those in which it comes three times as often.
    `harm` weighs its codes; `safety`, `need`, `setting`, `hardening`, `mitigation` and
    `dispute` give for each code the share of concerns that carry it (what is left over says
    "none"). `shared` is the share that touches several households. `causes` is how many
    latent causes of it start in a year among 60,000 households, each over about `grids`
    neighboring grids and `weeks` weeks. `hard` stretches the handling. `says` and `wants`
    are the words; `{place}`, `{days}` and `{n}` (households) are filled in.
    """

    demand_type: str
    detail: str
    share: float
    town: float
    harm: Mapping[str, float]
    says: tuple[str, ...]
    wants: tuple[str, ...]
    months: tuple[int, ...] = ()
    safety: Mapping[str, float] = field(default_factory=dict)
    need: Mapping[str, float] = field(default_factory=dict)
    setting: Mapping[str, float] = field(default_factory=dict)
    hardening: Mapping[str, float] = field(default_factory=dict)
    mitigation: Mapping[str, float] = field(default_factory=dict)
    dispute: Mapping[str, float] = field(default_factory=dict)
    shared: float = 0.1
    causes: float = 0.0
    grids: float = 2.0
    weeks: float = 6.0
    hard: float = 1.0


@dataclass(frozen=True)
class Matters:
    """All kinds, the places that are named in town and country, details answered at once."""

    kinds: tuple[Kind, ...]
    in_town: tuple[str, ...]
    in_country: tuple[str, ...]
    on_the_spot: frozenset[str]


@cache
def matters() -> Matters:
    """Read the kinds of matters.

    Examples
    --------
    >>> [kind.detail for kind in matters().kinds[:2]]
    ['water_cut', 'water_pressure']
    """
    text = files("gridkit.training").joinpath("matters.toml").read_text(encoding="utf-8")
    raw: dict[str, Any] = tomllib.loads(text)
    return Matters(
        kinds=tuple(_kind(entry) for entry in raw["kind"]),
        in_town=tuple(raw["in_town"]),
        in_country=tuple(raw["in_country"]),
        on_the_spot=frozenset(raw["on_the_spot"]),
    )


def _kind(entry: dict[str, Any]) -> Kind:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Kind(**values)


def check_known(profile: Profile) -> None:
    """Refuse a profile whose tables lack codes that the town would write.

    Raises
    ------
    DataError
        Naming up to three of the codes that are missing.
    """
    used: dict[str, set[str]] = {}
    for kind in matters().kinds:
        for table, codes in (
            ("demand_type", {kind.demand_type}),
            ("demand_detail", {kind.detail}),
            ("harm", kind.harm),
            ("safety", kind.safety),
            ("basic_need", kind.need),
            ("setting", kind.setting),
            ("hardening", kind.hardening),
            ("mitigation", kind.mitigation),
            ("dispute_code", kind.dispute),
        ):
            used.setdefault(table, set()).update(codes)
    missing = sorted(
        f"{table} {code}"
        for table, codes in used.items()
        for code in codes - set(profile.codes(table))
    )
    if missing:
        raise DataError(
            en=f"The invented county uses {len(missing)} code(s) that `profile` lacks: "
            f"{', '.join(missing[:3])}. Make it with the default profile.",
            zh=f"虚构县要用到 `profile` 中没有的 {len(missing)} 个代码: "
            f"{', '.join(missing[:3])}。请用默认县情配置生成。",
        )
