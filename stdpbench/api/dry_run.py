"""What an experiment will show, without a run: a figure of one stimulus, and numbers over many."""

from __future__ import annotations

import io
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

from stdpbench.api.display import display, in_notebook
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.dry_run import shown_numbers, shown_stimulus
from stdpbench.results.figures.saving import Width, millimetres
from stdpbench.runs.preparation.start import load_split

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def stimulus_figure(
    experiment: Experiment | str | PathLike[str], number: int = 0, *, width: Width | None = None
) -> Figure:
    """Draw a training stimulus and its spikes, as a run will present them for the first time.

    Parameters
    ----------
    experiment : Experiment, str or path
        An experiment, the name of a shipped one, or a TOML file.
    number : int
        Number of the training stimulus, or of the piece of a stream.
    width : float or str, optional
        Width for a paper: in mm, or as in ``"3.5 in"``. Default: as the screen needs.

    Returns
    -------
    matplotlib.figure.Figure
        See `stdpbench.results.figures.stimulus_figure.stimulus_figure`; in a notebook, it is also displayed.

    Raises
    ------
    StdpbenchError
        If the data cannot be read, there is no such stimulus, or the width is none.
    """
    from stdpbench.results.figures.stimulus_figure import stimulus_figure as draw

    made, wide = _experiment(experiment), None if width is None else millimetres(width)
    shown = shown_stimulus(made, load_split(made, validation=False), number)
    figure = draw(shown, title=f"{made.name}: {shown.name}", width=wide)
    if in_notebook():
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=figure.dpi)
        display(import_module("IPython.display").Image(data=image.getvalue()))
    return figure


def stimulus_numbers(experiment: Experiment | str | PathLike[str], sample: int | None = None) -> dict[str, Any]:
    """Return numbers of what an experiment will show: inputs, durations, spikes, and what is lost.

    Parameters
    ----------
    experiment : Experiment, str or path
        As for `stimulus_figure`.
    sample : int, optional
        Training stimuli of which spikes are counted; default: 100, or 20 pieces of a stream.

    Returns
    -------
    dict
        The attributes of `stdpbench.experiment.dry_run.Numbers`; ``duration_ms`` and ``spikes`` with min, mean, max.

    Raises
    ------
    StdpbenchError
        If the data cannot be read, or a stimulus cannot be encoded.
    """
    made = _experiment(experiment)
    return shown_numbers(made, load_split(made, validation=False), sample).to_mapping()


def _experiment(given: Experiment | str | PathLike[str]) -> Experiment:
    return given if isinstance(given, Experiment) else read_experiment(str(given))
