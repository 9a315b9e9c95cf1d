"""A coding in a file of its own: which set, which group, which band for each matter.

The set follows from scenario and seed, so that twenty laptops without a network code the
same thirty matters. A file holds letters of groups and bands; no person, no time taken.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridkit.errors import AlignmentError, DataError, StoreError
from gridkit.exchange.output import file_name
from gridkit.training.coding import coding_set
from gridkit.training.history import History
from gridkit.training.scenario import load_scenario

SAVED = "评定*.json"


class CodingFile(NamedTuple):
    """One coding: `group`, the `scenario` and `seed` of its set, `bands` by concern id."""

    group: str
    scenario: str
    seed: int
    bands: pd.Series


def class_set(scenario: str, seed: int | None = None) -> tuple[History, pd.DataFrame]:
    """Give the matters that everybody in a class codes.

    Parameters
    ----------
    scenario : str
        Its id.
    seed : int, optional
        That of the scenario by default.

    Returns
    -------
    tuple of History and DataFrame
        The county, and the matters as `coding.coding_set` gives them: the same on every
        machine.
    """
    its = load_scenario(scenario)
    history = its.history(its.seed if seed is None else seed)
    return history, coding_set(history, rng=np.random.default_rng(history.seed))


def save_coding(coding: CodingFile, folder: str | Path) -> Path:
    """Write a coding to 评定_剧本_组别.json.

    Parameters
    ----------
    coding : CodingFile
    folder : str or Path

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the group has no word, or nothing was coded.
    StoreError
        If the file cannot be written.
    """
    given = coding.bands.dropna()
    if not coding.group.strip() or not len(given):
        raise DataError(
            en="Give the group a letter, and at least one matter a band.",
            zh="请填组别 (如 甲组), 并至少评一件。",
        )
    path = Path(folder) / f"{file_name('评定', coding.scenario, coding.group)}.json"
    content = {**coding._asdict(), "bands": given.astype("str").to_dict()}
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as fault:
        raise StoreError(
            en=f"{path.name} was not written: {fault.strerror}.",
            zh=f"{path.name} 未能写入 ({fault.strerror})。",
        ) from fault
    return path


def read_coding(path: str | Path) -> CodingFile:
    """Read what `save_coding` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    CodingFile

    Raises
    ------
    DataError
        If it is no such file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        bands = pd.Series(dict(content["bands"]), dtype="str")
        return CodingFile(
            str(content["group"]), str(content["scenario"]), int(content["seed"]), bands
        )
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DataError(
            en=f"{Path(path).name} is no saved coding.",
            zh=f"{Path(path).name} 不是保存下来的评定。",
        ) from fault


def together(codings: list[CodingFile]) -> dict[str, pd.Series]:
    """Lay codings of one set side by side.

    Parameters
    ----------
    codings : list of CodingFile

    Returns
    -------
    dict of str to Series
        Bands by group, as `coding.agree` takes them.

    Raises
    ------
    AlignmentError
        If they are of different scenarios or seeds.
    DataError
        If there is none, or two groups have one name.

    Examples
    --------
    >>> one = CodingFile("甲组", "level_1", 1, pd.Series({"a": "red"}))
    >>> list(together([one, one._replace(group="乙组")]))
    ['甲组', '乙组']
    """
    if len({(its.scenario, its.seed) for its in codings}) > 1:
        raise AlignmentError(
            en="The codings are of different scenarios or seeds; choose those of one set.",
            zh="这些评定不是同一剧本、同一种子的三十件, 请只放同一套的。",
        )
    names = [its.group for its in codings]
    if not names or len(set(names)) < len(names):
        raise DataError(
            en="There must be one coding or more, each of another group.",
            zh="至少要有一份评定, 组别各不相同。",
        )
    return {its.group: its.bands for its in codings}
