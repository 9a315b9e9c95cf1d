"""The questions of one kind of record, in groups: relevance, cascades, faults.

The fields, their rules and their words all come from `records.spec`; what is asked where
is the only thing decided here. A field that is not relevant is hidden and not saved, but
what was typed in it stays until the person changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import ipywidgets as W  # noqa: N812

from gridkit.errors import RecordError
from gridkit.forms import answers
from gridkit.forms.choices import ChoiceField, options_of
from gridkit.forms.field import Field
from gridkit.forms.fields import field_for
from gridkit.profile import Profile
from gridkit.records.condition import Answered
from gridkit.records.models import MODELS
from gridkit.records.spec import FieldSpec, RecordSpec
from gridkit.records.validate import Rules
from gridkit.screen.look import Column, Words, html, tag

MISSING = Words("缺少必填项", "required and missing")
FILL_IN = Words("这一项必填", "This one is needed")
PLEASE_CHOOSE = Words("请选择一项", "Please choose one")


class Group(NamedTuple):
    """Fields that stand together under a heading; no heading where the words are empty."""

    title: Words
    names: tuple[str, ...]


class Section(Column):
    """The fields of one kind of record.

    Parameters
    ----------
    spec : RecordSpec
        The kind of record.
    profile : Profile
        The county's tables.
    groups : sequence of Group
        Which fields are asked, in reading order.
    fields : mapping of str to Field, optional
        Fields made elsewhere (a grid is chosen from a list), by name.
    lang, today
        As for `field_for`.

    Attributes
    ----------
    fields : dict of str to Field
    given : dict
        Answers that the form knows without asking here (the day of the visit); rules that
        compare with them are checked too.
    """

    def __init__(
        self,
        spec: RecordSpec,
        profile: Profile,
        groups: Sequence[Group],
        *,
        fields: Mapping[str, Field] | None = None,
        lang: str = "zh",
        today: Callable[[], date] = answers.today,
    ) -> None:
        self.spec = spec
        self._profile = profile
        self._rules = Rules(profile)
        self._today = today
        self._tried: set[str] = set()
        self._unanswered = {FILL_IN, PLEASE_CHOOSE, *_wants_another(spec)}
        self._listeners: list[Callable[[], None]] = []
        self.given: dict[str, Any] = {}
        made = dict(fields or {})
        names = [name for group in groups for name in group.names]
        self.fields: dict[str, Field] = {
            n: made.get(n) or field_for(spec[n], profile, lang=lang, today=today) for n in names
        }
        self._titles: list[tuple[W.HTML, Words]] = []
        super().__init__([part for group in groups for part in self._lay(group, lang)])
        for field in self.fields.values():
            field.on_answer(self._answered)
        self._show_relevant()

    def _lay(self, group: Group, lang: str) -> Iterable[Any]:
        if group.title.zh:
            title = html(tag("h4", group.title.both(lang)), css="gk-sub")
            self._titles.append((title, group.title))
            yield title
        grid = W.Box([self.fields[name] for name in group.names])
        grid.add_class("gk-grid")
        yield grid

    @property
    def value(self) -> dict[str, Any]:
        """The answers that were given and are relevant, by field."""
        found: dict[str, Any] = {}
        for name, field in self.fields.items():
            if self._relevant(field.spec, found) and field.value is not None:
                found[name] = field.value
        return found

    @property
    def touched(self) -> bool:
        """Whether anything was typed or chosen."""
        return any(not field.blank for field in self.fields.values())

    @property
    def unreadable(self) -> bool:
        """Whether something was typed that cannot be read."""
        return any(field.unreadable for field in self.fields.values())

    def _relevant(self, spec: FieldSpec, found: Mapping[str, Any]) -> bool:
        known = {**self.given, **found}
        return spec.relevant is None or spec.relevant.holds(known, self._today())

    def load(self, values: Mapping[str, Any]) -> None:
        """Show given answers; fields not named become empty."""
        for name, field in self.fields.items():
            field.load(None)
            field.load(values.get(name))
        self.forgive()

    @property
    def typed(self) -> dict[str, Any]:
        """All inputs that are not blank, as they stand, by field; for a draft."""
        return {n: f.typed for n, f in self.fields.items() if not f.blank}

    def retype(self, typed: Mapping[str, Any]) -> None:
        """Put inputs back as `typed` gave them; the other fields become empty."""
        self.reset()
        for name, field in self.fields.items():
            if name in typed:
                field.retype(typed[name])

    def reset(self) -> None:
        """Empty every field and take all messages away."""
        self.load({})

    def forgive(self) -> None:
        """Take all messages away."""
        self._tried.clear()
        for field in self.fields.values():
            field.say(None)
        self._show_relevant()

    def faults(self) -> dict[str, Words]:
        """Find what is wrong with the answers, by field, in reading order.

        Returns
        -------
        dict of str to Words
            The first fault of each field; no answer is repeated in it.
        """
        found: dict[str, Words] = {}
        values = self.value
        for name, field in self.fields.items():
            if self._relevant(field.spec, values) and field.unreadable is not None:
                found[name] = field.unreadable
        for name, words in rule_faults(
            self.spec, {**self.given, **values}, self._rules, self._today()
        ):
            if name in self.fields:
                found.setdefault(name, self._kinder(name, words))
        return {name: found[name] for name in self.fields if name in found}

    def _kinder(self, name: str, words: Words) -> Words:
        if words != MISSING:
            return words
        return PLEASE_CHOOSE if isinstance(self.fields[name], ChoiceField) else FILL_IN

    def check(self) -> dict[str, Words]:
        """Find the faults and show each under its field; from now on also while typing."""
        found, values = self.faults(), self.value
        self._tried = {n for n, f in self.fields.items() if self._relevant(f.spec, values)}
        for name, field in self.fields.items():
            field.say(found.get(name))
        return found

    def at(self, name: str, *, inside: bool) -> None:
        """Tell that the cursor came into a field, or left it: then its fault is said."""
        field = self.fields.get(name)
        if field is None or field.typing == inside:
            return
        field.typing = inside
        fault = self.faults().get(name)
        if not inside and not self._too_early(field, field, fault):
            field.say(fault)

    def on_answer(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever an answer changes."""
        self._listeners.append(listener)

    def speak(self, lang: str) -> None:
        """Show everything in another language first; answers stay."""
        for title, words in self._titles:
            title.value = tag("h4", words.both(lang))
        for field in self.fields.values():
            field.speak(lang)

    def _answered(self, field: Field) -> None:
        cleared = self._cascade(field)
        self._show_relevant()
        found = self.faults()
        for name, other in self.fields.items():
            fault = found.get(name)
            if other.fault is None and self._too_early(other, field, fault):
                fault = None
            if name in self._tried or other is field or other.fault is not None:
                other.say(fault)
        for child in cleared:
            child.say(child.fault, hint=_chosen_anew(field.spec))
        for listener in self._listeners:
            listener()

    def _too_early(self, other: Field, answered: Field, fault: Words | None) -> bool:
        """Tell whether a fault is not said yet: only missing, or only half typed."""
        if other.typing and other is answered:
            return True
        return other.spec.name not in self._tried and fault in self._unanswered

    def _cascade(self, parent: Field) -> list[Field]:
        """Offer each child its choices anew; list those that lost an answer by it."""
        cleared: list[Field] = []
        for name, child in self.fields.items():
            if child.spec.parent == parent.spec.name and isinstance(child, ChoiceField):
                offered = options_of(self.spec[name], self._profile, parent.value)
                if child.offer(offered):
                    cleared.append(child)
        return cleared

    def _show_relevant(self) -> None:
        values = self.value
        for field in self.fields.values():
            shown = self._relevant(field.spec, values)
            field.layout.display = None if shown else "none"


def _wants_another(spec: RecordSpec) -> Iterable[Words]:
    """Give the words of rules that only want another field answered too."""
    rules = (rule for field in spec.fields for rule in field.constraints)
    return (Words(r.zh, r.en) for r in rules if isinstance(r.condition, Answered))


def _chosen_anew(parent: FieldSpec) -> Words:
    return Words(f"“{parent.zh}”改了, 请重新选择", f"{parent.en} changed: please choose again")


def rule_faults(
    spec: RecordSpec, values: Mapping[str, Any], rules: Rules, on: date
) -> list[tuple[str, Words]]:
    """List what is wrong with answers by the models and by the profile's rules.

    Parameters
    ----------
    spec : RecordSpec
        The kind of record.
    values : mapping
        Answers by field.
    rules : Rules
        Those of the spec and the county's profile.
    on : date
        Today.

    Returns
    -------
    list of (field, Words)
        All of them; a field can come more than once.
    """
    found = []
    try:
        MODELS[spec.kind](**values)
    except RecordError as error:
        found = list(error.problems)
    found += rules.problems(values, spec, on)
    return [(p.field, Words(p.zh, p.en)) for p in found]
