"""Where files live: XDG places, `BACKBONES_HOME` for everything in one folder, `BACKBONES_CATALOG` for the catalogue,
`BACKBONES_CONFIG` for the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "family_data"
"""The YAML files that come with the package."""


@dataclass(frozen=True, slots=True)
class Places:
    """The paths that one run uses."""

    catalog: Path
    measurements: Path
    families: tuple[Path, ...]
    """Folders of the user's own YAML, later ones win."""
    state: Path
    shipped: Path = SHIPPED
    is_named: bool = False
    """The user named the catalogue's file: one that is something else is never written over."""
    config: Path | None = None
    """The user's configuration, whether there is such a file or not."""


def places(
    catalog: str | Path | None = None, families: tuple[str | Path, ...] = (), env: Mapping[str, str] = os.environ
) -> Places:
    """The paths after options, environment and platform, in that order."""
    home = env.get("BACKBONES_HOME")
    if home:
        root = Path(home).expanduser()
        cache, data, state, config = root, root, root, root
    else:
        import platformdirs

        dirs = platformdirs.PlatformDirs("backbones", appauthor=False)
        cache, data, state = dirs.user_cache_path, dirs.user_data_path, dirs.user_state_path
        config = dirs.user_config_path
    file = catalog or env.get("BACKBONES_CATALOG") or cache / "catalog.db"
    own = (data / "family_data", *(Path(f).expanduser() for f in families))
    return Places(
        Path(file).expanduser(),
        data / "measurements.db",
        own,
        state / "state.json",
        is_named=bool(catalog or env.get("BACKBONES_CATALOG")),
        config=Path(env.get("BACKBONES_CONFIG") or config / "config.toml").expanduser(),
    )


def fallback_catalog() -> Path:
    """A catalogue in the temporary folder, for a home that cannot be written."""
    import tempfile  # 4 ms, rarely needed

    return Path(tempfile.gettempdir()) / f"backbones-{os.getuid() if hasattr(os, 'getuid') else 'user'}" / "catalog.db"
