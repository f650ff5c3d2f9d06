"""Writes the pages and schemas that follow from code: commands, SQL views, YAML fields, JSON schemas, the README's figures.

`python docs/generate.py` writes them, `--check` only tells whether they are current.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from textual.keys import format_key

from backbones.cli.main import COMMANDS, LazyGroup, backbones
from backbones.store import measurements, references, schema, vocabulary
from backbones.store.columns import column_of
from backbones.store.family_file import FamilyFile
from backbones.store.references import Reference
from backbones.store.sheet import COLUMNS, REQUIRED, Sheet

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by docs/generate.py; edit the code instead. -->\n\n"
OWN_VIEWS = {
    "probe_measurement": "A row is the median over all visits to one model in one setting under the same conditions ([how](measuring.md#how)). `spread`, "
    "`ci` and `waiting_share` are shares: 0.01 is 1 %. Times are in the unit that ends their name. `cautions` are names with commas between "
    "([their sentences](measuring.md#cautions)), `details` is JSON: the points of the search for the batch size, further conditions. "
    "Texts are empty and numbers 0 where there is no such thing, NULL where nobody tells.",
    "current_measurement": "The rows of `probe_measurement` that `throughput@here` and its like choose from: of each model and setting those under the "
    "conditions (`fingerprint`) of the latest. `throughput_img_s` is NULL in measurements of latency, `latency_ms` in those of throughput; rows "
    "with `fused` count where `fused=yes` is asked for.",
    "probe_prediction": "A row is the speed of one model that was not measured, and between which two it lies with that `confidence` "
    "([how](predicting.md)); `anchors` is the number of measured models that it rests on.",
}
"""What the views of measurements.db are about."""


def commands() -> str:
    """Every command's --help, and that of the commands below it."""
    context = click.Context(backbones, info_name="backbones", max_content_width=100, terminal_width=100)
    parts = [f"# Commands\n\n{NOTE}```\n{backbones.get_help(context)}\n```\n"]
    assert isinstance(backbones, LazyGroup)
    for name in COMMANDS:
        command = backbones.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, max_content_width=100, terminal_width=100)
        text = command.get_help(inner)
        parts.append(f"## backbones {name}\n\n```\n{text}\n```\n")
        for part in command.list_commands(inner) if isinstance(command, click.Group) else ():
            found = command.get_command(inner, part)
            assert found is not None
            said = found.get_help(
                click.Context(found, info_name=part, parent=inner, max_content_width=100, terminal_width=100)
            )
            if said != text and not found.hidden:  # of `probe NAME` the help stands there already
                parts.append(f"### backbones {name} {part}\n\n```\n{said}\n```\n")
    return "\n".join(parts)


def sql() -> str:
    """The public views with their columns, read from an empty catalogue."""
    connection = sqlite3.connect(":memory:")
    for name, columns in schema.TABLES.items():
        connection.execute(f"create table {name} ({', '.join(columns)})")
    lines = [
        "# SQL views", "", NOTE.strip(), "",
        "`backbones sql \"select …\"` asks them; so does any SQLite client that opens the catalogue (`backbones export catalog`).",
        "These views are a contract: a column is never renamed or removed within a major version. The tables below them may change.",
        "", "`origin` is `reported`, `measured` or `predicted`. A missing value is NULL: the source does not say. `params_m` is in millions,",
        "`gmacs` in giga multiply-accumulates (1 MAC = 2 FLOPs), accuracies in percent.", "",
    ]  # fmt: skip
    for name, text in schema.VIEWS.items():
        connection.execute(f"create view {name} as {text}")
        columns = [row[1] for row in connection.execute(f"pragma table_info({name})")]
        lines += [f"## {name}", "", ", ".join(f"`{c}`" for c in columns), ""]
    return "\n".join([*lines, *_own_views(connection), *_own_tables()])


