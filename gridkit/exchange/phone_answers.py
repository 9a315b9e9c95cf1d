"""Answers of phones: the texts of a submission as records, with every fault of every row.

Ids come from the keys that the form drew, so that an edited submission is the same record
and the same file twice adds nothing. A visit that cannot be taken in keeps its concerns out
as well; a concern that cannot leaves its visit in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from gridkit.errors import Problem, RecordError
from gridkit.exchange.cells import (
    Unreadable,
    date_reader,
    folded,
    number_of,
    text_of,
    whole_of,
    yes_no_reader,
)
from gridkit.exchange.codes import code_words
from gridkit.exchange.comparing import Row
from gridkit.exchange.repeats import record_id
from gridkit.exchange.submission import Entry, Submission
from gridkit.exchange.survey import CONCERN_KEY, FROM_VISIT, PLACE, VISIT_KEY
from gridkit.exchange.table import Fault
from gridkit.records.field import NONE_CODE, FieldSpec, RecordSpec
from gridkit.records.models import Concern, Record, Step, Visit
from gridkit.records.spec import CONCERN, VISIT
from gridkit.records.validate import Rules, known_codes

if TYPE_CHECKING:
    from gridkit.profile import Profile

SYSTEM = "phone"
"""What stands for all phone forms in the ids of their records; never changed."""
SOURCE = "grid_visit"
Placed = Mapping[int, tuple[float, float]]
"""Line of a concern to its longitude and latitude in WGS-84."""


class Point(NamedTuple):
    """Where a phone says it was: degrees, and meters of accuracy; 0 where a pin was moved."""

    lon: float
    lat: float
    accuracy: float


def read_point(text: str) -> Point:
    """Read a geopoint: "lat lon altitude accuracy", the last two optional.

    Raises
    ------
    Unreadable
        If it is none, or lies on no place of the earth.

    Examples
    --------
    >>> read_point("26.72 117.47 190.5 4.8")
    Point(lon=117.47, lat=26.72, accuracy=4.8)
    """
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        raise Unreadable(reason="bad_number") from None
    good = 2 <= len(numbers) <= 4 and all(math.isfinite(n) for n in numbers)
    if not good or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        raise Unreadable(reason="bad_number")
    return Point(numbers[1], numbers[0], numbers[3] if len(numbers) == 4 else 0.0)


class Answers:
    """Reads the texts of one county's form.

    Parameters
    ----------
    profile : Profile
        The county's tables.
    today : date
        No date may lie after it.
    """

    def __init__(self, profile: Profile, today: date) -> None:
        self._rules = Rules(profile)
        self._today = today
        fields = [(s.kind, f) for s in (VISIT, CONCERN) for f in s.fields]
        self._readers = {(kind, f.name): _reader(f, profile) for kind, f in fields}

    def visit(self, submission: Submission) -> tuple[Row | None, list[Fault]]:
        """Make the visit of a submission, or say why there is none."""
        answers, faults = self._typed(VISIT, submission.line, submission.answers)
        made, more = self._made(Visit, visit_id(submission), submission.line, answers, faults)
        return (None if made is None else Row(submission.line, made, ())), more

    def concern(
        self, entry: Entry, its_id: str, visit: Record, root: str, at: Placed
    ) -> tuple[Row | None, list[Fault]]:
        """Make a concern and its registration; `root` is what the server calls its visit."""
        answers, faults = self._typed(CONCERN, entry.line, entry.answers)
        given = visit.answers()
        answers |= {own: given[theirs] for own, theirs in FROM_VISIT.items()}
        answers |= {"visit_id": visit.record_id, "source": SOURCE}
        if root:
            answers["external_id"] = root
        if PLACE in entry.answers:
            answers |= _placed(entry, at, faults)
        made, more = self._made(Concern, its_id, entry.line, answers, faults)
        if made is None:
            return None, more
        step = Step(
            record_id=record_id(SYSTEM, "step", its_id, "registered"),
            concern_id=its_id,
            action="registered",
            on=made.heard_on,
        )
        return Row(entry.line, made, (step,)), more

    def _typed(
        self, spec: RecordSpec, line: int, texts: Mapping[str, str]
    ) -> tuple[dict[str, Any], list[Fault]]:
        answers: dict[str, Any] = {}
        faults: list[Fault] = []
        for field in spec.fields:
            text = texts.get(field.name)
            if text is None or not (field.asked or field.type == "photo"):
                continue
            try:
                value = self._readers[spec.kind, field.name](text)
            except Unreadable as why:
                faults.append(Fault(line, field.name, field.name, why.reason))
            else:
                if value is not None:
                    answers[field.name] = value
        return answers, faults

    def _made(
        self,
        model: type[Record],
        its_id: str,
        line: int,
        answers: Mapping[str, Any],
        faults: list[Fault],
    ) -> tuple[Record | None, list[Fault]]:
        told = {fault.field for fault in faults}
        try:
            record = model(record_id=its_id, **answers)
            problems = self._rules.problems(record.answers(), model.spec, self._today)
        except RecordError as error:
            record, problems = None, list(error.problems)
        faults = faults + [_fault(line, p) for p in problems if p.field not in told]
        return (None if faults else record), faults


def visit_id(submission: Submission) -> str:
    """Give the id of a submission's visit: from its own key, else from the server's."""
    key = submission.answers.get(VISIT_KEY, "").strip()
    return record_id(SYSTEM, "visit", key or submission.root or submission.instance)


def concern_id(entry: Entry, visit: str, place: int) -> str:
    """Give the id of a concern: from its own key, else from its number within the visit."""
    key = entry.answers.get(CONCERN_KEY, "").strip()
    return record_id(SYSTEM, "concern", key or f"{visit}#{place}")


def _placed(entry: Entry, at: Placed, faults: list[Fault]) -> dict[str, Any]:
    try:
        point = read_point(entry.answers[PLACE])
    except Unreadable as why:
        faults.append(Fault(entry.line, "lon", PLACE, why.reason))
        return {}
    lon, lat = at.get(entry.line, (point.lon, point.lat))
    if point.accuracy <= 0:  # the pin was moved by hand: phones then write 0
        return {"lon": lon, "lat": lat, "place_source": "map"}
    return {"lon": lon, "lat": lat, "place_source": "gps", "accuracy_m": point.accuracy}


def _fault(line: int, problem: Problem) -> Fault:
    if problem.en == "required and missing":
        return Fault(line, problem.field, problem.field, "missing")
    return Fault(line, problem.field, problem.field, "rule", problem.zh, problem.en)


_DATES = date_reader((), serial=False, epoch=date(1899, 12, 30))
_PLAIN: dict[str, Callable[[str], Any]] = {
    "text": text_of,
    "reference": text_of,
    "references": text_of,
    "photo": text_of,
    "integer": whole_of,
    "number": number_of,
    "date": _DATES,
    "yes_no": yes_no_reader(("yes", "true"), ("no", "false")),
}


def _reader(field: FieldSpec, profile: Profile) -> Callable[[str], Any]:
    if not field.choices:
        return _PLAIN[field.type]
    known = known_codes(field, profile)
    labels = {word for _, word in code_words(field, profile)}

    def one(text: str) -> str:
        if text in known or (field.type == "many_of" and text == NONE_CODE):
            return text
        raise Unreadable(reason="label" if folded(text) in labels else "no_code")

    def several(text: str) -> str:
        if folded(text) in labels and text not in known:
            raise Unreadable(reason="label")
        return " ".join(_each(one, text))

    return several if field.type == "many_of" else lambda text: one(text.strip())


def _each(one: Callable[[str], str], text: str) -> Iterator[str]:
    for part in text.split():
        yield one(part)
