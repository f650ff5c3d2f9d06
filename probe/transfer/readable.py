"""The readable images of a folder or CSV, and what is odd about the rest and about the classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.probe.transfer.contents import Content, Progress, read_contents
from backbones.probe.transfer.labelled_csv import layout_of_csv
from backbones.probe.transfer.layout import EXPECTED, Found, Layout, Split, examples, layout_of_folder
from backbones.probe.transfer.seen import Seen
from backbones.store.errors import BackbonesError
from backbones.store.text import printable


@dataclass(frozen=True, slots=True)
class Readable:
    """An image of a layout that can be read, and its content."""

    found: Found
    content: Content


def layout_of(path: Path) -> Layout:
    """What a folder or CSV holds, unread; BackbonesError where it is neither."""
    if path.is_dir():
        return layout_of_folder(path)
    if not path.exists():
        raise BackbonesError(f"{path} is not there; {EXPECTED}")
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return layout_of_csv(path)
    if path.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".rar", ".7z"):
        raise BackbonesError(f"{path} is an archive; unpack it and name the folder with the classes")
    raise BackbonesError(f"{path} is neither a folder nor a CSV; {EXPECTED}")


def read_layout(
    layout: Layout, seen: Seen | None = None, progress: Progress | None = None
) -> tuple[list[Readable], list[str], int]:
    """The readable images, what is to be said about all, and how many cannot be read."""
    contents = read_contents([found.path for found in layout.found], seen or Seen(), progress)
    pairs = [Readable(found, content) for found, content in zip(layout.found, contents, strict=True)]
    readable = [pair for pair in pairs if not pair.content.problem]
    problems: defaultdict[str, list[Path]] = defaultdict(list)
    for pair in pairs:
        if pair.content.problem:
            problems[pair.content.problem].append(pair.found.path)
    if pairs and not readable:
        reason, paths = next(iter(problems.items()))
        raise BackbonesError(
            f"none of the {len(pairs):,} images can be read: {examples(layout.root, paths, 1)} {reason}"
        )
    findings = list(layout.findings)
    for reason, paths in sorted(problems.items(), key=lambda problem: -len(problem[1])):
        one = len(paths) == 1
        findings.append(
            f"{len(paths):,} {'image' if one else 'images'} left out, because {'it' if one else 'each'} {reason}: "
            f"{examples(layout.root, paths)}"
        )
    gone = {f.label for f in layout.found} - {r.found.label for r in readable}
    findings += [f"class {printable(label)!r} has no readable image and is left out" for label in sorted(gone)]
    findings += _doubled(layout.root, readable)
    return readable, findings, len(pairs) - len(readable)


def odd_classes(classes: Sequence[str], readable: Sequence[Readable], splits: Sequence[Split]) -> list[str]:
    """Classes that are never tested, and those that may be one."""
    findings = []
    sizes = Counter(r.found.label for r in readable)
    tested = Counter(r.found.label for r, split in zip(readable, splits, strict=True) if split == "test")
    single = [c for c in classes if sizes[c] == 1]
    if single:
        findings.append(f"{_classes(single)} 1 image: it is trained on, and the class is never tested")
    if untested := [c for c in classes if not tested[c] and sizes[c] > 1]:
        findings.append(f"{_classes(untested)} no test image, so nothing is known of how well it is told from others")
    folded: defaultdict[str, list[str]] = defaultdict(list)
    for name in classes:
        folded[name.casefold()].append(name)
    findings += [
        f"classes {' and '.join(repr(printable(n)) for n in alike)} differ in case only and are taken for different ones"
        for alike in folded.values()
        if len(alike) > 1
    ]
    return findings


def _classes(names: list[str]) -> str:
    shown = ", ".join(repr(printable(name)) for name in names[:5]) + (" …" if len(names) > 5 else "")
    return f"class {shown} has" if len(names) == 1 else f"{len(names):,} classes ({shown}) have each"


def _doubled(root: Path, readable: list[Readable]) -> list[str]:
    """Contents that are there more than once: in two classes, or in one class and split."""
    by_content: defaultdict[str, list[Found]] = defaultdict(list)
    for one in readable:
        by_content[one.content.digest].append(one.found)
    several = [sorted(found, key=lambda f: str(f.path)) for found in by_content.values() if len(found) > 1]
    findings = []
    if torn := [found for found in several if len({f.label for f in found}) > 1]:
        by_class = {found.label: found.path for found in reversed(torn[0])}
        shown = " and ".join(examples(root, [by_class[label]]) for label in sorted(by_class)[:2])
        what = "1 image is" if len(torn) == 1 else f"{len(torn):,} images are"
        findings.append(f"{what} in more than one class, so no model gets all of them right: {shown}")
    copies = sum(len(found) - len({(f.label, f.split) for f in found}) for found in several)
    if copies:
        what = "1 image is a copy" if copies == 1 else f"{copies:,} images are copies"
        findings.append(f"{what} of others of the same class; copies stay in one split, and each counts")
    return findings
