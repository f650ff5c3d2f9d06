"""Predicting a column: small tables whose law is known."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

import pytest

from backbones.probe.predicting.held_out import score_of
from backbones.probe.predicting.prediction import Prediction, column_of, predict
from backbones.probe.predicting.tables import Key, Table, Tables
from backbones.store.errors import BackbonesError

pytest.importorskip("numpy")


def every(speeds: Mapping[Key, float], step: int) -> dict[Key, float]:
    """Each so-manieth model."""
    return dict(list(speeds.items())[::step])


def test_devices_that_follow_the_law_of_the_others_are_predicted_and_covered(lawful: Tables) -> None:
    few = [every(target.speeds, 13) for target in lawful.tables]
    scores = [score_of(predict(f, lawful.without(t.device)), t.speeds) for f, t in zip(few, lawful.tables, strict=True)]
    assert [(len(f), s.models) for f, s in zip(few, scores, strict=True)] == [(10, 110)] * 4
    assert max(s.median_error for s in scores) < 0.03 and max(s.half_width for s in scores) < 0.1
    assert fmean(s.covered for s in scores) >= 0.85


def test_the_kind_of_layers_is_learnt_and_not_only_the_speed_of_the_device(lawful: Tables) -> None:
    target = lawful.tables[3]  # its convolutions are 1.6 times as fast as on A, and twice as fast as on C
    by_model = {p.key: p.throughput_img_s for p in predict(every(target.speeds, 13), lawful.without("D"))}
    ratios = {
        f: [by_model[k] / s for k, s in target.speeds.items() if k in by_model and k[0].startswith(f)]
        for f in ("conv", "attention")
    }
    for family, found in ratios.items():
        assert sum(found) / len(found) == pytest.approx(1, abs=0.03), family


def test_only_what_is_wanted_is_told_and_never_what_was_measured(lawful: Tables) -> None:
    few = every(lawful.tables[0].speeds, 13)
    wanted = [*list(few)[:3], ("conv7", 224), ("conv7", 224), ("nobody", 224)]
    found = predict(few, lawful.without("A"), wanted)
    assert [p.key for p in found] == [("conv7", 224)]
    assert not {p.key for p in predict(few, lawful.without("A"))} & set(few)


def test_intervals_hold_the_prediction_and_grow_with_the_confidence(lawful: Tables) -> None:
    few = every(lawful.tables[0].speeds, 13)
    narrow, wide = (predict(few, lawful.without("A"), confidence=c) for c in (0.5, 0.95))
    for a, b in zip(narrow, wide, strict=True):
        assert 0 < b.low <= a.low < a.throughput_img_s < a.high <= b.high
        assert (a.confidence, b.confidence) == (0.5, 0.95)


def test_noisy_measurements_widen_the_intervals(lawful: Tables) -> None:
    dice, noisy, quiet = random.Random(0), [], []
    for target in lawful.tables * 3:
        few, others = every(target.speeds, 13), lawful.without(target.device)
        quiet.append(score_of(predict(few, others), target.speeds))
        noisy.append(score_of(predict({k: s * dice.gauss(1, 0.1) for k, s in few.items()}, others), target.speeds))
    assert fmean(s.half_width for s in noisy) > 2 * fmean(s.half_width for s in quiet)
    assert fmean(s.covered for s in noisy) >= 0.8


def test_a_model_that_no_table_has_is_predicted_from_its_traits_and_less_surely(lawful: Tables) -> None:
    hidden = [("conv31", 224), ("attention60", 224)]
    blind = lawful.only(
        replace(t, speeds={k: s for k, s in t.speeds.items() if k not in hidden}) for t in lawful.tables
    )
    target = lawful.tables[1]
    few = every(target.speeds, 13)
    told = {p.key: p for p in predict(few, blind.without("B"), [*hidden, ("conv33", 224)])}
    for key in hidden:
        assert told[key].throughput_img_s == pytest.approx(target.speeds[key], rel=0.25)
        assert told[key].low <= target.speeds[key] <= told[key].high
        assert told[key].high / told[key].low > 1.2 * told["conv33", 224].high / told["conv33", 224].low


def test_a_measured_model_that_no_table_has_does_not_spoil_the_others(lawful: Tables) -> None:
    target, strange = lawful.tables[1], ("conv31", 224)
    blind = lawful.only(replace(t, speeds={k: s for k, s in t.speeds.items() if k != strange}) for t in lawful.tables)
    few = every(target.speeds, 13)
    with_it = predict({**few, strange: 1e9}, blind.without("B"), [("conv33", 224)])
    assert with_it == predict(few, blind.without("B"), [("conv33", 224)])


def test_one_other_device_suffices_with_intervals_that_know_of_no_rehearsal(lawful: Tables) -> None:
    target = lawful.tables[2]
    found = predict(every(target.speeds, 13), lawful.only(lawful.tables[:1]))
    score = score_of(found, target.speeds)
    assert score.median_error < 0.12 and score.covered >= 0.88


def test_too_few_measurements_are_a_sentence(lawful: Tables) -> None:
    with pytest.raises(BackbonesError, match="3 measured models are too few to predict from 3 tables; 4"):
        predict(every(lawful.tables[0].speeds, 50), lawful.without("A"))
    with pytest.raises(BackbonesError, match="0 measured models"):
        predict({("nobody", 224): 3.0, ("conv1", 224): 0.0}, lawful)


def test_no_table_is_a_sentence(lawful: Tables) -> None:
    with pytest.raises(BackbonesError, match="no table of speeds is left"):
        predict(every(lawful.tables[0].speeds, 13), lawful.only(()))


def test_a_column_is_not_predicted_from_itself(lawful: Tables) -> None:
    few = every(lawful.tables[1].speeds, 13)
    assert predict(few, lawful) == predict(few, lawful.without("B"))


def test_the_fit_names_the_measurement_that_does_not_belong(lawful: Tables) -> None:
    few = every(lawful.tables[1].speeds, 13)
    column = column_of(lawful.without("B"))
    assert not column.fit(few).is_unlike
    disturbed = list(few)[4]
    fit = column.fit({**few, disturbed: few[disturbed] / 3})
    assert fit.is_unlike and fit.strangest == disturbed and fit.error > 2 * fit.usual_error


def test_the_order_of_measurements_does_not_matter(lawful: Tables) -> None:
    few = every(lawful.tables[1].speeds, 13)

    def rounded(found: list[Prediction]) -> list[tuple[Key, float]]:
        return [(p.key, round(p.low, 6)) for p in found]

    assert rounded(predict(few, lawful.without("B"))) == rounded(
        predict(dict(reversed(few.items())), lawful.without("B"))
    )


def test_gaps_are_filled_along_the_other_tables(lawful: Tables) -> None:
    whole, target = lawful.tables[2], lawful.tables[3]
    holed = replace(whole, speeds={k: s for i, (k, s) in enumerate(whole.speeds.items()) if i % 3})
    found = predict(every(target.speeds, 13), lawful.only((*lawful.tables[:2], holed)))
    assert score_of(found, target.speeds).median_error < 0.03


def test_numpy_is_loaded_only_to_predict_and_a_sentence_where_it_is_missing() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import backbones.probe.predicting.asking, backbones.probe.predicting.keeping\n"
        "from backbones.probe.predicting.prediction import predict\n"
        "from backbones.probe.predicting.tables import Tables\n"
        "from backbones.store.errors import BackbonesError\n"
        "try: predict({}, Tables((), {}))\n"
        "except BackbonesError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == (
        "predicting needs numpy, which comes with torch, and numpy is missing; install them with: pip install 'backbones[probe]'"
    )


def test_a_table_says_what_it_is_in_a_line() -> None:
    assert Table("X", "gpu", "bf16", "", "channels_last", True, {}).title == "X, bf16, channels_last, compiled"
