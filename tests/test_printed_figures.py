"""The figures that are printed and exported are those of the statistics, on any ledger.

Beside `test_report_figures` (half-month, own tables, the year, as they are worked out) and
`test_book` (formulas). The mediation pack and the visit sheet hold no figure of the ledger.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import docx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridkit as gk
from gridkit import reports
from gridkit.exchange import write_concerns
from gridkit.exchange.csv_table import read_csv
from gridkit.exchange.gbt31000 import Told, write_disputes
from gridkit.exchange.ledger_layer import concern_points
from gridkit.exchange.open311 import Terms, requests
from gridkit.exchange.package_tables import ledger_tables
from gridkit.records import Backlog, Session
from gridkit.records.spec import RECORD_SPECS
from gridkit.reports.period import half_month_of
from gridkit.triage import (
    backlog_progress,
    matter_statistics,
    reception_sheet,
    session_statistics,
)
from gridkit.triage.handling import route_out_codes

DAY = dt.date(2026, 10, 30)
ACTS = ("registered", "routed", "accepted", "answered", "verified", "withdrawn", "closed")
SOLVED = ("registered", "routed", "accepted", "answered", "verified", "followed_up", "closed")
matters = st.lists(
    st.tuples(
        st.sampled_from(["water", "wages", "roads"]),
        st.sampled_from([None, "0201", "0202", "14"]),
        st.integers(0, 320),  # days ago
        st.just(SOLVED) | st.lists(st.sampled_from(ACTS), max_size=4),
        st.booleans(),  # routed to a unit
        st.booleans(),  # on a backlog list
    ),
    max_size=14,
)
sessions = st.lists(
    st.tuples(
        st.sampled_from(["window", "reception", "reasoning", "mediation"]),
        st.integers(0, 60),  # days ago
        st.integers(1, 5),  # batches
        st.integers(0, 5),  # persons more than batches
        st.sampled_from([None, "settled", "preliminary", "failed"]),
        st.sampled_from([None, True, False]),
        st.none() | st.integers(0, 13),  # about which matter
    ),
    max_size=8,
)


class Case(NamedTuple):
    """A ledger that was drawn, the desk that looks at it, and a folder for files."""

    workspace: gk.records.Workspace
    desk: reports.Desk
    folder: Path


def ledger_of(folder, heard, held):
    """Write the records of a drawn ledger down; give the workspace."""
    workspace = gk.create_workspace(folder, name="青溪县", county_code="990428", invented=True)
    unit, records = workspace.profile.units[0].code, []
    for number, (demand, dispute, ago, acts, named, hard) in enumerate(heard):
        day = DAY - dt.timedelta(days=ago)
        about = {"concern_id": f"C-{number}"}
        records.append(
            gk.Concern(
                record_id=f"C-{number}",
                grid_id=f"99042810{number % 2}001001",
                source="window",
                heard_on=day,
                demand_type=demand,
                dispute_code=dispute,
                people_affected=number + 1,
            )
        )
        records += [
            gk.Step(
                action=action,
                on=min(DAY, day + dt.timedelta(days=place)),
                unit=unit if named and action == "routed" else None,
                satisfied=True if action == "followed_up" else None,
                special=False if action == "closed" else None,
                **about,
            )
            for place, action in enumerate(acts)
        ]
        if hard:
            records.append(Backlog(batch=1 + number % 2, taken_on=day, **about))
    for kind, ago, batches, more, outcome, dispute, about in held:
        known = about is not None and about < len(heard)
        records.append(
            Session(
                kind=kind,
                level="county",
                held_on=DAY - dt.timedelta(days=ago),
                batches=batches,
                persons=batches + more,
                outcome=outcome,
                is_dispute=dispute,
                concern_ids=f"C-{about}" if known else None,
            )
        )
    if records:
        workspace.store.add(records, by_role="trainer")
    return workspace


def tables_of(path):
    """Read the tables of a Word file: rows of texts, each with its heads first."""
    page = docx.Document(str(path))
    return [[[cell.text for cell in row.cells] for row in one.rows] for one in page.tables]


def half_month_agrees(case):
    """Compare the fourteen figures and those before, units, backlog, how many are hardest."""
    path = reports.half_month(case.desk, case.folder / "r.docx")
    span = half_month_of(DAY)
    for column, first, last in (
        (2, span.start, span.end),
        (3, span.start_before, span.end_before),
    ):
        frames = case.desk.concerns, case.desk.steps, last, case.desk.profile
        every = matter_statistics(*frames).iloc[0]
        met = session_statistics(
            case.desk.sessions, case.desk.concerns, span=(first, last)
        ).iloc[0]
        stock = ["open", "overdue", "overdue_by_unit"]
        ever = ["struck_off", "loop_closed", "withdrawn", "statutory"]
        held = ["sessions", "batches", "persons", "disputes", "settled", "preliminary"]
        wanted = [matter_statistics(*frames, span=(first, last)).iloc[0]["matters"]]
        wanted += [*every[[*stock, *ever]], *met[held]]
        assert [int(row[column]) for row in tables_of(path)[0][1:]] == wanted
    by_heads = {tuple(heads): rows for heads, *rows in tables_of(path)}
    counts = matter_statistics(
        case.desk.concerns, case.desk.steps, DAY, case.desk.profile, ["unit"]
    )
    late = counts[(counts["overdue"] > 0).to_numpy()].drop("all", errors="ignore")
    told = by_heads.get(("责任单位", "在办", "超期"), [])
    assert sorted(row[1:] for row in told) == sorted(
        [str(row["open"]), str(row["overdue"])] for _, row in late.iterrows()
    )
    said = next(p.text for p in docx.Document(str(path)).paragraphs if "累计列入" in p.text)
    names = ["before", "taken", "reopened", "struck_off", "left", "total", "solved"]
    progress = pd.Series(0, index=names)
    if len(case.desk.backlog):
        made = backlog_progress(
            case.desk.backlog, case.desk.concerns, case.desk.steps, span.start, span.end
        )
        progress = made.xs(0, level="batch").iloc[-1] if len(made) else progress
    assert [int(n) for n in re.findall(r"\d+", said)] == [int(progress[n]) for n in names]
    hardest = by_heads.get(("编号", "等级", "诉求与地点", "责任单位", "卡在哪里", "天数"), [])
    assert len(hardest) == min(5, int(counts.loc["all", "open"]))


def reception_agrees(case):
    """Compare: each open matter waits for one level's leader, hard ones for the county's, too."""
    waiting = {}
    for level in ("county", "township", "village"):
        path = reports.reception_day(case.desk, case.folder / "r.docx", level=level)
        said = "\n".join(p.text for p in docx.Document(str(path)).paragraphs)
        found = re.search(r"待接访 (\d+) 件", said)
        waiting[level] = int(found.group(1)) if found else 0
        listed = sum(len(rows) - 1 for rows in tables_of(path))
        assert listed == min(waiting[level], 20)
    total = matter_statistics(case.desk.concerns, case.desk.steps, DAY, case.desk.profile).iloc[
        0
    ]
    by_band = len(reception_sheet(case.desk.board, "county", case.desk.profile))
    others = waiting["township"] + waiting["village"]
    assert by_band + others == total["open"]
    hard = set(case.desk.backlog["concern_id"].astype("str")) & set(case.desk.board.index)
    assert by_band <= waiting["county"] <= by_band + len(hard)


def talk_agrees(case):
    """Compare the kinds with two or more in the township, but for those of a court."""
    path = reports.evening_talk(case.desk, case.folder / "r.docx", division="990428100000", k=2)
    here = case.desk.concerns["grid_id"].astype("str").str.startswith("990428100").to_numpy()
    theirs = case.desk.steps["concern_id"].isin(case.desk.concerns.index[here]).to_numpy()
    counts = matter_statistics(
        case.desk.concerns[here],
        case.desk.steps[theirs],
        DAY,
        case.desk.profile,
        ["demand_type"],
    ).drop("all", errors="ignore")
    left = counts["matters"] - counts["statutory"]
    kinds = {case.desk.label("demand_type", code) for code in left[left >= 2].index}
    assert {row[0] for rows in tables_of(path) for row in rows[1:]} == kinds


def exchange_agrees(case):
    """Compare how many CSV, disputes, Open311, points and data package hold."""
    desk, store = case.desk, case.workspace.store
    profile, frames = desk.profile, (desk.concerns, desk.steps)
    total = matter_statistics(*frames, DAY, profile).iloc[0]
    write_concerns(desk.concerns, case.folder / "c.csv", profile)
    assert len(read_csv(case.folder / "c.csv")) == total["matters"]
    assert len(concern_points(desk.concerns, profile)) == total["matters"]
    tables = ledger_tables({kind: store.frame(kind) for kind in RECORD_SPECS}, profile)
    rows = {table.name: len(table.rows) for table in tables}
    assert rows["concern"] == total["matters"]

    code = desk.concerns["dispute_code"]
    coded = code.notna() & ~code.isin(route_out_codes(profile))
    some = desk.concerns[coded.to_numpy()]
    theirs = desk.steps[desk.steps["concern_id"].isin(some.index).to_numpy()]
    disputes = matter_statistics(some, theirs, DAY, profile).iloc[0]
    told = Told(*(store.frame(kind) for kind in ("concern", "step", "session", "room")))
    assert write_disputes(told, case.folder / "d.csv", profile, DAY) == disputes["matters"]
    ended = read_csv(case.folder / "d.csv")["化解是否成功"]
    assert ended.notna().sum() == disputes["struck_off"]
    assert (ended == "1").sum() >= disputes["loop_closed"]

    by_kind = matter_statistics(*frames, DAY, profile, ["demand_type"]).drop("all")
    left = by_kind["matters"] - by_kind["statutory"]
    kinds = left[left >= 2]
    table = requests(*frames, DAY, profile, Terms(b"key", k=2))
    assert table["service_code"].value_counts().to_dict() == kinds.to_dict()
    shown = by_kind.loc[kinds.index]
    assert (table["status"] == "open").sum() == (shown["open"] + shown["merged"]).sum()


@pytest.mark.parametrize(
    "agrees",
    [
        half_month_agrees,
        reception_agrees,
        talk_agrees,
        exchange_agrees,
    ],
)
@settings(max_examples=6, deadline=None)
@given(heard=matters, held=sessions)
def test_what_is_printed_and_given_is_what_the_statistics_count(agrees, heard, held):
    """Whatever was heard, done and met."""
    with tempfile.TemporaryDirectory() as name:
        workspace = ledger_of(Path(name) / "w", heard, held)
        desk = reports.read_desk(workspace, on=DAY)
        agrees(Case(workspace, desk, Path(name)))
        workspace.close()
