"""Double coding in a class: a sheet for each group, and the trainer's page of what they differ in."""

from __future__ import annotations

import pandas as pd
import pytest

from gridkit.errors import AlignmentError, DataError
from gridkit.training.coding_file import (
    CodingFile,
    class_set,
    read_coding,
    save_coding,
    together,
)
from gridkit.training.coding_sheet import CodingSheet
from gridkit.training.coding_view import CodingView

LEVELS = ["red", "orange", "yellow", "blue"]


@pytest.fixture(scope="module")
def card():
    """Give the card's bands of the thirty."""
    return class_set("level_1")[1]["card"].astype("str")


def code(folder, group, bands):
    """Fill in a sheet as a trainee does, and save it."""
    sheet = CodingSheet(folder)
    sheet.group.value = group
    sheet.start.click()
    for concern, band in bands.items():
        sheet.picks[concern].value = band
    sheet.keep.click()
    return sheet


def test_the_thirty_are_the_same_on_every_machine(tmp_path, card):
    """The sheet lists the set of the scenario, chooses nothing, and does not say what the card says."""
    sheet = CodingSheet(tmp_path)
    sheet.start.click()

    assert list(sheet.picks) == list(card.index)
    assert {pick.value for pick in sheet.picks.values()} == {""}
    assert len(card) == 30
    assert set(card) == set(LEVELS)


def test_three_groups_code_and_the_trainer_reads_what_they_differ_in(tmp_path, card):
    """One agrees with the card, one puts all a step lower, one leaves half: all is told in words."""
    lower = card.map(dict(zip(LEVELS, [*LEVELS[1:], "blue"], strict=True)))
    code(tmp_path, "甲组", card)
    code(tmp_path, "乙组", lower)
    part = code(tmp_path, "丙组", card.iloc[:15])

    view = CodingView(tmp_path)
    view.go.click()

    page = (tmp_path / "双人评定.html").read_text(encoding="utf-8")
    moved = int((lower != card).sum())
    assert "还有 15 件没评" in part.told
    assert f"{moved / 30:.2f}" in page
    assert "1.00 (1.00–1.00)" in page
    assert "没评" in page
    assert all(
        words in page for words in ("虚构", "乙组 与 甲组", "乙组与评分卡的混淆表", "ESI")
    )
    assert not any(f">{code}<" in page for code in [*LEVELS, "card", "under", "over"])


def test_a_sheet_without_a_group_or_a_band_is_not_saved(tmp_path, card):
    """A file names its group by a letter; an empty coding shows nothing."""
    nameless = code(tmp_path, " ", card)
    empty = code(tmp_path, "甲组", {})

    assert all("请填组别" in sheet.told for sheet in (nameless, empty))
    assert not list(tmp_path.glob("*.json"))


def test_codings_of_different_sets_are_not_held_together(tmp_path):
    """Another seed is another thirty; a group stands once; a file of something else is refused."""
    one = CodingFile("甲组", "level_1", 1, pd.Series({"a": "red"}))

    assert read_coding(save_coding(one, tmp_path)).bands.to_dict() == {"a": "red"}
    with pytest.raises(AlignmentError, match="different scenarios"):
        together([one, one._replace(group="乙组", seed=2)])
    with pytest.raises(DataError, match="another group"):
        together([one, one])
    (tmp_path / "评定_x.json").write_text("[]", encoding="utf-8")
    view = CodingView(tmp_path)
    view.go.click()
    assert "不是保存下来的评定" in view.told
