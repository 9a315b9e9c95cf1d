"""Writing an invented county: as a workspace to work in, and its truth on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.exchange.csv_table import write_csv
from gridkit.maps.events import EVENTS
from gridkit.maps.ground import RIVERS, ROADS
from gridkit.records import MODELS, Record, Store, create_workspace
from gridkit.records.spec import RECORD_SPECS
from gridkit.records.workspace import LEDGER, Workspace
from gridkit.training.geography import COUNTY_CODE
from gridkit.training.history import History
from gridkit.training.names import COUNTY_NAME
from gridkit.training.town import GRIDS, SEED, WEEKS, Town, make_town
from gridkit.training.truth_file import save_truth

WHY = "虚构训练数据 / invented training data"


def write_town(
    folder: str | Path,
    *,
    seed: int = SEED,
    grids: int = GRIDS,
    weeks: int = WEEKS,
    end: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Workspace:
    """Make a workspace of an invented county.

    All records are written at once by the role `trainer`, with the reason that they are
    invented. The truth is not written: see `write_truth`.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there; it must not hold a ledger yet.
    seed, grids, weeks, end
        As for `make_town`.
    progress : callable, optional
        Called with (done, total) records.

    Returns
    -------
    Workspace
        Open.

    Raises
    ------
    StoreError
        If the folder cannot be written or holds a ledger already.
    DataError
        As for `make_town`.
    """
    about: dict[str, Any] = {
        "name": COUNTY_NAME,
        "county_code": COUNTY_CODE,
        "invented": True,
    }
    if (Path(folder) / LEDGER).exists():
        create_workspace(folder, **about)  # refuses, before seconds go into drawing a county
    town = make_town(seed=seed, grids=grids, weeks=weeks, end=end)

    def fill(store: Store) -> None:
        store.add(town_records(town), by_role="trainer", why=WHY, progress=progress)

    made = create_workspace(folder, grids=town.grids, fill=fill, **about)
    for name, lines in ((RIVERS, town.rivers), (ROADS, town.roads)):
        lines.to_file(made.folder / name, driver="GeoJSON", COORDINATE_PRECISION=5)
    write_csv(_public_events(town), made.folder / EVENTS)
    return made


def _public_events(town: Town) -> pd.DataFrame:
    """Give what everybody in the county knows of: notices, works, the dry season from end to end."""
    told = town.events.sort_values("on").drop_duplicates("kind").set_index("kind")
    until = told["on"].where(told.index == "dry_season_start")
    if "dry_season_end" in told.index:
        until = until.mask(until.notna(), told["on"]["dry_season_end"])
    else:
        until[:] = pd.NaT
    table = pd.DataFrame({"title": told["zh"], "from": told["on"], "to": until})
    return table.drop(index="dry_season_end", errors="ignore")


def write_history(folder: str | Path, history: History) -> Workspace:
    """Make a workspace of a history: what was told and done, and nothing of the truth.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there; it must not hold a ledger yet.
    history : History

    Returns
    -------
    Workspace
        Open.

    Raises
    ------
    StoreError
        If the folder cannot be written or holds a ledger already.
    """
    records = [*_records("concern", history.concerns), *_records("step", history.steps)]
    return create_workspace(
        folder,
        grids=history.land.grids,
        fill=lambda store: store.add(records, by_role="trainer", why=WHY),
        name=COUNTY_NAME,
        county_code=COUNTY_CODE,
        invented=True,
    )


def town_records(town: Town) -> list[Record]:
    """Give all records of a town as values, each after those that it refers to."""
    frames = {
        "visit": town.visits,
        "concern": town.concerns,
        "step": town.steps,
        "room": town.rooms,
        "session": town.sessions,
        "backlog": town.backlog,
    }
    return [record for kind, frame in frames.items() for record in _records(kind, frame)]


def write_truth(town: Town, path: str | Path) -> None:
    """Write down what was really going on: for the trainer, and for nobody else.

    Parameters
    ----------
    town : Town
        An invented county.
    path : str or Path
        A JSON file; best outside the workspace.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    truth = town.truth
    content = {
        "about": f"{town.name}: 虚构的真相, 仅供培训员 / an invented truth, for the trainer",
        "seed": town.seed,
        "end": town.end.isoformat(),
        "events": _rows(town.events),
        "causes": _rows(truth.causes.reset_index()),
        "reach": truth.reach.groupby("cause_id")["grid_id"].apply(list).to_dict(),
        "of_concern": truth.of_concern.dropna().to_dict(),
        "voice": truth.voice["voice"].round(4).to_dict(),
        "silent": truth.voice.index[truth.voice["silent"]].tolist(),
    }
    save_truth(content, path)


def _records(kind: str, frame: pd.DataFrame) -> list[Record]:
    columns = {
        field.name: _values(frame[field.name], field.type)
        for field in RECORD_SPECS[kind].fields
    }
    model, names = MODELS[kind], list(columns)
    return [
        model(
            record_id=record_id,
            **{
                name: value for name, value in zip(names, row, strict=True) if value is not None
            },
        )
        for record_id, *row in zip(frame.index, *columns.values(), strict=True)
    ]


def _values(column: pd.Series, kind: str) -> list[Any]:
    if kind == "date":
        days = column.to_numpy().astype("datetime64[D]").astype(object)
        return [None if day is None else day for day in days]
    plain = column.astype(object)
    return plain.where(column.notna(), None).tolist()


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    text = table.astype(object).where(table.notna(), None).to_dict("records")
    return [
        {
            str(key): value.date().isoformat() if isinstance(value, pd.Timestamp) else value
            for key, value in row.items()
        }
        for row in text
    ]
