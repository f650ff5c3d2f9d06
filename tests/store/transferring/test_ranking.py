"""Outcomes are ranked by top-1; what the test images cannot tell apart is said to be as good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from backbones.store.transferring.budgeted import comparable, furthest, is_halved, with_most_images
from backbones.store.transferring.curves import few_shot_curves
from backbones.store.transferring.outcome import ClassScore, Cost, Outcome
from backbones.store.transferring.ranking import failed, ranked, ranking

Make = Callable[..., Outcome]


def test_seeds_are_one_line_with_the_median_run(make: Make) -> None:
    (one,) = ranked([make(88.0, seed=0), make(92.0, seed=1), make(90.0, seed=2), make(95.0, seed=3)])
    assert (one.scores.top_1, one.spread, len(one.runs)) == (90.0, 7.0, 4)


def test_of_a_repeated_evaluation_the_newest_counts(make: Make) -> None:
    (one,) = ranked([make(88.0), make(80.0), make(status="crash")])
    assert one.scores.top_1 == 80.0 and one.spread is None


def test_conditions_keep_lines_apart_and_random_weights_come_last(make: Make) -> None:
    found = ranked([
        make(70.0), make(80.0, resolution=288), make(75.0, protocol="k-NN"), make(99.0, weights="random", model="toynet_small"), make(60.0, shots=5),
    ])  # fmt: skip
    assert [r.scores.top_1 for r in found] == [80.0, 75.0, 70.0, 60.0, 99.0]
    rows = ranking(found, {"toynet_small.in1k": 20.0}).records()
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, None]
    assert rows[-1]["model"] == "toynet_small (random weights)" and rows[-1]["as_good"] is None
    assert [row["params_m"] for row in rows] == [20.0, 20.0, 20.0, 20.0, None]


def test_of_a_budget_s_rounds_the_one_with_most_images_stays(make: Make) -> None:
    less, more, other = (
        make(60.0, details="images=5"),
        make(50.0, details="images=20"),
        make(55.0, details="images=5", model="b.x"),
    )
    assert [one.scores.top_1 for one in with_most_images(ranked([less, more, other]))] == [55.0, 50.0]
    assert [one.scores.top_1 for one in with_most_images(ranked([less, more, make(40.0, details="")]))] == [40.0]


def test_after_a_budget_those_that_got_further_come_first(make: Make) -> None:
    found = ranked([
        make(99.0, protocol="k-NN", details="images=20", model="lost.x"), make(95.0, protocol="k-NN", details="images=20"),
        make(80.0, protocol="k-NN"), make(98.0, protocol="k-NN", details="images=100", model="half.x"), make(70.0, details="images=20", model="far.x"),
        make(99.5, weights="random", model="toynet_small"),
    ])  # fmt: skip
    assert [(one.name, one.scores.top_1) for one in furthest(found)] == [
        ("far.x", 70.0), ("toynet_small.in1k", 80.0), ("half.x", 98.0), ("lost.x", 99.0), ("toynet_small (random weights)", 99.5),
    ]  # fmt: skip
    assert is_halved(found) and not is_halved(ranked([make(80.0, details="")]))


def test_only_what_saw_equally_many_images_is_compared(make: Make) -> None:
    few = [make(60.0 + at, details="images=20,validation=own", model=f"m{at}.x") for at in range(4)]
    more = [make(80.0 + at, details="images=50,validation=own", model=f"m{at}.x") for at in range(2)]
    other = [make(90.0, details="images=20,validation=held-out", model="m9.x")]
    chosen, left_out = comparable(ranked(few + more + other))
    assert (sorted(one.scores.top_1 for one in chosen), left_out) == ([60.0, 61.0, 62.0, 63.0], 1)
    chosen, left_out = comparable(ranked(few[:2] + more))
    assert (sorted(one.scores.top_1 for one in chosen), left_out) == ([80.0, 81.0], 0)
    assert comparable([]) == ([], 0)


def test_of_equally_many_training_images_those_tested_on_all_come_first(make: Make) -> None:
    round_, tested = make(90.0, details="images=20"), make(80.0, details="train_images=20")
    other, whole = make(85.0, details="images=20", model="b.x"), make(70.0, details="", model="c.x")
    found = ranked([round_, tested, other, whole])
    assert [(one.name, one.scores.top_1) for one in furthest(found)] == [
        ("c.x", 70.0),
        ("toynet_small.in1k", 80.0),
        ("b.x", 85.0),
    ]
    assert [one.scores.top_1 for one in with_most_images(found)] == [85.0, 80.0, 70.0]
    both = [make(60.0, details=f"{key}=20", model=f"m{at}.x") for key in ("images", "train_images") for at in range(3)]
    chosen, left_out = comparable(ranked([*both, make(50.0, details="images=20", model="m9.x")]))
    assert ({one.images.condition for one in chosen}, len(chosen), left_out) == ({("images", "20")}, 4, 0)
    chosen, left_out = comparable(ranked(both))
    assert ({one.images.condition for one in chosen}, len(chosen), left_out) == ({("train_images", "20")}, 3, 0)


def test_test_images_and_the_model_s_own_speed_are_told(make: Make) -> None:
    one, other = make(90.0, cost=Cost(100.0, 3.0, 1.0, 512.0, 450.0)), make(80.0, model="b.x")
    assert other.scores is not None
    rows = ranking(ranked([one, other]))
    assert rows.values("extraction_img_s") == [100.0, 120.0] and rows.values("model_img_s") == [450.0, None]
    assert "test_images" not in [column.name for column in rows.columns]
    fewer = replace(other, scores=replace(other.scores, images=50))
    assert ranking(ranked([one, fewer])).values("test_images") == [400, 50]


def test_other_test_images_cannot_be_as_good(make: Make) -> None:
    best, other = make(90.0), make(89.0, model="b.x")
    assert other.scores is not None
    other = replace(other, scores=replace(other.scores, images=300))
    assert [row["as_good"] for row in ranking(ranked([best, other, make(88.0, model="c.x")])).records()] == [1, 0, 1]


def test_overlapping_intervals_are_as_good(make: Make) -> None:
    rows = ranking(ranked([make(90.0), make(86.5, model="b.x"), make(85.9, model="c.x")])).records()
    assert [(row["model"], row["as_good"]) for row in rows] == [("toynet_small.in1k", 1), ("b.x", 1), ("c.x", 0)]


def test_columns_that_say_the_same_of_all_are_left_out(make: Make) -> None:
    names = [column.name for column in ranking(ranked([make(90.0), make(80.0, model="b.x")])).columns]
    assert not {"resolution", "precision", "recipe", "params_m", "shots", "cautions"} & set(names)
    assert {
        "top_1",
        "interval",
        "balanced_accuracy",
        "macro_f1",
        "extraction_img_s",
        "extraction_s",
        "training_s",
    } <= set(names)
    assert len(ranking([])) == 0


def test_details_are_told_where_outcomes_of_a_protocol_differ(make: Make) -> None:
    less = make(70.0, protocol="k-NN", details="k=1/5,images=20")
    whole = make(60.0, model="b.x", protocol="k-NN", details="k=1/5")
    rows = ranking(ranked([make(90.0), make(80.0, model="b.x"), less, whole]))
    assert rows.values("details") == [None, None, "images=20", None]


def test_few_shot_curves_hold_models_with_several_points(make: Make) -> None:
    found = ranked(
        [make(90.0), make(50.0, shots=1), make(70.0, shots=5), make(80.0, model="b.x"), make(40.0, protocol="k-NN")]
    )
    assert few_shot_curves(found) == {"linear probing": {"toynet_small.in1k": {0: 90.0, 1: 50.0, 5: 70.0}}}


def test_few_shots_that_were_chosen_on_few_images_are_points_of_the_same_curve(make: Make) -> None:
    few, whole = "pooling=x,validation=few", "pooling=x,validation=own"
    found = [make(90.0, details=whole), make(50.0, shots=1, details=few), make(80.0, shots=50, details=whole)]
    expected = {"linear probing": {"toynet_small.in1k": {0: 90.0, 1: 50.0, 50: 80.0}}}
    assert few_shot_curves(ranked(found)) == expected
    for chosen_on_all in (60.0, 40.0):
        assert few_shot_curves(ranked([*found, make(chosen_on_all, shots=1, details=whole)])) == expected


def test_each_recipe_and_resolution_is_a_curve_of_its_own(make: Make) -> None:
    def tuned(top_1: float, recipe: str, shots: int = 0, resolution: int = 160) -> Outcome:
        return make(
            top_1, protocol="fine-tuning", recipe=recipe, shots=shots, resolution=resolution, details="validation=own"
        )

    quick, tiny, other = "quick@" + "a" * 12, "tiny@" + "b" * 12, "quick@" + "c" * 12
    one = [tuned(52.0, quick), tuned(48.0, quick, 5)]
    assert few_shot_curves(ranked([*one, tuned(56.0, tiny, resolution=96)])) == {
        "fine-tuning": {"toynet_small.in1k, quick, 160 px": {0: 52.0, 5: 48.0}}
    }
    both = ranked([*one, tuned(56.0, other), tuned(40.0, other, 5)])
    assert few_shot_curves(both) == {
        "fine-tuning": {
            f"toynet_small.in1k, {other}": {0: 56.0, 5: 40.0},
            f"toynet_small.in1k, {quick}": {0: 52.0, 5: 48.0},
        }
    }


def test_only_what_was_evaluated_in_the_same_way_can_be_as_good(make: Make) -> None:
    found = ranked([
        make(90.0), make(89.0, model="b.x"), make(60.0, protocol="k-NN"), make(50.0, protocol="k-NN", model="b.x"),
        make(75.0, shots=5), make(99.0, weights="random", model="toynet_small"),
    ])  # fmt: skip
    rows = ranking(found).records()
    assert [(row["top_1"], row["as_good"]) for row in rows] == [
        (90.0, 1), (89.0, 1), (75.0, 1), (60.0, 1), (50.0, 0), (99.0, None),
    ]  # fmt: skip


def test_protocols_on_the_same_features_have_the_same_seconds_of_extraction(make: Make) -> None:
    """Whichever comes first has them made; later ones what is missing."""
    found = [
        make(60.0, protocol="k-NN", cost=Cost(100.0, 3.0, 0.5)), make(70.0, cost=Cost(100.0, 0.0, 1.5)),
        make(50.0, protocol="k-NN", shots=5, cost=Cost(100.0, 1.0, 0.1)), make(80.0, protocol="fine-tuning", cost=Cost(training_s=9.0)),
        make(40.0, protocol="k-NN", device="H200", cost=Cost(900.0, 0.2, 0.1), seed=1),
        make(30.0, model="b.x", cost=Cost(100.0, 0.0, 1.0)),
    ]  # fmt: skip
    rows = {row["top_1"]: (row["extraction_s"], row["training_s"]) for row in ranking(ranked(found)).records()}
    assert rows[70.0] == (4.0, 1.5) and rows[50.0] == (4.0, 0.1)
    assert rows[80.0] == (None, 9.0) and rows[30.0] == (None, 1.0)
    assert rows[40.0] == (0.2, 0.1)
    elsewhere = [replace(one, evaluation=replace(one.evaluation, data="Other name")) for one in found[:1]]
    assert ranking(ranked(found[1:2], elsewhere)).values("extraction_s") == [3.0]
    assert ranking(ranked(found[:2], found)).values("extraction_s") == [4.0, 4.0]
    again = replace(found[0], started="2026-11-22T10:00:00.000Z", cost=Cost(100.0, 0.0, 0.5))  # from disk
    assert ranking(ranked([*found[:2], again])).values("extraction_s") == [3.0, 3.0]


def test_an_outcome_s_own_seconds_of_extraction_go_before_what_its_model_took(make: Make) -> None:
    found = [
        make(60.0, protocol="k-NN", cost=Cost(100.0, 3.0, 0.5, features_s=2.5)), make(70.0, cost=Cost(100.0, 0.0, 1.5)),
        make(50.0, shots=5, cost=Cost(100.0, 0.0, 1.5, features_s=0.5)),
    ]  # fmt: skip
    assert ranking(ranked(found)).values("extraction_s") == [3.0, 2.5, 0.5]


def test_the_most_frequent_class_is_what_a_model_must_beat(make: Make) -> None:
    one = make(60.0)
    assert one.scores is not None
    classes = (ClassScore("cat", 240, 60.0, 60.0, 60.0), ClassScore("dog", 160, 60.0, 60.0, 60.0))
    above, within = (
        replace(one, scores=replace(one.scores, classes=classes, top_1_low=low), evaluation=replace(one.evaluation, model=m))
        for low, m in ((60.1, "a.x"), (60.0, "b.x"))
    )  # fmt: skip
    found = ranked([above, within])
    assert [(each.most_frequent, each.beats_most_frequent) for each in found] == [
        (("cat", 60.0), True),
        (("cat", 60.0), False),
    ]


def test_what_failed_at_last_is_told(make: Make) -> None:
    lost = make(status="out_of_memory", model="big.x")
    assert failed([make(status="crash"), make(90.0), lost]) == [lost]
