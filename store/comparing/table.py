"""A comparison as a table: for the terminal, files, Markdown and LaTeX, the better values marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from backbones.store.compare import Comparison
from backbones.store.comparing.values import Line, differences
from backbones.store.formats import markdown_escaped, shown
from backbones.store.latex import escaped, table_line
from backbones.store.rows import Column, Row, Rows, Value
from backbones.store.text import printable
from backbones.store.vocabulary import HEADED_TASKS, METRICS

WINNER: Final = "*"
DIFFERS: Final = "settings differ"
DOUBTFUL: Final = "doubtful"
OF_THE_BACKBONE: Final = "backbone's own"
"""Said of parameters beside results of a larger model: backbone and head."""
_MANY: Final = 1000
"""From here on a difference needs no decimals."""


def lines_of(comparison: Comparison, only_differences: bool = False, with_alone: bool = False) -> list[Line]:
    """The lines to show: those that are not the same everywhere, or all; those of a single model behind."""
    lines = [line for line in comparison.lines if not (only_differences and line.is_same)]
    lines += comparison.alone if with_alone else ()
    if not any(_has_head(line) for line in (*comparison.lines, *comparison.alone)):
        return lines
    return [replace(line, setting=OF_THE_BACKBONE) if line.column.name == "params_m" else line for line in lines]


def _has_head(line: Line) -> bool:
    """Whether a head of another task stands on the backbone in a line."""
    metric = METRICS.get(line.column.name.partition("@")[0])
    return metric is not None and metric.task in HEADED_TASKS


def cell(line: Line, at: int) -> str:
    """A value as a reader sees it."""
    return shown(line.values[at], line.column)


def difference(line: Line, at: int, reference: int) -> str:
    """`+1.20`: what a reader gets who subtracts the two values as shown; nothing for the reference itself and for texts."""
    if differences(line, reference)[at] is None:
        return ""
    value, base = (Decimal(cell(line, i).replace(",", "")) for i in (at, reference))
    found = value - base
    digits = 0 if abs(found) >= _MANY else max(0, *(-int(v.as_tuple().exponent) for v in (value, base)))
    return f"{found:+,.{digits}f}" if found else f"{0:.{digits}f}"


def setting(line: Line) -> str:
    """What the values have in common, and whether they have not all in common."""
    return ", ".join(part for part in (line.setting, DIFFERS if line.differs else "") if part)


def note(line: Line, at: int) -> str:
    """What a reader has to know of a value: in what its setting is another, and whether it is doubted."""
    return ", ".join(text for text in (line.note(at), DOUBTFUL if at in line.doubted else "") if text)


def table(comparison: Comparison, lines: Sequence[Line], reference: int | None = None) -> Rows:
    """The lines as text: the better values marked with a star, settings that are another behind the value.

    With a `reference`, each other model's column is followed by its difference to that one.
    """
    columns = [Column("attribute", ""), Column("setting", "setting")]
    for at, side in enumerate(comparison.sides):
        columns.append(Column(f"model{at}", side.label, "number"))
        if reference is not None and at != reference:
            columns.append(Column(f"difference{at}", "Δ", "number"))
    rows: list[Row] = []
    for line in lines:
        row: list[Value] = [line.label, setting(line)]
        for at in range(len(comparison.sides)):
            text, beside = cell(line, at), note(line, at)
            shown_note = f" ({beside})" if beside else ""
            row.append(f"{WINNER if at in line.winners else ''}{text}{shown_note}" if text else None)
            if reference is not None and at != reference:
                row.append(difference(line, at, reference) or None)
        rows.append(tuple(row))
    return Rows(tuple(columns), tuple(rows))


def records(comparison: Comparison, lines: Sequence[Line]) -> Rows:
    """The lines for machines: full values, a column for each model by the name that was asked for."""
    models = tuple(Column(side.asked, side.asked) for side in comparison.sides)
    columns = (
        Column("section", "section"), Column("attribute", "attribute"), Column("setting", "setting"), Column("unit", "unit"),
        Column("higher_is_better", "higher is better", "flag"), *models, Column("best", "best"), Column("notes", "notes"),
    )  # fmt: skip
    rows = []
    for line in lines:
        best = "; ".join(comparison.sides[at].asked for at in sorted(line.winners))
        told = [(side.asked, line.note(at)) for at, side in enumerate(comparison.sides)]
        told += [(comparison.sides[at].asked, DOUBTFUL) for at in sorted(line.doubted)]
        notes = "; ".join(f"{name}: {note}" for name, note in told if note)
        higher = None if line.column.higher_is_better is None else int(line.column.higher_is_better)
        values = [bool(v) if line.column.kind == "flag" and v is not None else v for v in line.values]
        rows.append(
            (
                line.section,
                line.label,
                line.setting or None,
                line.column.unit or None,
                higher,
                *values,
                best or None,
                notes or None,
            )
        )
    return Rows(columns, tuple(rows))


def markdown(comparison: Comparison, lines: Sequence[Line]) -> str:
    """A table in Markdown, the better values bold."""
    heads = ["", "setting", *(side.label for side in comparison.sides)]
    rule = ["---", "---", *("--:" for _ in comparison.sides)]
    body = [_texts(comparison, line, _markdown_escaped, "**{}**") for line in lines]
    rows = [[_markdown_escaped(h) for h in heads], rule, *body]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def latex(comparison: Comparison, lines: Sequence[Line]) -> str:
    """A booktabs table in LaTeX, the better values bold; every text is escaped."""
    heads = ["", "setting", *(side.label for side in comparison.sides)]
    out = [
        "% \\usepackage{booktabs}",
        f"\\begin{{tabular}}{{ll{'r' * len(comparison.sides)}}}",
        "\\toprule",
        table_line([escaped(head) for head in heads]).rstrip("\n"),
    ]
    section = ""
    for line in lines:
        if line.section != section:
            out.append("\\midrule")
            section = line.section
        cells = _texts(comparison, line, escaped, _BOLD)
        out.append(table_line(cells).rstrip("\n"))
    return "\n".join([*out, "\\bottomrule", "\\end{tabular}"]) + "\n"


def _texts(comparison: Comparison, line: Line, written: Callable[[str], str], bold: str) -> list[str]:
    found = [written(line.label), written(setting(line))]
    for at in range(len(comparison.sides)):
        text, beside = written(cell(line, at)), note(line, at)
        text = bold.format(text) if at in line.winners else text
        found.append(f"{text} {written(f'({beside})')}" if text and beside else text)
    return found


_BOLD: Final = "\\textbf{{{}}}"


def _markdown_escaped(text: str) -> str:
    return markdown_escaped(printable(text))
