"""The view and the filter history, kept between runs in one JSON file."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from backbones.store.view import View

VERSION = 1
LAYOUTS = ("both", "table", "plot")


@dataclass(frozen=True, slots=True)
class State:
    """What the next run starts with."""

    view: View = field(default_factory=View)
    layout: str = "both"
    history: tuple[str, ...] = ()


def load_state(path: Path | None) -> State:
    """The state of the last run; a fresh one where there is none, or none that can be read."""
    if path is None:
        return State()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != VERSION or kept["layout"] not in LAYOUTS:
            return State()
        history = tuple(text for text in kept["history"] if isinstance(text, str))
        return State(_checked(View.from_dict(kept["view"])), kept["layout"], history)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return State()


def save_state(path: Path | None, state: State) -> str | None:
    """Replace the file in one step; where that cannot be done, the sentence that says why."""
    if path is None:
        return None
    kept = {"version": VERSION, "view": state.view.to_dict(), "layout": state.layout, "history": list(state.history)}
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        os.replace(draft, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        return f"the view is not kept for the next run: {error.strerror or error} ({path})"
    return None


def _checked(view: View) -> View:
    """The view; ValueError where a field without a default has a value of the wrong kind."""
    allowed = ((view.limit, int), (view.log_x, bool), (view.best_per, str))
    if any(value is not None and not isinstance(value, kind) for value, kind in allowed):
        raise ValueError("a value of the wrong kind")
    return view
