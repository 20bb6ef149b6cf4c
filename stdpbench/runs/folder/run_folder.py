"""The run folder: everything a run leaves behind, readable without this program and without pickle.

Each file is written aside and renamed, so that a file that exists is whole.
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

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.files import (
    NOTHING,
    part_of,
    remove_file,
    remove_folder,
    remove_parts,
    remove_tree,
    write_aside,
    write_text_aside,
    written_aside,
)
from stdpbench.runs.folder.run_json import NAME as RUN
from stdpbench.runs.folder.run_json import read_run, read_table
from stdpbench.runs.folder.staging import made_aside

_PACKAGES = ("stdpbench", "brian2", "numpy", "scipy", "scikit-learn", "pydantic", "matplotlib")

PROGRESS, RESPONSES, ARRAYS = "progress.json", "responses", "arrays"
ARRAY = r"[0-9a-f]{64}\.npy"
"""Names of the files in `ARRAYS` (`stdpbench.runs.folder.learned_arrays`), as a regular expression."""
_KEY, _GROUP = "[0-9a-f]{32}", r"[0-9]{7,}\.npz"
_OWN = (
    r"(run|metrics|progress)\.json|journal\.jsonl|experiment\.toml|README\.txt|(training|assignments)\.npz|"
    r"(start_)?(weights|theta|lateral)\.npy|exc_spikes\.npy|(label|test)(_spikes)?\.npz"
)
"""Names of the files of a run folder that are written aside."""
_README = """\
What lies in this folder
========================

experiment.toml    everything the run depends on, every value spelled out; `stdpbench run experiment.toml` repeats it
run.json           how it was started, by which versions on what machine, and how it ended
weights.npy        float64, (n_input, n_exc): weights from input to exc, each column scaled to network.weight_sum
theta.npy          float64, (n_exc,), volt: adaptive thresholds
lateral.npy        float64, (n_exc, n_exc): weights of lateral inhibition, from row on column, as factors on
                   network.w_inh_exc; only where they learn
exc_spikes.npy     int64, (n_exc,): spikes of each exc neuron in all training presentations of this run; missing where
                   an earlier version began it, which did not count them
training.npz       per training presentation: image, attempts, spikes (exc spikes in all); and curves over training
label.npz          spike_counts, uint16, (n_images, n_exc), and attempts: responses to training pictures, learning off
test.npz           the same for the pictures that were evaluated on
label_spikes.npz, test_spikes.npz
                   the same spikes with their times: neuron and bin (time step) of each, one picture after another;
                   spikes, uint32, (n_images,): how many belong to each
assignments.npz    labels, int64, (n_exc,): class of each neuron (-1: never fired); mean_response; class_counts
metrics.json       accuracies by read-out with 95 % Wilson intervals (interval_95) and confusion matrices, baselines,
                   figures of the training
figures/           receptive fields, confusion matrix, accuracy over time
journal.jsonl      all that happened, one fact a line, in order: states, blocks of presentations, changes of parameters
                   and of the rule, learned arrays that were set
arrays/            learned arrays that were set while the run was paused, float64, each named by its SHA-256, which
                   the journal gives
checkpoints/       what `stdpbench resume` goes on from, one folder each, named after the training presentations that
                   were over
report/            what `stdpbench report` wrote, and points of robustness curves
before-repair-1/   what `stdpbench resume --repair` moved away: the damaged journal, and checkpoints after the damage
responses/         responses of a phase that is not over yet
held_out/          snapshots of the network that are still to be shown held-out pictures
progress.json      how far it has come, for `stdpbench watch`
lock               held by the process that works on the run
worker.log         what the process of the run said beside that; empty as a rule
start_weights.npy, start_theta.npy, start_lateral.npy
                   where the run starts from the network of another one

