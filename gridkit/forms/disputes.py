"""The list of dispute codes: first those that go with the demand, all others on request."""

from __future__ import annotations

from gridkit.forms.choices import ChoiceField, Options, options_of
from gridkit.forms.field import Field
from gridkit.profile import Profile
from gridkit.screen.look import Words

ALL = "all"
"""Stands in the list for "show them all"; it is no code, and never an answer."""


class Disputes:
    """Narrows the dispute codes to the groups of the chosen demand; nothing is hidden for good.

    Parameters
    ----------
    demand, dispute : Field
        The fields `demand_type` and `dispute_code` of one card.
    profile : Profile
        The county's tables; `disputes` of a demand type names its groups.
    """

    def __init__(self, demand: Field, dispute: Field, profile: Profile) -> None:
        self._demand, self._dispute, self._profile = demand, dispute, profile
        self._all: Options = options_of(dispute.spec, profile)
        self._groups = {c.code: c.disputes for c in profile.choices("demand_type")}
        self._parent = {c.code: c.parent for c in profile.choices("dispute_code")}
        self._offered: str | None = None
        if isinstance(dispute, ChoiceField):
            dispute.reserve = self._all
        demand.on_answer(lambda _: self.narrow())
        dispute.on_answer(lambda _: self._widen())

    def narrow(self) -> None:
        """Offer the codes of the demand's groups; an answer that is given stays."""
        field, demand = self._dispute, self._demand.value
        if not isinstance(field, ChoiceField) or demand == self._offered:
            return
        self._offered = demand
        groups = self._groups.get(demand or "", ())
        chosen = field.value
        likely = [o for o in self._all if self._parent[o[1]] in groups or o[1] == chosen]
        count = len(self._all)
        more = Words(f"… 列出全部 {count} 类", f"… list all {count}")
        self._offer(field, [*likely, (more, ALL)] if groups else self._all, chosen)

    def _widen(self) -> None:
        field = self._dispute
        if isinstance(field, ChoiceField) and field.input.value == ALL:
            self._offer(field, self._all, None)

    def _offer(self, field: ChoiceField, options: Options, chosen: str | None) -> None:
        field.offer(options)
        if chosen is not None:
            field.load(chosen)
