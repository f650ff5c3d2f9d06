"""Ray: one actor a GPU around the same shard function. Ray is imported only here, and only when asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

from backbones.probe.fleet.driver import Job, Lost, Refused
from backbones.probe.fleet.shard import NodeError, Outcome, Shard, measure
from backbones.store.errors import BackbonesError

NO_RAY: Final = "measuring on a Ray cluster needs ray; install it with: pip install 'backbones[ray]'"


class ShardActor:
    """Holds a GPU for the time of a shard: Ray gives every task a new process, and torch would be imported for each model."""

    def __init__(self, does: Callable[[Shard], Outcome]) -> None:
        self._does = does

    def measure(self, shard: Shard) -> Outcome:
        """See the shard through."""
        return self._does(shard)


class RayJob:
    """A shard in an actor."""

    def __init__(self, ray: Any, actor: Any, shard: Shard) -> None:
        self._ray, self._actor = ray, actor
        self._reference = actor.measure.remote(shard)

    @property
    def label(self) -> str:
        """The actor's number."""
        return str(self._actor._actor_id.hex()[:12])

    def is_over(self) -> bool:
        """Ray knows at once, of a lost node within seconds."""
        done, _ = self._ray.wait([self._reference], timeout=0)
        return bool(done)

    def outcome(self) -> Outcome:
        """What the shard gave back; the GPU is free for the next."""
        try:
            outcome = self._ray.get(self._reference)
            assert isinstance(outcome, Outcome)
            return outcome
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, BackbonesError) and not isinstance(error.cause, NodeError):
                raise Refused(str(error.cause)) from None
            raise Lost(f"{type(error.cause).__name__}: {error.cause}") from None
        except self._ray.exceptions.RayError as error:
            raise Lost(_first_line(error)) from None
        finally:
            self.cancel()

    def cancel(self) -> None:
        """End the actor; its worker goes with it."""
        with contextlib.suppress(Exception):  # it may be gone with its node
            self._ray.kill(self._actor)


class RayEngine:
    """Actors on the cluster that runs; none is started."""

    def __init__(
        self, gpus: float = 1, cpus: float = 0, address: str | None = None, does: Callable[[Shard], Outcome] = measure,
        resources: dict[str, float] | None = None,
    ) -> None:  # fmt: skip
        """`address` as Ray has it; None: RAY_ADDRESS, else the cluster of this machine. BackbonesError without Ray or a cluster."""
        try:
            import ray
        except ImportError:
            raise BackbonesError(NO_RAY) from None
        self._ray = ray
        if not ray.is_initialized():
            try:
                ray.init(address=address or "auto", logging_level="ERROR", log_to_driver=False)
            except ConnectionError as error:
                raise BackbonesError(
                    f"no Ray cluster is found ({_first_line(error)}); start one with `ray start --head`, or name it in RAY_ADDRESS"
                ) from None
        self._actor = ray.remote(num_gpus=gpus, num_cpus=cpus, resources=resources or {})(ShardActor)
        self._does = does

    def submit(self, shards: Sequence[Shard]) -> list[Job]:
        """One actor a shard; those for which no GPU is free wait in Ray."""
        return [RayJob(self._ray, self._actor.remote(self._does), shard) for shard in shards]

    def running(self, jobs: Sequence[str]) -> list[str]:
        """None: Ray ends the actors of a driver that is gone."""
        return []

    def gpus(self) -> int:
        """How many the cluster has."""
        return int(self._ray.cluster_resources().get("GPU", 0))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
