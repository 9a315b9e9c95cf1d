"""What differs between counties, as data: words, codes, rules, clocks.

A profile is a folder of small TOML files that an office edits itself: what people need
(`demands`), who is at odds (`disputes`), small choice tables, bands and their colors, the
scorecard, who deals with what (`units`, `routes`), the legal clocks with their articles,
reception days and checklists. `load_profile` reads the packaged default or a folder laid
over it, checks everything, and says all faults at once; the result is frozen and has a
hash. Every entry has a source, and `verified` is true only where the primary text was read.
`divisions` parses and checks division and grid codes; `calendar` knows civil dates and
China's working days. The other chapters take a `Profile` as an argument; there is no
global one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gridkit.profile.card import Scorecard
from gridkit.profile.choices import Choice, Table
from gridkit.profile.clause import Applies, Channel, Clause
from gridkit.profile.fields import Label
from gridkit.profile.office import Band, Checklist, Join, Reception, Route, Unit
from gridkit.profile.profile import Profile, load_profile

__all__ = [
    "Applies",
    "Band",
    "Channel",
    "Checklist",
    "Choice",
    "Clause",
    "Join",
    "Label",
    "Profile",
    "Reception",
    "Route",
    "Scorecard",
    "Table",
    "Unit",
    "load_profile",
]


def __getattr__(name: str) -> Any:
    if name in {"calendar", "divisions"}:  # they load pandas
        return import_module(f"gridkit.profile.{name}")
    msg = f"module 'gridkit.profile' has no attribute {name!r}"
    raise AttributeError(msg)
