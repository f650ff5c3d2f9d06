"""Agreement: what numbers say about two names, and the table that tells how names were joined."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backbones.store.agreement import ACCURACY_WITHIN, GMACS_WITHIN, PARAMS_WITHIN, Comparison, compare
from backbones.store.catalog import open_catalog
from backbones.store.errors import QueryError, UnknownName
from backbones.store.name_page import name_page, name_pair, review
from tests.store.conftest import World
