"""Learned arrays as files of the run folder: of the trained network, at the start, and those set by the user.

The arrays of Diehl & Cook's network are ``weights.npy``, ``theta.npy`` and ``lateral.npy``, with the prefix ``start_``
for those at the start; all others are ``learned/NAME.npy`` and ``start_learned/NAME.npy``.

An array that a user sets is ``arrays/<SHA-256>.npy``. The sender of the request writes the file; the request and the
fact in the journal (`LearnedSet`) contain only its digest. The digest is checked on every read, so that a resumed run,
a branch and a reproduction either use the same array or fail with an error.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.base.files import DAMAGE, remove_file, sync_folder, write_aside
from stdpbench.declare.learned_names import (
    COMPETE,
    FEED,
    NAME,
    THETA,
    is_delay,
    is_name,
    is_per_synapse,
    listed,
)
from stdpbench.engine.network import Learned, shapes_in
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.run_folder import ARRAY, ARRAYS, RESULTS, RunFolder, make_folder
from stdpbench.runs.protocol.facts import LearnedSet, Record

_LARGEST_THETA = 1.0  # V; with a higher threshold a neuron could not fire; a value such as 20 is meant in mV
_ROUNDING = 1e-6  # relative rounding error of float32 on the largest weight


def write_learned(folder: Path, arrays: Mapping[str, Any]) -> dict[str, str]:
    """Write arrays into a run folder, for a request ``set_learned``.

    Parameters
    ----------
    folder : Path
        The run folder.
    arrays : mapping of str to array_like
        Arrays by name (`stdpbench.engine.network.Learned`); they are converted to float64.

    Returns
    -------
    dict of str to str
        SHA-256, hexadecimal, by name.

    Raises
    ------
    StdpbenchError
        If a name is not that of a learned array, or an array is not numeric or cannot be written.
    """
    if not isinstance(arrays, Mapping) or not arrays:
        raise StdpbenchError(f"nothing to set: give values for an array, such as {FEED}")
    contents = {name: _content(name, values) for name, values in arrays.items()}
    parent = folder / ARRAYS
    make_folder(parent)
    digests = {}
    for name, content in contents.items():
        digests[name] = hashlib.sha256(content).hexdigest()
        write_aside(parent / f"{digests[name]}.npy", lambda file, content=content: file.write(content))  # type: ignore[misc]
    sync_folder(parent)
    return digests


def _content(name: str, values: Any) -> bytes:
    """Return an array as the bytes of an npy file."""
    if not isinstance(name, str) or not is_name(name):
        raise StdpbenchError(f"there is no learned array {name!r}; {suggestion(str(name), (FEED, THETA, COMPETE))}")
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise StdpbenchError(f"{name} is not an array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise StdpbenchError(f"{name} must be an array of real numbers, not of {array.dtype}")
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array, np.float64), allow_pickle=False)
    return file.getvalue()


def read_learned(folder: Path, sha256: str) -> NDArray[np.float64]:
    """Read an array of a run folder and check its digest.

    Raises
    ------
    StdpbenchError
        If the file is missing or damaged.
    """
    name = f"{sha256}.npy"
    if not re.fullmatch(ARRAY, name):
        raise StdpbenchError(f"{sha256!r} is not the SHA-256 of an array")
    try:
        content = (folder / ARRAYS / name).read_bytes()
    except FileNotFoundError:
        raise StdpbenchError(f"{ARRAYS}/{name} is missing") from None
    except OSError as error:
        raise StdpbenchError(f"{ARRAYS}/{name} cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StdpbenchError(f"{ARRAYS}/{name} is damaged: its SHA-256 does not match its name")
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except DAMAGE as error:
        raise StdpbenchError(f"{ARRAYS}/{name} is not an npy file: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        raise StdpbenchError(f"{ARRAYS}/{name} is not an array of float64")
    return array


def read_checked(
    folder: Path, digests: Mapping[str, str], learned: Learned, experiment: Experiment
) -> tuple[LearnedSet, Learned]:
    """Read and check arrays that will replace those of a network.

    Parameters
    ----------
    folder : Path
        The run folder.
    digests : mapping of str to str
        SHA-256 by name.
    learned : Learned
        The current arrays of the network.
    experiment : Experiment
        The experiment with the active parameters.

    Returns
    -------
    fact : LearnedSet
        Fact for the journal.
    learned : Learned
        The new arrays of the network.

    Raises
    ------
    StdpbenchError
        If a file is missing or damaged, the network has no such array, or the array has another shape, is not finite
        or is out of bounds.
    """
    arrays = {name: read_learned(folder, sha256) for name, sha256 in digests.items()}
    fact = LearnedSet(digests, {name: array.shape for name, array in arrays.items()})
    replaced = with_arrays(learned, arrays)
    for name, array in arrays.items():
        limit, why = _limit(name, learned[name], experiment)
        low, high = float(array.min()), float(array.max())
        if not 0 <= low <= high <= limit * (1 + _ROUNDING) or math.isinf(high):  # NaN is not in this order
            raise StdpbenchError(f"{name} contains values from {low:g} to {high:g}; {why}")
        if name == COMPETE and np.diagonal(array).any():
            raise StdpbenchError(f"{name} must be 0 on its diagonal: neurons do not inhibit themselves")
    return fact, replaced


def with_arrays(learned: Learned, arrays: Mapping[str, NDArray[np.float64]]) -> Learned:
    """Return learned arrays with some of them replaced.

    Raises
    ------
    StdpbenchError
        If the network has no such array, or the array has another shape.
    """
    for name in arrays:
        if name not in learned:
            why = "this network has no such array"
            if name == COMPETE:
                why = "lateral inhibition does not learn in this network (lateral.kind = 'fixed')"
            raise StdpbenchError(f"{name} cannot be set: {why}; {listed(learned)} can")
    return learned.replace(arrays)


def with_set(learned: Learned, folder: Path, fact: LearnedSet) -> Learned:
    """Return the learned arrays after a fact.

    Raises
    ------
    StdpbenchError
        If a file is missing or damaged, or its array does not fit the network.
    """
    return with_arrays(learned, {name: read_learned(folder, sha256) for name, sha256 in fact.sha256.items()})


def _limit(name: str, old: NDArray[np.float64], experiment: Experiment) -> tuple[float, str]:
    """Return the largest allowed value of an array, and a clause that states the limits."""
    if not is_per_synapse(name):
        graph, (population, _, variable) = experiment.graph(), name.rpartition(".")
        if population in graph.populations and not graph.shown_as(population, variable)[1]:
            return math.inf, "allowed are numbers from 0 on, without unit"
        return _LARGEST_THETA, f"allowed are 0 to {_LARGEST_THETA:g}, in volt"
    owner = name.partition(".")[0]
    projection = experiment.graph().projections[owner]
    if is_delay(name):
        longest = projection.longest_delay
        return longest * 1e-3, f"allowed are 0 to {longest * 1e-3:g}, in seconds (d_max = {longest:g} ms)"
    rule = projection.plasticity
    if rule is None:  # only its delays learn
        return math.inf, "allowed are 0 and more"
    # scaling to network.weight_sum may raise a weight above w_max; the current weights must remain valid
    limit = max(rule.w_max, float(old.max()))
    path = experiment.short_path(f"network.projections.{owner}.plasticity.w_max")
    return limit, f"allowed are 0 to {limit:g} ({path} = {rule.w_max:g})"


def digests_in(records: Iterable[Record]) -> list[str]:
    """Return the SHA-256 of the arrays that facts refer to, without duplicates, in order."""
    facts = (record.fact for record in records)
    return list(dict.fromkeys(d for fact in facts if isinstance(fact, LearnedSet) for d in fact.sha256.values()))


def check_files(folder: Path, records: Iterable[Record]) -> None:
    """Check that all array files that facts refer to exist and are intact.

    Raises
    ------
    StdpbenchError
        If one is missing or damaged.
    """
    for record in records:
        for sha256 in digests_in([record]):
            try:
                read_learned(folder, sha256)
            except StdpbenchError as error:
                raise StdpbenchError(f"{error}; it was set at presentation {record.position}") from None


def copy_files(source: Path, target: Path, records: Iterable[Record]) -> None:
    """Copy the array files that facts refer to into another run folder, skipping missing ones.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    for sha256 in digests_in(records):
        (target / ARRAYS).mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(source / ARRAYS / f"{sha256}.npy", target / ARRAYS / f"{sha256}.npy")


