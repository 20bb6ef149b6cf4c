"""Preview of the encoding of an experiment: the input spikes of one stimulus, and statistics over several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.data.stimuli import Images, StimulusSet
from stdpbench.experiment import Experiment, encode, input_shape, n_bins
from stdpbench.runs.analysis.shown_stimulus import ShownStimulus

MOST = 20
"""Maximum number of stimuli for statistics."""


@dataclass(frozen=True, eq=False)
class EncodingPreview:
    """Input spikes of stimuli in an experiment.

    Attributes
    ----------
    shown : ShownStimulus
        One stimulus and its spikes.
    noun : str
        Noun for a stimulus.
    n_stimuli : int
        Number of stimuli for the statistics, spread over the training set.
    mean_spikes : float
        Mean number of spikes per stimulus.
    n_silent : int
        Number of inputs that fire for none of these stimuli.
    """

    shown: ShownStimulus
    noun: str
    n_stimuli: int
    mean_spikes: float
    n_silent: int

    @property
    def sentence(self) -> str:
        """Sentences with the statistics."""
        n, shown = len(self.shown.index), self.shown
        spikes = f"{thousands(n)} spike{'' if n == 1 else 's'}"
        text = f"{spikes} of {thousands(shown.n_input)} inputs in {shown.duration:g} ms"
        text += f"; {thousands(shown.n_silent)} do not fire."
        if shown.factors_sentence:
            text += f" {shown.factors_sentence}"
        if shown.is_cut:
            text += f" The {self.noun} lasts {shown.whole:g} ms: its end is not shown."
        if self.n_stimuli > 1:
            mean = f"{self.mean_spikes:.1f}" if self.mean_spikes < 100 else thousands(round(self.mean_spikes))
            text += f" Over {self.n_stimuli} {self.noun}s: {mean} spikes on average, and "
            text += "every input fires." if not self.n_silent else f"{thousands(self.n_silent)} inputs never fire."
        return text


def preview_encoding(
    experiment: Experiment, stimuli: StimulusSet, number: int, go_on: Callable[[], object] = lambda: None
) -> EncodingPreview:
    """Encode one training stimulus, and others for statistics, as in the label phase.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    stimuli : StimulusSet
        Training stimuli of its data.
    number : int
        Number of the stimulus.
    go_on : callable
        Called between stimuli; an exception that it raises cancels the preview.

    Raises
    ------
    StdpbenchError
        If there is no such stimulus, or it cannot be encoded.
    """
    if not 0 <= number < len(stimuli):
        raise StdpbenchError(f"there is no {stimuli.noun} {number}: there are {thousands(len(stimuli))}")
    shown = _shown(experiment, stimuli, number)
    sample = np.unique(np.linspace(0, len(stimuli) - 1, min(MOST, len(stimuli))).astype(int)).tolist()
    counts, n_spikes = np.zeros(shown.n_input, np.int64), list[int]()
    for sampled in sample:
        go_on()
        spikes = encode(experiment, stimuli, "label", sampled, 0, sampled)
        counts += np.bincount(spikes.index, minlength=shown.n_input)
        n_spikes.append(len(spikes))
    return EncodingPreview(shown, stimuli.noun, len(sample), float(np.mean(n_spikes)), int((counts == 0).sum()))


def _shown(experiment: Experiment, stimuli: StimulusSet, number: int) -> ShownStimulus:
    if isinstance(stimuli, Images):
        brightest = float(stimuli.stimulus(number).max(initial=0))
        problem = experiment.encoding.problem(brightest, 0, experiment.stimulus_bins, experiment.dt * 1e-3)
        if problem:
            raise StdpbenchError(problem)
    spikes = encode(experiment, stimuli, "label", number, 0, number)
    bins, shape = n_bins(experiment, stimuli, number), input_shape(experiment, stimuli)
    pairs = spikes.index, spikes.bin
    return ShownStimulus.of(stimuli, number, shape, pairs, bins, experiment.dt, spikes.factor)
