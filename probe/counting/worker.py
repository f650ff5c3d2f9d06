"""The process that counts: one request a line on its input, one answer a line on its output, until the input ends.

`python -m backbones.probe.counting.worker`. It alone imports torch and timm. Whatever these print goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any, TextIO


def main() -> None:
    """Answer every request; an error of a model is an answer too."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from backbones.probe.counting import model  # 3-5 s: torch and timm

    _send(answers, {"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply: Any = {"names": model.model_names()} if request is None else asdict(model.count(**request))
        except Exception as error:  # of any kind: models are other people's code
            reply = {"error": _sentence(error)}
        _send(answers, reply)


def _send(answers: TextIO, reply: Any) -> None:
    answers.write(json.dumps(reply) + "\n")
    answers.flush()


def _sentence(error: Exception) -> str:
    """The first line of what was raised, and its kind where the text alone says little."""
    text = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, (RuntimeError, AssertionError, ValueError)) and text:
        return text
    return f"{type(error).__name__}: {text}".rstrip(": ")


if __name__ == "__main__":
    main()
