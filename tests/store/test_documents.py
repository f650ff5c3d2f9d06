"""YAML that is wrong, hostile or huge ends in a sentence, soon and in little memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backbones.store.documents import MAX_BYTES, MAX_DEPTH, dump_yaml, parse_yaml, read_yaml
from backbones.store.errors import FileProblems

if TYPE_CHECKING:
    from tests.store.conftest import Problems

BOMBS = {
    "brackets": "'a: ' + '[' * 1_000_000",
    "braces": "'a: ' + '{' * 1_000_000",
    "pairs": "'a: ' + '{a: ' * 1_000_000",
    "brackets behind quoted closing ones": """'a: ' + '["]",' * 1_000_000""",
    "brackets behind commented closing ones": """'a: ' + '[ # ]\\n ' * 1_000_000""",
    "dashes": "'- ' * 700_000",
    "questions": "'? ' * 700_000",
    "dashes and questions": "'- ? ' * 1_000_000",
    "indented dashes": "'\\n'.join(' ' * i + '-' for i in range(5_000))",
    "indented keys": "'\\n'.join(' ' * i + 'a:' for i in range(5_000))",
    "laughs": "'k0: &k0 [x,x,x,x,x,x,x,x,x]\\n' + ''.join(f'k{i}: &k{i} [' + f'*k{i - 1},' * 9 + ']\\n' for i in range(1, 20))",
    "itself": "'a: &a [*a]'",
    "base 60": "'family: ' + ':'.join(['1'] * 700_000)",
    "base 60 with a point": "'family: ' + ':'.join(['1'] * 700_000) + '.5'",
    "hexadecimal": "'family: 0x' + 'f' * 1_000_000",
    "decimal": "'family: ' + '9' * 1_000_000",
    "values": "'family: [' + 'a,' * 1_300_000 + ']'",
    "keys": "'family: x\\n' + '\\n'.join(f'k{i}: 1' for i in range(100_000))",
    "unknown keys": "'family: x\\n' + '\\n'.join(f'k{i}: 1' for i in range(20_000))",
    "wrong rows": "'sheet: x\\nkind: heads\\ncolumns: [head]\\nrows:\\n' + '- [1]\\n' * 20_000",
}
BOUNDED = """
import os, resource, sys
from backbones.store.errors import FileProblems
from backbones.store.reading import parse_document

def read(text):
    resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000, 1_200_000_000))
    resource.setrlimit(resource.RLIMIT_CPU, (15, 15))
    try:
        parse_document(eval(text), "bomb.yaml")
    except FileProblems as error:
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(len(error.problems), len(str(error)), used.ru_utime + used.ru_stime, ascii(error.problems[0][:300]))

