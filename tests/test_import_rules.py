"""The rules of the spec over a table, against the rules for one record."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.exchange.rules import breaches
from gridkit.profile import load_profile
from gridkit.records.spec import CONCERN, STEP, VISIT
from gridkit.records.validate import Rules, known_codes

PROFILE = load_profile()
TODAY = date(2026, 11, 20)


def answer(field):
    """Draw an answer to a field, sound or not; often none."""
    if field.type == "date":
        drawn = st.dates(date(2026, 11, 18), date(2026, 11, 22))
    elif field.type in {"integer", "number"}:
        drawn = st.integers(0, 3).map(float)
    elif field.type == "yes_no":
        drawn = st.booleans()
    elif field.choices:
        codes = [
            *list(known_codes(field, PROFILE))[:4],
            "none",
            "strange",
            "works_soon",
            "met",
            "gps",
        ]
        one = st.sampled_from(codes)
        drawn = (
            one
            if field.type == "one_of"
            else st.sets(one, min_size=1).map(lambda s: " ".join(sorted(s)))
        )
    else:
        drawn = st.sampled_from(["a", "b"])
    return st.none() | drawn


def table(spec):
    """Draw a table of answers."""
    row = st.fixed_dictionaries({field.name: answer(field) for field in spec.fields})
    return st.lists(row, min_size=1, max_size=6)


def typed(rows, spec):
    """Lay answers out as an import does."""
    frame = pd.DataFrame(rows, columns=list(spec.names), dtype=object)
    for field in spec.fields:
        if field.type == "date":
            frame[field.name] = pd.to_datetime(frame[field.name]).astype("datetime64[s]")
        elif field.type in {"integer", "number"}:
            frame[field.name] = pd.to_numeric(frame[field.name])
        elif field.type == "yes_no":
            frame[field.name] = frame[field.name].astype("boolean")
        else:
            frame[field.name] = frame[field.name].astype("str")
    return frame


@pytest.mark.parametrize("spec", [CONCERN, STEP, VISIT], ids=lambda spec: spec.kind)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_table_and_record_are_judged_alike(spec, data):
    """Column by column or record by record, the same faults in the same words."""
    rows = data.draw(table(spec))

    by_table = {
        (row, breach.field, breach.zh, breach.en)
        for breach in breaches(typed(rows, spec), spec, PROFILE, TODAY)
        for row in breach.rows
    }

    rules = Rules(PROFILE)
    by_record = {
        (number, p.field, p.zh, p.en)
        for number, row in enumerate(rows)
        for p in rules.problems({k: v for k, v in row.items() if v is not None}, spec, TODAY)
    }
    assert by_table == by_record
