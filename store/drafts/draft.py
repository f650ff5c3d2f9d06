"""A draft: a family file that nobody has accepted yet, beside the evidence of its numbers and what a check found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from backbones.store.documents import dump_yaml, read_yaml
from backbones.store.drafts.anchoring import anchored
from backbones.store.drafts.evidence import DECISIONS, Decision, Evidence, Finding, Grid
from backbones.store.errors import BackbonesError, FileProblems
from backbones.store.family_file import FamilyFile
from backbones.store.output_file import write_text
from backbones.store.text import printable, slug
from backbones.store.text_file import read_text

SUFFIX: Final = ".evidence.json"
VERSION: Final = 1
MAX_BYTES: Final = 32 * 2**20
MOST_NAME_BYTES: Final = 100
"""Of a file's name, which few systems let be longer than 255."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One family's draft, as its two files hold it."""

    path: Path
    """Of the YAML file; the evidence lies beside it."""
    plain: dict[str, Any]
    """The YAML file without its `draft` mark."""
    paper: str
    """The PDF's name."""
    sha256: str
    title: str
    evidence: tuple[Evidence, ...]
    findings: tuple[Finding, ...] = ()
    grids: tuple[Grid, ...] = ()
    gone: int = 0
    """Numbers that somebody took out of the file by hand, or gave another key."""
    edited: bool = False
    """The YAML is not as it was written first."""

    @property
    def family(self) -> str:
        """The family's name."""
        return str(self.plain.get("family", ""))

    @property
    def undecided(self) -> tuple[Evidence, ...]:
        """The numbers that nobody has looked at, in the file's order."""
        return tuple(one for one in self.evidence if not one.decision)

    def grid(self, table: str) -> Grid | None:
        """The table of that id."""
        return next((grid for grid in self.grids if grid.id == table), None)

    def findings_of(self, path: str) -> tuple[Finding, ...]:
        """What the check says of one number."""
        return tuple(finding for finding in self.findings if finding.path == path)

    def next_doubtful(self, after: str = "") -> Evidence | None:
        """The next undecided number with an error or a warning behind a path, around the end; None: there is none."""
        doubted = {f.path for f in self.findings if f.severity != "note"}
        start = next((n + 1 for n, one in enumerate(self.evidence) if one.path == after), 0)
        ordered = (*self.evidence[start:], *self.evidence[:start])
        return next((one for one in ordered if not one.decision and one.path in doubted), None)

    def decide(self, path: str, decision: Decision, corrected: float | None = None) -> Draft:
        """The draft with a decision on one number; an empty decision takes it back. A correction needs its value."""
        if decision not in DECISIONS:
            raise BackbonesError(f"{decision!r} is no decision; say accepted, corrected or rejected")
        if (decision == "corrected") != (corrected is not None):
            raise BackbonesError("a correction needs its value, and nothing else has one")
        if all(one.path != path for one in self.evidence):
            raise BackbonesError(f"the draft has no number at {path!r}")
        decided = tuple(
            replace(one, decision=decision, corrected=corrected) if one.path == path else one for one in self.evidence
        )
        return replace(self, evidence=decided)


def evidence_path(path: Path) -> Path:
    """The file beside a draft's YAML that holds its evidence."""
    return path.with_name(path.stem + SUFFIX)


def draft_path(folder: Path, family: str) -> Path:
    """Where the draft of a family lies."""
    name = slug(printable(family)).replace("-", "_").encode()[:MOST_NAME_BYTES].decode(errors="ignore").strip("._")
    return folder / f"{name or 'family'}.yaml"


