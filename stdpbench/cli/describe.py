"""Look up the declarations with a name, and print them: ``stdpbench describe``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from stdpbench.base.errors import StdpbenchError, nearest, suggestion
from stdpbench.base.files import read_toml
from stdpbench.cli.terminal import PLAIN, Console, new_table
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
from stdpbench.kinds.release import releases
from stdpbench.kinds.weights import weights
from stdpbench.results.readout import Readout, TimedReadout, readouts, timed_readouts
from stdpbench.studies.sweeps.definition import TABLES as SWEEP_TABLES

_INLINE = re.compile(r":math:`([^`]*)`")
_DISPLAYED = re.compile(r"^\.\. math::(.*(?:\n(?:[ ]+.*)?)*)$", re.MULTILINE)  # including indented lines below
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
    releases,
    noises,
    readouts,
    timed_readouts,
)
PLAIN_SECTIONS: dict[str, type[Parameters]] = {
    "about": About,
    "schedule": Schedule,
    "evaluation": Evaluation,
    "simulator": Simulation,
}
_WITH_KINDS = {
    "network": "The neurons and their connections.",
    "data": "Source of the pictures or of the spikes of a stream, and preprocessing of pictures.",
    "encoding": "Encoding of pictures as input spikes.",
    "exc": "The exc neurons, which learn.",
    "inh": "The inh neurons; simulated if network.inhibition is 'layer'.",
    "plasticity": "Learning rule of the weights from the input.",
    "lateral": "Learning rule of the weights of lateral inhibition, if they learn.",
    "reference": "Training of the network with labels, if any.",
}
_PARTS = {
    "neuron": "Model of the neurons of a population; without it, the population is the input.",
    "noise": "Spikes that reach the neurons of a population in addition to those of projections; default: none.",
    "connect": "Connections from source neurons to target neurons.",
    "weight": "Weights before any learning; a number is short for a constant.",
    "delay": "Axonal delay, from a spike to its arrival; a time is short for a constant.",
    "plasticity": "Learning rule of the weights of a projection; without it, they do not learn.",
    "delay_plasticity": "Learning rule of the axonal delays of a projection; without it, they do not learn.",
    "release": "Short-term plasticity of a projection; without it, each spike delivers the weight.",
    "normalise": "Scaling of the weights before each training presentation; without it, they are not scaled.",
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
    """Return all names that can be described, by family, except parameters."""
    kinds = {family.name: list(family.kinds()) for family in FAMILIES}
    kinds[projection_rules.name] = list(projection_rules.kinds())
    tables = {"section": list(SECTIONS), "table of a sweep": list(SWEEP_TABLES)}
    return kinds | tables | {"experiment": list(shipped_experiments())}


def look_up(name: str) -> Iterator[Described]:
    """Yield all items of that name: sections, kinds, experiments and files, parameters by dotted path.

    Raises
    ------
    StdpbenchError
        If there is no item of that name.
    """
    items = [*_sections(name), *_sweep_tables(name), *_kinds(name), *_experiments(name)]
    items += () if name in SWEEP_TABLES else _parameters(name)
    items = items or [*_tables_of_networks(name), *_classes(name)]
    if not items:
        raise StdpbenchError(f"nothing is named {name!r}; {_nearest(name)}")
    yield from items


def _sections(name: str) -> Iterator[Described]:
    if name in PLAIN_SECTIONS:
        yield _of_class("section", name, PLAIN_SECTIONS[name])
    elif (text := _WITH_KINDS.get(name) or _part(name)) is not None:
        family, kind = family_of(name), kind_parameter(name)
        assert family is not None
        assert kind is not None
        default: Described = {"parameters": []}
        if kind.default is not None:
            default = _of_class(family.name, kind.default, family.get(kind.default))
        yield {
            "what": "section",
            "name": name,
            "text": text,
            "kinds": {name_: getattr(cls, "summary", "") for name_, cls in family.usable().items()},
            "default_kind": kind.default,
            "parameters": default["parameters"],
        }


def _sweep_tables(name: str) -> Iterator[Described]:
    if name in SWEEP_TABLES:
        yield _of_class("table of a sweep", name, SWEEP_TABLES[name])


def _part(path: str) -> str | None:
    """Return the description of a part of a network that has kinds, such as ``network.projections.feed.delay``."""
    return None if family_at(path) is None else _PARTS[path.rpartition(".")[2]]


def _kinds(name: str) -> Iterator[Described]:
    for family in _families_with(name):
        yield _of_class(family.name, name, family.get(name))


def _tables_of_networks(name: str) -> Iterator[Described]:
    """Yield the table of a population or projection, by its noun, the name of its class, or a path."""
    above, _, below = name.partition(".")
    table = below.partition(".")[0].removesuffix("s") if above == "network" and below.count(".") == 1 else name.lower()
    for word, cls in (("population", Population), ("projection", Projection)):
        if table == word:
            described = _of_class("table of a network", word, cls)
            for parameter in described["parameters"]:
                if parameter["name"] in _PARTS:  # parts with kinds are described separately
                    parameter |= {"allowed": "a table", "live": False, "help": _PARTS[parameter["name"]]}
            yield described | {"text": described["text"].partition("\n\nAttributes")[0]}


def _classes(name: str) -> Iterator[Described]:
    """Yield the kinds whose Python class has this name."""
    families: list[Family[Any]] = [*FAMILIES, projection_rules]
    by_kind = {kind: (family, cls) for family in families for kind, cls in family.usable().items()}
    for kind, (family, cls) in by_kind.items():
        if cls.__name__ == name:
            yield _of_class(family.name, kind, cls)


def _families_with(kind: str) -> list[Family[Any]]:
    """Return the families that have a kind, including rules that only projections can have."""
    families: list[Family[Any]] = [family for family in FAMILIES if kind in family.kinds()]
    return families or [projection_rules] * (kind in projection_rules.kinds())


def expanded_experiment(name: str) -> Described:
    """Return an experiment whose network is written in full.

    Raises
    ------
    StdpbenchError
        If there is no such experiment.
    """
    found = next((item for item in _experiments(name) if item["what"] == "experiment"), None)
    if found is None:
        near = suggestion(name, shipped_experiments())
        raise StdpbenchError(f"--expanded needs an experiment, and there is none {name!r}; {near}")
    return {**found, "experiment": Experiment.from_mapping(found["experiment"]).spelled_out().to_mapping()}


def _experiments(name: str) -> Iterator[Described]:
    path = Path(name).expanduser()
    if name in shipped_experiments():
        experiment, origin = read_experiment(name), "which ships"
    elif path.is_file():
        table = read_toml(path)
        if {"arm", "grid", "random", "optuna"}.intersection(table):
            raise StdpbenchError(f"{name} is a sweep, not an experiment; `stdpbench sweep {name}` runs it")
        if not {*SECTIONS, "seed"}.intersection(table) and {"on_input_spike", "on_output_spike"}.intersection(table):
            rule = rules.build(rule_table(name), "plasticity")
            yield _of_class(rules.name, name, type(rule)) | _as_written(rule)
            return
        experiment, origin = read_experiment(path), f"from {name}"
    else:
        return
    yield {
        "what": "experiment",
        "name": experiment.name,
        "where": origin,
        "differs_from_defaults": {
            path: value for path, (_, value) in Experiment.from_mapping({}).differences(experiment).items()
        },
        "experiment": experiment.to_mapping(),
    }


def _as_written(rule: PlasticityRule) -> Described:
    """Return the texts in the file of a custom rule, instead of the code generated from them."""
    definition: Mapping[str, Any] = getattr(rule, "definition", {})
    present = [(title, key) for title, key in TEXTS if key in definition]
    return {"text": definition.get("about", "")} | {title: definition[key].strip() for title, key in present}


def _parameters(path: str) -> Iterator[Described]:
    """Yield the parameters with a dotted path: of a section, of each kind of a section, or of one kind."""
    section, _, name = path.rpartition(".")
    if path in ("name", "seed"):
        (declared,) = (parameter for parameter in Experiment.describe() if parameter.name == path)
        yield {"what": "parameter", "path": path, **_plain(declared, False)}
        return
    owners: list[tuple[str, type[Parameters]]] = []
    family = family_of(section)
    if section in PLAIN_SECTIONS or section in SWEEP_TABLES:
        owners = [("", (PLAIN_SECTIONS | SWEEP_TABLES)[section])]
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
        owners = [(section, family.get(section)) for family in _families_with(section)]
    for kind_name, cls in owners:
        for declared in cls.describe():
            if declared.name == name and family_at(path) is None:
                fixed = declared.structural or section == "about" or section in SWEEP_TABLES
                fixed = fixed or issubclass(cls, Dataset | Readout | TimedReadout)
                yield {"what": "parameter", "path": path, "kind": kind_name, **_plain(declared, not fixed)}


def _nearest(name: str) -> str:
    """Return a hint that suggests the most similar name."""
    owner, dot, _ = name.rpartition(".")
    plain = PLAIN_SECTIONS | SWEEP_TABLES
    paths = [f"{section}.{p.name}" for section in plain for p in plain[section].describe()]
    for section in _WITH_KINDS:
        family = family_of(section)
        assert family is not None
        paths += dict.fromkeys(f"{section}.{p.name}" for cls in family.usable().values() for p in cls.describe())
    families: list[Family[Any]] = [projection_rules, *FAMILIES]
    kinds = {kind: family for family in families for kind in family.kinds()}
    if owner in kinds:
        return suggestion(name, [f"{owner}.{p.name}" for p in kinds[owner].get(owner).describe()])
    if owner in SECTIONS or owner in SWEEP_TABLES:
        return suggestion(name, [path for path in paths if path.startswith(f"{owner}.")])
    if dot:
        near = nearest(name, paths)
        return f"did you mean {near!r}?" if near else f"sections are {', '.join(SECTIONS)}"
    matching = [path for path in paths if path.rpartition(".")[2] == name]
    if matching:
        return f"did you mean {matching[0]!r}?"
    return suggestion(name, {*kinds, *SECTIONS, *SWEEP_TABLES, *shipped_experiments()})


def _of_class(family: str, name: str, cls: type[Parameters]) -> Described:
    """Return a kind or a section as plain values."""
    fixed = family in _NEVER_LIVE or name == "about"
    described: Described = {
        "what": family,
        "name": name,
        "summary": getattr(cls, "summary", ""),
        "text": plain_doc(cls),
    }
    if issubclass(cls, PlasticityRule):
        described["traces"] = _traces(cls)
    described |= {title: inspect.cleandoc(text) for title, key in TEXTS if (text := getattr(cls, key, ""))}
    parameters = [declared for declared in cls.describe() if declared.type != "Experiment"]
    described["parameters"] = [_plain(declared, not (declared.structural or fixed)) for declared in parameters]
    if cls.presets:
        described["presets"] = {
            preset: {p.name: p.show(values[p.name]) for p in cls.describe() if p.name in values}
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
    """Return a description of each state variable of a rule."""
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
    """Return the docstring of a class without mathematical markup, one line per paragraph; empty if there is none."""
    text = _DISPLAYED.sub(lambda match: _displayed(match[1]), inspect.getdoc(cls) or "")
    text = _INLINE.sub(lambda match: _unicode(match[1]), text)
    paragraphs = [paragraph.strip("\n") for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
    return "\n\n".join(text if _keeps_lines(text) else " ".join(text.split()) for text in paragraphs)


def _keeps_lines(paragraph: str) -> bool:
    """Return whether to keep the line breaks of a paragraph: indented text, a list, a table."""
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


def print_described(name: str, items: Sequence[Described]) -> None:
    """Print the items returned by `look_up`."""
    console, parameters = Console(), [item for item in items if item["what"] == "parameter"]
    for number, item in enumerate(items[: len(items) - len(parameters)]):
        if number:
            console.print()
        if item["what"] == "experiment":
            console.print(f"experiment {item['name']}, {item['where']}:\n", style="bold")
            console.print(Experiment.from_mapping(item["experiment"]).to_toml())
        else:
            _show_class(console, item)
    if parameters:
        console.print(f"parameter {name}", style="bold")
        console.print(_table(parameters))


def _show_class(console: Console, item: Described) -> None:
    title = f"{item['what']} {item['name']}: {item.get('summary', '')}".rstrip(": ")
    console.print(title, style="bold")
    if item["text"]:
        console.print(item["text"])
    if "kinds" in item:
        table = new_table(f"{item['name']}.kind", "description", **PLAIN)
        for kind, summary in item["kinds"].items():
            table.add_row(f"{kind} (default)" if kind == item["default_kind"] else kind, summary)
        console.print()
        console.print(table)
        default = item["default_kind"]
        console.print(
            "\n`stdpbench describe KIND` shows the parameters of a kind."
            if default is None
            else f"\nParameters of {default}; `stdpbench describe KIND` shows those of another kind:",
        )
    if item.get("traces") is not None:
        console.print("\n  ".join(["\ntraces:", *item["traces"]]))
    for heading, _ in TEXTS:
        if heading in item:
            lines = item[heading].splitlines()
            console.print("\n  ".join([f"\n{heading}:", *lines]))
    if item["parameters"]:
        console.print(_table(item["parameters"]))
    if "presets" in item:
        console.print("\nPresets, chosen by --set plasticity.preset=NAME:")
        for name, values in item["presets"].items():
            settings = ", ".join(f"{parameter} {value}" for parameter, value in values.items())
            console.print(f"  {name}: {settings}")


def _table(parameters: list[Described]) -> Table:
    """Return a table with a row per parameter, with its kind if there are several kinds."""
    kind = ["kind"] if any(parameter.get("kind") for parameter in parameters) else []
    columns = ["name", *kind, "default", "allowed"]
    table = new_table("parameter", *columns[1:], "live", "description", box=None, padding=(1, 2, 0, 0))
    for parameter in parameters:
        cells = (parameter[column] for column in columns)
        table.add_row(*cells, "yes" if parameter["live"] else "", parameter["help"])
    return table
