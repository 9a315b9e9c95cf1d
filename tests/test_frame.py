"""What holds the repository together: bounds, locks, layers, light imports, a tidy top level."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {name: (ROOT / name).read_text() for name in ("requirements.lock", ".ci/test.lock")}
CLUSTER_LOCK = (ROOT / ".ci/cluster.lock").read_text()
# conda-forge's name of what PyPI calls otherwise
CONDA = {"duckdb": "python-duckdb", "tzdata": "python-tzdata"}
TOP = {
    *("notebooks", "gridkit", "data", "tests", "benchmarks", ".ci"),
    *("environment.yml", "pyproject.toml", "requirements.lock", "start.py"),
    *("README.md", "LICENSE", "CHANGELOG.md"),
}
HEAVY = ("folium", "ipywidgets", "geopandas", "scipy", "numba", "duckdb")


def bounds(requirements: list[str]) -> dict[str, str]:
    """Read requirements as {name: bound}, in conda-forge's names."""
    read = [Requirement(text) for text in requirements]
    names = [canonicalize_name(one.name) for one in read]
    return {
        CONDA.get(name, name): str(one.specifier) for name, one in zip(names, read, strict=True)
    }


def pins(lock: str) -> dict[str, list[tuple[str, str]]]:
    """Read a lock as {name: [(version, marker), ...]}."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, version, marker in re.findall(
        r"^(\S+)==(\S+)(?: ; (.*))? \\$", lock, re.MULTILINE
    ):
        found.setdefault(name, []).append((version, marker))
    return found


def test_environment_yml_has_the_bounds_of_pyproject():
    """A conda user gets the same floors, no more and no fewer packages."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))[
        "dependencies"
    ]
    by_pip = next(item["pip"] for item in listed if isinstance(item, dict))
    by_conda = [item for item in listed if isinstance(item, str) and item != "pip"]
    by_pip = [item for item in by_pip if item != "--editable ."]

    python = f"python{PROJECT['project']['requires-python']}"
    expected = bounds([python, *PROJECT["project"]["dependencies"]])

    assert bounds(by_conda) | bounds(by_pip) == expected


@pytest.mark.parametrize(
    "lock", [*LOCKS.values(), CLUSTER_LOCK], ids=["runtime", "test", "cluster"]
)
def test_locks_pin_by_hash_and_name_no_host(lock):
    """Each line is a pinned version or a hash, so any mirror serves and none can slip in."""
    line = re.compile(r"\S+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")

    assert [text for text in lock.splitlines() if not line.fullmatch(text)] == []
    assert "://" not in lock


@pytest.mark.parametrize(
    ("name", "groups"),
    [("requirements.lock", ["install"]), (".ci/test.lock", ["install", "lint", "test"])],
    ids=["runtime", "test"],
)
def test_locks_fulfill_pyproject(name, groups):
    """Each dependency of pyproject is in the lock, at a version within its bounds."""
    wanted = list(PROJECT["project"]["dependencies"])
    wanted += [text for group in groups for text in PROJECT["dependency-groups"][group]]
    pinned = pins(LOCKS[name])

    for one in map(Requirement, wanted):
        versions = [version for version, _ in pinned.get(canonicalize_name(one.name), [])]
        assert versions, f"{one.name} is not in {name}: run .ci/lock"
        assert all(one.specifier.contains(version) for version in versions), one.name


def test_cluster_lock_fulfills_its_extra():
    """Spark is pinned within the bounds of the extra, and nothing else needs it."""
    (spark,) = map(Requirement, PROJECT["project"]["optional-dependencies"]["cluster"])

    versions = [version for version, _ in pins(CLUSTER_LOCK)[spark.name]]

    assert all(spark.specifier.contains(version) for version in versions)
    assert not any(spark.name in pins(lock) for lock in LOCKS.values())


def test_test_lock_holds_all_of_the_runtime_lock():
    """After the tests' set-up the demo has what it needs, at the same versions."""
    runtime, test = (pins(lock) for lock in LOCKS.values())

    assert {name: test.get(name) for name in runtime} == runtime


@pytest.mark.parametrize(
    "name", ["gridkit", "gridkit.errors", "gridkit.profile", "gridkit.records"]
)
def test_import_is_light(name):
    """What every command imports loads no maps, widgets or numerics."""
    code = f"import sys, {name}; print(sorted(set(sys.modules) & set({HEAVY!r})))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_hotspots_wait_for_what_is_slow_to_load():
    """Compilers and the laws of scipy, a second and more, are loaded when a method needs them."""
    slow = ["numba", "scipy.stats", "scipy.optimize", "duckdb", "folium"]
    code = f"import sys, gridkit.hotspots; print(sorted(set(sys.modules) & set({slow!r})))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_imports_go_down_the_page():
    """The import contracts of pyproject hold."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_top_level_is_tidy():
    """The repository's first page shows what a newcomer needs and nothing else."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")

    shown = {path.split("/")[0] for path in done.stdout.decode().split("\0") if path}

    assert {name for name in shown - TOP if not name.startswith(".")} == set()
    assert shown >= {"start.py", "LICENSE", "CHANGELOG.md", "README.md", "environment.yml"}


def test_license_is_the_one_declared():
    """LICENSE holds the whole text of the license that pyproject names."""
    text = (ROOT / "LICENSE").read_text()

    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_changelog_has_a_place_for_what_is_next():
    """CHANGELOG.md keeps an unreleased section at its head."""
    headings = re.findall(
        r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert "Unreleased" in headings[0]