def _own_views(connection: sqlite3.Connection) -> list[str]:
    """The views that only our own connections have: what stands in measurements.db."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measurements.db"
        measurements.migrate(path)
        connection.execute("attach ? as measurements", [str(path)])
        measurements.overlay(connection)
        lines = [
            "## Your own measurements", "",
            "`backbones sql` sees [measurements.db](measuring.md#what-is-kept), too: its rows stand in the views above (`origin` is `measured` or",
            "`predicted`), and with all that is known of them in the three below, as soon as there is anything. An exported catalogue has neither.", "",
        ]  # fmt: skip
        for name, told in OWN_VIEWS.items():
            columns = [row[1] for row in connection.execute(f"pragma table_info({name})")]
            lines += [f"### {name}", "", told, "", ", ".join(f"`{c}`" for c in columns), ""]
        connection.execute("detach measurements")
    return lines


OWN_TABLES = {
    "own_data": "What your data sets are: the images behind a split (`images_hash` is the same for every split of them), the data set of the catalogue that "
    "`--dataset` found them to be, and when they were asked for last.",
    "measured_result": "A metric of an outcome: what the views show with `origin = measured`.",
    "outcome": "One evaluation on images of yours ([transfer](transfer.md)), ended well or not. `key` is made of all that changes the numbers; `facts` "
    "is JSON (scores, cost, conditions); `tables` are the classes and confusions, compressed.",
    "result_state": "A single number that changes with every change of results: who keeps a copy of the catalogue with them knows whether it is of today.",
}
"""Of measurements.db: what the commands of transfer write."""


def _own_tables() -> Iterator[str]:
    """The tables of measurements.db that hold outcomes, read from an empty one."""
    import sqlite3

    yield "## In measurements.db\n"
    yield "Your own results are in a file of their own, `measurements.db`; the views above show them. Its tables may change; older files are brought along.\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "measurements.db"
        measurements.migrate(file)
        with closing(sqlite3.connect(file)) as connection:
            for name, text in OWN_TABLES.items():
                found = [row[1] for row in connection.execute(f"pragma table_info({name})")]
                yield f"### {name}\n\n{text}\n\n{', '.join(f'`{c}`' for c in found)}\n"


def columns() -> str:
    """The columns that queries and plots know, with unit and direction."""
    lines = ["## Columns", "", "| column | unit | better | |", "|---|---|---|---|"]
    for name in references.ATTRIBUTES:
        column = column_of(Reference(name))
        lines.append(f"| `{name}` | {column.unit} | {_direction(column.higher_is_better)} | {column.kind} |")
    lines += ["", "## Metrics", "", "| metric | unit | better |", "|---|---|---|"]
    lines += [
        f"| `{m.name}` {m.label} | {m.unit} | {_direction(m.higher_is_better)} |" for m in vocabulary.METRICS.values()
    ]
    lines += ["", "Conditions of a metric: " + ", ".join(f"`{k}`" for k in references.RESULT_KEYS) + "."]
    lines += [
        "",
        "Speeds: `throughput@DEVICE` (img/s, higher), `latency@DEVICE` (ms, lower), `peak_memory@DEVICE` (MiB, lower);",
    ]
    lines += ["conditions: " + ", ".join(f"`{k}`" for k in references.SPEED_KEYS) + ".", ""]
    return "\n".join(lines)


def _direction(better: bool | None) -> str:
    return {True: "higher", False: "lower", None: ""}[better]


def yaml_fields() -> str:
    """Both kinds of file, field by field."""
    lines = [
        "# YAML files",
        "",
        NOTE.strip(),
        "",
        (ROOT / "docs" / "yaml_intro.md").read_text(encoding="utf-8").strip(),
        "",
    ]
    whole = FamilyFile.model_json_schema()
    for name, part in {"FamilyFile": whole, **whole["$defs"]}.items():
        lines += [f"### {name}", "", part.get("description", ""), "", "| key | type | |", "|---|---|---|"]
        required = part.get("required", [])
        for key, field in part.get("properties", {}).items():
            told = (field.get("description") or "").replace("\n", " ").replace("|", "\\|")
            lines.append(f"| `{key}`{' *' if key in required else ''} | {_type(field)} | {told} |")
        lines.append("")
    lines += ["## Sheets", "", "| kind | needs | may have |", "|---|---|---|"]
    for kind, known in COLUMNS.items():
        needed = REQUIRED[kind]
        extra = ["any metric, `top_1` or `top_1@ImageNet-V2`"] if kind == "results" else []
        lines.append(
            f"| `{kind}` | {_codes(needed)} | {', '.join([*extra, _codes(k for k in known if k not in needed)])} |"
        )
    return "\n".join([*lines, ""])


def _codes(names: Any) -> str:
    return ", ".join(f"`{n}`" for n in names)


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(f) for f in field["anyOf"] if f.get("type") != "null"))
    if "enum" in field:
        return ", ".join(f"`{v}`" for v in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return {"string": "text", "object": "mapping"}.get(str(field.get("type")), str(field.get("type", "any")))


def language() -> str:
    """The page on column references and filters, with its tables."""
    return (ROOT / "docs" / "language_intro.md").read_text(encoding="utf-8").strip() + "\n\n" + NOTE + columns()


def screen() -> str:
    """The page on the screen, with every key of every part of it."""
    text = (ROOT / "docs" / "screen_intro.md").read_text(encoding="utf-8").strip()
    lines = [
        text,
        "",
        NOTE.strip(),
        "",
        "## All keys",
        "",
        "The names on the left are for remapping in the settings file.",
    ]
    for title, bindings in _bindings():
        lines += ["", f"### {title}", "", "| name | keys | |", "|---|---|---|"]
        lines += [f"| `{name}` | {keys} | {meaning} |" for name, keys, meaning in bindings]
    return "\n".join([*lines, ""])


def _bindings() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The first sentence of each part of the screen, and its keys: name, keys, meaning."""
    from textual.binding import Binding
    from textual.dom import DOMNode

    import backbones.tui

    for module in sorted(pkgutil.iter_modules(backbones.tui.__path__), key=_place_of):
        for thing in vars(importlib.import_module(f"backbones.tui.{module.name}")).values():
            is_here = isinstance(thing, type) and thing.__module__ == f"backbones.tui.{module.name}"
            if not is_here or not issubclass(thing, DOMNode) or "BINDINGS" not in vars(thing):
                continue
            found = [b for b in vars(thing)["BINDINGS"] if isinstance(b, Binding) and b.id]
            named = [(str(b.id), " ".join(f"`{_key(k)}`" for k in b.key.split(",")), b.tooltip) for b in found]
            if named:
                yield (thing.__doc__ or thing.__name__).split("\n")[0].rstrip("."), named