def write_draft(draft: Draft, replace_files: bool = False) -> None:
    """Write both files; FileExists where one is there already and shall not be replaced. The evidence is written first."""
    beside = {
        "version": VERSION,
        "paper": {"name": draft.paper, "sha256": draft.sha256, "title": draft.title},
        "values": [one.to_json() for one in draft.evidence],
        "findings": [finding.to_json() for finding in draft.findings],
        "tables": [grid.to_json() for grid in draft.grids],
        "written": draft.plain,
        "edited": draft.edited,
    }
    text = json.dumps(beside, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(evidence_path(draft.path), [text, "\n"], replace_files)
    write_text(draft.path, [dump_yaml({"draft": True, **draft.plain})], replace_files)


def read_draft(path: Path) -> Draft:
    """The draft of a YAML file and the evidence beside it; FileProblems says what is wrong with them.

    Where the YAML was edited since it was written, the evidence is at the places of its numbers in it as it is now.
    """
    plain = read_yaml(path)
    if not isinstance(plain, dict):
        raise FileProblems([f"{path}: is no family file"])
    if plain.pop("draft", False) is not True:
        raise FileProblems(
            [f"{path}: is no draft; its first line would be `draft: true`. `backbones add` takes it as it is"]
        )
    beside = evidence_path(path)
    if not beside.exists():
        raise FileProblems(
            [f"{beside}: is not there; it says where each number stands in the paper. Run `backbones ingest` again"]
        )
    try:
        held = json.loads(read_text(beside, MAX_BYTES, "the evidence of a draft"))
        if not isinstance(held, dict) or held.get("version") != VERSION:
            raise ValueError(f"version {VERSION} is expected")
        about, gone = held["paper"], 0
        evidence = tuple(Evidence.from_json(one) for one in held["values"])
        findings = tuple(Finding.from_json(one) for one in held["findings"])
        edited = held.get("edited") is True
        if (written := held.get("written", plain)) != plain:
            edited = True
            evidence, findings, gone = anchored(written, plain, evidence, findings)
        return Draft(
            path, plain, printable(str(about["name"])), str(about["sha256"]), printable(str(about["title"])),
            evidence, findings, tuple(Grid.from_json(one) for one in held["tables"]), gone, edited,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileProblems(
            [f"{beside}: cannot be read as evidence: {printable(str(error))[:300]}. Run `backbones ingest` again"]
        ) from None


def settle(path: Path) -> Draft:
    """The draft; where it was edited by hand, its evidence is written anew so that it fits to what the file says now."""
    draft = read_draft(path)
    held = json.loads(read_text(evidence_path(path), MAX_BYTES, "the evidence of a draft"))
    if held.get("written", draft.plain) != draft.plain:
        held |= {
            "values": [one.to_json() for one in draft.evidence],
            "findings": [finding.to_json() for finding in draft.findings],
            "written": draft.plain,
            "edited": True,
        }
        text = json.dumps(held, ensure_ascii=False, indent=1, allow_nan=False)
        write_text(evidence_path(path), [text, "\n"], replace=True)
    return draft


def accepted(draft: Draft) -> tuple[FamilyFile, dict[str, Any]]:
    """The family file that the decisions leave: corrections put in, what was rejected taken out, and the same as plain values.

    What nobody decided on stays. BackbonesError where nothing is left, or a correction cannot be.
    """
    plain = json.loads(json.dumps(draft.plain))
    for one in draft.evidence:
        if one.decision == "corrected" and one.corrected is not None:
            _put(plain, one.path, one.corrected)
            _own_up(plain, one.path)
        elif one.decision == "rejected":
            _put(plain, one.path, None)
    kept = _pruned(plain)
    try:
        return FamilyFile.model_validate(kept), kept
    except ValueError as error:
        first = str(error).splitlines()
        raise BackbonesError(
            f"{draft.path}: cannot be accepted: {' '.join(' '.join(first[1:3]).split()) or first[0]}"
        ) from None


def accept(draft: Draft, target: Path | None = None, replace_file: bool = False) -> Path:
    """Write the accepted family file, without its `draft` mark, to `target` or in the draft's own place."""
    _, plain = accepted(draft)
    path = target or draft.path
    write_text(path, [dump_yaml(plain)], replace_file or path == draft.path)
    return path


def _put(plain: Any, path: str, value: float | None) -> None:
    keys: Sequence[str] = path.split(".")
    node = plain
    try:
        for key in keys[:-1]:
            node = node[int(key)] if isinstance(node, list) else node[key]
        last: Any = int(keys[-1]) if isinstance(node, list) else keys[-1]
        held = node[last]
    except (KeyError, IndexError, ValueError, TypeError):
        raise BackbonesError(
            f"the draft has nothing at {path!r}; its YAML was edited. Run `backbones ingest` again"
        ) from None
    node[last] = int(value) if isinstance(held, int) and value is not None and value == int(value) else value


def _own_up(plain: Any, path: str) -> None:
    """The reference of a number that a person changed says so: the paper's cell has another one."""
    keys = path.split(".")
    holder = plain
    for at, key in enumerate(keys[:-1]):
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        if isinstance(holder, dict) and "ref" in holder and keys[at - 1] in ("results", "throughput"):
            holder["ref"] = f"{holder['ref']}; {keys[-1]} corrected by hand"


_SPEEDS: Final = ("throughput_img_s", "latency_ms", "peak_memory_mib")


def _pruned(plain: dict[str, Any]) -> dict[str, Any]:
    """Without numbers that were taken out, and without results, speeds, checkpoints and backbones that hold none any more."""
    backbones = []
    for backbone in plain.get("backbones", []):
        checkpoints = []
        for checkpoint in backbone.get("checkpoints", []):
            had = bool(checkpoint.get("results"))
            results = [result for r in checkpoint.get("results", []) if (result := _without_nothing(r)).get("values")]
            if results or not had:
                checkpoints.append(_without_nothing({**checkpoint, "results": results}))
        speeds = [
            s
            for speed in backbone.get("throughput", [])
            if any((s := _without_nothing(speed)).get(k) is not None for k in _SPEEDS)
        ]
        kept = _without_nothing({**backbone, "checkpoints": checkpoints, "throughput": speeds})
        if checkpoints or speeds or "params_m" in kept:
            backbones.append(kept)
    return {**plain, "backbones": backbones}


def _without_nothing(node: Any) -> Any:
    if isinstance(node, dict):
        made = {key: _without_nothing(value) for key, value in node.items()}
        return {key: value for key, value in made.items() if value is not None and value != [] and value != {}}
    return [_without_nothing(value) for value in node] if isinstance(node, list) else node
