"""Reference pages, made of what `stdpbench describe`, `stdpbench --help` and the Python objects declare.

The pages are written to ``docs/reference/generated`` before Sphinx reads its sources. No text of theirs exists a
second time: a parameter's help is what the app shows as a tooltip, and an option's help is what ``--help`` prints.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import typer

import stdpbench
from stdpbench.cli.app import app as command_line
from stdpbench.cli.describe import FAMILIES, TEXTS, Described, look_up
from stdpbench.declare.registry import Family
from stdpbench.experiment import SECTIONS, family_of, read_experiment, shipped_experiments
from stdpbench.experiment.graph.tables import POPULATION, PROJECTION
from stdpbench.kinds.plasticity import projection_rules
from stdpbench.studies import lab
from stdpbench.studies.sweeps import definition

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "generated"
TITLES = {
    "data set": "Data sets",
    "encoder": "Encoders",
    "neuron": "Neurons",
    "plasticity rule": "Plasticity rules",
    "lateral inhibition": "Lateral inhibition",
    "reference": "References, trained with labels",
    "network": "Networks",
    "connection": "Connections",
    "weight": "Weights at the start",
    "delay": "Delays",
    "delay rule": "Rules for delays",
    "normalisation": "Normalisations",
    "noise": "Noise",
    "read-out": "Read-outs",
    "read-out of spike times": "Read-outs of spike times",
}
_EXPERIMENT = (
    *("read", "from_toml", "from_mapping", "override", "differences", "to_toml", "to_mapping", "graph"),
    *("spelled_out", "digest"),
)


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the Markdown of each page."""
    yield "experiment-file", _experiment_file()
    yield "sweep-file", _sweep_file()
    yield "shipped", _shipped()
    for family in FAMILIES:
        yield _page_of(family.name), _family(projection_rules if family.name == projection_rules.name else family)
    yield "commands", _commands()
    yield "python", _python()


