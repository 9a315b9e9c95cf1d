"""The survey of the phone form: the rows of an XLSForm, written from the spec.

One visit with its concerns as a repeat. What the spec says of a field (words, help,
relevance, constraint, required, cascade) is written in the terms of XLSForm; what those
have no terms for is told as a `Problem`, never left out in silence.

Every visit and every concern carries a key of its own, drawn once on the phone and kept
through all edits: by it the import knows an edited submission again, whatever server it
passed. Nothing about the worker is asked for: no start and end, no device, no track (R4).

References
----------
XLSForm reference, https://xlsform.org/en/; ODK form logic (`once`, `today`, `selected`),
https://docs.getodk.org/form-operators-functions/; last-saved values,
https://docs.getodk.org/form-logic/#values-from-the-last-saved-record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gridkit.errors import Problem
from gridkit.records.condition import Compare
from gridkit.records.field import NONE_CODE, Constraint, FieldSpec, RecordSpec
from gridkit.records.photos import PHOTO_FIELDS
from gridkit.records.picture import EDGE

ZH, EN = "中文 (zh)", "English (en)"
"""The languages of the form, as XLSForm names them; Chinese comes first."""
FORM, VISIT_KEY, CONCERN_KEY, COUNT = (
    "gridkit_form",
    "visit_key",
    "concern_key",
    "concern_count",
)
"""Answers that the form gives by itself: which form it is, the keys, how many concerns."""
REPEAT, ANY, PLACE = "concern", "any_concern", "place"
(PHOTO,) = PHOTO_FIELDS["concern"]
PLACE_FIELDS = ("lon", "lat", "place_source", "accuracy_m")
"""The fields that one geopoint answers."""
FROM_VISIT: Mapping[str, str] = {"heard_on": "visited_on", "grid_id": "grid_id"}
"""Fields of a concern that the visit answers already."""
YES_NO = (("yes", "是", "yes"), ("no", "否", "no"))

Row = dict[str, str]

_TYPES = {"integer": "integer", "number": "decimal", "date": "date", "text": "text"}
_LONG, _VERY_LONG = 8, 20  # choices from which a list is folded, and can be searched


class Page(NamedTuple):
    """One screen on the phone: the questions that are asked together."""

    name: str
    zh: str
    en: str
    fields: tuple[str, ...]


VISIT_PAGES = (
    Page(
        "door",
        "走访情况",
        "The visit",
        ("address", "visited_on", "outcome", "met_role", "note"),
    ),
)
CONCERN_PAGES = (
    Page(
        "matter",
        "什么事",
        "The matter",
        ("demand_type", "demand_detail", "dispute_code", "summary", "wanted"),
    ),
    Page(
        "reach",
        "影响多大",
        "How far it reaches",
        ("people_affected", "households_affected", "harm", "basic_need", "safety"),
    ),
    Page(
        "facts",
        "相关情况",
        "The facts around it",
        ("setting", "hardening", "works_start", "mitigation", "since", PLACE, PHOTO),
    ),
)
"""In which screens the fields are asked; a field of the spec that stands in none comes last."""


class Survey(NamedTuple):
    """The rows of the survey sheet, and what of the spec they could not express."""

    rows: list[Row]
    problems: list[Problem]


def survey(
    visit: RecordSpec,
    concern: RecordSpec,
    sizes: Mapping[tuple[str, str], int],
    grid_rows: Sequence[Row],
    *,
    photos: bool = False,
) -> Survey:
    """Write the survey.

    Parameters
    ----------
    visit, concern : RecordSpec
        The spec of both kinds.
    sizes : mapping of (kind, field) to int
        How many choices each field has.
    grid_rows : sequence of dict
        The questions that lead to the grid.
    photos : bool
        Whether a photo of the matter is asked for.

    Returns
    -------
    Survey
    """
    writer = _Writer(sizes, photos=photos)
    rows: list[Row] = [
        {"type": "calculate", "name": VISIT_KEY, "calculation": "once(uuid())"},
        {
            "type": "note",
            "name": "no_names",
            **_words(
                "label",
                "只记事, 不记人: 任何一栏都不要写姓名、电话、证件号。",
                "Write down the matter, never the person: no name, telephone or identity "
                "number in any answer.",
            ),
        },
        *grid_rows,
    ]
    asked = {f.name for f in visit.fields if f.asked} | {VISIT_KEY}
    rows += writer.pages(visit, VISIT_PAGES, asked, skipped={"grid_id"})
    rows.append(
        {
            "type": f"select_one {ANY}",
            "name": ANY,
            "required": "yes",
            **_words("label", "有没有要记的诉求?", "Is there a concern to record?"),
            **_words("required_message", "请选择有或没有", "Choose yes or no"),
        }
    )
    rows.append(
        {
            "type": "begin_repeat",
            "name": REPEAT,
            "relevant": f"${{{ANY}}} = 'yes'",
            **_words("label", "诉求 (一件事一条)", "Concern (one matter each)"),
        }
    )
    rows.append({"type": "calculate", "name": CONCERN_KEY, "calculation": "once(uuid())"})
    day = FROM_VISIT["heard_on"]
    rows.append(
        {
            "type": "calculate",
            "name": "heard_on",
            "bind::type": "date",
            "calculation": f"${{{day}}}",
        }
    )
    known = asked | {f.name for f in concern.fields if f.asked} | {"heard_on"}
    rows += writer.pages(concern, CONCERN_PAGES, known, skipped={*FROM_VISIT, *PLACE_FIELDS})
    rows.append({"type": "end_repeat", "name": REPEAT})
    rows.append(
        {
            "type": "calculate",
            "name": COUNT,
            "calculation": f"if(${{{ANY}}} = 'yes', count(${{{REPEAT}}}), 0)",
        }
    )
    return Survey(rows, writer.problems)


def _words(column: str, zh: str, en: str) -> Row:
    return {f"{column}::{ZH}": zh, f"{column}::{EN}": en}


class _Writer:
    """Turns fields into rows; gathers what it cannot express."""

    def __init__(self, sizes: Mapping[tuple[str, str], int], *, photos: bool) -> None:
        self.problems: list[Problem] = []
        self._sizes, self._photos = sizes, photos

    def pages(
        self, spec: RecordSpec, pages: Sequence[Page], known: set[str], skipped: set[str]
    ) -> Iterator[Row]:
        placed = {name for page in pages for name in page.fields}
        left = tuple(f.name for f in spec.fields if f.name not in placed | skipped)
        rest = Page(f"more_{spec.kind}", "其他", "More", left)
        places = set(PLACE_FIELDS) <= set(spec.names)
        for page in (*pages, rest):
            rows = [
                row
                for name in page.fields
                for row in self._rows(spec, name, known, places=places)
            ]
            if rows:
                head = {"type": "begin_group", "name": page.name, "appearance": "field-list"}
                yield head | _words("label", page.zh, page.en)
                yield from rows
                yield {"type": "end_group", "name": page.name}

    def _rows(
        self, spec: RecordSpec, name: str, known: set[str], *, places: bool
    ) -> Iterator[Row]:
        if name == PLACE and places:
            yield _PLACE_ROW
        elif name in spec.names and spec[name].type == "photo":
            if self._photos:
                yield _photo_row(spec[name])
        elif name in spec.names and spec[name].asked:
            yield self._row(spec, spec[name], known)

    def _row(self, spec: RecordSpec, field: FieldSpec, known: set[str]) -> Row:
        kind = self._type(spec, field)
        row = {"type": kind, "name": field.name, **_words("label", *_labels(field))}
        row |= _words("hint", field.help_zh, field.help_en)
        if field.type == "date" and field.required:
            row["default"] = "today()"
        if field.required:
            row["required"] = "yes"
            row |= _words(
                "required_message", f"请填写“{field.zh}”", f"Please answer: {field.en}"
            )
        if field.relevant is not None:
            self._check(spec, field, field.relevant.fields(), known)
            row["relevant"] = field.relevant.xpath()
        if field.parent:
            self._check(spec, field, (field.parent,), known)
            row["choice_filter"] = f"parent = ${{{field.parent}}}"
        row["appearance"] = self._appearance(spec, field)
        return row | self._constraint(spec, field, known)

    def _type(self, spec: RecordSpec, field: FieldSpec) -> str:
        if field.type in {"one_of", "many_of"}:
            if not self._sizes.get((spec.kind, field.name)):
                self._refuse(spec, field, "没有选项", "has no choices")
            verb = "select_one" if field.type == "one_of" else "select_multiple"
            return f"{verb} {list_name(spec.kind, field)}"
        if field.type == "yes_no":
            return "select_one yes_no"
        if field.type not in _TYPES:
            zh = f"手机表单问不了这种字段 ({field.type}: 指向另一条记录)"
            en = f"a phone form cannot ask for this type ({field.type}: it points to a record)"
            self._refuse(spec, field, zh, en)
        return _TYPES.get(field.type, "text")

    def _appearance(self, spec: RecordSpec, field: FieldSpec) -> str:
        if field.type == "text":
            return "multiline" if field.sensitivity == "free_text" else ""
        size = self._sizes.get((spec.kind, field.name), 0)
        if field.type != "one_of" or size <= _LONG:
            return ""
        return "minimal autocomplete" if size > _VERY_LONG else "minimal"

    def _constraint(self, spec: RecordSpec, field: FieldSpec, known: set[str]) -> Row:
        parts = [*_limits(field)]
        for constraint in field.constraints:
            self._check(spec, field, constraint.condition.fields(), known)
            parts.append((_rule(field, constraint), constraint.zh, constraint.en))
        if not parts:
            return {}
        rule = " and ".join(f"({part})" for part, _, _ in parts)
        zh = "; ".join(dict.fromkeys(zh for _, zh, _ in parts))
        en = "; ".join(dict.fromkeys(en for _, _, en in parts))
        return {"constraint": rule, **_words("constraint_message", zh, en)}

    def _check(
        self,
        spec: RecordSpec,
        field: FieldSpec,
        read: Iterator[str] | tuple[str, ...],
        known: set[str],
    ) -> None:
        for name in read:
            if name not in known:
                zh = f"条件要用到 {name}, 手机表单里没有这一项"
                en = f"its condition reads {name}, which the phone form does not ask"
                self._refuse(spec, field, zh, en)

    def _refuse(self, spec: RecordSpec, field: FieldSpec, zh: str, en: str) -> None:
        self.problems.append(Problem(spec.kind, field.name, zh, en))


def list_name(kind: str, field: FieldSpec) -> str:
    """Name the list of choices of a field: its table's, or its own.

    Examples
    --------
    >>> from gridkit.records.spec import VISIT
    >>> list_name("visit", VISIT["met_role"]), list_name("visit", VISIT["outcome"])
    ('met_role', 'visit_outcome')
    """
    return field.choices if isinstance(field.choices, str) else f"{kind}_{field.name}"


def _labels(field: FieldSpec) -> tuple[str, str]:
    if not field.unit:
        return field.zh, field.en
    return (
        f"{field.zh} ({field.unit})",
        field.en if not field.unit.isascii() else f"{field.en} ({field.unit})",
    )


def _rule(field: FieldSpec, constraint: Constraint) -> str:
    """Write a constraint as asked of an answer that is not stored yet.

    A comparison with a field that has no answer is not judged, as in `records.validate`.
    """
    condition = constraint.condition
    rule = condition.xpath(own=field.name)
    if not isinstance(condition, Compare):
        return rule
    others = [name for name in condition.fields() if name != field.name]
    return " or ".join([*(f"${{{name}}} = ''" for name in others), rule])


def _photo_row(field: FieldSpec) -> Row:
    """Ask for one photo, which the phone makes as small as the ledger will."""
    row = {"type": "image", "name": field.name, "parameters": f"max-pixels={EDGE}"}
    row |= _words("label", *_labels(field))
    return row | _words(
        "hint", f"{field.help_zh}。可以不拍。", f"{field.help_en}. May be left out."
    )


def _limits(field: FieldSpec) -> Iterator[tuple[str, str, str]]:
    if field.minimum is not None:
        yield (
            f". >= {field.minimum:g}",
            f"不能小于 {field.minimum:g}",
            f"must be at least {field.minimum:g}",
        )
    if field.maximum is not None:
        number = f"{field.maximum:.15g}"
        yield f". <= {number}", f"不能大于 {number}", f"must be at most {number}"
    if field.type == "text":
        most = field.max_length
        yield (
            f"string-length(.) <= {most}",
            f"最多 {most} 个字",
            f"must have at most {most} characters",
        )
    if field.shape is not None:
        yield f"regex(., '{field.shape.pattern}')", field.shape.zh, field.shape.en
    if field.type == "many_of":
        yield (
            f"not(selected(., '{NONE_CODE}') and count-selected(.) > 1)",
            "“以上都没有”不能与其他选项同选",
            "'none' cannot stand beside other choices",
        )


_PLACE_ROW: Row = {
    "type": "geopoint",
    "name": PLACE,
    "appearance": "placement-map",
    **_words("label", "事发位置", "Where it is"),
    **_words(
        "hint",
        "站在现场定位, 或在地图上移动图钉; 说的是事情的地方, 不是人住在哪里。可以不填。",
        "Take the position on the spot, or move the pin; the place of the matter, not of the "
        "person. May be left out.",
    ),
}
