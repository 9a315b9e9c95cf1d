"""What may be handed out: no count under k comes back, no home, whatever is subtracted.

`suppress` hides small counts of one level; `protect` those of nested levels, with as many
more as keep them hidden, and `bounds` says what an attacker would still know. `release`
makes the numbers of one map over a fixed `Window`, `release_table` those of a table of
areas by types; the `Register` refuses one that would
give something away together with all that was published before (`leaks`, by `attack`), and a
window that is not fixed or not over. A county has one register; `Register.join` makes one of two.
`mask_points` moves points within their community, the same point always to the same place.
`maps.shared` draws only what is in the register.

Method: Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley.
"""

from __future__ import annotations

from gridkit.maps.disclosure.attack import attack, exposed
from gridkit.maps.disclosure.masking import mask_key, mask_points
from gridkit.maps.disclosure.nested import TOTAL, bounds, protect
from gridkit.maps.disclosure.register import (
    REGISTER,
    Joined,
    Register,
    check,
    check_published,
)
from gridkit.maps.disclosure.release import (
    Release,
    finest_level,
    leaks,
    levels_of,
    outline_of,
    release,
)
from gridkit.maps.disclosure.small import SMALLEST_SHOWN, hidden_note, suppress
from gridkit.maps.disclosure.table import release_table
from gridkit.maps.disclosure.windows import (
    Window,
    WindowKind,
    began_zh,
    check_begun,
    check_fixed,
    check_over,
    last_window,
    window_of,
)

__all__ = [
    "REGISTER",
    "SMALLEST_SHOWN",
    "TOTAL",
    "Joined",
    "Register",
    "Release",
    "Window",
    "WindowKind",
    "attack",
    "began_zh",
    "bounds",
    "check",
    "check_begun",
    "check_fixed",
    "check_over",
    "check_published",
    "exposed",
    "finest_level",
    "hidden_note",
    "last_window",
    "leaks",
    "levels_of",
    "mask_key",
    "mask_points",
    "outline_of",
    "protect",
    "release",
    "release_table",
    "suppress",
    "window_of",
]
