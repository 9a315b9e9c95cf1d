"""CSV for people: a spreadsheet shows every cell as it is, and what it saves comes back."""

from __future__ import annotations

import csv
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import gridkit as gk
from gridkit.cli import app
from gridkit.errors import DataError
from gridkit.exchange import import_concerns, ledger_mapping, write_concerns
from gridkit.exchange.csv_table import read_csv, write_csv
from gridkit.exchange.escaping import escape_cell, unescape_cell
from gridkit.exchange.printing import find_office
from gridkit.profile import load_profile
from gridkit.records import Concern, create_store
from gridkit.training.write import write_town

PROFILE = load_profile()
UTF8 = "44,34,76,1"  # LibreOffice's own word for: commas, double quotes, UTF-8, from line 1
needs_office = pytest.mark.skipif(find_office() is None, reason="needs LibreOffice")

# what an office has in its tables, and what Excel makes of it when a CSV holds it bare
NAMES = {
    "990428100001001": "9.90428E+14",
    "202611030012345678": "2.0261103E+17, its last digits lost",
    "0201": "201",
    "12345e67": "1.2345E+71",
    "1-2-301": "a day of the year 301, or none",
    "3-4": "the 4th of March",
    "3/4": "the 4th of March",
    "3月5日": "a day",
    "12:30": "a time",
    "1.10": "1.1",
    "5%": "0.05",
    "(5)": "-5",
    "MAR1": "the 1st of March",
    "TRUE": "a truth",
    "=1+1": "2",
    "-3": "-3, a number",
}


