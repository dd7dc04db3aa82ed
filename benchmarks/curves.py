"""What contenders took at growing lengths -> a picture (SVG) of how each grows, both axes by powers of ten."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Final

# A point: how many actions, and milliseconds.
Curve = Mapping[int, float]

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 590, 50, 380
# Told apart by those who see no colours through their dashes, and named at their ends.
_STROKES: Final = (
    ("#1f4e9e", ""),
    ("#6b7280", "2 4"),
    ("#b42318", "8 4"),
    ("#0f766e", "10 3 2 3"),
    ("#7c3aed", "4 3"),
    ("#a16207", "14 4"),
)
_LABEL_HEIGHT: Final = 16


def picture(title: str, curves: Mapping[str, Curve]) -> str:
    """The SVG of the curves, the first drawn thicker: it is ours."""
    lengths = sorted({length for curve in curves.values() for length in curve})
    values = [value for curve in curves.values() for value in curve.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def x(length: int) -> float:
        first, last = math.log10(lengths[0]), math.log10(lengths[-1])
        return _LEFT + (math.log10(length) - first) / (last - first) * (_RIGHT - _LEFT)

    def y(value: float) -> float:
        return _BOTTOM - (math.log10(value) - low) / (high - low) * (_BOTTOM - _TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        '<g font-family="sans-serif" font-size="12" fill="#1f2937">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="28" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for length in lengths:
        parts.append(_line(x(length), _TOP, x(length), _BOTTOM))
        parts.append(f'<text x="{x(length):.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{length:,}</text>')
    for power in range(low, high + 1):
        parts.append(_line(_LEFT, y(10.0**power), _RIGHT, y(10.0**power)))
        parts.append(f'<text x="{_LEFT - 8}" y="{y(10.0**power) + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 16}">actions; CPU milliseconds of a warm turn, median</text>')
    ends = {name: y(curve[max(curve)]) for name, curve in curves.items()}
    labels = _apart(ends)
    for (name, curve), (colour, dashes) in zip(curves.items(), _STROKES, strict=False):
        points = " ".join(f"{x(length):.1f},{y(value):.1f}" for length, value in sorted(curve.items()))
        width = 3.5 if name == next(iter(curves)) else 2
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'
            f'<text x="{x(max(curve)) + 10:.1f}" y="{labels[name] + 4:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _apart(ends: Mapping[str, float]) -> dict[str, float]:
    """Where the names of the curves stand, from the top: beside their ends, but never upon one another."""
    placed: dict[str, float] = {}
    free = -math.inf
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        placed[name] = max(end, free)
        free = placed[name] + _LABEL_HEIGHT
    return placed


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d1d5db"/>'
