"""Names: what grids and demand types are called, in place of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from gridkit.hotspots.study import ALL

if TYPE_CHECKING:
    from gridkit.profile import Profile


class Names(NamedTuple):
    """What grids and demand types are called."""

    grids: dict[str, str]
    types: dict[str, tuple[str, str]]

    def of_type(self, category: str, lang: str) -> str:
        """Name a demand type, or all of them."""
        if category == ALL:
            return "各类诉求合计" if lang == "zh" else "all demands together"
        return self.types[category][lang != "zh"]


def make_names(grids: pd.DataFrame, profile: Profile) -> Names:
    """Take names from the grids' columns `name` and `township_name`, and from the profile."""
    types = {c.code: (c.zh, c.en) for c in profile.choices("demand_type")}
    return Names(_places(grids), types)


def _places(grids: pd.DataFrame) -> dict[str, str]:
    place = pd.Series(grids.index.astype("str"), index=grids.index)
    if "name" in grids:
        known = grids["name"].astype("str")
        place = place.where(known.eq("") | grids["name"].isna(), known)
    if "township_name" in grids:
        place = grids["township_name"].astype("str").fillna("") + place
    return dict(zip(grids.index.astype("str"), place, strict=True))


def by_name(sentences: pd.Series, grids: pd.DataFrame, lang: str = "zh") -> pd.DataFrame:
    """Show sentences about grids under the grids' names instead of their ids.

    Parameters
    ----------
    sentences : Series of str, indexed by `grid_id`
        What an `explain_...` returned, as many as are to be shown.
    grids : DataFrame, indexed by `grid_id`
        `name` and `township_name` where they are known.
    lang : str
        Of the headings, "zh" or "en".

    Returns
    -------
    DataFrame
        One column, in the order of `sentences`; grids that are not in `grids` keep their id.

    Examples
    --------
    >>> grids = pd.DataFrame({"name": ["第1网格"], "township_name": ["松岚镇"]}, index=["g1"])
    >>> by_name(pd.Series(["偏高"], index=["g1"]), grids)["说明"].to_dict()
    {'松岚镇第1网格': '偏高'}
    """
    called = _places(grids)
    index = [called.get(str(one), str(one)) for one in sentences.index]
    headings = ("网格", "说明") if lang == "zh" else ("grid", "in words")
    named = pd.Index(index, name=headings[0], dtype="str")
    return pd.DataFrame({headings[1]: sentences.to_numpy()}, index=named)
