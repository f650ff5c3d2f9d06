"""Rows as text: an aligned table, CSV, JSON, JSON lines, Markdown or YAML."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from backbones.store.rows import Column, Rows, Value
from backbones.store.text import printable

FORMATS: Final = ("table", "csv", "json", "jsonl", "markdown", "yaml")


def render(rows: Rows, form: str, width: int | None = None) -> str:
    """The rows in one of FORMATS; `width` limits a table to so many characters. Ends with a line break unless empty."""
    if form == "table":
        return table(rows, width)
    if form == "csv":
        return _csv(rows)
    if form == "markdown":
        return _markdown(rows)
    records = [{k: _plain(v, c) for (k, v), c in zip(r.items(), rows.columns, strict=True)} for r in rows.records()]
    if form == "json":
        lines = ",\n".join(" " + json.dumps(r, ensure_ascii=False) for r in records)
        return f"[\n{lines}\n]\n" if records else "[]\n"
    if form == "jsonl":
        return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    if form == "yaml":
        import yaml

        return str(yaml.safe_dump(records, sort_keys=False, allow_unicode=True, width=1000))
    raise ValueError(f"{form!r} is no format; known: {', '.join(FORMATS)}")


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


def _csv(rows: Rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([c.name for c in rows.columns])
    for row in rows:
        writer.writerow(["" if v is None else _plain(v, c) for v, c in zip(row, rows.columns, strict=True)])
    return out.getvalue()


def _markdown(rows: Rows) -> str:
    def line(texts: list[str]) -> str:
        return "| " + " | ".join(t.replace("\\", "\\\\").replace("|", "\\|") for t in texts) + " |"

    rule = "|" + "|".join("--:" if c.kind == "number" else "---" for c in rows.columns) + "|"
    body = [line([shown(v, c) for v, c in zip(row, rows.columns, strict=True)]) for row in rows]
    return "\n".join([line([printable(c.label) for c in rows.columns]), rule, *body]) + "\n"
