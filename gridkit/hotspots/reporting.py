"""The model behind silent grids: reporting rates from repeats and counts, fitted together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaln

from gridkit.hotspots.neighbors import Neighbors

_Floats = NDArray[np.float64]

_PRIOR_CASES = 2.0  # weight of the county's rate in a neighborhood's
_LEAST = 1e-300  # stands for a chance of zero in logarithms


class Seen(NamedTuple):
    """What the fit looks at: of the grids, and of the nodes of the reporting rate."""

    heard: _Floats
    weight: _Floats
    around: _Floats
    again: _Floats  # log chance of the repeats, grids x nodes
    nodes: _Floats
    chance: _Floats  # of a cause to be heard of, per node


class Fitted(NamedTuple):
    """The five parameters of the model."""

    shape: float
    mean: float
    scale: float
    need: float
    share: float


def fit(seen: Seen, crude: float) -> Fitted:
    """Maximize the marginal likelihood of repeats and counts over the five parameters."""
    from scipy.optimize import minimize  # loaded at need

    def cost(at: _Floats) -> float:
        arising = np.exp(at[2]) * seen.weight * seen.around ** at[4]
        told = log_heard(seen.heard, arising, seen.chance, np.exp(at[3]))
        before = prior(seen.nodes, np.exp(at[0]), np.exp(at[1]))
        each = seen.again + told + np.log(before + _LEAST)
        top = each.max(axis=1)
        return -float((top + np.log(np.exp(each - top[:, None]).sum(axis=1))).sum())

    scale = seen.heard.sum() / seen.weight.sum() / np.interp(crude, seen.nodes, seen.chance)
    start = np.array([0.4, np.log(crude), np.log(scale), 1.0, 0.5])
    wide, narrow = (np.log(0.1), np.log(1e3)), (np.log(crude / 30), np.log(crude * 3))
    bounds = [wide, narrow, (None, None), wide, (0.0, 1.0)]
    best = minimize(cost, start, method="L-BFGS-B", bounds=bounds).x
    shape, mean, scale, need = (float(v) for v in np.exp(best[:4]))
    return Fitted(shape, mean, scale, need, float(best[4]))


def prior(nodes: _Floats, shape: float, mean: float) -> _Floats:
    """Give the gamma chances of the nodes; the outermost hold the tails."""
    borders = np.sqrt(nodes[1:] * nodes[:-1])
    below = gammainc(shape, shape / mean * borders)
    return np.diff(below, prepend=0.0, append=1.0)


def odds(log_likelihood: _Floats, before: _Floats) -> _Floats:
    """Turn log likelihoods (n, m) into posterior chances of the nodes, row by row."""
    each = log_likelihood + np.log(before + _LEAST)
    chances = np.exp(each - each.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def log_repeats(repeated: _Floats, watched: _Floats, nodes: _Floats) -> _Floats:
    """Log chance of the repeats at each node, shape (n, m), up to a constant: Poisson."""
    mean = watched[:, None] * nodes
    each = repeated[:, None] * np.log(np.maximum(mean, _LEAST)) - mean
    return np.asarray(np.where((watched == 0)[:, None], 0.0, each))


def log_heard(heard: _Floats, arising: _Floats, chance: _Floats, need: float) -> _Floats:
    """Log chance of the counts at each node, shape (n, m): negative binomial."""
    per_case = np.log(np.maximum(chance, _LEAST)) - np.log(need)
    size = np.log(np.maximum(arising, _LEAST))
    known = gammaln(heard + need) - gammaln(need) - gammaln(heard + 1) + heard * size
    curve = np.log1p(np.multiply.outer(arising / need, chance))
    curve *= -(heard + need)[:, None]
    curve += np.multiply.outer(heard, per_case)
    curve += known[:, None]
    return curve


def around(heard: _Floats, weight: _Floats, neighbors: Neighbors | None) -> _Floats:
    """Rate of each grid's neighbors over the county's, drawn to 1 where they are few."""
    if neighbors is None:
        return np.ones(len(heard))
    expected = heard.sum() / weight.sum() * weight
    near = neighbors.matrix
    return np.asarray((near @ heard + _PRIOR_CASES) / (near @ expected + _PRIOR_CASES))


def quantile(values: _Floats, chances: _Floats, at: float) -> _Floats:
    """Take the quantile under each row of chances; values ascend in equal ratios."""
    total = np.cumsum(chances, axis=1)
    place = np.minimum((total < at).sum(axis=1), len(values) - 1)
    rows = np.arange(len(chances))
    inside = chances[rows, place]
    short = np.divide(
        total[rows, place] - at, inside, out=np.zeros(len(rows)), where=inside > 0
    )
    ratio = values[1] / values[0]
    return np.asarray(values[place] * ratio ** (0.5 - np.clip(short, 0.0, 1.0)))


def below(values: _Floats, chances: _Floats, limit: float) -> _Floats:
    """Add up the chances below a limit; the node that it cuts counts in part."""
    ratio = np.log(values[1] / values[0])
    part = np.clip(np.log(limit / values) / ratio + 0.5, 0.0, 1.0)
    return np.asarray(chances @ part)


def variance(values: _Floats, chances: _Floats) -> _Floats:
    """Give the variance of the values under each row of chances."""
    mean = chances @ values
    return np.asarray(chances @ values**2 - mean**2)
