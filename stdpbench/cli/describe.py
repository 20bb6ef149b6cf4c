"""Look up what is declared under a name, and print it: ``stdpbench describe``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from stdpbench.base.errors import StdpbenchError, nearest, suggestion
from stdpbench.base.files import read_toml
from stdpbench.cli.terminal import Console
from stdpbench.data.datasets import Dataset, datasets
from stdpbench.declare.parameters import Parameter, Parameters
from stdpbench.declare.registry import Family
from stdpbench.experiment import (
    SECTIONS,
    About,
    Evaluation,
    Experiment,
    Schedule,
    Simulation,
    family_of,
    kind_parameter,
    read_experiment,
    shipped_experiments,
)
from stdpbench.experiment.graph import Population, Projection
from stdpbench.experiment.graph.tables import family_at
from stdpbench.experiment.references import references
from stdpbench.experiment.templates import templates
from stdpbench.kinds.connections import connections
from stdpbench.kinds.delay_plasticity import delay_rules
from stdpbench.kinds.delays import delays
from stdpbench.kinds.encoding import encoders
from stdpbench.kinds.neurons import neurons
from stdpbench.kinds.noises import noises
from stdpbench.kinds.normalisations import normalisations
from stdpbench.kinds.plasticity import PlasticityRule, laterals, projection_rules, rules
from stdpbench.kinds.plasticity.tables import rule_table
from stdpbench.kinds.weights import weights
from stdpbench.results.readout import Readout, TimedReadout, readouts, timed_readouts
from stdpbench.studies.sweeps.definition import TABLES as SWEEP_TABLES

_INLINE = re.compile(r":math:`([^`]*)`")
_DISPLAYED = re.compile(r"^\.\. math::(.*(?:\n(?:[ ]+.*)?)*)$", re.MULTILINE)  # with everything indented below
FAMILIES: tuple[Family[Parameters], ...] = (  # type: ignore[assignment]
    datasets,
    encoders,
    neurons,
    rules,
    laterals,
    references,
    templates,
    connections,
    weights,
    delays,
    delay_rules,
    normalisations,
    noises,
    readouts,
    timed_readouts,
)
_PLAIN: dict[str, type[Parameters]] = {
    "about": About,
    "schedule": Schedule,
    "evaluation": Evaluation,
    "simulator": Simulation,
}
_WITH_KINDS = {
    "network": "The neurons and how they are connected.",
    "data": "Where pictures or the spikes of a stream come from, and how pictures are prepared.",
    "encoding": "How a picture becomes input spikes.",
    "exc": "The exc neurons, which learn.",
    "inh": "The inh neurons; simulated where network.inhibition is 'layer'.",
    "plasticity": "How the weights from the input learn.",
    "lateral": "Whether the weights of lateral inhibition learn, and how.",
    "reference": "Whether the network is trained with labels, and how.",
}
_PARTS = {
    "neuron": "Model of the neurons of a population; without it, the population is the input.",
    "noise": "Spikes that reach the neurons of a population in addition to those of projections; without it, none do.",
    "connect": "Which source neurons reach which target neurons.",
    "weight": "Weights before any learning; a number is short for a constant.",
    "delay": "Axonal delay, from a spike to its arrival; a time is short for a constant.",
    "plasticity": "How the weights of a projection learn; without it, they do not.",
    "delay_plasticity": "How the axonal delays of a projection learn; without it, they do not.",
    "normalise": "How the weights are scaled before each training presentation; without it, they are not.",
}
TEXTS = (
    ("equations", "equations"),
    ("on an input spike", "on_input_spike"),
    ("on an output spike", "on_output_spike"),
    ("in each step", "each_step"),
    ("once per period", "periodically"),
    ("on the neuron", "output_neuron"),
    ("in the digit network", "in_digit_network"),
    ("reference", "reference"),
)
_NEVER_LIVE = ("data set", "read-out", "read-out of spike times", "table of a sweep")

Described = dict[str, Any]
"""A named item as plain values; ``what`` is its family."""


def catalogue() -> dict[str, list[str]]:
    """Return all names that can be described, by what they are, except parameters."""
    kinds = {family.name: list(family.kinds()) for family in FAMILIES}
    kinds[projection_rules.name] = list(projection_rules.kinds())
    tables = {"section": list(SECTIONS), "table of a sweep": list(SWEEP_TABLES)}
    return kinds | tables | {"experiment": list(shipped_experiments())}


def look_up(name: str) -> Iterator[Described]:
    """Return all items of that name: sections, kinds, experiments and files, parameters by dotted path.

    Raises
    ------
    StdpbenchError
        If nothing has that name.
    """
    found = [*_sections(name), *_sweep_tables(name), *_kinds(name), *_experiments(name)]
    found += () if name in SWEEP_TABLES else _parameters(name)
    found = found or [*_tables_of_networks(name), *_classes(name)]
    if not found:
        raise StdpbenchError(f"nothing is named {name!r}; {_nearest(name)}")
    yield from found


def _sections(name: str) -> Iterator[Described]:
    if name in _PLAIN:
        yield _of_class("section", name, _PLAIN[name])
    elif (text := _WITH_KINDS.get(name) or _part(name)) is not None:
        family, kind = family_of(name), kind_parameter(name)
        assert family is not None
        assert kind is not None
        usual: Described = {"parameters": []}
        if kind.default is not None:
            usual = _of_class(family.name, kind.default, family.get(kind.default))
        yield {
            "what": "section",
            "name": name,
            "text": text,
            "kinds": {one: getattr(cls, "summary", "") for one, cls in family.usable().items()},
            "default_kind": kind.default,
            "parameters": usual["parameters"],
        }


def _sweep_tables(name: str) -> Iterator[Described]:
    if name in SWEEP_TABLES:
        yield _of_class("table of a sweep", name, SWEEP_TABLES[name])


def _part(path: str) -> str | None:
    """Return the text about a part of a network with kinds, such as ``network.projections.feed.delay``."""
    return None if family_at(path) is None else _PARTS[path.rpartition(".")[2]]


def _kinds(name: str) -> Iterator[Described]:
    for family in _families_with(name):
        yield _of_class(family.name, name, family.get(name))


def _tables_of_networks(name: str) -> Iterator[Described]:
    """Return the table of a population or projection, by its word, the name of its class, or the path of one."""
    above, _, below = name.partition(".")
    table = below.partition(".")[0].removesuffix("s") if above == "network" and below.count(".") == 1 else name.lower()
    for word, cls in (("population", Population), ("projection", Projection)):
        if table == word:
            made = _of_class("table of a network", word, cls)
            for one in made["parameters"]:
                if one["name"] in _PARTS:  # which have kinds, and pages of their own
                    one |= {"allowed": "a table", "live": False, "help": _PARTS[one["name"]]}
            yield made | {"text": made["text"].partition("\n\nAttributes")[0]}


def _classes(name: str) -> Iterator[Described]:
    """Return the kinds whose Python class has this name, as the reference of Python objects prints it."""
    families: list[Family[Any]] = [*FAMILIES, projection_rules]
    known = {kind: (family, cls) for family in families for kind, cls in family.usable().items()}
    for kind, (family, cls) in known.items():
        if cls.__name__ == name:
            yield _of_class(family.name, kind, cls)


def _families_with(kind: str) -> list[Family[Any]]:
    """Return the families that have a kind; rules of projections alone are in none of `FAMILIES`."""
    found: list[Family[Any]] = [family for family in FAMILIES if kind in family.kinds()]
    return found or [projection_rules] * (kind in projection_rules.kinds())


def expanded_experiment(name: str) -> Described:
    """Return an experiment whose network is spelled out.

    Raises
    ------
    StdpbenchError
        If there is no such experiment.
    """
    found = next((one for one in _experiments(name) if one["what"] == "experiment"), None)
    if found is None:
        near = suggestion(name, shipped_experiments())
        raise StdpbenchError(f"--expanded needs an experiment, and there is none {name!r}; {near}")
    return {**found, "experiment": Experiment.from_mapping(found["experiment"]).spelled_out().to_mapping()}


def _experiments(name: str) -> Iterator[Described]:
    path = Path(name).expanduser()
    if name in shipped_experiments():
        made, where = read_experiment(name), "which ships"
    elif path.is_file():
        table = read_toml(path)
        if {"arm", "grid", "random", "optuna"}.intersection(table):
            raise StdpbenchError(f"{name} is a sweep, not an experiment; `stdpbench sweep {name}` runs it")
        if not {*SECTIONS, "seed"}.intersection(table) and {"on_input_spike", "on_output_spike"}.intersection(table):
            rule = rules.build(rule_table(name), "plasticity")
            yield _of_class(rules.name, name, type(rule)) | _as_written(rule)
            return
        made, where = read_experiment(path), f"from {name}"
    else:
        return
    yield {
        "what": "experiment",
        "name": made.name,
        "where": where,
        "differs_from_defaults": {
            path: value for path, (_, value) in Experiment.from_mapping({}).differences(made).items()
        },
        "experiment": made.to_mapping(),
    }


def _as_written(rule: PlasticityRule) -> Described:
    """Return what the file of a custom rule says, in its own words, in place of the code that is made of it."""
    definition: Mapping[str, Any] = getattr(rule, "definition", {})
    spots = [(title, key) for title, key in TEXTS if key in definition]
    return {"text": definition.get("about", "")} | {title: definition[key].strip() for title, key in spots}


def _parameters(path: str) -> Iterator[Described]:
    """Return parameters with a dotted path: of a section, of each kind that a section can have, or of one kind."""
    section, _, name = path.rpartition(".")
    if path in ("name", "seed"):
        (declared,) = (one for one in Experiment.describe() if one.name == path)
        yield {"what": "parameter", "path": path, **_plain(declared, False)}
        return
    owners: list[tuple[str, type[Parameters]]] = []
    family = family_of(section)
    if section in _PLAIN or section in SWEEP_TABLES:
        owners = [("", (_PLAIN | SWEEP_TABLES)[section])]
    elif section.startswith("network.") and section.count(".") == 2:
        tables: dict[str, type[Parameters]] = {"populations": Population, "projections": Projection}
        owners = [("", cls)] if (cls := tables.get(section.split(".")[1])) is not None else []
    elif family is not None:
        kind = kind_parameter(section)
        if name == "kind" and kind is not None:
            yield {"what": "parameter", "path": path, **_plain(kind, False)}
            return
        owners = [*family.usable().items()]
    else:
        owners = [(section, one.get(section)) for one in _families_with(section)]
    for kind_name, cls in owners:
        for declared in cls.describe():
            if declared.name == name and family_at(path) is None:
                fixed = declared.structural or section == "about" or section in SWEEP_TABLES
                fixed = fixed or issubclass(cls, Dataset | Readout | TimedReadout)
                yield {"what": "parameter", "path": path, "kind": kind_name, **_plain(declared, not fixed)}


def _nearest(name: str) -> str:
    """Suggest the name that was probably meant."""
    owner, dot, _ = name.rpartition(".")
    plain = _PLAIN | SWEEP_TABLES
    paths = [f"{one}.{p.name}" for one in plain for p in plain[one].describe()]
    for one in _WITH_KINDS:
        family = family_of(one)
        assert family is not None
        paths += dict.fromkeys(f"{one}.{p.name}" for cls in family.usable().values() for p in cls.describe())
    families: list[Family[Any]] = [projection_rules, *FAMILIES]
    kinds = {kind: family for family in families for kind in family.kinds()}
    if owner in kinds:
        return suggestion(name, [f"{owner}.{p.name}" for p in kinds[owner].get(owner).describe()])
    if owner in SECTIONS or owner in SWEEP_TABLES:
        return suggestion(name, [path for path in paths if path.startswith(f"{owner}.")])
    if dot:
        near = nearest(name, paths)
        return f"did you mean {near!r}?" if near else f"sections are {', '.join(SECTIONS)}"
    alone = [path for path in paths if path.rpartition(".")[2] == name]
    if alone:
        return f"did you mean {alone[0]!r}?"
    return suggestion(name, {*kinds, *SECTIONS, *SWEEP_TABLES, *shipped_experiments()})


def _of_class(what: str, name: str, cls: type[Parameters]) -> Described:
    """Return a kind or a section as plain values."""
    fixed = what in _NEVER_LIVE or name == "about"
    described: Described = {"what": what, "name": name, "summary": getattr(cls, "summary", ""), "text": plain_doc(cls)}
    if issubclass(cls, PlasticityRule):
        described["traces"] = _traces(cls)
    described |= {title: inspect.cleandoc(text) for title, key in TEXTS if (text := getattr(cls, key, ""))}
    described["parameters"] = [
        _plain(one, not (one.structural or fixed)) for one in cls.describe() if one.type != "Experiment"
    ]
    if cls.presets:
        described["presets"] = {
            preset: {one.name: one.show(values[one.name]) for one in cls.describe() if one.name in values}
            for preset, values in cls.presets.items()
        }
    return described


def _plain(declared: Parameter, live: bool) -> Described:
    return {
        "name": declared.name,
        "type": declared.type,
        "unit": declared.unit,
        "default": "none" if declared.default is None else declared.show(declared.default),
        "allowed": declared.allowed,
        "minimum": declared.minimum,
        "maximum": declared.maximum,
        "choices": list(declared.choices),
        "optional": declared.optional,
        "live": live,
        "help": declared.help,
    }


def _traces(rule: type[PlasticityRule]) -> list[str]:
    """Describe the state variables of a rule, a line each."""
    lines = []
    for trace in rule.traces:
        event = "set to 1" if trace.on_spike == "set" else "raised by 1"
        lines.append(f"{trace.name}: {event} by an {trace.side} spike, decays with {trace.tau}")
    lines += [f"{name}: per synapse" for name in rule.synapse_variables]
    for average in rule.averages:
        line = f"{average.name}: follows {average.of} with {average.tau}, per target neuron"
        line += f", an output spike adds {average.on_spike}" if average.on_spike else ""
        lines.append(line + (f", read with a delay of {average.delay}" if average.delay else ""))
    return lines


# -- docstrings for the terminal: mathematics in Unicode, such as τ_c -------------------------------------------------


def plain_doc(cls: type) -> str:
    """Return the docstring of a class without mathematical markup, a line per paragraph; empty if it has none."""
    text = _DISPLAYED.sub(lambda found: _displayed(found[1]), inspect.getdoc(cls) or "")
    text = _INLINE.sub(lambda found: _unicode(found[1]), text)
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n\n".join(part if _is_set(part) else " ".join(part.split()) for part in paragraphs)


def _is_set(paragraph: str) -> bool:
    """Whether to keep the line breaks of a paragraph: indented text, a list, a table."""
    return any(re.match(r"\s|[*-] |[=|]", line) for line in paragraph.splitlines())


def _displayed(tex: str) -> str:
    lines = [_unicode(line) for line in tex.strip().split(r"\\")]
    return "".join(f"\n    {line}" for line in lines if line) + "\n\n"


def _unicode(tex: str) -> str:
    from pylatexenc.latex2text import LatexNodes2Text

    text = LatexNodes2Text(math_mode="text").latex_to_text(
        tex.replace("&", " ").replace(r"\leftarrow", r"\leftarrow{} ")
    )
    return re.sub(r"\s+", " ", text).strip()


# -- printing ---------------------------------------------------------------------------------------------------------


def print_described(name: str, found: Sequence[Described]) -> None:
    """Print what `look_up` returns."""
    console, parameters = Console(), [one for one in found if one["what"] == "parameter"]
    for number, one in enumerate(found[: len(found) - len(parameters)]):
        if number:
            console.print()
        if one["what"] == "experiment":
            console.print(f"experiment {one['name']}, {one['where']}:\n", style="bold")
            console.print(Experiment.from_mapping(one["experiment"]).to_toml())
        else:
            _show_class(console, one)
    if parameters:
        console.print(f"parameter {name}", style="bold")
        console.print(_table(parameters))


def _show_class(console: Console, one: Described) -> None:
    title = f"{one['what']} {one['name']}: {one.get('summary', '')}".rstrip(": ")
    console.print(title, style="bold")
    if one["text"]:
        console.print(one["text"])
    if "kinds" in one:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in (f"{one['name']}.kind", "description"):
            table.add_column(heading, overflow="fold")
        for kind, summary in one["kinds"].items():
            table.add_row(f"{kind} (default)" if kind == one["default_kind"] else kind, summary)
        console.print()
        console.print(table)
        usual = one["default_kind"]
        console.print(
            "\n`stdpbench describe KIND` shows the parameters of a kind."
            if usual is None
            else f"\nParameters of {usual}; `stdpbench describe KIND` shows those of another kind:",
        )
    if one.get("traces") is not None:
        console.print("\n  ".join(["\ntraces:", *one["traces"]]))
    for heading, _ in TEXTS:
        if heading in one:
            lines = one[heading].splitlines()
            console.print("\n  ".join([f"\n{heading}:", *lines]))
    if one["parameters"]:
        console.print(_table(one["parameters"]))
    if "presets" in one:
        console.print("\nPresets, chosen by --set plasticity.preset=NAME:")
        for name, values in one["presets"].items():
            settings = ", ".join(f"{parameter} {value}" for parameter, value in values.items())
            console.print(f"  {name}: {settings}")


def _table(parameters: list[Described]) -> Table:
    """Return a row per parameter, with its kind if there are several kinds."""
    table = Table(box=None, padding=(1, 2, 0, 0))
    columns = ["name", *(["kind"] if any(one.get("kind") for one in parameters) else []), "default", "allowed"]
    for heading in ("parameter", *columns[1:], "live", "description"):
        table.add_column(heading, overflow="fold")
    for one in parameters:
        table.add_row(*(one[column] for column in columns), "yes" if one["live"] else "", one["help"])
    return table
