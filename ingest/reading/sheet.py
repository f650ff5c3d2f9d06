"""What lies on one page: glyphs, rules and shaded boxes, in points from the top left corner as the page is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from backbones.ingest.paper import Box


@dataclass(slots=True)
class Glyph:
    """One character. `start` and `end` run along its line of writing, `baseline` across it."""

    text: str
    start: float
    end: float
    baseline: float
    size: float
    bold: bool
    breaks: bool = False
    """A printed space stands before it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line along the rows (`at` is its height on the page) or along the columns (`at` is its x)."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """In points."""
        return self.end - self.start

    @property
    def middle(self) -> float:
        """Half way between its ends."""
        return (self.start + self.end) / 2


@dataclass(slots=True)
class Sheet:
    """A page turned so that most of its text runs from left to right."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)
    upward: list[Glyph] = field(default_factory=list)
    """Glyphs that run from bottom to top; `start` is minus the distance from the page's top."""
    downward: list[Glyph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    """Along the rows."""
    walls: list[Rule] = field(default_factory=list)
    """Along the columns."""
    strokes: list[Rule] = field(default_factory=list)
    """Horizontal lines as short as a dash."""
    shades: list[Box] = field(default_factory=list)
    """Filled boxes that are not white."""
    turned: int = 0
    """By how many quarter turns, clockwise, the page was turned to be read."""

    def shown(self, box: Box) -> Box:
        """Where a box of this sheet lies on the page as it is shown."""
        if self.turned == 1:
            return Box(box.top, self.width - box.x1, box.bottom, self.width - box.x0)
        if self.turned == 2:
            return Box(self.width - box.x1, self.height - box.bottom, self.width - box.x0, self.height - box.top)
        if self.turned == 3:
            return Box(self.height - box.bottom, box.x0, self.height - box.top, box.x1)
        return box
