"""The settings of a new run beside its experiment, declared as parameters are, so that forms show them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Group, trained_kinds
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.new_run import NewRun, read_seeds

SECTION = "run"
TRAINED_BY, RESPONSES = f"{SECTION}.trained by", f"{SECTION}.responses of"
"""Paths of the reference that trains the network, and of the run whose responses are its data."""
_OPTIONS = {
    "validation": "Evaluate on held-out training pictures instead of the test pictures.",
    "baselines": "Evaluate start weights, samples as prototypes, and k-means as well.",
}


def _declare(name: str, type_: str, default: Any, help_: str, choices: Sequence[str] = ()) -> Parameter:
    return Parameter(name, type_, None, default, None, None, False, False, tuple(choices), help_, False)


@dataclass(frozen=True)
class RunSettings:
    """The settings of a new run.

    Attributes
    ----------
    run : NewRun
        The run.
    entries : sequence of Entry
        Runs that can give their responses or weights.
    """

    run: NewRun
    entries: Sequence[Entry] = ()

    @property
    def group(self) -> Group:
        """The declarations."""
        run, experiment = self.run, self.run.draft.unchecked
        trainers, starts = tuple(self._trainers), tuple(self._starts)
        declared = [
            _declare("name", "str", run.template.name, "Name of the experiment, used for the run folder and a file."),
            _declare("trained by", "choice", trainers[0], "How the network is trained.", trainers),
        ]
        if run.reference:
            responses = tuple(self.responses)
            help_ = "Data: the pictures, or the responses of a run to them."
            declared.append(_declare("responses of", "choice", responses[0], help_, responses))
        help_ = "Start from the weights and thresholds of another run; arrays that do not fit are not taken over."
        declared.append(_declare("weights of", "choice", starts[0], help_, starts))
        help_ = "One, or several, such as 0 1 2 or 0-4, which make one item of the queue each."
        declared.append(_declare("seeds", "str", str(experiment.seed), help_))
        if experiment.stream is None:
            shown = list(_OPTIONS)[: 1 if experiment.reference.trains else 2]
            declared += [_declare(name, "bool", name == "baselines", _OPTIONS[name]) for name in shown]
        declared.append(_declare("hold", "bool", False, "Hold the item in the queue until it is released."))
        return Group(SECTION, ("new run",), {parameter.name: parameter for parameter in declared}, primary=True)

    def value(self, path: str) -> Any:
        """Return the value of a setting."""
        run, name = self.run, path.removeprefix(f"{SECTION}.")
        match name:
            case "name":
                return run.draft.unchecked.name
            case "trained by":
                return _key(self._trainers, run.reference)
            case "responses of":
                return _key(self.responses, run.features)
            case "weights of":
                return _key(self._starts, run.start_from)
            case "seeds":
                return " ".join(map(str, run.seeds or (run.draft.unchecked.seed,)))
            case "hold":
                return run.hold
        return getattr(run.options, name)

    def changed(self, path: str, value: Any) -> NewRun:
        """Return the run with another value of a setting, except that of `RESPONSES`, which are read first.

        Raises
        ------
        StdpbenchError
            If the value is invalid.
        """
        run, name, text = self.run, path.removeprefix(f"{SECTION}."), str(value).strip()
        match name:
            case "name":
                if not text:
                    raise StdpbenchError("name must not be empty")
                return run.with_draft(run.draft.named(text))
            case "trained by":
                return run.trained_by(self._trainers[text])
            case "weights of":
                return replace(run, start_from=self._starts[text])
            case "seeds":
                seeds = read_seeds(text)
                return replace(run, seeds=() if seeds == (run.draft.unchecked.seed,) else seeds)
            case "hold":
                return replace(run, hold=text.lower() == "true")
        options: dict[str, Any] = {name: text.lower() == "true"}
        return replace(run, options=replace(run.options, **options))

    @property
    def _trainers(self) -> dict[str, str]:
        reference = self.run.given.reference
        declared = str(getattr(reference, "kind", "none"))
        first = f"{declared}, as declared" if reference.trains else "local rules, without labels"
        return {first: ""} | {f"{kind} (labels)": kind for kind in trained_kinds() if kind != declared}

    @property
    def responses(self) -> dict[str, Path | None]:
        """The folders of the runs that the values of `RESPONSES` stand for; None: the pictures."""
        return self._runs(
            "the pictures",
            lambda entry: entry.state == State.FINISHED and entry.vote is not None,
            self.run.features,
        )

    @property
    def _starts(self) -> dict[str, Path | None]:
        return self._runs(
            "as declared", lambda entry: entry.state in (State.FINISHED, State.STOPPED), self.run.start_from
        )

    def _runs(self, none: str, fits: Callable[[Entry], bool], chosen: Path | None) -> dict[str, Path | None]:
        """Return the runs to choose from by what they are called, also the chosen one if it is none of them."""
        found: dict[str, Path | None] = {none: None}
        for entry in filter(fits, self.entries):
            found[f"{entry.title} · {entry.name}" if entry.title else entry.name] = entry.path
        return found if chosen in found.values() else found | {chosen.name if chosen else none: chosen}


def _key(choices: Mapping[str, Any], value: Any) -> str:
    return next(key for key, each in choices.items() if each == value)
