"""By how much two sources' numbers of one thing may differ, and whose numbers are not compared."""

from __future__ import annotations

from typing import Final

ACCURACY_WITHIN: Final = 0.3
"""Percentage points. Two evaluations of one file differ in crop, resizing and rounding; another training of the same size
differs by more."""

PARAMS_WITHIN: Final = 0.04
"""A share. Sources round and some leave the classifier out of small models; neighbouring sizes of a family differ by far more."""

GMACS_WITHIN: Final = 0.05
"""A share. Counters disagree on normalisation and attention; of 128 pairs known to be one model, 127 are within it."""

SCORE_WITHIN: Final = 0.05
"""A share, of results that are no percentage."""

COUNTED_OTHERWISE: Final = ("open_clip", "clip_probes", "vision_toolbox")
"""Collections whose params and GMACs are of more or less than the backbone: of both towers, without a classifier."""
