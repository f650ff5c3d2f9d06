"""Rows of one model on the user's images that would all be called alike: what differs between them, in words."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from backbones.store.transferring.curves import differing
from backbones.store.transferring.ranks import COLLECTION
from backbones.store.vocabulary import conditions_of

_SQL = """
  select j.key, coalesce(t.checkpoint, t.weights, t.backbone), coalesce(p.resolution, 0), p.protocol, k.conditions from json_each(?) j
  join placement p on p.result = j.value join setting t on t.id = p.setting join result r on r.id = p.result
  join condition k on k.id = r.condition where p.collection = ?"""


def words_apart(connection: sqlite3.Connection, keys: Sequence[int]) -> dict[int, str]:
    """By position in `keys` the words that stand behind the name of a row: `mine` where another of its rows is of the recipe `quick`.

    Only of own results, of one model at one resolution; the seed does not count, as runs that differ in it are one row.
    """
    alike: dict[tuple[str, int], dict[int, dict[str, str]]] = defaultdict(dict)
    for position, name, resolution, protocol, conditions in connection.execute(
        _SQL, [json.dumps(list(keys)), COLLECTION]
    ):
        said = {key: value for key, value in conditions_of(conditions).items() if key != "seed"}
        alike[name, resolution][position] = {"recipe": "", "protocol": protocol} | said
    return {
        position: words
        for settings in alike.values()
        for position, setting in settings.items()
        if (words := " ".join(differing(setting, list(settings.values()))))
    }
