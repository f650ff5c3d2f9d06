"""Rows as a LaTeX table with booktabs rules, and text as LaTeX and BibTeX take it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from backbones.store.rows import Column, Rows, Value
from backbones.store.text import printable

_SPECIAL: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\char34{}", "`": r"\textasciigrave{}",
    "×": r"$\times$", "→": r"$\to$", "≤": r"$\le$", "≥": r"$\ge$", "±": r"$\pm$", "−": "$-$", "–": "--", "µ": r"$\mu$", "…": r"\dots{}",
}  # fmt: skip
_TO_ESCAPE: Final = re.compile("|".join(map(re.escape, _SPECIAL)))


def escaped(text: str) -> str:
    """The text with nothing in it that LaTeX would take for a command."""
    return _TO_ESCAPE.sub(lambda found: _SPECIAL[found.group()], printable(text))


def latex_lines(rows: Rows, shown: Callable[[Value, Column], str]) -> Iterator[str]:
    """The lines of a tabular; `shown` writes a value. Numbers stand on the right, with the digits that a table shows."""
    yield r"% needs \usepackage{booktabs}" + "\n"
    yield rf"\begin{{tabular}}{{{''.join('r' if c.kind == 'number' else 'l' for c in rows.columns)}}}" + "\n"
    yield r"\toprule" + "\n"
    yield table_line([escaped(c.label) for c in rows.columns])
    yield r"\midrule" + "\n"
    for row in rows:
        yield table_line([_cell(shown(v, c), c) for v, c in zip(row, rows.columns, strict=True)])
    yield r"\bottomrule" + "\n"
    yield r"\end{tabular}" + "\n"


def _cell(text: str, column: Column) -> str:
    if column.kind == "number" and text.startswith("-"):
        return f"$-${escaped(text[1:])}"
    return escaped(text)


def table_line(cells: list[str]) -> str:
    """One line of a tabular from cells that are escaped."""
    first = cells[0] if cells else ""
    if first.startswith(("[", "*")):  # after the line break before it, both would be read as its argument
        cells = [f"{{{first[0]}}}{first[1:]}", *cells[1:]]
    return " & ".join(cells) + r" \\" + "\n"
