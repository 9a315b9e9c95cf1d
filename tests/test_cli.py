"""The command line, as a user types it."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys

import pytest
import shapely

import gridkit as gk
from gridkit.cli import app, main
from gridkit.records.grids import make_grids

SECRET = "张三说水厂断了他家的水 13800000000"
ADDRESS = "解放路88号402室"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run one command; its exit code and what it printed."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["gridkit", *map(str, words)])
        monkeypatch.setattr("gridkit.terminal.out.width", 160)
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return command


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Make one small invented county for all tests of this module."""
    from gridkit.training import write_town

    folder = tmp_path_factory.mktemp("town") / "workspace"
    write_town(folder, seed=3, grids=343, weeks=26).close()
    return folder


@pytest.fixture
def county(tmp_path):
    """Make an empty workspace of nine square grids."""
    grids = make_grids(shapely.box(117.40, 26.70, 117.43, 26.727), 1000, "990428", 40)
    workspace = gk.create_workspace(
        tmp_path / "县", name="某县", county_code="990428", grids=grids
    )
    yield workspace
    workspace.close()


def test_demo_makes_a_workspace_and_says_what_is_in_it(run, tmp_path):
    """Ledger, grids, map and notebooks; a second time keeps what was recorded."""
    folder = tmp_path / "workspace"

    code, printed = run("demo", "--no-lab", "-w", folder)

    assert code == 0
    assert {p.name for p in folder.iterdir()} >= {
        "about.toml",
        "grids.geojson",
        "ledger.db",
        "map-内部.html",
        "notebooks",
    }
    assert "青溪县" in (folder / "about.toml").read_text("utf-8")
    assert re.search(r"诉求 concerns.*[1-9]\d{2,}", printed)
    with gk.open_workspace(folder).store as store:
        before = store.revision_count()
        assert store.check().empty

    again, printed = run("demo", "--no-lab", "-w", folder)

    assert again == 0
    assert "沿用已有的工作区" in printed
    with gk.open_workspace(folder).store as store:
        assert store.revision_count() == before


def test_score_lists_what_comes_first_with_reason_and_deadline(run, town):
    """Each line has a band, a score, a sentence and an article; a person decides."""
    code, printed = run("score", "-w", town, "--top", 5)

    assert code == 0
    assert "虚构数据" in printed
    assert len(re.findall(r"■", printed)) == 5
    assert "由人决定" in printed
    assert "条例第" in printed


def test_one_matter_is_explained_by_the_end_of_its_id(run, town):
    """Every factor with its points; an id that fits several is asked for again."""
    _, listed = run("score", "-w", town, "--top", 1)
    short = re.search(r"\b([0-9a-f]{8})\b", listed).group(1)

    code, printed = run("score", "-w", town, "--explain", short)
    refused, message = run("score", "-w", town, "--explain", "0")

    assert code == 0
    assert len(re.findall(r"^ +\S+ / +\S+  ", printed, re.MULTILINE)) == 9
    assert "评分卡" in printed
    assert refused == 2
    assert "give more of it" in message


def test_score_speaks_english_on_request(run, town):
    """For those who read the code rather than the street."""
    _, printed = run("score", "-w", town, "--top", 1, "--english")

    assert "A person decides" in printed


def test_check_proves_a_ledger_and_names_the_last_links(run, town):
    """Sound: the tip of the chain, to be written down."""
    code, printed = run("check", "-w", town)

    assert code == 0
    assert re.search(
        r"[0-9a-f]{64}", printed.replace("\n", "").replace("│", "").replace(" ", "")
    )


def test_check_finds_what_was_changed_and_salvage_saves_the_rest(run, town, tmp_path):
    """Exit code 1 and the revision; then a new ledger with all that proves itself."""
    ledger = tmp_path / "copy.db"
    shutil.copy(town / "ledger.db", ledger)
    other = sqlite3.connect(ledger)
    other.execute("UPDATE revision SET body = '{}' WHERE seq = 5")
    other.commit()
    other.close()

    code, printed = run("check", "--ledger", ledger)
    saved, said = run("check", "--ledger", ledger, "--salvage", tmp_path / "saved.db")

    assert code == 1
    assert "被改动过" in printed
    assert saved == 0
    assert "被改动 1 个" in said


def test_a_file_that_is_no_ledger_is_told_in_two_languages(run, tmp_path):
    """Exit code 2, no traceback."""
    (tmp_path / "ledger.db").write_bytes(b"not a ledger" * 1000)

    code, printed = run("check", "--ledger", tmp_path / "ledger.db")

    assert code == 2
    assert "不是完好的 gridkit 台账" in printed
    assert "Traceback" not in printed


