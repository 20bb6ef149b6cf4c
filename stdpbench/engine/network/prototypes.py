"""Prototypes without learning, as a baseline for a network of the same size: one training stimulus per neuron."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import StimulusSet
from stdpbench.declare.learned_names import weights_of
from stdpbench.engine.network.initial import SAMPLES, picture_order, start_arrays, start_pictures
from stdpbench.experiment import Experiment, graph_for


def prototypes(experiment: Experiment, images: StimulusSet) -> tuple[NDArray[np.float32], str]:
    """Return one prototype without learning for each neuron that is read.

    If neurons start from training pictures, prototypes are their start weights if these have the form of a picture
    (`StimulusSet.static`), else the pictures. Otherwise they are the pictures from which neurons would start. Labels
    are not used.

    Parameters
    ----------
    experiment : Experiment
        Gives the network and the seed.
    images : StimulusSet
        The training stimuli.

    Returns
    -------
    values : ndarray, float32, (n_read, n_values)
        The prototypes, in the form of `StimulusSet.static`.
    name : str
        Description of the prototypes.
    """
    graph = graph_for(experiment, images)
    shown = graph.projections.get(graph.shown)
    from_pictures = shown is not None and shown.weight.from_pictures and shown.target == graph.read
    if from_pictures and not graph.is_sparse(graph.shown):
        w = start_arrays(experiment, images)[weights_of(graph.shown)]
        if w.shape == (images.n_values, graph.n_read):
            return np.ascontiguousarray(w.T, np.float32), "start weights (blurred training samples)"
    numbers = start_pictures(experiment, len(images))
    if len(numbers) != graph.n_read:
        random = np.random.default_rng(np.random.SeedSequence((experiment.seed, SAMPLES)))
        numbers = picture_order(random, graph.n_read, len(images))
    chosen = images.chosen(numbers).static
    return chosen.reshape(len(numbers), -1).astype(np.float32), "training samples"
