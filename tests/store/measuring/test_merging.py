"""Files of measurements are merged in any order, as often as one likes, whole or not at all."""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backbones.store.errors import BackbonesError
from backbones.store.measurements import migrations
from backbones.store.measuring.keeping import keep, visits
from backbones.store.measuring.listed import forget, listed, to_forget
from backbones.store.measuring.merging import Merged, merge

if TYPE_CHECKING:
    from tests.store.measuring.conftest import Make


def content(path: Path) -> tuple[Any, ...]:
    connection = sqlite3.connect(path)
    names = [row[1] for row in connection.execute("pragma table_info(measurement)") if row[1] != "id"]
    rows = connection.execute(f"select {', '.join(names)} from measurement order by key").fetchall()
    connection.close()
    return sorted(visits(path), key=repr), rows


@pytest.fixture
def shards(tmp_path: Path, make: Make) -> list[Path]:
    """Three files that share visits: two rounds of one model are in different files, a failure and another host in the third."""
    files = [tmp_path / f"shard-{n}.db" for n in range(3)]
    first, second = make(100.0, 1), make(120.0, 2)
    for file, own in zip(
        files, ([first, make(model="other")], [first, second], [second, make(50.0, 3), make(host="b" * 12), make(round=4, status="crash")]), strict=True
    ):  # fmt: skip
        for visit in own:
            keep(file, visit)
    return files


def test_any_order_gives_the_same(tmp_path: Path, shards: list[Path]) -> None:
    found = []
    for n, order in enumerate(itertools.permutations(shards)):
        home = tmp_path / f"home-{n}" / "measurements.db"
        merged, refused = merge(home, order)
        assert refused == [] and sum(m.new for m in merged) == 6
        found.append(content(home))
    assert all(one == found[0] for one in found)
    assert len(found[0][1]) == 3  # two of this host, one of the other


def test_merging_again_adds_nothing(tmp_path: Path, shards: list[Path]) -> None:
    home = tmp_path / "measurements.db"
    merge(home, shards)
    before = content(home)
    merged, _ = merge(home, [*shards, home])
    assert [m.new for m in merged] == [0, 0, 0, 0] and content(home) == before
    assert merged[0] == Merged(str(shards[0]), 2, 0, 0)


def test_visits_of_one_second_from_several_files_are_all_merged(tmp_path: Path, make: Make) -> None:
    files = [tmp_path / f"shard-{n}.db" for n in range(3)]
    for n, file in enumerate(files):
        keep(file, make(100.0 + n, started=f"2026-11-21T10:00:01.{n}00Z"))
    home = tmp_path / "measurements.db"
    merged, _ = merge(home, files)
    assert [m.new for m in merged] == [1, 1, 1] and len(visits(home)) == 3


def test_a_file_merged_with_itself_stays_as_it_is(tmp_path: Path, shards: list[Path]) -> None:
    before = content(shards[1])
    (tmp_path / "link.db").symlink_to(shards[1])
    merged, refused = merge(shards[1], [shards[1], tmp_path / "link.db"])
    assert [(m.visits, m.new) for m in merged] == [(2, 0), (2, 0)] and not refused and content(shards[1]) == before


def test_a_file_that_is_being_written_gives_what_is_finished(tmp_path: Path, shards: list[Path], make: Make) -> None:
    home, writer = tmp_path / "measurements.db", sqlite3.connect(shards[0], isolation_level=None)
    writer.execute("begin immediate")
    writer.execute("delete from visit")
    merged, refused = merge(home, shards[:1])  # a reader does not wait for a writer that has not finished
    assert [m.new for m in merged] == [2] and not refused
    writer.execute("rollback")
    writer.close()
    keep(shards[0], make(round=9))
    assert [m.new for m in merge(home, shards[:1])[0]] == [1]


def test_a_file_of_an_older_version_is_refused_with_what_to_do(tmp_path: Path, make: Make) -> None:
    import sqlite_utils

    old, home = tmp_path / "old.db", tmp_path / "measurements.db"
    steps = migrations()
    steps.apply(sqlite_utils.Database(old), stop_before="create_visit")
    merged, (sentence,) = merge(home, [old])
    assert not merged and "older version" in sentence and "nothing to merge" in sentence
    newer = tmp_path / "shard.db"
    steps.apply(sqlite_utils.Database(newer), stop_before="create_prediction")
    merged, (sentence,) = merge(home, [newer])
    assert not merged and f"`BACKBONES_HOME={tmp_path} backbones build`" in sentence


def test_rounds_of_several_files_are_put_together(tmp_path: Path, shards: list[Path], make: Make) -> None:
    home = tmp_path / "measurements.db"
    merge(home, shards)
    connection = sqlite3.connect(home)
    row = connection.execute("select throughput_img_s, rounds from measurement where key = ?", [make().key]).fetchone()
    connection.close()
    assert row == (100.0, 3)


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)


