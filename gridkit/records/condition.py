"""Conditions: when a field is asked, and what its answer must hold.

A condition is a small tree of frozen values, never code in a string. It is read by
Python here and written as XPath for XLSForm; both come from the same tree, so that a
phone and a notebook can never disagree.

A value that is missing makes every comparison false (as in XPath), so that a condition
never fires on what nobody said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

TODAY = "today()"


def _read(field: str, own: str) -> str:
    """Name a field in XPath. A constraint is asked before the answer is stored: its own is `.`."""
    return "." if field == own else f"${{{field}}}"


@dataclass(frozen=True)
class Answered:
    """True where `field` has an answer."""

    field: str

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:  # noqa: ARG002 (one shape)
        """Tell whether the condition is true of `answers`."""
        return answers.get(self.field) is not None

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        return f"{_read(self.field, own)} != ''"

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        yield self.field


@dataclass(frozen=True)
class Is:
    """True where the answer to `field` is `value`."""

    field: str
    value: str | int | bool

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:  # noqa: ARG002 (one shape)
        """Tell whether the condition is true of `answers`."""
        return bool(answers.get(self.field) == self.value)

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        if isinstance(self.value, bool):
            return f"{_read(self.field, own)} = '{'yes' if self.value else 'no'}'"
        literal = f"'{self.value}'" if isinstance(self.value, str) else str(self.value)
        return f"{_read(self.field, own)} = {literal}"

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        yield self.field


@dataclass(frozen=True)
class Has:
    """True where the answers to the many-of `field` hold `code`."""

    field: str
    code: str

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:  # noqa: ARG002 (one shape)
        """Tell whether the condition is true of `answers`."""
        return self.code in str(answers.get(self.field) or "").split()

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        return f"selected({_read(self.field, own)}, '{self.code}')"

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        yield self.field


@dataclass(frozen=True)
class Compare:
    """True where `field` stands in the order `op` to a number, another field or today.

    `other` is a number, the name of a field, or `TODAY`. A comparison with a field that
    has no answer is false.
    """

    field: str
    op: Literal["<", "<=", ">", ">="]
    other: float | int | str

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:
        """Tell whether the condition is true of `answers`."""
        left = answers.get(self.field)
        right: Any = self.other
        if isinstance(right, str):
            right = today if right == TODAY else answers.get(right)
        if left is None or right is None:
            return False
        if self.op == "<":
            return bool(left < right)
        if self.op == "<=":
            return bool(left <= right)
        return bool(left > right) if self.op == ">" else bool(left >= right)

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        other = self.other
        if isinstance(other, str) and other != TODAY:
            other = _read(other, own)
        return f"{_read(self.field, own)} {self.op} {other}"

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        yield self.field
        if isinstance(self.other, str) and self.other != TODAY:
            yield self.other


@dataclass(frozen=True)
class Not:
    """True where `condition` is not."""

    condition: Condition

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:
        """Tell whether the condition is true of `answers`."""
        return not self.condition.holds(answers, today)

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        return f"not({self.condition.xpath(own)})"

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        yield from self.condition.fields()


@dataclass(frozen=True)
class All:
    """True where every one of `conditions` is."""

    conditions: tuple[Condition, ...]

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:
        """Tell whether the condition is true of `answers`."""
        return all(c.holds(answers, today) for c in self.conditions)

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        return " and ".join(f"({c.xpath(own)})" for c in self.conditions)

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        for condition in self.conditions:
            yield from condition.fields()


@dataclass(frozen=True)
class Either:
    """True where at least one of `conditions` is."""

    conditions: tuple[Condition, ...]

    def holds(self, answers: Mapping[str, Any], today: date) -> bool:
        """Tell whether the condition is true of `answers`."""
        return any(c.holds(answers, today) for c in self.conditions)

    def xpath(self, own: str = "") -> str:
        """Write the condition for XLSForm, as read from the field `own`."""
        return " or ".join(f"({c.xpath(own)})" for c in self.conditions)

    def fields(self) -> Iterator[str]:
        """Name the fields that the condition reads."""
        for condition in self.conditions:
            yield from condition.fields()


Condition = Answered | Is | Has | Compare | Not | All | Either
"""Any of the above."""
