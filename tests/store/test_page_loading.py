"""How released files are loaded, and pages of small worlds: measurements, odd names, what is withdrawn."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import pytest

from backbones.store.machine import host_id
from backbones.store.measurements import migrate
from backbones.store.page import Page
from backbones.store.pages import page_of
from backbones.store.sections.loading import Released, hub_call, load_call
from backbones.store.sections.owner import filter_for
from backbones.store.view import View
from tests.store.test_measurements import measure

if TYPE_CHECKING:
    from tests.store.conftest import World


@pytest.mark.parametrize(
    ("released", "call"),
    [
        (Released("a", "timm", "convnext_tiny.fb_in1k", None), 'timm.create_model("convnext_tiny.fb_in1k", pretrained=True)'),
        (Released("a", "torchvision", "ConvNeXt_Tiny_Weights.IMAGENET1K_V1", None),
         'torchvision.models.get_model("convnext_tiny", weights="ConvNeXt_Tiny_Weights.IMAGENET1K_V1")'),
        (Released("a", "torchvision", "ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2", None),
         'torchvision.models.get_model("quantized_resnet50", weights="ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2", quantize=True)'),
        (Released("a", "open_clip", "ViT-B-32 laion2b_s34b_b79k", None),
         'open_clip.create_model_and_transforms("ViT-B-32", pretrained="laion2b_s34b_b79k")'),
        (Released("a", "mmpretrain", "resnet50_8xb32_in1k", None), 'mmpretrain.get_model("resnet50_8xb32_in1k", pretrained=True)'),
        (Released("a", "dinov2", "dinov2_vits14", "facebook/dinov2-small"), 'torch.hub.load("facebookresearch/dinov2", "dinov2_vits14")'),
        (Released("X (CIFAR-10)", "robustbench", "X", None, "linf"),
         'robustbench.utils.load_model("X", dataset="cifar10", threat_model="Linf")'),
        (Released("X (CIFAR-10 L2)", "robustbench", "X", None, "linf"), 'robustbench.utils.load_model("X", dataset="cifar10", threat_model="L2")'),
        (Released("X (ImageNet-1k)", "robustbench", "X", None, "corruptions"),
         'robustbench.utils.load_model("X", dataset="imagenet", threat_model="corruptions")'),
        (Released("X", "robustbench", "X", None, "linf"), None),
        (Released("a", "hub", None, "google/owlvit"), 'transformers.AutoModel.from_pretrained("google/owlvit")'),
        (Released("a", "vissl", None, None), None),
        (Released("a", None, None, None), None),
    ],
)  # fmt: skip
def test_a_load_call_is_that_of_the_library(released: Released, call: str | None) -> None:
    assert load_call(released) == call


def test_a_file_on_the_hub_is_loaded_from_there_too() -> None:
    assert hub_call(Released("a", "timm", "a", "timm/a")) == 'timm.create_model("hf-hub:timm/a", pretrained=True)'
    assert hub_call(Released("a", "open_clip", "a b", "x/y")) == 'open_clip.create_model_and_transforms("hf-hub:x/y")'
    assert hub_call(Released("a", "timm", "a", None)) is None


def test_every_call_of_the_catalogue_is_python(catalog: sqlite3.Connection) -> None:
    rows = catalog.execute("select weights, library, loader, hub_id, installable from released").fetchall()
    calls = [
        (library, call)
        for weights, library, loader, hub, _ in rows
        if (call := load_call(Released(weights, library, loader, hub, "linf")))
    ]
    for _, call in calls:
        compile(call, "call", "eval")
    of_libraries = {library for library, _ in calls}
    assert of_libraries >= {"timm", "torchvision", "open_clip", "mmpretrain", "paddleclas", "robustbench", "dinov2"}
    builders = {
        m[1] for library, call in calls if library == "torchvision" and (m := re.search(r'get_model\("([^"]+)"', call))
    }
    assert builders >= {
        "vit_b_16",
        "swin_t",
        "regnet_y_400mf",
        "resnext101_64x4d",
        "shufflenet_v2_x0_5",
        "quantized_googlenet",
    }


def records(page: Page, title: str) -> list[dict[str, object]]:
    """The rows of a section; () where there is none."""
    return next((list(s.rows.records()) for s in page.sections if s.title == title), [])  # type: ignore[arg-type]


def test_what_was_measured_is_on_the_pages_of_its_backbone_checkpoint_and_device(world: World) -> None:
    world.build()
    migrate(world.places.measurements)
    measure(world.places.measurements, throughput_img_s=900.0, resolution=224, precision="fp32", host=host_id())
    measure(world.places.measurements, throughput_img_s=55.0, resolution=224, precision="fp32", device="My GPU")
    explorer = world.explorer()
    for name in ("ToyNet-S", "ToyNet-S IN-1k"):
        page = page_of(explorer.connection, name)
        facts = {r["fact"]: r["value"] for r in records(page, "facts")}
        assert facts["on this machine"] == "1 measurement"
        assert [r["throughput_img_s"] for r in records(page, "measured here")] == [900.0]
        assert {(r["origin"], r["throughput_img_s"]) for r in records(page, "throughput")} >= {
            ("measured", 900.0),
            ("measured", 55.0),
            ("reported", 700.0),
        }
    mine = page_of(explorer.connection, "my gpu")
    assert (mine.kind, mine.name) == ("device", "My GPU")
    assert [(r["origin"], r["speeds"], r["collection"]) for r in records(mine, "what is known")] == [
        ("measured", 1, "probe")
    ]
    assert explorer.answer(View(filter=mine.filter, columns=("checkpoint",))).total == 2
    explorer.close()


ODD = """
family: "Odd [bold red]_x"
collection: papers
source: arxiv:2105.00009
backbones:
- backbone: "x[/]y[a1]"
  params_m: 5
  checkpoints:
  - checkpoint: "it's \\"odd\\" [/]"
    pretraining: {dataset: "Set (a), b's"}
    results:
    - {task: classification, dataset: ImageNet-1k, resolution: 224, values: {top_1: 70.5}, ref: t1}
    - {task: detection, dataset: COCO val, head: "H [x] \\"q\\"", values: {box_ap: 30.5}, ref: t2}
