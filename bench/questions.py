"""How long the questions of the screens take, against the question of the first screen, over the shipped catalogue.

    python bench/questions.py [ROUNDS]

Each is asked warm, one after another in each round; prints the median and its ratio to the first screen's.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from backbones.store.adviser import Wish, advise
from backbones.store.build import build
from backbones.store.catalog import connect
from backbones.store.compare import compare
from backbones.store.completion import complete
from backbones.store.facets import Memory, facets
from backbones.store.listing import listing
from backbones.store.pages import page_of
from backbones.store.places import SHIPPED, Places
from backbones.store.query import CatalogExplorer
from backbones.store.view import View

EIGHT = ["ConvNeXt-T", "Swin-T", "ConvNeXt-B", "Swin-B", "ResNet-50", "ViT-B/16", "DeiT-S", "ConvNeXt"]
WISH = Wish(
    device="rtx-3090", precision="amp", min_img_s=1000, max_params_m=50, licence="permissive", is_installable=True
)
TYPED = "top_1@imagenet-1k > 83 and family in (ConvNeXt, Swin) and throughput@rtx-4090:precision=amp > 1000"


def main(rounds: int) -> None:
    """Print a line for each question."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        places = Places(home / "catalog.db", home / "measurements.db", (), home / "state", SHIPPED)
        build(places)
        connection = stack.enter_context(contextlib.closing(connect(places)))
        explorer = CatalogExplorer(partial(connect, places))
        stack.callback(explorer.close)
        memory = Memory()
        questions: dict[str, Callable[[], object]] = {
            "the first screen": lambda: explorer.answer(View()),
            "facets of the first screen": lambda: explorer.ask(lambda c: facets(c, View(), memory)),
            "completion of a filter": lambda: complete(connection, TYPED, len(TYPED)),
            "advice under five limits": lambda: advise(connection, WISH),
            "comparison of eight": lambda: compare(connection, EIGHT),
            "page of a family": lambda: page_of(connection, "ConvNeXt"),
            "page of the largest source": lambda: page_of(connection, "github:huggingface/pytorch-image-models"),
            "list of families": lambda: listing(connection, "families"),
        }
        took: dict[str, list[float]] = {name: [] for name in questions}
        for number in range(rounds + 1):
            for name, question in questions.items():
                start = time.perf_counter()
                question()
                if number:
                    took[name].append(time.perf_counter() - start)
    base = statistics.median(took["the first screen"])
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:30}{1000 * median:8.1f} ms {median / base:6.1f} x the first screen")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
