"""The truth of a history, in a file of its own: for the trainer, and for no other chapter.

Nothing else in gridkit knows this format; chapters above cannot import this one
(import-linter), and a test holds that no ledger has any of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gridkit.errors import DataError, StoreError, why_os
from gridkit.records.spared import need_other
from gridkit.training.history import History

_DAYS = ("starts", "harm_on", "ends")


def write_causes(history: History, path: str | Path) -> None:
    """Write down what lay behind the matters of a history.

    Parameters
    ----------
    history : History
    path : str or Path
        A JSON file; best outside the workspace.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    causes = history.causes
    table = causes.table.copy()
    for name in _DAYS:
        table[name] = table[name].dt.strftime("%Y-%m-%d")
    content = {
        "about": "虚构的真相, 仅供培训员 / an invented truth, for the trainer alone",
        "seed": history.seed,
        "end": history.end.isoformat(),
        "causes": json.loads(table.reset_index().to_json(orient="records", force_ascii=False)),
        "reach": causes.reach.groupby("cause")["grid_id"].agg(list).to_dict(),
        "of_concern": causes.of_concern.dropna().to_dict(),
        "silent": causes.silent.index[causes.silent].tolist(),
    }
    save_truth(content, path)


def save_truth(content: Mapping[str, Any], path: str | Path) -> None:
    """Write a truth as JSON.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    text = json.dumps(content, ensure_ascii=False, indent=1)
    need_other(path)
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise StoreError(
            en=f"{Path(path).name} was not written: {fault.strerror}; check the folder.",
            zh=f"{Path(path).name} 未能写入 ({why_os(fault)}); 请检查文件夹。",
        ) from fault


def read_outcomes_of_truth(path: str | Path) -> pd.DataFrame:
    """Read harm and cause by concern out of a truth file, as `triage.evaluate` takes them.

    Parameters
    ----------
    path : str or Path
        What `write_causes` wrote.

    Returns
    -------
    DataFrame, indexed by concern id
        `harm_on`, `cause`.

    Raises
    ------
    DataError
        If it is no such file.
    """
    try:
        content = json.loads(Path(path).read_text("utf-8"))
        cause = pd.Series(content["of_concern"], dtype="str")
        harm = {row["cause"]: row["harm_on"] for row in content["causes"]}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DataError(
            en=f"{Path(path).name} is no truth file of gridkit.",
            zh=f"{Path(path).name} 不是 gridkit 的真相文件。",
        ) from fault
    days = pd.to_datetime(cause.map(harm)).astype("datetime64[s]")
    return pd.DataFrame({"harm_on": days, "cause": cause}).rename_axis("concern_id")
