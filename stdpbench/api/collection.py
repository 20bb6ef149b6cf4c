"""The runs in a folder."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from stdpbench.api.display import html_rows
from stdpbench.api.run import Run
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.runs.catalog.store import run_names


class Runs(tuple[Run, ...]):
    """A tuple of runs, in the order in which they were started; shown as a table in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return one line per run."""
        return "\n".join(map(repr, self)) or "no runs"

    def _repr_html_(self) -> str:
        rows = []
        for run in self:
            vote = run.scores.get("vote", {}).get("accuracy")
            rows.append((_name(run), str(run.state), str(run.position), "" if vote is None else f"{100 * vote:.2f} %"))
        return html_rows(("run", "state", "position", "vote"), rows)


def _name(run: Run) -> str:
    """Return the name of a run with its star and title, as far as its notes can be read."""
    try:
        title = f"{run.title} · " if run.title else ""
        return f"{'★ ' if run.starred else ''}{title}{run.name}"
    except StdpbenchError:
        return run.name


def runs(folder: str | PathLike[str] | None = None, *, tag: str | None = None, starred: bool = False) -> Runs:
    """Return all runs in a folder, or those with a tag or a star.

    Parameters
    ----------
    folder : path, optional
        The runs folder. Default: ``$STDPBENCH_RUNS``, or ``runs`` in the current folder.
    tag : str, optional
        Only runs with this tag.
    starred : bool
        Only runs with a star.

    Returns
    -------
    Runs
        A tuple of `Run`, in the order in which they were started. Other folders are ignored.

    Raises
    ------
    StdpbenchError
        If the given folder does not exist.
    """
    path = runs_folder() if folder is None else Path(folder).expanduser()
    if folder is not None and not path.is_dir():
        raise StdpbenchError(f"there is no folder {path}")
    found = []
    for name in run_names(path):
        try:
            run = Run(path / name)
            if (tag is not None and tag.removeprefix("#") not in run.tags) or (starred and not run.starred):
                continue
            found.append((str(run.about.get("started", "")), run.name, run))
        except StdpbenchError:
            continue
    return Runs(run for _, _, run in sorted(found, key=lambda entry: entry[:2]))
