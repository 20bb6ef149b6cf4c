"""Where things lie: the user's data, cache and runs, and the files that ship with the package."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """A folder that ships with the package, such as ``"experiments"``.

    In an installed wheel it lies inside the package, in a checkout beside it.
    """
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def data_folder() -> Path:
    """The user's folder for downloaded data sets (not created)."""
    return platformdirs.user_data_path("stdpbench", appauthor=False) / "data"


def data_folders() -> tuple[Path, ...]:
    """Where data sets are looked for, in order: ``$STDPBENCH_DATA``, then the user's data folder."""
    named = os.environ.get("STDPBENCH_DATA")
    return (Path(named).expanduser(), data_folder()) if named else (data_folder(),)


def cache_folder() -> Path:
    """Where compiled networks are kept: ``$STDPBENCH_CACHE``, else the user's cache folder (not created)."""
    named = os.environ.get("STDPBENCH_CACHE")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("stdpbench", appauthor=False)


def runs_folder() -> Path:
    """Where run folders are made when nothing is said: ``$STDPBENCH_RUNS``, else ``runs`` in the current folder."""
    named = os.environ.get("STDPBENCH_RUNS")
    return Path(named).expanduser() if named else Path("runs")
