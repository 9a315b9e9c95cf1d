"""Concerns and steps as frames, from texts such as `2026-01-05 routed`."""

import datetime as dt

import pandas as pd

from gridkit.profile import load_profile

PROFILE = load_profile()
WAGES = {"demand_type": "wages", "demand_detail": "unpaid_wages"}
WATER = {"demand_type": "water", "demand_detail": "water_cut"}


def concerns(*heard: str, **fields: str) -> pd.DataFrame:
    """Make concerns c0, c1, ... heard on these days."""
    dates = pd.to_datetime(list(heard)).as_unit("s")
    index = pd.Index([f"c{i}" for i in range(len(heard))], dtype="str", name="record_id")
    table = pd.DataFrame({"heard_on": dates}, index=index)
    return table.assign(
        **{name: pd.Categorical([code] * len(heard)) for name, code in fields.items()}
    )


def steps(*taken: str, of: str = "c0") -> pd.DataFrame:
    """Make steps from texts such as "2026-01-05 routed" or "2026-03-01 followed_up no"."""
    parts = [text.split() for text in taken]
    answers = [p[2] == "yes" if len(p) > 2 else None for p in parts]
    return pd.DataFrame(
        {
            "concern_id": pd.Series([of] * len(parts), dtype="str"),
            "action": pd.Categorical([p[1] for p in parts]),
            "on": pd.to_datetime([p[0] for p in parts]).as_unit("s"),
            "satisfied": pd.array(answers, dtype="boolean"),
        }
    )


def one(due: pd.DataFrame) -> dict[str, object]:
    """Return the only row with dates as text."""
    row = due.iloc[0].to_dict()
    return {
        name: f"{value:%Y-%m-%d}"
        if isinstance(value, pd.Timestamp) and not pd.isna(value)
        else value
        for name, value in row.items()
    }


def day(text: str) -> dt.date:
    """Read a date."""
    return dt.date.fromisoformat(text)