"""


def test_names_with_quotes_and_brackets_have_pages_that_can_be_shown_on_the_first_screen(world: World) -> None:
    world.write("odd.yaml", ODD)
    explorer = world.explorer()
    for kind, name in (
        ("family", "Odd [bold red]_x"), ("backbone", "x[/]y[a1]"), ("checkpoint", "it's \"odd\" [/]"), ("head", 'H [x] "q"'),
        ("dataset", "Set (a), b's"),
    ):  # fmt: skip
        page = page_of(explorer.connection, name, kind)
        assert page.name == name
        assert (
            explorer.answer(
                View(filter=page.filter, columns=("checkpoint",), y=page.metric or "top_1@imagenet-1k")
            ).total
            >= 1
        ), (page.filter, page.metric)
    explorer.close()


def test_a_filter_is_quoted_as_the_name_allows() -> None:
    assert filter_for("family", "Swin") == 'family = "Swin"'
    assert filter_for("head", 'a "b"') == "head = 'a \"b\"'"
    assert filter_for("head", 'a\'s "b"') == 'head = "a\'s b"'


def test_a_thing_without_any_result_has_a_page_without_a_filter(world: World) -> None:
    world.write("bare.yaml", "family: Bare\ncollection: papers\nsource: arxiv:1\nbackbones:\n- {backbone: Bare-S}\n")
    explorer = world.explorer()
    for name in ("Bare", "Bare-S"):
        page = page_of(explorer.connection, name)
        assert (page.filter, page.metric) == ("", "")
        assert page.sections[0].title == "facts"
    explorer.close()
