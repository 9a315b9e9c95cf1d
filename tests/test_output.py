"""Files that are handed over: whole or not at all, and why not, in two languages."""

from __future__ import annotations

import pytest

from gridkit.errors import StoreError
from gridkit.exchange.output import put


def test_a_file_that_cannot_be_written_is_told_in_each_language(tmp_path):
    """No English stands in the Chinese sentence, and what was there is kept."""
    (tmp_path / "台账.xlsx").mkdir()
    for path in (tmp_path / "没有" / "台账.xlsx", tmp_path / "台账.xlsx"):
        with pytest.raises(StoreError) as refused:
            put(path, lambda draft: draft.write_text("x"))

        said = refused.value.zh.replace("台账.xlsx", "")
        assert not any("a" <= c.lower() <= "z" for c in said)
        assert "没有这个文件或文件夹" in said or "这是一个文件夹" in said
    assert [p.name for p in tmp_path.iterdir()] == ["台账.xlsx"]
