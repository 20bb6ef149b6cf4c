"""Starting points for building a network by hand: an empty network and every template."""

from __future__ import annotations

from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Dataset
from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.templates import templates

EMPTY = "empty"
_STREAM = {"data": {"kind": "none"}, "schedule": {"between": "stream"}}
_SIDE = 28  # pixels, for templates that do not fit the pictures: those of MNIST


def starting_points() -> dict[str, str]:
    """Return a short description of each starting point: `EMPTY` and the kinds of templates that have defaults."""
    others = {kind: cls.summary for kind, cls in templates.usable().items() if kind not in ("graph", "brian2")}
    return {EMPTY: "No populations and no projections", **others}


def start_from(kind: str, like: Experiment) -> NetworkDraft:
    """Return the draft of an experiment that starts from an empty network or from a template with its defaults.

    Parameters
    ----------
    kind : str
        `EMPTY` or the kind of a template.
    like : Experiment
        Its name, data and schedule are kept if the network can run with them. Otherwise a network with an input gets
        scikit-learn's digits, and one without an input a stream.

    Raises
    ------
    StdpbenchError
        If there is no such template, or it does not run with its defaults.
    """
    if kind == EMPTY:
        return NetworkDraft.empty(like)
    tables: dict[str, Any] = {"name": like.name, "seed": like.seed, "network": {"kind": kind}}
    try:
        experiment = like.override({"network.kind": kind})
    except StdpbenchError:
        try:
            experiment = Experiment.from_mapping(tables)
        except StdpbenchError:
            return NetworkDraft(Experiment.from_mapping(tables | _STREAM))
    if not experiment.graph().input and experiment.stream is None:
        return NetworkDraft(Experiment.from_mapping(tables | _STREAM))
    if _fits(experiment):
        return NetworkDraft(experiment)
    larger = experiment.override({"data.resize": _SIDE})
    return NetworkDraft(larger if _fits(larger) else experiment)


def _fits(experiment: Experiment) -> bool:
    """Return whether a network fits the published size of its pictures; True if the size is not known."""
    data = experiment.data
    if not isinstance(data, Dataset) or data.published is None:
        return True
    side = data.frame or data.resize or data.published[2]
    try:
        experiment.graph(*experiment.encoding.input_shape((side if data.on_off is None else 2 * side, side)))
    except StdpbenchError:
        return False
    return True
