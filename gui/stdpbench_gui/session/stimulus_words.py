"""What panels call the stimuli of the run on display, and how they say that these become spikes."""

from __future__ import annotations

from stdpbench.data.stimuli import KINDS
from stdpbench_gui.session.run_session import RunSession


def noun_of(session: RunSession) -> str:
    """Return what a stimulus of the run is called: picture, row of a table, signal or recording; piece in a stream."""
    experiment = session.experiment
    if experiment is not None and experiment.schedule.is_stream:
        return "piece"
    if session.split is not None:
        return session.split.train.noun
    kind = "images" if experiment is None else experiment.data.shows
    return KINDS[kind].kind_noun if kind in KINDS else "picture"


def group_names(session: RunSession) -> tuple[str, ...]:
    """Return what tells apart the inputs of a value, or the planes of events; empty: their numbers."""
    experiment = session.experiment
    if experiment is None:
        return ()
    encoding = experiment.encoding
    return encoding.copy_names if encoding.copies > 1 else experiment.data.plane_names


def encoding_of(session: RunSession) -> str:
    """Describe how stimuli become spikes, as a phrase; empty in a stream, or if it is not known."""
    experiment = session.experiment
    if experiment is None or experiment.schedule.is_stream or experiment.encoding.missing:
        return ""
    encoding, timing = experiment.encoding, experiment.schedule.timing
    summary = encoding.summary[:1].lower() + encoding.summary[1:]
    altered = "" if timing == "intact" else f"; times of spikes are then {timing}"
    return f"{getattr(encoding, 'kind', '')} ({summary}{altered})"
