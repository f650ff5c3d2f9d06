"""timm's tables (its `results/` folder or one of the CSV files in it) become sheets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from backbones.ingest.sheets.csv_table import CsvTable, Row, read_csv
from backbones.ingest.sheets.draft import Draft
from backbones.ingest.sheets.folder import tables_in
from backbones.ingest.sheets.slug import slug
from backbones.ingest.sheets.timm_names import DATASETS, chain_of, conditions_of
from backbones.store.errors import FileProblems
from backbones.store.sheet import Sheet

SOURCE: Final = "github:huggingface/pytorch-image-models"


def read_with_notes(path: Path, collection: str | None = None) -> tuple[list[Sheet], list[str]]:
    """The sheets of a folder or a file, and what was left out. FileProblems names file, line and column."""
    name = collection or "timm"
    sheets: list[Sheet] = []
    notes: list[str] = []
    costs: list[tuple[CsvTable, Row]] = []
    for file in tables_in(path, "timm's results", _is_table):
        if file.stem.startswith("results-") and file.stem.removeprefix("results-") in DATASETS:
            sheets.append(_results(read_csv(file), name))
        elif conditions_of(file.stem):
            found, without_speed = _benchmark(read_csv(file), name)
            sheets += found
            costs += without_speed
        else:
            notes.append(f"{file.name}: the name says no data set or conditions that are known; left out")
    if costs and path.is_dir():
        sheets.append(_costs(costs, name))
    elif costs:
        lines = ", ".join(str(row.line) for _, row in costs)
        notes.append(f"{path.name}: line {lines} says no speed, only a cost; import the whole folder to keep it")
    if not sheets:
        raise FileProblems([f"{path}: " + "; ".join(notes)])
    return sheets, notes


def _is_table(name: str) -> bool:
    return name.endswith(".csv") and name.startswith(("results-", "benchmark-"))


def _sheet_name(table: CsvTable, collection: str) -> str:
    said = re.sub(r"^(results|benchmark)-", "", table.path.stem)
    return f"{collection}_{slug(said)}"


def _results(table: CsvTable, collection: str) -> Sheet:
    table.need(["model", "img_size", "top1", "top5", "param_count", "crop_pct"])
    shared = {
        "task": "classification",
        "dataset": DATASETS[table.path.stem.removeprefix("results-")],
        "source": SOURCE,
    }
    draft = Draft(
        _sheet_name(table, collection), "results", collection, shared,
        ["weights", "resolution", "top_1", "top_5", "params_m", "test_aug", "intermediate_dataset", "fine_tuning_dataset"],
    )  # fmt: skip
    draft.file = table.path.name
    for row in table:
        name, crop = row.name("model"), row.text("crop_pct")
        draft.rows.append(
            [
                name, row.whole("img_size"), row.number("top1"), row.number("top5"), row.number("param_count"),
                f"crop {crop}" if crop else None, *chain_of(name),
            ]
        )  # fmt: skip
    return draft.sheet(table)


def _benchmark(table: CsvTable, collection: str) -> tuple[list[Sheet], list[tuple[CsvTable, Row]]]:
    """The sheet of speeds, and the rows that have a cost but no speed."""
    shared = conditions_of(table.path.stem) or {}
    kind = "train" if "mode" in shared else "infer"
    speed, cost = f"{kind}_samples_per_sec", f"{kind}_gmacs"
    table.need(["model", speed, f"{kind}_batch_size", f"{kind}_img_size", "param_count"])
    rows = list(table)
    with_cost = cost in table.header and any(row.text(cost) for row in rows)
    fast = [row for row in rows if row.text(speed)]
    draft = Draft(
        _sheet_name(table, collection), "throughput", collection, {**shared, "source": SOURCE},
        ["backbone", "resolution", "batch_size", "throughput_img_s", *(["printed"] if with_cost else []), "params_m"],
    )  # fmt: skip
    draft.file = table.path.name
    for row in fast:
        printed = [row.number(cost)] if with_cost else []
        draft.rows.append(
            [
                row.name("model"), row.whole(f"{kind}_img_size"), row.whole(f"{kind}_batch_size"), row.number(speed),
                *printed, row.number("param_count"),
            ]
        )  # fmt: skip
    found = [draft.sheet(table.with_rows([row.line for row in fast]))] if fast else []
    return found, [(table, row) for row in rows if with_cost and not row.text(speed) and row.text(cost)]


def _costs(found: list[tuple[CsvTable, Row]], collection: str) -> Sheet:
    draft = Draft(
        f"{collection}_costs", "costs", collection, {"source": SOURCE},
        ["backbone", "resolution", "printed", "params_m", "source_ref"],
    )  # fmt: skip
    for table, row in found:
        draft.rows.append(
            [
                row.name("model"), row.whole("infer_img_size"), row.number("infer_gmacs"), row.number("param_count"),
                f"{table.path.name} line {row.line}",
            ]
        )  # fmt: skip
    return draft.sheet(found[0][0], stands_in_rows=True)
