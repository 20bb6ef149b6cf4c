"""What is declared, printed: experiments, kinds, sections, data sets."""

from __future__ import annotations

import inspect

from rich.console import Console
from rich.table import Table

from stdpbench.cli.plain_docs import plain_doc
from stdpbench.datasets import datasets
from stdpbench.encoding import encoders
from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.experiment import About, Network, Schedule, read_experiment, shipped_experiments
from stdpbench.neurons import neurons
from stdpbench.parameters import Parameters
from stdpbench.plasticity import PlasticityRule, laterals, rules
from stdpbench.readout import readouts, timed_readouts
from stdpbench.registry import Family

_FAMILIES: tuple[Family[Parameters], ...] = (  # type: ignore[assignment]
    datasets,
    encoders,
    neurons,
    rules,
    laterals,
    readouts,
    timed_readouts,
)
_SECTIONS: dict[str, type[Parameters]] = {"about": About, "network": Network, "schedule": Schedule}


def list_experiments() -> None:
    """Print the experiments that ship."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("experiment", "what it is", "expected accuracy", "time"):
        table.add_column(heading, overflow="fold")
    for name, path in shipped_experiments().items():
        about = read_experiment(path).about
        table.add_row(name, about.title, about.expected_accuracy, about.expected_time)
    Console().print(table)


def describe_kind(kind: str | None) -> None:
    """Print everything that is declared about a kind, a section or an experiment.

    Raises
    ------
    StdpbenchError
        If there is nothing of that name.
    """
    console = Console()
    if kind is None:
        for family in _FAMILIES:
            console.print(f"{family.name}: {', '.join(family.kinds())}", highlight=False)
        console.print(f"section: {', '.join(_SECTIONS)}", highlight=False)
        console.print(f"experiment: {', '.join(shipped_experiments())}", highlight=False)
        return
    found = next((family for family in _FAMILIES if kind in family.kinds()), None)
    if kind in _SECTIONS:
        _describe(console, "section", kind, _SECTIONS[kind])
    elif found is not None:
        _describe(console, found.name, kind, found.get(kind))
        if kind in shipped_experiments():
            console.print(f"\nexperiment {kind}, which ships:\n", style="bold", highlight=False)
            console.print(read_experiment(kind).to_toml(), highlight=False, markup=False)
    elif kind in shipped_experiments():
        console.print(read_experiment(kind).to_toml(), highlight=False, markup=False)
    else:
        known = [*(name for family in _FAMILIES for name in family.kinds()), *_SECTIONS, *shipped_experiments()]
        raise StdpbenchError(f"there is nothing called {kind!r} to describe; {suggestion(kind, dict.fromkeys(known))}")


def _describe(console: Console, family: str, kind: str, cls: type[Parameters]) -> None:
    console.print(f"{family} {kind}: {getattr(cls, 'summary', '')}".rstrip(": "), style="bold", highlight=False)
    console.print(plain_doc(cls), highlight=False, markup=False)
    if issubclass(cls, PlasticityRule):
        console.print("\ntraces:", highlight=False)
        for line in _traces(cls):
            console.print(f"  {line}", highlight=False, markup=False)
    for title, attribute in (
        ("equations", "equations"),
        ("on an input spike", "on_input_spike"),
        ("on an output spike", "on_output_spike"),
        ("in each step", "each_step"),
        ("on the neuron", "output_neuron"),
        ("in the digit network", "in_digit_network"),
        ("reference", "reference"),
    ):
        text = getattr(cls, attribute, "")
        if text:
            lines = inspect.cleandoc(text).splitlines()
            console.print("\n  ".join([f"\n{title}:", *lines]), highlight=False, markup=False)
    table = Table(box=None, padding=(1, 2, 0, 0))
    for heading in ("parameter", "default", "allowed", "live", "what it is"):
        table.add_column(heading, overflow="fold")
    fixed = family in ("data set", "read-out", "read-out of spike times") or kind == "about"
    for parameter in cls.describe():
        allowed = " | ".join(parameter.choices) or parameter.bounds or parameter.type
        live = "" if parameter.structural or fixed else "yes"
        table.add_row(parameter.name, parameter.show(parameter.default), allowed, live, parameter.help)
    console.print(table)
    if cls.presets:
        console.print("\npresets, by --set plasticity.preset=NAME:", highlight=False)
        for name, values in cls.presets.items():
            said = ", ".join(f"{p.name} {p.show(values[p.name])}" for p in cls.describe() if p.name in values)
            console.print(f"  {name}: {said}", highlight=False, markup=False)


def _traces(rule: type[PlasticityRule]) -> list[str]:
    """What a rule remembers, a line each."""
    lines = []
    for trace in rule.traces:
        event = "set to 1" if trace.on_spike == "set" else "raised by 1"
        lines.append(f"{trace.name}: {event} by an {trace.side} spike, decays with {trace.tau}")
    lines += [f"{name}: per synapse" for name in rule.synapse_variables]
    for average in rule.averages:
        line = f"{average.name}: follows {average.of} with {average.tau}, per exc neuron"
        line += f", an output spike adds {average.on_spike}" if average.on_spike else ""
        lines.append(line + (f", read {average.delay} late" if average.delay else ""))
    return lines


def list_data() -> None:
    """Print which data sets are there, and where."""
    from stdpbench.datasets.fetch import status

    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("data set", "where", "what it is"):
        table.add_column(heading, overflow="fold")
    for kind in datasets.kinds():
        summary = datasets.get(kind).summary
        if kind == "digits":
            where = "ships with scikit-learn"
        elif kind in ("idx", "npz", "folder"):
            where = "your own files"
        else:
            found = status(kind)
            where = str(found) if found else f"missing; stdpbench data fetch {kind}"
        table.add_row(kind, where, summary)
    Console().print(table)
