"""Answer requests about the network of an inactive run: ``python -m stdpbench.runs.process.probe FOLDER``.

A probe only reads, so it needs no lock, and any number of probes may use one run. It supports the request ``try``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.helper import serve
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment, graph_for, input_shape
from stdpbench.results.readout import Assignment
from stdpbench.runs.folder.checkpoints import newest_checkpoint
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.past_weights import learned_at
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import load_split, normalised, trained_arrays
from stdpbench.runs.process.present_image import recent_labels, try_picture, written_labels
from stdpbench.runs.protocol.live_run import LiveRun


class Probe:
    """The network that a run saved: the trained network, or that of its newest checkpoint.

    Parameters
    ----------
    folder : RunFolder
        The run.

    Raises
    ------
    StdpbenchError
        If the run has saved no network, or it cannot be opened.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._split = load_split(folder.experiment, folder.validation)
        checkpoint, _ = newest_checkpoint(folder.path)
        finished = folder.about.get("state") == "finished"
        self._assignment: Assignment | None = None
        if checkpoint is not None:
            self._experiment = Experiment.from_mapping(checkpoint.experiment)
        else:
            parameters = LiveRun.replay(read_journal(folder.path)).parameters()
            self._experiment = Experiment.from_mapping(parameters) if parameters else folder.experiment
        n_exc = self._experiment.graph().n_read
        if finished or checkpoint is None:
            self._learned = trained_arrays(folder, self._experiment, input_shape(self._experiment, self._split.train))
            self._assignment = written_labels(folder, n_exc)
        else:
            self._learned = normalised(
                learned_at(folder.path, checkpoint), graph_for(self._experiment, self._split.train)
            )
        if self._assignment is None and checkpoint is not None:
            self._assignment = self._labels(checkpoint.history)
        name = folder.about.get("simulator")
        self._simulator, _ = open_simulator(self._experiment, input_shape(self._experiment, self._split.train), name)

    def answer(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Carry out a request and return the value of its reply."""
        if name != "try":
            raise StdpbenchError(f"a probe does not support the request {name!r}")
        return try_picture(
            self._simulator,
            self._experiment,
            arguments["image"],
            self._split.train.shape,
            self._learned,
            self._assignment,
        )

    def _labels(self, history: Mapping[str, NDArray[Any]]) -> Assignment | None:
        return recent_labels(
            np.asarray(history["recent_image"], np.int64),
            history["recent_counts"],
            self._split.train.labels,
            len(self._split.class_names),
        )


def main(path: Path) -> None:
    """Answer one client until it disconnects."""

    @cache
    def probe() -> Probe:  # on the first request, so that errors in the folder are reported to the client
        return Probe(RunFolder.open(path))

    serve(lambda name, arguments, _: probe().answer(name, arguments))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
