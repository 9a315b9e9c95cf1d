"""Tables of areas by types: what is hidden does not come back from rows, columns or margins."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit import maps
from gridkit.errors import DisclosureError
from gridkit.maps import disclosure
from gridkit.records.grids import make_grids

MAY = disclosure.window_of(dt.date(2026, 5, 1))


@st.composite
def tables(draw, areas=6, types=3):
    """Draw a table of areas by types, what is left over, and townships."""
    n = draw(st.integers(2, areas))
    names = [f"k{j}" for j in range(draw(st.integers(1, types)))]
    cell = st.one_of(st.integers(0, 6), st.integers(0, 40))
    index = pd.Index([f"v{i}" for i in range(n)])
    counts = pd.DataFrame(
        {name: draw(st.lists(cell, min_size=n, max_size=n)) for name in names}, index=index
    )
    rest = pd.Series(draw(st.lists(cell, min_size=n, max_size=n)), index=index)
    rest.iloc[0] += 5  # fewer in all are refused
    town = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    return counts, rest, pd.DataFrame({"township": [f"t{t}" for t in town]}, index=index)


def equations(made, areas, kinds):
    """Write every number of a table as a sum of cells (area, type), from the definition."""
    cells = [(area, kind) for area in areas.index for kind in kinds]
    rows, totals = [], []
    for part in made:
        for (level, area), n in part.numbers.items():
            inside = {
                "grid": lambda a, area=area: a == area,
                "township": lambda a, area=area: areas["township"][a] == area,
                "total": lambda _: True,
            }[level]
            rows.append(
                [float(inside(a) and (part.types is None or t in part.types)) for a, t in cells]
            )
            totals.append(float(n))
    return cells, sp.csr_array(np.array(rows).reshape(len(rows), len(cells))), np.array(totals)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_no_cell_of_a_table_is_known_to_within_k(table):
    """An exact attacker with all columns and margins finds no cell, and no rest of a row."""
    counts, rest, areas = table

    made = disclosure.release_table(counts, counts.sum(axis=1) + rest, areas, MAY, level="grid")

    cells, members, totals = equations(made, areas, [*counts, "rest"])
    known = disclosure.attack(members, totals)
    truth = np.array([rest[a] if t == "rest" else counts[t][a] for a, t in cells])
    assert ((known["low"] <= truth) & (truth <= known["high"])).all()
    close = (known["high"] - known["low"] < 5) & (known["low"] < 5)
    assert not close.any()
    assert all((part.numbers >= 5).all() for part in made)


def test_columns_that_are_safe_alone_are_not_published_beside_their_sum():
    """The row's total gives the one hidden cell: in the table a second is hidden as well."""
    counts = pd.DataFrame({"water": [2, 3, 30], "noise": [40, 50, 60]}, index=list("abc"))
    areas = pd.DataFrame({"township": ["t"] * 3}, index=counts.index)
    rest = pd.Series([0, 0, 9], index=counts.index)

    _, water, noise = disclosure.release_table(
        counts, counts.sum(axis=1) + rest, areas, MAY, level="grid"
    )

    alone = disclosure.release(counts["noise"], areas, MAY, types=("noise",))
    assert alone.level("grid").notna().all()
    assert water.level("grid").isna()[["a", "b"]].all()
    assert noise.level("grid").isna()[["a", "b"]].any()


def test_types_that_leave_too_few_together_are_refused():
    """All types but a rare one: the total would give it away."""
    counts = pd.DataFrame({"water": [20, 30], "noise": [40, 50]}, index=list("ab"))
    areas = pd.DataFrame({"township": ["t", "t"]}, index=counts.index)

    with pytest.raises(DisclosureError, match="Name fewer types") as told:
        disclosure.release_table(counts, counts.sum(axis=1) + 1, areas, MAY, level="grid")

    assert "少见的合在一起" in told.value.zh


