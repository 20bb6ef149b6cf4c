"""The section ``evaluation`` of an experiment: parameters that differ while a network is labelled and tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.toml_lines import flat, put
from stdpbench.declare.parameters import Parameters, parameter

SECTION = "evaluation"
VALUES = f"{SECTION}.values."
"""Prefix of the path of a value that holds in evaluation."""
_SECTIONS = ("exc", "inh", "network", "lateral", "encoding")
_TIMING = "schedule.timing"  # a control in evaluation only


class Evaluation(Parameters):
    """Parameters of the network that differ while it is evaluated, with everything that it has learned frozen.

    Learning and classification need different dynamics. For learning, a single winner that fires late in the stimulus
    may be best; for classification, many spikes of the few neurons that the stimulus drives most. The values hold in
    the label and test phases, for held-out pictures, baselines, reports and drawn digits.
    """

    thresholds: Literal["learned", "start"] = parameter(
        "learned",
        help="Slow variables of neurons, such as theta: as learned, or as before any learning, so that neurons whose "
        "weights have equal norms compete by these alone.",
    )
    values: tuple[tuple[str, Any], ...] = parameter(
        (),
        help="Values of other parameters in evaluation, as a table: of exc, inh, lateral, network and encoding, "
        "except those that need another network, and schedule.timing.",
    )

    @property
    def is_default(self) -> bool:
        """Whether nothing differs in evaluation."""
        return self == Evaluation()

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table, in which values are nested tables or have dotted paths."""
        values = mapping.get("values", {})
        if not isinstance(values, Mapping):
            raise StdpbenchError(f"{where}.values must be a table of parameters and their values, not {values!r}")
        return cls, {**mapping, "values": tuple(sorted(flat(values).items()))}

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, as nested tables."""
        mapping: dict[str, Any] = {} if self.thresholds == "learned" else {"thresholds": self.thresholds}
        tables: dict[str, Any] = {}
        for path, value in self.values:
            put(tables, path, value)
        return mapping | ({"values": tables} if tables else {})


def without_evaluation(experiment: Any) -> Any:
    """Return an experiment without this section; the same object if nothing differs in evaluation."""
    if experiment.evaluation.is_default:
        return experiment
    return experiment.model_copy(update={SECTION: Evaluation()})


def conflicts_in_evaluation(experiment: Any) -> Iterator[str]:
    """Yield a sentence for each value that cannot hold while the network of an experiment is evaluated."""
    plain = without_evaluation(experiment)
    for path, value in experiment.evaluation.values:
        if path != _TIMING and path.partition(".")[0] not in _SECTIONS:
            yield f"{VALUES}{path}: only {_TIMING} and parameters of {', '.join(_SECTIONS)} may differ"
            continue
        try:
            plain.override({path: value})
        except StdpbenchError as error:
            for sentence in error.sentences:
                yield f"{VALUES if sentence.startswith(path) else f'{SECTION}.values: '}{sentence}"
            continue
        try:
            plain.changed_live({path: value})
        except StdpbenchError:
            yield f"{VALUES}{path} is structural: it cannot differ between learning and evaluation"


def set_in_evaluation(tables: dict[str, Any], path: str, value: Any) -> None:
    """Set a value of the section in the tables of an experiment; None and ``"none"`` remove a value of `VALUES`."""
    table = tables.setdefault(SECTION, {})
    if not path.startswith(VALUES):
        table[path.removeprefix(f"{SECTION}.")] = value
        return
    values = flat(table.get("values", {}))
    name = path.removeprefix(VALUES)
    values.pop(name, None)
    if value not in (None, "none"):
        values[name] = value
    table["values"] = values
