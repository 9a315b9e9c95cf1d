"""The clusters of a week as a table: numbers, what they are made of, and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gridkit.hotspots.heaps import heaps, inside
from gridkit.hotspots.in_common import in_common
from gridkit.hotspots.names import Names, make_names
from gridkit.hotspots.other_reasons import other_reasons
from gridkit.hotspots.warning_words import cluster_words

if TYPE_CHECKING:
    import geopandas as gpd

    from gridkit.hotspots.weekly_run import Run
    from gridkit.profile import Profile


def told_clusters(
    clusters: pd.DataFrame, heard: pd.DataFrame, grids: gpd.GeoDataFrame, profile: Profile
) -> pd.DataFrame:
    """Add what clusters are made of, share, and may else be, in numbers and words."""
    names = make_names(grids, profile)
    words = {lang: f"{{}}_{lang}" for lang in ("zh", "en")}
    parts = {
        "mind": heaps(heard, clusters),
        "shared": in_common(heard, clusters, profile),
        "other": other_reasons(heard, clusters, grids),
    }
    table = clusters
    for kind, part in parts.items():
        table = table.join(part.rename(columns={k: v.format(kind) for k, v in words.items()}))
    inner = [inside(heard, row) for _, row in table.iterrows()]
    for lang in ("zh", "en"):
        said = [
            cluster_words(row, names, mine, lang)
            for (_, row), mine in zip(table.iterrows(), inner, strict=True)
        ]
        table[f"said_{lang}"] = pd.Series(said, index=table.index, dtype="str")
        table[lang] = (table[f"said_{lang}"] + " " + table[f"mind_{lang}"]).str.strip()
    return table


def told_ended(last: Run | None, gone: list[Any], names: Names) -> pd.DataFrame:
    """List the stories of last week that are over, with words."""
    columns = ["category", "members", "center", "from", "to", "observed", "expected"]
    if last is None:
        return pd.DataFrame(columns=[*columns, "zh", "en"])
    over = last.clusters.loc[gone]
    over = over[over["same_as"].isna() | ~over["same_as"].isin(over.index)][columns]
    for lang in ("zh", "en"):
        said = []
        for _, row in over.iterrows():
            kind, center = names.of_type(row["category"], lang), names.grids[row["center"]]
            said.append(
                f"{kind}, {center} 一带: 上周 {row['observed']} 件, 预期 {row['expected']:.1f} 件。"
                if lang == "zh"
                else f"{kind}, around {center}: {row['observed']} cases last week, "
                f"{row['expected']:.1f} expected."
            )
        over = over.assign(**{lang: pd.Series(said, index=over.index, dtype="str")})
    return over
