"""What a field and a kind of record are: the grammar in which `spec` is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gridkit.records.condition import TODAY, Compare, Condition

FieldType = Literal[
    "text",
    "integer",
    "number",
    "date",
    "one_of",
    "many_of",
    "yes_no",
    "reference",
    "references",
    "photo",
]
Sensitivity = Literal["open", "desk", "free_text"]
NONE_CODE = "none"
"""The code of an explicit "none of these" in a many-of field; it excludes all others."""


@dataclass(frozen=True)
class Constraint:
    """What an answer must hold, and the words for when it does not."""

    condition: Condition
    zh: str
    en: str


@dataclass(frozen=True)
class Shape:
    """What a text must look like: a regular expression of the whole, and it in words."""

    pattern: str
    zh: str
    en: str


GRID_ID = Shape("^[0-9]{13,20}$", "须为 13 至 20 位数字", "must be 13 to 20 digits")
"""A division's 12 digits, and the grid's number in it."""
RECORD_ID = Shape(
    "^[!-~]{1,64}$",
    "须为 1 至 64 个英文字母、数字或符号, 不含空格",
    "must be 1 to 64 ASCII letters, digits or signs, without spaces",
)
PHOTO = Shape(
    "^[0-9a-f]{64}$", "须为照片的 64 位校验值", "must be the 64 digits of a photo's hash"
)
"""The SHA-256 of the file that holds the photo."""


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One field: type, words, choices, relevance, constraint, sensitivity, purpose.

    `choices` names a table of the profile (`"demand_type"`) or lists fixed choices as
    (code, zh, en). `parent` is the field that a cascade follows. `refers` is the kind of
    record that a reference points to (`references`: several ids, joined by one space). A
    `photo` holds the SHA-256 of a file beside the ledger; it is asked only where the county
    takes photos.
    `required` means required when relevant. `asked` is False for what the program fills in
    itself.
    `sensitivity`: open (may be counted and shared), desk (stays in the office),
    free_text (a person's words: never in a message, a log, a score or a map).
    """

    name: str
    type: FieldType
    zh: str
    en: str
    purpose_zh: str
    purpose_en: str
    help_zh: str = ""
    help_en: str = ""
    unit: str = ""
    choices: str | tuple[tuple[str, str, str], ...] = ()
    parent: str | None = None
    refers: str = ""
    relevant: Condition | None = None
    constraints: tuple[Constraint, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    asked: bool = True
    sensitivity: Sensitivity = "open"
    max_length: int = 2000
    shape: Shape | None = None


@dataclass(frozen=True)
class RecordSpec:
    """One kind of record: its name, its words and its fields in reading order."""

    kind: str
    zh: str
    en: str
    fields: tuple[FieldSpec, ...]
    _by_name: dict[str, FieldSpec] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        self._by_name.update({f.name: f for f in self.fields})

    def __getitem__(self, name: str) -> FieldSpec:
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in reading order."""
        return tuple(self._by_name)


def not_future(name: str) -> Constraint:
    """Hold a date to today or before."""
    return Constraint(
        Compare(name, "<=", TODAY), "日期不能晚于今天", "The date cannot be after today"
    )
