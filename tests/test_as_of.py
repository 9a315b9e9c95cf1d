"""Reports as of a day: what was heard, done, held, decided or listed later changes none."""

from __future__ import annotations

import datetime as dt

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit import reports
from gridkit.records import Backlog, Decision, Session, Step
from gridkit.reports.half_month_report import half_month_context
from gridkit.reports.rows import ledger_rows
from gridkit.triage import annual_figures

DAY = dt.date(2026, 10, 10)
GRID = "990428100001001"


def heard(number, on, demand="water", **said):
    """Make a matter that was heard on a day."""
    return gk.Concern(
        record_id=f"C-{number:03}",
        grid_id=GRID,
        source="window",
        heard_on=on,
        demand_type=demand,
        **said,
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Make a county with nine matters, one of them urgent, one on a list, one met over."""
    made = gk.create_workspace(
        tmp_path_factory.mktemp("past") / "w", name="青溪县", county_code="990428"
    )
    matters = [heard(n, DAY - dt.timedelta(days=7 * n)) for n in range(6)]
    matters += [heard(n, DAY - dt.timedelta(days=9), "wages") for n in range(6, 8)]
    matters += [heard(8, DAY, "neighbors", dispute_code="0201", safety="violence")]
    steps = [Step(concern_id="C-003", action="registered", on=DAY - dt.timedelta(days=2))]
    listed = [Backlog(concern_id="C-005", batch=1, taken_on=DAY)]
    made.store.add([*matters, *steps, *listed], by_role="trainer")
    yield made
    made.close()


def said(workspace, folder):
    """Write down all that the reports of the day say."""
    desk = reports.read_desk(workspace, on=DAY)
    sheets = [
        reports.reception_day(desk, folder / "r.docx", level="county"),
        reports.evening_talk(desk, folder / "t.docx", division=GRID[:12]),
    ]
    pages = [docx.Document(str(path)) for path in sheets]
    return {
        "half month": half_month_context(desk),
        "book": ledger_rows(desk).astype("str").to_dict(),
        "year": annual_figures(
            desk.concerns, desk.steps, desk.sessions, 2026, desk.on, desk.profile
        )
        .astype("str")
        .to_dict(),
        "sheets": [
            [p.text for p in page.paragraphs]
            + [cell.text for table in page.tables for row in table.rows for cell in row.cells]
            for page in pages
        ],
    }


LATER = st.lists(
    st.tuples(
        st.sampled_from(["concern", "step", "session", "refusal", "decision", "backlog"]),
        st.integers(0, 8),
        st.integers(1, 30),
        st.sampled_from(["routed", "answered", "withdrawn", "to_statutory_channel"]),
    ),
    min_size=1,
    max_size=8,
)


def later(kind, number, days, action):
    """Make a record that is dated after the day of the report."""
    on, one = DAY + dt.timedelta(days=days), f"C-{number:03}"
    met = {"held_on": on, "level": "village", "batches": 1, "persons": 2, "concern_ids": one}
    made = {
        "concern": lambda: gk.Concern(
            grid_id=GRID, source="window", heard_on=on, demand_type="roads"
        ),
        "step": lambda: Step(concern_id=one, action=action, on=on),
        "session": lambda: Session(kind="mediation", outcome="settled", agreed_on=on, **met),
        "refusal": lambda: Session(kind="mediation", outcome="refused", **met),
        "decision": lambda: Decision(
            concern_id=one,
            on=on,
            card_hash="0" * 64,
            score=20,
            advised="yellow",
            decided="red",
            reason="另有情况",
        ),
        "backlog": lambda: Backlog(concern_id=one, batch=2, taken_on=on),
    }
    return made[kind]()


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rest=LATER)
def test_what_came_later_changes_no_report_of_the_day(workspace, tmp_path, rest):
    """Whatever is added, the report of that day can be had again as it was."""
    before = said(workspace, tmp_path)

    workspace.store.add([later(*one) for one in rest], by_role="trainer")

    assert said(workspace, tmp_path) == before


def test_a_refusal_holds_for_any_day(workspace, tmp_path):
    """Also where the pack is asked for as of a day before it."""
    refused = Session(
        kind="mediation",
        held_on=DAY + dt.timedelta(days=1),
        level="village",
        batches=1,
        persons=2,
        concern_ids="C-007",
        outcome="refused",
    )
    workspace.store.add([refused], by_role="trainer")

    with pytest.raises(gk.errors.DataError, match="refused"):
        reports.mediation_pack(
            reports.read_desk(workspace, on=DAY), tmp_path / "m.docx", "C-007"
        )