def test_no_workspace_says_what_to_do(run, tmp_path, monkeypatch):
    """A newcomer in the wrong folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRIDKIT_WORKSPACE", raising=False)

    code, printed = run("score")

    assert code == 2
    assert "gridkit demo" in printed


def test_a_new_county_is_made_and_fed_from_a_table(run, tmp_path):
    """New over the table's own points, import, score, map: the README's walk-through."""
    table = tmp_path / "台账.csv"
    rows = ["编号,日期,类别,经度,纬度"]
    rows += [
        f"{n},2026-03-{n:02d},停水,{117.40 + n / 1000},{26.70 + n / 1000}" for n in range(1, 21)
    ]
    table.write_text("\n".join(rows), encoding="gb18030")
    mapping = tmp_path / "映射.toml"
    mapping.write_text(
        '[source]\nsystem = "desk"\n[columns]\nexternal_id = "编号"\nheard_on = "日期"\n'
        'demand_detail = "类别"\nlon = "经度"\nlat = "纬度"\n[constants]\n'
        'source = "window"\ndemand_type = "water"\n'
        '[place]\ndatum = "wgs84"\n[codes.demand_detail.map]\n"停水" = "water_cut"\n',
        encoding="utf-8",
    )
    folder = tmp_path / "我的县"
    new = ("new", folder, "--name", "某县", "--code", "990428")

    refused, message = run(*new, "--over", table)
    made, _ = run(*new, "--over", table, "-m", mapping, "--size", 500)

    assert (refused, made) == (2, 0)
    assert "--mapping" in message
    rows += ["21,昨天,停水,117.41,26.71", "22,2026-03-02,停水,26.71,117.41"]
    table.write_text("\n".join(rows), encoding="gb18030")
    tried, _ = run("import", table, "-m", mapping, "-w", folder, "--dry-run")
    code, printed = run(
        "import", table, "-m", mapping, "-w", folder, "--rejected", tmp_path / "没收.csv"
    )
    again, said = run("import", table, "-m", mapping, "-w", folder)

    assert (tried, code, again) == (1, 1, 1)
    assert "新增 20" in printed
    assert "新增 0" in said
    assert len((tmp_path / "没收.csv").read_text("utf-8-sig").splitlines()) == 3
    assert run("score", "-w", folder, "--on", "2026-03-31")[0] == 0
    assert run("map", "-w", folder, "--on", "2026-03-31")[0] == 0
    assert (folder / "map-内部.html").stat().st_size > 100_000


def test_an_empty_county_is_no_error(run, county):
    """Nothing recorded yet: an empty list and a map without hotspots."""
    assert run("score", "-w", county.folder)[0] == 0

    code, printed = run("map", "-w", county.folder)

    assert code == 0
    assert "没有可画的率和热点" in printed


def test_serve_tells_of_a_faulty_county_before_any_page_is_offered(run, county):
    """The fault of the profile comes first, where an administrator reads it."""
    (county.folder / "profile").mkdir(exist_ok=True)
    (county.folder / "profile" / "county.toml").write_text('photos = "yes"\n', "utf-8")

    code, told = run("serve", "-w", county.folder, "--host", "192.0.2.1", "--no-browser")

    assert code
    assert "county.toml · photos" in told
    assert "192.0.2.1" not in told


def test_a_code_that_is_no_county_is_refused(run, tmp_path):
    """Before anything is made."""
    code, _ = run("new", tmp_path / "县", "--name", "某县", "--code", "35")

    assert code == 2
    assert not (tmp_path / "县").exists()


@pytest.mark.parametrize("shared", [[], ["--shared"]], ids=["desk", "shared"])
def test_what_a_resident_said_is_on_no_map_list_or_story(run, county, shared):
    """A canary in every free text and in the address: it comes out nowhere."""
    seen = gk.Visit(
        grid_id=str(county.grids.index[4]),
        visited_on="2026-01-05",
        outcome="met",
        met_role="owner",
        address=ADDRESS,
        note=SECRET,
    )
    heard = gk.Concern(
        visit_id=seen.record_id,
        grid_id=str(county.grids.index[4]),
        source="grid_visit",
        heard_on="2026-01-05",
        demand_type="water",
        summary=SECRET,
        wanted=SECRET,
        lon=117.415,
        lat=26.714,
        place_source="typed",
    )
    step = gk.Step(
        concern_id=heard.record_id, action="registered", on="2026-01-05", reason=SECRET
    )
    county.store.add([seen, heard, step], by_role="grid_worker", why="走访")
    target = county.folder / ("out.html" if shared else "out-内部.html")

    printed = [
        run("map", "-w", county.folder, "-o", target, *shared),
        run("score", "-w", county.folder),
        run("score", "-w", county.folder, "--explain", heard.record_id),
        run("check", "-w", county.folder),
    ]

    assert [code for code, _ in printed] == [0, 0, 0, 0]
    everything = target.read_text("utf-8") + "".join(text for _, text in printed)
    for canary in (SECRET, "张三", "13800000000", ADDRESS, "402室"):
        assert canary not in everything


@pytest.mark.parametrize(
    "name", [c.name or c.callback.__name__ for c in app.registered_commands]
)
def test_each_command_has_help_with_an_example(run, name):
    """`--help` in Chinese and English, with a line to copy."""
    code, printed = run(name, "--help")

    assert code == 0
    assert "example" in printed
    assert re.search(r"[一-鿿]", printed)
