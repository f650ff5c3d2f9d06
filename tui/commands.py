"""Every key as a sentence to search for, and doing what one of them does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.dom import DOMNode

from backbones.store.view import View
from backbones.tui.navigation import Place
from backbones.tui.targets import Target
from backbones.tui.themes import LOOKS

if TYPE_CHECKING:
    from backbones.tui.app import BackbonesApp

HIDDEN = (
    "app.commands",
    "app.search",
    "place.search",
    "app.explore",
    "app.lists",
    "app.compare",
    "app.pick",
    "app.views",
)
"""They open the panel in which they would stand, or stand there as places."""


def commands_of(app: BackbonesApp) -> list[Target]:
    """What the keys that work now do, those of the focused pane first, and the looks to choose from."""
    found: dict[str, Target] = {}
    for _, binding, enabled, _ in app.screen.active_bindings.values():
        if enabled and binding.tooltip and binding.id and binding.id not in HIDDEN and binding.id not in found:
            target = Target("command", binding.tooltip, binding.action, key=app.get_key_display(binding))
            found[binding.id] = target
    looks = [Target("command", label, f"look({label!r})") for label in LOOKS]
    return [*found.values(), *looks]


async def do(app: BackbonesApp, target: Target, pane: DOMNode | None) -> None:
    """Go there, show it, or do what its key would."""
    if isinstance(target.what, Place):
        app.go(target.what)
    elif isinstance(target.what, View):
        app.show_view(target.what)
    else:
        for node in (pane, app.screen, app):
            if node is not None and await app.run_action(target.what, node):
                return
