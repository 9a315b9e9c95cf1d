"""Personal numbers in free text: what is one, and what is not."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.exchange.verdicts import personal_notes
from gridkit.forms import answers
from gridkit.records.personal import holds_personal_number


@pytest.mark.parametrize(
    "text",
    [
        "13800000000",
        "电话13800000000找他",
        "138 0000 0000",
        "138-0000-0000",
        "+86 19900000000",
        "8613800000000",
        "电话１３８００００００００",
        "１３８　００００　００００",
        "990428199001011234",
        "99042819900101123X",
        "99042819900101123x",
        "990428 19900101 1234",
        "证号９９０４２８１９９００１０１１２３Ｘ。",
    ],
)
def test_mobile_and_identity_numbers_are_seen_however_typed(text):
    """Full-width, spaced, hyphenated, with a country code, with an X."""
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "3 栋停水两天",
        "2026-11-03",
        "20261103 20261104",
        "990428100001001",  # a grid
        "990428100001000001",  # a grid with six digits of its own
        "100000013800000000001",  # a longer number
        "117.13812345678",  # a longitude
        "欠款 13800000000.50 元",
        "欠款 1,380,000 元",
        "12800000000",
        "138 000 0000",
        "0598-2332222",
        "99042819901301123X",  # no thirteenth month
    ],
)
def test_dates_grids_places_and_amounts_are_no_personal_numbers(text):
    """The everyday numbers of a matter do not cry wolf."""
    assert not holds_personal_number(text)


@given(st.text(alphabet="0123456789０１９ -Xx.停水", max_size=30))
def test_form_and_import_give_one_verdict(text):
    """Whatever was typed, both say the same of it."""
    table = pd.DataFrame({"summary": pd.Series([text], dtype="str")})

    assert bool(personal_notes(table)) == answers.holds_personal_number(text)
    assert answers.holds_personal_number is holds_personal_number
