"""Conversion of the network in a file: its weights, scaled by activations on training pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import pictures_of
from stdpbench.engine.network import Learned, start_arrays
from stdpbench.experiment import Experiment, graph_for
from stdpbench.experiment.references.ann_conversion import AnnConversion
from stdpbench.experiment.references.converted import convert
from stdpbench.experiment.references.layer_file import read_layers
from stdpbench.kinds.encoding.current import Current
from stdpbench.runs.preparation.start import load_split


def converted_start(experiment: Experiment, *, validation: bool) -> tuple[Learned, str]:
    """Return the arrays with which a run of a converted network starts, and sentences on the conversion.

    Test pictures are not looked at.

    Parameters
    ----------
    experiment : Experiment
        An experiment whose reference has a file of weights.
    validation : bool
        As in `load_split`.

    Raises
    ------
    StdpbenchError
        If the file has changed, or the pictures do not fit the network in it.
    """
    reference, encoding = experiment.reference, experiment.encoding
    assert isinstance(reference, AnnConversion)
    assert isinstance(encoding, Current)
    path = Path(reference.weights)
    network = read_layers(path)
    if network.digest != reference.sha256:
        raise StdpbenchError(f"{path} no longer has the network of this experiment: it has changed")
    split = load_split(experiment, validation)
    shown = pictures_of(split.train.part(0, min(reference.images, len(split.train))))
    if shown.pixels.shape[1:] != network.shape[1:]:
        sizes = [f"{rows} × {columns}" for rows, columns in (network.shape[1:], shown.pixels.shape[1:])]
        raise StdpbenchError(
            f"the network in {path.name} is for pictures of {sizes[0]}, but these are {sizes[1]}; prepare them with "
            "data.resize or data.frame"
        )
    if shown.labels is None:
        raise StdpbenchError(f"reference.kind {reference.kind!r} needs pictures with labels, but these carry none")
    currents = np.asarray(encoding.currents_of(np.asarray(shown.pixels, np.float64).reshape(len(shown), -1)))
    made = convert(network, graph_for(experiment, split.train), currents, shown.labels, reference.percentile)
    sentences = [
        f"The rectified units in {path.name} answer {100 * made.accuracy:.2f} % of {len(shown)} training pictures "
        "correctly."
    ]
    if made.accuracy < 2 / max(2, len(split.class_names)):
        sentences.append("That is little: it may have been trained on pictures prepared in another way (mean, std).")
    if made.shift:
        sentences.append(f"{made.shift:.3g} is added to all of its outputs, so that one of each picture is positive.")
    return start_arrays(experiment, split.train).replace(made.arrays), " ".join(sentences)
