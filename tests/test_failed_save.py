"""A save that fails for a real reason: all that was typed stays, and the way out is said."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
import shapely
from PIL import Image

from gridkit.forms import Correction, VisitForm
from gridkit.profile import load_profile
from gridkit.records import create_store
from gridkit.records.grids import make_grids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GRIDS = make_grids(shapely.box(117.40, 26.70, 117.41, 26.71), 500, "990428", 40)
ON = load_profile().model_copy(update={"photos": True})
SAID = "三天没有水"


def opened(folder):
    """Make a ledger of a county that takes photos; it waits a moment only for a lock."""
    path = folder / "ledger.db"
    return create_store(
        path, county_code="990428", profile=ON, clock=lambda: NOW, busy_seconds=0.1
    )


@pytest.fixture
def store(tmp_path):
    """Make an empty ledger."""
    with opened(tmp_path) as made:
        yield made


HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(store):
    """Let another program (one's own locks count for nothing) hold the ledger."""
    words = [sys.executable, "-c", HOLDER, str(store.path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        yield
        other.stdin.close()


def filled(store):
    """Open the form with one visit and one concern typed in."""
    form = VisitForm(store, GRIDS)
    met = {"grid_id": GRIDS.index[0], "outcome": "met", "met_role": "owner"}
    form.load({"visit": met, "concerns": [{"demand_type": "water", "summary": SAID}]})
    return form


def refused(form, words):
    """Push the button; nothing is saved, everything stays, the reason is said."""
    typed = form.value
    form.save_button.click()
    assert "没有保存" in form.message
    assert "填写的内容都还在" in form.message
    assert words in form.message
    assert SAID not in form.message
    assert form.value == typed


def saved_after_all(form, store):
    """Push again once the fault is gone: saved, and saved once."""
    form.save_button.click()
    assert "已保存" in form.message
    assert store.size("visit") == store.size("concern") == 1
    assert store.check().empty


def test_a_ledger_that_another_program_holds(store):
    """The draft is on the disk; a moment later the same button saves."""
    form = filled(store)
    with held(store):
        refused(form, "正被另一个程序")

    again = VisitForm(store, GRIDS)
    again.keeper.resume(form.keeper.draft_id)
    assert again.value == form.value
    saved_after_all(again, store)


def test_a_ledger_that_is_gone(store):
    """A stick pulled out, a file moved away: no empty ledger is made in its place."""
    form = filled(store)
    away = store.path.rename(store.path.with_name("away.db"))

    refused(form, "ledger.db")

    assert not store.path.exists()
    away.rename(store.path)
    saved_after_all(form, store)


def test_a_correction_of_a_held_ledger_keeps_what_was_changed(store):
    """The reason and the change stay; the same button saves them later."""
    form = filled(store)
    concern = form.save().concerns[0].record_id
    correction = Correction(store, GRIDS)
    correction.show(concern)
    correction.section.fields["households_affected"].load(4)
    correction.reason.value = "补户数"
    with held(store):
        correction.save_button.click()

    assert "没有保存" in correction.message
    assert correction.reason.value == "补户数"
    assert correction.section.fields["households_affected"].value == 4
    correction.save_button.click()
    assert "已更正" in correction.message


@pytest.fixture
def small_disk(tmp_path):
    """Mount a real file system of two megabytes; only root can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("this sandbox does not let root mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk(small_disk):
    """Neither visit nor photo fits: both are said, and both succeed once there is room."""
    file = io.BytesIO()
    Image.effect_noise((400, 300), 90).save(file, "PNG")
    with opened(small_disk) as store:
        form = filled(store)
        photo = form.concerns[0].section.fields["photo"]
        filler = small_disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as full:
            while True:
                full.write(bytes(4096))

        photo.take(file.getvalue())
        said = photo.fault.zh
        photo.load(None)
        refused(form, "磁盘已满")
        filler.unlink()
        photo.take(file.getvalue())

        assert "照片没有写到磁盘" in said
        assert not list(store.photos.folder.glob(".*"))
        saved_after_all(form, store)
