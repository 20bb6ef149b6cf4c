"""Names of runs, as people give them: a folder, a name, the beginning of a name, or the newest with a beginning."""

from __future__ import annotations

import os
from pathlib import Path

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import run_names, sweep_folders
from stdpbench.runs.folder.run_folder import RunFolder, looks_like_run

LATEST = "@latest"
"""Ending of a name that stands for the run that was started last, among those that begin with what is before it."""
_NAMED = 5
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
        If there is none, or several.
    """
    path = Path(text).expanduser()
    if looks_like_run(path):
        return RunFolder.open(path)
    above, beginning = path.parent, path.name.removesuffix(LATEST)
    newest = path.name.endswith(LATEST)
    nearest = [runs] if above == Path() else [*dict.fromkeys((runs / above, above))]
    for places in (nearest, sweep_folders(runs) if above == Path() else []):
        found = [place / name for place in places for name in run_names(place) if text and name.startswith(beginning)]
        exact = [one for one in found if one.name == path.name]
        if newest and found:
            return RunFolder.open(max(found, key=_started))
        if len(exact or found) == 1:
            return RunFolder.open((exact or found)[0])
        if found:
            names = [str(one.relative_to(runs)) if one.is_relative_to(runs) else str(one) for one in found[:_NAMED]]
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            raise StdpbenchError(
                f"{text!r} is ambiguous: {', '.join(names)}{more}; write more of the name, or {text}{LATEST} for the "
                "newest"
            )
    if os.path.exists(path):  # noqa: PTH110 - does not raise where access is denied
        return RunFolder.open(path)  # its error says what is missing
    if path.suffix in _FILES:
        raise StdpbenchError(f"there is no file {text}")
    raise StdpbenchError(f"there is no run {text!r}, neither as a folder nor in {runs}; `stdpbench list` shows them")


def _started(path: Path) -> tuple[str, str]:
    """Return when a run was started, ISO 8601 in UTC, and its name, which tells runs of one second apart."""
    try:
        return str(RunFolder(path).about.get("started", "")), path.name
    except StdpbenchError:
        return "", path.name
