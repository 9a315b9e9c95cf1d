"""Conditions hold and are written the same way everywhere."""

from __future__ import annotations

from datetime import date

import pytest

from gridkit.records.condition import (
    TODAY,
    All,
    Answered,
    Compare,
    Either,
    Has,
    Is,
    Not,
)

DAY = date(2026, 11, 3)
ANSWERS = {
    "outcome": "met",
    "satisfied": False,
    "hardening": "party_refuses works_soon",
    "people": 4,
    "since": date(2026, 11, 1),
    "heard_on": date(2026, 11, 3),
}


@pytest.mark.parametrize(
    ("condition", "holds", "xpath"),
    [
        (Is("outcome", "met"), True, "${outcome} = 'met'"),
        (Is("satisfied", value=False), True, "${satisfied} = 'no'"),
        (Is("people", 4), True, "${people} = 4"),
        (Is("absent", "met"), False, "${absent} = 'met'"),
        (Has("hardening", "works_soon"), True, "selected(${hardening}, 'works_soon')"),
        (Has("hardening", "works"), False, "selected(${hardening}, 'works')"),
        (Answered("people"), True, "${people} != ''"),
        (Not(Answered("absent")), True, "not(${absent} != '')"),
        (Compare("people", ">=", 4), True, "${people} >= 4"),
        (Compare("people", ">", 4), False, "${people} > 4"),
        (Compare("people", "<", 5), True, "${people} < 5"),
        (Compare("since", "<=", "heard_on"), True, "${since} <= ${heard_on}"),
        (Compare("since", "<=", TODAY), True, "${since} <= today()"),
        (Compare("absent", "<=", 3), False, "${absent} <= 3"),
        (
            All((Answered("people"), Is("outcome", "met"))),
            True,
            "(${people} != '') and (${outcome} = 'met')",
        ),
        (
            Either((Answered("absent"), Is("outcome", "met"))),
            True,
            "(${absent} != '') or (${outcome} = 'met')",
        ),
    ],
    ids=str,
)
def test_a_condition_is_judged_and_written_from_one_tree(condition, holds, xpath):
    """Python's answer and the XPath come from the same value."""
    assert condition.holds(ANSWERS, DAY) is holds
    assert condition.xpath() == xpath


def test_a_condition_names_the_fields_that_it_reads():
    """Forms use this to know when to look again."""
    condition = All((Not(Is("a", "x")), Either((Has("b", "y"), Compare("c", "<", "d")))))

    assert list(condition.fields()) == ["a", "b", "c", "d"]
