"""Six square grids, what was heard in them, and which are hot: inputs of layers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridkit.maps import layers

IDS = pd.Index([f"g{i}" for i in range(6)], name="grid_id")


def grids() -> gpd.GeoDataFrame:
    """Six square grids in two townships."""
    west = 117.0 + 0.1 * np.array([0, 1, 2, 0, 1, 2])
    south = 26.0 + 0.1 * np.array([0, 0, 0, 1, 1, 1])
    return gpd.GeoDataFrame(
        {
            "name": list("甲乙丙丁戊己"),
            "township_code": pd.Categorical(["t1"] * 3 + ["t2"] * 3),
            "township_name": ["古镛镇"] * 3 + ["万安镇"] * 3,
            "households": pd.array([300] * 6, dtype="Int64"),
        },
        geometry=shapely.box(west, south, west + 0.1, south + 0.1),
        index=IDS,
        crs=4326,
    )


def concerns() -> pd.DataFrame:
    """Two thousand concerns with bands, seeded."""
    rng = np.random.default_rng(7)
    n = 2000
    return pd.DataFrame(
        {
            "lon": rng.uniform(117.0, 117.3, n),
            "lat": rng.uniform(26.0, 26.2, n),
            "band": pd.Categorical(rng.choice(["red", "orange", "yellow", "blue"], n)),
            "score": rng.integers(0, 100, n),
        },
        index=[f"r{i:06d}" for i in range(n)],
    )


def classes(layer: layers.GridLayer) -> list[int]:
    """Read the class of each grid."""
    return [f["properties"]["class"] for f in layer.data["features"]]


def tests() -> pd.DataFrame:
    """One grid of each kind, one untested."""
    return pd.DataFrame(
        {
            "hot": pd.Categorical(["hot_99", "hot_95", "hot_90", "cold_95", "none"]),
            "z": [4.0, 3.0, 2.5, -3.0, 0.1],
            "p": [0.0001, 0.001, 0.01, 0.001, 0.9],
            "q": [0.001, 0.02, 0.08, 0.03, 0.95],
            "n": pd.array([30, 20, 15, 1, 8], dtype="Int64"),
            "households": pd.array([300] * 5, dtype="Int64"),
            "expected": [9.0] * 5,
        },
        index=IDS[:5],
    )
