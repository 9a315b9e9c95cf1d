"""Looking back on a drill: what warned when, what was missed, who was alarmed for nothing.

Only now is the truth shown, and only of this game. Matters and grids are named, never
persons; ways of choosing are compared, trainees are not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from gridkit.training.drill import Drill
from gridkit.training.play import Play
from gridkit.training.ways import WAYS, play_way

OWN = "own"


@dataclass(frozen=True, eq=False)
class Debrief:
    """What a debrief tells.

    Attributes
    ----------
    drill : Drill
    causes : DataFrame, indexed by cause
        Causes that did harm in the game's time, or would have: `root`, `grid_id`,
        `starts`, `would_harm_on`, `first_told` (the first matter of it), `first_visit`
        (missing where nobody went before the harm), `lead_days` (from the first visit to
        the harm; 0 without), `warned_on` (the first week in which the card had it in the
        week's visits, on what was told), `fate` (averted, harmed, missed: never visited
        before the harm, untold: nothing of it was told before the harm and by the last week
        of the game, when somebody could still have gone), `needed` (the action that would
        have ended it), `households`.
    alarms : DataFrame, indexed by concern id
        Visits that found nothing that grows: `on`, `grid_id`, `demand_type`.
    ways : DataFrame, indexed by way
        `visits`, `ended`, `averted`, `harmed`, `households_harmed`, `for_nothing`: what this
        game (`own`) did, and each way of choosing with the same capacity and the action
        that each matter suggests.
    """

    drill: Drill
    causes: pd.DataFrame
    alarms: pd.DataFrame
    ways: pd.DataFrame


def debrief(drill: Drill) -> Debrief:
    """Look back on a drill, played to the end or not.

    Parameters
    ----------
    drill : Drill

    Returns
    -------
    Debrief
    """
    history, days = drill.history, drill.days
    card = history.profile.scorecard
    played = {way: play_way(history, way, days, card) for way in WAYS}
    own, causes = drill.play, fates(drill)
    of = history.causes.of_concern
    return Debrief(
        drill=drill,
        causes=causes.assign(warned_on=_before_harm(played["card"], causes, of)),
        alarms=_alarms(drill, own),
        ways=pd.DataFrame.from_dict(
            {name: _did(play, days[0]) for name, play in {OWN: own, **played}.items()},
            orient="index",
        ).rename_axis("way"),
    )


def _in_game(play: Play, first: dt.date) -> pd.DataFrame:
    """Give the causes that would have done harm between the first day and the last."""
    table = play.outcome()
    would = play.history.causes.table["harm_on"]
    last = pd.Timestamp(play.history.end)
    return table[would.between(pd.Timestamp(first), last)].assign(would_harm_on=would)


def fates(drill: Drill) -> pd.DataFrame:
    """Tell what became of each cause in a game: the columns of `Debrief.causes` but `warned_on`.

    Parameters
    ----------
    drill : Drill

    Returns
    -------
    DataFrame, indexed by cause, those that do harm first at the top
    """
    own = drill.play
    table = _in_game(own, drill.days[0])
    of = drill.history.causes.of_concern
    heard = drill.history.concerns["heard_on"]
    told = heard.groupby(of.reindex(heard.index)).min().reindex(table.index)
    first = _before_harm(own, table, of)
    lead = (table["would_harm_on"] - first).dt.days.fillna(0).astype(int)
    in_time = (told < table["would_harm_on"]) & (told <= pd.Timestamp(drill.days[-1]))
    fate = pd.Series("harmed", index=table.index)
    fate = fate.mask(first.isna(), "missed").mask(first.isna() & ~in_time, "untold")
    fate = fate.mask(table["averted"], "averted")
    kept = ["root", "grid_id", "starts", "would_harm_on", "households"]
    found = table[kept].assign(
        first_told=told,
        first_visit=first,
        lead_days=lead,
        fate=fate,
        needed=table["action"],
    )
    return found.sort_values("would_harm_on")


def _before_harm(play: Play, table: pd.DataFrame, of: pd.Series) -> pd.Series:
    """Give the first visit to each cause, where it came before the harm."""
    first = _first_visits(play, of).reindex(table.index)
    return first.where(first < table["would_harm_on"])


def _first_visits(play: Play, of: pd.Series) -> pd.Series:
    rows = [(of.get(f.visit.concern_id), pd.Timestamp(f.visit.on)) for f in play.findings]
    table = pd.DataFrame(rows, columns=["cause", "on"]).dropna(subset=["cause"])
    return table.groupby("cause")["on"].min().astype("datetime64[s]")


def _alarms(drill: Drill, own: Play) -> pd.DataFrame:
    rows = {f.visit.concern_id: f.visit.on for f in own.findings if f.found == "nothing"}
    on = pd.Series(rows, dtype="object", name="on")
    its = drill.history.concerns.loc[on.index, ["grid_id", "demand_type", "demand_detail"]]
    return its.assign(on=on)


def _did(play: Play, first: dt.date) -> dict[str, int]:
    found = pd.Series([finding.found for finding in play.findings], dtype="str")
    table = _in_game(play, first)
    return {
        "visits": len(found),
        "ended": int((found == "ended").sum()),
        "averted": int(table["averted"].sum()),
        "harmed": int(table["harmed"].sum()),
        "households_harmed": int(table.loc[table["harmed"], "households"].sum()),
        "for_nothing": int((found == "nothing").sum()),
    }
