"""A CSV of path,label[,split] as a layout of images."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backbones.probe.transfer.layout import SPLIT_NAMES, Found, Layout, Split, composed, counted, examples
from backbones.store.errors import BackbonesError
from backbones.store.text import printable

_MEANT: Final = {
    "path": ("file", "filename", "filepath", "file_name", "file_path", "image", "image_path", "img", "image_id", "name", "id"),
    "label": ("class", "class_name", "target", "category", "y", "labels", "species"),
    "split": ("set", "subset", "fold", "partition", "phase"),
}  # fmt: skip
"""What others call our columns: pointed at, never guessed."""


def layout_of_csv(file: Path) -> Layout:
    """The images that a CSV names, relative to its folder; BackbonesError says what is wrong with it and where."""
    rows = list(_rows(file))
    header = [name.strip().lower() for name in rows[0][1]] if rows else []
    path_at, label_at, split_at = _columns(file, rows[0][1] if rows else [], header)
    layout = Layout(file.parent, [], is_split=split_at is not None)
    seen: dict[Path, Found] = {}
    repeated, unlabelled = 0, []
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise BackbonesError(
                f"{file}: line {line} has {len(row)} values, the first line has {len(header)}; put a value with a comma in quotes"
            )
        path = _path(file.parent, row[path_at])
        label = composed(row[label_at].strip())
        if not label or not row[path_at].strip():
            unlabelled.append(line)
            continue
        found = Found(path, label, _split(file, line, row[split_at]) if split_at is not None else None)
        if (before := seen.get(path)) is not None:
            if before != found:
                raise BackbonesError(
                    f"{file}: line {line} says {_told(found)} of {printable(row[path_at])!r}, an earlier line {_told(before)}"
                )
            repeated += 1
            continue
        seen[path] = found
        layout.found.append(found)
    if not layout.found:
        raise BackbonesError(f"{file} has a header but no images below it")
    _say(layout, repeated, unlabelled)
    return _with_test(layout)


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Lines with their number; blank ones are passed by."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            first = text.readline()
            text.seek(0)
            comma = max(",;\t", key=first.count)
            reader = csv.reader(text, delimiter=comma if first.count(comma) else ",", strict=True)
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield reader.line_num, row
    except UnicodeDecodeError:
        raise BackbonesError(f"{file} is no UTF-8 text; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise BackbonesError(f"{file} is no CSV that can be read: {error}") from None
    except OSError as error:
        raise BackbonesError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None


def _columns(file: Path, first: list[str], header: list[str]) -> tuple[int, int, int | None]:
    if not first:
        raise BackbonesError(f"{file} is empty; expected a first line path,label or path,label,split")
    for name in ("path", "label", "split"):
        if header.count(name) > 1:
            raise BackbonesError(f"{file} has {header.count(name)} columns called {name}; leave one")
    missing = [name for name in ("path", "label") if name not in header]
    if not missing:
        return header.index("path"), header.index("label"), header.index("split") if "split" in header else None
    if len(first) > 1 and _path(file.parent, first[0]).is_file():
        raise BackbonesError(f"{file} has no first line with names; put path,label above the first image")
    renames = [
        f"{printable(original)} to {name}"
        for name in (*missing, *(["split"] if "split" not in header else []))
        for original, folded in zip(first, header, strict=True)
        if folded.replace(" ", "_").replace("-", "_") in _MEANT[name]
    ]
    hint = f"; if that is what they are, rename {', '.join(renames)}" if renames else ""
    raise BackbonesError(
        f"{file} has no column {' and no column '.join(missing)}, but {printable(', '.join(first))[:200]}{hint}. "
        "path is an image's file from the folder of the CSV on, label its class, split (if any) train, val or test"
    )


def _path(folder: Path, text: str) -> Path:
    path = folder / text.strip()
    if "\\" in text and os.sep == "/" and not os.path.lexists(path):
        return folder / text.strip().replace("\\", "/")  # written on Windows
    return path


def _split(file: Path, line: int, text: str) -> Split:
    name = SPLIT_NAMES.get(text.strip().lower())
    if name is None:
        said = f"the split {printable(text.strip())!r}" if text.strip() else "no split"
        raise BackbonesError(f"{file}: line {line} has {said}; known are train, val and test")
    return name


def _told(found: Found) -> str:
    return f"{printable(found.label)!r}" + (f" in {found.split}" if found.split else "")


def _say(layout: Layout, repeated: int, unlabelled: list[int]) -> None:
    if repeated:
        layout.findings.append(f"{counted(repeated, 'line')} said before and passed by")
    if unlabelled:
        lines = ", ".join(map(str, unlabelled[:3])) + (" …" if len(unlabelled) > 3 else "")
        layout.findings.append(f"{counted(len(unlabelled), 'line')} without a path or label left out: {lines}")
    gone = [found for found in layout.found if not os.path.lexists(found.path)]
    if len(gone) == len(layout.found):
        raise BackbonesError(
            f"none of the {len(gone):,} images of the CSV is there; the first would be {gone[0].path}. "
            "Paths are read from the folder of the CSV on"
        )
    if gone:
        missing = set(gone)
        layout.found = [found for found in layout.found if found not in missing]
        layout.findings.append(
            f"{counted(len(gone), 'image')} of the CSV not there and left out: {examples(layout.root, [found.path for found in gone])}"
        )


def _with_test(layout: Layout) -> Layout:
    counts = Counter(found.split for found in layout.found)
    if not layout.is_split:
        return layout
    if "train" not in counts:
        below = "".join(f"\n{finding}" for finding in layout.findings)  # what was left out may be the cause
        raise BackbonesError(f"the CSV has no image whose split is train, so there is nothing to train on{below}")
    if len(counts) == 1:
        layout.found = [Found(found.path, found.label) for found in layout.found]
        layout.is_split = False
        layout.findings.append("all images of the CSV are train: test images are drawn from them")
    elif "test" not in counts:
        layout.found = [Found(f.path, f.label, "test" if f.split == "val" else f.split) for f in layout.found]
        layout.findings.append("no image of the CSV is test: those of val are the test set, as people do with ImageNet")
    return layout
