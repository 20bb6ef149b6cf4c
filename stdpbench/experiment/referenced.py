"""From any experiment to one whose network is trained with labels, on the same data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.experiment.experiment import Experiment
from stdpbench.references import references

_KEPT = ("train_images", "label_images", "test_images")
"""What is kept of the schedule: which pictures there are."""


def with_reference(experiment: Experiment, kind: str, changes: Mapping[str, Any] | None = None) -> Experiment:
    """Return the experiment that trains a reference on the data of another one.

    Data, number of pictures, seed and precision are kept; network, encoding and schedule are those that the reference
    usually has, unless the experiment has this kind of network, or is one of this reference already.

    Parameters
    ----------
    experiment : Experiment
        Gives the data.
    kind : str
        Kind of the reference.
    changes : mapping of str to Any, optional
        Further changes, as by `Experiment.override`.

    Raises
    ------
    StdpbenchError
        If there is no such reference, a change is invalid, or the data are a stream.
    """
    cls = references.get(kind, "reference.kind")
    if not cls.trains:
        raise StdpbenchError(f"reference.kind {kind!r} trains nothing; known are {', '.join(trained_kinds())}")
    if getattr(experiment.reference, "kind", "") == kind:
        return experiment.override(changes or {})
    if experiment.data.shows != "images" or experiment.stream is not None:
        what = "a stream" if experiment.stream is not None else experiment.data.shows
        raise StdpbenchError(
            f"{experiment.name} shows {what}, but the reference {kind!r} trains with labelled pictures"
        )
    tables = experiment.to_mapping()
    usual = {"reference.kind": kind, **cls.usual_for(experiment.data)}
    kept: dict[str, Any] = {name: tables[name] for name in ("seed", "data", "simulator") if name in tables}
    if tables["network"].get("kind", "diehl-cook") == usual.get("network.kind"):
        kept["network"] = tables["network"]
    kept["schedule"] = {name: tables["schedule"][name] for name in _KEPT if name in tables["schedule"]}
    made = Experiment.from_mapping({"name": f"{experiment.name}-{kind}", **kept})
    return made.override({**usual, **(changes or {})})


def trained_kinds() -> tuple[str, ...]:
    """Return the kinds of references that train a network."""
    return tuple(kind for kind, cls in references.usable().items() if cls.trains)