def write_pages() -> None:
    """Write the pages that have changed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        file, made = FOLDER / f"{name}.md", text.rstrip() + "\n"
        if not file.is_file() or file.read_text(encoding="utf-8") != made:
            file.write_text(made, encoding="utf-8")


def setup(app: Any) -> None:
    """Write the pages before Sphinx looks for its sources."""
    app.connect("config-inited", lambda app, config: write_pages())


# -- files of experiments and sweeps ----------------------------------------------------------------------------------


def _experiment_file() -> str:
    lines = [
        "# The experiment file",
        "A TOML file with the values that differ from the defaults. Each table below is a section; `kind` chooses its "
        "kind, and the other keys are parameters of that kind. `stdpbench describe SECTION` prints the same in a "
        "terminal. Parameters marked *live* can be changed while a run is in progress.",
        "## Keys above all tables",
        _table([*look_up("name"), *look_up("seed")]),
    ]
    for section in SECTIONS:
        (described, *_) = (one for one in look_up(section) if one["what"] == "section")
        lines += [f"## `[{section}]`", _paragraphs(described["text"])]
        family = family_of(section)
        if family is None:
            lines.append(_table(described["parameters"]))
        else:
            usual = described["default_kind"]
            lines.append(_kinds_table(family.name, f"{section}.kind", described["kinds"], usual))
    lines += [
        "## Parts of a network",
        "Tables of populations and projections, in a network of kind `graph` "
        "([networks.md](../../networks.md#a-network-spelled-out)).",
    ]
    for owner, parts in (("populations", POPULATION), ("projections", PROJECTION)):
        for part, family in parts.items():
            path = f"network.{owner}.NAME.{part}"
            (described, *_) = look_up(path.replace("NAME", "x"))
            lines += [f"### `{path}`", _paragraphs(described["text"])]
            lines.append(_kinds_table(family.name, "kind", described["kinds"], described["default_kind"]))
    return "\n\n".join(lines)


def _kinds_table(family: str, heading: str, kinds: Mapping[str, str], usual: str | None) -> str:
    rows = [
        (
            f"[`{kind}`]({_page_of(family)}.md#{_anchor(kind)})" + (" (default)" if kind == usual else ""),
            _text(summary),
        )
        for kind, summary in kinds.items()
    ]
    return _rows((f"`{heading}`", "description"), rows)


def _sweep_file() -> str:
    example = inspect.cleandoc(definition.__doc__ or "").partition("As a file::")[2]
    code, _, rest = example.partition("\n\nSettings are")
    lines = [
        "# The sweep file",
        "A TOML file that `stdpbench sweep` carries out. An example with every table:",
        f"```toml\n{inspect.cleandoc(code)}\n```",
        _text(" ".join(f"Settings are{rest}".split())),
    ]
    for name in definition.TABLES:
        (described,) = look_up(name)
        title = "Keys above all tables" if name == "sweep" else f"`[{name.removeprefix('sweep.')}]`"
        lines += [f"## {title.replace('[arm]', '[[arm]]')}", _paragraphs(described["text"])]
        lines.append(_table(described["parameters"]))
    return "\n\n".join(lines)


def _shipped() -> str:
    rows = []
    for name, path in shipped_experiments().items():
        about = read_experiment(path).about
        rows.append((f"`{name}`", _text(about.title), _text(about.expected_accuracy), _text(about.expected_time)))
    table = _rows(("experiment", "description", "expected accuracy", "time"), rows)
    return f"# Shipped experiments\n\n`stdpbench experiments` lists them; `stdpbench run NAME` runs one.\n\n{table}"


# -- kinds ------------------------------------------------------------------------------------------------------------


def _page_of(family: str) -> str:
    return "kinds-" + family.replace(" ", "-")


def _anchor(kind: str) -> str:
    return re.sub(r"[^\w-]", "", kind)


def _chosen_by(family: str) -> list[str]:
    paths = [f"{section}.kind" for section in SECTIONS if getattr(family_of(section), "name", "") == family]
    for owner, parts in (("populations", POPULATION), ("projections", PROJECTION)):
        paths += [f"network.{owner}.NAME.{part}.kind" for part, one in parts.items() if one.name == family]
    return paths


def _family(family: Family[Any]) -> str:
    name, kinds = family.name, family.kinds()
    lines = [f"# {TITLES.get(name, name.capitalize())}"]
    if paths := _chosen_by(name):
        lines.append(f"Chosen by {', '.join(f'`{path}`' for path in paths)}.")
    summaries = {kind: _described(name, kind).get("summary", "") for kind in kinds}
    lines.append(_rows(("kind", "description"), [(f"[`{k}`](#{_anchor(k)})", _text(s)) for k, s in summaries.items()]))
    for kind in kinds:
        lines += _kind(_described(name, kind), inspect.getdoc(family.get(kind)) or "")
    return "\n\n".join(lines)


def _described(family: str, kind: str) -> Described:
    found = list(look_up(kind))
    return next((one for one in found if one["what"] == family), found[0])


def _kind(one: Described, doc: str) -> list[str]:
    lines = [f"## {one['name']}", _doc(doc)]
    if one.get("traces"):
        lines.append("**Traces**\n\n" + "\n".join(f"- {_text(trace)}" for trace in one["traces"]))
    for heading, text in ((heading, one[heading]) for heading, _ in TEXTS if heading in one):
        if heading in ("reference", "in the digit network"):
            lines.append(f"**{heading.capitalize()}**: {_linked(_text(text))}")
        else:
            lines.append(f"**{heading.capitalize()}**\n\n```text\n{text}\n```")
    if one["parameters"]:
        lines.append(_table(one["parameters"]))
    if "presets" in one:
        rows = [
            (f"`{name}`", ", ".join(f"`{k}` {v}" for k, v in values.items()))
            for name, values in one["presets"].items()
        ]
        lines.append(_rows(("preset", "values"), rows))
    return lines


# -- command line and Python ------------------------------------------------------------------------------------------


def _commands() -> str:
    root = typer.main.get_command(command_line)
    lines = [
        "# Commands",
        "What `--help` prints. [Names, values, JSON and exit status](../../command-line.md) has what commands share.",
    ]
    return "\n\n".join([*lines, *_command(root, "stdpbench", None)])


def _command(command: Any, name: str, parent: Any) -> Iterator[str]:
    with click.Context(command, info_name=name.rpartition(" ")[2], parent=parent) as context:
        subcommands = getattr(command, "commands", {})
        if parent is not None:
            yield f"## `{name}`"
            usage = " ".join(command.collect_usage_pieces(context))
            yield f"```text\n{name} {usage}\n```"
            yield _paragraphs(inspect.cleandoc(command.help or ""))
        records = [parameter.get_help_record(context) for parameter in command.params]
        rows = [(f"`{_cell(names)}`", _text(" ".join(text.split()))) for names, text in filter(None, records)]
        if rows:
            yield _rows(("argument or option", "description"), rows)
        for word, subcommand in subcommands.items():
            yield from _command(subcommand, f"{name} {word}", context)


def _python() -> str:
    public = [name for name in stdpbench.__all__ if name not in ("__version__", "lab", "runs")]
    classes = [name for name in public if inspect.isclass(getattr(stdpbench, name))]
    lines = ["# Python objects", "Signatures and docstrings; [python.md](../../python.md) is the guide."]
    lines.append("## Functions")
    functions = [f"stdpbench.{name}" for name in public if name not in classes] + ["stdpbench.api.runs"]
    lines.append(_autodoc(f".. autofunction:: {name}" for name in functions))
    for name in classes:
        options = "   :members:\n   :inherited-members: BaseModel\n" if name != "Experiment" else ""
        options = f"   :members: {', '.join(_EXPERIMENT)}\n" if name == "Experiment" else options
        lines += [f"## {name}", _autodoc([f".. autoclass:: stdpbench.{name}\n{options}"])]
    lines.append("## The laboratory: `stdpbench.studies.lab`")
    found = [name for name in lab.__all__ if name != "PROTOCOLS"]
    lines.append(
        _autodoc(
            f".. auto{'class' if inspect.isclass(getattr(lab, name)) else 'function'}:: stdpbench.studies.lab.{name}"
            for name in found
        )
    )
    return "\n\n".join(lines)


def _autodoc(directives: Iterable[str]) -> str:
    return "````{eval-rst}\n" + "\n\n".join(directives) + "\n````"


# -- Markdown ---------------------------------------------------------------------------------------------------------


def _table(parameters: Sequence[Described]) -> str:
    """Return a row per parameter."""
    kinds = any(one.get("kind") for one in parameters)
    rows = []
    for one in parameters:
        cells = [f"`{one['name']}`", *([f"`{one['kind']}`"] if kinds else []), _code(one["default"])]
        rows.append((*cells, _code(one["allowed"]), "live" if one["live"] else "", _text(one["help"])))
    return _rows(("parameter", *(["kind"] if kinds else []), "default", "allowed", "", "description"), rows)


def _rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (headings, ["---"] * len(headings), *rows)]
    return "\n".join(lines)


def _doc(text: str) -> str:
    """Return a docstring, which is reStructuredText with formulas."""
    return f"````{{eval-rst}}\n{text}\n````"


def _paragraphs(text: str) -> str:
    """Return plain text of several paragraphs as Markdown."""
    return "\n\n".join(_text(" ".join(part.split())) for part in re.split(r"\n\s*\n", text) if part.strip())


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _text(text: str) -> str:
    """Return plain text with code in backticks as Markdown, for a cell of a table too."""
    parts = re.split(r"(`+[^`]*`+)", text)
    return "".join(
        _cell(re.sub(r"`+", "`", part) if number % 2 else re.sub(r"([\\*_<>\[\]{}#])", r"\\\1", part))
        for number, part in enumerate(parts)
    )


def _linked(text: str) -> str:
    return re.sub(r"doi:(10\.[^\s,;)]+)", r"[doi:\1](https://doi.org/\1)", text)
