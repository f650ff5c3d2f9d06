"""Impossible values and placeholders: numbers that cannot be, or that stand for "unknown"."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from backbones.store.findings import FACT, NAMED, WHO, Finding, number
from backbones.store.vocabulary import METRICS

KIND: Final = "impossible value"
PLACEHOLDER: Final = "placeholder"

ORDERS: Final = (
    ("top_1", "top_5"), ("box_ap", "box_ap_50"), ("box_ap_75", "box_ap_50"), ("mask_ap", "mask_ap_50"),
    ("mask_ap_75", "mask_ap_50"), ("keypoint_ap", "keypoint_ap_50"), ("keypoint_ap_75", "keypoint_ap_50"),
    ("recall_1", "recall_5"), ("recall_5", "recall_10"),
)  # fmt: skip
"""A metric that is never above another of the same row."""

PEAK_TFLOPS: Final[dict[str, float]] = {
    "NVIDIA V100": 125, "NVIDIA A100": 312, "NVIDIA RTX 2080 Ti": 108, "NVIDIA RTX 3090": 142, "NVIDIA RTX 4090": 330,
    "NVIDIA RTX 5090": 419, "NVIDIA RTX PRO 6000 Max-Q": 504, "NVIDIA H100": 990,
}  # fmt: skip
"""The most that a device computes in a second, dense, in its fastest half precision, by its maker's data sheet."""


def ranges(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A value outside of its metric's range (sure); exactly 0 or 100 percent of a metric that rarely ends there (maybe: small test
    sets and rare languages do; top-5, R@k and PCK are left out).
    """
    rows = connection.execute(
        f"""
        select r.metric, r.dataset, r.value, {FACT.format(t="r")}, {WHO} from result r join subject s on s.id = r.mention {NAMED}
        where r.value <= 0 or r.value >= 100 order by 4, 1, 2"""
    )
    for metric, dataset, value, fact, who in rows:
        known = METRICS[metric]
        if not known.holds(value):
            yield Finding(
                KIND, "sure", fact, who, f"{known.label} {dataset} is {number(value)} {known.unit}", number(value)
            )
        elif known.name.endswith(("top_1", "_ap", "miou_ss", "miou_ms")) and value in (0, 100):
            yield Finding(
                KIND, "maybe", fact, who, f"{known.label} {dataset} is exactly {number(value)}", number(value)
            )


def order(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Metrics of one row in an order that their definitions forbid: top-5 below top-1, AP50 below AP or AP75 (sure)."""
    pairs = {name for less, more in ORDERS for name in (less, more)}
    columns = ", ".join(f"max(case metric when '{name}' then r.value end) as {name}" for name in sorted(pairs))
    broken = " or ".join(f"{less} > {more} + 1e-9" for less, more in ORDERS)
    rows = connection.execute(
        f"""
        select fact, name, dataset, {", ".join(f"{less}, {more}" for less, more in ORDERS)} from (
          select {FACT.format(t="r")} as fact, {WHO} as name, r.dataset, {columns}
          from result r join subject s on s.id = r.mention {NAMED}
          where r.metric in ({", ".join(f"'{name}'" for name in sorted(pairs))})
          group by r.mention, r.condition, r.dataset, r.collection, r.source, r.source_ref, r.test_aug having count(*) > 1)
        where {broken} order by 1, 3"""
    )
    for fact, name, dataset, *values in rows:
        for i, (less, more) in enumerate(ORDERS):
            low, high = values[2 * i : 2 * i + 2]
            if low is not None and high is not None and low > high + 1e-9:
                yield Finding(
                    KIND, "sure", fact, name, f"{METRICS[less].label} {number(low)} above {METRICS[more].label} {number(high)} on {dataset}",
                    f"{number(low)}, {number(high)}",
                )  # fmt: skip