def changed(sql: str) -> Any:
    def change(file: Path) -> None:
        connection = sqlite3.connect(file)
        with connection:
            connection.execute(sql)
        connection.close()

    return change


@pytest.mark.parametrize(
    "harm", [
        lambda file: file.unlink(),
        lambda file: file.write_text("not a database"),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:20_000]),
        damaged,
        changed("drop table prediction"),
        changed("update visit set facts = 'x'"),
        changed("update visit set facts = '[]'"),
        changed("update visit set facts = replace(facts, '100.0', '1e999')"),
        changed("update visit set facts = replace(facts, '100.0', '-1.0')"),
        changed("update visit set facts = replace(facts, '100.0', '\"fast\"')"),
        changed("update visit set facts = '" + "[" * 20_000 + "'"),
        changed("update visit set model = 'another'"),
        changed("update visit set key = 'no key of ours'"),
        changed("update visit set fingerprint = ''"),
        changed("update visit set facts = replace(facts, '100.0', '1e8')"),
        changed("update visit set started = '2019-12-31T10:00:00Z', facts = replace(facts, '2026-11-21T10:00:02Z', '2019-12-31T10:00:00Z')"),
        changed("update visit set started = '2126-01-01T10:00:00Z', facts = replace(facts, '2026-11-21T10:00:02Z', '2126-01-01T10:00:00Z')"),
        changed("update visit set started = '2026-04-31T10:00:00Z', facts = replace(facts, '2026-11-21T10:00:02Z', '2026-04-31T10:00:00Z')"),
        changed("update visit set model = 'a' || char(27) || '[31m', facts = replace(facts, 'toynet_small', 'a\\u001b[31m')"),
        changed("update visit set facts = replace(facts, 'GPU-1', 'GPU\\u202e1')"),
        changed("update visit set protocol = 'one'"),
        changed("update visit set started = 'tomorrow'"),
        changed("update visit set samples = x'00'"),
        changed("update visit set samples = cast('blocks' as text)"),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_file_is_refused_whole_and_the_others_are_merged(
    tmp_path: Path, make: Make, harm: Any
) -> None:
    good, bad, home = tmp_path / "good.db", tmp_path / "bad.db", tmp_path / "measurements.db"
    keep(good, make())
    keep(bad, make(round=2))
    harm(bad)
    merged, refused = merge(home, [bad, good])
    assert len(refused) == 1
    assert str(bad) in refused[0] and "\n" not in refused[0]
    assert [m.file for m in merged] == [str(good)] and visits(home) == [make()]


def test_why_a_file_is_not_believed_is_said(tmp_path: Path, make: Make) -> None:
    bad = tmp_path / "bad.db"
    keep(bad, make(2e7))
    merged, (sentence,) = merge(tmp_path / "measurements.db", [bad])
    assert (
        not merged and "throughput_img_s of 2e+07 for 'toynet_small', which is none above 0 and below 1e+07" in sentence
    )


def test_a_key_cannot_be_made_to_stand_for_another_model(tmp_path: Path, make: Make) -> None:
    home, bad, good = (tmp_path / name for name in ("measurements.db", "bad.db", "good.db"))
    keep(home, make(100.0))
    keep(bad, make(900.0, model="another", round=2))
    changed(f"update visit set key = '{make().key}'")(bad)
    keep(good, make(102.0, round=3))
    merged, (sentence,) = merge(home, [bad, good])
    assert "stands for several models" in sentence and [m.new for m in merged] == [1]
    assert listed(home).values("throughput_img_s") == (101.0,) or list(listed(home).values("throughput_img_s")) == [
        101.0
    ]
    assert {v.task.model for v in visits(home)} == {"toynet_small"}


OLD_KEY, OLD_FINGERPRINT = "0f1e2d3c4b5a6978", "00112233aabb"
"""Of a version that made both otherwise."""


@pytest.fixture
def older(tmp_path: Path, make: Make) -> Path:
    """A file of a version that formed keys and fingerprints otherwise, and that knew fewer facts."""
    older = tmp_path / "older.db"
    for number, speed in ((1, 90.0), (2, 92.0)):
        keep(older, make(speed, number))
    frozen = f"key = '{OLD_KEY}', fingerprint = '{OLD_FINGERPRINT}'"
    changed(f"update visit set {frozen}, facts = json_remove(facts, '$.seen.steps_ahead', '$.task.fused')")(older)
    changed(f"update measurement set {frozen}")(older)
    return older


