"""Concerns as numbered discs: every zoom counts every concern once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import six_grids
from gridkit import maps
from gridkit.errors import DataError, DisclosureError
from gridkit.maps import layers

grids = pytest.fixture(six_grids.grids)
concerns = pytest.fixture(six_grids.concerns)


@settings(max_examples=40)
@given(
    hnp.arrays(
        float,
        st.tuples(st.integers(1, 200), st.just(2)),
        elements=st.floats(0, 1),
    ),
    st.randoms(use_true_random=False),
)
def test_every_zoom_counts_every_concern_once(points, random):
    """Discs part and join, but no concern is lost, doubled, or moved to another band."""
    lon, lat = 117 + points[:, 0], 26 + points[:, 1]
    band = np.array([random.randrange(4) for _ in lon])

    levels = layers.count_cells((lon, lat), band, 4, (6, 16))

    for cells in levels.values():
        assert cells.n.sum() == len(lon)
        assert cells.counts.sum(axis=0).tolist() == np.bincount(band, minlength=4).tolist()
        assert len(set(zip(cells.x, cells.y, strict=True))) == len(cells.x)
        assert ((cells.place >= 0) & (cells.place <= 1)).all()


def test_the_most_urgent_concern_of_a_cell_decides_its_color():
    """One red among a hundred blue is seen at every zoom."""
    lon, lat = np.full(101, 117.5), np.full(101, 26.7)
    band = np.array([3] * 100 + [0])

    levels = layers.count_cells((lon, lat), band, 4, (6, 16))

    assert all(cells.worst.tolist() == [0] for cells in levels.values())
    assert all(cells.n.tolist() == [101] for cells in levels.values())


def test_a_disc_stands_where_its_concerns_are():
    """The middle of a cell's points agrees with the mean of their places."""
    rng = np.random.default_rng(3)
    lon, lat = rng.normal(117.5, 1e-4, 500), rng.normal(26.7, 1e-4, 500)

    cells = layers.count_cells((lon, lat), np.zeros(500, int), 1, (6, 16))[6]

    place = (np.array([cells.x[0], cells.y[0]]) + cells.place[0]) * 64 / (256 * 2**6)
    assert place[0] * 360 - 180 == pytest.approx(lon.mean(), abs=1e-4)
    angle = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * place[1]))))
    assert angle == pytest.approx(lat.mean(), abs=1e-4)


def test_concerns_without_a_place_or_a_score_are_counted_not_hidden(concerns):
    """What cannot be drawn is said; what has no band is grey."""
    some = concerns.head(10).copy()
    some.loc[some.index[:3], ["lon", "lat"]] = np.nan
    some.loc[some.index[4], "band"] = None

    layer = layers.concern_discs(some)

    assert layer.data[16].n.sum() == 7
    assert layer.legend.notes[1].startswith("另有 3 件没有位置")
    assert layer.bands[-1].zh == "未评分"
    assert layer.data[6].counts.sum(axis=0)[-1] == 1


def test_no_concerns_make_an_empty_layer(concerns):
    """An empty ledger is a map without discs, not an error."""
    layer = layers.concern_discs(concerns.head(0))

    assert layer.data[10].n.tolist() == []
    assert layer.legend.notes[0].startswith("共 0 件")


@pytest.mark.parametrize("column", ["summary", "wanted", "address", "note", "grid_id"])
def test_free_text_and_addresses_never_reach_a_map(concerns, column):
    """A popup shows five columns at most, and none that could tell of a person."""
    with pytest.raises(DisclosureError, match=column):
        layers.concern_discs(concerns.assign(**{column: "text"}), popups=["id", column])


def test_lists_are_made_for_what_can_be_read_and_not_beyond(concerns):
    """Up to 2,000 rows carry their list, the highest score first; more are for the ledger."""
    popups = ["id", "band", "score"]

    few = layers.concern_discs(concerns, popups=popups)
    more = layers.concern_discs(pd.concat([concerns, concerns.tail(1)]), popups=popups)

    scores = [int(row[2]) for row in few.rows["cells"]]
    assert scores == sorted(concerns["score"], reverse=True)
    assert max(few.data) == 18
    assert more.rows is None


def test_swapped_longitude_and_latitude_are_noticed(concerns):
    """A latitude of 117 degrees is none."""
    swapped = concerns.rename(columns={"lon": "lat", "lat": "lon"})

    with pytest.raises(DataError, match="swapped"):
        layers.concern_discs(swapped)


@pytest.mark.browser
def test_the_page_shows_what_the_layer_holds(grids, concerns, page, tmp_path):
    """Discs, read from the page's bytes, add up to the concerns, at the first and later zooms."""
    layer = layers.concern_discs(concerns)
    m = maps.base_map(grids)
    layer.add_to(m)
    maps.add_panel(m, maps.Caption(title="图"), [layer])

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    titles = [b.get_attribute("title") for b in page.locator(".gk-discs button").all()]
    counts = [int(t.split(" ")[0].replace(",", "")) for t in titles]

    assert sum(counts) == 2000
    page.locator(".gk-discs button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    assert page.locator(".gk-discs button").count() != len(counts)


@pytest.mark.browser
def test_a_touched_disc_lists_its_concerns(grids, concerns, page, tmp_path):
    """A few concerns open as a list with the columns asked for, the most pressing first."""
    few = concerns.head(5).assign(lon=117.15, lat=26.1, score=[5, 90, 40, 7, 60])
    layer = layers.concern_discs(few, popups=["id", "score"])
    m = maps.base_map(grids)
    layer.add_to(m)
    maps.add_panel(m, maps.Caption(title="图"), [layer])

    page.goto(maps.save(m, tmp_path / "map.html").as_uri())
    page.locator(".gk-discs button").click()

    assert page.locator(".gk-popup th").all_inner_texts() == ["编号", "分数"]
    assert page.locator(".gk-popup td:nth-child(2)").all_inner_texts() == [
        "90",
        "60",
        "40",
        "7",
        "5",
    ]
