"""A ledger that takes the submissions of phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gridkit.exchange import import_submissions
from gridkit.records import Store, create_store
from phone_submissions import COUNTY, GRIDS, NOON


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    """Open an empty ledger on 5 November 2026."""
    with create_store(tmp_path / "ledger.db", county_code=COUNTY, clock=lambda: NOON) as opened:
        yield opened


@pytest.fixture
def take(store: Store, tmp_path: Path) -> Callable[..., Any]:
    """Import a file, given by its name and its bytes, into the ledger."""

    def run(name: str, data: bytes, **how: Any) -> Any:
        file = tmp_path / name
        file.write_bytes(data)
        return import_submissions(file, store, grids=GRIDS, **how)

    return run
