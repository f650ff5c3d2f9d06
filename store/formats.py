"""Rows as text: an aligned table, CSV, JSON, JSON lines, Markdown, LaTeX or YAML."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from backbones.store.latex import latex_lines
from backbones.store.rows import Column, Row, Rows, Value
from backbones.store.text import printable

FORMATS: Final = ("table", "csv", "json", "jsonl", "markdown", "latex", "yaml")
SUFFIXES: Final = {
    ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".tex": "latex", ".yaml": "yaml", ".yml": "yaml",
    ".txt": "table",
}  # fmt: skip
"""What the suffix of a file's name says about its format."""

_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_FORMULA: Final = re.compile(r"[=+\-@](?![\d.]+$)")
_MARKDOWN: Final = re.compile(r"[\\|`*<]|\](?=\()|(?<!\w)_|_(?!\w)|~(?=~)")


def render(rows: Rows, form: str, width: int | None = None) -> str:
    """The rows in one of FORMATS; `width` limits a table to so many characters. Ends with a line break unless empty."""
    return "".join(pieces(rows, form, width))


def pieces(rows: Rows, form: str, width: int | None = None) -> Iterator[str]:
    """The same bit by bit, so that 60,000 rows need not be in memory twice to be written to a file."""
    if form == "table":
        return iter((table(rows, width),))
    if form == "csv":
        return _csv(rows)
    if form == "markdown":
        return _markdown(rows)
    if form == "latex":
        return latex_lines(rows, shown)
    if form == "json":
        return _json(rows)
    if form == "jsonl":
        return (_json_text(record) + "\n" for record in _records(rows))
    if form == "yaml":
        return _yaml(rows)
    raise ValueError(f"{form!r} is no format; known: {', '.join(FORMATS)}")


def _records(rows: Rows) -> Iterator[dict[str, Any]]:
    names = [c.name for c in rows.columns]
    for row in rows:
        yield dict(zip(names, _plain_row(row, rows.columns), strict=True))


def _plain_row(row: Row, columns: tuple[Column, ...]) -> list[Any]:
    return [_plain(v, c) for v, c in zip(row, columns, strict=True)]


def _plain(value: Value, column: Column) -> Any:
    if column.kind == "flag" and value is not None:
        return bool(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def shown(value: Value, column: Column) -> str:
    """A value as a reader sees it; nothing for what the source does not say."""
    if value is None:
        return ""
    if column.kind == "flag":
        return "yes" if value else "no"
    if isinstance(value, float) or (isinstance(value, int) and column.kind == "number"):
        if column.decimals is None:
            return f"{value:.10g}"
        if value and abs(value) < 0.5 * 10**-column.decimals:
            return f"{value:.2g}"
        return f"{value:,.{column.decimals}f}" if abs(value) >= 10_000 else f"{value:.{column.decimals}f}"
    return printable(str(value))


def table(rows: Rows, width: int | None = None) -> str:
    """Columns side by side, numbers to the right so that decimal points stand in line."""
    import unicodedata

    def cells(text: str) -> int:
        return (
            len(text)
            if text.isascii()
            else sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)
        )

    body = [[shown(v, c) for v, c in zip(row, rows.columns, strict=True)] for row in rows]
    heads = [printable(c.label) for c in rows.columns]
    widths = [max([cells(h), *(cells(line[i]) for line in body)]) for i, h in enumerate(heads)]
    if width is not None:
        _narrow(widths, rows.columns, width)

    def line(texts: list[str]) -> str:
        parts = []
        for text, size, column in zip(texts, widths, rows.columns, strict=True):
            if cells(text) > size:
                while text and cells(text) > size - 1:
                    text = text[:-1]
                text += "…"
            pad = " " * (size - cells(text))
            parts.append(pad + text if column.kind == "number" else text + pad)
        return "  ".join(parts).rstrip()

    rule = "  ".join("-" * w for w in widths)
    return "\n".join([line(heads), rule, *(line(texts) for texts in body)]) + "\n"


def _narrow(widths: list[int], columns: tuple[Column, ...], width: int) -> None:
    """Take from the widest text column until the line fits or every text column is at 12."""
    texts = [i for i, c in enumerate(columns) if c.kind != "number"]
    while texts and sum(widths) + 2 * (len(widths) - 1) > width:
        widest = max(texts, key=widths.__getitem__)
        if widths[widest] <= 12:
            return
        widths[widest] -= 1


def _csv(rows: Rows) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")

    def line(values: list[Any]) -> str:
        writer.writerow(values)
        text = out.getvalue()
        out.seek(0)
        out.truncate()
        return text

    yield line([_csv_text(c.name) for c in rows.columns])
    for row in rows:
        values = _plain_row(row, rows.columns)
        yield line(["" if v is None else _csv_text(v) if isinstance(v, str) else v for v in values])


def _csv_text(text: str) -> str:
    """Printable, and no formula for the spreadsheet that opens the file: there `=HYPERLINK(…)` in a name would run."""
    text = printable(text)
    return "'" + text if _FORMULA.match(text) else text


def _json(rows: Rows) -> Iterator[str]:
    before = "[\n "
    for record in _records(rows):
        yield before + _json_text(record)
        before = ",\n "
    yield "\n]\n" if rows.rows else "[]\n"


def _json_text(record: dict[str, Any]) -> str:
    """JSON as people read it; what a terminal would obey and what cannot be seen is written as \\uXXXX."""
    text = json.dumps(record, ensure_ascii=False)
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(lambda c: json.dumps(c.group())[1:-1], text)


def _yaml(rows: Rows) -> Iterator[str]:
    import yaml

    records = list(_records(rows))
    text = str(yaml.safe_dump(records, sort_keys=False, allow_unicode=True, width=1000))
    if _UNSEEN.search(text):  # YAML takes bidi overrides for text
        text = str(yaml.safe_dump(records, sort_keys=False, allow_unicode=False, width=1000))
    yield text


def markdown_escaped(text: str) -> str:
    """A printable text as Markdown shows it."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def _markdown(rows: Rows) -> Iterator[str]:
    def line(texts: list[str]) -> str:
        return "| " + " | ".join(map(markdown_escaped, texts)) + " |\n"

    yield line([printable(c.label) for c in rows.columns])
    yield "|" + "|".join("--:" if c.kind == "number" else "---" for c in rows.columns) + "|\n"
    for row in rows:
        yield line([shown(v, c) for v, c in zip(row, rows.columns, strict=True)])
