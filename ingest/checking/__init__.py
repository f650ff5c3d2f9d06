"""The check of a family file against its paper: does each number stand in its model's row, under its metric's header?"""

from backbones.ingest.checking.check import Checker, check_against_paper, check_draft

__all__ = ["Checker", "check_against_paper", "check_draft"]