def masks(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Mask AP above box AP of the same training by more than 1 point (maybe: rare, but some heads refine masks)."""
    rows = connection.execute(
        f"""
        select min(case r.metric when 'mask_ap' then {FACT.format(t="r")} end), {WHO}, r.dataset,
          max(case r.metric when 'mask_ap' then r.value end) as mask, max(case r.metric when 'box_ap' then r.value end) as box
        from result r join subject s on s.id = r.mention {NAMED}
        where r.metric in ('box_ap', 'mask_ap') group by r.mention, r.condition, r.dataset, r.collection, r.source, r.test_aug
        having count(*) = 2 and mask > box + 1 order by 1"""
    )
    for fact, name, dataset, mask, box in rows:
        yield Finding(
            KIND,
            "maybe",
            fact,
            name,
            f"mask AP {number(mask)} above box AP {number(box)} on {dataset}",
            f"{number(mask)}, {number(box)}",
        )


def robustness(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Accuracy under attack above the clean accuracy of the same model on the same data by the same collection (sure)."""
    rows = connection.execute(
        f"""
        select min(case r.metric when 'robust_top_1' then {FACT.format(t="r")} end), {WHO}, r.dataset,
          max(case r.metric when 'robust_top_1' then r.value end) as robust, max(case r.metric when 'top_1' then r.value end) as clean
        from result r join subject s on s.id = r.mention join condition k on k.id = r.condition {NAMED}
        where r.metric in ('robust_top_1', 'top_1') and (r.metric = 'robust_top_1' or k.conditions is null)
        group by r.mention, r.dataset, r.collection having robust > clean order by 1"""
    )
    for fact, name, dataset, robust, clean in rows:
        yield Finding(
            KIND, "sure", fact, name, f"robust top-1 {number(robust)} above the clean {number(clean)} on {dataset}",
            f"{number(robust)}, {number(clean)}",
        )  # fmt: skip


def speeds(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A throughput or latency of 0 or less (sure); more operations a second than the device can do (likely; two operations a
    multiply-accumulate, against the data sheet's half-precision peak)."""
    rows = connection.execute(
        f"""
        select {FACT.format(t="x")}, {WHO}, x.device, x.throughput_img_s, x.latency_ms, x.gmacs
        from speed x join subject s on s.id = x.mention {NAMED}
        where x.throughput_img_s <= 0 or x.latency_ms <= 0 or (x.mode = 'inference' and x.throughput_img_s * x.gmacs > 30000)
        order by 1"""
    )
    for fact, name, device, speed, latency, gmacs in rows:
        slowest = min(v for v in (speed, latency) if v is not None)
        if slowest <= 0:
            yield Finding(KIND, "sure", fact, name, f"a speed of {number(slowest)} on {device}", number(slowest))
        elif gmacs and device in PEAK_TFLOPS and (done := 2 * gmacs * speed / 1000) > PEAK_TFLOPS[device]:
            yield Finding(
                KIND, "likely", fact, name,
                f"{number(speed)} img/s of {number(gmacs)} GMACs are {done:.0f} TFLOPS; {device} does at most {PEAK_TFLOPS[device]:g}",
                f"{number(speed)}, {number(gmacs)}",
            )  # fmt: skip


def placeholders(connection: sqlite3.Connection) -> Iterator[Finding]:
    """-1, 0 or 99.9 where a number is due: parameters or costs of 0 or less (sure), a result of -1 (sure) or 99.9 (maybe)."""
    rows = connection.execute(
        f"""
        select f.fact, {WHO}, f.what, f.value from (
          select mention, {FACT.format(t="r")} as fact, metric as what, value from result r where value = -1
          or value = 99.9 and metric not in ('top_5', 'recall_5', 'recall_10')
          union all select mention, {FACT.format(t="r")}, 'params_m', params_m from result r where params_m <= 0
          union all select mention, {FACT.format(t="r")}, 'gmacs', printed from result r where printed <= 0
          union all select mention, {FACT.format(t="r")}, 'params_m', params_m from speed r where params_m <= 0
          union all select mention, {FACT.format(t="r")}, 'gmacs', printed from speed r where printed <= 0
          union all select mention, {FACT.format(t="r")}, 'params_m', params_m from cost r where params_m <= 0
          union all select mention, {FACT.format(t="r")}, 'gmacs', printed from cost r where printed <= 0) f
        join subject s on s.id = f.mention {NAMED} order by 1, 3"""
    )
    for fact, name, what, value in rows:
        yield Finding(
            PLACEHOLDER,
            "maybe" if value > 0 else "sure",
            fact,
            name,
            f"{what} is {number(value)}: unknown?",
            number(value),
        )


def repeats(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Three or more backbones of a family, the largest at least 1.5 times the smallest, share one value of one source in one
    kind of setting: copied down a column? (maybe). Top-5 and values below 1 or above 99 come together by themselves, and so do
    those of timm, which a program writes.
    """
    rows = connection.execute(
        f"""
        select min({FACT.format(t="r")}), a.family, r.metric, r.dataset, r.value, count(distinct b.id), group_concat(distinct b.backbone)
        from result r join condition k on k.id = r.condition join subject s on s.id = r.mention join family a on a.id = s.family_id
          join backbone b on b.id = s.backbone_id join checkpoint c on c.id = s.checkpoint_id
        where r.value between 1 and 99 and r.metric <> 'top_5' and r.collection <> 'timm' and k.protocol = 'supervised'
        group by a.id, r.source, r.metric, r.dataset, k.head, k.resolution, k.train_epochs, k.setting, c.pretraining_dataset, r.value
        having count(distinct b.id) > 2 and max(b.params_m) > 1.5 * min(b.params_m) order by 1, 3, 4"""
    )
    for fact, family, metric, dataset, value, count, names in rows:
        yield Finding(
            PLACEHOLDER, "maybe", fact, family, f"{count} backbones have the same {METRICS[metric].label} on {dataset}: {number(value)}",
            str(names).replace(",", ", "),
        )  # fmt: skip
