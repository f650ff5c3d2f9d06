"""Two plain pictures for a report, as SVG text: points with names, and curves. For readers who have no `backbones[export]`."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Final

from backbones.plot.palette import group_inks
from backbones.plot.spec import Axis
from backbones.plot.ticks import ticks
from backbones.store.text import printable

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 46
LEGEND_LINE: Final = 16
_LETTER: Final = 5.6


def points_svg(points: Sequence[tuple[float, float, str]], x: str, y: str) -> str:
    """Points at (x, y) with their names; a name that would lie on another one is shown on hovering only."""
    horizontal, vertical = Axis(x, more_is_better=True), Axis(y)
    xs, ys = horizontal.span([p[0] for p in points]), vertical.span([p[1] for p in points])
    body = _frame(horizontal, vertical, xs, ys, HEIGHT)
    ink = group_inks("default", light=True)[0].fg
    taken: list[tuple[float, float, float]] = []
    for a, b, name in sorted(points, key=lambda p: -p[1]):
        at, up = _across(a, xs), _up(b, ys, HEIGHT)
        said = _escaped(name)
        body.append(
            f'<circle cx="{at:.1f}" cy="{up:.1f}" r="4" fill="{ink}"><title>{said}: {b:g} ({a:g})</title></circle>'
        )
        length = len(name) * _LETTER
        start = at + 7 if at + 7 + length < WIDTH else at - 7 - length
        if not any(start < right and left < start + length and abs(up - other) < 11 for left, right, other in taken):
            taken.append((start, start + length, up))
            body.append(f'<text x="{start:.1f}" y="{up + 3.5:.1f}" font-size="10">{said}</text>')
    return _svg(body, HEIGHT)


def curves_svg(curves: Mapping[str, Mapping[int, float]], x: str, y: str) -> str:
    """One curve a name: value by number of shots, at equal steps; 0 shots, all images, stand last. The best are in colour."""
    shots = sorted({s for values in curves.values() for s in values}, key=lambda s: (s == 0, s))
    place = {s: i for i, s in enumerate(shots)}
    vertical = Axis(y)
    ys = vertical.span([value for values in curves.values() for value in values.values()])
    xs = (-0.3, len(shots) - 0.7)
    order = sorted(curves, key=lambda name: -curves[name][max(curves[name], key=place.__getitem__)])
    inks = [str(ink.fg) for ink in group_inks("default", light=True)]
    height = HEIGHT + LEGEND_LINE * (1 + min(len(order), len(inks) + 1))
    body = _frame(None, vertical, xs, ys, HEIGHT, x)
    for i, s in enumerate(shots):
        body.append(
            f'<text x="{_across(i, xs):.1f}" y="{HEIGHT - BOTTOM + 16}" font-size="11" text-anchor="middle">{s or "all"}</text>'
        )
    for rank, name in reversed(list(enumerate(order))):
        ink = inks[rank] if rank < len(inks) else "#b8bcc4"
        known = sorted(curves[name].items(), key=lambda pair: place[pair[0]])
        path = " ".join(f"{_across(place[s], xs):.1f},{_up(value, ys, HEIGHT):.1f}" for s, value in known)
        body.append(
            f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="1.6"><title>{_escaped(name)}</title></polyline>'
        )
        for s, value in known:
            body.append(
                f'<circle cx="{_across(place[s], xs):.1f}" cy="{_up(value, ys, HEIGHT):.1f}" r="3" fill="{ink}">'
                f"<title>{_escaped(name)}: {value:g} at {s or 'all'}</title></circle>"
            )
    for rank, name in enumerate(order[: len(inks)]):
        up = HEIGHT + LEGEND_LINE * (1 + rank)
        body.append(f'<rect x="{LEFT}" y="{up - 8}" width="18" height="4" fill="{inks[rank]}"/>')
        body.append(f'<text x="{LEFT + 24}" y="{up - 2}" font-size="11">{_escaped(name)}</text>')
    if len(order) > len(inks):
        up = HEIGHT + LEGEND_LINE * (1 + len(inks))
        body.append(
            f'<text x="{LEFT + 24}" y="{up - 2}" font-size="11">and {len(order) - len(inks)} more in grey</text>'
        )
    return _svg(body, height)


def _frame(
    horizontal: Axis | None, vertical: Axis, xs: tuple[float, float], ys: tuple[float, float], height: int, x: str = ""
) -> list[str]:
    bottom = height - BOTTOM
    body = [f'<path d="M{LEFT},{TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="#8a8f98"/>']
    for at, label in ticks(vertical, *ys, 8):
        up = _up(at, ys, height)
        body.append(f'<path d="M{LEFT},{up:.1f}H{WIDTH - RIGHT}" stroke="#e4e6ea"/>')
        body.append(f'<text x="{LEFT - 6}" y="{up + 4:.1f}" font-size="11" text-anchor="end">{_escaped(label)}</text>')
    for at, label in ticks(horizontal, *xs, 9) if horizontal else ():
        body.append(
            f'<text x="{_across(at, xs):.1f}" y="{bottom + 16}" font-size="11" text-anchor="middle">{_escaped(label)}</text>'
        )
    title = horizontal.label if horizontal else x
    body.append(
        f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{bottom + 36}" font-size="12" text-anchor="middle">{_escaped(title)}</text>'
    )
    middle = (TOP + bottom) / 2
    body.append(
        f'<text x="14" y="{middle:.0f}" font-size="12" text-anchor="middle" transform="rotate(-90 14 {middle:.0f})">{_escaped(vertical.label)}</text>'
    )
    return body


def _across(value: float, span: tuple[float, float]) -> float:
    return LEFT + (value - span[0]) / (span[1] - span[0]) * (WIDTH - RIGHT - LEFT)


def _up(value: float, span: tuple[float, float], height: int) -> float:
    bottom = height - BOTTOM
    return bottom - (value - span[0]) / (span[1] - span[0]) * (bottom - TOP)


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def _svg(body: Sequence[str], height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" fill="#222222">'
    )
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', *body, "</svg>"]) + "\n"
