"""Submissions: what phones sent, whatever server it passed, in one shape.

ODK Central and KoboToolbox write the same submission in many ways: with the groups before
a name or without, a choice of several as one column or as one for each code, a point as a
text, as four columns or as GeoJSON. Here the name of a question is found in the name of a
column, and its answer becomes the text that the phone stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gridkit.exchange.attachments import Attachments
from gridkit.exchange.survey import ANY, CONCERN_KEY, COUNT, FORM, PLACE, REPEAT, VISIT_KEY
from gridkit.exchange.table import Fault
from gridkit.records.spec import CONCERN, VISIT

OWN = (FORM, VISIT_KEY, CONCERN_KEY, COUNT, ANY, PLACE)
"""What the form asks beyond the fields of the spec."""
NAMES = frozenset((*VISIT.names, *CONCERN.names, *OWN))
"""The names of all questions."""
_MANY = frozenset(f.name for s in (VISIT, CONCERN) for f in s.fields if f.type == "many_of")
_POINT = ("latitude", "longitude", "altitude", "accuracy")
_PARTS = re.compile(r"[/\-.:]")
_YES = frozenset(("1", "1.0", "true"))


# what the servers add, and the questions that only lead to the grid: nobody need miss them
_USUAL = frozenset(
    (
        *("SubmissionDate", "KEY", "PARENT_KEY", "SubmitterID", "SubmitterName", "DeviceID"),
        *("AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState", "Edits"),
        *("FormVersion", "instanceID", "instanceName", "rootUuid", "deprecatedID", "uuid"),
        *("township", "village", "no_names", "photo_URL"),
    )
)


class Entry(NamedTuple):
    """One concern: its line or number in its table, and its answers as text."""

    line: int
    answers: dict[str, str]


class Submission(NamedTuple):
    """One visit as it was sent.

    Attributes
    ----------
    line : int
        Its line in its table, or its number in a JSON list (from 1).
    root : str
        What the server calls it through all edits; "" where it does not say.
    instance, replaces : str
        This version of it, and the version that it replaces.
    state : str
        "approved", "issues" or "rejected" by who reviewed it; "" without review.
    """

    line: int
    root: str
    instance: str
    replaces: str
    state: str
    answers: dict[str, str]
    concerns: tuple[Entry, ...]


class Submissions(NamedTuple):
    """All that a file holds.

    Attributes
    ----------
    server : str
        Who wrote the file.
    tables : tuple of str
        What to call the table of visits, and that of concerns.
    rows : list of Submission
    orphans : list of Entry
        Concerns whose visit is not in the file.
    faults : tuple of two lists of Fault
        Rows of either table that could not be read as rows.
    left_out : tuple of str
        Columns that nothing is read from.
    media : Attachments
        The files that came along.
    """

    server: str
    tables: tuple[str, str]
    rows: list[Submission]
    orphans: list[Entry]
    faults: tuple[list[Fault], list[Fault]]
    left_out: tuple[str, ...]
    media: Attachments = Attachments()


class Question(NamedTuple):
    """What a column is about: the question, and which part of its answer."""

    name: str
    part: str


def question(column: str) -> Question | None:
    """Find the question in the name of a column; None where there is none of ours.

    Examples
    --------
    >>> question("concern/reach/safety/house_unsafe")
    Question(name='safety', part='house_unsafe')
    >>> question("facts-place-Latitude").part
    'latitude'
    >>> question("SubmitterName")
    """
    parts = _PARTS.split(column.strip())
    for at in range(len(parts) - 1, -1, -1):
        if parts[at] in NAMES:
            rest = "/".join(parts[at + 1 :])
            return Question(parts[at], rest.lower() if parts[at] == PLACE else rest)
    return None


def left_out(columns: Iterable[str]) -> tuple[str, ...]:
    """Name the columns that nobody of us knows: neither questions nor the servers' own.

    Examples
    --------
    >>> left_out(["KEY", "door-address", "_submission_time", "pets"])
    ('pets',)
    """
    return tuple(
        name
        for name in dict.fromkeys(columns)
        if name
        and question(name) is None
        and not name.startswith("_")
        and _PARTS.split(name)[-1] not in _USUAL
    )


def answers_in(row: Mapping[str, str]) -> dict[str, str]:
    """Read the answers of one row: groups taken off, parts put together, empty ones left out.

    Examples
    --------
    >>> answers_in({"reach-safety/fire": "1", "reach-safety/flood": "0", "note": ""})
    {'safety': 'fire'}
    """
    whole: dict[str, str] = {}
    parts: dict[str, dict[str, str]] = {}
    for column, text in row.items():
        asked = question(column)
        if asked is None or not text.strip():
            continue
        if not asked.part:
            whole[asked.name] = text
        elif asked.name == PLACE or asked.name in _MANY:
            parts.setdefault(asked.name, {})[asked.part] = text.strip()
    for name, of_name in parts.items():
        if name not in whole:
            whole[name] = _point(of_name) if name == PLACE else _codes(of_name)
    return {name: text for name, text in whole.items() if text.strip()}


def _point(parts: Mapping[str, str]) -> str:
    return " ".join(parts.get(part, "0") for part in _POINT)


def _codes(parts: Mapping[str, str]) -> str:
    return " ".join(sorted(code for code, text in parts.items() if text.lower() in _YES))


def flat(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Lay nested JSON out as columns and texts; lists are left to `repeated`."""
    for name, inner in value.items():
        column = f"{path}/{name}" if path else str(name)
        if isinstance(inner, Mapping):
            if inner.get("type") == "Point":
                yield column, point_text(inner)
            else:
                yield from flat(inner, column)
        elif isinstance(inner, bool):
            yield column, str(inner).lower()
        elif inner is not None and not isinstance(inner, list):
            yield column, str(inner)


def point_text(geometry: Mapping[str, Any]) -> str:
    """Write a GeoJSON point (lon, lat) as a phone does: "lat lon altitude accuracy".

    Examples
    --------
    >>> point_text({"type": "Point", "coordinates": [117.4, 26.7], "properties": {"accuracy": 8}})
    '26.7 117.4 0 8'
    """
    place = geometry.get("coordinates")
    if not isinstance(place, Sequence) or len(place) < 2:
        return "?"  # is told of as a number that cannot be read
    altitude = place[2] if len(place) > 2 else 0
    about = geometry.get("properties") or {}
    return f"{place[1]} {place[0]} {altitude} {about.get('accuracy') or 0}"


def repeated(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the repeats in nested JSON, wherever their group lies."""
    for name, inner in value.items():
        if isinstance(inner, list) and str(name).split("/")[-1] == REPEAT:
            return [one for one in inner if isinstance(one, Mapping)]
        if isinstance(inner, Mapping):
            found = repeated(inner)
            if found:
                return found
    return []
