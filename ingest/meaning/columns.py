"""The columns of a table: what each holds, and on which data set, as header, title and caption say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from backbones.ingest.meaning import lexicon
from backbones.ingest.meaning.context import Context
from backbones.ingest.meaning.errors import as_errors
from backbones.ingest.meaning.family import is_of
from backbones.ingest.meaning.heading import Heading, read_heading
from backbones.ingest.meaning.label import read_label
from backbones.ingest.meaning.roles import Roles
from backbones.ingest.meaning.setting import is_multi_scale, without_pretraining
from backbones.ingest.paper import Table
from backbones.store.vocabulary import METRICS


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column with all that the table says of it."""

    column: int
    quantities: tuple[str, ...]
    dataset: str
    head: str
    pretraining_dataset: str
    resolution: int
    device: str
    precision: str


def read_columns(
    table: Table, headings: tuple[Heading, ...], roles: Roles, caption: str, context: Context
) -> Iterator[ReadColumn]:
    words = {roles.head, roles.method, roles.pretraining}
    open_kind = _open_kind(table, caption, context)
    headings = tuple(_without_pretraining_sets(headings, table, caption))
    sizes = {q for heading in headings for q in heading.quantities}
    for number, heading in enumerate(headings):
        quantities = heading.quantities
        if number in roles.labels:
            quantities = ("label",)
        elif number in words or quantities == ("label",) or _names_model(table.columns[number].headers, context):
            quantities = ("ignore",)
        if not quantities and re.match(r"\W*(?:inference\s+)?speed\b", table.columns[number].header, re.IGNORECASE):
            quantities = _speed(table.title + " " + caption)
        if _is_elsewhere(table.columns[number].header, heading):
            quantities = tuple("ignore" if q in _MEASURED else q for q in quantities)
        if heading.is_open:
            quantities = tuple(open_kind(q) for q in quantities)
        if (
            quantities == ("mask_ap",)
            and {"box_ap_s", "box_ap_l"} <= sizes
            and re.search(r"APm\s*$", table.columns[number].header)
        ):
            quantities = ("box_ap_m",)
        dataset = heading.dataset
        if quantities and quantities[0] in METRICS:
            dataset = dataset or evaluated(quantities[0], table.title, only_section(table), caption)
            if not dataset and METRICS[quantities[0]].task == "detection":
                dataset = "COCO val"
            if dataset.startswith("PASCAL VOC") and quantities == ("box_ap",):
                quantities = ("box_ap_50",)  # its mAP is at an overlap of one half
        yield ReadColumn(
            number,
            as_errors(quantities, table, table.columns[number].header),
            dataset,
            heading.head,
            heading.pretraining_dataset,
            heading.resolution,
            heading.device,
            heading.precision,
        )


def _without_pretraining_sets(headings: tuple[Heading, ...], table: Table, caption: str) -> Iterator[Heading]:
    """Headers that are only a data set's name, where it is one that was pretrained on: `IN-1K` beside `IN-21K`."""
    bare = [heading for heading in headings if heading.is_bare_dataset]
    beside = any(not h.quantities and h.pretraining_dataset for h in headings)
    judged = evaluated("top_1", table.title, only_section(table), caption)
    says_accuracy = (
        bool(judged) and re.search(r"top-?\s?1|accurac", f"{table.title} {caption}", re.IGNORECASE) is not None
    )
    named = lexicon.all_named(lexicon.DATASETS, without_pretraining(f"{table.title} {caption}"))
    for heading in headings:
        is_pretraining = beside and heading.is_bare_dataset and heading.dataset == "ImageNet-1k"
        if is_pretraining or (beside and not heading.quantities and heading.pretraining_dataset):
            yield replace(
                heading, quantities=("top_1",) if says_accuracy else (), dataset="",
                pretraining_dataset=heading.pretraining_dataset or heading.dataset,
            )  # fmt: skip
        elif (
            len(bare) == 1
            and heading in bare
            and heading.dataset == "ImageNet-1k"
            and named
            and "ImageNet-1k" not in named
        ):
            yield replace(heading, quantities=(), dataset="")
        else:
            yield heading


