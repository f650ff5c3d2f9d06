"""Keys for a running app, and when it has done everything that they set off: no fixed waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.worker import WorkerCancelled

QUIET = 5
"""How often in a row nothing may be seen to happen until the app rests."""
LONGEST_S = 5.0
"""An app that broke, or has a part that is never at rest, is looked at as it is."""
SOON_S = 0.06
"""Timers that are waited for: the cursor's rest, and none that says that one waits."""


async def tap(app: App[Any], key: str) -> None:
    """Press a key and go on at once; ten times as fast as the pilot's press."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    char = key if len(key) == 1 else " " if key == "space" else None
    event = events.Key(name, char)
    event.set_sender(app)
    app._driver.send_message(event)  # type: ignore[union-attr]
    await asyncio.sleep(0.004)


async def press(app: App[Any], *keys: str) -> None:
    """Press keys, each after what the one before set off, and wait for the rest of the cursor."""
    for key in keys:
        await tap(app, key)
        await until_quiet(app, lambda: has_read_all(app), 2)
    await rest(app)


async def hurry(app: App[Any], *keys: str) -> None:
    """Press keys without waiting for what they set off, and wait then."""
    for key in keys:
        await tap(app, key)
    await rest(app)


async def answered(app: App[Any]) -> None:
    """Wait for all questions; one that gave way to a newer one is none."""
    while True:
        try:
            return await app.workers.wait_for_complete()
        except WorkerCancelled:
            await asyncio.sleep(0.005)


async def rest(app: App[Any]) -> None:
    """Wait for answers, for what is painted of them and for the cursor's rest."""
    await until_quiet(app, lambda: is_at_rest(app), QUIET)


async def until_quiet(app: App[Any], is_quiet: Callable[[], bool], times: int) -> None:
    """Wait until that holds so many times in a row: an answer may lie between two queues for a moment."""
    quiet, end = 0, time.monotonic() + LONGEST_S
    while quiet < times and app.is_running and time.monotonic() < end:
        await asyncio.sleep(0.003)
        await answered(app)
        quiet = quiet + 1 if is_quiet() else 0


def has_read_all(app: App[Any]) -> bool:
    """Whether no message waits for anyone."""
    pumps = (app, *app.screen_stack, *app.screen.walk_children())
    return not any(p._message_queue.qsize() or p._pending_message is not None or p._next_callbacks for p in pumps)


def is_at_rest(app: App[Any]) -> bool:
    """Whether nothing is to be done, painted or waited for soon."""
    screen = app.screen
    if screen._dirty_widgets or screen._layout_required or screen._callbacks or not has_read_all(app):
        return False
    timers = (timer for pump in (app, *app.screen_stack, *screen.walk_children()) for timer in pump._timers)
    return not any(
        timer._repeat is not None and timer._interval <= SOON_S and timer._task is not None and not timer._task.done()
        for timer in timers
    )
