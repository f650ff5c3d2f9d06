"""What to cite, as BibTeX: only what the catalogue knows. Authors are not in it, and none are made up."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backbones.store.latex import escaped
from backbones.store.rows import Column, Rows
from backbones.store.text import printable

KINDS: Final = ("family", "backbone", "checkpoint", "weights", "head", "source")
"""What has something to cite: a paper, or a source with an address."""

OF_A_ROW: Final = ("checkpoint", "weights", "backbone", "family")
"""The columns that say whose row it is, the most telling first."""

_ARXIV: Final = re.compile(
    r"(?:arxiv[:.]|arxiv\.org/(?:abs|pdf|html)/)(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE
)
_DOI: Final = re.compile(r"doi\.org/(10\.\d{4,9}/\S+)", re.IGNORECASE)
_PAPERS: Final = {
    "family": "select family, paper from family where family {}",
    "backbone": "select b.backbone, a.paper from backbone b join family a on a.id = b.family_id where b.backbone {}",
    "checkpoint": """select c.checkpoint, a.paper from checkpoint c join backbone b on b.id = c.backbone_id
        join family a on a.id = b.family_id where c.checkpoint {}""",
    "weights": """select w.weights, a.paper from released w left join checkpoint c on c.id = w.checkpoint_id
        join backbone b on b.id = coalesce(c.backbone_id, w.backbone_id) join family a on a.id = b.family_id
        where w.weights {}""",
    "head": "select head, paper from head where head {}",
}
_AMONG: Final = "in (select value from json_each(?))"
_LONGEST_KEY: Final = 80


@dataclass(frozen=True, slots=True)
class Citation:
    """One BibTeX entry; entries of the same paper are equal, whatever led to it."""

    key: str
    fields: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    """Fields that a bibliography wants and that the catalogue does not have."""

    def bibtex(self) -> str:
        """The entry, with a comment line before it that says what to add by hand."""
        width = max(len(name) for name, _ in self.fields)
        lines = [f"  {name.ljust(width)} = {{{value}}}" for name, value in self.fields]
        head = f"% add {' and '.join(self.missing)}: not in the catalogue\n" if self.missing else ""
        return f"{head}@misc{{{self.key},\n" + ",\n".join(lines) + "\n}\n"


def bibtex(connection: sqlite3.Connection, kind: str, name: str) -> str | None:
    """The BibTeX entry of a thing's paper, or of a source; None where the catalogue knows none."""
    return bibliography(connection, [(kind, name)]) or None


def bibliography(connection: sqlite3.Connection, things: Iterable[tuple[str, str]]) -> str:
    """The entries of many things, (kind, own name), each paper once, by key; empty where none has one."""
    found = {citation.key: citation for citation in citations(connection, things)}
    return "\n".join(found[key].bibtex() for key in sorted(found, key=str.casefold))


def citations(connection: sqlite3.Connection, things: Iterable[tuple[str, str]]) -> Iterator[Citation]:
    """What to cite for things of KINDS; others, and those of no known paper, have none."""
    named: dict[str, list[str]] = {}
    for kind, name in things:
        named.setdefault(kind, []).append(name)
    subjects, seen = _subjects(connection), set()
    for kind, sql in _PAPERS.items():
        for _, paper in connection.execute(sql.format(_AMONG), [json.dumps(named.get(kind, []))]):
            if paper and (about := _identity(paper)) not in seen:
                seen.add(about)
                yield _of_paper(connection, paper, subjects)
    for source in dict.fromkeys(named.get("source", [])):
        if (citation := _of_source(connection, source, subjects)) is not None:
            yield citation


def things_of(rows: Rows, row: int | None = None) -> list[tuple[str, str]]:
    """(kind, name) of what a row is about, and of the source of its value; of all rows where none is given."""
    at = {column.name: position for position, column in enumerate(rows.columns)}
    found: dict[tuple[str, str], None] = {}
    for values in rows.rows if row is None else rows.rows[row : row + 1]:
        named = ((kind, values[at[kind]]) for kind in OF_A_ROW if kind in at)
        owner = next(((kind, str(value)) for kind, value in named if value is not None), None)
        head = values[at["head"]] if "head" in at else None
        source = values[at["source"]] if "source" in at else None
        others = (("head", head), ("source", source))
        found |= dict.fromkeys([*([owner] if owner else []), *((k, str(v)) for k, v in others if v is not None)])
    return list(found)


