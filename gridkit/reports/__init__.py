"""What an office prints, from the same ledger: nobody types a fact twice.

A `Desk` holds the ledger's frames as of a day; every report is made from it: `ledger_book`
(XLSX), `half_month` (DOCX, with the query of each figure), the sheets that people take to
a meeting, and a county's own tables, which `Wizard` makes from a header row that somebody
sent. What a report counts is what `triage.statistics` counts; nothing is worked out a second
time. Reports are for the desk. What is made for a `shared` audience holds counts only, and
none under k. `to_pdf` prints any of them through LibreOffice where that is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridkit.exchange.printing import to_pdf
    from gridkit.reports.asked import asked_columns
    from gridkit.reports.book import ledger_book
    from gridkit.reports.county_form import own_form, own_table
    from gridkit.reports.desk import Desk, read_desk
    from gridkit.reports.figures_view import half_month_figures
    from gridkit.reports.files_view import written
    from gridkit.reports.half_month_report import half_month
    from gridkit.reports.mediation import mediation_pack
    from gridkit.reports.own_file import OwnForm, read_own_form, save_own_form
    from gridkit.reports.sheet_template import fill_sheet, first_sheet
    from gridkit.reports.sheets import annual_report, evening_talk, reception_day, visit_sheet
    from gridkit.reports.wizard import Wizard
    from gridkit.reports.word_template import own_template, take_out

# named otherwise than the modules: an attribute cannot be a function and a module
_LATER = {
    "Desk": "desk",
    "OwnForm": "own_file",
    "Wizard": "wizard",
    "annual_report": "sheets",
    "asked_columns": "asked",
    "evening_talk": "sheets",
    "fill_sheet": "sheet_template",
    "first_sheet": "sheet_template",
    "half_month": "half_month_report",
    "half_month_figures": "figures_view",
    "ledger_book": "book",
    "mediation_pack": "mediation",
    "own_form": "county_form",
    "own_table": "county_form",
    "own_template": "word_template",
    "read_desk": "desk",
    "read_own_form": "own_file",
    "reception_day": "sheets",
    "save_own_form": "own_file",
    "take_out": "word_template",
    "to_pdf": ".exchange.printing",  # beside this chapter, for forms print too
    "visit_sheet": "sheets",
    "written": "files_view",
}

__all__ = [
    "Desk",
    "OwnForm",
    "Wizard",
    "annual_report",
    "asked_columns",
    "evening_talk",
    "fill_sheet",
    "first_sheet",
    "half_month",
    "half_month_figures",
    "ledger_book",
    "mediation_pack",
    "own_form",
    "own_table",
    "own_template",
    "read_desk",
    "read_own_form",
    "reception_day",
    "save_own_form",
    "take_out",
    "to_pdf",
    "visit_sheet",
    "written",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    msg = f"module 'gridkit.reports' has no attribute {name!r}"
    raise AttributeError(msg)
