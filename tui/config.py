"""What a user wants otherwise: keys, colours, mouse and what is shown first, in one TOML file that is only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from backbones.store.text import closest, printable

THEMES: Final = ("auto", "dark", "light")
PALETTES: Final = ("default", "colour-blind")
COLORS: Final = ("auto", "none", "16", "256", "true")
STARTS: Final = ("last", "default", "views")
"""What else `start` says is the name of a saved view."""


@dataclass(frozen=True, slots=True)
class Config:
    """The file's settings; what it does not say is at its default."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by the id of what they do: `view.filter` -> `slash,f2`."""
    theme: str = "auto"
    palette: str = "default"
    ascii: bool | None = None
    """None: as the terminal's encoding asks."""
    mouse: bool = True
    start: str = "last"
    colors: str = "auto"
    problems: tuple[str, ...] = ()
    """What is wrong with the file, a sentence each; the default stands for each."""


def load_config(path: Path | None) -> Config:
    """The settings of a file; none of them where there is no file."""
    if path is None:
        return Config()
    try:
        text = path.read_bytes()
        import tomllib  # 4 ms, only for those who have such a file

        plain = tomllib.loads(text.decode())
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except OSError as error:
        return Config(problems=(f"{path} cannot be read: {error.strerror or error}",))
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8
        return Config(problems=(f"{path}: {printable(str(error))}; the defaults are used",))
    return read_config(plain, str(path))


def read_config(plain: Mapping[str, Any], file: str) -> Config:
    """The settings that are right, and a sentence for each that is not."""
    problems: list[str] = []
    changes: dict[str, Any] = {}
    for name, value in plain.items():
        read = _SETTINGS.get(name)
        if read is None:
            problems.append(f"{name!r} is no setting{_hint(name, _SETTINGS)}")
            continue
        try:
            changes[name] = read(value)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return Config(**changes, problems=tuple(printable(f"{file}: {problem}") for problem in problems))


def _one_of(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if str(value) not in known or isinstance(value, bool):
            raise ValueError(f"{value!r} is not known; {', '.join(known)} are{_hint(str(value), known)}")
        return str(value)

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"has to be true or false, not {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"has to be a text, not {value!r}")
    return value


def _keys(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in _flat(value).values()):
        raise ValueError('has to be a table of texts such as "view.filter" = "slash,f2"')
    return _flat(value)


def _flat(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """`view.filter = "slash"` without quotes round the name is a table in a table."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found |= _flat(inner, f"{before}{name}.") if isinstance(inner, dict) else {before + name: inner}
    return found


_SETTINGS: Final[dict[str, Callable[[Any], Any]]] = {
    "keys": _keys,
    "theme": _one_of(*THEMES),
    "palette": _one_of(*PALETTES),
    "ascii": _flag,
    "mouse": _flag,
    "start": _text,
    "colors": _one_of(*COLORS),
}


def _hint(name: str, known: Any) -> str:
    near = closest(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