def office(file, kind, into, *options):
    """Let LibreOffice open a file and save it as another, as a person would."""
    command = [find_office(), f"-env:UserInstallation={(into / 'profile').as_uri()}"]
    command += ["--headless", "--norestore", *options, "--convert-to", kind]
    subprocess.run(
        [*command, "--outdir", str(into), str(file)],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return into / f"{file.stem}.{kind.partition(':')[0]}"


numeric = st.text(st.sampled_from("0123456789 .,:/-+eE%()年月日¥\t'=１０"), max_size=8)


@given(st.text() | numeric | st.sampled_from([*NAMES, *(f"{name}\t" for name in NAMES)]))
def test_what_is_put_there_is_taken_away(text):
    """Any text, tabs and apostrophes of its own too, is the same after a round trip."""
    assert unescape_cell(escape_cell(text)) == text
    assert escape_cell(text).strip("'\t") == text.strip("'\t")


@needs_office
def test_a_spreadsheet_shows_every_name_as_it_is(tmp_path):
    """Long ids, codes and doors are texts with all their characters; days and numbers are not."""
    table = pd.DataFrame({"编号": [*NAMES], "说明": "停水、漏水"})
    table = table.assign(日期=pd.Timestamp("2026-11-03"), 户数=40)
    write_csv(table, tmp_path / "t.csv")

    file = office(tmp_path / "t.csv", "xlsx", tmp_path, f"--infilter=CSV:{UTF8}")

    rows = list(openpyxl.load_workbook(file).active.iter_rows())
    assert [cell.value for cell in rows[0]] == ["编号", "说明", "日期", "户数"]
    for name, cells in zip(NAMES, rows[1:], strict=True):
        assert cells[0].data_type == "s"
        assert cells[0].value.strip("'\t") == name
        assert cells[1].value == "停水、漏水"
        assert (cells[2].value, cells[3].value) == (datetime(2026, 11, 3), 40)  # noqa: DTZ001


@needs_office
def test_what_a_spreadsheet_saved_comes_back_to_the_ledger(tmp_path):
    """Opened and saved by a person, the copy of a ledger still adds and changes nothing."""
    concern = Concern(
        grid_id="990428100001001",
        source="hotline",
        external_id="202611030012345678",
        heard_on=date(2026, 11, 3),
        demand_type="water",
        demand_detail="water_cut",
        dispute_code="0201",
        summary="1-2-301",
        wanted="=1+1",
        households_affected=40,
    )
    clock = {"clock": lambda: datetime(2026, 11, 20, 4, tzinfo=UTC)}
    with create_store(
        tmp_path / "l.db", county_code="990428", profile=PROFILE, **clock
    ) as store:
        store.add([concern], by_role="grid_worker")
        write_concerns(store.frame("concern"), tmp_path / "t.csv", PROFILE)

        book = office(tmp_path / "t.csv", "ods", tmp_path, f"--infilter=CSV:{UTF8}")
        saved = office(book, f"csv:Text - txt - csv (StarCalc):{UTF8},,0,false,true", tmp_path)
        report = import_concerns(saved, ledger_mapping(), store)

    assert report.rejected["problem_en"].tolist() == []
    assert (report.added, report.revised, report.unchanged) == (0, 0, 1)


def test_a_program_may_have_the_names_bare(tmp_path):
    """`plain` has no mark and no tab; a formula is still none."""
    table = pd.DataFrame({"编号": [*NAMES]})

    write_csv(table, tmp_path / "t.csv", plain=True)

    raw = (tmp_path / "t.csv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\t" not in raw
    assert raw.decode().split("\r\n")[1:-1] == [
        f"'{name}" if name[0] in "=-" else name for name in NAMES
    ]


def test_a_file_reads_back_as_it_was_written(tmp_path):
    """Texts come back as they are; words for nothing are words, and a gap is a gap."""
    table = pd.DataFrame({"0201": [*NAMES, "无", "NA", None]}, dtype="str")

    write_csv(table, tmp_path / "t.csv")

    pd.testing.assert_frame_equal(read_csv(tmp_path / "t.csv"), table)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make a small invented county."""
    workspace = write_town(tmp_path_factory.mktemp("town") / "w", grids=343, weeks=26)
    workspace.close()
    return workspace.folder


BAD = "姓名,网格,来源,得知日期,诉求类别\n1,990428100001001,窗口接待,昨天,用水\n"
MAPPING = """
[source]
system = "desk"
[columns]
grid_id = "网格"
source = "来源"
heard_on = "得知日期"
demand_type = "诉求类别"
"""


@pytest.mark.parametrize(
    "asked",
    [
        ["export", "csv", "--to"],
        ["export", "disputes", "--to"],
        ["counts", "-o"],
        ["table", "--type", "用水", "-o"],
        ["import", "bad.csv", "--mapping", "map.toml", "--rejected"],
    ],
    ids=" ".join,
)
def test_every_command_that_writes_csv_writes_it_for_a_spreadsheet(
    town, tmp_path, monkeypatch, asked
):
    """A mark for Chinese, and no cell that would be shown otherwise than it is."""
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text(BAD, encoding="utf-8")
    Path("map.toml").write_text(MAPPING, encoding="utf-8")

    CliRunner().invoke(app, [*asked, "t.csv", "-w", str(town)])

    raw = Path("t.csv").read_bytes()
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert raw.startswith(b"\xef\xbb\xbf")
    assert len(rows) > 1
    days = pd.Series([cell for row in rows[1:] for cell in row if cell])
    held = days[~days.str.fullmatch(r"\d{4}-\d\d-\d\d|-?\d{1,11}(\.\d+)?")]
    assert held.map(unescape_cell).map(escape_cell).tolist() == held.tolist()


def test_plain_is_refused_where_it_means_nothing(town, tmp_path):
    """A GeoPackage is for programs as it is; nothing is written."""
    asked = ["export", "gpkg", "--plain", "-w", str(town), "--to", str(tmp_path / "g.gpkg")]

    with pytest.raises(DataError, match="--plain is for csv and disputes"):
        CliRunner().invoke(app, asked, catch_exceptions=False)

    assert not list(tmp_path.iterdir())


def test_plain_csv_of_the_ledger_has_bare_ids(town, tmp_path):
    """`gridkit export csv --plain` has the grids' ids as they are."""
    asked = ["export", "csv", "--plain", "-w", str(town), "--to", str(tmp_path / "c.csv")]

    assert CliRunner().invoke(app, asked).exit_code == 0

    table = pd.read_csv(tmp_path / "c.csv", dtype="str")
    workspace = gk.open_workspace(town)
    grids = workspace.store.frame("concern")["grid_id"].astype("str")
    workspace.close()
    assert sorted(table["网格"]) == sorted(grids)