Read arrays with numpy.load(FILE); none needs allow_pickle.
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
        """Make a new folder under `runs`, named after experiment, seed and time.

        Parameters
        ----------
        runs : Path
            The folder of all runs; made if it is not there.
        experiment : Experiment
            Written to ``experiment.toml``.
        about : mapping
            What ``run.json`` says beside versions and machine.
        fill : callable
            Puts in what else belongs to it, before it has its name: a run that lacks it must not be found.

        Raises
        ------
        StdpbenchError
            If nothing can be written there.
        """

        def write(aside: RunFolder) -> None:
            aside.write_text("README.txt", _README)
            aside.write_text("experiment.toml", experiment.to_toml())
            aside.write_json("run.json", {"id": uuid.uuid4().hex, **about, "state": "queued", **environment()})
            fill(aside)

        return cls.place(runs, f"{experiment.name}-seed{experiment.seed}-{datetime.now():%Y%m%d-%H%M%S}", write)

    @classmethod
    def place(cls, runs: Path, name: str, fill: Callable[[RunFolder], None]) -> RunFolder:
        """Make a folder under `runs` with what `fill` puts into it; another one of that name gives it a number.

        Raises
        ------
        StdpbenchError
            If nothing can be written there.
        """
        name = _safe(name)
        try:
            with made_aside(runs) as place:
                aside = cls(place)
                fill(aside)
                for number in range(1000):
                    path = runs / (name if number == 0 else f"{name}-{number + 1}")
                    if path.exists():
                        continue
                    with suppress(OSError):  # another process took the name meanwhile
                        aside.path.rename(path)
                        return cls(path)
        except OSError as error:
            raise StdpbenchError(f"no run folder can be made in {runs}: {error.strerror}") from error
        raise StdpbenchError(f"{runs} takes no folder named {name}, or holds a thousand of them")

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run folder.

        Raises
        ------
        StdpbenchError
            If it is none.
        """
        folder = cls(path.expanduser())
        if not _exists(folder.path):
            raise StdpbenchError(f"there is no run folder {path}")
        for name in ("experiment.toml", "run.json"):
            if not _exists(folder.path / name):
                raise StdpbenchError(f"{path} is no run folder: there is no {name} in it")
        return folder

    @property
    def gone(self) -> str:
        """That the folder is no longer there, in words; empty while it is."""
        there = self.path.is_dir()
        return "" if there else f"its folder {self.path} is gone: it was deleted or moved while the run was at work"

    @property
    def experiment(self) -> Experiment:
        """The experiment as it was run.

        Raises
        ------
        StdpbenchError
            If its file is damaged, or a kind is missing here.
        """
        experiment = self.stored_experiment
        if missing := experiment.missing_kinds:
            raise StdpbenchError(f"{self.path.name} cannot run here: {' and '.join(missing)}")
        return experiment

    @property
    def stored_experiment(self) -> Experiment:
        """The same for reading only, with stand-ins for kinds that are missing here."""
        return read_experiment(self.path / "experiment.toml", stand_ins=True)

    def read_json(self, name: str) -> dict[str, Any]:
        """Read a JSON file of the folder; values of ``run.json`` have the types that they should have.

        Raises
        ------
        StdpbenchError
            If it cannot be read, or is damaged.
        """
        return (read_run if name == RUN else read_table)(self.path / name)

    def read_array(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Read an array of the folder and check its shape."""
        path = self.path / name
        with _reading(path):
            array = np.load(path, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise StdpbenchError(f"{path} is damaged: it holds several arrays")
        if array.shape != shape or array.dtype != np.float64:
            raise StdpbenchError(f"{path} holds {array.dtype} {array.shape} where float64 {shape} belongs")
        return np.asarray(array)

    def read_arrays(self, name: str, *keys: str) -> list[NDArray[Any]]:
        """Read arrays of an npz file of the folder."""
        path = self.path / name
        with _reading(path), np.load(path, allow_pickle=False) as arrays:
            return [arrays[key] for key in keys]

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, aside first."""
        write_text_aside(self.path / name, text)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file, aside first."""
        self.write_text(name, _json_text(value))

    def write_array(self, name: str, array: NDArray[Any]) -> None:
        """Write one array as npy, aside first."""
        write_aside(self.path / name, lambda file: np.save(file, array, allow_pickle=False))

    def write_arrays(self, name: str, **arrays: NDArray[Any]) -> None:
        """Write several arrays as compressed npz, aside first."""
        write_aside(
            self.path / name,
            lambda file: np.savez_compressed(file, **arrays),  # type: ignore[arg-type]
        )

    def update_run(self, **changes: Any) -> None:
        """Change what ``run.json`` says."""
        with self.run_updated(**changes):
            pass

    @contextmanager
    def run_updated(self, **changes: Any) -> Iterator[None]:
        """Change what ``run.json`` says at the end of the block, unless that raises; see `written_aside`."""
        text = _json_text({**read_table(self.path / RUN), **changes})
        with written_aside(self.path / RUN, lambda file: file.write(text.encode())):
            yield


def _json_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in a sentence why arrays cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise StdpbenchError(f"{path} is missing: the run did not get as far as saving it") from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # whatever a damaged file makes of its reader
        reason = "it is no array of numbers" if "pickle" in str(error) else error
        raise StdpbenchError(f"{path} is damaged: {reason}") from None


def looks_like_run(path: Path) -> bool:
    """Whether a folder is that of a run, whole or not."""
    return any(os.path.isfile(path / name) for name in ("run.json", "journal.jsonl"))  # noqa: PTH113 - raises nothing


def remove_run(folder: RunFolder) -> None:
    """Remove a run folder with all that is in it.

    Raises
    ------
    OSError
        If it is not a run folder, is a link, or something cannot be removed.
    """
    path = folder.path
    if not is_whole_run(path):
        raise FileNotFoundError(errno.ENOENT, "it is not a run folder", str(path))
    remove_tree(path, re.escape(path.name))


def is_whole_run(path: Path) -> bool:
    """Whether a folder is beyond doubt a run folder of this program, and not a link."""
    if path.is_symlink() or not (path / "experiment.toml").is_file():
        return False
    try:
        said = RunFolder(path).read_json("run.json")
    except StdpbenchError:
        return False
    named = re.fullmatch("[0-9a-f]{32}", str(said.get("id")))
    return bool(named) and "state" in said and "stdpbench" in dict(said.get("versions") or {})


def remove_responses(folder: Path) -> None:
    """Remove the responses that are kept until the phase is over that they belong to."""
    with suppress(OSError):
        for path in (folder / RESPONSES).iterdir():
            if re.fullmatch(_KEY, path.name):
                remove_folder(path, rf"{_GROUP}|{part_of(_GROUP)}", within=folder)
        remove_folder(folder / RESPONSES, NOTHING)


def remove_left_parts(folder: Path) -> None:
    """Remove files that processes which were killed left half-written; only for the holder of the run's lock."""
    remove_parts(folder, _OWN)
    remove_parts(folder / ARRAYS, ARRAY, within=folder)
    with suppress(OSError):
        remove_file(folder / f".{PROGRESS}.part")


def _exists(path: Path) -> bool:
    """Whether something is there.

    Raises
    ------
    StdpbenchError
        If that may not be looked at.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
    return True


def now() -> str:
    """The time as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def environment() -> dict[str, Any]:
    """Versions and machine, for the record."""
    return {
        "started": now(),
        "versions": versions(),
        "host": {"system": platform.platform(), "processor": _processor(), "cpus": os.cpu_count()},
    }


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-") or "experiment"
