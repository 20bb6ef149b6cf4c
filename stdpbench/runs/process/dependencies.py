"""What results depend on besides experiment, parameter changes and seed: data, and the code that runs a network."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from stdpbench.experiment import Experiment
from stdpbench.runs.protocol.facts import Dependencies, Record

_CODE = (
    *("data", "kinds", "experiment/graph", "experiment/references", "experiment/templates", "engine"),
    *("results/readout", "runs/process"),
)
"""Folders of this package on which results depend."""
_SUFFIXES = {".py", ".so", ".cpp", ".h"}


def dependencies(experiment: Experiment, data: str) -> Dependencies:
    """Return the present dependencies of a run.

    Parameters
    ----------
    experiment : Experiment
        The experiment with its active rules.
    data : str
        SHA-256, hexadecimal, of the data.
    """
    kinds = {kind.__module__ for kind in _kinds([experiment, *_elements(experiment)])}
    packages = sorted({module.partition(".")[0] for module in kinds} - {"stdpbench"})
    others = {package: _digest(_files_of(package)) for package in packages}
    return Dependencies({"data": data, "stdpbench": _own_code(), **others})


@cache
def _own_code() -> str:
    here = Path(__file__).resolve().parents[2]
    return _digest(tuple(here / name for name in _CODE))


def differences(records: Sequence[Record], present: Dependencies) -> list[str]:
    """Return a sentence for each dependency that differs from those last recorded."""
    recorded = last_recorded(records)
    if recorded is None:
        return []
    sentences = []
    for name, digest in present.digests.items():
        if recorded.digests.get(name, digest) == digest:
            continue
        if name == "data":
            sentences.append(
                "The pictures differ from those at the start of the run: the data or their preparation changed."
            )
        else:
            sentences.append(
                f"The code of {name} is not the one that the journal records, so results from here on may differ."
            )
    return sentences


def last_recorded(records: Sequence[Record]) -> Dependencies | None:
    """Return the dependencies last recorded in a journal."""
    facts = (record.fact for record in reversed(records))
    return next((fact for fact in facts if isinstance(fact, Dependencies)), None)


def _elements(experiment: Experiment) -> list[Any]:
    graph = experiment.graph()
    return [*map(vars, graph.populations.values()), *map(vars, graph.projections.values())]


def _kinds(value: Any) -> Iterator[type]:
    """Yield the classes of all declared kinds within a value."""
    if isinstance(value, BaseModel):
        yield type(value)
        value = vars(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _kinds(item)


def _files_of(package: str) -> tuple[Path, ...]:
    file = getattr(sys.modules.get(package), "__file__", None)
    if file is None:
        return ()
    return (Path(file).parent if Path(file).name == "__init__.py" else Path(file),)


def _digest(places: tuple[Path, ...]) -> str:
    """Return the SHA-256, hexadecimal, of the code in files and folders."""
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix in _SUFFIXES:
                digest.update(path.relative_to(place.parent).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
