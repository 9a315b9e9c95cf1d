"""The hotspot view: period, category, measure and method; map, table and words in step."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridkit import forms
from gridkit.forms.hotspot_methods import METHODS
from gridkit.records import Concern, create_workspace

SIDE = 8
PAYLOAD = "<img src=x onerror=window.hit=1>"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Make a county of 64 grids: a year of concerns everywhere, and many of late in one corner."""
    x, y = np.arange(SIDE**2) % SIDE / 100, np.arange(SIDE**2) // SIDE / 100
    ids = [f"990428100001{i:03d}" for i in range(1, SIDE**2 + 1)]
    columns = {"name": [PAYLOAD, *ids[1:]], "village_code": "990428100001", "population": 150,
               "township_code": "990428100000", "households": 50}  # fmt: skip
    boxes = shapely.box(117.4 + x, 26.7 + y, 117.41 + x, 26.71 + y)
    grids = gpd.GeoDataFrame(
        columns, geometry=boxes, index=pd.Index(ids, name="grid_id"), crs=4326
    )
    made = create_workspace(
        tmp_path_factory.mktemp("view") / "w", name="小县", county_code="990428", grids=grids
    )
    today, rng = made.store.today(), np.random.default_rng(3)
    heard = [(int(rng.integers(64)), int(rng.integers(360))) for _ in range(500)]
    heard += [(corner, int(rng.integers(40))) for corner in (0, 1, 8, 9) for _ in range(25)]
    made.store.add(
        [
            Concern(
                heard_on=today - dt.timedelta(days=days),
                demand_type="water",
                demand_detail="water_cut",
                grid_id=ids[at],
                source="window",
            )
            for at, days in heard
        ],
        by_role="grid_worker",
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def view(workspace):
    """Open the view as the notebook does."""
    return forms.hotspots(workspace)


@pytest.mark.parametrize("method", list(METHODS))
def test_each_method_finds_the_corner_or_says_why_not(view, method):
    """Sentence, table, rows and map come from one answer; rows point at grids of the map."""
    view.weeks.value = "26"
    view.method.value = method

    rows, places = view.both.rows, view.both.places

    assert view.sentence
    assert len(view.table) > 0
    assert len(rows) == len(places)
    assert "Content-Security-Policy" in view.both.page
    assert all(0 <= at < SIDE**2 for some in places for at in some)
    if method in {"grid", "cluster"}:
        assert set(places[0]) & {0, 1, 8, 9}


def test_the_headline_says_how_many_chance_would_give(view):
    """How many stand out, among how many, and how many of them chance would give."""
    view.method.value, view.weeks.value = "grid", "12"

    clear = int(view.table["significant"].sum())

    assert clear >= 1
    assert view.sentence.startswith(f"{clear} 个网格突出; 在 64 个网格里这样找")
    assert "只是偶然" in view.sentence


def test_a_change_of_the_period_changes_map_table_and_words_together(view):
    """Nothing is left over of what was shown before."""
    view.method.value, view.weeks.value = "grid", "12"
    before = view.sentence, view.both.page, view.both.rows
    view.both.chosen = 1

    view.weeks.value = "52"

    after = view.sentence, view.both.page, view.both.rows
    assert all(a != b for a, b in zip(before, after, strict=True))
    assert view.both.chosen == -1


def test_grids_without_a_concern_are_not_listed_where_nothing_was_tested(workspace):
    """Too few concerns for a test: those that were heard are listed, and no zeros."""
    view = forms.hotspots(workspace)
    view.category.value = next(code for _, code in view.category.options if code == "roads")

    assert "不足 30 件" in view.sentence
    assert view.both.rows == []
    assert len(view.table) == SIDE**2


def test_a_history_needs_ten_weeks_and_says_so(view):
    """The fault is told in the view, and no old map is left standing."""
    view.weeks.value, view.method.value = "4", "history"

    assert "至少要 10 周" in view.sentence
    assert view.both.page == ""
    view.weeks.value, view.method.value = "12", "grid"


def test_names_reach_the_page_escaped_and_the_table_as_text(view):
    """A grid that is called like a script is shown as typed."""
    view.method.value, view.weeks.value = "grid", "12"

    assert PAYLOAD in [row[0] for row in view.both.rows]
    assert PAYLOAD not in view.both.page


def test_in_english_all_of_it_is_english(workspace):
    """Headline, heading and rows follow the language."""
    view = forms.hotspots(workspace, lang="en")

    assert "stand out; looking among 64 grids" in view.sentence
    assert view.both.heading.startswith("The clearest")
