"""Links, commands, parameters, files and dotted names in README and docs exist."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest
import typer

from stdpbench.api.run import Run
from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.app import app
from stdpbench.cli.completion import described, experiment_names, sweep_files
from stdpbench.cli.describe import look_up
from stdpbench.experiment import SECTIONS, Experiment
from stdpbench_gui.session.console_proxy import App

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {"csv", "h", "html", "json", "jsonl", "log", "md", "npy", "npz", "png", "py", "toml", "txt"}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("data/*.md"), *ROOT.glob("docs/**/*.md")])
PAGES = [page for page in PAGES if "generated" not in page.parts]
GUIDES = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""Pages that describe the present state only."""
ROOMS = [ROOT, ROOT / "gui", ROOT / "gui/stdpbench_gui", ROOT / "stdpbench"]
ROOMS += [
    ROOT / f"stdpbench/{door}" for door in ("base", "declare", "data", "kinds", "experiment", "results", "engine")
]
ROOMS += [ROOT / f"stdpbench/{door}" for door in ("bridges", "runs", "studies", "engine/simulators", "runs/protocol")]
"""Folders that names of files and modules are relative to."""
OBJECTS: dict[str, type] = {"run": Run, "experiment": Experiment, "app": App}
"""Variables in examples, whose attributes must exist."""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """The page without code blocks."""
    return re.sub(r"(?ms)^```.*?^```|^    .*?$", "", page.read_text(encoding="utf-8"))


def inline_code(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(page))


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub generates them."""
    titles = re.findall(r"(?m)^#+ (.*)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def commands(page: Path) -> Iterator[list[str]]:
    """The stdpbench commands of a page, each as a list of words."""
    text = page.read_text(encoding="utf-8")
    shell = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```", text)).replace("\\\n", " ")
    lines = re.findall(r"(?m)^(?:\.venv/bin/)?stdpbench .*$", shell)
    inline = [code for code in inline_code(page) if code.startswith("stdpbench ")]
    for line in chain(lines, inline):
        words = shlex.split(line, comments=True)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            yield words[1:end]
            words = words[end + 1 :]


def problems(words: list[str], parameters: set[str]) -> Iterator[str]:
    """Unknown commands, options, parameters and shipped experiments in one command."""
    command, words = typer.main.get_command(app), list(words)
    while (subcommands := getattr(command, "commands", None)) and words and words[0][0].islower():
        command = subcommands.get(words.pop(0))
        if command is None:
            yield "unknown command"
            return
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for number, word in enumerate(words):
        if word.startswith("--") and word.partition("=")[0] not in {*known, "--help"}:
            yield f"unknown option {word}"
        if word == "--set" and command.name in ("run", "sweep", "branch"):
            path = words[number + 1].partition("=")[0]
            if path not in parameters and path != "PATH" and not _in_network(path):
                yield f"unknown parameter {path}"
    first = words[0] if words else ""
    if re.fullmatch(r"[a-z][a-z0-9-]*", first) and command.name in ("run", "sweep"):
        shipped = experiment_names(first) if command.name == "run" else sweep_files(first)
        if first not in shipped:
            yield f"{first} does not ship"


def _in_network(path: str) -> bool:
    """Whether a dotted path is a population, a projection, or a parameter of one."""
    if not re.match(r"network\.(populations|projections)\.", path):
        return False
    with suppress(StdpbenchError):  # a size is short for a shape
        return path.count(".") == 2 or path.endswith(".size") or bool(list(look_up(path)))
    return False


@pytest.fixture(scope="module")
def parameters() -> set[str]:
    """Dotted paths of all parameters of an experiment."""
    paths = {path for section in SECTIONS for path in (*described(f"{section}."), f"{section}.kind")}
    return paths | {"plasticity.file"}  # of a custom rule


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_options_and_parameters_exist(page: Path, parameters: set[str]) -> None:
    found = [(" ".join(words), problem) for words in commands(page) for problem in problems(words, parameters)]
    assert found == []


def exists(dotted: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one, from any of the rooms."""
    first, *rest = dotted.split(".")
    if first in OBJECTS and hasattr(OBJECTS[first], rest[0]):
        return True
    return any(_exists_in(room, [first, *rest]) for room in ROOMS)


def _exists_in(folder: Path, names: list[str]) -> bool:
    place, rest = folder, list(names)
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    if rest and (place / f"{rest[0]}.py").is_file():
        place = place / f"{rest.pop(0)}.py"
    if place == folder or not rest:
        return place != folder
    base = ROOT / "gui" if place.is_relative_to(ROOT / "gui") else ROOT
    value: object = importlib.import_module(".".join(place.relative_to(base).with_suffix("").parts))
    for name in rest:
        if not hasattr(value, name):
            return False
        value = getattr(value, name)
    return True


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_dotted_names_exist(page: Path, parameters: set[str]) -> None:
    tops = {path.stem for room in ROOMS for path in room.iterdir() if path.is_dir() or path.suffix == ".py"}
    found = [
        re.match(r"(?:python -m )?([A-Za-z_]+(?:\.[A-Za-z_]\w*)+)(?=$|[\s(\[])", code) for code in inline_code(page)
    ]
    names = {match[1] for match in found if match is not None} - parameters
    names = {name for name in names if name.partition(".")[0] in {*tops, *OBJECTS}}
    names = {name for name in names if name.rpartition(".")[2] not in SUFFIXES and not _in_network(name)}
    assert sorted(name for name in names if not exists(name)) == []


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_source_files_exist(page: Path) -> None:
    named = {code for code in inline_code(page) if re.fullmatch(r"[\w-]+(/[\w-]+)+\.(py|cpp|h|toml|ipynb)", code)}
    named |= set(re.findall(r"python ((?:benchmarks|docs)/\w+\.py)", page.read_text(encoding="utf-8")))
    assert [file for file in sorted(named) if not any((room / file).is_file() for room in ROOMS)] == []
