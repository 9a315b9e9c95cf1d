"""The scorecard: integer points for a matter, as data that is checked when it is read.

A card has at most ten factors. A factor adds up its parts, or takes the first one that was
answered; a part turns one input into points: by the one code chosen, by the codes of a
many-of answer, or by the bin a number falls in. Danger (`safety`) overrides the sum.
What may be an input at all is declared once, in `card_inputs`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from gridkit.errors import Problem
from gridkit.profile.card_inputs import INPUTS, RESPONSE_GAPS, Input
from gridkit.profile.card_rules import (
    action_faults,
    card_faults,
    code_problems,
    factor_faults,
    refuse,
    repeated,
)

__all__ = ["INPUTS", "MOST_FACTORS", "RESPONSE_GAPS", "Input", "Scorecard"]

MOST_FACTORS = 10
MOST_POINTS = 1000  # keeps every sum far inside 16 bits

Points = Annotated[int, Field(ge=-MOST_POINTS, le=MOST_POINTS, strict=True)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


def _some(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse an empty list; pydantic's own bound would also speak up for items at fault."""
    if not items:
        refuse(["至少要有一项 / at least one is needed"])
    return items


Some = AfterValidator(_some)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class _Entry(_Frozen):
    points: Points
    zh: str = ""
    en: str = ""

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.points and not (self.zh and self.en):
            refuse(["有分值就须写明中英文理由 / points need a reason: give `zh` and `en`"])
        return self


class Level(_Entry):
    """A code, its points, and the reason it gives in a sentence."""

    code: Code


class Bin(_Entry):
    """The numbers from `from` (inclusive) up to the next bin; the first has no `from`."""

    start: float | None = Field(default=None, alias="from", allow_inf_nan=False)


class ByLevel(_Frozen):
    """Points by the one code that was chosen."""

    kind: Literal["levels"]
    input: str
    levels: Annotated[tuple[Level, ...], Some]

    @property
    def entries(self) -> tuple[Level, ...]:
        """Return the lines of this part."""
        return self.levels

    @property
    def span(self) -> tuple[int, int]:
        """Return the least and the most points this part can give."""
        points = [level.points for level in self.levels]
        return min(points), max(points)


class ByFlags(_Frozen):
    """Points by the codes of a many-of answer: their sum, or the strongest one alone."""

    kind: Literal["flags"]
    input: str
    combine: Literal["sum", "strongest"] = "sum"
    flags: Annotated[tuple[Level, ...], Some]

    @property
    def entries(self) -> tuple[Level, ...]:
        """Return the lines of this part."""
        return self.flags

    @property
    def span(self) -> tuple[int, int]:
        """Return the least and the most points this part can give; no flag gives 0."""
        points = [flag.points for flag in self.flags]
        if self.combine == "strongest":
            return min(0, *points), max(0, *points)
        return sum(p for p in points if p < 0), sum(p for p in points if p > 0)


class ByBins(_Frozen):
    """Points by the bin that a number falls in."""

    kind: Literal["bins"]
    input: str
    bins: Annotated[tuple[Bin, ...], Some]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        starts = [b.start for b in self.bins]
        if starts[0] is not None or None in starts[1:]:
            refuse(["只有第一个分箱不写 from / the first bin, and no other, has no `from`"])
        if any(a >= b for a, b in pairwise(self.edges)):
            refuse(["分箱的 from 须逐个增大 / the bins' `from` must rise from bin to bin"])
        return self

    @property
    def entries(self) -> tuple[Bin, ...]:
        """Return the lines of this part."""
        return self.bins

    @property
    def edges(self) -> tuple[float, ...]:
        """Return where each bin but the first starts."""
        return tuple(b.start for b in self.bins if b.start is not None)

    @property
    def span(self) -> tuple[int, int]:
        """Return the least and the most points this part can give."""
        points = [b.points for b in self.bins]
        return min(points), max(points)


Part = Annotated[ByLevel | ByFlags | ByBins, Field(discriminator="kind")]


class Factor(_Frozen):
    """One line of the card: where its points come from, their bounds, and why."""

    id: Code
    zh: Text
    en: Text
    min: Points = 0
    max: Points
    combine: Literal["sum", "first"] = "sum"
    why: Text
    source: Text
    verified: bool = False
    parts: Annotated[tuple[Part, ...], Some]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        refuse(factor_faults(self))
        return self

    @property
    def lowers(self) -> bool:
        """Return whether this factor takes points away (mitigation)."""
        return self.max == 0

    @property
    def texts(self) -> Iterator[str]:
        """Yield every id, code and label in this factor."""
        yield from (self.id, self.zh, self.en)
        for part in self.parts:
            for entry in part.entries:
                yield from (getattr(entry, "code", ""), entry.zh, entry.en)


