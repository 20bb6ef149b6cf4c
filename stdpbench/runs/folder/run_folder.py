"""The run folder: all results of a run, readable without this program and without pickle.

Each file is written under a temporary name and renamed, so an existing file is complete.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import DiskError, StdpbenchError, disk_errors
from stdpbench.base.files import (
    DAMAGE,
    NOTHING,
    open_regular,
    part_of,
    remove_file,
    remove_folder,
    remove_parts,
    remove_tree,
    write_aside,
    write_text_aside,
)
from stdpbench.base.trust import check_trusted
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.table_files import TABLES
from stdpbench.kinds.connections.table import Table
from stdpbench.runs.folder.about import read_table
from stdpbench.runs.folder.journal import NAME as JOURNAL
from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.folder.lock import staging_folder
from stdpbench.runs.folder.summary import read_summary

_PACKAGES = ("stdpbench", "brian2", "numpy", "scipy", "scikit-learn", "pydantic", "matplotlib")

PROGRESS, RESPONSES, ARRAYS = "progress.json", "responses", "arrays"
RESERVE = "reserve"
"""File that reserves disk space for the last facts of a run while its process works on it."""
RESULTS = (
    *("metrics.json", "weights.npy", "theta.npy", "lateral.npy", "exc_spikes.npy", "training.npz"),
    *("label.npz", "label_spikes.npz", "test.npz", "test_spikes.npz", "assignments.npz"),
)
"""Files of results."""
ARRAY = r"[0-9a-f]{64}\.npy"
"""Names of the files in `ARRAYS` (`stdpbench.runs.folder.learned_arrays`), as a regular expression."""
_KEY, _GROUP = "[0-9a-f]{32}", r"[0-9]{7,}\.npz"
_WRITTEN_ASIDE = (
    r"(run|metrics|progress|notes)\.json|reserve|journal\.jsonl|experiment\.toml|README\.txt|(training|assignments)\.npz|"
    r"(start_)?(weights|theta|lateral)\.npy|exc_spikes\.npy|(label|test)(_spikes)?\.npz"
)
"""Names of the files of a run folder that are written under a temporary name, as a regular expression."""
_README = """\
Contents of this folder
=======================

experiment.toml    all parameters of the run, with explicit values; `stdpbench run experiment.toml` repeats the run
run.json           a copy of entries of the journal: state, start and end of the run, versions and machine
weights.npy        float64, (n_input, n_exc): weights from input to exc, each column scaled to network.weight_sum
theta.npy          float64, (n_exc,), volt: adaptive thresholds
lateral.npy        float64, (n_exc, n_exc): weights of lateral inhibition, from row to column, as factors of
                   network.w_inh_exc; only if they learn
exc_spikes.npy     int64, (n_read,): spikes of each neuron that is read, in all training presentations of this run
training.npz       per training presentation: image, attempts, spikes (total exc spikes); and curves over training
label.npz          spike_counts, uint16, (n_images, n_exc), and attempts: responses to training pictures, learning off
test.npz           the same for the evaluation pictures
label_spikes.npz, test_spikes.npz
                   the same spikes with their times: neuron and bin (time step) of each, picture by picture;
                   spikes, uint32, (n_images,): number of spikes per picture
assignments.npz    labels, int64, (n_exc,): class of each neuron (-1: never fired); mean_response; class_counts
metrics.json       accuracies by read-out with 95 % Wilson intervals (interval_95) and confusion matrices, baselines,
                   statistics of the training
figures/           receptive fields, confusion matrix, accuracy over time
notes.json         title, notes, tags and stars that people gave to the run and its neurons; no part of the results
journal.jsonl      a description of the run, in the first line, and all events in order, one fact per line: states,
                   blocks of presentations, changes of parameters and of the rule, learned arrays that were set; each
                   line ends with a digest of the lines up to it
arrays/            learned arrays that were set while the run was paused, float64, each named by its SHA-256, which
                   the journal contains
checkpoints/       starting points for `stdpbench resume`, one folder each, named by the number of completed training
                   presentations
history/           learned arrays and the last stimulus at moments of training, rounded, one file each, named by the
                   number of completed training presentations; for displays and films
record/            spikes and weights recorded while the network trains, if the experiment says so
report/            output of `stdpbench report`, and points of robustness curves
before-repair-1/   files moved by `stdpbench resume --repair`: the damaged journal, and checkpoints after the damage
responses/         responses of a phase that is not complete yet
held_out/          snapshots of the network that have not been measured on held-out pictures yet
progress.json      progress of the run, for `stdpbench watch`
lock               held by the process that works on the run
reserve            disk space reserved for the last lines of the journal while a process works on the run
worker.log         other output of the process of the run; usually empty
start_weights.npy, start_theta.npy, start_lateral.npy
                   initial arrays, if the run starts from the network of another run
tables/            synapses listed in files (connect.kind = "table"), and the Python file of a network of kind
                   "brian2", each named by its SHA-256
learned/, start_learned/
                   other learned arrays, and those at the start, float64, named by projection (.w) or population

