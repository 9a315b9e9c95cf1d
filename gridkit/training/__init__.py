"""A made-up county to learn in: 青溪县 (虚构), code 990428, which no real county has.

`make_town` draws a county from a seed: shape, townships, villages, grids that nest in them,
households; then a year in it: latent causes that start, grow and end, concerns that are
reported where people report, visits with limited capacity, and what the offices did about
them. Three stories are told in every town: nine investors unpaid, an old town renewed, a
water shortage. What was really going on is kept apart, in `town.truth`.
`write_town` makes a workspace of it; `bulk_concerns` draws a million rows for benchmarks.

People, places and events are invented, and every name of the county says so: 虚构.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridkit.training.bulk import bulk_concerns
    from gridkit.training.town import Town, Truth, make_town
    from gridkit.training.write import town_records, write_town, write_truth

_LATER = {
    "Town": "town",
    "Truth": "town",
    "bulk_concerns": "bulk",
    "make_town": "town",
    "town_records": "write",
    "write_town": "write",
    "write_truth": "write",
}

__all__ = [
    "Town",
    "Truth",
    "bulk_concerns",
    "make_town",
    "town_records",
    "write_town",
    "write_truth",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(f"gridkit.training.{_LATER[name]}"), name)
    msg = f"module 'gridkit.training' has no attribute {name!r}"
    raise AttributeError(msg)
