"""The parameters of Open311 requests: which of them are asked for, and between which moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from gridkit.errors import DataError
from gridkit.records.revision import CIVIL_ZONE

DAYS, MOST = 90, 1000
"""What is given where nothing is asked: the span of days and the number, as the spec says."""


def select(
    table: pd.DataFrame,
    on: dt.date,
    *,
    ids: Collection[str] = (),
    codes: Collection[str] = (),
    status: Collection[str] = (),
    span: tuple[dt.datetime | None, dt.datetime | None] = (None, None),
) -> list[dict[str, Any]]:
    """Choose requests as the spec's parameters do; by ids alone, or else by all the others.

    Parameters
    ----------
    table : DataFrame
        From `requests`.
    on : date
        The last 90 days before it, at most 1000, where no span is given.
    ids, codes, status : collection of str
        `service_request_id`, `service_code`, `status`; none asks nothing.
    span : (datetime, datetime)
        `start_date` and `end_date` with their zones, both inclusive; None is no bound. They
        may not lie more than 90 days apart.

    Returns
    -------
    list of dict

    Raises
    ------
    DataError
        If a status is none of the spec's, or the span is too long.
    """
    if ids:
        kept = table["service_request_id"].isin(list(ids)).to_numpy()
    else:
        _check(status, span)
        first, last = span
        if first is None and last is None:
            midnight = dt.datetime.combine(on, dt.time(), CIVIL_ZONE)
            first = midnight - dt.timedelta(days=DAYS)
        heard = pd.to_datetime(table["requested_datetime"], utc=True)
        kept = np.ones(len(table), dtype=bool)
        if first is not None:
            kept &= (heard >= first).to_numpy()
        if last is not None:
            kept &= (heard <= last).to_numpy()
        for name, wanted in (("service_code", codes), ("status", status)):
            if wanted:
                kept = kept & table[name].isin(list(wanted)).to_numpy()
    rows = table[kept].head(MOST).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _check(
    status: Collection[str], span: tuple[dt.datetime | None, dt.datetime | None]
) -> None:
    if not set(status) <= {"open", "closed"}:
        raise DataError(zh="`status` 只有 open 和 closed。", en="`status` is open or closed.")
    first, last = span
    if first and last and last - first > dt.timedelta(days=DAYS):
        raise DataError(
            zh=f"`start_date` 到 `end_date` 不得超过 {DAYS} 天; 请分段查询。",
            en=f"`start_date` to `end_date` may not span more than {DAYS} days; ask in parts.",
        )


def moment_of(text: str, *, end: bool = False) -> dt.datetime:
    """Read a date parameter: a W3C datetime with its zone, or a civil day of China.

    Parameters
    ----------
    text : str
        A plus sign that became a space on its way in the address is read as one.
    end : bool
        Whether a day stands for its end.

    Raises
    ------
    DataError
        If it is neither.

    Examples
    --------
    >>> moment_of("2026-11-03T23:00:00Z").isoformat(), moment_of("2026-11-03", end=True).isoformat()
    ('2026-11-03T23:00:00+00:00', '2026-11-03T23:59:59+08:00')
    """
    text = text.strip().replace(" ", "+") if "T" in text else text.strip()
    try:
        if len(text) == 10:
            clock = dt.time(23, 59, 59) if end else dt.time()
            return dt.datetime.combine(dt.date.fromisoformat(text), clock, CIVIL_ZONE)
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise DataError(
            zh="日期要写成 2026-11-03 或 2026-11-03T08:00:00+08:00。",
            en="A date is written 2026-11-03 or 2026-11-03T08:00:00+08:00.",
        )
    return moment
