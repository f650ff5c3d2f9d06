"""Models side by side: what is known of each, who is better, and bars of the line under the cursor."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from backbones.plot.palette import Look
from backbones.store.compare import FEWEST, MOST, Comparison, Line, compare
from backbones.store.comparing.table import lines_of, records, setting
from backbones.store.errors import BackbonesError
from backbones.store.explorer import Explorer
from backbones.store.text import printable
from backbones.tui.bars_pane import BarsWanted
from backbones.tui.compare_bars import ROWS_BESIDE, CompareBars
from backbones.tui.compare_cell import CellLine
from backbones.tui.compare_table import HEADING, CompareTable, LineHighlighted, ModelOpened
from backbones.tui.heading_line import HeadingLine
from backbones.tui.hints import KeyHints
from backbones.tui.navigation import Place
from backbones.tui.place import PlaceScreen

if TYPE_CHECKING:
    from backbones.plot.bars import BarMetric, BarRow
    from backbones.tui.measuring_models import Offer

LOW = 20  # rows
BESIDE_PANES = 5  # rows: heading, border of the bars, detail, keys
NUMBERS = {2: "two", 8: "eight"}


@dataclass(frozen=True, slots=True)
class ComparePosition:
    """Where one was in a comparison."""

    names: tuple[str, ...]
    row: int
    column: int
    reference: str
    only_differences: bool
    has_differences: bool
    with_alone: bool


class CompareScreen(PlaceScreen):
    """The models that were marked, or that the place names."""

    AUTO_FOCUS = "#compare-table"
    DEFAULT_CSS = """
    CompareScreen #compare-panes { height: 1fr; layout: vertical; }
    CompareScreen #compare-bars { height: 5; max-height: 45%; border-top: solid $foreground 30%; }
    CompareScreen #compare-how { height: 1fr; padding: 1 2; display: none; }
    CompareScreen.-nothing #compare-panes, CompareScreen.-nothing #compare-detail { display: none; }
    CompareScreen.-nothing #compare-how { display: block; }
    CompareScreen.-no-bars #compare-bars, CompareScreen.-squat #compare-bars { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d",
            "only_differences",
            "differing",
            id="compare.only_differences",
            tooltip="Only lines that differ, or all",
        ),
        Binding(
            "D", "differences", "Δ", id="compare.differences", tooltip="The difference to the reference, on or off"
        ),
        Binding("f", "refer", "reference", id="compare.reference", tooltip="Differences are to the marked model"),
        Binding("x", "remove", "remove", id="compare.remove", tooltip="Leave the marked model out"),
        Binding("a", "alone", "all", id="compare.alone", tooltip="Also results that only one of them has, or not"),
        Binding("b", "bars", "bars", False, id="compare.bars", tooltip="The bars, shown or hidden"),
        Binding("Y", "copy", "copy", False, id="compare.copy", tooltip="Copy the command line of this comparison"),
        Binding("E", "export", "export", id="compare.export", tooltip="Copy or write the table"),
    ]

    def __init__(self, explorer: Explorer, look: Look, place: Place, position: Any = None) -> None:
        super().__init__(explorer, look, place, position)
        was = position if isinstance(position, ComparePosition) else None
        self.names = was.names if was else place.names
        self.comparison: Comparison | None = None
        self._refers_to = was.reference if was else ""
        self.only_differences = was.only_differences if was else False
        self.has_differences = was.has_differences if was else False
        self.with_alone = was.with_alone if was else False
        self._was = was

    def compose(self) -> ComposeResult:
        """Heading, table and bars, detail, keys; a sentence where there is nothing to compare."""
        self.heading = HeadingLine("Compare", id="compare-heading")
        self.table = CompareTable(self.look.ascii, id="compare-table")
        self.bars = CompareBars(self.look, id="compare-bars")
        self.detail = CellLine(id="compare-detail")
        yield self.heading
        with Container(id="compare-panes"):
            yield self.table
            yield self.bars
        yield Static(how_to_mark(self.home.key_for), id="compare-how", markup=False)
        yield self.detail
        yield KeyHints(id="hints")

    def on_mount(self) -> None:
        """Read what is known of them."""
        self._request()

    def on_resize(self, event: events.Resize) -> None:
        """A low window has no room for bars."""
        self.set_class(event.size.height < LOW, "-squat")
        self._share()

    def position(self) -> ComparePosition:
        """Names, cursor and switches."""
        table = self.table
        return ComparePosition(
            self.names,
            table.row,
            table.column,
            self._refers_to,
            self.only_differences,
            self.has_differences,
            self.with_alone,
        )

    # Questions and answers

    def _request(self) -> None:
        self.set_class(len(self.names) < FEWEST, "-nothing")
        if len(self.names) < FEWEST:
            count = "one model is marked" if self.names else "nothing is marked"
            self.heading.say("Compare", f"{count}; mark at least {FEWEST}")
            return
        self.heading.note("reading …")
        names = self.names[:MOST]
        self.ask(partial(compare_those, names=names), partial(self._take, names), "compare")

    @property
    def reference(self) -> int:
        """Which of the models shown is the one that others are compared with."""
        asked = [side.asked for side in self.comparison.sides] if self.comparison else []
        return asked.index(self._refers_to) if self._refers_to in asked else 0

    def _take(self, names: tuple[str, ...], found: Comparison) -> None:
        if names != self.names[:MOST]:
            return  # one was removed meanwhile
        self.comparison = found
        if self._was is not None:
            self.table.row, self.table.column = self._was.row, self._was.column
            self._was = None
        self._show()

    def complain(self, error: BackbonesError) -> None:
        """What cannot be compared is said in place; what was shown stays."""
        if self.comparison is None:
            self.add_class("-nothing")
            how = how_to_mark(self.home.key_for)
            self.query_one("#compare-how", Static).update(f"{printable(str(error))}\n\n{how}")
        self.heading.note(printable(str(error)).split("\n")[0])

    def _show(self) -> None:
        assert self.comparison is not None
        lines = lines_of(self.comparison, self.only_differences, self.with_alone)
        self.table.show(self.comparison, lines, self.reference, self.has_differences)
        more = f"the first {MOST} of {len(self.names)} marked" if len(self.names) > MOST else ""
        alone = len(self.comparison.alone)
        key = self.home.key_for("compare.alone", "a")
        rest = f"{alone:,} results of one only ({key})" if alone and not self.with_alone else ""
        which = "differing lines only" if self.only_differences else ""
        self.heading.say(
            "Compare",
            f"{len(lines):,} lines",
            which,
            rest,
            more,
            "* better, ≠ another setting".replace("≠", self.table.differs),
        )
        self._share()
        self._tell()

    def _share(self) -> None:
        """One band of bars, more of them only where the table leaves rows."""
        if self.comparison is None:
            return
        band = len(self.comparison.sides) + ROWS_BESIDE
        free = self.size.height - len(self.table.lines) - HEADING - BESIDE_PANES
        self.bars.styles.height = max(1, free // band) * band + 1

    @on(LineHighlighted)
    def _tell(self) -> None:
        """The cell under the cursor in words, and bars of its line."""
        line = self.table.line
        if self.comparison is not None and line is not None:
            self.detail.show(self.comparison, line, self.table.column)
        self._draw()

    @on(BarsWanted)
    def _draw(self) -> None:
        """Bars of the line under the cursor, else of the main metrics."""
        size = self.bars.content_size
        if self.comparison is None or not self.bars.display or size.width < 1:
            return
        labels = [side.label for side in self.comparison.sides]
        line = self.table.line
        chosen = [line] if line is not None and is_drawn(line) else main_lines(self.comparison)
        bands = max(1, size.height // (len(labels) + ROWS_BESIDE))
        others = [other for other in main_lines(self.comparison) if other.column != chosen[0].column] if chosen else []
        metrics = [metric_of(each) for each in [*chosen, *others][: bands * self.bars.beside()]]
        if not metrics:
            self.bars.say("no number is known of all")
            return
        work = partial(self.bars.drawn, labels, metrics, (size.width, size.height))
        self.in_thread(work, self._show_bars, "bars")

    def _show_bars(self, rows: list[BarRow]) -> None:
        self.bars.show(rows)

    # Keys

    def action_only_differences(self) -> None:
        """Leave out what is the same everywhere, or show it again."""
        if self.comparison is not None:
            self.only_differences = not self.only_differences
            self._show()

    def action_differences(self) -> None:
        """Differences to the reference beside the values."""
        if self.comparison is not None:
            self.has_differences = not self.has_differences
            self._show()

    def action_refer(self) -> None:
        """The model under the cursor is what the others are compared with."""
        if self.comparison is not None:
            self._refers_to, self.has_differences = self.comparison.sides[self.table.column].asked, True
            self._show()

    def action_alone(self) -> None:
        """Also what only one has."""
        if self.comparison is not None:
            self.with_alone = not self.with_alone
            self._show()

    def action_bars(self) -> None:
        """Show or hide the bars."""
        self.toggle_class("-no-bars")
        self.call_after_refresh(self._draw)

    def action_remove(self) -> None:
        """Leave the model under the cursor out, and take its mark away; again, before the table is there: the next one."""
        shown = [side.asked for side in self.comparison.sides] if self.comparison else []
        left = [name for name in shown if name in self.names]
        if not left:
            return
        gone = left[min(self.table.column, len(left) - 1)]
        self.names = tuple(name for name in self.names if name != gone)
        self.home.marks.pop(gone, None)
        if len(self.names) < FEWEST:
            self.comparison = None
        self._request()

    @on(ModelOpened)
    def _open(self, event: ModelOpened) -> None:
        if self.comparison is not None and event.at < len(self.comparison.sides):
            self.follow(self.comparison.sides[event.at].link)

    def measurable(self) -> list[Offer]:
        """All that are compared, and the one under the cursor."""
        from backbones.tui.measuring_models import of_sides

        return of_sides(self.comparison.sides, self.table.column) if self.comparison else super().measurable()

    def action_copy(self) -> None:
        """Copy the command line that compares the same."""
        if self.comparison is None:
            return
        names = [
            side.link.name if side.asked.startswith("#") and side.link else side.asked for side in self.comparison.sides
        ]
        first = names.pop(self.reference)
        switches = (
            ("--differences", self.only_differences),
            ("--delta", self.has_differences),
            ("--alone", self.with_alone),
        )
        text = shlex.join(["backbones", "compare", first, *names, *(switch for switch, is_on in switches if is_on)])
        self.copy_line(text)

    def action_export(self) -> None:
        """Take the table along, as it is shown."""
        from backbones.tui.export_panel import ExportPanel
        from backbones.tui.takeaway import Takeaway

        if self.comparison is None:
            return
        about = tuple((side.link.kind, side.link.name) for side in self.comparison.sides if side.link)
        title = " and ".join(side.label for side in self.comparison.sides)
        rows = records(self.comparison, self.table.lines)
        self.app.push_screen(
            ExportPanel(Takeaway(title, rows, self.table.row, self.table.column + 5, about=about), self.explorer)
        )


def how_to_mark(key_for: Callable[[str, str], str]) -> str:
    """What stands where nothing is compared, with the keys that work now."""
    first, lists, adviser = (
        key_for(f"app.{place}", key) for place, key in (("explore", "1"), ("lists", "2"), ("pick", "4"))
    )
    return (
        f"{NUMBERS[FEWEST].capitalize()} to {NUMBERS[MOST]} models are compared.\n\n"
        f"Mark them with {key_for('table.mark', 'space')}: rows on the first screen ({first}), checkpoints, backbones or weights in "
        f"the lists ({lists}) and on their pages,\nanswers of the adviser ({adviser}). Then press "
        f"{key_for('app.compare', '3')}."
    )


def compare_those(connection: sqlite3.Connection, names: tuple[str, ...]) -> Comparison:
    """The question of the screen."""
    return compare(connection, names)


def is_drawn(line: Line) -> bool:
    """Whether bars of a line say something: two numbers that have a direction."""
    numbers = [v for v in line.values if isinstance(v, int | float)]
    return line.column.kind == "number" and line.column.higher_is_better is not None and len(numbers) > 1


def main_lines(comparison: Comparison) -> list[Line]:
    """The first result, the parameters and the first speed that all have, else that most have."""
    found = []
    for section in ("results", "attributes", "speeds"):
        drawn = [line for line in comparison.lines if line.section == section and is_drawn(line)]
        drawn.sort(key=lambda line: (sum(v is None for v in line.values), line.label == "GMACs"))
        found += drawn[:1]
    return found


def metric_of(line: Line) -> BarMetric:
    """The bars of a line."""
    from backbones.plot.bars import BarMetric

    values = [float(v) if isinstance(v, int | float) else None for v in line.values]
    label = line.label + (f", {setting(line)}" if setting(line) else "")
    unit = "%" if line.column.unit == "percent" else ""
    return BarMetric(printable(label), values, line.column.higher_is_better, line.column.decimals, unit)
