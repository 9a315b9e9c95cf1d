"""A small county with half a year in it, made once, and what became of its matters."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pandas as pd

from gridkit.profile import load_profile
from gridkit.training import make_town
from gridkit.triage.evaluate_facts import mark, weekly_facts, weeks_between

END = dt.date(2026, 11, 22)


@cache
def town():
    """Give a small county with half a year in it."""
    return make_town(seed=7, grids=343, weeks=30, end=END)


@cache
def outcomes():
    """Plant outcomes: every matter of a latent cause gets worse six weeks after hearing."""
    cause = town().truth.of_concern
    harm = town().concerns["heard_on"] + pd.Timedelta(days=42)
    return pd.DataFrame(
        {"harm_on": harm.where(cause.notna().reindex(harm.index)), "cause": cause}
    )


@cache
def facts():
    """Give what was known in each week."""
    days = weeks_between(town().start, END - dt.timedelta(days=60))
    return weekly_facts(town().concerns, town().steps, days, load_profile())


@cache
def marked():
    """Give the weeks with what became of the matters."""
    return mark(facts(), outcomes(), END)