class Flag(_Frozen):
    """A danger and the reason it gives in a sentence."""

    code: Code
    zh: Text
    en: Text


class Override(_Frozen):
    """Danger: any of these flags puts the matter in the top band, whatever the sum."""

    input: Literal["safety"] = "safety"
    band: Code
    why: Text
    source: Text
    verified: bool = False
    flags: Annotated[tuple[Flag, ...], Some]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if twice := repeated(flag.code for flag in self.flags):
            refuse([f"重复的险情: {twice} / dangers given twice: {twice}"])
        return self


class CardBand(_Frozen):
    """The scores above `above` (exclusive) that no more urgent band has taken."""

    code: Code
    zh: Text
    en: Text
    above: Points


class Action(_Frozen):
    """Something an office can do, as the inputs that it would change.

    It is proposed only where every input of `when` holds the code given there. `sets`
    replaces an input, `adds` adds a code to a many-of input.
    """

    id: Code
    zh: Text
    en: Text
    when: Mapping[str, Code] = Field(default_factory=dict)
    sets: Mapping[str, Code | float] = Field(default_factory=dict)
    adds: Mapping[str, Code] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        refuse(action_faults(self))
        return self


class Scorecard(_Frozen):
    """A whole card: factors, override, bands, actions, and the version they add up to.

    `bands` go from the most urgent to the least; the sum of the factors is clipped to
    `floor` to `ceiling`. `actions` go from the least effort to the most.

    Examples
    --------
    >>> card = Scorecard.model_validate({
    ...     "id": "small", "zh": "示例", "en": "example",
    ...     "factors": [{
    ...         "id": "harm", "zh": "危害", "en": "harm", "max": 9, "why": "…", "source": "…",
    ...         "parts": [{"kind": "levels", "input": "harm", "levels": [
    ...             {"code": "none", "points": 0},
    ...             {"code": "life", "points": 9, "zh": "危及生命", "en": "danger to life"},
    ...         ]}],
    ...     }],
    ...     "override": {"band": "red", "why": "…", "source": "…", "flags": [
    ...         {"code": "violence", "zh": "有人身暴力", "en": "violence"}]},
    ...     "bands": [{"code": "red", "zh": "红色", "en": "red", "above": 5},
    ...               {"code": "blue", "zh": "蓝色", "en": "blue", "above": -1}],
    ... })
    >>> card.inputs
    ('safety', 'harm')
    >>> len(card.hash)
    64
    """

    id: Code
    zh: Text
    en: Text
    note: str = ""
    version: str = ""
    floor: Points = 0
    ceiling: Points = 100
    factors: Annotated[tuple[Factor, ...], Some]
    override: Override
    bands: Annotated[tuple[CardBand, ...], Some]
    actions: tuple[Action, ...] = ()

    @field_validator("factors")
    @classmethod
    def _few(cls, factors: tuple[Factor, ...]) -> tuple[Factor, ...]:
        n = len(factors)
        if n > MOST_FACTORS:
            refuse(
                [
                    f"最多 {MOST_FACTORS} 个因素, 现有 {n} 个 / at most {MOST_FACTORS} factors, not {n}"
                ]
            )
        return factors

    @model_validator(mode="after")
    def _sound(self) -> Self:
        refuse(card_faults(self))
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the inputs this card looks at, the override's first."""
        named: list[str] = [self.override.input]
        for factor in self.factors:
            for part in factor.parts:
                relevant = INPUTS[part.input].relevant
                named += [relevant[0], part.input] if relevant else [part.input]
        return tuple(dict.fromkeys(named))

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the card's content: the version that a score refers to.

        Comments, white space and the order of keys in the file do not count; every value,
        and the order of factors, levels, bands and actions, does.
        """
        content = self.model_dump(mode="json", by_alias=True)
        if not self.version:  # a card that nobody adopted keeps the hash it always had
            del content["version"]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def named(self, lang: str = "zh") -> str:
        """Name the card with its version: what every score that is shown should say."""
        name, word = (self.en, "version") if lang == "en" else (self.zh, "版本")
        return f"{name}, {word} {self.version or self.hash[:8]}"

    def code_problems(self, tables: Mapping[str, Collection[str]]) -> tuple[Problem, ...]:
        """Compare the card's codes with the county's choice tables, both ways.

        Parameters
        ----------
        tables : mapping of str to collection of str
            The codes of each choice table, by the name of the input it feeds (`harm`,
            `safety`, `basic_need`, ...). Inputs without a table are skipped.

        Returns
        -------
        tuple of Problem
            Codes on the card that no table has, and codes of the tables that the card
            leaves out. Empty if the two agree.
        """
        return tuple(code_problems(self, tables))