def remove_unnamed(folder: Path, records: Iterable[Record], digests: Iterable[str]) -> None:
    """Remove the array files with these digests that no fact refers to."""
    for sha256 in set(digests).difference(digests_in(records)):
        with suppress(OSError, ValueError):
            remove_file(folder / ARRAYS / f"{sha256}.npy", ARRAY, within=folder)


_FILES = {FEED: "weights.npy", THETA: "theta.npy", COMPETE: "lateral.npy"}
FOLDERS = ("learned", "start_learned")
"""Folders of the other arrays: at the end of a run, and at its start."""
ARRAY_OF_NAME = rf"{NAME}\.npy"
"""Names of the files in `FOLDERS`, as a regular expression."""
START_FILES = tuple(f"start_{name}" for name in _FILES.values())
"""Files of arrays at the start, in the run folder itself."""


def learned_file(name: str, *, start: bool = False) -> str:
    """Return the file of a learned array, relative to the run folder.

    Parameters
    ----------
    name : str
        Name of the array (`stdpbench.engine.network.Learned`).
    start : bool
        Whether it is the array at the start of a run, or at its end.
    """
    file_name = _FILES.get(name)
    if file_name is None:
        return f"{FOLDERS[start]}/{name}.npy"
    return f"start_{file_name}" if start else file_name


