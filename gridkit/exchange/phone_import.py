"""Import of what phones sent: visits and their concerns, in one transaction, once only.

The same submission twice adds nothing. One that was edited on the server becomes a revision
of the same records, field by field, and never over what people have changed here since. A
concern that an edit took out is not withdrawn: it is told, and a person decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridkit.errors import Problem
from gridkit.exchange.attachments import attachments_in
from gridkit.exchange.comparing import Comparison, Row, compare, write
from gridkit.exchange.mapping import Datum
from gridkit.exchange.odk import SERVER
from gridkit.exchange.phone_answers import SYSTEM
from gridkit.exchange.phone_files import read_geojson, read_submissions
from gridkit.exchange.phone_photos import PHOTO, PhonePhotos
from gridkit.exchange.phone_places import take_places
from gridkit.exchange.phone_rows import PhoneRows
from gridkit.exchange.report import ImportReport, fault_table
from gridkit.exchange.source_file import read_bytes
from gridkit.exchange.submission import Submission, Submissions
from gridkit.exchange.survey import PLACE_FIELDS
from gridkit.exchange.table import Fault
from gridkit.exchange.verdicts import personal_notes
from gridkit.records.spec import CONCERN, VISIT

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.records import Store

STATES = ("rejected", "issues")
"""What a reviewer may have said of a submission that can be left out on request."""
_DERIVED = ("visit_id", "grid_id", "source", "heard_on")


@dataclass(frozen=True)
class PhoneReport:
    """What an import of submissions did (or, as a dry run, would do).

    Attributes
    ----------
    server : str
        Who wrote the file: "ODK Central" or "KoboToolbox".
    visits, concerns : ImportReport
        One for each table; lines are those of the table (of a JSON list: numbers from 1).
    """

    server: str
    visits: ImportReport
    concerns: ImportReport

    @property
    def refused(self) -> pd.DataFrame:
        """All rows not taken in, of both tables: `table`, and the columns of a report."""
        texts = dict.fromkeys(("field", "column", "reason"), "str")
        parts = [
            part.astype(texts).assign(table=one.file)
            for one in (self.visits, self.concerns)
            for part in (one.rejected, one.held)
        ]
        return pd.concat(parts, ignore_index=True)

    def __str__(self) -> str:
        """Sum up in Chinese and English, as the command line prints it."""
        return f"{self.visits}\n{self.concerns}"


def import_submissions(  # noqa: PLR0913 (each is a choice of the person who imports)
    path: str | Path,
    store: Store,
    *,
    grids: gpd.GeoDataFrame | None = None,
    media: str | Path | None = None,
    skip: Collection[str] = (),
    datum: Datum = "wgs84",
    strict: bool = False,
    dry_run: bool = False,
) -> PhoneReport:
    """Import the submissions of the phone form into the ledger.

    Parameters
    ----------
    path : str or Path
        As for `read_submissions`; or Central's GeoJSON, which has the places only and gives
        them to concerns that were taken in without one.
    store : Store
        The ledger; its profile holds the codes.
    grids : GeoDataFrame, optional
        The county's grids: ids are checked against them, and the datum is doubted where
        points do not lie in the grids that their visits name.
    media : str or Path, optional
        The photos, where they are not in the file itself: a zip, or a folder.
    skip : collection of str
        Leave out submissions that a reviewer marked: "rejected", "issues".
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        Of the points. A phone's own position is WGS-84; a pin moved on a map of Amap or
        Baidu is not.
    strict : bool
        Import nothing if any row is rejected.
    dry_run : bool
        Do everything but write.

    Returns
    -------
    PhoneReport
        What was added, and every row that was not, with the reason.

    Raises
    ------
    ImportFileError
        If the file is no export of the form, is cut short or empty; nothing was written.
    StoreError
        If the ledger cannot be written; nothing was.
    """
    path = Path(path)
    features = read_geojson(path)
    if features is not None:
        places = take_places(features, store, path.name, datum=datum, dry_run=dry_run)
        return PhoneReport(SERVER, ImportReport(path.name, SERVER, dry_run=dry_run), places)
    found = read_submissions(path)
    kept = [one for one in found.rows if one.state not in skip]
    files = found.media if media is None else attachments_in(media)
    photos = PhonePhotos(store, files, dry_run=dry_run)
    rows = PhoneRows(store, grids, datum, photos)
    rows.take(kept)

    visits, concerns = _first_reports(found, kept, rows)
    if strict and visits.rejected_rows + concerns.rejected_rows:
        photos.undo()
        return PhoneReport(found.server, visits.but(refused=True), concerns.but(refused=True))

    why = _reason(path, datum, photos)

    def compared() -> Sequence[Comparison]:
        return _compared(rows, store, why, [PHOTO] if photos.wanted else [])

    plans = compared() if dry_run else write(compared, store, why)
    return PhoneReport(
        found.server,
        _done(visits, plans[0]).but(
            notes=(*rows.notes, *_review_notes(kept)), datum=datum, dry_run=dry_run
        ),
        _done(concerns, plans[1]).but(
            notes=(*_concern_notes(rows, store), *photos.notes()), dry_run=dry_run
        ),
    )


def _reason(path: Path, datum: Datum, photos: PhonePhotos) -> str:
    """Name the import by all that decides what it says: the file, the datum, its photos."""
    told = hashlib.sha256(read_bytes(path))
    told.update("".join(sorted(photos.names)).encode())
    told.update(b"" if datum == "wgs84" else datum.encode())
    return f"import {SYSTEM} {told.hexdigest()[:12]}"


def _compared(
    rows: PhoneRows, store: Store, why: str, more: Sequence[str]
) -> Sequence[Comparison]:
    """Compare both tables; the concerns of a visit that was withdrawn here stay out with it."""
    visits = compare(rows.visits, VISIT.names, store, revise=True, why=why)
    ids = [row.concern.record_id for row in rows.visits]
    gone = store.seen(ids) - store.current(ids).keys()
    stay = [row for row in rows.concerns if row.concern.visit_id not in gone]
    concerns = compare(stay, [*_fields(stay), *more], store, revise=True, why=why)
    for row in rows.concerns:
        if row.concern.visit_id in gone:
            concerns.held.add(row.line)
            concerns.faults.append(Fault(row.line, "visit_id", "", "withdrawn"))
    return visits, concerns


def _fields(rows: Sequence[Row]) -> list[str]:
    """Name the fields of a concern that the file speaks of.

    The server's number is one of them only where the server gave it to all: not every
    export of KoboToolbox has the number that stays.
    """
    asked = [f.name for f in CONCERN.fields if f.asked and f.name not in PLACE_FIELDS]
    numbered = all(row.concern.external_id for row in rows)
    own = ["external_id"] if numbered else []
    return list(dict.fromkeys((*_DERIVED, *own, *asked, *PLACE_FIELDS)))


def _first_reports(
    found: Submissions, kept: Sequence[Submission], rows: PhoneRows
) -> tuple[ImportReport, ImportReport]:
    torn = [len({fault.line for fault in faults}) for faults in found.faults]
    sent = [sum(len(one.concerns) for one in listed) for listed in (found.rows, kept)]
    orphans = [Fault(e.line, "visit_id", "", "no_parent") for e in found.orphans]
    visits = ImportReport(
        file=found.tables[0],
        system=found.server,
        read=len(found.rows) + torn[0],
        skipped=len(found.rows) - len(kept),
        rejected=fault_table([*found.faults[0], *rows.visit_faults]),
        left_out=found.left_out,
    )
    concerns = ImportReport(
        file=found.tables[1],
        system=found.server,
        read=sent[0] + len(orphans) + torn[1],
        skipped=sent[0] - sent[1],
        rejected=fault_table([*found.faults[1], *orphans, *rows.concern_faults]),
    )
    return visits, concerns


def _done(report: ImportReport, plan: Comparison) -> ImportReport:
    return report.but(
        added=len(plan.added),
        revised=len(plan.changed),
        unchanged=len(plan.unchanged),
        steps=plan.steps,
        held=fault_table(plan.faults),
    )


def _review_notes(kept: Sequence[Submission]) -> Iterator[Problem]:
    words = {
        "rejected": ("审核时被退回", "were rejected in review"),
        "issues": ("审核时标有疑问", "were marked in review as having issues"),
    }
    for state, (said_zh, said_en) in words.items():
        count = sum(one.state == state for one in kept)
        if count:
            zh = f"{count} 条提交{said_zh}, 仍已读入; 不要时加 --skip-{state}"
            en = f"{count} submissions {said_en} and were read all the same; --skip-{state} leaves them out"
            yield Problem("file", "review", zh, en)


def _concern_notes(rows: PhoneRows, store: Store) -> tuple[Problem, ...]:
    texts = pd.DataFrame([row.concern.answers() for row in rows.concerns])
    return (*personal_notes(texts), *_gone(rows, store))


def _gone(rows: PhoneRows, store: Store) -> Iterator[Problem]:
    """Say how many concerns were sent once and are in their submission no more."""
    visits = {row.concern.record_id for row in rows.visits}
    held = store.frame("concern", columns=["visit_id"])["visit_id"].astype("str")
    held = held[held.isin(visits)]
    from_phone = [its_id for its_id in held.index.astype("str") if its_id[14:15] == "5"]
    count = sum(its_id not in rows.ids for its_id in from_phone)
    if count:
        zh = f"{count} 条诉求在修改后的提交中已经没有了; 台账仍保留, 要撤回请人工撤回"
        en = (
            f"{count} concerns are no longer in their edited submissions; the ledger keeps them: "
            "withdraw them by hand if they should go"
        )
        yield Problem("file", "record_id", zh, en)
