"""Places on a square lattice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from gridkit.hotspots import (
    Neighbors,
    within,
)


def lattice(side: int) -> Neighbors:
    """Lay `side` x `side` places one meter apart, each a neighbor of up to four."""
    x, y = np.divmod(np.arange(side * side), side)
    return within(gpd.GeoSeries(gpd.points_from_xy(x, y)), 1)
