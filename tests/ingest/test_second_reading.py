"""The second reading, by another engine, of PDFs that the tests draw."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from backbones.ingest import second_reading
from backbones.ingest.paper import Box
from backbones.ingest.second_reading import Place, digits, disagreements, places_of, read_again
from backbones.store.drafts import Evidence


def place(printed: str, box: Box, page: int = 1, path: str = "a") -> Place:
    return Place(path, f"p{page}.t1", page, "3b", box, printed, "Arvo-T: top_1 83.1")


def draw(path: Path, *texts: tuple[float, float, str], box: tuple[float, ...] | None = None) -> Path:
    """Texts of 8 points at a distance from the left and the top of a page of 400 x 300."""
    canvas = Canvas(str(path), pagesize=(400, 300), cropBox=box, pageCompression=0)
    canvas.setFont("Times-Roman", 8)
    for x, y, text in texts:
        canvas.drawString(x, 300 - y, text)
    canvas.save()
    return path


def test_equal_readings_say_nothing_and_others_are_warned_of(tmp_path: Path) -> None:
    pdf = draw(tmp_path / "a.pdf", (50, 100, "83.1"), (50, 110, "88.1"), (90, 100, "96.2"))
    places = [place("83.1", Box(50, 93, 65, 101)), place("83.1", Box(50, 103, 65, 111), path="b")]
    (finding,) = disagreements(places, read_again(pdf, places))
    assert (finding.severity, finding.kind, finding.path, finding.page, finding.table) == (
        "warning",
        "reading",
        "b",
        1,
        "p1.t1",
    )
    assert "page 1, table 3b, the cell reads 83.1 in one reading and 88.1 in another" in finding.text


def test_superscripts_spaces_and_marks_are_no_disagreement(tmp_path: Path) -> None:
    pdf = draw(tmp_path / "a.pdf", (50, 100, "224"), (62, 97, "2"), (90, 100, "81.3 / 95.5"), (140, 100, "1 024 M*"))
    places = [
        place("224^2", Box(50, 91, 66, 101)), place("81.3/95.5", Box(90, 93, 125, 101)), place("1,024M‡", Box(140, 93, 172, 101)),
    ]  # fmt: skip
    assert disagreements(places, read_again(pdf, places)) == []


def test_a_cropped_page_is_read_where_its_reader_sees_it(tmp_path: Path) -> None:
    pdf = draw(tmp_path / "a.pdf", (150, 100, "83.1"), box=(100, 50, 400, 280))
    places = [place("83.1", Box(50, 73, 65, 81))]  # 100 from the left and 20 from the top are cut off
    assert disagreements(places, read_again(pdf, places)) == []


def test_what_cannot_be_read_again_is_a_note_not_a_silence(tmp_path: Path) -> None:
    pdf = draw(tmp_path / "a.pdf", (50, 100, "83.1"))
    places = [place("83.1", Box(200, 93, 215, 101)), place("9.9", Box(50, 93, 65, 101), page=7)]
    (note,) = disagreements(places, read_again(pdf, places))
    assert (note.severity, note.text) == ("note", "2 of 2 numbers could not be read a second time by another engine")


def test_a_file_that_the_other_engine_cannot_read_costs_a_note(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4\n1 0 obj\n<<")
    assert read_again(broken, [place("83.1", Box(0, 0, 1, 1))]) == {}


def test_a_reading_that_hangs_is_ended_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is a pipe that nobody writes into: the program opens it, and then waits for ever."""
    pdf = tmp_path / "a.pdf"
    os.mkfifo(pdf)
    is_open = threading.Event()
    ended: list[float] = []

    def open_other_end() -> None:
        end = os.open(pdf, os.O_WRONLY)  # returns when the program has opened it
        is_open.set()
        ended.append(end)  # kept open

    class Clock(threading.Thread):
        """Strikes when the program hangs, not after a minute."""

        def __init__(self, seconds: float, strike: Callable[[], None]) -> None:
            super().__init__(daemon=True)
            assert seconds == second_reading.MOST_SECONDS
            self._strike = strike

        def run(self) -> None:
            is_open.wait(60)
            self._strike()

        def cancel(self) -> None:
            pass

    opener = threading.Thread(target=open_other_end, daemon=True)
    opener.start()
    monkeypatch.setattr(second_reading.threading, "Timer", Clock)
    assert read_again(pdf, [place("83.1", Box(50, 93, 65, 101))]) == {}
    assert is_open.is_set(), "it was on its way"
    opener.join(10)
    os.close(ended[0])


def test_ten_thousand_boxes_on_a_page_full_of_glyphs_are_read_in_time() -> None:
    glyphs = [(float(y), float(x), float(x), "7") for y in range(0, 4000, 8) for x in range(0, 400, 4)]
    heights = [glyph[0] for glyph in glyphs]
    started = time.perf_counter()
    for y in range(0, 4000, 8):
        for x in range(0, 400, 20):
            assert second_reading._read(glyphs, heights, x - 1, y - 3, x + 9, y + 3) == "777"
    assert time.perf_counter() - started < 10  # 500 million comparisons if every box looked at every glyph


def test_only_numbers_from_cells_are_read_again() -> None:
    one = Evidence(
        "a", 83.1, "83.1", 1, "p1.t1", "1", 3, 2, (1, 2, 3, 4), "Arvo-T", "top-1", "", "offline", "top_1", "Arvo-T"
    )
    assert [p.box for p in places_of([one, replace(one, box=None, row=-1), replace(one, table="")])] == [
        Box(1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("text", "made"), [("83.1", "83.1"), ("1,024", "1024"), ("AP^b_50", "50"), ("８３.１", "83.1"), ("-", ""), ("", "")]
)
def test_digits(text: str, made: str) -> None:
    assert digits(text) == made


def test_nothing_to_read_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(second_reading.subprocess, "Popen", no)
    assert read_again(tmp_path / "none.pdf", []) == {}
