"""Places of phones alone: Central's GeoJSON, which has ids and points and no answers.

It can give a place to a concern that came without one (an export whose points were left
out), and nothing else. Whose point it is must be certain: one concern of the submission is
without a place, and one of its points belongs to none that has one.

References
----------
central-backend, test/integration/api/geo-extracts.js: features of ``id`` (the submission),
``geometry`` and ``properties.fieldpath``; points of a repeat come as a MultiPoint.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from gridkit.exchange.comparing import IMPORTER
from gridkit.exchange.mapping import Datum
from gridkit.exchange.odk import SERVER
from gridkit.exchange.phone_answers import SYSTEM
from gridkit.exchange.placing import to_wgs84
from gridkit.exchange.report import ImportReport, fault_table
from gridkit.exchange.survey import PLACE
from gridkit.exchange.table import Fault
from gridkit.records.models import Concern, Record

if TYPE_CHECKING:
    from gridkit.records import Store

_NEAR = 1e-6  # degrees, a tenth of a meter: the same point in another writing


class _Site(NamedTuple):
    """A concern of a submission, and where it is; NaN where nobody said."""

    record_id: str
    lon: float
    lat: float


def take_places(
    features: Sequence[Mapping[str, Any]],
    store: Store,
    name: str,
    *,
    datum: Datum = "wgs84",
    dry_run: bool = False,
) -> ImportReport:
    """Give places to concerns that came from phones without one.

    Parameters
    ----------
    features : sequence of mapping
        Of Central's GeoJSON.
    store : Store
        The ledger, with the submissions in it.
    name : str
        What to call the file.
    datum : str
        Of the points.
    dry_run : bool
        Do everything but write.

    Returns
    -------
    ImportReport
        One row for each feature: revised, unchanged (the places are there) or rejected.

    Raises
    ------
    StoreError
        If the ledger cannot be written; nothing was.
    """
    sites = _sites(store)
    changes: dict[str, tuple[float, float]] = {}
    faults: list[Fault] = []
    for line, feature in enumerate(features, start=1):
        there = sites.get(str(feature.get("id", "")), [])
        try:
            points = list(_points(feature.get("geometry"), datum))
        except (TypeError, ValueError):
            points = [(math.nan, math.nan)]
        good = all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in points)
        found = _found(there, points) if good else "bad_number"
        if isinstance(found, str):
            faults.append(Fault(line, PLACE, PLACE, found))
        else:
            changes |= found
    current = store.current(changes)
    revised = [
        (_at(current[its_id].record, *changes[its_id]), current[its_id].heads)
        for its_id in changes
    ]
    if revised and not dry_run:
        store.add([], revised=revised, by_role=IMPORTER, why=f"import {SYSTEM} geojson")
    return ImportReport(
        file=name,
        system=SERVER,
        read=len(features),
        revised=len(changes),
        unchanged=len(features) - len(changes) - len(faults),
        rejected=fault_table(faults),
        datum=datum,
        dry_run=dry_run,
    )


def _sites(store: Store) -> dict[str, list[_Site]]:
    frame = store.frame("concern", columns=["external_id", "lon", "lat"])
    frame = frame[frame["external_id"].notna()]
    sites: dict[str, list[_Site]] = {}
    for its_id, number, lon, lat in frame[["external_id", "lon", "lat"]].itertuples(name=None):
        sites.setdefault(str(number), []).append(_Site(str(its_id), lon, lat))
    return sites


def _points(geometry: object, datum: Datum) -> Iterator[tuple[float, float]]:
    """Give the points of a geometry as longitude and latitude in WGS-84."""
    if not isinstance(geometry, Mapping):
        return
    inner = geometry.get("geometries") or []
    for one in inner:
        yield from _points(one, datum)
    given = geometry.get("coordinates") or []
    listed = {"Point": [given], "MultiPoint": given}.get(str(geometry.get("type")), [])
    points = [(float(one[0]), float(one[1])) for one in listed if len(one) >= 2]
    moved = to_wgs84(pd.DataFrame(points, columns=["lon", "lat"], dtype="float64"), datum)
    yield from moved.itertuples(index=False, name=None)


def _found(
    sites: Sequence[_Site], points: Sequence[tuple[float, float]]
) -> dict[str, tuple[float, float]] | str:
    """Give the concern that a point belongs to, none, or the reason why it cannot be told."""
    if not sites:
        return "not_sent"
    placed = [site for site in sites if site.lon == site.lon]
    bare = [site for site in sites if site not in placed]
    new = [
        point
        for point in points
        if not any(
            abs(site.lon - point[0]) < _NEAR and abs(site.lat - point[1]) < _NEAR
            for site in placed
        )
    ]
    if not new:
        return {}
    if len(new) == len(bare) == 1:
        return {bare[0].record_id: new[0]}
    return "which"


def _at(record: Record, lon: float, lat: float) -> Record:
    answers = record.answers() | {"lon": lon, "lat": lat, "place_source": "import"}
    return Concern(record_id=record.record_id, **answers)
