"""Weekly runs kept in a file, so that the burden of a year is not worked out every week."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.hotspots.alarm_rule import AlarmRule
from gridkit.hotspots.study import Study
from gridkit.hotspots.weekly_run import CLUSTER_TYPES, SCAN_TYPES, Run

_VERSION = 1  # of the file and of how runs are made: others are not read


class RunFile:
    """Runs by a key that changes with the data, the rule and the seed.

    Parameters
    ----------
    path : Path, optional
        A JSON file; a file that is missing or cannot be read counts as empty, for all in it
        can be worked out again. None keeps nothing.

    Notes
    -----
    It holds grid ids and counts, no concern: for the desk, readable by its owner only.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._kept = _read(path)

    def find(self, key: str) -> Run | None:
        """Give a run that was kept."""
        plain = self._kept.get(key)
        if plain is None:
            return None
        try:
            return _from_plain(plain)
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, key: str, run: Run) -> None:
        """Keep a run in place of those of the same week and rule on other data."""
        week, _, rule = key.split()
        for other in [k for k in self._kept if k.startswith(week) and k.endswith(rule)]:
            del self._kept[other]
        self._kept[key] = _to_plain(run)

    def save(self) -> None:
        """Write the runs."""
        if self.path is None:
            return
        text = json.dumps({"version": _VERSION, "runs": self._kept}, separators=(",", ":"))
        handle, draft = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).replace(self.path)
        finally:
            Path(draft).unlink(missing_ok=True)


def run_key(study: Study, week: pd.Timestamp, rule: AlarmRule, seed: int) -> str:
    """Name a run by what decides its outcome."""
    span = study.span(week, rule.history_weeks)
    if rule.model != "permutation":
        span = slice(0, span.stop)
    said = json.dumps([rule.to_dict(), seed, _VERSION], sort_keys=True)
    chosen = hashlib.sha256(said.encode()).hexdigest()[:12]
    return f"{week:%Y-%m-%d} {study.fingerprint(span)} {chosen}"


def _read(path: Path | None) -> dict[str, Any]:
    if path is None or not path.is_file():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        known = held["version"] == _VERSION and isinstance(held["runs"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return dict(held["runs"]) if known else {}


def _to_plain(run: Run) -> dict[str, Any]:
    clusters = run.clusters.assign(
        **{"from": _days(run.clusters["from"]), "to": _days(run.clusters["to"])}
    )
    return {
        "week": f"{run.week:%Y-%m-%d}",
        "weeks": run.weeks,
        "clusters": _rows(clusters, list(CLUSTER_TYPES)),
        "scans": _rows(run.scans, list(SCAN_TYPES)),
    }


def _days(dates: pd.Series) -> pd.Series:
    text: pd.Series = dates.dt.strftime("%Y-%m-%d")
    return text


def _rows(table: pd.DataFrame, columns: list[str]) -> list[list[Any]]:
    plain = table[columns].astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


def _from_plain(plain: dict[str, Any]) -> Run:
    clusters = pd.DataFrame(plain["clusters"], columns=list(CLUSTER_TYPES))
    clusters.index = pd.RangeIndex(1, len(clusters) + 1, name="cluster")
    scans = pd.DataFrame(plain["scans"], columns=list(SCAN_TYPES))
    return Run(
        pd.Timestamp(plain["week"]).as_unit("s"),
        int(plain["weeks"]),
        clusters.astype(CLUSTER_TYPES),
        scans.astype(SCAN_TYPES),
    )
