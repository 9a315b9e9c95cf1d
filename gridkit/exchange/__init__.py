"""Other people's formats.

What an office already has comes in through a *mapping*: a TOML file that says which of
their columns is which of our fields, in which words, dates and datum. `import_concerns`
reads the file (`source_file`, `text_file`, `workbook`), turns texts into answers (`cells`,
`codes`), finds each row's grid (`placing`), asks the rules of the spec of the whole table
(`rules`), tells repeated rows apart (`repeats`), fits their steps into a matter's life
(`histories`), compares with the ledger (`comparing`) and
writes what is new in one transaction. Every row that was not taken in stands in the
`ImportReport` with its line and the reason, never with its words. `write_concerns` gives
the ledger as a CSV that this chapter reads back. Every CSV for people is written by
`csv_table`: Excel in China opens it right, and shows its ids as they are.

Visits by phone: `phone_form` writes the XLSForm from the spec (`survey`, `phone_choices`),
`import_submissions` reads what ODK Central (`odk`) and KoboToolbox (`kobo`) give back
(`submission`, `phone_answers`, `phone_rows`): edits become revisions of the same records.
Where the county takes photos the form asks for one, and the import takes in those that came
along (`attachments`, `phone_photos`).

Geodata go in and out through `geofiles` (GeoPackage, GeoJSON, shapefile, KML), in the datum
that is asked for; `datum_evidence` names a likely mix-up.
"""

from __future__ import annotations

from gridkit.exchange import geofiles
from gridkit.exchange.datum_evidence import DatumEvidence, datum_evidence
from gridkit.exchange.ledger_csv import ledger_mapping, write_concerns
from gridkit.exchange.mapping import Mapping, parse_mapping, read_mapping
from gridkit.exchange.phone_files import is_submissions
from gridkit.exchange.phone_import import PhoneReport, import_submissions
from gridkit.exchange.reading import read_points
from gridkit.exchange.report import REASONS, ImportReport
from gridkit.exchange.tabular import import_concerns
from gridkit.exchange.xlsform import PhoneForm, phone_form, write_xlsform

__all__ = [
    "REASONS",
    "DatumEvidence",
    "ImportReport",
    "Mapping",
    "PhoneForm",
    "PhoneReport",
    "datum_evidence",
    "geofiles",
    "import_concerns",
    "import_submissions",
    "is_submissions",
    "ledger_mapping",
    "parse_mapping",
    "phone_form",
    "read_mapping",
    "read_points",
    "write_concerns",
    "write_xlsform",
]