def learned_names(folder: RunFolder) -> tuple[str, ...]:
    """Return the names of the learned arrays of a run; if its experiment is damaged, of every network."""
    try:
        return tuple(shapes_in(folder.stored_experiment))
    except StdpbenchError:
        return FEED, THETA


def result_files(path: Path) -> tuple[str, ...]:
    """Return the files of results that a run folder may have, relative to it."""
    return (*RESULTS, *_array_files(path, FOLDERS[0]))


def start_files(path: Path) -> tuple[str, ...]:
    """Return the files of arrays that a run started with, relative to its folder; none for a new network."""
    return (*(name for name in START_FILES if (path / name).is_file()), *_array_files(path, FOLDERS[1]))


def _array_files(path: Path, name: str) -> list[str]:
    files = (path / name).glob("*.npy")
    return sorted(f"{name}/{file.name}" for file in files if re.fullmatch(ARRAY_OF_NAME, file.name))


def write_learned_files(folder: RunFolder, learned: Mapping[str, NDArray[np.float64]], *, start: bool = False) -> None:
    """Write learned arrays into a run folder."""
    for name, array in learned.items():
        file_name = learned_file(name, start=start)
        if "/" in file_name:
            make_folder(folder.path / FOLDERS[start])
        folder.write_array(file_name, array)


def copy_start_files(source: Path, target: Path) -> None:
    """Copy the arrays that a run started with into another run folder.

    Raises
    ------
    OSError
        If a file cannot be copied.
    """
    for name in start_files(source):
        if "/" in name:
            (target / FOLDERS[1]).mkdir(exist_ok=True)
        shutil.copyfile(source / name, target / name)


def read_learned_files(folder: RunFolder, shapes: Mapping[str, tuple[int, ...]], *, start: bool = False) -> Learned:
    """Read learned arrays from a run folder and check their shapes.

    Raises
    ------
    StdpbenchError
        If one is missing or damaged, or has another shape.
    """
    return Learned({name: folder.read_array(learned_file(name, start=start), shape) for name, shape in shapes.items()})
