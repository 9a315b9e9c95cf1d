"""The register of what was published: no subtraction over releases gives a count under k."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import DisclosureError
from gridkit.maps import disclosure
from gridkit.maps.disclosure import Register, Release, release, window_of

IDS = pd.Index([f"g{i:02d}" for i in range(24)])
AREAS = pd.DataFrame(
    {
        "village": [f"v{i // 4}" for i in range(24)],
        "township": [f"t{i // 12}" for i in range(24)],
    },
    index=IDS,
)
LATE = dt.date(9000, 1, 1)  # every window is over
MARCH = window_of(dt.date(2026, 3, 10), "month")


@pytest.fixture
def register(tmp_path):
    """Give an empty register."""
    return Register(tmp_path / disclosure.REGISTER, LATE)


def of_areas(counts, area, window=MARCH, types=None):
    """Make a release of drawn areas, each large enough by itself."""
    areas = pd.DataFrame({"drawn": area}, index=counts.index)
    sums = counts.groupby(areas["drawn"]).sum()
    index = pd.MultiIndex.from_product([["drawn"], sums.index], names=["level", "area"])
    shown = pd.DataFrame({"shown": pd.array(sums.to_numpy(), "Int64")}, index=index)
    return Release(window=window, areas=areas, shown=shown, types=types)


def test_what_is_published_twice_says_nothing_new(register):
    """The same map again is allowed, and the register keeps both."""
    counts = pd.Series(np.arange(24) + 3, index=IDS)

    numbers = [register.add(release(counts, AREAS, MARCH)) for _ in range(2)]

    assert numbers == [1, 2]
    first, second = register.releases()
    pd.testing.assert_series_equal(first.numbers, second.numbers)


def test_two_drawn_areas_that_differ_by_a_small_count_are_refused(register):
    """The school district with and without one grid would give that grid away."""
    counts = pd.Series(10, index=IDS).where(IDS != "g03", 2)
    with_it = pd.Series("school", index=IDS[:4]).reindex(IDS)
    without = pd.Series("school", index=IDS[:3]).reindex(IDS)
    register.add(of_areas(counts, with_it))

    with pytest.raises(DisclosureError, match="counts under 5 in 1 places") as told:
        register.add(of_areas(counts, without))

    assert told.value.problems[0].row == "g03"
    assert len(register.releases()) == 1


def test_a_union_of_published_areas_less_another_is_refused(register):
    """Two areas added and a third taken away: three releases, none of them wrong alone."""
    counts = pd.Series(10, index=IDS).where(IDS != "g05", 1)
    west, east, all_but_one = (pd.Series(index=IDS, dtype="str") for _ in range(3))
    west[:3], east[3:6], all_but_one[:5] = "west", "east", "middle"
    register.add(of_areas(counts, west))
    register.add(of_areas(counts, east))

    with pytest.raises(DisclosureError, match="register, subtraction"):
        register.add(of_areas(counts, all_but_one))


def test_one_type_taken_from_all_types_is_refused(register):
    """A map of water beside a map of everything gives the rest away."""
    everything = pd.Series(20, index=IDS)
    register.add(release(everything, AREAS, MARCH))

    with pytest.raises(DisclosureError, match="coarser"):
        register.add(release(everything - 2, AREAS, MARCH, types=("water",)))

    assert register.add(release(everything - 9, AREAS, MARCH, types=("water",))) == 2


def test_quarters_taken_from_the_year_are_refused(register):
    """Three quarters that were shown, and the year, give a small fourth quarter away."""
    quarters = [pd.Series(n, index=IDS) for n in (10, 10, 10, 10)]
    quarters[3] = quarters[3].where(IDS != "g07", 0)
    for month, counts in zip((1, 4, 7), quarters, strict=False):
        register.add(release(counts, AREAS, window_of(dt.date(2026, month, 1))))

    with pytest.raises(DisclosureError) as told:
        register.add(release(sum(quarters), AREAS, window_of(dt.date(2026, 1, 1), "year")))

    assert [p.row for p in told.value.problems] == ["g07"]
    assert "2026-10-01 – 2026-12-31" in told.value.problems[0].zh


def test_late_matters_in_a_published_window_are_not_given_away(register):
    """The same window with one matter more is refused: the difference is that matter."""
    counts = pd.Series(10, index=IDS)
    register.add(release(counts, AREAS, MARCH))

    with pytest.raises(DisclosureError, match="contradict"):
        register.add(release(counts.where(IDS != "g02", 11), AREAS, MARCH))


def published_sets(releases):
    """List every published number as a set of (grid, month) atoms with its count."""
    for made in releases:
        months = range(made.window.since.month, made.window.until.month + 1)
        for (level, area), n in made.numbers.items():
            inside = {"grid": area == IDS, "total": np.ones(len(IDS), bool)}.get(level)
            inside = (made.areas[level] == area).to_numpy() if inside is None else inside
            yield frozenset(itertools.product(IDS[inside], months)), n


def publish_all(register, months):
    """Try to publish every window of a year on two levels; count the refusals."""
    refused = 0
    for kind, length in (("month", 1), ("quarter", 3), ("half", 6), ("year", 12)):
        for first, level in itertools.product(range(0, 12, length), ("grid", "village")):
            window = window_of(dt.date(2026, first + 1, 1), kind)
            counts = sum(months[first : first + length])
            try:
                register.add(release(counts, AREAS, window, level=level))
            except DisclosureError:
                refused += 1
    return refused


@pytest.mark.parametrize("seed", [1, 2])
def test_a_year_of_releases_gives_no_small_count_by_subtraction(register, seed):
    """Months, quarters, halves and the year, as far as the register lets them through.

    The attacker takes every published number from every other that contains it, and unions
    of disjoint ones from a third: whatever set of grids and months has its count known that
    way has five or more.
    """
    rng = np.random.default_rng(seed)
    months = [pd.Series(rng.negative_binomial(2, 0.22, 24), index=IDS) for _ in range(12)]
    refused = publish_all(register, months)

    known = dict(published_sets(register.releases()))
    truth = {(g, m + 1): int(months[m][g]) for m in range(12) for g in IDS}
    assert all(sum(truth[atom] for atom in atoms) == n for atoms, n in known.items())
    for whole, total in known.items():
        parts = [part for part in known if part < whole]
        for part in parts:
            assert total - known[part] == 0 or total - known[part] >= 5
        rest, left = whole, total
        for part in sorted(parts, key=len, reverse=True):  # a union, as large as can be
            if part <= rest:
                rest, left = rest - part, left - known[part]
        assert not rest or left >= 5
    assert len(register.releases()) > 12
    assert refused > 0


def test_weekly_maps_cannot_be_asked_for():
    """Fifty-two rolling windows would be subtracted from each other: there are none."""
    with pytest.raises(DisclosureError, match="whole windows of the calendar"):
        window_of(dt.date(2026, 3, 1), "week")


def test_windows_of_a_kind_cover_every_day_once():
    """Each day lies in one month, quarter, half and year, and the next begins the day after."""
    for kind in ("month", "quarter", "half", "year"):
        day = dt.date(2024, 1, 1)
        while day.year < 2026:
            window = window_of(day, kind)
            assert window.since == day
            assert window_of(window.until, kind) == window
            day = window.until + dt.timedelta(days=1)


def publish_three_months(register):
    """Enter three months, and give the lines of the register."""
    for month in (1, 2, 3):
        window = window_of(dt.date(2026, month, 1), "month")
        register.add(release(pd.Series(30, index=IDS), AREAS, window))
    return register.path.read_text(encoding="utf-8").splitlines(keepends=True)


LATER = release(pd.Series(30, index=IDS), AREAS, window_of(dt.date(2027, 1, 1)))


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ("digit", "第 1 行被改动或损坏", "line 1: changed by hand or damaged"),
        ("first", "第 1 行被改动或损坏", "line 1: changed by hand or damaged"),
        ("order", "第 1 行被改动或损坏", "line 1: changed by hand or damaged"),
        ("noise", "第 2 行被改动或损坏", "line 2: changed by hand or damaged"),
        ("last", "被截断, 或恢复的是旧备份", "brought back from an old copy"),
        ("cut", "被截断, 或恢复的是旧备份", "brought back from an old copy"),
        ("lost", "登记丢失", "it was lost"),
        ("head", "published.head 不符", "does not agree with published.head"),
    ],
)
def test_a_register_that_was_changed_is_not_trusted(register, change, zh, en):
    """Changed, swapped, shortened, lost, from an old copy: nothing more is published."""
    lines = publish_three_months(register)
    lines = {
        "digit": [lines[0].replace(":30,", ":31,", 1), *lines[1:]],
        "first": lines[1:],
        "order": [lines[1], lines[0], lines[2]],
        "noise": [lines[0], "\x00\udcff\n", lines[2]],
        "last": lines[:2],
        "cut": [*lines[:2], lines[2][:40]],
        "lost": [],
        "head": lines,
    }[change]
    register.path.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
    if change == "lost":
        register.path.unlink()
    if change == "head":
        register.path.with_suffix(".head").write_text("three\n")

    for use in (register.releases, lambda: register.add(LATER)):
        with pytest.raises(DisclosureError) as told:
            use()
        assert zh in told.value.zh
        assert en in told.value.en


def test_a_line_that_a_power_cut_left_half_is_written_anew(register):
    """It was never handed out: what was whole is kept, and the next entry takes its place."""
    lines = publish_three_months(register)
    with register.path.open("ab") as file:
        file.write(lines[0].encode()[: len(lines[0]) // 2])

    assert len(register.releases()) == 3
    assert register.add(LATER) == 4
    assert [r.window.since.year for r in register.releases()] == [2026, 2026, 2026, 2027]


WRITER = """
import datetime as dt, sys
import numpy as np, pandas as pd
from pathlib import Path
from gridkit.errors import DisclosureError
from gridkit.maps.disclosure import Register, release, window_of

