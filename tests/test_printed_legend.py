"""The legend of a printed map: nobody can scroll paper."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from gridkit.maps.printing import print_map
from layer_kinds import KINDS, make, on_a_map


@pytest.mark.browser
@pytest.mark.parametrize("kinds", [6, len(KINDS)])
def test_a_printed_legend_is_whole_or_says_what_it_leaves_out(kinds, tmp_path):
    """Nobody can scroll paper: six layers fit, of fourteen those left out are counted."""
    if not shutil.which("chromium") or not shutil.which("pdftotext"):
        pytest.skip("needs Chromium and poppler-utils")
    drawn = [make(kind) for kind in KINDS[:kinds]]

    file = print_map(on_a_map(drawn), tmp_path / "图.pdf")

    text = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True).stdout
    said = re.sub(r"\s", "", text.decode("utf-8"))
    titles = [re.sub(r"\s", "", layer.legend.title) for layer in drawn]
    found = re.search(r"另有(\d+)个图层的图例印不下", said)
    left = int(found[1]) if found else 0
    assert all(title in said for title in titles[: kinds - left])
    assert (left == 0) == (kinds == 6) == (titles[-1] in said)
