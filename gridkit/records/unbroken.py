"""How far chains of revisions hold: the beginning of each that can be taken safely."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple


class Link(NamedTuple):
    """One revision as a link: its device, its number there, its id, what it builds on."""

    device: str
    seq: int
    rev_id: str
    parents: tuple[str, ...]


def unbroken(links: Iterable[Link], known: Collection[str] = ()) -> dict[str, int]:
    """Tell how far each device's chain can be taken, so that nothing taken lacks its parents.

    Parameters
    ----------
    links : iterable of Link
        Of each device the links that prove themselves, from the first one up to a break.
    known : collection of str
        Revisions that are there already.

    Returns
    -------
    dict of str to int
        By device the last number to take; devices of which nothing can be taken are absent.

    Examples
    --------
    Tablet b goes on from a revision of tablet a that was lost:

    >>> a1 = Link("a", 1, "r1", ())
    >>> b = [Link("b", 1, "s1", ()), Link("b", 2, "s2", ("r2",)), Link("b", 3, "s3", ())]
    >>> unbroken([a1, *b])
    {'a': 1, 'b': 1}
    """
    chains: dict[str, list[Link]] = {}
    for link in links:
        chains.setdefault(link.device, []).append(link)
    ends = {device: len(chain) for device, chain in chains.items()}
    while True:
        there = {one.rev_id for device, n in ends.items() for one in chains[device][:n]}
        shorter = {
            device: _holds(chains[device][:n], there, known) for device, n in ends.items()
        }
        if shorter == ends:
            return _numbers(chains, ends)
        ends = shorter


def _holds(chain: list[Link], there: set[str], known: Collection[str]) -> int:
    for place, link in enumerate(chain):
        if any(parent not in there and parent not in known for parent in link.parents):
            return place
    return len(chain)


def _numbers(chains: Mapping[str, list[Link]], ends: Mapping[str, int]) -> dict[str, int]:
    return {device: chains[device][n - 1].seq for device, n in ends.items() if n}
