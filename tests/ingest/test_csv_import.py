"""Any CSV file becomes a sheet by a mapping; every mistake is said with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from backbones.ingest.sheets import csv_table
from backbones.ingest.sheets.csv_table import read_csv
from backbones.ingest.sheets.table import read_with_notes
from backbones.store.errors import FileProblems
from backbones.store.sheet import Sheet

MAPPING = """\
sheet: my_accuracy
kind: results
collection: user
shared: {dataset: ImageNet-1k, source: my-benchmark}
sources: {my-benchmark: {title: My benchmark, kind: repository}}
columns:
  weights: model
  top_1: {column: acc, scale: 100, missing: ['?']}
  params_m: {column: params, scale: 0.000001}
  resolution: px
missing: ['-1', n/a]
only: {status: [ok, fine]}
"""
TABLE = "model,acc,params,px,status\nnet_a,0.8437,28590000,224,ok\nnet_b,0.7,-1,256,failed\nnet_c,?,n/a,288,fine\n"


def read(folder: Path, table: str | bytes, mapping: str = MAPPING) -> Sheet:
    (folder / "acc.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    (folder / "map.yaml").write_text(mapping, encoding="utf-8")
    (sheet,), _ = read_with_notes(folder / "acc.csv", None, folder / "map.yaml")
    return sheet


def problem(folder: Path, table: str | bytes, mapping: str = MAPPING) -> str:
    with pytest.raises(FileProblems) as caught:
        read(folder, table, mapping)
    return str(caught.value)


def test_columns_are_scaled_without_rounding_and_rows_are_chosen(tmp_path: Path) -> None:
    sheet = read(tmp_path, TABLE)
    assert sheet.columns == ["weights", "top_1", "params_m", "resolution", "source_ref"]
    assert sheet.rows == [["net_a", 84.37, 28.59, 224, "line 2"], ["net_c", None, None, 288, "line 4"]]
    assert (sheet.collection, sheet.file) == ("user", "acc.csv")
    assert sheet.sources["my-benchmark"].title == "My benchmark"


def test_rows_left_out_are_counted(tmp_path: Path) -> None:
    read(tmp_path, TABLE)
    _, notes = read_with_notes(tmp_path / "acc.csv", None, tmp_path / "map.yaml")
    assert notes == ["acc.csv: 1 of 3 rows are left out by `only`"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_tabs_and_a_mark_at_the_start_are_read(tmp_path: Path, delimiter: str) -> None:
    plain = read(tmp_path, TABLE)
    marked = b"\xef\xbb\xbf" + TABLE.replace(",", delimiter).replace("\n", "\r\n").encode()
    assert read(tmp_path, marked) == plain


def test_a_table_of_things_needs_no_place_in_a_source(tmp_path: Path) -> None:
    mapping = "sheet: mine\nkind: datasets\ncolumns: {dataset: name, classes: k, tasks: t}\n"
    sheet = read(tmp_path, 'name,k,t\nMy Data,12,"classification, retrieval"\n', mapping)
    assert sheet.rows == [["My Data", 12, "classification, retrieval"]]
    assert sheet.file is None


def test_flags_are_true_or_false(tmp_path: Path) -> None:
    mapping = "sheet: mine\nkind: weights\ncolumns: {weights: w, installable: i}\n"
    assert read(tmp_path, "w,i\na,yes\nb,False\nc,\n", mapping).rows == [["a", True], ["b", False], ["c", None]]
    assert "line 2, column 'i': 'perhaps' is neither true nor false" in problem(tmp_path, "w,i\na,perhaps\n", mapping)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("net_a,good,1,224,ok", "line 2, column 'acc': 'good' is no number"),
        ("net_a,NaN,1,224,ok", "line 2, column 'acc': 'NaN' is no finite number"),
        ("net_a,-inf,1,224,ok", "line 2, column 'acc': '-inf' is no finite number"),
        ("net_a,1e999,1,224,ok", "line 2, column 'acc': '1e999' is no finite number"),
        ("net_a,1e99999999999999999999,1,224,ok", "line 2, column 'acc': '1e99999999999999999999' is no finite number"),
        ("net_a,0.8_4,1,224,ok", "line 2, column 'acc': '0.8_4' is no number"),
        ("net_a,٠.٨,1,224,ok", "line 2, column 'acc': '٠.٨' is no number"),
        ("net_a,0.8,1,2_24,ok", "line 2, column 'px': '2_24' is no number"),
        ("net_a,84.37,1,224,ok", "line 2, column 'acc': as top_1: has to be less than or equal to 100"),
        ("net_a,0.8,1,0,ok", "line 2, column 'px': as resolution: has to be greater than 0"),
        ("net_a,0.8,1,22.5,ok", "line 2, column 'px': '22.5' is no whole number"),
        (",0.8,1,224,ok", "line 2: names no backbone, checkpoint or weights"),
        ("net_a,0.8,1,224", "line 2: has 4 cells for 5 columns"),
        ('net_a,"0.8,1,224,ok', "line 2: not CSV"),
    ],
)
def test_a_bad_cell_is_named_with_line_and_column(tmp_path: Path, row: str, says: str) -> None:
    found = problem(tmp_path, f"model,acc,params,px,status\n{row}\n")
    assert f"{tmp_path / 'acc.csv'}: {says}" in found


def test_all_bad_cells_of_a_column_are_told_at_once(tmp_path: Path) -> None:
    found = problem(tmp_path, "model,acc,params,px,status\na,x,1,1,ok\nb,0.5,1,1,ok\nc,y,1,1,ok\n")
    assert [line.partition(": ")[2][:6] for line in found.splitlines()] == ["line 2", "line 4"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "is empty"),
        ("model,acc,params,px,status\n", "no rows"),
        ("model,accuracy,params,px,status\na,1,1,1,ok\n", "has no column 'acc'"),
        ("model,acc,acc,px,status\na,1,1,1,ok\n", "column 'acc' is there twice"),
        ("model,acc,params,px,status\na,1,1,1,lost\n", "no row has what"),
        (b"model,acc\n\xff\xfe,1\n", "not UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, table: str | bytes, says: str) -> None:
    assert says in problem(tmp_path, table)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: results", "kind: outcome", "map.yaml: kind: has to be"),
        (
            "top_1: {",
            "top-1: {",
            "map.yaml: columns: a sheet of kind results has no 'top-1'; did you mean 'top_1'?",
        ),
        ("scale: 100", "scale: lots", "scale"),
        ("collection: user\n", "", "collection: a sheet of kind results needs it"),
        ("only:", "onyl:", "map.yaml: onyl: unknown key"),
        ("dataset: ImageNet-1k, ", "", "a metric needs its data set"),
    ],
)
def test_a_mapping_with_a_mistake_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in MAPPING
    assert says in problem(tmp_path, TABLE, MAPPING.replace(old, new))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with open(path, "wb") as file:
        file.truncate(csv_table.MAX_BYTES + 1)
    with pytest.raises(FileProblems, match="a table may have 32 MB"):
        read_csv(path)


@pytest.mark.parametrize(
    ("cell", "value"), [("+1", 1), (".5", 0.5), ("5.", 5), ("1e-1", 0.1), (" 2E1 ", 20), ("-0", 0)]
)
def test_every_way_to_write_a_number_is_read(tmp_path: Path, cell: str, value: float) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n{cell},x\n", encoding="utf-8")
    assert [row.number("a") for row in read_csv(tmp_path / "a.csv")] == [value]


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MAX_ROWS", 3)
    path = tmp_path / "long.csv"
    path.write_text("a\n" + "1\n" * 4, encoding="utf-8")
    with pytest.raises(FileProblems, match="line 5: more than 3 rows"):
        read_csv(path)


def test_text_from_a_table_is_stripped_of_control_characters(tmp_path: Path) -> None:
    sheet = read(tmp_path, TABLE.replace("net_a", "net\x1b[31m_a\u202e"))
    assert sheet.rows[0][0] == "net[31m_a"
