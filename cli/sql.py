"""`backbones sql`."""

from __future__ import annotations

import sqlite3

import click

from backbones.cli.session import Session, catalog_options, format_option, table_width
from backbones.store.errors import BackbonesError
from backbones.store.formats import render
from backbones.store.rows import Column, Rows


@click.command("sql")
@click.argument("statement")
@format_option
@catalog_options
@click.pass_obj
def command(session: Session, statement: str, form: str) -> None:
    """Run one SELECT over the public views and print its rows. Nothing can be written.

    \b
    Views: families backbones checkpoints weights datasets heads sources devices aliases suspects
           costs feature_maps rankings results best_results throughput

    \b
    backbones sql "select checkpoint, value, source from best_results where dataset = 'ImageNet-1k' and metric = 'top_1'
                   order by value desc limit 5" --format json
    """
    connection = session.connect()
    connection.set_authorizer(_only_reading)
    try:
        cursor = connection.execute(statement)
        names = [d[0] for d in cursor.description or ()]
        values = cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise BackbonesError(_sentence(error)) from None
    if not names:
        raise BackbonesError("that statement gives no rows; write a select")
    kinds = [
        "number" if any(isinstance(v, int | float) for v in column) else "text" for column in zip(*values, strict=True)
    ] or ["text"] * len(names)
    rows = Rows(tuple(Column(n, n, k) for n, k in zip(names, kinds, strict=True)), tuple(map(tuple, values)))
    click.echo(render(rows, form, table_width() if form == "table" else None), nl=False)


_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def _only_reading(action: int, first: str | None, *_: str | None) -> int:
    allowed = action in _READS or (
        action == sqlite3.SQLITE_PRAGMA and first in ("table_info", "table_xinfo", "table_list")
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _sentence(error: Exception) -> str:
    text = str(error)
    if "not authorized" in text or "readonly" in text or "read-only" in text:
        return "only reading is allowed here; write a select over the public views (see backbones sql --help)"
    if text.startswith("no such table") or text.startswith("no such column"):
        return f"{text}. `backbones sql --help` names the views; `backbones list columns` the columns of query"
    return f"SQLite says: {text}"
