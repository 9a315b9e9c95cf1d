"""Drafts are on the disk as typed, whole or not at all, and go only on purpose."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridkit.errors import StoreError
from gridkit.records.drafts import Draft, Drafts

AT = "2026-11-22T02:00:00.000Z"
TYPED = st.dictionaries(
    st.text(max_size=8), st.text(max_size=40) | st.booleans() | st.lists(st.text(max_size=4))
)


@pytest.fixture
def drafts(tmp_path):
    """Give the drafts beside a ledger that need not be there."""
    return Drafts.beside(tmp_path / "ledger.db")


@given(TYPED)
def test_what_was_typed_comes_back(tmp_path_factory, typed):
    """Any text and tick comes back as it was, from the disk, in another reader."""
    folder = tmp_path_factory.mktemp("drafts")
    Drafts(folder).keep(Draft("d1", "a", AT, {"visit": typed}))

    assert Drafts(folder).listed()[0].content == {"visit": typed}


def test_a_draft_is_its_owners_only(drafts):
    """No other user of the machine can read a draft: it holds residents' words."""
    drafts.keep(Draft("d1", "a", AT, {}))

    if os.name != "nt":
        modes = [p.stat().st_mode for p in (drafts.folder, *drafts.folder.iterdir())]
        assert [stat.S_IMODE(mode) for mode in modes] == [0o700, 0o600]


def test_the_latest_draft_comes_first(drafts):
    """Drafts are listed by the time of writing; other files do not disturb."""
    drafts.keep(Draft("d1", "a", "2026-11-22T02:00:00.000Z", {}))
    drafts.keep(Draft("d2", "b", "2026-11-22T03:00:00.000Z", {}))
    (drafts.folder / "note.json").write_text("{", encoding="utf-8")

    assert [draft.draft_id for draft in drafts.listed()] == ["d2", "d1"]
    assert (drafts.folder / "note.json").exists()


def test_a_draft_taken_over_is_not_overwritten(drafts):
    """After another form has taken it, the first one's version is refused, not written."""
    drafts.keep(Draft("d1", "a", AT, {"visit": {"note": "one"}}))
    assert drafts.take("d1", "b").content == {"visit": {"note": "one"}}

    assert not drafts.keep(Draft("d1", "a", AT, {"visit": {"note": "two"}}))
    assert drafts.keep(Draft("d1", "b", AT, {"visit": {"note": "three"}}))
    assert drafts.listed()[0].content == {"visit": {"note": "three"}}
    assert drafts.take("gone", "b") is None


def test_a_draft_that_cannot_be_written_is_said(drafts):
    """Where the folder cannot be made, the error says what to do."""
    drafts.folder.write_text("a file is in the way", encoding="utf-8")

    with pytest.raises(StoreError) as caught:
        drafts.keep(Draft("d1", "a", AT, {}))

    assert "草稿没有写到磁盘" in caught.value.zh
