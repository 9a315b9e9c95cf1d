"""The colors of bands: told apart by every eye, and in grey."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from gridkit.profile import load_profile

PROFILE = load_profile()

# Machado, Oliveira & Fernandes (2009), A physiologically-based model for simulation of color
# vision deficiency, severity 1.0, on linear RGB. https://doi.org/10.1109/TVCG.2009.113
VISION = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def lab(color: str, vision: str) -> np.ndarray:
    """Return CIE L*a*b* (D65) of a color as somebody with this vision sees it."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen / [0.9505, 1.0, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_bands_are_told_apart_by_every_eye(vision):
    """Any two band colors differ clearly (CIE76 above 20), for color-blind readers too."""
    for one, other in combinations(PROFILE.bands, 2):
        apart = np.linalg.norm(lab(one.color, vision) - lab(other.color, vision))
        assert apart > 20, (one.code, other.code)


def test_bands_keep_their_order_in_grey():
    """The more urgent, the darker: at least 10 steps of lightness between neighbors."""
    light = [lab(band.color, "normal")[0] for band in PROFILE.bands]

    assert [band.code for band in PROFILE.bands] == ["red", "orange", "yellow", "blue"]
    assert all(after - before > 10 for before, after in pairwise(light))


def test_bands_start_at_60_40_20_and_0():
    """Scores are integers: above 59 is 60 or more."""
    assert [band.above + 1 for band in PROFILE.bands] == [60, 40, 20, 0]
