"""From any experiment to one whose network is trained with labels, on the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment.experiment import Experiment
from stdpbench.experiment.references import references

_KEPT = ("train_images", "label_images", "test_images")
"""What is kept of the schedule: which pictures there are."""


def with_reference(
    experiment: Experiment,
    kind: str,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Experiment:
    """Return the experiment that trains a reference on the data of another one.

    Data, number of pictures, seed and precision are kept; network, encoding and schedule are those that the reference
    usually has, unless the experiment has this kind of network, or is one of this reference already. With a change of
    ``reference.weights``, the network is that of this file.

    Parameters
    ----------
    experiment : Experiment
        Gives the data.
    kind : str
        Kind of the reference.
    changes : mapping of str to Any, optional
        Further changes, as by `Experiment.override`.
    data : mapping of str to Any, optional
        Section ``data`` in place of that of the experiment, of which all pictures are shown.

    Raises
    ------
    StdpbenchError
        If there is no such reference, a change is invalid, or the data are a stream.
    """
    cls = references.get(kind, "reference.kind")
    if not cls.trains:
        raise StdpbenchError(f"reference.kind {kind!r} trains nothing; known are {', '.join(trained_kinds())}")
    file = str((changes or {}).get("reference.weights", ""))
    same = getattr(experiment.reference, "kind", "") == kind and not file and not experiment.reference.file
    if same and data is None:
        return experiment.override(changes or {})
    if data is None and (experiment.data.shows != "images" or experiment.stream is not None):
        what = "a stream" if experiment.stream is not None else experiment.data.shows
        raise StdpbenchError(
            f"{experiment.name} shows {what}, but the reference {kind!r} trains with labelled pictures"
        )
    tables, name = experiment.to_mapping(), experiment.name
    if data is not None:
        schedule = {key: value for key, value in tables["schedule"].items() if key not in _KEPT}
        tables |= {"data": dict(data), "schedule": schedule}
        name += "-features"
    if same:
        return Experiment.from_mapping({**tables, "name": name}).override(changes or {})
    source = experiment.data if data is None else Experiment.from_mapping({"data": dict(data)}).data
    usual = {"reference.kind": kind, **(cls.usual_of_file(file) if file else cls.usual_for(source))}
    kept: dict[str, Any] = {name: tables[name] for name in ("seed", "data", "simulator") if name in tables}
    if file:
        kept["network"] = cls.network_of_file(file)
    elif tables["network"].get("kind", "diehl-cook") == usual.get("network.kind"):
        kept["network"] = tables["network"]
    kept["schedule"] = {name: tables["schedule"][name] for name in _KEPT if name in tables["schedule"]}
    made = Experiment.from_mapping({"name": f"{name}-{kind}", **kept})
    return made.override({**usual, **(changes or {})})


def trained_kinds() -> tuple[str, ...]:
    """Return the kinds of references that train a network."""
    return tuple(kind for kind, cls in references.usable().items() if cls.trains)
