"""The trainer's guide: two sheets of A4, and no certificate for anybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridkit.training.guide import guide_page, show_guide


def test_the_guide_is_shown_written_and_asks_nobody(tmp_path):
    """The timing of ninety minutes; no script, no address."""
    show_guide(tmp_path)

    page = (tmp_path / "培训员手册.html").read_text(encoding="utf-8")
    assert page == guide_page()
    assert all(words in page for words in ("<table>", "85–90", "没有分数, 没有排名, 没有证书"))
    assert not re.search(r"<script|https?://", page)


@pytest.mark.browser
def test_the_guide_prints_on_two_pages(page, tmp_path):
    """On A4 as the page itself asks for."""
    page.set_content(guide_page())

    made = page.pdf(path=tmp_path / "guide.pdf", prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", made)) == 2
    assert Path(tmp_path / "guide.pdf").is_file()
