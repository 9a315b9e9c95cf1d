"""Records as values: one frozen pydantic model per kind, made from the spec.

A model checks what needs no profile: types, lengths, ranges, fixed choices. `validate`
adds what does: codes of the county's tables, cascades, relevance, constraints.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
)

from gridkit.errors import Problem, RecordError
from gridkit.records.field import NONE_CODE, RECORD_ID, FieldSpec, RecordSpec
from gridkit.records.ids import new_id
from gridkit.records.revision import CIVIL_ZONE
from gridkit.records.spec import RECORD_SPECS


class Record(BaseModel):
    """What all kinds of records share: an id, and fields that the spec declares.

    Raises
    ------
    RecordError
        If a value has the wrong type or breaks a rule of its field; every field at fault
        is named in `problems`. The values themselves are never repeated.

    Examples
    --------
    >>> Visit(grid_id="990428100001001", visited_on="2026-11-03", outcome="nobody_home").outcome
    'nobody_home'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    spec: ClassVar[RecordSpec]

    record_id: str = Field(default_factory=new_id, pattern=RECORD_ID.pattern)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _record_error(type(self).spec, error) from None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show the id only: a record in a log or a traceback must not tell what was said."""
        yield "record_id", self.record_id

    def __str__(self) -> str:
        return repr(self)

    def revalidated(self) -> Self:
        """Make the record anew from its values: every rule of its fields is asked again.

        Raises
        ------
        RecordError
            If a value breaks a rule, as one slipped in by `model_copy` may.
        """
        values = self.__dict__
        return type(self)(**{name: v for name, v in values.items() if v is not None})

    def answers(self) -> dict[str, Any]:
        """Give the fields that have an answer, by name, without the id."""
        values = self.__dict__
        return {n: values[n] for n in self.spec.names if values[n] is not None}

    def body(self) -> dict[str, Any]:
        """Give the answers as JSON values: dates as ISO text."""
        return {
            n: v.isoformat() if isinstance(v, date) else v for n, v in self.answers().items()
        }


def _text(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable():  # most codes, ids and dates
        return value.strip() or None
    cleaned = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    cleaned = "".join(
        c for c in cleaned if c in "\n\t" or unicodedata.category(c) not in _UNSEEN
    )
    return cleaned.strip() or None


_UNSEEN = ("Cc", "Cs")  # control characters and lone surrogates: no form types them, SQL chokes


def _whole(value: object) -> object:
    if isinstance(value, bool):
        msg = "not a whole number"
        raise ValueError(msg)  # noqa: TRY004 (pydantic turns ValueError into a problem)
    return None if value == "" or _is_nan(value) else value


def _real(value: object) -> object:
    return _whole(value)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _day(value: object) -> object:
    if isinstance(value, str):
        value = _written_day(value.strip())
    if value is None or _is_nan(value) or value != value:  # noqa: PLR0124 (pandas' NaT)
        return None
    if isinstance(value, datetime):  # a moment is a day only at a place
        return (value if value.tzinfo is None else value.astimezone(CIVIL_ZONE)).date()
    if isinstance(value, date):
        return value
    msg = "not a date"  # a bare number least of all: it would be read as seconds since 1970
    raise ValueError(msg)


def _written_day(text: str) -> date | None:
    if not text:
        return None
    if text.isdecimal():
        msg = "not a date"
        raise ValueError(msg)
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _codes(value: object) -> object:
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = " ".join(str(code) for code in value)
    if not isinstance(value, str):
        return value
    codes = sorted(set(value.split()))
    if NONE_CODE in codes and len(codes) > 1:
        msg = f"'{NONE_CODE}' stands beside other codes"
        raise ValueError(msg)
    return " ".join(codes) or None


def _ids(value: object) -> object:
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = " ".join(str(one) for one in value)
    if not isinstance(value, str):
        return value
    return " ".join(sorted(set(value.split()))) or None


def _python_type(field: FieldSpec) -> Any:
    text = StringConstraints(
        max_length=field.max_length, pattern=field.shape.pattern if field.shape else None
    )
    by_type: dict[str, Any] = {
        "text": Annotated[str, text],
        "reference": Annotated[str, text],
        "references": Annotated[str, text],
        "photo": Annotated[str, text],
        "one_of": Annotated[str, StringConstraints(max_length=64)],
        "many_of": Annotated[str, StringConstraints(max_length=400)],
        "integer": Annotated[int, Field(ge=field.minimum, le=field.maximum)],
        "number": Annotated[
            float, Field(ge=field.minimum, le=field.maximum, allow_inf_nan=False)
        ],
        "date": date,
        "yes_no": bool,
    }
    return by_type[field.type]


_CLEAN: dict[str, Callable[[object], object]] = {
    "text": _text,
    "reference": _text,
    "references": _ids,
    "photo": _text,
    "one_of": _text,
    "many_of": _codes,
    "integer": _whole,
    "number": _real,
    "date": _day,
}


def _model(spec: RecordSpec) -> type[Record]:
    fields: dict[str, Any] = {}
    for field in spec.fields:
        kind = _python_type(field)
        needed = field.required and field.relevant is None
        clean = _CLEAN.get(field.type)
        kind = kind if needed else kind | None
        if clean is not None:
            kind = Annotated[kind, BeforeValidator(clean)]
        fields[field.name] = (kind, ... if needed else None)
    model: type[Record] = create_model(
        spec.kind.capitalize(), __base__=Record, __module__=__name__, **fields
    )
    model.spec = spec
    model.__doc__ = f"{spec.zh} / {spec.en}: see `gridkit.records.spec`."
    return model


Visit = _model(RECORD_SPECS["visit"])
Concern = _model(RECORD_SPECS["concern"])
Step = _model(RECORD_SPECS["step"])
Decision = _model(RECORD_SPECS["decision"])
Room = _model(RECORD_SPECS["room"])
Session = _model(RECORD_SPECS["session"])
Backlog = _model(RECORD_SPECS["backlog"])

MODELS: Mapping[str, type[Record]] = {
    "visit": Visit,
    "concern": Concern,
    "step": Step,
    "decision": Decision,
    "room": Room,
    "session": Session,
    "backlog": Backlog,
}
"""The model of each kind."""


def kind_of(record: Record) -> str:
    """Name the kind of a record.

    Examples
    --------
    >>> kind_of(Step(concern_id="c1", action="routed", on="2026-11-03"))
    'step'
    """
    return type(record).spec.kind


# pydantic's error types in a user's words; what is not here falls back to the last line
_WORDS = {
    "missing": ("缺少必填项", "required and missing"),
    "extra_forbidden": ("没有这个字段", "there is no such field"),
    "int_type": ("须为整数", "must be a whole number"),
    "int_parsing": ("须为整数", "must be a whole number"),
    "int_from_float": ("须为整数", "must be a whole number"),
    "float_type": ("须为数字", "must be a number"),
    "float_parsing": ("须为数字", "must be a number"),
    "finite_number": ("须为数字", "must be a number"),
    "bool_type": ("须为是或否", "must be yes or no"),
    "bool_parsing": ("须为是或否", "must be yes or no"),
    "string_type": ("须为文字", "must be text"),
    "value_error": ("“以上都没有”不能与其他选项同选", "'none' cannot stand beside other codes"),
    "date_type": ("须为日期, 如 2026-03-07", "must be a date such as 2026-03-07"),
}
_NOT_A = {"integer": "int_type", "number": "float_type", "date": "date_type"}
_LIMITS = {
    "greater_than_equal": ("不能小于 {ge:g}", "must be at least {ge:g}"),
    "less_than_equal": ("不能大于 {le:g}", "must be at most {le:g}"),
    "string_too_long": ("最多 {max_length} 个字", "must have at most {max_length} characters"),
}


def _problem(spec: RecordSpec, error: Mapping[str, Any]) -> Problem:
    name = str(error["loc"][0]) if error["loc"] else "record"
    known = name in spec.names or name == "record_id"
    kind = str(error["type"])
    if kind in _LIMITS:
        zh, en = (text.format(**error["ctx"]) for text in _LIMITS[kind])
    elif kind == "string_pattern_mismatch":
        shape = RECORD_ID if name == "record_id" else spec[name].shape
        zh, en = (shape.zh, shape.en) if shape else _WORDS["string_type"]
    elif kind in _WORDS:
        zh, en = _WORDS[kind]
    elif kind.startswith("date"):
        zh, en = _WORDS["date_type"]
    else:
        zh, en = "不合要求", "does not fit its field"
    if kind == "value_error" and spec[name].type in _NOT_A:
        zh, en = _WORDS[_NOT_A[spec[name].type]]
    return Problem(spec.kind, name if known else "?", zh, en)


def _record_error(spec: RecordSpec, error: ValidationError) -> RecordError:
    found = error.errors(include_url=False, include_input=False)
    problems = [_problem(spec, dict(e)) for e in found]
    return RecordError(
        en=f"The {spec.en.lower()} has {len(problems)} fault(s); correct the fields named below.",
        zh=f"{spec.zh}有 {len(problems)} 处不合要求, 请更正以下各项。",
        problems=problems,
    )
