"""Find runs by a folder, a name, the beginning of a name, or as the newest run with a beginning."""

from __future__ import annotations

import os
from pathlib import Path

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import first_few
from stdpbench.runs.catalog.store import run_names, sweep_folders
from stdpbench.runs.folder.run_folder import RunFolder, looks_like_run

LATEST = "@latest"
"""Suffix that selects the most recently started run among those whose names begin with the text before it."""
_NAMED = 5  # maximum number of runs named in an error
_FILES = (".toml", ".zip", ".nir")  # of experiments, exported runs and networks


def find_run(text: str, runs: Path) -> RunFolder:
    """Find a run by its folder, by its name in `runs` or in a sweep there, or by a unique beginning of its name.

    ``SWEEP/NAME`` is a run of a sweep; a bare name is searched among the runs of sweeps if no other run has it.
    ``NAME@latest`` is the newest of the runs whose names begin with NAME, and ``@latest`` the newest of all.

    Parameters
    ----------
    text : str
        The folder or name.
    runs : Path
        The runs folder.

    Raises
    ------
    StdpbenchError
        If there is no such run, or several.
    """
    path = Path(text).expanduser()
    if looks_like_run(path):
        return RunFolder.open(path)
    parent, beginning = path.parent, path.name.removesuffix(LATEST)
    newest = path.name.endswith(LATEST)
    nearest = [runs] if parent == Path() else [*dict.fromkeys((runs / parent, parent))]
    for places in (nearest, sweep_folders(runs) if parent == Path() else []):
        matches = [
            place / name for place in places for name in run_names(place) if text and name.startswith(beginning)
        ]
        exact = [folder for folder in matches if folder.name == path.name]
        if newest and matches:
            return RunFolder.open(max(matches, key=_started))
        if len(exact or matches) == 1:
            return RunFolder.open((exact or matches)[0])
        if matches:
            names = [str(run.relative_to(runs)) if run.is_relative_to(runs) else str(run) for run in matches]
            raise StdpbenchError(
                f"{text!r} is ambiguous: {first_few(names, _NAMED)}; write more of the name, or {text}{LATEST} for "
                "the newest"
            )
    if os.path.exists(path):  # noqa: PTH110 - does not raise if access is denied
        return RunFolder.open(path)  # raises an error that says what is missing
    if path.suffix in _FILES:
        raise StdpbenchError(f"there is no file {text}")
    raise StdpbenchError(f"there is no run {text!r}, neither as a folder nor in {runs}; `stdpbench list` shows them")


def _started(path: Path) -> tuple[str, str]:
    """Return a sort key: the start time, ISO 8601 in UTC, and the name, for runs started in the same second."""
    try:
        return str(RunFolder(path).about.get("started", "")), path.name
    except StdpbenchError:
        return "", path.name
