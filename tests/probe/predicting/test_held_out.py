"""The shipped tables: some are held out in turn, ten of their models are measured. `bench/predict_held_out.py` does all."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

import pytest

from backbones.probe.predicting.candidates import field_of
from backbones.probe.predicting.held_out import hold_out, judge, limits_of, measured_in, score_of
from backbones.probe.predicting.prediction import column_of
from backbones.probe.predicting.question import parse_question
from backbones.probe.predicting.tables import Table, Tables
from backbones.store.query import CatalogExplorer

pytest.importorskip("numpy")


def test_gpu_columns_are_predicted_within_seven_percent_and_covered(
    tables: Tables, table_of: Callable[..., Table]
) -> None:
    found = [hold_out(tables, table_of("3090", "2.4.0", "contiguous")), hold_out(tables, table_of("5090"))]
    assert fmean(score.median_error for score in found) <= 0.07
    assert min(score.covered for score in found) >= 0.88
    assert max(score.half_width for score in found) < 0.3  # an interval that holds everything says nothing


def test_a_compiled_column_is_predicted_from_eager_tables_less_well_and_says_so(
    tables: Tables, table_of: Callable[..., Table]
) -> None:
    target = table_of("5090", compiled=True)
    eager = tables.only(t for t in tables.tables if t.device != target.device and t.kind == "gpu" and not t.compiled)
    score = score_of(column_of(eager).predict(measured_in(target), target.speeds), target.speeds)
    from_all = hold_out(tables, target)
    assert from_all.median_error < score.median_error < 0.2
    assert score.half_width > 1.5 * from_all.half_width


def test_a_cpu_is_predicted_roughly_with_wide_intervals(tables: Tables, table_of: Callable[..., Table]) -> None:
    score = hold_out(tables, table_of("i7-12700H", compiled=True))
    assert score.median_error < 0.3 and score.covered >= 0.88 and score.half_width > 0.4


def test_a_gpu_from_cpu_tables_alone_is_a_rough_guess(tables: Tables, table_of: Callable[..., Table]) -> None:
    target = table_of("5090")
    cpus = tables.only(t for t in tables.tables if t.kind == "cpu")
    column = column_of(cpus)
    score = score_of(column.predict(measured_in(target), target.speeds), target.speeds)
    assert 0.1 < score.median_error < 0.5
    assert column.fit(measured_in(target)).error > 0.2  # as bad as the user is told


@pytest.mark.slow
def test_questions_are_answered_rightly_with_few_measurements(
    explorer: CatalogExplorer, tables: Tables, table_of: Callable[..., Table]
) -> None:
    verdicts = []
    for kind in (
        "top_1@imagenet-1k where throughput@here > {}",
        "top_1@imagenet-1k where throughput@here > {} and params_m < 30",
    ):
        field = field_of(explorer, parse_question(kind.format(1)), tables.traits.keys())
        assert len(field.candidates) > 500
        for table in (table_of("3090", "2.4.0", "contiguous"), table_of("5090")):
            for limit in limits_of(field, table, (0.3, 0.6, 0.9)):
                verdicts.append(judge(parse_question(kind.format(limit)), field, table, tables))
    found = [verdict for verdict in verdicts if verdict is not None]
    assert len(found) == 12
    assert sum(verdict.is_right for verdict in found) >= 11
    assert max(verdict.measured for verdict in found) <= 16
    for verdict in found:
        best = verdict.reply.best
        assert best is not None and verdict.reply.throughput_img_s == verdict.reply.measured[best.key]
        assert verdict.reply.not_measured > 300
