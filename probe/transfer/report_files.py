"""A report as Markdown with its pictures beside it, and as one HTML file that needs nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backbones.probe.transfer.report_parts import Part, Report
from backbones.store.errors import BackbonesError
from backbones.store.formats import markdown_escaped, render, shown
from backbones.store.output_file import write_text
from backbones.store.rows import Column, Rows, Value
from backbones.store.text import printable

_STYLE: Final = """body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}table{border-collapse:collapse;font-size:13px}
div.table{overflow-x:auto}th,td{padding:.25rem .6rem;border-bottom:1px solid #e4e6ea;text-align:left;white-space:nowrap}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}th{background:#f5f6f8}figure{margin:1rem 0}
figcaption{font-size:13px;color:#555}svg{max-width:100%;height:auto}"""


def write_report(report: Report, folder: Path, replace: bool = False) -> list[Path]:
    """Write report.md, report.html and the pictures into a folder, which is made; what was written.

    BackbonesError where a file of these names is there already, unless they shall be replaced, or nothing can be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackbonesError(f"{folder} cannot be made: {error.strerror or error}") from None
    pictures = {f"{picture.name}.svg": picture.svg for part in report.parts for picture in part.pictures}
    texts = {"report.md": markdown(report), "report.html": web_page(report), **pictures}
    if not replace and (there := [name for name in texts if (folder / name).exists()]):
        raise BackbonesError(
            f"{folder / there[0]} exists already; say --replace to write a new report over it, or name another folder"
        )
    for name, text in texts.items():
        write_text(folder / name, [text], replace=True)
    return [folder / name for name in texts]


def markdown(report: Report) -> str:
    """The report as Markdown; pictures are named as files beside it."""
    return "\n".join(_markdown(report))


def _markdown(report: Report) -> Iterator[str]:
    yield f"# {_told(report.title)}\n"
    for sentence in report.sentences:
        yield f"{_told(sentence)}\n"
    for part in report.parts:
        yield f"## {_told(part.title)}\n"
        for sentence in part.sentences:
            yield f"{_told(sentence)}\n"
        for picture in part.pictures:
            yield f"![{_told(picture.shows)}]({picture.name}.svg)\n"
        if part.rows is not None:
            yield render(part.rows, "markdown")


def _told(text: str) -> str:
    return markdown_escaped(printable(text))


def web_page(report: Report) -> str:
    """The report as one HTML page: no script, no font, no picture from elsewhere."""
    return "\n".join(_web_page(report)) + "\n"


def _web_page(report: Report) -> Iterator[str]:
    title = _escaped(report.title)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>"
    for sentence in report.sentences:
        yield f"<p>{_escaped(sentence)}</p>"
    for part in report.parts:
        yield from _web_part(part)
    yield "</body>\n</html>"


def _web_part(part: Part) -> Iterator[str]:
    yield f"<h2>{_escaped(part.title)}</h2>"
    for sentence in part.sentences:
        yield f"<p>{_escaped(sentence)}</p>"
    for picture in part.pictures:
        yield f"<figure>{_inline(picture.svg)}<figcaption>{_escaped(picture.shows)}</figcaption></figure>"
    if part.rows is not None:
        yield from _web_table(part.rows)


def _web_table(rows: Rows) -> Iterator[str]:
    yield '<div class="table"><table><thead><tr>'
    yield "".join(f"<th{_kind(c)}>{_escaped(c.label)}</th>" for c in rows.columns)
    yield "</tr></thead><tbody>"
    for row in rows:
        yield (
            "<tr>"
            + "".join(f"<td{_kind(c)}>{_cell(value, c)}</td>" for value, c in zip(row, rows.columns, strict=True))
            + "</tr>"
        )
    yield "</tbody></table></div>"


def _kind(column: Column) -> str:
    return ' class="number"' if column.kind == "number" else ""


def _cell(value: Value, column: Column) -> str:
    return _escaped(shown(value, column))


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def _inline(svg: str) -> str:
    """An SVG as a part of a page: without what stands before its element."""
    found = re.search(r"<svg\b", svg)
    return svg[found.start() :] if found else ""
