"""Trends by Mann and Kendall."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gridkit.errors import DataError
from gridkit.hotspots import mann_kendall

REFERENCE = json.loads((Path(__file__).parent / "reference" / "emerging.json").read_text())


@pytest.mark.parametrize("case", REFERENCE["trends"])
def test_trends_are_those_of_an_independent_implementation(case: dict) -> None:
    """S, z and p of Mann and Kendall, ties included, as pymannkendall has them."""
    found = mann_kendall(pd.DataFrame([case["series"]])).iloc[0]

    assert found["s"] == case["s"]
    assert found["z"] == pytest.approx(case["z"], abs=1e-12)
    assert found["p"] == pytest.approx(case["p"], abs=1e-12)
    assert found["tau"] == pytest.approx(case["tau"], abs=1e-12)


def test_short_trends_are_refused() -> None:
    """Three values or a gap make no trend."""
    with pytest.raises(DataError, match="there are 3, with 1 values missing"):
        mann_kendall(pd.DataFrame([[1.0, np.nan, 2.0]]))


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(float, (3, 9), elements=st.integers(-3, 3).map(float)))
def test_a_trend_turned_round_in_time_changes_its_sign(x: np.ndarray) -> None:
    """And any increasing change of scale leaves it; ties and all."""
    straight = mann_kendall(pd.DataFrame(x))

    back = mann_kendall(pd.DataFrame(x[:, ::-1]))
    bent = mann_kendall(pd.DataFrame(np.exp(x)))

    assert back["s"].tolist() == (-straight["s"]).tolist()
    np.testing.assert_allclose(back["p"], straight["p"])
    pd.testing.assert_frame_equal(bent, straight)