_FIRST = ("app", "view_keys", "doors", "table", "plot", "filter_bar", "place")
"""The parts of the screen that are described before the others."""


def _place_of(module: pkgutil.ModuleInfo) -> tuple[int, str]:
    return _FIRST.index(module.name) if module.name in _FIRST else len(_FIRST), module.name


def _key(key: str) -> str:
    """A key as keyboards have it."""
    return format_key(key.strip()).replace("|", "\\|").replace("`", "\\`")


def front_page() -> str:
    """The README with the statistics of the shipped catalogue between its marks."""
    from backbones.store.build import build
    from backbones.store.catalog import connect
    from backbones.store.places import Places
    from backbones.store.statistics import figures, markdown

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        places = Places(home / "catalog.db", home / "measurements.db", (), home / "state.json", ROOT / "family_data")
        build(places)
        connection = connect(places)
        table = markdown(figures(connection))
        connection.close()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before, begin, rest = text.partition("<!-- stats:begin -->\n")
    _, end, after = rest.partition("<!-- stats:end -->")
    if not begin or not end:
        raise SystemExit("README.md has lost its marks <!-- stats:begin --> and <!-- stats:end -->")
    return f"{before}{begin}{table}\n{end}{after}"


def pages() -> dict[Path, str]:
    """Path to content of everything that is generated."""
    schemas = {"family": FamilyFile, "sheet": Sheet}
    found = {
        ROOT / "docs" / f"{name}.md": text
        for name, text in (
            ("commands", commands()),
            ("schema", sql()),
            ("yaml", yaml_fields()),
            ("language", language()),
            ("screen", screen()),
        )
    }
    found[ROOT / "README.md"] = front_page()
    for name, model in schemas.items():
        found[ROOT / "family_data" / f"{name}.schema.json"] = (
            json.dumps(model.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
        )
    return found


def main() -> int:
    """Write or check; exit 1 where a page is not current."""
    found = pages()
    stale = [path for path, text in found.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not current: run make docs")
        return 1 if stale else 0
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
