"""The knobs of a county that lives: what a trainer turns before a class."""

from __future__ import annotations

from dataclasses import dataclass, fields

from gridkit.errors import DataError

_RANGES: dict[str, tuple[float, float]] = {
    "drought": (0.0, 3.0),
    "demolition": (0.0, 3.0),
    "pay_day": (0.0, 3.0),
    "rain": (0.0, 3.0),
    "reporting_bias": (0.0, 2.0),
    "speed": (0.5, 2.0),
    "noise": (0.0, 2.0),
    "capacity": (1, 200),
}


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """What is turned up or down; 1 is an ordinary year.

    Attributes
    ----------
    drought : float
        0 to 3: how many times as often waterworks run low.
    demolition : float
        0 to 3: how many times as often works frighten a neighborhood.
    pay_day : float
        0 to 3: how many times as often wages stay out before the new year.
    rain : float
        0 to 3: how many times as often drains are blocked.
    reporting_bias : float
        0 to 2: 0 lets every grid report alike, 1 as usual, 2 makes silent grids all but mute.
    speed : float
        0.5 to 2: how many times as fast roots grow and harden.
    noise : float
        0 to 2: how many times as blurred what is told of a root is: harm, households.
    capacity : int
        1 to 200: visits with an action that can be made in a week.

    Raises
    ------
    DataError
        If a knob is out of range; all are named.

    Examples
    --------
    >>> Knobs(drought=2).drought
    2
    """

    drought: float = 1.0
    demolition: float = 1.0
    pay_day: float = 1.0
    rain: float = 1.0
    reporting_bias: float = 1.0
    speed: float = 1.0
    noise: float = 1.0
    capacity: int = 15

    def __post_init__(self) -> None:
        odd = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if not _RANGES[f.name][0] <= getattr(self, f.name) <= _RANGES[f.name][1]
        }
        if odd:
            zh, en = (
                ", ".join(
                    f"{KNOB_NAMES[name][place]} {value:g} "
                    f"({_RANGES[name][0]:g}–{_RANGES[name][1]:g})"
                    for name, value in odd.items()
                )
                for place in (0, 1)
            )
            raise DataError(
                en=f"These knobs are out of range: {en}.", zh=f"这些旋钮超出范围: {zh}。"
            )


KNOB_NAMES: dict[str, tuple[str, str]] = {
    "drought": ("旱情", "drought"),
    "demolition": ("拆改工期", "demolition phase"),
    "pay_day": ("年关欠薪", "pay day"),
    "rain": ("雨情", "rain"),
    "reporting_bias": ("上报偏差", "reporting bias"),
    "speed": ("恶化快慢", "speed of hardening"),
    "noise": ("说不准", "noise in what is told"),
    "capacity": ("每周可走访", "visits a week"),
}
