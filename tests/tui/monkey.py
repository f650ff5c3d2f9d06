"""Random keys over all screens, and how long the event loop was kept waiting meanwhile: for the tests and `bench/monkey.py`."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from textual import events
from textual.keys import _character_to_key

COMMON = (
    *"jjjkklhhlgG", "down", "up", "left", "right", "pageup", "pagedown", "home", "end", "enter", "enter", "enter", *(["escape"] * 8), "tab", "tab",
    "shift+tab", "space",
)  # fmt: skip
PLACES = (
    *"12345",
    "less_than_sign",
    "greater_than_sign",
    "backspace",
    "ctrl+k",
    "colon",
    "slash",
    "question_mark",
    "exclamation_mark",
    "i",
)
RARE = (
    *"abcdefmnoprstuvwxyz", *"ABCDEFHIJKLMNOPQRSTUVWXYZ", *"06789", *"|-+=_[]{}()@#$%^&*;'\"~`,.", "delete", "shift+left", "shift+right", "shift+up",
    "shift+down", "alt+left", "alt+right", "ctrl+l", "ctrl+d", "ctrl+u", "ctrl+a", "ctrl+e", "ctrl+w", "ctrl+p", "ctrl+n", "f1", "f5",
)  # fmt: skip
TYPED = (
    "swin",
    "mask rcnn swin",
    "convnxt",
    "x[/]y",
    "params_m < 30",
    "top_1@imagenet-1k > 83",
    "a100",
    "coco",
    "zzz",
    "5..100",
    "family",
)

PACKETS = 0.1
"""Of the keys begin a packet of two to five."""


@dataclass
class Played:
    """What happened."""

    keys: int = 0
    places: Counter[str] = field(default_factory=Counter)
    """How many keys each place or panel got."""
    slowest_s: float = 0.0
    """The longest time that the event loop was busy with one thing."""
    slowest_keys: tuple[str, ...] = ()
    hardest_s: float = 0.0
    """The longest time that it computed in one go: less than `slowest_s` where other threads and programs had the processor."""
    hardest_keys: tuple[str, ...] = ()
    packed: int = 0
    """How many keys came in one packet with the one before."""
    lags: list[float] = field(default_factory=list)


def keys_of(seed: int, count: int) -> Iterator[str]:
    """Keys in random order, and now and then a word."""
    dice = random.Random(seed)
    given = 0
    while given < count:
        chance = dice.random()
        if chance < 0.02:
            word = dice.choice(TYPED)
            yield from word
            given += len(word)
            continue
        yield dice.choice(COMMON if chance < 0.6 else PLACES if chance < 0.72 else RARE)
        given += 1


def press(app: Any, key: str) -> None:
    """Hand a key to the app, as its driver would."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    character = key if len(key) == 1 else " " if key == "space" else None
    event = events.Key(name, character)
    event.set_sender(app)
    app._driver.send_message(event)


async def play(app: Any, seed: int, count: int, pause_s: float = 0.003) -> Played:
    """Press so many keys, now and then some in one packet; what they led to. Stops where the app ended by itself."""
    played = Played()
    recent: list[str] = []
    watching = asyncio.create_task(_watch(played, recent))
    dice, packet = random.Random(seed + 1), 0
    for key in keys_of(seed, count):
        if not app.is_running or app._exception is not None:
            break
        screen = app.screen
        name = f"{app.trail.place.kind}:{app.trail.place.of}" if screen.is_modal is False else type(screen).__name__
        played.places[name.removesuffix(":")] += 1
        played.keys += 1
        recent[:] = [*recent[-5:], key]
        press(app, key)
        if packet:
            packet -= 1  # the next comes without a pause
            played.packed += 1
            continue
        packet = dice.randint(1, 4) if dice.random() < PACKETS else 0
        await asyncio.sleep(pause_s)
    watching.cancel()
    return played


async def _watch(played: Played, recent: list[str]) -> None:
    """Sleep briefly, over and over: what that takes longer is what others kept the loop for."""
    while True:
        before, computed = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.005)
        lag, work = time.perf_counter() - before - 0.005, time.thread_time() - computed
        played.lags.append(lag)
        if lag > played.slowest_s:
            played.slowest_s, played.slowest_keys = lag, tuple(recent)
        if work > played.hardest_s:
            played.hardest_s, played.hardest_keys = work, tuple(recent)


async def come_home(app: Any, seconds: float = 5.0) -> None:
    """Close panels and go back to the first screen, as a person would."""
    end = time.monotonic() + seconds
    while app.screen is not app.explore and time.monotonic() < end:
        press(app, "escape")
        await asyncio.sleep(0.05)
        if app.screen is not app.explore and not app.screen.is_modal:
            press(app, "1")
            await asyncio.sleep(0.05)
