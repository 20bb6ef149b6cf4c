"""Learned arrays that a person sets, as files of the run folder: ``arrays/<SHA-256>.npy``.

Whoever asks for it writes the file; the request and the fact in the journal (`LearnedSet`) carry its digest alone.
The digest is checked on every reading, so that a run which goes on, a branch, and a run that is reproduced all have
the same array, or stop with a sentence.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import DiskError, StdpbenchError, suggestion
from stdpbench.experiment import Experiment
from stdpbench.files import remove_file, sync_folder, write_aside
from stdpbench.network import Learned
from stdpbench.plasticity import PlasticityRule
from stdpbench.runs.folder.run_folder import ARRAY, ARRAYS
from stdpbench.runs.protocol.facts import LearnedSet, Record

_LARGEST_THETA = 1.0  # V; a neuron with a higher threshold could not fire anyway, and 20 is meant to be mV
_ROUNDING = 1e-6  # what float32 may add to the largest weight


def write_learned(folder: Path, arrays: Mapping[str, Any]) -> dict[str, str]:
    """Write arrays into a run folder, for a request ``set_learned``.

    Parameters
    ----------
    folder : Path
        The run folder.
    arrays : mapping of str to array_like
        Name (`stdpbench.network.Learned`) to numbers, which become float64.

    Returns
    -------
    dict of str to str
        Name to SHA-256, hexadecimal.

    Raises
    ------
    StdpbenchError
        If a name is unknown, an array is not one of numbers, or it cannot be written.
    """
    if not isinstance(arrays, Mapping) or not arrays:
        raise StdpbenchError(f"nothing to set: name an array and its values, of {', '.join(Learned._fields)}")
    contents = {name: _content(name, values) for name, values in arrays.items()}
    place = folder / ARRAYS
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise DiskError(f"{place} cannot be made: {error.strerror}") from error
    digests = {}
    for name, content in contents.items():
        digests[name] = hashlib.sha256(content).hexdigest()
        write_aside(place / f"{digests[name]}.npy", lambda file, content=content: file.write(content))  # type: ignore[misc]
    sync_folder(place)
    return digests


def _content(name: str, values: Any) -> bytes:
    """An array as the bytes of an npy file."""
    if name not in Learned._fields:
        raise StdpbenchError(f"there is no learned array {name!r}; {suggestion(str(name), Learned._fields)}")
    try:
        found = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise StdpbenchError(f"{name} is not an array: {error}") from None
    if found.dtype.kind not in "biuf":
        raise StdpbenchError(f"{name} must be an array of real numbers, not of {found.dtype}")
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(found, np.float64), allow_pickle=False)
    return file.getvalue()


def read_learned(folder: Path, sha256: str) -> NDArray[np.float64]:
    """Read an array of a run folder and check its digest.

    Raises
    ------
    StdpbenchError
        If it is missing or damaged.
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
        raise StdpbenchError(f"{ARRAYS}/{name} is damaged: its SHA-256 is not its name")
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise StdpbenchError(f"{ARRAYS}/{name} is not an npy file: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        raise StdpbenchError(f"{ARRAYS}/{name} is not an array of float64")
    return array


def read_checked(
    folder: Path, digests: Mapping[str, str], learned: Learned, experiment: Experiment
) -> tuple[LearnedSet, Learned]:
    """Read arrays that are to replace those of a network, and check them.

    Parameters
    ----------
    folder : Path
        The run folder.
    digests : mapping of str to str
        Name to SHA-256.
    learned : Learned
        What the network has now.
    experiment : Experiment
        With the parameters in force.

    Returns
    -------
    fact : LearnedSet
        For the journal.
    learned : Learned
        What the network is to have.

    Raises
    ------
    StdpbenchError
        If a file is missing or damaged, the network has no such array, or it differs in shape, is not finite or lies
        out of bounds.
    """
    arrays = {name: read_learned(folder, sha256) for name, sha256 in digests.items()}
    fact = LearnedSet(dict(digests), {name: array.shape for name, array in arrays.items()})
    replaced = with_arrays(learned, arrays)
    for name, array in arrays.items():
        old = getattr(learned, name)
        if not np.isfinite(array).all():
            raise StdpbenchError(f"{name} holds values that are not finite numbers")
        limit, why = _limit(name, old, experiment)
        low, high = float(array.min()), float(array.max())
        if low < 0 or high > limit * (1 + _ROUNDING):
            raise StdpbenchError(f"{name} holds values from {low:g} to {high:g}; {why}")
    if (lateral := arrays.get("lateral")) is not None and np.diagonal(lateral).any():
        raise StdpbenchError("lateral must be 0 on its diagonal: no neuron inhibits itself")
    return fact, replaced


def with_arrays(learned: Learned, arrays: Mapping[str, NDArray[np.float64]]) -> Learned:
    """What a network has learned, with some arrays replaced.

    Raises
    ------
    StdpbenchError
        If it has no such array, or one of another shape.
    """
    for name, array in arrays.items():
        old = getattr(learned, name)
        if old is None:
            raise StdpbenchError(
                f"{name} cannot be set: lateral inhibition does not learn in this network "
                "(lateral.kind = 'fixed'); w and theta can"
            )
        if array.shape != old.shape:
            raise StdpbenchError(f"{name} has the shape {array.shape}, where this network has {old.shape}")
    return learned._replace(**arrays)


def with_set(learned: Learned, folder: Path, fact: LearnedSet) -> Learned:
    """What a network has learned after a fact.

    Raises
    ------
    StdpbenchError
        If a file is missing or damaged, or does not fit.
    """
    return with_arrays(learned, {name: read_learned(folder, sha256) for name, sha256 in fact.sha256.items()})


def _limit(name: str, old: NDArray[np.float64], experiment: Experiment) -> tuple[float, str]:
    """The largest value that an array may hold, and a clause that says so."""
    if name == "theta":
        return _LARGEST_THETA, f"it is in volt, and 0 to {_LARGEST_THETA:g} are possible"
    rule, path = (experiment.plasticity, "plasticity") if name == "w" else (experiment.lateral, "lateral")
    assert isinstance(rule, PlasticityRule)
    # scaling to network.weight_sum may lift a weight above w_max: what the network has can be put back
    limit = max(rule.w_max, float(old.max()))
    return limit, f"0 to {limit:g} are possible ({path}.w_max = {rule.w_max:g})"


def digests_in(records: Iterable[Record]) -> list[str]:
    """The SHA-256 of the arrays that facts name, each once, in order."""
    facts = (record.fact for record in records)
    return list(dict.fromkeys(d for fact in facts if isinstance(fact, LearnedSet) for d in fact.sha256.values()))


def check_files(folder: Path, records: Iterable[Record]) -> None:
    """Check that all array files that facts name are there and whole.

    Raises
    ------
    StdpbenchError
        If one is not.
    """
    for record in records:
        for sha256 in digests_in([record]):
            try:
                read_learned(folder, sha256)
            except StdpbenchError as error:
                raise StdpbenchError(f"{error}; it was set at presentation {record.position}") from None


def copy_files(source: Path, target: Path, records: Iterable[Record]) -> None:
    """Copy the array files that facts name into another run folder; a missing one is left out.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    for sha256 in digests_in(records):
        (target / ARRAYS).mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(source / ARRAYS / f"{sha256}.npy", target / ARRAYS / f"{sha256}.npy")


def remove_unnamed(folder: Path, records: Iterable[Record], digests: Iterable[str]) -> None:
    """Remove array files with these digests that no fact names."""
    for sha256 in set(digests).difference(digests_in(records)):
        with suppress(OSError, ValueError):
            remove_file(folder / ARRAYS / f"{sha256}.npy", ARRAY, within=folder)
