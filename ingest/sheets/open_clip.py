"""OpenCLIP's result tables (its `docs/` folder or one of the CSV files in it) become sheets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from backbones.ingest.sheets import open_clip_names as names
from backbones.ingest.sheets.csv_table import CsvTable, Row, read_csv
from backbones.ingest.sheets.draft import Draft
from backbones.ingest.sheets.folder import tables_in
from backbones.store.sheet import Sheet

SOURCE: Final = "github:mlfoundations/open_clip"
_MODEL: Final = ({"name", "model"}, {"pretrained", "version"})
"""How the tables head the model and its pretrained tag."""
_PARAMS, _FLOPS = "params (M)", "FLOPs (B)"
"""Of both towers together; 1 MAC is counted as 2 FLOPs."""

Found = tuple[list[Sheet], list[str]]


def read_with_notes(path: Path, collection: str | None = None) -> Found:
    """The sheets of a folder or a file, and what was left out. FileProblems names file, line and column."""
    sheets: list[Sheet] = []
    notes: list[str] = []
    for file in tables_in(path, "OpenCLIP's docs", READERS.__contains__):
        found, said = READERS[file.name](read_csv(file), collection or "open_clip")
        sheets += found
        notes += said
    return sheets, notes


def _overview(table: CsvTable, collection: str) -> Found:
    """All data sets: those of images in one sheet, the averages of those of image and text pairs in another."""
    columns = {h: names.overview_column(h) for h in _value_headers(table)}
    images = {h: c.name for h, c in columns.items() if c.task == "classification"}
    pairs = {h: c.name for h, c in columns.items() if c.task == "retrieval"}
    sheets = [_results(table, collection, "", images)]
    if pairs:
        sheets.append(_results(table, collection, "_retrieval_averages", pairs, task="retrieval"))
    return sheets, []


def _classification(table: CsvTable, collection: str) -> Found:
    """Its average: all else stands in the overview too."""
    columns = {h: names.overview_column(h).name for h in _value_headers(table) if h.startswith("Average")}
    table.need(["Average perf. on 35 datasets"] if not columns else [])
    return [_results(table, collection, "_classification", columns)], []


def _retrieval(table: CsvTable, collection: str) -> Found:
    columns, unknown = _known(table, names.retrieval_column)
    return [_results(table, collection, "_retrieval", columns, task="retrieval")], unknown


def _multilingual(table: CsvTable, collection: str) -> Found:
    columns, unknown = _known(table, names.multilingual_column)
    first = {h: c for h, c in columns.items() if not c.startswith(("recall_5", "recall_10"))}
    notes = unknown
    if len(first) < len(columns):
        notes = [*unknown, f"{table.path.name}: R@5 and R@10 of each language are left out; R@1 is kept"]
    return [_results(table, collection, "_multilingual", first, task="retrieval")], notes


def _known(table: CsvTable, meaning: Callable[[str], names.Column | None]) -> tuple[dict[str, str], list[str]]:
    """Header -> column of a sheet, and a note for each header that says nothing to us."""
    found = {h: meaning(h) for h in _value_headers(table)}
    unknown = [f"{table.path.name}: column {h!r} is not known and was left out" for h, c in found.items() if c is None]
    return {h: c.name for h, c in found.items() if c is not None}, unknown


def _value_headers(table: CsvTable) -> list[str]:
    model, tag = _model_headers(table)
    return [h for h in table.header if h and h not in (model, tag, _PARAMS, _FLOPS)]


def _model_headers(table: CsvTable) -> tuple[str, str]:
    found = [next((h for h in table.header if h in known), None) for known in _MODEL]
    if found[0] is None or found[1] is None:
        table.need(["name", "pretrained"])
    return str(found[0]), str(found[1])


def _results(table: CsvTable, collection: str, suffix: str, columns: dict[str, str], task: str | None = None) -> Sheet:
    model, tag = _model_headers(table)
    costs = [h for h in (_PARAMS, _FLOPS) if h in table.header]
    shared: dict[str, Any] = {"protocol": "zero-shot", "source": SOURCE}
    if task:
        shared["task"] = task
    if _FLOPS in costs:
        shared["convention"] = "flops"
    draft = Draft(
        f"{collection}{suffix}", "results", collection, shared,
        ["weights", *({_PARAMS: "params_m", _FLOPS: "printed"}[h] for h in costs), *columns.values()],
    )  # fmt: skip
    draft.file = f"docs/{table.path.name}"
    for row in table:
        weights = f"{row.name(model)} {row.name(tag)}"
        draft.rows.append([weights, *map(row.number, costs), *map(row.percent, columns)])
    return draft.sheet(table)


_TOWERS: Final = ((None, "image_"), ("text tower", "text_"), ("image and text towers", ""))
"""What stands beside the image tower is a head to the backbone."""


def _profile(table: CsvTable, collection: str) -> Found:
    """Three costs of each architecture: the image tower, the text tower, both."""
    table.need(["model", "image_size", *(f"{t}{what}" for _, t in _TOWERS for what in ("gflops", "mparams"))])
    draft = Draft(
        f"{collection}_profile", "costs", collection, {"source": SOURCE, "convention": "flops"},
        ["backbone", "head", "resolution", "printed", "params_m", "source_ref"],
    )  # fmt: skip
    draft.file = f"docs/{table.path.name}"
    for row in table:
        backbone = names.architecture(row.name("model"))
        for head, prefix in _TOWERS:
            cost = row.number(f"{prefix}gflops"), row.number(f"{prefix}mparams")
            draft.rows.append([backbone, head, _size(row), *cost, f"line {row.line}"])
    return [draft.sheet(table, stands_in_rows=True)], []


def _size(row: Row) -> int | None:
    """The side of a square input; the table writes `224`, or `(224, 224)` where a model states both sides."""
    said = (row.text("image_size") or "").strip("()[]").split(",")
    sides = {side.strip() for side in said}
    if len(sides) == 1 and (side := sides.pop()).isascii() and side.isdigit():
        return int(side)
    return row.whole("image_size") if len(said) == 1 else None


READERS: Final[dict[str, Callable[[CsvTable, str], Found]]] = {
    "openclip_results.csv": _overview,
    "openclip_retrieval_results.csv": _retrieval,
    "openclip_classification_results.csv": _classification,
    "openclip_multilingual_retrieval_results.csv": _multilingual,
    "model_profile.csv": _profile,
}
"""File name -> what reads it."""
