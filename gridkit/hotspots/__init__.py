"""Where and when concerns gather, and how much of it could be chance.

Counts are the only input: `count` (grid, category, week; one SQL text, zeros included) →
`rates` (per 100 households, exact interval, shrunken by empirical Bayes) → `hotspot_test`
over the `Neighbors` of each grid → classes after false-discovery control, and sentences.

| question | take |
|---|---|
| how many, where, when; what was left out | `count`, `uncounted` |
| how many for the people who live there | `rates`, column `rate_eb`; not raw counts |
| households unknown | `density`, until they are known |
| which grids may be called hotspots, with those around | `find_hotspots`, or `hotspot_test` |
| the same of densities or other values | `gi_star_test` with `permutations` |
| which grids differ from those around, which resemble them | `local_moran` on `rate_eb` |
| does a series surge this week; after years, after weeks, slowly | `farrington`, `ears`, `cusum` |
| has it been new, lasting, fading or past, over half a year | `emerging` on `weekly` |
| does one concern soon bring others close by | `near_repeat` |
| does a series rise or fall | `mann_kendall` |
| did a grid change after a measure, more than the others did | `before_after` |
| which grids say less than they should, and how sure is that | `silent` on `repeats` on `same_cause` |
| a smooth picture of where concerns lie thick (no test) | `surface` |
| where and when it gathers, any circle, any weeks; what is new | `scan`, `compare_clusters` |
| every week: what is new, grew, ended; how often wrong | `weekly_warning` |
| what a cluster's concerns share; what else could explain it | `in_common`; `heaps`, `other_reasons` |
| points instead of grids | `count_points` |
| season, age of buildings ... taken out first | `seasonal_expected`, `standardize`, `with_expected` |
| which grids are near: shared borders, distance, equal numbers | `touching`, `within`, `k_nearest` |
| which grids hang on one pipe or road | `connected` |
| what it means, in a sentence | `explain_…` beside each method; `by_name` to show them |

Only what a test calls so is a hotspot: `hotspot_test` for grids, `scan` for circles and weeks.
`emerging` sorts histories, `surface` draws, `local_moran` compares with those around, `silent`
gives a reason to knock. None of them says why; that is what `in_common`, `heaps` and
`other_reasons` help to ask. When not to use a method stands in its Notes.

Concerns that belong to a statutory channel are dropped first (`mappable`). Nothing here
groups by person: grids, categories and weeks are all there is.
"""

from __future__ import annotations

from gridkit.hotspots.alarm_rule import AlarmRule
from gridkit.hotspots.baseline import seasonal_expected, standardize, with_expected
from gridkit.hotspots.change import CHANGE_CLASSES, ChangeClass, before_after
from gridkit.hotspots.clusters import explain_clusters
from gridkit.hotspots.compare import compare_clusters
from gridkit.hotspots.counts import count, mappable, per_grid, uncounted
from gridkit.hotspots.cube import weekly
from gridkit.hotspots.cusum import cusum, cusum_run_length
from gridkit.hotspots.ears import ears
from gridkit.hotspots.emerging import cube_gi_star, emerging
from gridkit.hotspots.emerging_kinds import (
    EMERGING_CLASSES,
    EmergingClass,
    emerging_kinds,
    explain_emerging,
)
from gridkit.hotspots.explain import (
    HOTSPOT_CLASSES,
    P_METHODS,
    HotspotClass,
    explain_cells,
    explain_hotspots,
    explain_method,
)
from gridkit.hotspots.farrington import NOUFAILY, Rules, farrington
from gridkit.hotspots.findings import FEWEST, Findings, find_hotspots
from gridkit.hotspots.gi_star import gi_star, gi_star_test
from gridkit.hotspots.heaps import heaps
from gridkit.hotspots.in_common import in_common
from gridkit.hotspots.knox import explain_near_repeat, near_repeat
from gridkit.hotspots.moran import MORAN_CLASSES, MoranClass, explain_moran, local_moran
from gridkit.hotspots.names import by_name
from gridkit.hotspots.neighbors import Neighbors, k_nearest, touching, within
from gridkit.hotspots.network import connected
from gridkit.hotspots.other_reasons import other_reasons
from gridkit.hotspots.plan import Plan
from gridkit.hotspots.rates import density, rates
from gridkit.hotspots.redistribution import hotspot_test
from gridkit.hotspots.repeats import repeats
from gridkit.hotspots.same_cause import same_cause
from gridkit.hotspots.scan import ScanResult, replica, scan
from gridkit.hotspots.scan_points import count_points
from gridkit.hotspots.silent import SILENT_CLASSES, SilentClass, explain_silent, silent
from gridkit.hotspots.surface import Surface, surface
from gridkit.hotspots.surge import explain_burden, explain_surge
from gridkit.hotspots.trend import mann_kendall
from gridkit.hotspots.warning import WeeklyWarning, weekly_warning

__all__ = [
    "CHANGE_CLASSES",
    "EMERGING_CLASSES",
    "FEWEST",
    "HOTSPOT_CLASSES",
    "MORAN_CLASSES",
    "NOUFAILY",
    "P_METHODS",
    "SILENT_CLASSES",
    "AlarmRule",
    "ChangeClass",
    "EmergingClass",
    "Findings",
    "HotspotClass",
    "MoranClass",
    "Neighbors",
    "Plan",
    "Rules",
    "ScanResult",
    "SilentClass",
    "Surface",
    "WeeklyWarning",
    "before_after",
    "by_name",
    "compare_clusters",
    "connected",
    "count",
    "count_points",
    "cube_gi_star",
    "cusum",
    "cusum_run_length",
    "density",
    "ears",
    "emerging",
    "emerging_kinds",
    "explain_burden",
    "explain_cells",
    "explain_clusters",
    "explain_emerging",
    "explain_hotspots",
    "explain_method",
    "explain_moran",
    "explain_near_repeat",
    "explain_silent",
    "explain_surge",
    "farrington",
    "find_hotspots",
    "gi_star",
    "gi_star_test",
    "heaps",
    "hotspot_test",
    "in_common",
    "k_nearest",
    "local_moran",
    "mann_kendall",
    "mappable",
    "near_repeat",
    "other_reasons",
    "per_grid",
    "rates",
    "repeats",
    "replica",
    "same_cause",
    "scan",
    "seasonal_expected",
    "silent",
    "standardize",
    "surface",
    "touching",
    "uncounted",
    "weekly",
    "weekly_warning",
    "with_expected",
    "within",
]
