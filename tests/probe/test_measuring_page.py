"""docs/measuring.md says what the code does: cautions, times, deadlines, precisions, memory settings, versions of what was seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backbones.probe.fleet.slurm import Wishes
from backbones.probe.speed import bench, protocol, supervisor, taking
from backbones.probe.speed.batches import GAIN
from backbones.probe.speed.conditions import MALLOC, SWITCHES
from backbones.probe.speed.devices import ROOM
from backbones.probe.speed.lane import DEADLINES
from backbones.probe.speed.plan import How
from backbones.probe.speed.worker_process import UNSET
from backbones.store.measuring import cautions
from backbones.store.measuring.cautions import CAUTIONS
from backbones.store.measuring.visit import COUNTED, PRECISIONS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "measuring.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def table(*first: str) -> list[list[str]]:
    """The cells of all rows below the header that begins so."""
    lines = PAGE.splitlines()
    (place,) = (i for i, line in enumerate(lines) if _cells(line)[: len(first)] == list(first) and line.startswith("|"))
    body = lines[place + 2 :]
    end = next(i for i, line in enumerate([*body, ""]) if not line.startswith("|"))
    return [_cells(line) for line in body[:end]]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_all_cautions_stand_there_with_their_sentences_in_their_order() -> None:
    found = [(name.strip("`"), sentence) for name, _, sentence in table("caution", "when")]
    assert found == list(CAUTIONS.items())


@pytest.mark.parametrize(
    ("caution", "limits"),
    [
        ("wide_spread", [f"{cautions.WIDE:.0%}"]), ("rounds_disagree", [f"{cautions.MOST_DISAGREEMENT:.0%}"]),
        ("slow_first_call", [f"{cautions.SLOW_FIRST_CALL_S:g} s", "100 steps"]),
        ("launch_bound", [f"{cautions.LAUNCH_BOUND:g}", f"{cautions.LEAST_AHEAD:g} steps"]),
        ("page_faults", [f"{cautions.FAULTS_A_STEP} page faults"]), ("memory_nearly_full", [f"{cautions.NEARLY_FULL:.0%}"]),
        ("few_steps", [f"{cautions.LEAST_STEPS} steps", f"latency {cautions.LEAST_LATENCY_STEPS}"]),
        ("batch_reduced", [f"{cautions.STILL_GROWING - 1:.0%}"]),
    ],
)  # fmt: skip
def test_a_caution_holds_from_where_the_page_says(caution: str, limits: list[str]) -> None:
    when = next(when for name, when, _ in table("caution", "when") if name == f"`{caution}`")
    assert all(limit.replace("%", " %") in when for limit in limits), (when, limits)


def test_times_are_those_of_the_budget() -> None:
    careful, quick = How().budget(), How(quick=True).budget()
    rounds = [How().schedule(), How(quick=True).schedule()]
    said = {row[0]: row[1:] for row in table("", "", "`--quick`")}
    both = (careful, quick)
    assert said == {
        "search for the batch size ends after": [f"{one.search_s:g} s" for one in both],
        "warm-up": [f"{one.warm_up_s:g}-{one.most_warm_up_s:g} s" for one in both],
        "timed part": [f"{one.timed_s:g}-{one.most_timed_s:g} s" for one in both],
        "blocks, at least": [str(one.blocks) for one in both],
        "visits": ["-".join(map(str, sorted({one.least, one.most}))) for one in rounds],
    }
    assert f"blocks of at least {careful.block_s:g} s" in WORDS
    assert f"last three agree within {careful.agreement:.0%}".replace("%", " %") in WORDS
    assert f"less than {careful.interval:.0%} to either side".replace("%", " %") in WORDS
    assert f"others took more than {careful.interference:.0%} of".replace("%", " %") in WORDS


def test_deadlines_are_those_of_the_supervisor() -> None:
    (header,) = re.findall(r"^\| +\| (import.*) \|$", PAGE, re.MULTILINE)
    (row,) = table("", "import")
    assert dict(zip(_cells(header), map(float, row[1:]), strict=True)) == DEADLINES


def test_figures_in_the_text_are_those_of_the_code() -> None:
    for said in (
        f"after {supervisor.RECYCLE_AFTER} visits", f"{bench.GROWTH_GPU >> 20} MiB (GPU) or {bench.GROWTH_CPU >> 30} GiB (CPU)",
        f"from {taking.GPU_BATCHES[0]} up to {taking.GPU_BATCHES[1]:,} (CPU: {taking.CPU_BATCHES[0]} to {taking.CPU_BATCHES[1]})",
        f"are {taking.GPU_BATCHES[1]:,} on a GPU and {taking.CPU_BATCHES[1]} on a CPU", f"within {GAIN:.0%} of the best".replace("%", " %"),
        f"90th percentile from {protocol.LEAST_FOR_P90} steps, 99th from {protocol.LEAST_FOR_P99}",
        f"{Wishes().cpus} CPUs, {Wishes().memory_gb} GB and two hours",
    ):  # fmt: skip
        assert said in WORDS
    assert ROOM == 0.9 and "nine tenths of what is free" in WORDS and Wishes().minutes == 120


def test_every_precision_is_explained() -> None:
    assert {name for cells in table("precision") for name in re.findall(r"`(\w+)`", cells[0])} == set(PRECISIONS)


def test_memory_settings_can_be_copied() -> None:
    (line,) = re.findall(r"^export (.*)$", PAGE, re.MULTILINE)
    assert dict(word.split("=") for word in line.split()) == MALLOC


def test_nothing_is_left_to_be_filled_in() -> None:
    for page in sorted(DOCS.glob("*.md")):
        found = re.findall(r"XXX|TODO|TBD|FIXME|\?\?\?", page.read_text(encoding="utf-8"))
        assert not found, page.name


def test_what_makes_other_conditions_is_said_where_the_fingerprint_is_told() -> None:
    (told,) = re.findall(r"- The \*\*fingerprint\*\* (.*?)(?=- The \*\*key)", WORDS)
    counts, _, only_kept = told.partition("Kept, but no part of it:")
    words = {
        "uuid": "UUID",
        "power_limit_w": "power limit",
        "switches": "variables of the environment that change speed",
    }
    assert set(words) == set(COUNTED)
    assert all(word in counts and word not in only_kept for word in words.values())
    for name in UNSET:
        assert f"`{name}`" in only_kept
    assert any(f"`{name}`" in counts for name in SWITCHES)


def test_the_command_for_a_gpu_finds_the_tests_that_need_one() -> None:
    assert "python -m pytest -m gpu -rP tests/probe" in PAGE
    files = sorted(Path(__file__).parent.glob("speed/test_gpu_*.py"))
    assert len(files) >= 2 and all("pytest.mark.gpu" in file.read_text(encoding="utf-8") for file in files)
