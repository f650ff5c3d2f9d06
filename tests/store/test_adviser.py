"""The adviser against its definition: limits hold, nothing on the list is beaten, nothing unbeaten is missed."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from math import inf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backbones.store.adviser import Advice, Wish, advise
from backbones.store.advising.front import Point, dominates, front, point, short_list
from backbones.store.advising.table import table_of
from backbones.store.advising.task import datasets, devices, heads, metric_of, metrics, precisions, tasks
from backbones.store.errors import QueryError
from backbones.store.query import CatalogExplorer
from backbones.store.view import Sort, View

coordinate = st.one_of(st.just(inf), st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))
points_of = st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[coordinate] * n), max_size=30))

METRIC = "top_1@imagenet-1k"
V100, A100 = "throughput@v100:precision=amp", "throughput@a100"


# ---- the front and the short list


@given(points_of)
def test_the_front_is_what_its_definition_says(points: list[Point]) -> None:
    by_definition = {i for i, p in enumerate(points) if not any(dominates(q, p) for q in points)}
    found = front(points)
    assert set(found) == by_definition
    assert len(found) == len(by_definition)
    assert [points[i][0] for i in found] == sorted(points[i][0] for i in found)


@given(points_of, st.integers(1, 8), st.integers(1, 5), st.sampled_from([0.01, 1.0, 100.0]))
def test_the_short_list_is_of_the_front_and_its_reasons_are_true(
    points: list[Point], room: int, different: int, unit: float
) -> None:
    owners = [i % different for i in range(len(points))]
    found = front(points)
    seats = short_list(points, found, owners, room, unit)
    chosen = [seat.index for seat in seats]
    assert set(chosen) <= set(found)
    assert len(seats) == min(room, len({owners[i] for i in found}))
    assert len({owners[i] for i in chosen}) == len(chosen)
    for seat in seats:
        mine = points[seat.index]
        if seat.kind == "best":
            assert mine[0] == min(p[0] for p in points)
        elif seat.kind == "within":
            near = [p for p in points if p[0] <= points[found[0]][0] + seat.amount]
            assert mine[0] <= points[found[0]][0] + seat.amount
            assert mine[seat.cost] == min(p[seat.cost] for p in near)
        elif seat.kind == "least":
            assert mine[seat.cost] == min(p[seat.cost] for p in points if p[0] <= mine[0])


def test_an_unknown_cost_counts_as_the_worst() -> None:
    known, unknown, better = (
        point(80, [10], [True, False]),
        point(80, [None], [True, False]),
        point(81, [None], [True, False]),
    )
    assert dominates(known, unknown)
    assert not dominates(known, better)
    assert not dominates(better, known)


# ---- a whole catalogue of generated rows


def asked(
    connection: sqlite3.Connection, filter: str
) -> dict[int, tuple[float, float | None, float | None, float | None]]:
    """Key -> top-1, params and speeds of the rows that a query finds: the other way to the same rows."""
    view = View(
        filter=filter,
        columns=(METRIC, "params_m", V100, A100),
        sort=(Sort(METRIC),),
        x="",
        y="",
        group="",
        pareto=False,
    )
    answer = CatalogExplorer(lambda: connection).answer(view)
    return dict(zip(answer.keys, answer.rows.rows, strict=True))  # type: ignore[arg-type]


limits = st.fixed_dictionaries(
    {
        "max_params_m": st.none() | st.sampled_from([1.0, 20.0, 60.0, 140.0]),
        "min_img_s": st.none() | st.sampled_from([100.0, 1000.0, 1100.0, 2000.0]),
        "where": st.sampled_from(
            ["", "throughput@a100 > 800", "resolution = 224", f"{METRIC} > 75", "params_m > 10 or resolution = 160"]
        ),
        "limit": st.integers(1, 9),
        "per_setting": st.booleans(),
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits)
def test_the_advice_is_what_its_definition_says(generated: sqlite3.Connection, limits: dict[str, object]) -> None:
    wish = Wish(device="v100", precision="amp", **limits)  # type: ignore[arg-type]
    advice = advise(generated, wish)
    meeting = asked(generated, wish.filter)
    assert advice.meeting == len(meeting)
    assert advice.candidates == len(asked(generated, ""))
    names = [column.name for column in advice.columns]
    assert names[0] == METRIC and names[-1] == "params_m" and V100 in names
    at = {METRIC: 0, "params_m": 1, V100: 2, A100: 3}
    up = [True, *(name != "params_m" for name in names[1:])]
    points = {key: point(row[0], [row[at[n]] for n in names[1:]], up) for key, row in meeting.items()}
    unbeaten = {key for key, mine in points.items() if not any(dominates(other, mine) for other in points.values())}
    assert set(advice.front) == unbeaten
    assert {answer.key for answer in advice.answers} <= unbeaten
    assert len(advice.answers) <= wish.limit
    assert bool(advice.answers) == bool(meeting)
    for answer in advice.answers:
        assert tuple(answer.values) == tuple(meeting[answer.key][at[n]] for n in names)
    if not wish.per_setting:
        assert len({answer.backbone for answer in advice.answers}) == len(advice.answers)
    elif len(unbeaten) <= wish.limit:
        assert {answer.key for answer in advice.answers} == unbeaten
    if meeting:
        assert advice.answers[0].values[0] == max(row[0] for row in meeting.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits)
def test_relaxing_never_makes_worse_and_says_what_a_query_says(
    generated: sqlite3.Connection, limits: dict[str, object]
) -> None:
    wish = Wish(device="v100", precision="amp", **limits)  # type: ignore[arg-type]
    advice = advise(generated, wish)
    now = advice.answers[0].values[0] if advice.answers else None
    clauses = wish.clauses()
    assert len(advice.relaxed) == len(clauses)
    for number, relaxed in enumerate(advice.relaxed):
        assert relaxed.meeting >= advice.meeting
        if now is not None:
            assert relaxed.gain is not None and relaxed.gain >= 0
            assert relaxed.best is not None and relaxed.best >= float(now)  # type: ignore[arg-type]
        looser = [] if relaxed.loosened.startswith("without") else [relaxed.loosened]
        others = " and ".join([*clauses[:number], *clauses[number + 1 :], *looser])
        then = asked(generated, others)
        assert relaxed.meeting == len(then)
        assert relaxed.best == (max(row[0] for row in then.values()) if then else None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits)
def test_what_is_unknown_is_counted_and_the_best_of_it_named(
    generated: sqlite3.Connection, limits: dict[str, object]
) -> None:
    wish = replace(Wish(device="v100", precision="amp", **limits), where="")  # type: ignore[arg-type]
    advice = advise(generated, wish)
    rows = asked(generated, "").values()

    def may_be(row: tuple[float, float | None, float | None, float | None]) -> bool:
        return not (
            (wish.max_params_m is not None and row[1] is not None and row[1] > wish.max_params_m)
            or (wish.min_img_s is not None and row[2] is not None and row[2] < wish.min_img_s)
        )

    said = {unknown.limit.partition(" ")[0]: unknown for unknown in advice.unknown}
    for name, at, bound in ((V100, 2, wish.min_img_s), ("params_m", 1, wish.max_params_m)):
        missing = [row for row in rows if bound is not None and row[at] is None and may_be(row)]
        assert (said[name].count if name in said else 0) == len(missing)
        if missing:
            assert said[name].best[0][1] == max(row[0] for row in missing)


# ---- the shipped catalogue, checked by hand and against `query`


def best_of(explorer: CatalogExplorer, filter: str, metric: str = METRIC) -> int:
    """The row that `query FILTER --sort -METRIC --limit 1` prints."""
    view = View(
        filter=filter, columns=("checkpoint",), sort=(Sort(metric),), x="", y="", group="", pareto=False, limit=1
    )
    return explorer.answer(view).keys[0]


def test_the_best_above_1000_images_a_second_on_a_v100_is_the_query_s_first_row(
    catalog: sqlite3.Connection, explorer: CatalogExplorer
) -> None:
    limit = f"{V100} > 1000"
    advice = advise(catalog, Wish(where=limit))
    assert advice.answers[0].key == best_of(explorer, limit)
    assert (advice.answers[0].name, advice.answers[0].values) == ("ViT-S (DeiT III) IN-22k", (83.1, 1891.0, 22.0))
    assert advice.answers[0].reason == f"best top-1 of the {advice.meeting} rows that meet the limits"
    same = advise(catalog, Wish(device="v100", precision="amp", min_img_s=1000.1))
    assert [answer.key for answer in same.answers] == [answer.key for answer in advice.answers]


def test_an_answer_says_where_its_numbers_come_from_and_how_to_load_it(catalog: sqlite3.Connection) -> None:
    first = advise(catalog, Wish(where=f"{V100} > 1000")).answers[0]
    proof = first.evidence
    assert proof.sources[0].startswith("arxiv:2204.07118, classificationresult:")
    assert proof.sources[1].startswith("arxiv:2204.07118, fpsmeasurement:")
    assert "deit3_small_patch16_224.fb_in22k_ft_in1k" in proof.load
    assert (proof.licence, proof.licence_class, proof.spread.n_sources) == ("apache-2.0", "permissive", 2)


def test_the_command_of_an_advice_prints_its_rows(catalog: sqlite3.Connection, explorer: CatalogExplorer) -> None:
    advice = advise(catalog, Wish("detection", max_params_m=60))
    view = advice.view()
    assert explorer.answer(view).keys[0] == advice.answers[0].key
    assert explorer.answer(view).total == advice.meeting


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("classification", "top_1@imagenet-1k"), ("detection", "box_ap@coco-val"), ("instance segmentation", "mask_ap@coco-val"),
        ("semantic segmentation", "miou_ss@ade20k-val"), ("zero-shot", "top_1@imagenet-1k:protocol=zero-shot"),
        ("robustness", "robust_top_1@cifar-10:protocol=adversarial"), ("linear probing", None), ("keypoints", None),
    ],
)  # fmt: skip
def test_a_task_picks_what_most_of_its_models_report(
    catalog: sqlite3.Connection, task: str, metric: str | None
) -> None:
    found = metric_of(catalog, Wish(task))
    assert metric is None or found == metric
    assert advise(catalog, Wish(task)).answers


def test_every_task_that_is_offered_has_an_answer(catalog: sqlite3.Connection) -> None:
    offered = tasks(catalog)
    assert offered[0].reference == "classification"
    for choice in offered:
        assert metrics(catalog, Wish(choice.reference)), choice.reference
        assert advise(catalog, Wish(choice.reference)).answers, choice.reference


def test_choices_have_rows(catalog: sqlite3.Connection) -> None:
    assert datasets(catalog, Wish("detection"))[0].reference == "coco-val"
    assert heads(catalog, Wish("detection"))[0].label == "Mask R-CNN"
    assert heads(catalog, Wish()) == ()
    assert "v100" in [c.reference for c in devices(catalog)]
    assert [c.reference for c in precisions(catalog, "v100")] == ["fp32", "amp", "fp16"]
    assert all(c.count > 0 for c in (*devices(catalog), *datasets(catalog, Wish())))


def test_rows_of_another_test_are_not_compared(catalog: sqlite3.Connection) -> None:
    plain = advise(catalog, Wish("keypoints", maximise="keypoint_ap@crowdpose"))
    assert all("subset" not in answer.setting for answer in plain.answers)
    assert any("subset=medium" in note for note in plain.notes)
    medium = advise(catalog, Wish("keypoints", maximise="keypoint_ap@crowdpose:subset=medium"))
    assert medium.answers and all("subset=medium" in answer.setting for answer in medium.answers)


def test_boxes_of_persons_are_no_boxes_of_eighty_classes(catalog: sqlite3.Connection) -> None:
    sql = "select distinct dataset from results where head = 'Keypoint R-CNN' and metric = 'box_ap'"
    assert catalog.execute(sql).fetchall() == [("COCO persons val",)]
    assert not any("Keypoint R-CNN" in answer.setting for answer in advise(catalog, Wish("detection")).answers)


def test_attacks_are_not_mixed(catalog: sqlite3.Connection) -> None:
    robust = advise(catalog, Wish("robustness"))
    assert robust.maximise.endswith("attack=autoattack,norm=linf,eps=8/255")


def test_memory_is_said_to_be_known_of_few(catalog: sqlite3.Connection) -> None:
    advice = advise(catalog, Wish("detection", head="mask-r-cnn", max_memory_mib=8000))
    at = [column.name for column in advice.columns].index("memory_mib")
    assert advice.answers and all(float(str(answer.values[at])) <= 8000 for answer in advice.answers)
    assert any(note.startswith("memory is known only where") for note in advice.notes)
    assert [u.limit for u in advice.unknown] == ["memory_mib <= 8000"]


def test_a_lower_metric_is_better_where_its_direction_says_so(catalog: sqlite3.Connection) -> None:
    advice = advise(catalog, Wish(maximise="mce@imagenet-c", max_params_m=60))
    values = [float(str(answer.values[0])) for answer in advice.answers]
    assert values == sorted(values)
    assert advice.relaxed[0].gain is not None and advice.relaxed[0].gain >= 0


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("detektion"), "detection"),
        (Wish(maximise="params_m"), "is no metric"),
        (Wish(min_img_s=5), "needs a device"),
        (Wish(dataset="adekk", task="semantic segmentation"), "ade20k"),
        (Wish("detection", head="maskrcn"), "Mask R-CNN"),
        (Wish("detection", dataset="imagenet-1k"), "nothing is reported of detection on imagenet-1k"),
        (Wish(licence="permisive"), "permissive"),
    ],
)
def test_a_mistake_is_a_sentence_with_a_cure(catalog: sqlite3.Connection, wish: Wish, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        advise(catalog, wish)


@pytest.mark.parametrize("joint", [" or ", " OR ", "\n\tor\n", "\tor\t", " or(", ")or(", " | ", " || "])
def test_limits_hold_however_an_or_is_typed(catalog: sqlite3.Connection, joint: str) -> None:
    closing = ")" if joint.endswith("(") else ""
    opening = "(" if joint.startswith(")") else ""
    wish = Wish(where=f"{opening}family = Swin{joint}family = ViT{closing}", max_params_m=30)
    assert len(wish.clauses()) == 2 and wish.clauses()[1] == "params_m <= 30"
    advice = advise(catalog, wish)
    names = [column.name for column in advice.columns]
    assert advice.answers
    assert all(float(str(a.values[names.index("params_m")])) <= 30 for a in advice.answers)
    assert len(advice.relaxed) == 2


def test_clauses_of_an_own_filter_stay_limits_of_their_own(catalog: sqlite3.Connection) -> None:
    own = "family = ViT and params_m < 30 and (head = none or gmacs < 5) and (resolution = 224 and not (gmacs > 9 or gmacs < 1))"
    wish = Wish(where=own, licence="permissive")
    limits = [relaxed.limit for relaxed in advise(catalog, wish).relaxed]
    assert limits == [
        "family = ViT", "params_m < 30", "head = none or gmacs < 5", "resolution = 224", "not (gmacs > 9 or gmacs < 1)",
        "licence_class = permissive",
    ]  # fmt: skip


def test_nothing_meets_the_limits_and_it_says_what_would(catalog: sqlite3.Connection) -> None:
    advice = advise(catalog, Wish(where=f"{METRIC} > 92", max_params_m=5000))
    assert advice.answers == () and advice.front == ()
    assert "still nothing" in advice.relaxed[1].text
    assert advice.relaxed[0].name is not None


def test_an_advice_is_rows_for_files(catalog: sqlite3.Connection) -> None:
    advice: Advice = advise(catalog, Wish(max_params_m=30, limit=3))
    rows = table_of(advice)
    assert rows.values("rank") == [1, 2, 3]
    assert rows.values(METRIC) == [answer.values[0] for answer in advice.answers]
    assert all(rows.values("source"))
    assert len({column.name for column in rows.columns}) == len(rows.columns)
