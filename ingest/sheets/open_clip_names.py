"""OpenCLIP's words in ours: its data sets, its retrieval columns, its tags and the names of its models."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

DATASETS: Final = {
    "ImageNet 1k": "ImageNet-1k", "Describable Textures": "DTD", "FGVC Aircraft": "FGVC-Aircraft",
    "ImageNet Sketch": "ImageNet-Sketch", "ImageNet v2": "ImageNet-V2", "Oxford Flowers-102": "Flowers-102",
    "Oxford-IIIT Pet": "Oxford-IIIT Pets", "Pascal VOC 2007": "PASCAL VOC 2007", "Flickr": "Flickr30k",
    "MSCOCO": "COCO captions", "crossmodal3600": "XM3600", "multilingual_mscoco_captions": "XTD10",
    "flickr30k-200": "Flickr30k-200",
}  # fmt: skip
"""Data sets whose name in the tables is not the one people use; all others keep theirs."""

SUITE_METRIC: Final = frozenset((
    "Caltech-101", "Camelyon17", "Dollar Street", "FGVC Aircraft", "FMoW", "GeoDE", "Oxford Flowers-102", "Oxford-IIIT Pet",
    "Pascal VOC 2007", "iWildCam",
))  # fmt: skip
"""Data sets for which the suite does not report top-1 everywhere, but the metric that is usual for the data set."""

RETRIEVAL: Final = frozenset(("Flickr", "MSCOCO", "WinoGAViL"))
"""Data sets of image and text pairs: the overview gives one average for each."""

LANGUAGES: Final = {"avg": "average", "jp": "ja"}
"""Spellings of languages that are no ISO codes."""


class Column(NamedTuple):
    """What one column of a table holds."""

    task: str
    name: str
    """As a column of a sheet of results: `recall_1@XM3600:direction=text-to-image,language=de`."""


def dataset(name: str) -> str:
    """The usual name of a data set of the tables."""
    return DATASETS.get(name, name)


def architecture(model: str) -> str:
    """The backbone of a model: an image tower with a text tower is another thing than a plain ViT-B/16."""
    return f"{model} (OpenCLIP)"


_AVERAGE = re.compile(r"Average perf\. on (\d+) datasets")
_RECALL = re.compile(r"(.+) (image|text) retr\. R@(1|5|10)")
_JACCARD = re.compile(r"(WinoGAViL) (?:avg jaccard score|jaccard score ([\d-]+))")
_LANGUAGE = re.compile(r"(\S+) (image|text)_retrieval_recall@(1|5|10) (\S+)")
_DIRECTION: Final = {"image": "text-to-image", "text": "image-to-text"}


def overview_column(header: str) -> Column:
    """A column of the table of all data sets, or of the table of classification."""
    if found := _AVERAGE.fullmatch(header):
        return Column("classification", f"average@Average of {found[1]} data sets (OpenCLIP)")
    if header in RETRIEVAL:
        return Column("retrieval", f"average@{dataset(header)}")
    return Column("classification", f"{'suite_metric' if header in SUITE_METRIC else 'top_1'}@{dataset(header)}")


def retrieval_column(header: str) -> Column | None:
    """A column of the table of retrieval; None for one that is not known."""
    if header in ("Average score", "Average perf. on 3 datasets"):
        return Column("retrieval", "average@Average of retrieval (OpenCLIP)")
    if found := _RECALL.fullmatch(header):
        return Column("retrieval", f"recall_{found[3]}@{dataset(found[1])}:direction={_DIRECTION[found[2]]}")
    if found := _JACCARD.fullmatch(header):
        return Column("retrieval", f"jaccard@{found[1]}" + (f":part={found[2]}" if found[2] else ""))
    return None


def multilingual_column(header: str) -> Column | None:
    """A column of the table of retrieval in many languages; None for one that is not known."""
    if header == "avg":
        return Column("retrieval", "average@Average of multilingual retrieval (OpenCLIP)")
    if found := _LANGUAGE.fullmatch(header):
        name, kind, rank, language = found.groups()
        direction, spoken = _DIRECTION[kind], LANGUAGES.get(language, language)
        return Column("retrieval", f"recall_{rank}@{dataset(name)}:direction={direction},language={spoken}")
    return None