for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            read(line)
        finally:
            sys.stdout.flush()
            os._exit(sys.exc_info()[0] is not None)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Reads each line of its input in a process of its own, all of which have what they need imported."""


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list[str]]]:
    """What a bounded process says of a text that is given as an expression."""
    errors = tmp_path_factory.mktemp("bounded") / "errors.txt"
    with open(errors, "w") as file, subprocess.Popen(
        [sys.executable, "-c", BOUNDED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True
    ) as reader:  # fmt: skip
        assert reader.stdin is not None and reader.stdout is not None
        asking, telling = reader.stdin, reader.stdout

        def said(expression: str) -> list[str]:
            asking.write(f"{expression}\n")
            asking.flush()
            lines: list[str] = []
            while not (line := telling.readline()).startswith("ended "):
                assert line, errors.read_text()[-500:]
                lines.append(line)
            assert line == "ended 0\n", (line, errors.read_text()[-500:])
            return lines

        yield said


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_bounded_time_and_memory(bounded: Callable[[str], list[str]], name: str) -> None:
    (line,) = bounded(BOMBS[name])
    problems, length, seconds, first = line.split(maxsplit=3)
    assert first[1:].startswith("bomb.yaml: ")
    assert int(problems) <= 101 and int(length) < 100_000
    assert float(seconds) < 10  # CPU; about 2 s on an idle core


@pytest.mark.parametrize("opening", ["[", "- "])
def test_forty_levels_are_read_and_forty_one_are_not(opening: str) -> None:
    closing = "]" if opening == "[" else ""
    assert parse_yaml(opening * (MAX_DEPTH - 1) + "a" + closing * (MAX_DEPTH - 1)) is not None
    with pytest.raises(FileProblems, match=f"nested deeper than {MAX_DEPTH}"):
        parse_yaml(opening * MAX_DEPTH + "a" + closing * MAX_DEPTH)


def test_a_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with open(path, "wb") as file:
        file.truncate(100 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileProblems, match=rf"huge\.yaml: too large; a YAML file may have {MAX_BYTES // 2**20} MB"):
        read_yaml(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_file_that_is_not_utf8_is_named_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("family: Caf\xe9".encode("latin-1"))
    with pytest.raises(FileProblems, match=r"latin\.yaml: byte 11: not UTF-8 text"):
        read_yaml(path)


def test_a_missing_file_and_a_folder_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match=r"none\.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(FileProblems, match="cannot be read: Is a directory"):
        read_yaml(tmp_path)


@pytest.mark.parametrize("text", ["", "   \n", "# only a comment\n", "---\n", "null"])
def test_an_empty_file_says_what_a_file_starts_with(problems: Problems, text: str) -> None:
    assert problems(text) == (
        "x.yaml: is no mapping; a family file starts with `family: NAME`, a sheet with `sheet: NAME`",
    )


@pytest.mark.parametrize("text", ["- family: x", "[1, 2]", "just text", "42"])
def test_a_list_or_scalar_at_the_top_is_refused(problems: Problems, text: str) -> None:
    assert "is no mapping" in problems(text)[0]


def test_a_mapping_that_is_neither_family_nor_sheet_says_so(problems: Problems) -> None:
    assert problems("model: x") == ("x.yaml: says neither `family:` nor `sheet:`; one of them names what the file is",)


def test_a_duplicate_key_is_refused_with_its_place(problems: Problems) -> None:
    assert problems("family: A\nsource: s\nfamily: B\n") == ("x.yaml: line 3, column 1: key 'family' is given twice",)


def test_a_duplicate_key_deep_inside_is_refused(problems: Problems) -> None:
    assert problems("family: A\nbackbones:\n- {backbone: a, params_m: 1, params_m: 2}\n") == (
        "x.yaml: line 3, column 30: key 'params_m' is given twice",
    )


@pytest.mark.parametrize(
    "text", ["a: &x 1\nb: *x", "a: {<<: *x}", "- &x [1]\n- *x", "family: !!str &x A", "? &x a\n: 1"]
)
def test_anchors_are_refused_with_advice(problems: Problems, text: str) -> None:
    (line,) = problems(text)
    assert "anchors" in line or "undefined alias" in line
    assert line.startswith("x.yaml: line ")


def test_stars_and_ampersands_within_text_are_no_anchors() -> None:
    assert parse_yaml("a: R&D *star\nb: 'x &y'\nc: [A&B, 'C *d']") == {
        "a": "R&D *star",
        "b": "x &y",
        "c": ["A&B", "C *d"],
    }


@pytest.mark.parametrize(
    "text", ["a: !!python/object/apply:os.system [ls]", "a: !!python/name:os.system", "a: !custom x"]
)
def test_a_tag_runs_nothing(problems: Problems, text: str) -> None:
    assert "could not determine a constructor" in problems(text)[0]


def test_a_second_document_is_refused(problems: Problems) -> None:
    assert "another document" in problems("family: a\n---\nfamily: b")[0]


@pytest.mark.parametrize(
    "text", ["family: {", "family: 'open", "a: b: c", "\tfamily: x", "family: \x00", "family: \x07"]
)
def test_broken_yaml_names_the_file(problems: Problems, text: str) -> None:
    (line,) = problems(text)
    assert line.startswith("x.yaml: ")
    assert "\n" not in line


def test_dates_stay_text() -> None:
    assert parse_yaml("a: 2022-01-10") == {"a": "2022-01-10"}


def test_a_short_mapping_stands_on_one_line_and_a_nested_one_does_not() -> None:
    assert dump_yaml({"a": {"b": 1, "c": 2}, "d": [{"e": 1}]}) == textwrap.dedent("""\
        a: {b: 1, c: 2}
        d:
        - {e: 1}
        """)
