"""Process that measures a finished run for display: ``python -m stdpbench.studies.report.service FOLDER``.

It serves requests as described in `stdpbench.base.helper`; an answer is values and arrays. The client side is
`stdpbench.studies.report.views`.

* ``open``: the run with its answers, neurons and first embedding (principal components). Since it compares answers
  with labels of evaluated pictures, it first records this in the journal of the run (`runs.catalog.access_log`).
* ``settle``: answers of each read-out from spikes up to some moments within the presentation (`readout.over_time`).
* ``read``: slow read-outs: of spike times, if the run has stored them, and supervised ones.
* ``cluster`` (`method`, `k` or None): clusters with measures, those of chance, and those of the neurons as clusters.
* ``embed`` (`method`): another embedding.
* ``report`` (`others`, `output`, …): writes the files of ``stdpbench report``; its value is the path of the page.
* ``bits`` (`bits`, `rounding`, `workers`): accuracies with rounded weights (`stdpbench.studies.report.few_bits`).
* ``spikes`` (`by`, `spikes`, `workers`): a value in evaluation (`stdpbench.runs.presentation.spike_target`).
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from dataclasses import asdict
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.helper import Arrays, ProgressCallback, serve
from stdpbench.results.readout import READOUTS, readouts
from stdpbench.results.readout.baselines import BASELINES, K_MEANS
from stdpbench.results.readout.clustering import Features, cluster, features, winners
from stdpbench.results.readout.embedding import embed
from stdpbench.results.readout.over_time import answers_over_time
from stdpbench.runs.catalog.access_log import count_readings, note_reading
from stdpbench.runs.catalog.comparison import Account, verdict_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held
from stdpbench.runs.presentation.spike_target import find_value
from stdpbench.runs.protocol.facts import LabelsRead, Progress
from stdpbench.studies.report.analysis import (
    CHANCE,
    TIMED,
    Extent,
    cluster_row,
    start_rows,
    supervised_rows,
    timed_rows,
)
from stdpbench.studies.report.build import PAGE, ReportOptions, make_report
from stdpbench.studies.report.evaluated_run import EvaluatedRun, load_run
from stdpbench.studies.report.few_bits import measure_bits
from stdpbench.studies.report.rows import Accuracy, accuracy_row, stored_row
from stdpbench.studies.report.views import NEURONS

_SUPERVISED = 4
Arguments = Mapping[str, Any]


class ReportService:
    """Measurements of a finished run on request.

    Parameters
    ----------
    folder : RunFolder
        The run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    @cached_property
    def run(self) -> EvaluatedRun:
        """The run, read on first use."""
        return load_run(self._folder)

    @cached_property
    def points(self) -> Features:
        """Features of its responses for clustering and embedding."""
        return features(self.run.test_counts)

    def answer(self, name: str, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        """Handle a request.

        Raises
        ------
        StdpbenchError
            If the request fails.
        """
        handlers = {
            "open": self._open,
            "settle": self._settle,
            "read": self._read,
            "cluster": self._cluster,
            "embed": self._embed,
            "bits": self._bits,
            "spikes": self._spikes,
            "report": self._report,
        }
        if name not in handlers:
            raise StdpbenchError(f"unknown request {name}")
        return handlers[name](arguments, on_progress)

    def _open(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        on_progress("reading the run", 0, 4)
        run = self.run
        with held(self._folder):
            note_reading(self._folder, LabelsRead(run.part, len(run.test_counts), "Evaluate page"))
        on_progress("labelling the neurons", 1, 4)
        assignment, counts = run.assignment(), run.test_counts
        accuracies, arrays = list[Accuracy](), Arrays()
        on_progress("reading answers", 2, 4)
        for readout in run.readouts:
            answers = readouts.get(readout)().predict(counts, assignment)
            arrays[f"answers {readout}"] = answers
            accuracies.append(accuracy_row(run.group, readout, answers, run.test_labels, run.n_labels))
        on_progress("principal components", 3, 4)
        value, plane = self._embed({"method": "pca"}, on_progress)
        graph = run.experiment.graph()
        readings = count_readings(self._folder)
        arrays |= plane | {
            "labels": run.test_labels,
            "pixels": run.split.test.drawn,
            "winners": winners(counts),
            "spikes": counts.sum(axis=1, dtype=np.int64),
            "w": run.fields,
            "theta": run.theta,
            "neuron_labels": assignment.labels,
            "neuron_purity": assignment.proportions.max(axis=0),
        }
        return value | {
            "experiment": run.experiment.name,
            "seed": run.experiment.seed,
            "part": run.part,
            "noun": run.split.test.noun,
            "static_name": run.split.test.static_name,
            "class_names": list(run.split.class_names),
            "drawn_as": list(run.shape),
            "population": graph.read,
            "theta_unit": graph.shown_as(graph.read)[1],
            "accuracies": [asdict(row) for row in (*accuracies, *baselines(run))],
            "verdict": verdict_of(Account.of(self._folder)),
            "label_readings": readings.run,
            "label_readings_of_all": readings.experiment,
            "test_label_readings": readings.data_set,
        }, arrays

    def _settle(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        run, arrays = self.run, Arrays()
        if run.test_trains is None:
            raise StdpbenchError(
                f"{run.name} has no spike times of its {run.part} {run.split.test.noun}s; `stdpbench evaluate` "
                "computes them again"
            )
        assignment = run.assignment()
        for number, readout in enumerate(READOUTS):
            on_progress("answers over time", number, len(READOUTS))
            over_time = answers_over_time(run.test_trains, assignment, readouts.get(readout)())
            arrays["time"] = over_time.time
            arrays[f"answers {readout}"] = over_time.answers.astype(np.int16)
        return {}, arrays

    def _read(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        run, rows = self.run, list[Accuracy]()
        label, test = run.label_trains, run.test_trains
        timed = [] if label is None or test is None else timed_rows(run, run.assignment(), label, test)
        total = (len(TIMED) if label is not None and test is not None else 0) + _SUPERVISED
        for row in chain(timed, supervised_rows(run)):
            rows.append(row)
            on_progress("read-outs", len(rows), total)
        return {"accuracies": [asdict(row) for row in rows]}, {}

    def _cluster(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        method, k = str(arguments["method"]), arguments["k"]
        run, points, seed = self.run, self.points, self.run.experiment.seed
        if method == NEURONS:
            clusters, k_from = winners(run.test_counts), "neurons"
        else:
            clusters = cluster(points, method, None if method == "hdbscan" else k, seed)
            k_from = "its own" if method == "hdbscan" else "best silhouette" if k is None else "chosen"
        shuffled = np.random.default_rng(seed).permutation(clusters)
        pairs = [(method, k_from, clusters), (CHANCE.replace("k-means", "these"), k_from, shuffled)]
        if method != NEURONS:
            pairs.append((NEURONS, "neurons", winners(run.test_counts)))
        labels, n_classes = run.test_labels, run.n_classes
        rows = [cluster_row(name, source, members, labels, n_classes, points) for name, source, members in pairs]
        return {"method": method, "k_from": k_from, "rows": rows}, {"members": clusters}

    def _embed(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        method = str(arguments["method"])
        embedding = embed(
            self.points, method, self.run.experiment.seed, lambda done, total: on_progress(method, done, total)
        )
        value = {"method": method, "trustworthiness": embedding.trustworthiness, "description": embedding.description}
        return value, {"points": embedding.points}

    def _bits(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        return _result(measure_bits(self._folder, **arguments), on_progress), {}

    def _spikes(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        return _result(find_value(self._folder, **arguments), on_progress), {}

    def _report(self, arguments: Arguments, on_progress: ProgressCallback) -> tuple[dict[str, Any], Arrays]:
        options = {"others": (), "output": None, "sample": 2000, "repeats": 2} | dict(arguments)
        others, output = options.pop("others"), options.pop("output")
        folders = [self._folder, *(RunFolder.open(Path(other)) for other in others)]
        target = Path(output or "report") if output or others else self._folder.path / "report"
        extent = Extent(options.pop("sample"), options.pop("repeats"))
        _result(make_report(folders, target, ReportOptions(extent, **options)), on_progress)
        return {"page": str((target / PAGE).resolve())}, {}


def _result(events: Generator[object, None, dict[str, Any]], on_progress: ProgressCallback) -> dict[str, Any]:
    """Report the progress of a measurement, and return its result."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return dict(end.value)
        if isinstance(event, Progress):
            on_progress(event.phase, event.done, event.total)


def baselines(run: EvaluatedRun) -> list[Accuracy]:
    """Return baselines from the metrics of the run."""
    stored = run.metrics.get("baselines", {})
    n_label = int(run.metrics.get("n_label_images", 0))
    rows = start_rows(run)
    for key, name in BASELINES.items():
        if key in stored:
            shown = str(stored[key].get("description", name)).partition(" (")[0] if key in K_MEANS else name
            rows.append(stored_row("pixels", shown, stored[key], n_label))
    return rows


# -- process -------------------------------------------------------------------------------------------------------


def main(folder: Path) -> None:
    """Answer one client until it disconnects."""

    @cache
    def service() -> ReportService:  # on the first request, so that errors in the folder are reported to the client
        return ReportService(RunFolder.open(folder))

    serve(lambda name, arguments, on_progress: service().answer(name, arguments, on_progress))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
