"""Rows of phones: submissions judged one by one, and told apart where they are repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import Problem
from gridkit.exchange.cells import Unreadable
from gridkit.exchange.comparing import Row
from gridkit.exchange.mapping import Datum, Place, Source
from gridkit.exchange.mapping import Mapping as FieldMapping
from gridkit.exchange.phone_answers import (
    SYSTEM,
    Answers,
    Placed,
    concern_id,
    read_point,
    visit_id,
)
from gridkit.exchange.phone_photos import PhonePhotos
from gridkit.exchange.placing import place_rows
from gridkit.exchange.submission import Entry, Submission
from gridkit.exchange.survey import ANY, COUNT, FORM, PLACE, VISIT_KEY
from gridkit.exchange.table import Fault
from gridkit.exchange.xlsform import read_stamp
from gridkit.records.models import Record
from gridkit.records.spec import SPEC_VERSION

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.records import Store


class PhoneRows:
    """Submissions as records of both kinds, and what was found wrong with them.

    Parameters
    ----------
    store : Store
        Its profile, its county and its day are asked; nothing is written.
    grids : GeoDataFrame or None
        The county's grids.
    datum : str
        Of the points.
    photos : PhonePhotos
        Keeps the photos.

    Attributes
    ----------
    visits, concerns : list of Row
        Without fault.
    visit_faults, concern_faults : list of Fault
    ids : set of str
        Of all concerns that were sent, those with faults among them.
    notes : list of Problem
    """

    def __init__(
        self,
        store: Store,
        grids: gpd.GeoDataFrame | None,
        datum: Datum,
        photos: PhonePhotos,
    ) -> None:
        self._store = store
        self._photos = photos
        self._grids = grids
        self._answers = Answers(store.profile, store.today())
        self._mapping = FieldMapping(
            source=Source(system=SYSTEM),
            place=Place(datum=datum),
            columns={"grid_id": "grid_id", "lon": PLACE, "lat": PLACE},
        )
        self.visits: list[Row] = []
        self.concerns: list[Row] = []
        self.visit_faults: list[Fault] = []
        self.concern_faults: list[Fault] = []
        self.ids: set[str] = set()
        self.notes: list[Problem] = []

    def take(self, submissions: Sequence[Submission]) -> None:
        """Judge submissions, all of a file at once."""
        sent = list(self._told_apart(submissions))
        lost = self._without_grid(sent)
        at = self._places(sent)
        taken: dict[str, int] = {}
        for submission in sent:
            faults = [
                *_form_faults(submission, self._store.county_code),
                *_count_faults(submission),
            ]
            faults += lost.get(submission.line, [])
            if faults:
                row = None
            else:
                row, faults = self._answers.visit(submission)
            self.visit_faults += faults
            if row is None:
                self._left(submission.concerns)
                continue
            self.visits.append(row)
            self._take_concerns(submission, row.concern, at, taken)
        self.notes += _version_notes(sent, self._store.profile.hash[:8])

    def _take_concerns(
        self, submission: Submission, visit: Record, at: Placed, taken: dict[str, int]
    ) -> None:
        for place, entry in enumerate(submission.concerns, start=1):
            its_id = concern_id(entry, visit.record_id, place)
            self.ids.add(its_id)
            if its_id in taken:
                self.concern_faults.append(_repeat(entry.line, taken[its_id], alike=False))
                continue
            taken[its_id] = entry.line
            shown = self._photos.taken(entry, submission, its_id)
            row, faults = self._answers.concern(shown, its_id, visit, submission.root, at)
            self.concern_faults += faults
            if row is not None:
                self.concerns.append(row)

    def _left(self, entries: Sequence[Entry]) -> None:
        self.concern_faults += [Fault(e.line, "visit_id", "", "parent_left") for e in entries]

    def _told_apart(self, submissions: Sequence[Submission]) -> Iterator[Submission]:
        """Keep one submission of each key: the version that replaces the others, if one does."""
        of_key: dict[str, list[Submission]] = {}
        for one in submissions:
            of_key.setdefault(visit_id(one), []).append(one)
        for same in of_key.values():
            kept = _newest(same)
            first = kept or same[0]
            for one in same:
                if one is kept:
                    yield one
                    continue
                alike = one is not first and _content(one) == _content(first)
                beside = first if one is not first else same[1]
                replaced = kept is not None and not alike
                self.visit_faults.append(
                    Fault(one.line, VISIT_KEY, VISIT_KEY, "replaced", *_see(beside.line))
                    if replaced
                    else _repeat(one.line, beside.line, alike=alike)
                )
                self._left(one.concerns)

    def _without_grid(self, sent: Sequence[Submission]) -> dict[int, list[Fault]]:
        """Find visits that name no grid of the county."""
        named = pd.Series(
            [one.answers.get("grid_id", "").strip() or None for one in sent],
            index=pd.Index([one.line for one in sent], dtype="int64"),
            dtype="str",
        ).dropna()
        shape = (self._store.county_code, 12 + self._store.profile.grid_digits)
        placed = place_rows(named.to_frame("grid_id"), self._mapping, self._grids, shape)
        return {fault.line: [fault] for fault in placed.faults}

    def _places(self, sent: Sequence[Submission]) -> Placed:
        """Bring the points of all concerns to WGS-84; note what speaks against their datum."""
        rows = {}
        for submission in sent:
            for entry in submission.concerns:
                try:
                    point = read_point(entry.answers.get(PLACE, ""))
                except Unreadable:
                    continue
                grid = submission.answers.get("grid_id", "").strip()
                rows[entry.line] = (grid, point.lon, point.lat)
        if not rows:
            return {}
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["grid_id", "lon", "lat"])
        frame = frame.astype({"grid_id": "str"})
        shape = (self._store.county_code, 12 + self._store.profile.grid_digits)
        placed = place_rows(frame, self._mapping, self._grids, shape)
        self.notes += placed.notes
        points = placed.frame[["lon", "lat"]]
        return {int(line): (lon, lat) for line, lon, lat in points.itertuples(name=None)}


def _newest(same: Sequence[Submission]) -> Submission | None:
    """Give the version that no other replaces; none where that cannot be told."""
    first = same[0]
    if all(_content(one) == _content(first) for one in same):
        return first
    replaced = {one.replaces for one in same if one.replaces}
    heads = [one for one in same if one.instance not in replaced]
    chained = len(replaced) and all(
        one.instance in replaced for one in same if one not in heads
    )
    return heads[0] if len(heads) == 1 and chained else None


def _content(one: Submission) -> tuple[Mapping[str, str], list[Mapping[str, str]]]:
    return one.answers, [entry.answers for entry in one.concerns]


def _see(line: int) -> tuple[str, str]:
    return f"见第 {line} 行", f"see line {line}"


def _repeat(line: int, other: int, *, alike: bool) -> Fault:
    reason = "repeat_identical" if alike else "repeat_differs"
    return Fault(line, VISIT_KEY, VISIT_KEY, reason, *_see(other))


def _form_faults(submission: Submission, county: str) -> Iterator[Fault]:
    """Ask which form a submission was made with."""
    stamp = read_stamp(submission.answers.get(FORM, ""))
    line = submission.line
    if stamp is None:
        yield Fault(line, FORM, FORM, "no_form")
    elif stamp.county != county:
        zh, en = (
            f"{stamp.county}, 本台账是 {county}",
            f"{stamp.county}; this ledger is {county}",
        )
        yield Fault(line, FORM, FORM, "other_county", zh, en)
    elif stamp.spec > SPEC_VERSION:
        yield Fault(line, FORM, FORM, "newer_form")


def _count_faults(submission: Submission) -> Iterator[Fault]:
    """Compare the concerns in the file with those that the phone counted."""
    said = submission.answers.get(COUNT, "").split(".")[0]
    counted = int(said) if said.isdecimal() else None
    if counted is None and submission.answers.get(ANY) == "yes" and not submission.concerns:
        counted = 1
    if counted is not None and counted != len(submission.concerns):
        there = len(submission.concerns)
        zh, en = (
            f"手机上 {counted} 条, 文件中 {there} 条",
            f"{counted} on the phone, {there} here",
        )
        yield Fault(submission.line, COUNT, COUNT, "count", zh, en)


def _version_notes(sent: Sequence[Submission], profile: str) -> Iterator[Problem]:
    """Say how many submissions come from a form of another spec or profile."""
    stamps = [read_stamp(one.answers.get(FORM, "")) for one in sent]
    old = Counter(
        stamp.version.split("-")[0] == profile
        for stamp in stamps
        if stamp is not None and stamp.spec <= SPEC_VERSION
    )[False]
    if old:
        zh = f"{old} 条提交用的是另一版县情配置的表单; 代码已逐项核对, 请给手机换上新表单"
        en = (
            f"{old} submissions come from the form of another version of the profile; every code "
            "was checked. Give the phones the new form"
        )
        yield Problem("file", FORM, zh, en)
