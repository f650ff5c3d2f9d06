"""Outcomes are kept whole, their results are made anew with them, and files of them are merged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from backbones.store.errors import BackbonesError
from backbones.store.measurements import migrate, migrations
from backbones.store.measuring.merging import merge
from backbones.store.transferring.cautions import CAUTIONS, cautions_of
from backbones.store.transferring.coding import decoded, encoded
from backbones.store.transferring.keeping import done, done_keys, drop, failures, keep, newest, outcomes
from backbones.store.transferring.listed import forget_outcomes, listed_outcomes, outcomes_to_forget
from backbones.store.transferring.outcome import Cost, Outcome
from backbones.store.transferring.own_data import asked_in, note_asked
from backbones.store.transferring.results import result_rows

Make = Callable[..., Outcome]


def results(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(
            "select backbone, weights, dataset, protocol, metric, value, low, high, conditions from measured_result order by id"
        ).fetchall()
    finally:
        connection.close()


def test_an_outcome_comes_back_as_it_was(tmp_path: Path, make: Make) -> None:
    one = make(chosen="k=20", cautions=("unbalanced",), recipe="clash@0123456789ab", protocol="fine-tuning")
    keep(tmp_path / "m.db", one)
    assert outcomes(tmp_path / "m.db") == [one] and decoded(encoded(one)) == one


def test_an_outcome_makes_a_row_of_each_metric(tmp_path: Path, make: Make) -> None:
    keep(tmp_path / "m.db", make(90.0))
    who = ("toynet_small", "toynet_small.in1k", "My Photos", "linear probing")
    under = "precision=fp32,pooling=avg,seed=0"
    assert results(tmp_path / "m.db") == [
        (*who, "top_1", 90.0, 88.0, 92.0, under),
        (*who, "top_5", 95.0, None, None, under),
        (*who, "mean_class_accuracy", 89.0, None, None, under),
        (*who, "macro_f1", 88.5, None, None, under),
    ]


def test_an_outcome_that_is_taken_away_leaves_an_earlier_one_of_its_key(tmp_path: Path, make: Make) -> None:
    earlier, later, other = make(90.0), make(70.0), make(60.0, protocol="k-NN")
    for one in (earlier, later, other):
        keep(tmp_path / "m.db", one)
    for gone, left, top_1s in ((later, [earlier, other], [60.0, 90.0]), (earlier, [other], [60.0])):
        drop(tmp_path / "m.db", gone)
        assert outcomes(tmp_path / "m.db") == left
        assert sorted(row[5] for row in results(tmp_path / "m.db") if row[4] == "top_1") == top_1s


def test_conditions_say_all_that_the_numbers_depend_on(make: Make) -> None:
    one = make(
        shots=5,
        seed=3,
        weights="random",
        model="toynet_small",
        protocol="fine-tuning",
        recipe="clash@0123456789ab",
        details="mixup=0.2,c=0.1/1/10",
    )
    row = result_rows(one)[0]
    assert row[3:5] == ("toynet_small", None) and row[8] == "supervised"
    assert row[14] == "shots=5,precision=fp32,recipe=clash@0123456789ab,weights=random,mixup=0.2,seed=3"


def test_below_six_classes_there_is_no_top_5(make: Make) -> None:
    one = make()
    assert one.scores is not None
    metrics = [row[9] for row in result_rows(replace(one, scores=replace(one.scores, top_5=None)))]
    assert metrics == ["top_1", "mean_class_accuracy", "macro_f1"]


def test_the_same_outcome_twice_is_one_and_a_repetition_replaces_its_results(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    first, second, other_seed = make(90.0), make(91.0), make(70.0, seed=1)
    for one in (first, first, second, other_seed):
        keep(path, one)
    assert outcomes(path) == [first, second, other_seed]
    assert newest(outcomes(path)) == [second, other_seed]
    assert [row[5] for row in results(path) if row[4] == "top_1"] == [91.0, 70.0]
    assert done(path, first.key) == second and done(path, "0" * 16) is None


def test_a_failure_is_kept_but_is_no_result_and_takes_none_away(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    good, bad, lost = make(90.0), make(status="crash", error="died"), make(status="no_weights", model="lonely_net.in1k")
    for one in (good, bad, lost):
        keep(path, one)
    assert good.key == bad.key and done(path, good.key) == good and failures(path, good.key) == 1
    assert done_keys(path, [good.key, lost.key]) == {good.key}
    assert newest(outcomes(path)) == [good, lost]
    assert {row[0] for row in results(path)} == {"toynet_small"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"started": "yesterday"}, "no time in UTC"),
        ({"top_1": 101.0}, "percent"),
        ({"top_1": float("nan")}, "no number"),
        ({"data": "  "}, "names a model"),
        ({"details": "no form"}, "KEY=VALUE"),
        ({"protocol": "guessing"}, "no protocol"),
        ({"status": "error", "scores": "kept"}, "only there"),
        ({"model": "x" * 5000}, "too long"),
    ],
)
def test_what_cannot_be_true_is_not_kept(tmp_path: Path, make: Make, change: dict[str, Any], said: str) -> None:
    good = make()
    if change.get("scores") == "kept":
        change = {**change, "scores": good.scores}
    with pytest.raises(BackbonesError, match=said):
        keep(tmp_path / "m.db", make(**change))
    assert not (tmp_path / "m.db").exists()


def test_a_row_that_says_something_else_than_its_facts_is_refused(make: Make) -> None:
    row = list(encoded(make()))
    row[6] = "other_model"
    with pytest.raises(ValueError, match="something else"):
        decoded(tuple(row))


def test_an_older_file_learns_of_outcomes_and_keeps_its_rows(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    connection = sqlite3.connect(path)
    migrations().apply(sqlite_utils.Database(connection), stop_before="create_outcome")
    connection.execute("insert into saved_view (name, view) values ('mine', '{}')")
    connection.commit()
    connection.close()
    assert outcomes(path) == [] and not listed_outcomes(path).columns
    keep(path, make())
    connection = sqlite3.connect(path)
    assert connection.execute("select name from saved_view").fetchall() == [("mine",)]
    assert connection.execute("select count(*) from outcome").fetchone() == (1,)
    connection.close()


def test_every_change_of_results_is_counted(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"

    def state() -> int:
        connection = sqlite3.connect(path)
        try:
            return int(connection.execute("select state from result_state").fetchone()[0])
        finally:
            connection.close()

    migrate(path)
    seen = [state()]
    keep(path, make())
    seen.append(state())
    forget_outcomes(path, outcomes_to_forget(path, "toynet*"))
    seen.append(state())
    assert seen == sorted(set(seen))


def test_files_are_merged_in_any_order_as_often_as_one_likes(tmp_path: Path, make: Make) -> None:
    ours, shard, other = (tmp_path / name for name in ("m.db", "shard.db", "other.db"))
    old, new, elsewhere = make(80.0), make(85.0), make(60.0, model="lonely_net.in1k", host="elsewhere")
    keep(ours, new), keep(shard, old), keep(shard, elsewhere), keep(other, elsewhere)
    merged, refused = merge(ours, [shard, other, shard])
    assert not refused and [(m.outcomes, m.new_outcomes, m.visits) for m in merged] == [(2, 2, 0), (1, 0, 0), (2, 0, 0)]
    assert {one.started for one in outcomes(ours)} == {old.started, new.started, elsewhere.started}
    assert sorted(row[5] for row in results(ours) if row[4] == "top_1") == [60.0, 85.0]


def test_a_file_with_a_forged_outcome_is_refused_whole(tmp_path: Path, make: Make) -> None:
    keep(tmp_path / "m.db", make()), keep(tmp_path / "bad.db", make(55.0, seed=9))
    connection = sqlite3.connect(tmp_path / "bad.db")
    with connection:
        connection.execute("""update outcome set facts = replace(facts, '"top_1": 55.0', '"top_1": 5500.0')""")
    connection.close()
    merged, refused = merge(tmp_path / "m.db", [tmp_path / "bad.db"])
    assert not merged and "did not write" in refused[0] and len(outcomes(tmp_path / "m.db")) == 1


def test_what_is_forgotten_has_no_results_any_more(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    (
        keep(path, make(90.0)),
        keep(path, make(92.0)),
        keep(path, make(50.0, data="Other")),
        keep(path, make(status="timeout", seed=4)),
    )
    with pytest.raises(BackbonesError, match="say which"):
        outcomes_to_forget(path)
    assert forget_outcomes(path, outcomes_to_forget(path, failed=True)) == 1
    assert forget_outcomes(path, [outcomes_to_forget(path, data="my-photos")[-1]]) == 1
    assert [row[5] for row in results(path) if row[4] == "top_1" and row[2] == "My Photos"] == [90.0]
    assert forget_outcomes(path, outcomes_to_forget(path, data="my-photos")) == 1
    assert {row[2] for row in results(path)} == {"Other"}


def test_a_name_means_that_data_and_a_pattern_needs_its_star(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    for name in ("fl", "FL-2", "my fl", "f.l"):
        keep(path, make(data=name, seed=len(name)))
    keep(path, make(data="fl", model="lonely_net.in1k", seed=9))

    def meant(data: str) -> list[int]:
        found = outcomes_to_forget(path, data=data)
        assert [key for _, key, _ in found] and len(listed_outcomes(path, data=data)) == len(found)
        return [number for number, _, _ in found]

    assert meant("fl") == [1, 5] and meant("fl 2") == [2] and meant("fl*") == [1, 2, 5]
    assert meant("F.L") == [1, 4, 5] and meant("f.l") == [4]
    assert outcomes_to_forget(path, data="f") == outcomes_to_forget(path, data="?l") == []


def test_data_that_nothing_is_about_any_more_is_forgotten_too(tmp_path: Path, make: Make) -> None:
    path, shard = tmp_path / "m.db", tmp_path / "shard.db"
    for file, data in ((path, "fl"), (shard, "other")):
        keep(file, make(data=data)), note_asked(file, data, "ab" * 8, "11" * 8, "EuroSAT")
    merge(path, [shard])
    assert sorted(one[:4] for one in asked_in(path)) == [
        (name, "ab" * 8, "11" * 8, "EuroSAT") for name in ("fl", "other")
    ]
    forget_outcomes(path, outcomes_to_forget(path, data="fl"))
    assert [one.data for one in asked_in(path)] == ["other"]


def test_outcomes_are_listed_with_their_failures(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "m.db"
    (
        keep(path, make(80.0)),
        keep(path, make(91.0, model="lonely_net.in1k")),
        keep(path, make(status="crash", seed=2, error="died")),
    )
    rows = listed_outcomes(path).records()
    assert [(r["model"], r["top_1"], r["status"], r["error"]) for r in rows] == [
        ("lonely_net.in1k", 91.0, "ok", None), ("toynet_small.in1k", 80.0, "ok", None), ("toynet_small.in1k", None, "crash", "died"),
    ]  # fmt: skip
    assert len(listed_outcomes(path, "lonely*")) == 1 and len(listed_outcomes(path, data="nothing")) == 0


def test_seconds_of_extraction_are_listed_and_outcomes_from_before_they_were_kept_are_read(
    tmp_path: Path, make: Make
) -> None:
    path = tmp_path / "m.db"
    keep(path, make(90.0, cost=Cost(100.0, 0.0, 1.0, features_s=2.5)))
    keep(path, make(80.0, seed=1, cost=Cost(100.0, 3.0, 1.0)))
    keep(path, make(70.0, seed=2, cost=Cost(100.0, 0.0, 1.0)))
    connection = sqlite3.connect(path)
    connection.execute("update outcome set facts = json_remove(facts, '$.cost.features_s') where seed > 0")
    connection.commit()
    connection.close()
    assert [one.cost.features_s for one in outcomes(path)] == [2.5, None, None]
    assert listed_outcomes(path).values("extraction_s") == [2.5, 3.0, None]


def test_cautions_follow_from_what_was_seen(make: Make) -> None:
    one = make(weights="random")
    assert one.scores is not None
    few = replace(one.scores, images=42, classes=(replace(one.scores.classes[0], images=0), *one.scores.classes[1:]))
    assert cautions_of(one.evaluation, few, ["edge_of_grid"]) == (
        "random_weights", "few_test_images", "empty_test_class", "unbalanced", "edge_of_grid",
    )  # fmt: skip
    assert cautions_of(make().evaluation, make().scores) == ()
    with pytest.raises(ValueError, match="no caution"):
        cautions_of(one.evaluation, None, ["nonsense"])
    assert all(sentence.endswith(".") for sentence in CAUTIONS.values())