@pytest.fixture
def workspace(tmp_path):
    """Give a county of two townships with three types of concerns."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.42, 26.7135), 500, "990428", 60)
    codes = [f"99042810{i // 6}001" for i in range(len(grids))]
    grids = grids.assign(village_code=codes, township_code=[c[:9] + "000" for c in codes])
    made = gk.create_workspace(tmp_path / "县", name="某县", county_code="990428", grids=grids)
    records = []
    wanted = {"water": (9, 3), "noise": (12, 14), "housing": (11, 9)}
    codes = [c.code for c in made.profile.choices("demand_type")][:3]
    for code, per_town in zip(codes, wanted.values(), strict=True):
        for town, n in enumerate(per_town):
            for _ in range(n):
                visit = gk.Visit(
                    grid_id=str(grids.index[town * 6]),
                    visited_on="2026-05-15",
                    outcome="met",
                    met_role="owner",
                )
                records += [
                    visit,
                    gk.Concern(
                        visit_id=visit.record_id,
                        grid_id=visit.grid_id,
                        source="grid_visit",
                        heard_on="2026-05-15",
                        demand_type=code,
                        summary="某事",
                    ),
                ]
    made.store.add(records, by_role="grid_worker", why="走访")
    yield made
    made.close()


def test_a_table_is_handed_out_after_all_its_columns_are_in_the_register(workspace):
    """Before, there is no frame; after, the rare cell is hidden and no margin gives it back."""
    types = tuple(c.code for c in workspace.profile.choices("demand_type")[:2])
    table = maps.shared_table(workspace, MAY, types)
    with pytest.raises(DisclosureError, match="not in the register"):
        table.frame()

    frame = table.publish(maps.published(workspace)).frame()

    label = workspace.profile.label("demand_type", types[0])
    assert next(iter(frame.columns)) == "名称"
    assert frame.index[-1] == "全县"
    assert pd.isna(frame[label]["990428101000"])  # three matters
    assert frame[label].isna().sum() >= 2
    assert all((frame[c].dropna() >= 5).all() for c in frame.columns[1:])
    assert len(maps.published(workspace).releases()) == 3
    # and the map of one of its types, which would undo it, is refused afterwards
    whole = maps.shared(workspace, MAY, level="township").publish(maps.published(workspace))
    assert whole.number == 4


def test_a_window_that_is_not_over_is_refused_until_the_day_after(workspace):
    """Neither map nor table; the day from which on it may be is told, and the window before."""
    today = workspace.store.today()
    quarter = disclosure.window_of(today)
    free = str(quarter.until + dt.timedelta(days=1))
    types = tuple(c.code for c in workspace.profile.choices("demand_type")[:2])

    for ask in (maps.shared, lambda w, days: maps.shared_table(w, days, types)):
        with pytest.raises(DisclosureError, match="is not over") as told:
            ask(workspace, quarter)
        assert f"须从 {free} 起才可对外发布" in told.value.zh
        assert f"from {free} on" in str(told.value.en)
        assert disclosure.last_window(today - dt.timedelta(days=1)).zh in told.value.zh
    disclosure.check_over(MAY, MAY.until + dt.timedelta(days=1))
    with pytest.raises(DisclosureError):
        disclosure.check_over(MAY, MAY.until)


def test_unknown_types_and_levels_are_told(workspace):
    """A table of grids or of no known type is not made."""
    for types, level in ((("water",), "grid"), ((), "township"), (("nonsense",), "township")):
        with pytest.raises(DisclosureError, match="rows of township or village"):
            maps.shared_table(workspace, MAY, types, level=level)


def test_a_window_before_the_ledger_began_is_refused(workspace):
    """A year in which nobody listened yet would read as a year without a concern."""
    types = tuple(c.code for c in workspace.profile.choices("demand_type")[:2])
    before = disclosure.window_of(dt.date(2025, 3, 1), "year")

    for ask in (maps.shared, lambda w, days: maps.shared_table(w, days, types)):
        with pytest.raises(DisclosureError, match="begins in 2026-05") as told:
            ask(workspace, before)
        assert "自 2026 年 5 月起才有记录, 2025 年全年没有任何数据" in told.value.zh


@pytest.mark.parametrize(("kind", "partly"), [("month", False), ("quarter", True)])
def test_a_window_in_which_the_ledger_begins_says_so_on_the_page(
    workspace, kind, partly, tmp_path
):
    """In the title and in a note, by the month only; a window it covers says nothing."""
    window = disclosure.window_of(dt.date(2026, 5, 1), kind)
    what = maps.shared(workspace, window, level="township").publish(maps.published(workspace))
    types = tuple(c.code for c in workspace.profile.choices("demand_type")[:2])
    page = maps.save(what.map(), tmp_path / "a.html").read_text("utf-8")

    assert ("(台账自 2026 年 5 月起)" in what.made.title) is partly
    assert ("台账自 2026 年 5 月起才有记录, 此前的月份没有数据" in page) is partly
    assert ("begins in 2026-05: the months before it are unknown" in page) is partly
    assert "2026-05-15" not in page
    column = maps.shared_table(workspace, window, types).columns[0]
    assert ("(台账自 2026 年 5 月起)" in column.title) is partly