ids = pd.Index([f"g{i:02d}" for i in range(24)])
areas = pd.DataFrame({"village": [f"v{i // 4}" for i in range(24)]}, index=ids)
register = Register(Path(sys.argv[1]), dt.date(9000, 1, 1))
late, years = int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for year in range(2000, 2000 + years):
    counts = pd.Series(30, index=ids).where(ids != "g03", 30 + late)
    try:
        print(year, register.add(release(counts, areas, window_of(dt.date(year, 1, 1)))), flush=True)
    except DisclosureError:
        print(year, 0, flush=True)
"""


def writer(register, late, years):
    """Start a process that publishes a quarter of each year."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(register.path), str(late), str(years)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def start(process):
    """Let a writer go that has loaded what it needs."""
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.mark.skipif(os.name != "posix", reason="locks of files are POSIX ones")
def test_of_two_writers_at_once_only_one_publishes_what_differs_by_a_matter(register):
    """Both want the same quarters, one with a late matter: each quarter is published once."""
    both = [writer(register, late, 6) for late in (0, 1)]
    for process in both:
        start(process)
    told = [process.communicate(timeout=120)[0].splitlines() for process in both]

    numbers = [[int(line.split()[1]) for line in lines] for lines in told]
    assert all((a == 0) != (b == 0) for a, b in zip(*numbers, strict=True))
    assert sorted(n for some in numbers for n in some if n) == [1, 2, 3, 4, 5, 6]
    assert len(register.releases()) == 6


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")
def test_a_writer_that_is_killed_leaves_a_register_that_can_be_used(register):
    """Whatever it said was entered is there, and the next release can be."""
    process = writer(register, 0, 4000)
    start(process)
    acknowledged = [process.stdout.readline() for _ in range(25)]
    process.kill()
    acknowledged += process.communicate(timeout=60)[0].splitlines()

    known = len(register.releases())

    assert known >= max(int(line.split()[1]) for line in acknowledged if line.strip()) >= 25
    assert register.add(LATER) == known + 1


