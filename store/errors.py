"""Errors that are shown to the user as a sentence; everything else is a bug and keeps its traceback."""

from __future__ import annotations

from collections.abc import Sequence

from backbones.store.text import printable


class BackbonesError(Exception):
    """A mistake of the user's or of the surroundings: what was wrong, where, what to do."""


class QueryError(BackbonesError):
    """A column reference or filter that cannot be understood; points at the place with a caret."""

    def __init__(self, message: str, text: str = "", position: int = 0, suggestions: Sequence[str] = ()) -> None:
        self.message, self.text, self.position, self.suggestions = message, text, position, tuple(suggestions)
        super().__init__(self.render())

    def render(self) -> str:
        """The sentence, the text with a caret under the place, and what may have been meant."""
        lines = [self.message]
        if self.text:
            lines += [f"  {self.text}", "  " + " " * self.position + "^"]
        if self.suggestions:
            lines.append("did you mean " + ", ".join(self.suggestions) + "?")
        return "\n".join(lines)


class UnknownName(BackbonesError):
    """A name that no family, backbone, checkpoint, weights, data set, head or device has."""

    def __init__(self, name: str, kind: str, suggestions: Sequence[str] = ()) -> None:
        self.name, self.kind, self.suggestions = name, kind, tuple(suggestions)
        hint = "did you mean " + ", ".join(repr(s) for s in suggestions) + "?" if suggestions else ""
        super().__init__(f"no {kind} is called {name!r}" + (f"; {hint}" if hint else ""))


class FileProblems(BackbonesError):
    """All that is wrong with one YAML file, a line each: `file: key.path: sentence`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(printable(problem) for problem in problems)
        super().__init__("\n".join(self.problems))


class CatalogError(BackbonesError):
    """The catalogue cannot be opened, read or built."""


class ForeignFile(CatalogError):
    """The file that was named as catalogue is something else."""


class Unmergeable(BackbonesError):
    """A file of measurements of which nothing is merged, and why."""
