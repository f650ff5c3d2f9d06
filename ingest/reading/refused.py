"""Why a file is not read."""

from __future__ import annotations


class Refused(Exception):
    """A file that cannot or must not be read; the message goes on a sentence that begins with the file's name."""
