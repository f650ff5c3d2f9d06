"""A fleet with an engine that only tells stories: what is merged when shards end, are lost, are refused, or the user ends all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backbones.probe.fleet.driver import Fleet, Lost, Refused, ShardOver, Submitted
from backbones.probe.fleet.shard import Outcome, Shard
from backbones.probe.speed.schedule import Rounds
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.visit import Conditions, Seen, Task, Visit

UNDER = Conditions("0123456789ab", "NVIDIA H200", "gpu", 1, "", "", "", "2.9", "1", "3", "Linux", 1, False, True, "")


def visit(task: Task) -> Visit:
    return Visit(task, UNDER, 1, "2026-11-21T10:00:00Z", 1.0, "ok", Seen(8, 224, 100.0, blocks=(0.1,)))


@dataclass
class StoryJob:
    """Takes a visit each time it is looked at; ends as its story says."""

    shard: Shard
    story: str
    taken: int = 0
    is_cancelled: bool = False
    label: str = "1"

    def is_over(self) -> bool:
        if self.taken < len(self.shard.tasks) and not (self.story != "well" and self.taken):
            keep(self.shard.file, visit(self.shard.tasks[self.taken]))
            self.taken += 1
            return False
        return self.story != "endless"

    def outcome(self) -> Outcome:
        if self.story == "lost":
            raise Lost("NODE_FAIL")
        if self.story == "refused":
            raise Refused("measuring needs torch")
        return Outcome(self.shard.number, self.taken, 0)

    def cancel(self) -> None:
        self.is_cancelled = True


@dataclass
class StoryEngine:
    """`stories[number]` is told attempt by attempt, the last one over and over."""

    stories: dict[int, list[str]]
    jobs: list[StoryJob] = field(default_factory=list)

    def submit(self, shards: Sequence[Shard]) -> list[StoryJob]:
        told = [self.stories[shard.number] for shard in shards]
        made = [
            StoryJob(shard, story.pop(0) if len(story) > 1 else story[0])
            for shard, story in zip(shards, told, strict=True)
        ]
        self.jobs += made
        return made


def fleet_of(tmp_path: Path, *stories: list[str], models: int = 3) -> tuple[Fleet, StoryEngine]:
    engine = StoryEngine(dict(enumerate(stories)))
    shards = [
        Shard(
            number,
            tuple(Task(f"m{number}.{n}", "throughput", "cuda:0", "fp16") for n in range(models)),
            tmp_path / f"{number}.db",
            Rounds(1, 1),
        )
        for number in range(len(stories))
    ]
    return Fleet(engine, shards, tmp_path / "measurements.db", wait=lambda seconds: None), engine  # type: ignore[arg-type]


def test_shards_are_merged_as_they_end(tmp_path: Path) -> None:
    fleet, _ = fleet_of(tmp_path, ["well"], ["well"])
    told = list(fleet.events())
    assert [type(event) for event in told] == [Submitted, Submitted, ShardOver, ShardOver]
    assert [event.new for event in told if isinstance(event, ShardOver)] == [3, 3]
    assert len(visits(tmp_path / "measurements.db")) == 6
    assert not any(event.why for event in told if isinstance(event, ShardOver))


def test_a_lost_shard_is_submitted_again_and_only_the_rest_is_new(tmp_path: Path) -> None:
    fleet, engine = fleet_of(tmp_path, ["lost", "well"], ["well"])
    over = [event for event in fleet.events() if isinstance(event, ShardOver)]
    of_lost = [event for event in over if event.shard == 0]
    assert [(event.new, event.why, event.again) for event in of_lost] == [(1, "NODE_FAIL", True), (2, "", False)]
    assert len(engine.jobs) == 3 and len(visits(tmp_path / "measurements.db")) == 6


def test_a_shard_that_is_always_lost_is_given_up(tmp_path: Path) -> None:
    fleet, engine = fleet_of(tmp_path, ["lost"])
    over = [event for event in fleet.events() if isinstance(event, ShardOver)]
    assert [event.again for event in over] == [True, True, False] and len(engine.jobs) == 3
    assert len(visits(tmp_path / "measurements.db")) == 1


def test_a_refusal_is_not_tried_again(tmp_path: Path) -> None:
    fleet, engine = fleet_of(tmp_path, ["refused"])
    (over,) = [event for event in fleet.events() if isinstance(event, ShardOver)]
    assert (over.outcome, over.why, over.again) == (None, "measuring needs torch", False) and len(engine.jobs) == 1


def test_leaving_early_cancels_the_jobs_and_keeps_what_they_wrote(tmp_path: Path) -> None:
    fleet, engine = fleet_of(tmp_path, ["well"], ["endless"], models=2)
    told = fleet.events()
    while not isinstance(next(told), ShardOver):
        pass
    told.close()  # type: ignore[attr-defined]
    assert [job.is_cancelled for job in engine.jobs] == [False, True]
    assert len(visits(tmp_path / "measurements.db")) == 3


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    fleet, _ = fleet_of(tmp_path, ["well"], models=0)
    (tmp_path / "0.db").write_text("no database")
    (over,) = [event for event in fleet.events() if isinstance(event, ShardOver)]
    assert over.new == 0 and "0.db" in over.why


def test_the_jobs_that_somebody_must_see_to_are_told_at_each_change(tmp_path: Path) -> None:
    fleet, _ = fleet_of(tmp_path, ["lost", "well"], ["well"])
    told: list[dict[int, str]] = []
    fleet.note = lambda jobs: told.append(dict(jobs))
    for event in fleet.events():
        if isinstance(event, Submitted):
            assert event.shard in told[-1]  # a head that is killed now leaves it in its list
    assert told[0] == {0: "1", 1: "1"} and told[-1] == {} and {1: "1"} in told
