"""Maps of the plane that PDF uses to place what it draws."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Affine:
    """(x, y) -> (a x + c y + e, b x + d y + f), PDF's order of the six numbers."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @classmethod
    def onto_screen(cls, left: float, bottom: float, right: float, top: float, quarter_turns: int) -> Affine:
        """From PDF's page space (y grows upwards) to points from the top left of the page as it is shown."""
        if quarter_turns == 1:
            return cls(0, 1, 1, 0, -bottom, -left)
        if quarter_turns == 2:
            return cls(-1, 0, 0, 1, right, -bottom)
        if quarter_turns == 3:
            return cls(0, -1, -1, 0, top, right)
        return cls(1, 0, 0, -1, -left, top)

    def after(self, first: Affine) -> Affine:
        """The map that does `first`, then this one."""
        a, b, c, d, e, f = self.a, self.b, self.c, self.d, self.e, self.f
        return Affine(
            a * first.a + c * first.b,
            b * first.a + d * first.b,
            a * first.c + c * first.d,
            b * first.c + d * first.d,
            a * first.e + c * first.f + e,
            b * first.e + d * first.f + f,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point goes."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def vector(self, x: float, y: float) -> tuple[float, float]:
        """Where a direction goes."""
        return self.a * x + self.c * y, self.b * x + self.d * y

    @property
    def scale(self) -> float:
        """How much longer lines become, on the whole."""
        return sqrt(abs(self.a * self.d - self.b * self.c))
