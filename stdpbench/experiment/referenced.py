"""Derive an experiment whose network is trained with labels from any experiment with the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.references import references

_KEPT = ("train_images", "label_images", "test_images")
"""Parameters of the schedule that are kept: the numbers of pictures."""


def with_reference(
    experiment: Experiment,
    kind: str,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Experiment:
    """Return the experiment that trains a reference on the data of another one.

    Data, number of pictures, seed and precision are kept. Network, encoding and schedule become those that the
    reference usually has, unless the experiment has this kind of network or this reference already. If `changes` set
    ``reference.weights``, the network comes from that file.

    Parameters
    ----------
    experiment : Experiment
        The experiment whose data are used.
    kind : str
        Kind of the reference.
    changes : mapping of str to Any, optional
        Further changes, as by `Experiment.override`.
    data : mapping of str to Any, optional
        Section ``data`` that replaces the one of the experiment; all of its pictures are shown.

    Raises
    ------
    StdpbenchError
        If there is no such reference, a change is invalid, or the data are a stream.
    """
    cls = references.get(kind, "reference.kind")
    if not cls.trains:
        raise StdpbenchError(f"reference.kind {kind!r} trains nothing; known are {', '.join(trained_kinds())}")
    file = str((changes or {}).get("reference.weights", ""))
    is_this_reference = (
        getattr(experiment.reference, "kind", "") == kind and not file and not experiment.reference.file
    )
    if is_this_reference and data is None:
        return experiment.override(changes or {})
    if data is None and (experiment.data.shows != "images" or experiment.stream is not None):
        stimuli = "a stream" if experiment.stream is not None else experiment.data.shows
        raise StdpbenchError(
            f"{experiment.name} shows {stimuli}, but the reference {kind!r} trains with labelled pictures"
        )
    tables, name = experiment.to_mapping(), experiment.name
    if data is not None:
        schedule = {key: value for key, value in tables["schedule"].items() if key not in _KEPT}
        tables |= {"data": dict(data), "schedule": schedule}
        name += "-features"
    if is_this_reference:
        return Experiment.from_mapping({**tables, "name": name}).override(changes or {})
    source = experiment.data if data is None else Experiment.from_mapping({"data": dict(data)}).data
    usual = {"reference.kind": kind, **(cls.usual_of_file(file) if file else cls.usual_for(source))}
    kept: dict[str, Any] = {name: tables[name] for name in ("seed", "data", "simulator") if name in tables}
    if file:
        kept["network"] = cls.network_of_file(file)
    elif tables["network"].get("kind", "diehl-cook") == usual.get("network.kind"):
        kept["network"] = tables["network"]
    kept["schedule"] = {name: tables["schedule"][name] for name in _KEPT if name in tables["schedule"]}
    trained = Experiment.from_mapping({"name": f"{name}-{kind}", **kept})
    return trained.override({**usual, **(changes or {})})


def trained_kinds() -> tuple[str, ...]:
    """Return the kinds of references that train a network."""
    return tuple(kind for kind, cls in references.usable().items() if cls.trains)
