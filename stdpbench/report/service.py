"""Process that measures a finished run for display: ``python -m stdpbench.report.service FOLDER SCRATCH``.

It serves requests as described in `stdpbench.rpc_server`; arrays are written to the folder SCRATCH of the client. The
client side is `stdpbench.report.views`.

* ``open``: the run with its answers, neurons and first embedding (principal components). Since it compares answers
  with labels of evaluated pictures, it first records this in the journal of the run (`runs.catalog.access_log`).
* ``read``: slow read-outs: of spike times, if the run kept them, and supervised ones.
* ``cluster`` (`method`, `k` or None): clusters with measures, those of chance, and those of the neurons as clusters.
* ``embed`` (`method`): another embedding.
* ``report``: writes the files of ``stdpbench report``; its value is the path of the page.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.readout import READOUTS, readouts
from stdpbench.readout.clustering import Features, cluster, features, winners
from stdpbench.readout.embedding import embed
from stdpbench.report.clusters import CHANCE, cluster_row
from stdpbench.report.making import PAGE, ReportOptions, make_report
from stdpbench.report.material import Material, gather
from stdpbench.report.readings import TIMED, supervised_rows, timed_rows
from stdpbench.report.rows import Accuracy, accuracy_row, stored_row
from stdpbench.report.views import NEURONS
from stdpbench.rpc_server import Arrays, ProgressCallback, serve
from stdpbench.runs.catalog.access_log import count_readings, note_reading
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held
from stdpbench.runs.protocol.facts import LabelsRead, Progress

_SUPERVISED = 4


class Desk:
    """Measurements of a finished run on request.

    Parameters
    ----------
    folder : RunFolder
        The run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._material: Material | None = None
        self._features: Features | None = None

    @property
    def material(self) -> Material:
        """The run, read on first use."""
        if self._material is None:
            self._material = gather(self._folder)
        return self._material

    @property
    def points(self) -> Features:
        """Features of its responses for clustering and embedding."""
        if self._features is None:
            self._features = features(self.material.test_counts, quick=True)
        return self._features

    def answer(self, name: str, arguments: Mapping[str, Any], told: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        """Handle a request.

        Raises
        ------
        StdpbenchError
            If the request fails.
        """
        if name == "open":
            return self._open(told)
        if name == "read":
            return self._read(told)
        if name == "cluster":
            return self._cluster(str(arguments["method"]), arguments["k"])
        if name == "embed":
            return self._embed(str(arguments["method"]), told)
        if name == "report":
            return self._report(told)
        raise StdpbenchError(f"unknown request {name}")

    def _open(self, told: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        told("reading the run", 0, 4)
        material = self.material
        with held(self._folder):
            note_reading(self._folder, LabelsRead(material.part, len(material.test_counts), "Evaluate page"))
        told("labelling the neurons", 1, 4)
        assignment, counts = material.assignment(), material.test_counts
        accuracies, arrays = list[Accuracy](), Arrays()
        told("reading answers", 2, 4)
        for readout in READOUTS:
            answers = readouts.get(readout)().predict(counts, assignment)
            arrays[f"answers {readout}"] = answers
            accuracies.append(self._row("read-out", readout, answers))
        told("principal components", 3, 4)
        value, plane = self._embed("pca", told)
        readings = count_readings(self._folder)
        arrays |= plane | {
            "labels": material.test_labels,
            "pixels": material.split.test.pixels,
            "winners": winners(counts),
            "spikes": counts.sum(axis=1, dtype=np.int64),
            "w": material.w.astype(np.float32),
            "theta": material.theta,
            "neuron_labels": assignment.labels,
            "neuron_purity": assignment.proportions.max(axis=0),
        }
        return value | {
            "experiment": material.experiment.name,
            "seed": material.experiment.seed,
            "part": material.part,
            "class_names": list(material.split.class_names),
            "accuracies": [asdict(row) for row in (*accuracies, *baselines(material))],
            "looks": readings.run,
            "looks_of_all": readings.experiment,
        }, arrays

    def _read(self, told: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        material, rows = self.material, list[Accuracy]()
        label, test = material.label_trains, material.test_trains
        timed = [] if label is None or test is None else timed_rows(material, material.assignment(), label, test)
        total = (len(TIMED) if label is not None and test is not None else 0) + _SUPERVISED
        for row in chain(timed, supervised_rows(material)):
            rows.append(row)
            told("read-outs", len(rows), total)
        return {"accuracies": [asdict(row) for row in rows]}, {}

    def _row(self, group: str, name: str, answers: NDArray[np.int64]) -> Accuracy:
        material = self.material
        return accuracy_row(group, name, answers, material.test_labels, len(material.label_counts))

    def _cluster(self, method: str, k: int | None) -> tuple[dict[str, Any], Arrays]:
        material, points, seed = self.material, self.points, self.material.experiment.seed
        if method == NEURONS:
            found, chosen = winners(material.test_counts), "neurons"
        else:
            found = cluster(points, method, None if method == "hdbscan" else k, seed)
            chosen = "its own" if method == "hdbscan" else "best silhouette" if k is None else "chosen"
        shuffled = np.random.default_rng(seed).permutation(found)
        pairs = [(method, chosen, found), (CHANCE.replace("k-means", "these"), chosen, shuffled)]
        if method != NEURONS:
            pairs.append((NEURONS, "neurons", winners(material.test_counts)))
        labels, n_classes = material.test_labels, material.n_classes
        rows = [cluster_row(name, how, members, labels, n_classes, points) for name, how, members in pairs]
        return {"method": method, "k_from": chosen, "rows": rows}, {"members": found}

    def _embed(self, method: str, told: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        one = embed(self.points, method, self.material.experiment.seed, lambda done, total: told(method, done, total))
        trust = None if np.isnan(one.trustworthiness) else one.trustworthiness
        value = {"method": method, "trustworthiness": trust, "description": one.description}
        return value, {"points": one.points}

    def _report(self, told: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        target = self._folder.path / "report"
        for event in make_report([self._folder], target, ReportOptions()):
            if isinstance(event, Progress):
                told(event.phase, event.done, event.total)
        return {"page": str(target / PAGE)}, {}


def baselines(material: Material) -> list[Accuracy]:
    """Return baselines from the metrics of the run."""
    kept = material.metrics.get("baselines", {})
    n_label = int(material.metrics.get("n_label_images", 0))
    stored = kept.get("start_weights", {})
    rows = [
        stored_row("untrained", f"start weights, {name}", stored[name], n_label) for name in READOUTS if name in stored
    ]
    if "k_means" in kept:
        k = material.experiment.network.n_exc
        note = str(kept["k_means"].get("description", ""))
        rows.append(stored_row("pixels", f"k-means on pixels, K = {k}", kept["k_means"], n_label, note))
    return rows


# -- the process ---------------------------------------------------------------------------------------------------


def main(arguments: list[str]) -> NoReturn:
    """Serve one client until it disconnects."""
    folder, scratch = Path(arguments[0]), Path(arguments[1])
    desks: list[Desk] = []

    def answer(name: str, asked: Mapping[str, Any], told: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        if not desks:  # on the first request, so that errors in the folder are reported to the client
            desks.append(Desk(RunFolder.open(folder)))
        return desks[0].answer(name, asked, told)

    serve(answer, scratch)


if __name__ == "__main__":
    main(sys.argv[1:])