_MEASURED: Final = ("throughput_img_s", "latency_ms", "peak_memory_mib")


def _is_elsewhere(header: str, heading: Heading) -> bool:
    """A speed on a processor that the header does not name: the caption's device is another."""
    measured = any(q in _MEASURED for q in heading.quantities)
    return (
        measured
        and not heading.device
        and re.search(r"\b(?:CPU|mobile|phone|edge|NPU|TPU|ARM)\b", header, re.IGNORECASE) is not None
    )


def _speed(text: str) -> tuple[str, ...]:
    """What a column `Speed` holds, as the caption says."""
    if re.search(r"(?:examples|images|imgs?|samples|frames)\s*(?:/|per)\s*s", text, re.IGNORECASE):
        return ("throughput_img_s",)
    return ("latency_ms",) if re.search(r"\bms\b|millisecond", text) else ()


def only_section(table: Table) -> str:
    sections = {row.section for row in table.rows}
    return sections.pop() if len(sections) == 1 else ""


def _names_model(headers: tuple[str, ...], context: Context) -> bool:
    """A header such as `Student: DeiT-B` is about another model than the row's."""
    for header in headers:
        for word in re.split(r"[\s:,()]+", lexicon.clean(header)):
            label = read_label(word)
            if (
                len(word) > 3
                and label.size
                and (is_of(label.stem, context.family) or context.known.name("backbone", word))
            ):
                return True
    return False


def _open_kind(table: Table, caption: str, context: Context) -> Callable[[str], str]:
    """How the table's words, or else the paper's sentences, settle a bare `AP` or `mIoU`."""
    words = " ".join([table.title, caption])
    masks = re.search(r"instance\s+seg|mask\s+AP", words, re.IGNORECASE) and not re.search(
        r"detection|\bbox\b", words, re.IGNORECASE
    )
    multi = is_multi_scale(table.title) or (
        is_multi_scale(caption) and re.search(r"mIoU|test|evaluat|inference|result", caption, re.IGNORECASE)
    )
    multi = multi or (context.multi_scale is not None and not re.search(r"single-?\s?scale", words, re.IGNORECASE))
    has_ms = any("miou_ms" in read_heading(c.headers).quantities for c in table.columns)

    def settled(quantity: str) -> str:
        if quantity.startswith("box_ap") and masks:
            return quantity.replace("box", "mask")
        return "miou_ms" if quantity == "miou_ss" and multi and not has_ms else quantity

    return settled


def evaluated(metric: str, *texts: str) -> str:
    """The data set of a metric's task that the first text names that names just one."""
    task = METRICS[metric].task
    for text in texts:
        named = [d for d in lexicon.all_named(lexicon.DATASETS, without_pretraining(text)) if _fits(d, task)]
        if len(named) > 1 and "ImageNet-1k" in named and {*named} - {"ImageNet-1k"} <= lexicon.IMAGENET_EVALUATIONS:
            named = ["ImageNet-1k"]
        if len(named) == 1:
            return _of_test_set(named[0], text)
        if named:
            return ""
    return ""


def _of_test_set(dataset: str, text: str) -> str:
    if re.search(r"\btest\s+sets?\b", text, re.IGNORECASE) and not re.search(r"\bval", text, re.IGNORECASE):
        return dataset.removesuffix(" val") + " test" if dataset.endswith(" val") else dataset
    return dataset


_DENSE: Final = frozenset(
    ("ADE20K val", "Cityscapes val", "PASCAL Context", "COCO-Stuff 164k", "COCO-Stuff 10k", "PASCAL VOC 2012 val")
)
_BOXES: Final = frozenset(
    ("COCO val", "COCO test", "LVIS v1 val", "Objects365 v1", "PASCAL VOC 2007", "PASCAL VOC 2012 val")
)
_NOT_EVALUATED: Final = frozenset(("ImageNet-22k", "ImageNet-12k", "JFT-300M", "JFT-3B"))


def _fits(dataset: str, task: str) -> bool:
    if task == "semantic segmentation":
        return dataset in _DENSE
    if task in ("detection", "instance segmentation", "keypoints"):
        return dataset in _BOXES
    return dataset not in _DENSE | _BOXES | _NOT_EVALUATED