def test_counts_under_five_are_not_published_by_asking_for_a_smaller_k(register):
    """R6 is not an option: k may be larger, not smaller."""
    counts = pd.Series(10, index=IDS).where(IDS != "g03", 3)

    with pytest.raises(DisclosureError, match="`k` must be 5 or more"):
        register.add(release(counts, AREAS, MARCH, k=2))

    assert not register.path.exists() or register.releases() == []


def test_the_strictest_k_of_overlapping_releases_counts(register):
    """A map with k = 10 is not undone by a later one with k = 5."""
    counts = pd.Series(30, index=IDS).where(IDS != "g03", 7)
    register.add(release(counts, AREAS, MARCH, k=10))

    with pytest.raises(DisclosureError, match="This map is not made"):
        register.add(release(counts, AREAS, MARCH, k=5))


def test_borders_that_were_moved_are_not_laid_over_published_ones(register):
    """The same days by other grids: the strip between the borders would be told."""
    counts = pd.Series(30, index=IDS)
    register.add(release(counts, AREAS, MARCH, outline="before"))

    with pytest.raises(DisclosureError, match="The grids were cut anew") as told:
        register.add(release(counts, AREAS, MARCH, outline="after"))

    assert "网格界线有改动" in told.value.zh
    assert register.add(release(counts, AREAS, LATER.window, outline="after")) == 2


def test_the_register_holds_no_hidden_number(register):
    """What was hidden on the map stands in no line of the file."""
    counts = pd.Series(977, index=IDS).where(IDS != "g03", 3)

    register.add(release(counts, AREAS, MARCH))

    (line,) = register.path.read_text(encoding="utf-8").splitlines()
    (entry,) = register.releases()
    assert ("grid", "g03") not in entry.numbers.index
    assert '"g03":3' not in line


def test_a_map_that_shows_nothing_may_be_handed_out(register):
    """Everything hidden: there is nothing to subtract."""
    assert register.add(release(pd.Series(0, index=IDS), AREAS, MARCH)) == 1
    assert register.releases()[0].numbers.empty


