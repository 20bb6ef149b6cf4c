"""Networks that are read from NIR files, by a process of their own: see `stdpbench.datasets._hdf5`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench import units
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.files import read_by_process


@dataclass(frozen=True, eq=False)
class NirNetwork:
    """What a NIR file becomes.

    Attributes
    ----------
    experiment : Experiment
        The network, and the data, encoding and schedule that a file of stdpbench names; others have their defaults.
    learned : mapping of str to ndarray, float64
        Weights and thresholds by the names of learned arrays (`stdpbench.network.Learned`).
    remarks : tuple of str
        Sentences for the user.
    weights_origin : str
        What its weights were trained with, as in the metadata of a file of stdpbench; empty if it does not say so.
    """

    experiment: Experiment
    learned: Mapping[str, NDArray[np.float64]]
    remarks: tuple[str, ...]
    weights_origin: str = ""

    def save(self, folder: Path) -> None:
        """Write it into an empty folder."""
        (folder / "experiment.toml").write_text(self.experiment.to_toml(), encoding="utf-8")
        said = {"remarks": self.remarks, "weights_origin": self.weights_origin}
        (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")
        np.savez(folder / "learned.npz", **self.learned)  # type: ignore[arg-type]

    @classmethod
    def load(cls, folder: Path) -> NirNetwork:
        """Read what `save` wrote."""
        experiment = Experiment.from_toml((folder / "experiment.toml").read_text(encoding="utf-8"))
        with np.load(folder / "learned.npz", allow_pickle=False) as arrays:
            learned = dict(arrays)
        said = json.loads((folder / "said.json").read_text(encoding="utf-8"))
        return cls(experiment, learned, tuple(said["remarks"]), said["weights_origin"])


def nir_network(name: str | PathLike[str], changes: Mapping[str, Any]) -> NirNetwork | None:
    """Return the network of a NIR file, or None for the name of anything else.

    Parameters
    ----------
    name : str or path
        Name of an experiment, or a file, which is a NIR file if it ends in ``.nir``.
    changes : mapping of str to Any
        Changes of the experiment by dotted path; ``network.dt`` is the time step with which the file is read.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, or cannot run here: one sentence with the name of the node.
    """
    path, dt = Path(name).expanduser(), changes.get("network.dt", "none")
    if path.suffix.lower() != ".nir":
        return None
    if not path.is_file():
        raise StdpbenchError(f"there is no file {path}")
    try:
        step = "none" if dt == "none" else str(units.milliseconds(str(dt)))
    except ValueError:
        raise StdpbenchError(f"network.dt must be a time such as '1 ms', not {dt!r}") from None
    with tempfile.TemporaryDirectory(prefix="stdpbench-nir-") as folder:
        read_by_process("stdpbench.nir.reading", path, folder, step)
        return NirNetwork.load(Path(folder))