Read arrays with numpy.load(FILE); allow_pickle is not needed.
"""


@dataclass(frozen=True)
class RunFolder:
    """A run folder on disk."""

    path: Path

    @classmethod
    def create(
        cls,
        runs: Path,
        experiment: Experiment,
        about: Mapping[str, Any],
        fill: Callable[[RunFolder], None] = lambda folder: None,
    ) -> RunFolder:
        """Create a new folder in `runs`, named after experiment, seed and time.

        Parameters
        ----------
        runs : Path
            The folder of all runs; created if it does not exist.
        experiment : Experiment
            Written to ``experiment.toml``.
        about : mapping
            Entries of the first line of the journal in addition to id, start, versions and machine.
        fill : callable
            Adds further files before the folder gets its name, so that no incomplete run can be found.

        Raises
        ------
        StdpbenchError
            If the folder cannot be written.
        """

        def write(staged: RunFolder) -> None:
            write_text_aside(staged.path / "README.txt", _README)
            write_text_aside(staged.path / "experiment.toml", experiment.to_toml())
            _write_tables(staged.path, experiment)
            write_journal(staged.path, [], {"id": uuid.uuid4().hex, **about, **environment()})
            fill(staged)
            staged.write_copy()

        return cls.place(runs, f"{experiment.name}-seed{experiment.seed}-{datetime.now():%Y%m%d-%H%M%S}", write)

    @classmethod
    def place(cls, runs: Path, name: str, fill: Callable[[RunFolder], None]) -> RunFolder:
        """Create a folder in `runs` with the contents that `fill` adds; a number is appended to a name in use.

        Raises
        ------
        StdpbenchError
            If the folder cannot be written.
        """
        name = _safe(name)
        with disk_errors(f"a run folder cannot be created in {runs}"), staging_folder(runs) as staging:
            staged = cls(staging)
            fill(staged)
            for number in range(1000):
                path = runs / (name if number == 0 else f"{name}-{number + 1}")
                if path.exists():
                    continue
                with suppress(OSError):  # another process has taken the name in the meantime
                    staged.path.rename(path)
                    return cls(path)
        raise StdpbenchError(f"a folder named {name} cannot be created in {runs}, nor one with a number up to 1000")

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run folder.

        Raises
        ------
        StdpbenchError
            If the path does not exist or is not a run folder.
        """
        folder = cls(path.expanduser())
        if not _exists(folder.path):
            raise StdpbenchError(f"the run folder {path} does not exist")
        for name in ("experiment.toml", JOURNAL):
            if not _exists(folder.path / name):
                raise StdpbenchError(f"{path} is not a run folder: {name} is missing")
        return folder

    @property
    def gone(self) -> str:
        """Clause stating that the folder is gone; empty if it exists."""
        try:
            self.path.resolve(strict=True)
        except OSError:
            return (
                "its folder is gone: it was deleted"
                if self.path == Path()
                else f"its folder {self.path} is gone: it was deleted or moved"
            )
        return ""

    @property
    def about(self) -> dict[str, Any]:
        """Description of the run with its state, start and end, from its journal (`stdpbench.runs.folder.summary`).

        Raises
        ------
        StdpbenchError
            If the journal is missing, or its first line is damaged.
        """
        return read_summary(self.path).about

    @property
    def experiment(self) -> Experiment:
        """The experiment at the start of the run.

        Raises
        ------
        StdpbenchError
            If its file is damaged, or it uses a kind that is not installed.
        """
        experiment = self.stored_experiment
        if missing := experiment.missing_kinds:
            raise StdpbenchError(f"{self.path.resolve().name} cannot run here: {' and '.join(missing)}")
        return experiment

    @property
    def stored_experiment(self) -> Experiment:
        """The experiment at the start, for reading only, with stand-ins for kinds that are not installed.

        Raises
        ------
        StdpbenchError
            If the folder is gone, or the file is damaged.
        """
        if gone := self.gone:
            raise StdpbenchError(gone)
        return read_experiment(self.path / "experiment.toml", stand_ins=True)

    @property
    def metrics(self) -> dict[str, Any]:
        """Content of ``metrics.json``; empty if there is no such file.

        Raises
        ------
        StdpbenchError
            If the file is damaged.
        """
        return self.read_json("metrics.json") if (self.path / "metrics.json").is_file() else {}

    @property
    def validation(self) -> bool:
        """Whether the run is evaluated on held-out training pictures instead of the test pictures."""
        return bool(self.about.get("validation", False))

    def read_json(self, name: str) -> dict[str, Any]:
        """Read a JSON file of the folder.

        Raises
        ------
        StdpbenchError
            If it cannot be read or is damaged.
        """
        return read_table(self.path / name)

    def read_array(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Read a float64 array of the folder and check its shape."""
        path = self.path / name
        with reading(path), open_regular(path) as file:
            array = np.load(file, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise StdpbenchError(f"{path} is damaged: it contains several arrays")
        if array.shape != shape or array.dtype != np.float64:
            raise StdpbenchError(f"{path} contains {array.dtype} {array.shape}, but float64 {shape} was expected")
        return np.asarray(array)

    def read_arrays(self, name: str, *keys: str) -> list[NDArray[Any]]:
        """Read arrays of an npz file of the folder, by name."""
        path = self.path / name
        with reading(path), open_regular(path) as file, np.load(file, allow_pickle=False) as arrays:
            return [arrays[key] for key in keys]

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file atomically."""
        write_text_aside(self.path / name, json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def write_array(self, name: str, array: NDArray[Any]) -> None:
        """Write an array as npy atomically."""
        write_aside(self.path / name, lambda file: np.save(file, array, allow_pickle=False))

    def write_arrays(self, name: str, **arrays: NDArray[Any]) -> None:
        """Write several arrays as compressed npz atomically."""
        write_aside(
            self.path / name,
            lambda file: np.savez_compressed(file, **arrays),  # type: ignore[arg-type]
        )

    def write_copy(self, **entries: Any) -> None:
        """Write ``run.json``, a copy of the description in the journal, for people and other programs.

        Parameters
        ----------
        **entries
            Additional entries.
        """
        self.write_json("run.json", {**self.about, **entries})


def _write_tables(folder: Path, experiment: Experiment) -> None:
    """Copy the tables of synapses and the file of the network, so that the run does not depend on them."""
    if experiment.missing_kinds:
        return
    graph = experiment.graph()
    if graph.file is not None:
        check_trusted(graph.file.sha256, graph.file.path)  # now; the process of the run would fail
        (folder / TABLES).mkdir(exist_ok=True)
        contents = graph.file.read()
        write_aside(folder / TABLES / f"{graph.file.sha256}.py", lambda file: file.write(contents))
    for projection in graph.projections.values():
        if isinstance(projection.connect, Table):
            (folder / TABLES).mkdir(exist_ok=True)
            write_aside(folder / TABLES / f"{projection.connect.sha256}.npz", projection.connect.rows().write)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Convert errors of reading arrays to `StdpbenchError`."""
    try:
        yield
    except FileNotFoundError:
        raise StdpbenchError(f"{path} is missing: the run has not saved it") from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None
    except DAMAGE as error:
        reason = "it is not a numeric array" if "pickle" in str(error) else error
        raise StdpbenchError(f"{path} is damaged: {reason}") from None


def make_folder(path: Path) -> None:
    """Create a folder in a run folder, if necessary.

    Raises
    ------
    DiskError
        If it cannot be created, or is a link, through which nothing is written.
    """
    if path.is_symlink():
        raise DiskError(f"{path} is a link")
    with disk_errors(f"{path} cannot be created"):
        path.mkdir(exist_ok=True)  # without parents: a deleted run folder must not be partly recreated


def looks_like_run(path: Path) -> bool:
    """Return whether a folder is a run folder, intact or not."""
    return any(os.path.isfile(path / name) for name in (JOURNAL, "run.json"))  # noqa: PTH113 - raises nothing


def remove_run(folder: RunFolder) -> None:
    """Remove a run folder and its contents.

    Raises
    ------
    OSError
        If it is not a run folder or is a link, or a file cannot be removed.
    """
    path = folder.path
    if not is_whole_run(path):
        raise FileNotFoundError(errno.ENOENT, "it is not a run folder", str(path))
    remove_tree(path, re.escape(path.name))


def is_whole_run(path: Path) -> bool:
    """Return whether a folder is an intact run folder of this program, and not a link."""
    if path.is_symlink() or not (path / "experiment.toml").is_file():
        return False
    try:
        about = RunFolder(path).about
    except StdpbenchError:
        return False
    return re.fullmatch("[0-9a-f]{32}", str(about.get("id"))) is not None and "stdpbench" in about.get("versions", {})


def remove_responses(folder: Path) -> None:
    """Remove the stored responses of incomplete phases."""
    with suppress(OSError):
        for path in (folder / RESPONSES).iterdir():
            if re.fullmatch(_KEY, path.name):
                remove_folder(path, rf"{_GROUP}|{part_of(_GROUP)}", within=folder)
        remove_folder(folder / RESPONSES, NOTHING)


def remove_left_parts(folder: Path) -> None:
    """Remove partial files of killed processes; only for the holder of the run's lock."""
    remove_parts(folder, _WRITTEN_ASIDE)
    remove_parts(folder / ARRAYS, ARRAY, within=folder)
    with suppress(OSError):
        remove_file(folder / f".{PROGRESS}.part")


def _exists(path: Path) -> bool:
    """Return whether a path exists.

    Raises
    ------
    StdpbenchError
        If access is denied.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
    return True


def now() -> str:
    """Return the current time as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def environment() -> dict[str, Any]:
    """Return the start time, versions and machine."""
    return {
        "started": now(),
        "versions": versions(),
        "host": {"system": platform.platform(), "processor": _processor(), "cpus": os.cpu_count()},
    }


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    installed = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


_DEVICE = r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)"
"""Names that Windows reserves for devices, with any suffix; a run may be moved to such a system."""


def _safe(name: str) -> str:
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-") or "experiment"
    return f"run-{safe}" if re.match(_DEVICE, safe, re.IGNORECASE) else safe
