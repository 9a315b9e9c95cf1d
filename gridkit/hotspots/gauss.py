"""Sums of Gaussians on a raster: exact to a given precision, at a cost that ignores bandwidth.

Each point is moved to the center of its cell, and the move is made good by a Taylor series:
the moments of the points in each cell are spread by the derivatives of the kernel. Because the
kernel is a product of one in x and one in y, spreading is two matrix products per moment.
How many moments a precision needs is found by trying them on the worst place of a point.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_Floats = NDArray[np.float64]

_MOST_ORDERS = 40


def order_needed(step: float, precision: float) -> int:
    """Give the order of the series that keeps the error of one point below `precision`.

    `step` is the cell's side over the bandwidth; the error is a share of the kernel's peak, at
    the worst place for a point in a cell's corner, where the series is poorest.
    """
    away = step / 2
    u = np.linspace(-6.0, 6.0, 121)
    exact = np.exp(-((u - away) ** 2) / 2)
    left = np.outer(exact, exact)
    terms = _derivatives_at(u, _MOST_ORDERS) * np.sqrt(2 * np.pi)
    terms *= np.array([away**k / factorial(k) for k in range(_MOST_ORDERS + 1)])[:, None]
    for order in range(_MOST_ORDERS):
        left -= sum(np.outer(terms[k], terms[order - k]) for k in range(order + 1))
        if np.abs(left).max() <= precision:
            return order
    return _MOST_ORDERS


def spread(
    points: _Floats, weights: _Floats, x: _Floats, y: _Floats, bandwidth: float, order: int
) -> _Floats:
    """Sum weighted Gaussian densities at cell centers x (m,), y (n,); returns (n, m).

    Points must lie in cells of the raster; all in the same unit of length.
    """
    side = x[1] - x[0] if len(x) > 1 else y[1] - y[0] if len(y) > 1 else bandwidth
    column = np.clip(np.rint((points[:, 0] - x[0]) / side).astype(np.intp), 0, len(x) - 1)
    row = np.clip(np.rint((points[:, 1] - y[0]) / side).astype(np.intp), 0, len(y) - 1)
    dx = (points[:, 0] - x[column]) / bandwidth
    dy = (points[:, 1] - y[row]) / bandwidth
    cell = row * len(x) + column
    across, along = (_derivatives_at((c[:, None] - c) / bandwidth, order) for c in (x, y))
    total = np.zeros((len(y), len(x)))
    in_y = weights.astype(np.float64)
    for k in range(order + 1):
        if k:
            in_y = in_y * dy / k
        both = in_y
        rows = np.zeros_like(total)
        for j in range(order + 1 - k):
            if j:
                both = both * dx / j
            moment = np.bincount(cell, weights=both, minlength=total.size)
            rows += moment.reshape(total.shape) @ across[j].T
        total += along[k] @ rows
    return total / bandwidth**2


def covered(mask: NDArray[np.bool_], side: float, bandwidth: float) -> _Floats:
    """Give the share of a kernel at each cell center that falls on cells of the mask."""
    shares = [_overlap(n, side / bandwidth) for n in mask.shape]
    return np.asarray(shares[0] @ mask.astype(np.float64) @ shares[1].T)


def _derivatives_at(u: _Floats, order: int) -> _Floats:
    """Give (-1)^k times the k-th derivative of the normal density, k = 0 to `order`."""
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    terms = [density, u * density]
    for k in range(1, order):
        terms.append(u * terms[k] - k * terms[k - 1])
    return np.stack(terms[: order + 1])


def _overlap(n: int, step: float) -> _Floats:
    """Integrate the kernel of each center over each cell, exactly."""
    border = np.arange(n + 1) - 0.5
    return np.diff(ndtr((border - np.arange(n)[:, None]) * step), axis=1)