# --- windows, and two registers ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "zh"),
    [
        (disclosure.Window("month", dt.date(2026, 3, 2), dt.date(2026, 3, 31)), "不是完整的日历时段"),
        (disclosure.Window("month", dt.date(2026, 3, 1), dt.date(2026, 4, 30)), "不是完整的日历时段"),
        (disclosure.Window("week", dt.date(2026, 3, 2), dt.date(2026, 3, 8)), "时段须为"),
        (window_of(dt.date(2026, 4, 1)), "2026-06-30 才结束"),
    ],
)  # fmt: skip
def test_windows_are_checked_by_the_register_itself(tmp_path, window, zh):
    """Whoever calls `add` by hand: no rolling window, and none that is not over."""
    register = Register(tmp_path / disclosure.REGISTER, dt.date(2026, 6, 30))
    counts = pd.Series(30, index=IDS)

    with pytest.raises(DisclosureError) as told:
        register.add(release(counts, AREAS, window))

    assert zh in told.value.zh
    assert register.releases() == []
    assert register.add(release(counts, AREAS, MARCH)) == 1


def of_year(folder, year, *months, add=0):
    """Publish months of a year into a register of its own."""
    register = Register(folder / f"{year}-{add}" / disclosure.REGISTER, LATE)
    register.path.parent.mkdir()
    for month in months:
        window = window_of(dt.date(year, month, 1), "month")
        register.add(
            release(pd.Series(30 + add, index=IDS), AREAS, window, title=f"{year}/{month}")
        )
    return register


def said(register):
    """Say what a register holds, whatever the order."""
    return sorted(
        (made.title, made.window.since, tuple(made.numbers.items()))
        for made in register.releases()
    )


def test_two_registers_become_one_and_nothing_is_lost(tmp_path):
    """Union either way, once or twice; what stands keeps its number, what comes tells its own."""
    ours, theirs = of_year(tmp_path, 2026, 1, 2), of_year(tmp_path, 2025, 5, 6, 7)
    before, lines = said(ours) + said(theirs), ours.path.read_text("utf-8")

    first, again = ours.join(theirs), ours.join(theirs)
    back = theirs.join(ours)

    assert (first.added, first.known, first.problems) == (3, 0, ())
    assert (again.added, again.known) == (0, 3)
    assert (back.added, back.known) == (2, 3)
    assert said(ours) == said(theirs) == sorted(before)
    text = ours.path.read_text("utf-8")
    assert text.startswith(lines)
    assert text.count('"was":') == 3
    assert ours.table()["title"].tolist() == ["2026/1", "2026/2", "2025/5", "2025/6", "2025/7"]
    assert ours.add(LATER) == 6


def test_what_two_registers_give_away_together_is_told_and_closed(tmp_path):
    """The same month with one matter more: it is out, and nothing more of its days goes out."""
    ours, theirs = of_year(tmp_path, 2026, 1, 2), of_year(tmp_path, 2026, 2, 3, add=1)

    joined = ours.join(theirs)

    assert joined.added == 2
    (problem,) = joined.problems
    assert problem.row == "2026/2"
    assert "已经发出, 收不回" in problem.zh
    with pytest.raises(DisclosureError, match="contradict"):
        ours.add(
            release(pd.Series(30, index=IDS), AREAS, window_of(dt.date(2026, 2, 1), "month"))
        )
    with pytest.raises(DisclosureError, match="contradict"):
        ours.add(release(pd.Series(90, index=IDS), AREAS, window_of(dt.date(2026, 2, 1))))
    assert ours.add(LATER) == 5


@pytest.mark.parametrize(
    ("change", "zh"),
    [
        ("headless", "请把另一台电脑上的这两个文件一起拷到"),
        ("cut", "被截断"),
        ("changed", "第 1 行被改动或损坏"),
        ("forged", "第 1 行不是发布登记的内容"),
    ],
)
def test_a_register_that_is_not_whole_is_not_joined(tmp_path, change, zh):
    """Cut, changed, without its head, or made up: refused, and ours stays as it was."""
    ours, theirs = of_year(tmp_path, 2026, 1), of_year(tmp_path, 2025, 5, 6)
    head = theirs.path.with_suffix(".head")
    text = theirs.path.read_text("utf-8")
    if change == "headless":
        head.unlink()
    elif change == "forged":
        forged = '{"no":1,"at":"2026-01-01T00:00:00+00:00","shown":7,"previous":""}'
        mark = hashlib.sha256(forged.encode()).hexdigest()
        theirs.path.write_text(f"{forged}\t{mark}\n", encoding="utf-8")
        head.write_text(f"1 {mark}\n")
    else:
        text = (
            text.replace(":30,", ":31,", 1)
            if change == "changed"
            else text.splitlines(keepends=True)[0]
        )
        theirs.path.write_text(text, encoding="utf-8")
    before = ours.path.read_bytes()

    with pytest.raises(DisclosureError) as told:
        ours.join(theirs)

    assert zh in told.value.zh
    assert ours.path.read_bytes() == before
