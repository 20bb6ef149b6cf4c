"""Accuracy of a converted network over steps and over spikes, beside that of the rectified units it stands for.

Reads a run of the reference ann-conversion, and simulates its network on the test pictures in NumPy, spike for spike
as the simulators do. Everything here is supervised.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

import stdpbench
from stdpbench.experiment.references.converted import ConversionCurve, conversion_curve, spiking_layers
from stdpbench.experiment.references.feed_forward import chain, neurons_of
from stdpbench.kinds.encoding.current import Current
from stdpbench.results.figures.conversion import conversion_figure

AT = (5, 10, 15, 20, 30, 50, 75, 100, 200)
"""Numbers of steps that are printed."""


def main() -> None:
    """Print what comes of a run, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of runs of ann-conversion")
    parser.add_argument("--steps", type=int, default=100, help="number of steps")
    parser.add_argument("--images", type=int, help="number of test pictures; default: all")
    parser.add_argument("--reset", choices=("subtract", "zero"), help="what a spike does; default: as in the run")
    parser.add_argument("--figure", type=Path, help="file for the figure of the first run, such as conversion.png")
    options = parser.parse_args()
    for number, path in enumerate(options.runs):
        curve, names, title = measure(path, options.steps, options.images, options.reset)
        print(json.dumps({"run": path.name, **summary(curve, names)}))
        if number == 0 and options.figure is not None:
            conversion_figure(curve, names, title).savefig(options.figure)


def measure(
    path: Path, n_steps: int, n_images: int | None, reset: Literal["subtract", "zero"] | None = None
) -> tuple[ConversionCurve, list[str], str]:
    """Return the curve of a run, with its own reset or another one, the names of its layers, and a title."""
    run = stdpbench.open_run(path)
    experiment, test = run.experiment, run.experiment.data.prepare().test
    graph, encoding, learned = experiment.graph(), experiment.encoding, run.weights
    assert isinstance(encoding, Current)
    assert test.labels is not None
    pixels = np.asarray(test.static[:n_images], np.float64)
    inputs = np.asarray(encoding.currents_of(pixels.reshape(len(pixels), -1)))
    if experiment.reference.file:
        arrays = {f"{name}.w": np.asarray(learned[name]) for name in graph.trained}
        found = spiking_layers(experiment.graph(*test.shape), arrays)
        layers, constants = [each.name for each in found], [each.constant for each in found]
        weights, neurons = [each.weight for each in found], [each.neurons for each in found]
        inputs = inputs.astype(np.float32)
    else:
        names, constants = chain(graph), None
        layers = [graph.projections[name].target for name in names]
        weights = [np.asarray(learned[name], np.float64) for name in names]
        neurons = [neurons_of(graph, layer) for layer in layers]
    if reset is not None:
        neurons = [replace(each, reset=reset) for each in neurons]
    labels, n_classes = np.asarray(test.labels)[:n_images], int(np.max(test.labels)) + 1
    curve = conversion_curve(weights, neurons, inputs, labels, n_steps, n_classes, constants)
    return curve, layers, f"{experiment.name}, {len(pixels)} test pictures"


def summary(curve: ConversionCurve, names: list[str]) -> dict[str, Any]:
    """Return the numbers that are printed: accuracies in per cent."""
    steps = [n for n in AT if n <= len(curve.correct)]
    return {
        "pictures": curve.n_pictures,
        "rectified_units": round(100 * curve.accuracy_without_spikes, 2),
        "accuracy": {n: round(100 * float(curve.accuracy[n - 1]), 2) for n in steps},
        "spikes": {n: round(float(curve.spikes[n - 1]), 1) for n in steps},
        "error_of_rates": dict(zip(names, (round(e, 4) for e in curve.errors()), strict=True)),
    }


if __name__ == "__main__":
    main()
