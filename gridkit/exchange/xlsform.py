"""The visit form for phones: an XLSForm for ODK Collect, Enketo and KoboCollect.

Written from the spec and the county's profile, in Chinese and English, so that a phone asks
what the notebook asks: the same fields, choices, cascades, relevance and constraints. What
XLSForm cannot express is refused, with every reason.

The form says of itself in each submission which county, spec and profile it was made from
(`gridkit_form`), because servers do not keep that: KoboToolbox gives a form an id and
versions of its own. By it an export of another county's form is known.

References
----------
XLSForm reference, https://xlsform.org/en/.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from gridkit.errors import DataError, GridkitError, Problem, why_os
from gridkit.exchange.phone_choices import GRID_FILE, field_choices, grid_questions
from gridkit.exchange.survey import EN, FORM, ZH, Row, survey
from gridkit.records.photos import PHOTO_FIELDS
from gridkit.records.spared import need_other
from gridkit.records.spec import CONCERN, SPEC_VERSION, VISIT

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

    from gridkit.profile import Profile
    from gridkit.records.field import RecordSpec

_SURVEY = (
    "type", "name", f"label::{ZH}", f"label::{EN}", f"hint::{ZH}", f"hint::{EN}",
    "required", f"required_message::{ZH}", f"required_message::{EN}",
    "relevant", "constraint", f"constraint_message::{ZH}", f"constraint_message::{EN}",
    "calculation", "choice_filter", "appearance", "parameters", "default", "bind::type",
)  # fmt: skip
_CHOICES = ("list_name", "name", f"label::{ZH}", f"label::{EN}", "parent")


class Stamp(NamedTuple):
    """What a form says of itself: county, version of the spec, and of all its rows."""

    county: str
    spec: int
    version: str

    def __str__(self) -> str:
        return f"gridkit/{self.county}/{self.spec}/{self.version}"


def read_stamp(text: str) -> Stamp | None:
    """Read what a submission says of its form; None where it is none of ours.

    Examples
    --------
    >>> read_stamp("gridkit/990428/1/3bc12963-0f1e2d3c").county
    '990428'
    >>> read_stamp("v3")
    """
    parts = text.split("/")
    if len(parts) != 4 or parts[0] != "gridkit" or not parts[2].isdecimal():
        return None
    return Stamp(parts[1], int(parts[2]), parts[3])


class PhoneForm(NamedTuple):
    """A form before it is written: the three sheets, the file beside it, what it is.

    `left_out` says what of the spec is not asked on phones though a ledger can hold it, and
    why.
    """

    survey: list[Row]
    choices: list[Row]
    settings: Row
    grids: pd.DataFrame | None
    stamp: Stamp
    left_out: tuple[Problem, ...] = ()


def phone_form(
    profile: Profile,
    grids: gpd.GeoDataFrame | None = None,
    *,
    county_code: str | None = None,
    visit: RecordSpec = VISIT,
    concern: RecordSpec = CONCERN,
) -> PhoneForm:
    """Write the visit form as rows of an XLSForm.

    Parameters
    ----------
    profile : Profile
        The county's tables.
    grids : GeoDataFrame, optional
        The county's grids, to choose from; without them the id is typed.
    county_code : str, optional
        Of the ledger that shall take the submissions; by default the profile's.
    visit, concern : RecordSpec
        What is asked.

    Returns
    -------
    PhoneForm

    Raises
    ------
    DataError
        If something cannot be expressed in XLSForm; `problems` has every field and reason.

    Examples
    --------
    >>> from gridkit.profile import load_profile
    >>> form = phone_form(load_profile())
    >>> next(row["relevant"] for row in form.survey if row["name"] == "works_start")
    "selected(${hardening}, 'works_soon')"
    """
    county = county_code or profile.county_code
    listed = field_choices((visit, concern), profile)
    asked = grid_questions(grids, visit["grid_id"])
    choices = [*listed.rows, *asked.choices]
    written = survey(visit, concern, listed.sizes, asked.survey, photos=profile.photos)
    problems = [*listed.problems, *written.problems]
    if problems:
        raise DataError(
            zh=f"手机表单表达不了 {len(problems)} 处内容, 没有写出; 请按以下各项改县情配置或字段定义。",
            en=f"A phone form cannot express {len(problems)} thing(s), so none was written; "
            "change the profile or the spec as named below.",
            problems=problems,
        )
    content = [written.rows, choices, "" if asked.file is None else asked.file.to_csv()]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    stamp = Stamp(county, SPEC_VERSION, f"{profile.hash[:8]}-{digest[:8]}")
    mark = {"type": "calculate", "name": FORM, "calculation": f"'{stamp}'"}
    settings = {
        "form_title": f"{profile.name.zh}入户走访 · Visit",
        "form_id": f"gridkit_visit_{county}",
        "version": f"{SPEC_VERSION}-{stamp.version}",
        "default_language": ZH,
        "instance_name": "concat(${visited_on}, ' ', ${grid_id})",
        "style": "pages",
    }
    lacking = () if profile.photos else _NO_PHOTOS
    return PhoneForm([mark, *written.rows], choices, settings, asked.file, stamp, lacking)


_NO_PHOTOS = tuple(
    Problem(
        kind,
        name,
        "本县没有开启照片; 要拍, 在 county.toml 写 photos = true, 再生成表单",
        "this county takes no photos; set photos = true in county.toml, then write the form again",
    )
    for kind, names in PHOTO_FIELDS.items()
    for name in names
)


class Written(NamedTuple):
    """The files of a form: the XLSForm, and the list of grids beside it, if there is one."""

    form: Path
    grids: Path | None


def write_xlsform(form: PhoneForm, path: str | Path) -> Written:
    """Write a form as an XLSX file, and its list of grids as CSV in the same folder.

    Parameters
    ----------
    form : PhoneForm
        As `phone_form` gives it.
    path : str or Path
        Where to write the XLSX.

    Returns
    -------
    Written
        `grids` must be uploaded with the form, as its media file.

    Raises
    ------
    GridkitError
        If a file cannot be written.
    """
    path = Path(path)
    need_other(path)
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    _sheet(book, "survey", _SURVEY, form.survey)
    _sheet(book, "choices", _CHOICES, form.choices)
    _sheet(book, "settings", tuple(form.settings), [form.settings])
    grids = None if form.grids is None else path.with_name(GRID_FILE)
    try:
        book.save(path)
        if grids is not None and form.grids is not None:
            form.grids.to_csv(grids, index=False, encoding="utf-8", lineterminator="\n")
    except OSError as error:
        raise GridkitError(
            zh=f"写不了 {path.name} ({why_os(error)}); 请关闭正打开它的程序, 或换一个位置。",
            en=f"{path.name} cannot be written ({error.strerror}); close what has it open, or "
            "choose another place.",
        ) from None
    return Written(path, grids)


_HEAD = PatternFill("solid", fgColor="DCE6F1")
_GROUP = PatternFill("solid", fgColor="F2F2F2")
_LINE, _WIDTH = 15.0, 26  # points; characters
_WIDTHS = {"type": 30, "name": 20, "relevant": 32, "constraint": 44, "calculation": 30}


def _sheet(book: Workbook, title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Lay rows out so that a person can read them: a fixed head, widths, groups in gray."""
    sheet: Worksheet = book.create_sheet(title)
    sheet.append(list(columns))
    for row in rows:
        sheet.append([row.get(column) or None for column in columns])
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDTHS.get(column, _WIDTH)
        cell = sheet.cell(row=1, column=place)
        cell.font, cell.fill = Font(bold=True), _HEAD
    for cells in sheet.iter_rows(min_row=2):
        grouping = str(cells[0].value or "").startswith(("begin_", "end_"))
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if grouping:
                cell.fill = _GROUP
        lines = max(
            _lines(cell.value, column) for cell, column in zip(cells, columns, strict=True)
        )
        sheet.row_dimensions[cells[0].row].height = _LINE * lines
    sheet.freeze_panes = "C2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _lines(value: object, column: str) -> int:
    """Count the lines that a text takes in its column; a Chinese character is twice as wide."""
    text = "" if value is None else str(value)
    wide = sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
    return max(1, -(-wide // (_WIDTHS.get(column, _WIDTH) - 2)))
