"""Draw how cost grows with the work, as one SVG: time and memory, each doubling a step."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import NamedTuple

WIDE, HIGH, LEFT, TOP, GAP = 230, 190, 56, 44, 70
COLORS = {"CPU s": "#1f5a6e", "MiB": "#b8860b"}


class Run(NamedTuple):
    """One measured run."""

    work: str
    """What was doubled, say "places"."""
    size: float
    seconds: float
    mib: float


def chart(runs: list[Run], title: str, path: Path) -> None:
    """Write a panel per kind of work: sizes on x, CPU seconds and MiB on y, all logarithmic.

    A line as steep as the dotted one doubles with the work.
    """
    kinds = list(dict.fromkeys(run.work for run in runs))
    total = LEFT + len(kinds) * (WIDE + GAP)
    drawn = [
        f'<text x="{LEFT}" y="20" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for number, kind in enumerate(kinds):
        own = [run for run in runs if run.work == kind]
        drawn.append(
            f'<g transform="translate({LEFT + number * (WIDE + GAP)},{TOP})">{_panel(own)}</g>'
        )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {TOP + HIGH + 62}" '
        'font-family="sans-serif" font-size="12" fill="#1d1b18">'
        f'<rect width="100%" height="100%" fill="#fffefb"/>{"".join(drawn)}</svg>\n'
    )
    path.write_text(svg, encoding="utf-8")


def _panel(runs: list[Run]) -> str:
    sizes = [run.size for run in runs]
    values = [v for run in runs for v in (run.seconds, run.mib)]
    low, high = min(math.log2(v) for v in values) - 0.3, max(math.log2(v) for v in values) + 0.3
    first, last = math.log2(sizes[0]), math.log2(sizes[-1])

    def at(size: float, value: float) -> tuple[float, float]:
        x = (math.log2(size) - first) / max(last - first, 1e-9) * WIDE
        return round(x, 1), round(HIGH - (math.log2(value) - low) / (high - low) * HIGH, 1)

    parts = [f'<path d="M0 0V{HIGH}H{WIDE}" fill="none" stroke="#8d887e"/>']
    for size in sizes:
        x, _ = at(size, values[0])
        parts.append(f'<text x="{x}" y="{HIGH + 16}" text-anchor="middle">{size:,.0f}</text>')
    parts.append(
        f'<text x="{WIDE / 2}" y="{HIGH + 36}" text-anchor="middle" font-weight="600">'
        f"{escape(runs[0].work)}</text>"
    )
    ideal = " ".join("{},{}".format(*at(s, runs[0].seconds * s / sizes[0])) for s in sizes)
    parts.append(
        f'<svg width="{WIDE}" height="{HIGH}" overflow="hidden"><polyline points="{ideal}" '
        'fill="none" stroke="#8d887e" stroke-dasharray="2 4"/></svg>'
    )
    sides = (("CPU s", lambda r: r.seconds, 17), ("MiB", lambda r: r.mib, -7))
    for name, read, aside in sides:
        places = [at(run.size, read(run)) for run in runs]
        line, color = " ".join(f"{x},{y}" for x, y in places), COLORS[name]
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>'
        )
        for (x, y), run in zip(places, runs, strict=True):
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>')
            said = f"{read(run):.2g}" if read(run) < 10 else f"{read(run):.0f}"
            parts.append(
                f'<text x="{x + 4}" y="{y + aside}" fill="{color}">{said}'
                f"{' ' + name if run is runs[0] else ''}</text>"
            )
    return "".join(parts)
