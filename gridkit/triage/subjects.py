"""Which concerns a clause is about, by what the profile says of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from gridkit.profile import Channel, Clause, Profile
from gridkit.profile.clause import Applies

_NOTHING = ("", "none")


def fits(clause: Clause, concerns: pd.DataFrame, profile: Profile) -> np.ndarray:
    """Tell which concerns a clause is about, whenever they were heard.

    Parameters
    ----------
    clause : Clause
    concerns : DataFrame
        `demand_type`, `demand_detail`, `dispute_code`, `source`, `safety`; a column that is
        not there counts as not answered.
    profile : Profile
        The county (is the clause in force there?) and the statutory channels.

    Returns
    -------
    ndarray of bool, one per concern
    """
    applies = clause.applies
    fit = np.full(len(concerns), clause.in_force_in(profile.county_code))
    if applies.disputes or applies.demands or applies.details:
        fit &= _about(applies, concerns)
    if applies.sources:
        fit &= _where(concerns, "source", lambda code: code in applies.sources)
    if applies.safety is not None:
        danger = _where(concerns, "safety", lambda codes: codes not in _NOTHING)
        fit &= danger == applies.safety
    if applies.other_channel is not None:
        fit &= has_channel(concerns, profile) == applies.other_channel
    return fit


def has_channel(concerns: pd.DataFrame, profile: Profile) -> np.ndarray:
    """Tell which concerns have a court, arbitration or administrative procedure (bool).

    The 60 days of 信访工作条例 34 are only for those that have none (31, sixth item).
    """
    found = np.zeros(len(concerns), dtype=bool)
    for channel in profile.channels:
        found |= _about(channel, concerns)
    return found


def _about(subject: Applies | Channel, concerns: pd.DataFrame) -> np.ndarray:
    """Tell which concerns have any of the dispute codes, demand types or details."""
    found = _where(concerns, "dispute_code", lambda code: code.startswith(subject.disputes))
    found |= _where(concerns, "demand_type", lambda code: code in subject.demands)
    found |= _where(concerns, "demand_detail", lambda code: code in subject.details)
    return found


def _where(concerns: pd.DataFrame, name: str, holds: Callable[[str], bool]) -> np.ndarray:
    """Ask each different value of a column once; a missing one is False."""
    if name not in concerns:
        return np.zeros(len(concerns), dtype=bool)
    column = pd.Categorical(concerns[name])
    answers = [holds(str(value)) for value in column.categories]
    found: np.ndarray = np.array([*answers, False], dtype=bool)[column.codes]
    return found
