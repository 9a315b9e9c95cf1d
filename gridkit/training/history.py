"""A county that lives: one possible time of it, as it would run if nobody went out.

`make_town` tells one fixed year with three stories, for the demo. A history is for drills
and for evidence: its roots are drawn from stated assumptions (`roots`, `signs`), have knobs
to turn, and answer to what is done. It stands beside `make_town` on the same land, with the
same words and offices, because the demo's year must stay as it is, story by story, while
a history must be free to come out differently.

Everything that could happen is drawn beforehand; what is done only cuts it short (`Play`).
So two ways of choosing on one seed meet the same troubles, and the difference between them
is their own doing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.profile import Profile, load_profile
from gridkit.training.causes import World, draw_arising, make_world
from gridkit.training.frames import record_frame, record_ids
from gridkit.training.geography import Land, lay_land
from gridkit.training.handling import Step, draw_steps
from gridkit.training.knobs import Knobs
from gridkit.training.matters import check_known
from gridkit.training.roots import (
    ROOTS,
    USUAL_ACTION,
    Growth,
    draw_reports,
    draw_roots,
)
from gridkit.training.signs import draw_singles, kinds_told, show_signs
from gridkit.training.telling import tell_concerns
from gridkit.training.terrain import Floats

GRIDS, WEEKS = 600, 52
_STREAMS = 9
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Causes:
    """What really lay behind the matters: for the trainer, never for the other chapters.

    Attributes
    ----------
    table : DataFrame, indexed by cause (str)
        `root` (code; `single` for a matter of one household), `grid_id` (the first),
        `starts`, `harm_on` (missing where it fades), `ends`, `action` (that fits),
        `hidden` (bool: another action than the matter suggests), `households`.
    reach : DataFrame
        `cause`, `grid_id`, `joins`.
    of_concern : Series of str, indexed by concern
        Its cause; missing where there is none that could do harm.
    arose : Series of datetime64[s], indexed by concern
        The day on which there was something to tell; not heard before it.
    voice : Series of float, indexed by `grid_id`
        How much of its trouble a grid reports.
    silent : Series of bool, indexed by `grid_id`
    """

    table: pd.DataFrame
    reach: pd.DataFrame
    of_concern: pd.Series
    arose: pd.Series
    voice: pd.Series
    silent: pd.Series

    @property
    def outcomes(self) -> pd.DataFrame:
        """Give harm and cause by concern, as `triage.evaluate` takes them."""
        harm = self.of_concern.map(self.table["harm_on"]).astype("datetime64[s]")
        return pd.DataFrame({"harm_on": harm, "cause": self.of_concern})


@dataclass(frozen=True, eq=False)
class History:
    """One possible time of an invented county; see `make_history`.

    `concerns` and `steps` are what would be told and done by routine, were nobody to go
    out; `causes` is what lay behind. `land` holds grids, divisions, rivers and roads.
    """

    seed: int
    knobs: Knobs
    start: date
    end: date
    land: Land
    concerns: pd.DataFrame
    steps: pd.DataFrame
    causes: Causes
    profile: Profile


def make_history(
    *,
    seed: int,
    knobs: Knobs | None = None,
    grids: int = GRIDS,
    weeks: int = WEEKS,
    end: date = date(2026, 11, 22),
    profile: Profile | None = None,
) -> History:
    """Draw what would happen in a county if nobody went out.

    Parameters
    ----------
    seed : int
        The same seed, knobs and sizes give the same history.
    knobs : Knobs, optional
        What is turned up or down; an ordinary year by default.
    grids : int
        343 to 6,000; about 110 households live in one.
    weeks : int
        8 to 1,040.
    end : date
        The last day.
    profile : Profile, optional
        Whose codes and routes are used; the packaged default else.

    Returns
    -------
    History

    Raises
    ------
    DataError
        If a size is out of range, or the profile lacks codes that the matters need.

    Examples
    --------
    >>> history = make_history(seed=3, grids=343, weeks=10)
    >>> len(history.concerns) > 50, history.concerns["heard_on"].max().date() <= history.end
    (True, True)
    """
    if not 8 <= weeks <= 1040:
        raise DataError(
            en=f"`weeks` must be 8 to 1,040; it is {weeks}.",
            zh=f"`weeks` 须为 8 到 1040, 现为 {weeks}。",
        )
    knobs, profile = knobs or Knobs(), profile or load_profile()
    check_known(profile)
    seeds = np.random.SeedSequence([seed, 7]).spawn(_STREAMS)
    rng = [np.random.Generator(np.random.PCG64(s)) for s in seeds]
    world = make_world(lay_land(grids, rng[0]), np.datetime64(end, "D"), weeks, rng[1])
    world = world._replace(voice=_biased(world.voice, knobs.reporting_bias))
    growth = draw_roots(world, knobs, seeds[2])
    arising = _arising(world, growth, rng[3])
    told = _tell(world, growth, arising, rng[4], noise=knobs.noise)
    told, harm = draw_singles(told, rng[5])
    steps = draw_steps(told, world.end, profile, rng[6])
    return _assemble(_Drawn(seed, knobs, world, growth, told, harm, steps, profile), rng[7])


@dataclass(frozen=True, eq=False)
class _Drawn:
    """All that was drawn, before it becomes frames."""

    seed: int
    knobs: Knobs
    world: World
    growth: Growth
    told: pd.DataFrame
    harm: np.ndarray
    steps: list[Step]
    profile: Profile


def _biased(voice: Floats, bias: float) -> Floats:
    """Bend how much grids report, keeping what the county reports in all."""
    bent: Floats = voice**bias
    kept: Floats = bent * (voice.mean() / bent.mean())
    return kept


def _arising(world: World, growth: Growth, rng: np.random.Generator) -> pd.DataFrame:
    """Put the reports on roots beside those that come from nothing in particular."""
    nothing = growth.roots.iloc[:0].rename(columns={"grows_days": "households"})
    nothing = nothing.assign(cause=nothing["kind"])
    singles = draw_arising(world, nothing, rng)
    root, row, day = draw_reports(world, growth, rng)
    of_roots = pd.DataFrame(
        {
            "kind": kinds_told(growth, root, day),
            "grid": growth.reach["grid"].to_numpy()[row],
            "arises": day,
            "cause": root,
            "touched": growth.reach["households"].to_numpy()[row],
        }
    )
    both = pd.concat([singles, of_roots]) if len(of_roots) else singles
    return both.sort_values(["arises", "grid", "kind"], kind="stable", ignore_index=True)


def _tell(
    world: World,
    growth: Growth,
    arising: pd.DataFrame,
    rng: np.random.Generator,
    *,
    noise: float,
) -> pd.DataFrame:
    roots = growth.roots[["starts"]].rename_axis("cause").reset_index()
    told = tell_concerns(world, arising, roots, rng)
    its = arising.iloc[told["arising"].to_numpy()].reset_index(drop=True)
    told = told.assign(arose=its["arises"], kind=its["kind"])
    return show_signs(told, growth, its["touched"].to_numpy(), rng, noise=noise)


def _assemble(drawn: _Drawn, rng: np.random.Generator) -> History:
    world, told = drawn.world, drawn.told.reset_index(drop=True)
    ids = record_ids(told["heard_on"].to_numpy().astype("datetime64[s]"), rng)
    steps = pd.DataFrame(drawn.steps, columns=Step._fields)
    step_ids = record_ids(steps["on"].to_numpy().astype("datetime64[s]"), rng)
    steps["concern_id"] = ids[steps["concern"].to_numpy(dtype=np.intp)]
    into = steps["into"].to_numpy(dtype=np.intp)
    steps["into_id"] = pd.Series(ids[into], dtype=object).where(into >= 0, None)
    return History(
        seed=drawn.seed,
        knobs=drawn.knobs,
        start=world.days[0].astype(date),
        end=world.days[-1].astype(date),
        land=world.land,
        concerns=_frame("concern", told, ids, drawn.profile),
        steps=_frame("step", steps, step_ids, drawn.profile),
        causes=_causes(drawn, told, pd.Index(ids, dtype="str", name="record_id")),
        profile=drawn.profile,
    )


def _frame(kind: str, table: pd.DataFrame, ids: np.ndarray, profile: Profile) -> pd.DataFrame:
    columns: dict[str, Any] = {str(n): values.to_numpy() for n, values in table.items()}
    return record_frame(kind, columns, ids, profile).sort_index()


def _causes(drawn: _Drawn, told: pd.DataFrame, ids: pd.Index) -> Causes:
    growth, land = drawn.growth, drawn.world.land
    grid_ids = land.grids.index.to_numpy(dtype=object)
    names = np.array([f"r{n:05d}" for n in range(len(growth.roots))], dtype=object)
    touched = growth.reach.groupby("root")["households"].sum()
    codes = np.array([root.code for root in ROOTS], dtype=object)
    roots = pd.DataFrame(
        {
            "root": codes[growth.roots["kind"].to_numpy()],
            "grid_id": grid_ids[growth.roots["grid"].to_numpy()],
            **{c: growth.roots[c].to_numpy() for c in ("starts", "harm_on", "ends")},
            **{c: growth.roots[c].to_numpy() for c in ("action", "hidden")},
            "households": touched.reindex(growth.roots.index).fillna(1).to_numpy(),
        },
        index=pd.Index(names, name="cause"),
    )
    alone = np.flatnonzero(~np.isnat(drawn.harm))
    its, own = told.iloc[alone], np.array([f"s{n:05d}" for n in range(len(alone))], object)
    singles = pd.DataFrame(
        {
            "root": "single",
            "grid_id": its["grid_id"].to_numpy(),
            "starts": its["arose"].to_numpy(),
            "harm_on": drawn.harm[alone],
            "ends": drawn.harm[alone] + 28 * _DAY,
            "action": its["demand_type"].map(USUAL_ACTION).fillna("explain").to_numpy(),
            "hidden": False,
            "households": 1.0,
        },
        index=pd.Index(own, name="cause"),
    )
    cause = np.full(len(told), None, dtype=object)
    rooted = told["cause"].to_numpy() >= 0
    cause[rooted] = names[told["cause"].to_numpy(dtype=np.intp)[rooted]]
    cause[alone] = own
    voice = pd.Series(drawn.world.voice, land.grids.index, name="voice")
    return Causes(
        table=pd.concat([roots, singles]),
        reach=pd.DataFrame(
            {
                "cause": names[growth.reach["root"].to_numpy()],
                "grid_id": grid_ids[growth.reach["grid"].to_numpy()],
                "joins": growth.reach["joins"].to_numpy(),
            }
        ),
        of_concern=pd.Series(cause, ids, dtype="str", name="cause").sort_index(),
        arose=pd.Series(told["arose"].to_numpy(), ids, name="arose").sort_index(),
        voice=voice,
        silent=pd.Series(drawn.world.silent, land.grids.index, name="silent"),
    )
