"""What is written is read again; what is wrong is told all at once, with its place."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbones.store import vocabulary
from backbones.store.errors import FileProblems
from backbones.store.family_file import FamilyFile
from backbones.store.reading import parse_document, write_document
from backbones.store.sheet import Sheet
from backbones.store.text import fold, printable

if TYPE_CHECKING:
    from tests.store.conftest import Problems

AWKWARD = (
    "no", "yes", "on", "off", "null", "~", "true", "1", "1.0", "1e3", "1e-05", "0x10", "010", "1_000", "1:30", "12:30:45", "2022-01-10",
    "+1", "-1", "+", "-", ".", "..", "=", "<<", "? a", "- a", ": a", "a: b", "a :b", "a #b", "#a", "&a", "*a", "!a", "!!str a", "%a", "@a", "`a",
    "[a", "]", "{a", "}", "a,b", "|", ">", "'", '"', "it's", '"q"', "\\", "\\n", "a\\b", "NaN", ".nan", ".inf", "inf", "é", "漢字", "🦦", "a b",
    "ConvNeXt-T", "HTC++", "---", "...", "\ufffe", "\uffff", "\ue000", "a\u00a0b", "İ", "ß", "x" * 200,
)  # fmt: skip
letters = st.characters(codec="utf-8")
texts = (
    st.one_of(st.sampled_from(AWKWARD), st.text(letters, min_size=1, max_size=30))
    .map(lambda t: printable(t).strip()[:200])
    .filter(bool)
)
amounts = st.one_of(
    st.floats(0, allow_nan=False, allow_infinity=False),
    st.integers(0, 10**15).map(float),
    st.sampled_from([0.0, 1e-05, 5e-324, 1e16, 1.7976931348623157e308, 0.1, 82.9, 1 / 3]),
)
percents = st.floats(0, 100) | st.integers(0, 100)
millions = st.floats(0, 1e6) | st.integers(0, 10**6)
pixels = st.integers(1, 65536)
dates = st.one_of(st.dates().map(str), st.sampled_from(["2022", "2022-01"]))
urls = st.sampled_from(["https://example.org/a?b=c#d", "http://x/%20:1"])


def mapping(
    required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


conditions = st.dictionaries(
    st.sampled_from([*vocabulary.CONDITION_KEYS, "zoom"]),
    st.sampled_from(["10", "4/255", "de"]),
    min_size=1,
    max_size=3,
).map(lambda pairs: str(vocabulary.canonical_conditions(pairs)))
stages = mapping({"dataset": texts}, {"resolution": pixels, "epochs": amounts})
metrics = st.sampled_from(sorted(vocabulary.METRICS))
results = mapping(
    {"task": st.sampled_from(vocabulary.TASKS), "dataset": texts, "values": st.dictionaries(metrics, percents, min_size=1, max_size=3)},
    {
        "protocol": st.sampled_from(vocabulary.PROTOCOLS), "head": texts, "resolution": pixels, "fine_tuning": st.lists(stages, max_size=3),
        "train_epochs": amounts, "conditions": conditions, "printed": amounts, "convention": st.sampled_from(vocabulary.CONVENTIONS), "ref": texts,
    },
)  # fmt: skip
speeds = mapping(
    {"device": texts, "throughput_img_s": amounts},
    {
        "precision": st.sampled_from(vocabulary.PRECISIONS),
        "compiled": st.booleans(),
        "batch_size": st.integers(1, 10**6),
        "ref": texts,
    },
)
weights = st.one_of(
    texts,
    mapping(
        {"weights": texts},
        {"url": urls, "licence": texts, "installable": st.booleans(), "why_not": texts, "size_mib": amounts},
    ),
)
checkpoints = mapping(
    {"checkpoint": texts},
    {
        "aliases": st.lists(texts, max_size=2), "pretraining": mapping({}, {"dataset": texts, "method": texts, "resolution": pixels, "epochs": amounts}),
        "weights": st.lists(weights, max_size=2), "results": st.lists(results, max_size=2),
    },
)  # fmt: skip
backbones = mapping(
    {"backbone": texts},
    {
        "params_m": millions,
        "timm_name": texts,
        "checkpoints": st.lists(checkpoints, max_size=2),
        "throughput": st.lists(speeds, max_size=2),
    },
)
families = mapping(
    {"family": texts, "source": texts, "backbones": st.lists(backbones, min_size=1, max_size=2)},
    {
        "aliases": st.lists(texts, max_size=2), "token_mixer": texts, "hierarchical": st.booleans(), "published": dates, "paper": urls,
        "collection": texts, "sources": st.dictionaries(texts, mapping({}, {"title": texts, "url": urls, "retrieved": dates}), max_size=2),
    },
)  # fmt: skip


def names_are_unique(plain: dict[str, Any]) -> bool:
    sizes = [fold(b["backbone"]) for b in plain["backbones"]]
    trained = [fold(c["checkpoint"]) for b in plain["backbones"] for c in b.get("checkpoints", ())]
    return len({*sizes}) == len(sizes) and len({*trained}) == len(trained)


@given(families.filter(names_are_unique))
def test_a_family_file_is_read_as_it_was_written(plain: dict[str, Any]) -> None:
    document = FamilyFile.model_validate(plain)
    text = write_document(document)
    again = parse_document(text)
    assert again == document
    assert write_document(again) == text


cells: dict[str, st.SearchStrategy[Any]] = {
    "backbone": texts, "resolution": pixels, "top_1": percents, "top_5@ImageNet-V2": percents, "recall_1@XM3600:direction=text-to-image,language=de": percents,
    "params_m": millions, "conditions": conditions,
    "convention": st.sampled_from(vocabulary.CONVENTIONS), "protocol": st.sampled_from(vocabulary.PROTOCOLS), "test_aug": texts,
}  # fmt: skip


@st.composite
def sheets(draw: st.DrawFn) -> dict[str, Any]:
    optional = draw(st.lists(st.sampled_from(sorted(set(cells) - {"backbone", "top_1"})), unique=True))
    columns = draw(st.permutations(["backbone", "top_1", *optional]))
    row = st.tuples(*(cells[c] if c == "backbone" else st.none() | cells[c] for c in columns)).map(list)
    head = {"sheet": draw(texts), "kind": "results", "collection": draw(texts)}
    extra = draw(mapping({}, {"note": texts, "file": texts, "first_line": st.integers(1, 99)}))
    shared = {"task": draw(st.sampled_from(vocabulary.TASKS)), "dataset": draw(texts), "source": draw(texts)}
    return {**head, **extra, "shared": shared, "columns": columns, "rows": draw(st.lists(row, max_size=4))}


@given(sheets())
def test_a_sheet_is_read_as_it_was_written(plain: dict[str, Any]) -> None:
    document = Sheet.model_validate(plain)
    text = write_document(document)
    again = parse_document(text)
    assert again == document
    assert write_document(again) == text


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_name_survives_in_every_place(name: str) -> None:
    plain = {
        "sheet": name,
        "kind": "heads",
        "columns": ["head", "tasks"],
        "rows": [[name, name], [name[:190] + " 2", None]],
    }
    assert parse_document(write_document(Sheet.model_validate(plain))) == Sheet.model_validate(plain)


@pytest.mark.parametrize("number", [1e-05, 1e22, 0.1, 5e-324, 1.5e300, 74.0])
def test_a_float_is_read_to_the_last_bit(number: float) -> None:
    plain = {"sheet": "x", "kind": "devices", "columns": ["device", "memory_gib"], "rows": [["a", number]]}
    again = parse_document(write_document(Sheet.model_validate(plain)))
    assert isinstance(again, Sheet)
    assert again.rows[0][1] == number
    assert "!!" not in write_document(again)


FAMILY = "family: A\nsource: s\nbackbones:\n- backbone: A-T\n"
RESULTS = "sheet: x\nkind: results\ncollection: c\nshared: {task: classification, dataset: D, source: s}\n"


def test_all_mistakes_of_a_file_are_told_at_once(problems: Problems) -> None:
    found = problems(
        "family: A\nfamly: B\npublished: January\npaper: not-a-link\nsource: s\nbackbones:\n- backbone: A-T\n  params_m: -1\n"
        "  checkpoints:\n  - checkpoint: A-T IN-1k\n    results:\n    - {task: classify, dataset: D, values: {top1: 80, top_5: .nan}, resolution: -5}\n"
    )
    assert found == (
        "x.yaml: published: 'January' is no date; write 2022-01-10, 2022-01 or 2022",
        "x.yaml: paper: String should match pattern '^https?://\\S+$', not 'not-a-link'",
        "x.yaml: backbones.0.params_m: has to be greater than or equal to 0, not -1",
        "x.yaml: backbones.0.checkpoints.0.results.0.task: 'classify' is no task; did you mean 'classification'?",
        "x.yaml: backbones.0.checkpoints.0.results.0.values.top1: 'top1' is no metric; did you mean 'top_1'?",
        "x.yaml: backbones.0.checkpoints.0.results.0.values.top_5: has to be a finite number, not nan",
        "x.yaml: backbones.0.checkpoints.0.results.0.resolution: has to be greater than 0, not -5",
        "x.yaml: famly: unknown key; did you mean 'family'?",
    )


def test_a_sheet_tells_all_its_mistakes_at_once(problems: Problems) -> None:
    found = problems(
        RESULTS + "columns: [backbone, top_1, resolution]\nrows:\n- [A, 80, 224]\n- [7, much, 22.5]\n- [B, .inf, -1]\n"
    )
    assert found == (
        "x.yaml: rows.1.backbone: has to be a valid string, not 7",
        "x.yaml: rows.1.top_1: has to be a valid number, not 'much'",
        "x.yaml: rows.2.top_1: has to be a finite number, not inf",
        "x.yaml: rows.1.resolution: has to be a valid integer, not 22.5",
        "x.yaml: rows.2.resolution: has to be greater than 0, not -1",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FAMILY + "  throuhgput: []\n", "backbones.0.throuhgput: unknown key; did you mean 'throughput'?"),
        (FAMILY + "  xyz: 1\n", "backbones.0.xyz: unknown key"),
        (RESULTS + "columns: [backbone, top1]\nrows: []\n", "columns: a sheet of kind results has no 'top1'; did you mean 'top_1'?"),
        (RESULTS + "columns: [backbone, top_1, top_1]\nrows: []\n", "columns: a column is named twice"),
        (RESULTS + "columns: [backbone, top_1, dataset]\nrows: []\n", "columns: 'dataset' is already given in shared"),
        (RESULTS + "columns: [top_1]\nrows: []\n", "columns: rows have to name a backbone, checkpoint or weights"),
        (RESULTS + "columns: [backbone]\nrows: []\n", "columns: a sheet of results needs a metric"),
        (RESULTS + "columns: [backbone, top_1]\nrows:\n- [A]\n", "rows.0: has 1 values for 2 columns"),
        (RESULTS + "columns: [backbone, top_1]\nrows:\n- [A, true]\n", "rows.0.top_1: has to be a valid number, not True"),
        (RESULTS + "columns: [backbone, top_1]\nrows: {}\n", "rows: has to be a valid list"),
        ("sheet: x\nkind: resluts\ncolumns: [a]\nrows: []\n", "kind: "),
        ("sheet: x\nkind: results\nshared: {task: classification, source: s}\ncolumns: [backbone, top_1@D]\nrows: []\n",
         "collection: a sheet of kind results needs it"),
        ("sheet: x\nkind: throughput\ncollection: c\ncolumns: [backbone]\nrows: []\n", "columns: a sheet of kind throughput needs 'source'"),
        ("sheet: x\nkind: heads\ncolumns: [head]\nrows:\n- [null]\n", "rows.0.head: has to be a valid string, not None"),
        ("family: A\nbackbones: []\n", "backbones: "),
        ("family: A\n", "backbones: is missing"),
        ("family: ''\nsource: s\nbackbones: [{backbone: a}]\n", "family: "),
        ("family: [a]\nsource: s\nbackbones: [{backbone: a}]\n", "family: has to be a valid string"),
        ("family: A\nsource: s\nbackbones: [{backbone: a}, {backbone: A}]\n", "backbone 'A' is listed twice (also as 'a')"),
        ("family: A\nbackbones: [{backbone: a, throughput: [{device: d, throughput_img_s: 1}]}]\n", "'a' has numbers without a source"),
        (FAMILY + "  throughput: [{device: d}]\n", "backbones.0.throughput.0: needs one of throughput_img_s, latency_ms, peak_memory_mib"),
        (FAMILY + "  timm_name: yes\n", "backbones.0.timm_name: has to be a valid string, not True"),
        (FAMILY + "  params_m: '28.6'\n", "backbones.0.params_m: has to be a valid number, not '28.6'"),
        ("family: A\nhierarchical: 'yes'\nsource: s\nbackbones: [{backbone: a}]\n", "hierarchical: has to be a valid boolean, not 'yes'"),
        ("family: A\npublished: 2022-02-30\nsource: s\nbackbones: [{backbone: a}]\n", "published: '2022-02-30' is no day of the calendar"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_with_its_place(problems: Problems, text: str, expected: str) -> None:
    assert any(line.startswith(f"x.yaml: {expected}") for line in problems(text)), problems(text)


@pytest.mark.parametrize("kind", ["results", "throughput", "costs"])
def test_a_row_that_names_nothing_is_a_mistake(problems: Problems, kind: str) -> None:
    extra = {"results": ", top_1", "throughput": ", throughput_img_s", "costs": ", printed"}[kind]
    shared = {"results": "task: classification, dataset: D, ", "throughput": "device: d, ", "costs": ""}[kind]
    text = f"sheet: x\nkind: {kind}\ncollection: c\nshared: {{{shared}source: s}}\ncolumns: [backbone, weights{extra}]\nrows:\n"
    assert problems(text + "- [A, null, 1]\n- [null, B, 1]\n") == ()
    assert problems(text + "- [A, null, 1]\n- [null, null, 2]\n") == (
        "x.yaml: rows.1: names no backbone, checkpoint or weights",
    )


def test_a_row_is_named_by_what_all_rows_share(problems: Problems) -> None:
    shared = "shared: {task: classification, dataset: D, source: s, backbone: A}"
    assert (
        problems(f"sheet: x\nkind: results\ncollection: c\n{shared}\ncolumns: [weights, top_1]\nrows:\n- [null, 2]\n")
        == ()
    )


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u0085", "\u061c", "\u00ad", "\U000e0041"])
def test_control_characters_and_bidi_overrides_never_reach_a_name(mark: str) -> None:
    escaped = f"\\U{ord(mark):08x}"
    document = parse_document(f'family: "A{escaped}B"\nsource: s\nbackbones:\n- backbone: "C{escaped}D"\n')
    assert isinstance(document, FamilyFile)
    assert (document.family, document.backbones[0].backbone) == ("AB", "CD")


def test_an_escape_sequence_in_a_name_is_disarmed() -> None:
    document = parse_document('sheet: x\nkind: heads\ncolumns: [head]\nrows:\n- ["\\e[31mred\\a\\0 \\n\\tnext"]\n')
    assert isinstance(document, Sheet)
    assert document.rows == [["[31mred   next"]]


def test_a_name_of_control_characters_only_is_empty(problems: Problems) -> None:
    assert problems('family: "\\u202e\\0"\nsource: s\nbackbones: [{backbone: a}]\n')[0].startswith("x.yaml: family: ")


def test_a_message_never_carries_control_characters_to_the_terminal(problems: Problems) -> None:
    for text in (
        'family: A\nsource: s\n"\\e]0;x\\a": 1\nbackbones: [{backbone: a}]\n',
        'sheet: x\nkind: heads\ncolumns: ["\\e[2J", head]\nrows: []\n',
        'a: "\\e"\n"\\e": "\\e"',
    ):
        assert all(line == printable(line) for line in problems(text)), problems(text)


def test_a_document_that_was_not_read_names_its_file() -> None:
    with pytest.raises(FileProblems, match=r"^<text>: "):
        parse_document("[")


@given(st.text(string.printable + "βΩ漢µ", max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ConvNeXt-T", "convnext t", True), ("ViT-B/16", "vit_b_16", True), ("HTC", "HTC++", False), ("RegNetX-1.6GF", "regnet_x_1_6gf", True),
        ("RegNetX-1.6GF", "RegNetX-16GF", False), ("ViT-β", "ViT-γ", False), ("8×8", "8x8", True), ("IN-1k", "in1k", True),
        ("swin base 384", "SWIN-BASE-384", True),
    ],
)  # fmt: skip
def test_spellings_of_one_name_fold_to_one_and_other_names_do_not(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


@pytest.mark.parametrize("value", ["931", "-1", "100.5"])
def test_a_percentage_outside_0_to_100_is_a_mistake(value: str) -> None:
    result = f"{{task: classification, dataset: I, values: {{top_1: {value}}}}}"
    text = f"family: A\nsource: s\nbackbones:\n- backbone: a\n  checkpoints:\n  - checkpoint: c\n    results:\n    - {result}\n"
    with pytest.raises(FileProblems, match="top_1 is a percentage of 0 to 100"):
        parse_document(text)


def test_parameters_that_are_not_in_millions_are_a_mistake() -> None:
    with pytest.raises(FileProblems, match=r"params_m: has to be less than or equal to 1000000"):
        parse_document("family: A\nsource: s\nbackbones:\n- {backbone: a, params_m: 28300000}\n")


def test_a_view_is_told_from_a_family_file() -> None:
    with pytest.raises(FileProblems, match="views import"):
        parse_document("view: mine\nfilter: params_m < 30\n")
