"""Folders for the user's data, cache and runs, and for files bundled with the package."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """Return a folder bundled with the package, such as ``"experiments"``.

    In an installed wheel it is inside the package, in a checkout next to it.
    """
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def data_folder() -> Path:
    """Return the user's folder for downloaded data sets (not created)."""
    return platformdirs.user_data_path("stdpbench", appauthor=False) / "data"


def data_folders() -> tuple[Path, ...]:
    """Return the folders searched for data sets, in order: ``$STDPBENCH_DATA``, then the user's data folder."""
    folder = os.environ.get("STDPBENCH_DATA")
    return (Path(folder).expanduser(), data_folder()) if folder else (data_folder(),)


def cache_folder() -> Path:
    """Return the cache of compiled networks: ``$STDPBENCH_CACHE``, else the user's cache folder (not created)."""
    folder = os.environ.get("STDPBENCH_CACHE")
    return Path(folder).expanduser() if folder else platformdirs.user_cache_path("stdpbench", appauthor=False)


def config_folder() -> Path:
    """Return the folder of the user's settings: ``$STDPBENCH_CONFIG``, else that of the system (not created)."""
    folder = os.environ.get("STDPBENCH_CONFIG")
    return Path(folder).expanduser() if folder else platformdirs.user_config_path("stdpbench", appauthor=False)


SAFE = {"PYTHONSAFEPATH": "1"}
"""Environment in which Python processes import nothing from their current folder."""


def child_environment() -> dict[str, str]:
    """Return the environment for processes of this program, which import nothing from their current folder.

    Folders become absolute paths, since the current folder of the process may differ.
    """
    named = {
        name: os.environ[name]
        for name in ("STDPBENCH_DATA", "STDPBENCH_CACHE", "STDPBENCH_CONFIG", "STDPBENCH_RUNS")
        if name in os.environ
    }
    absolute = {name: str(Path(folder).expanduser().absolute()) for name, folder in named.items() if folder}
    modules = [str(Path(folder).absolute()) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    return {**os.environ, **absolute, "PYTHONPATH": os.pathsep.join(modules), **SAFE}


def runs_folder() -> Path:
    """Return the default folder for run folders: ``$STDPBENCH_RUNS``, else ``runs`` in the current folder."""
    folder = os.environ.get("STDPBENCH_RUNS")
    return Path(folder).expanduser() if folder else Path("runs")