def things_of_keys(connection: sqlite3.Connection, keys: Sequence[int]) -> list[tuple[str, str]]:
    """The same for rows of an answer by their keys, whichever columns it has."""
    rows = connection.execute(
        f"""select {", ".join(f"t.{kind}" for kind in OF_A_ROW)}, p.head, r.source from json_each(?) k
        join placement p on p.result = k.value join setting t on t.id = p.setting join result r on r.id = p.result""",
        [json.dumps(list(keys))],
    )
    return things_of(Rows(tuple(Column(name, name) for name in (*OF_A_ROW, "head", "source")), tuple(rows)))


def arxiv_id(text: str) -> str | None:
    """The arXiv id in an address or a source key, without its version: 2201.03545 of https://arxiv.org/abs/2201.03545v2."""
    found = _ARXIV.search(text)
    return found.group(1) if found else None


def _identity(address: str) -> str:
    """The same for all addresses of one paper."""
    return arxiv_id(address) or address


def _subjects(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Which families and heads the catalogue has from each paper: without a title they tell which paper it is."""
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        "select family, paper from family where paper is not null "
        "union select head, paper from head where paper is not null order by 1"
    )
    for name, paper in rows:
        found.setdefault(_identity(paper), []).append(name)
    return found


def _of_source(connection: sqlite3.Connection, source: str, subjects: dict[str, list[str]]) -> Citation | None:
    row = connection.execute(
        "select title, url, kind, version, retrieved from source where source = ?", [source]
    ).fetchone()
    if row is None:
        return None
    title, url, kind, version, retrieved = row
    if kind == "paper" and (number := arxiv_id(source) or arxiv_id(url or "")):
        return _arxiv(connection, number, subjects)
    if not (title or url):
        return None
    said = [f"version {version}" if version else "", f"retrieved {retrieved}" if retrieved else ""]
    fields = [("title", _title(title)), ("url", _address(url)), ("note", escaped(", ".join(s for s in said if s)))]
    return _entry(source, fields)


def _of_paper(connection: sqlite3.Connection, address: str, subjects: dict[str, list[str]]) -> Citation:
    if number := arxiv_id(address):
        return _arxiv(connection, number, subjects)
    title = connection.execute("select title from source where url = ? and title is not null", [address]).fetchone()
    doi = _DOI.search(address)
    fields = [
        ("title", _title(title[0] if title else None)),
        ("doi", doi.group(1) if doi else ""),
        ("url", _address(address)),
        ("note", _about(subjects, address)),
    ]
    return _entry(f"doi {doi.group(1)}" if doi else _last_part(address), fields)


def _arxiv(connection: sqlite3.Connection, number: str, subjects: dict[str, list[str]]) -> Citation:
    title = connection.execute(
        "select title from source where title is not null and (source = ? or url like ?) order by source",
        [f"arxiv:{number}", f"%arxiv.org/abs/{number}%"],
    ).fetchone()
    fields = [
        ("title", _title(title[0] if title else None)),
        ("year", _year(number)),
        ("eprint", number),
        ("archivePrefix", "arXiv"),
        ("url", f"https://arxiv.org/abs/{number}"),
        ("note", _about(subjects, number)),
    ]
    return _entry(f"arxiv {number}", fields)


def _year(number: str) -> str:
    """The year in an arXiv id: 2201.03545 and hep-th/9901001 begin with year and month."""
    two = int(number.rpartition("/")[2][:2])
    return str(1900 + two if two > 90 else 2000 + two)


def _about(subjects: dict[str, list[str]], paper: str) -> str:
    return escaped("the paper of " + ", ".join(subjects[paper])) if paper in subjects else ""


def _last_part(address: str) -> str:
    """The telling part of an address: its last, without what every paper's has."""
    last = re.sub(r"\.(html?|pdf)$", "", address.rstrip("/").rpartition("/")[2])
    host = address.partition("//")[2].partition("/")[0].split(".")
    return f"{host[-2] if len(host) > 1 else ''} {last.removesuffix('_paper')}"


def _entry(name: str, fields: list[tuple[str, str]]) -> Citation:
    known = {field for field, value in fields if value}
    missing = tuple(m for m in ("authors", "title") if m == "authors" or m not in known)
    return Citation(_key(name), tuple((field, value) for field, value in fields if value), missing)


def _key(name: str) -> str:
    """Letters, digits, points and hyphens: the same in every BibTeX dialect, and the same next year."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", printable(name)).strip("-.")[:_LONGEST_KEY]


def _title(title: str | None) -> str:
    """In a second pair of braces: BibTeX styles would write ViT as vit."""
    return f"{{{escaped(title)}}}" if title else ""


def _address(url: str | None) -> str:
    """An address as BibTeX takes it: what would end the field is written in percent."""
    return (
        re.sub(r"[{}\\\s\"%](?![0-9A-Fa-f]{2})", lambda c: f"%{ord(c.group()[0]):02X}", printable(url)) if url else ""
    )