def test_an_older_version_s_keys_are_kept_as_they_are(tmp_path: Path, older: Path, make: Make) -> None:
    assert make().key != OLD_KEY and [v.seen.throughput_img_s for v in visits(older) if v.seen] == [90.0, 92.0]
    home = tmp_path / "measurements.db"
    keep(home, make(100.0, round=9))
    merged, refused = merge(home, [older])
    assert (merged, refused) == ([Merged(str(older), 2, 2, 1)], [])
    rows = listed(home)
    found = dict(
        zip(
            rows.values("key"),
            zip(rows.values("throughput_img_s"), rows.values("fingerprint"), strict=True),
            strict=True,
        )
    )
    assert found == {OLD_KEY: (91.0, OLD_FINGERPRINT), make().key: (100.0, make().conditions.fingerprint)}
    assert forget(home, to_forget(home, fingerprint=OLD_FINGERPRINT[:6])) == 2 and len(listed(home)) == 1


def test_a_visit_that_nobody_can_read_is_a_sentence_and_nothing_is_lost(older: Path) -> None:
    changed("update visit set facts = '{}' where round = 1")(older)
    with pytest.raises(BackbonesError, match=f"{OLD_KEY} cannot be read"):
        forget(
            older, [(number, key, model) for number, key, model in to_forget(older, models="toynet*") if number == 2]
        )
    assert len(listed(older, "visits")) == 2


def test_a_key_of_nothing_but_failures_is_no_measurement(tmp_path: Path, make: Make) -> None:
    shard = tmp_path / "shard.db"
    keep(shard, make(100.0))
    keep(shard, make(status="crash", model="broken"))
    merged, _ = merge(tmp_path / "measurements.db", [shard])
    assert (merged[0].new, merged[0].keys) == (2, 1)


def test_a_small_file_cannot_unpack_to_a_large_one(tmp_path: Path, make: Make) -> None:
    bad = tmp_path / "bad.db"
    keep(bad, make())
    connection = sqlite3.connect(bad)
    with connection:
        bomb = zlib.compress(b'{"blocks": [' + b" " * 50_000_000 + b"1.0]}")
        connection.execute("update visit set samples = ?", [bomb])
    connection.close()
    _, refused = merge(tmp_path / "measurements.db", [bad])
    assert "too many" in refused[0]


def test_a_visit_of_an_unknown_later_protocol_is_kept_apart(tmp_path: Path, make: Make) -> None:
    later, home = tmp_path / "later.db", tmp_path / "measurements.db"
    keep(later, make(200.0))
    changed("update visit set protocol = 2, key = 'fedcba9876543210'")(later)
    keep(home, make(100.0))
    merge(home, [later])
    connection = sqlite3.connect(home)
    found = connection.execute("select protocol, throughput_img_s from measurement order by 1").fetchall()
    connection.close()
    assert found == [(1, 100.0), (2, 200.0)]


@pytest.mark.parametrize(
    "before", ["lastweek", "20.11.2026", "2026", "2026-13-01", "2026-04-31", "21-11-2026", "zzzz", "2026-11-21x"]
)
def test_what_is_no_day_forgets_nothing(tmp_path: Path, make: Make, before: str) -> None:
    keep(tmp_path / "m.db", make())
    with pytest.raises(BackbonesError, match="2026-11-20"):
        to_forget(tmp_path / "m.db", before=before)


def test_before_a_day_in_words(tmp_path: Path, make: Make) -> None:
    home = tmp_path / "m.db"
    today = dt.datetime.now(dt.UTC).date()
    for days in range(3):
        keep(home, make(round=days + 1, started=f"{today - dt.timedelta(days=days)}T00:00:00.000Z"))
    assert [
        len(to_forget(home, before=text)) for text in ("today", "yesterday", f"{today - dt.timedelta(days=2)}")
    ] == [2, 1, 0]


def test_what_is_forgotten_leaves_the_rest(tmp_path: Path, shards: list[Path], make: Make) -> None:
    home = tmp_path / "measurements.db"
    merge(home, shards)
    assert forget(home, to_forget(home, failed=True)) == 1
    assert forget(home, to_forget(home, models="toynet*", before="2026-11-21T10:00:02Z")) == 2
    assert forget(home, to_forget(home, models="toynet*", before="2026-11-21T10:00:02Z")) == 0
    assert to_forget(home, before="2026-11-21") == to_forget(home, before=" 2026-11 ") == []
    rows = listed(home)
    names = [c.name for c in rows.columns]
    told = sorted(
        (row[names.index("model")], row[names.index("throughput_img_s")], row[names.index("rounds")]) for row in rows
    )
    assert told == [("other", 100.0, 1), ("toynet_small", 85.0, 2)]
    assert len(listed(home, "visits")) == 3 and len(listed(home, "runs")) == 1
    with pytest.raises(BackbonesError, match="say which"):
        to_forget(home)
