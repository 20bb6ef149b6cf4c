"""Shell completion of experiments, runs, kinds and parameters.

To avoid heavy imports while the user waits, names of kinds and parameters are cached in a small file, which is
rewritten when the code or the installed packages that declare them change.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path
from typing import Any

from typer import Context

from stdpbench import __version__
from stdpbench.base import paths
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside

_FILE = "completion.json"
_DECLARING = ("bridges", "data", "engine", "experiment", "kinds", "studies")

Names = dict[str, Any]


def experiment_names(incomplete: str) -> list[str]:
    """Complete shipped experiments and TOML files."""
    return [*_starting(_shipped("experiments"), incomplete), *_files(incomplete)]


def reference_kinds(incomplete: str) -> list[str]:
    """Complete kinds of references."""
    from stdpbench.experiment import trained_kinds

    return _starting(trained_kinds(), incomplete)


def sweep_files(incomplete: str) -> list[str]:
    """Complete shipped sweeps and TOML files."""
    return [*_starting(_shipped("experiments/sweeps"), incomplete), *_files(incomplete)]


def runs_of(ctx: Context, incomplete: str) -> list[str]:
    """Complete names of runs; those of a sweep are SWEEP/NAME."""
    from stdpbench.runs.catalog.store import run_names, sweep_folders

    runs = _runs_folder(ctx)
    above, slash, _ = incomplete.rpartition("/")
    if slash:
        return _starting((f"{above}/{name}" for name in run_names(runs / above)), incomplete)
    return _starting([*run_names(runs), *(f"{folder.name}/" for folder in sweep_folders(runs))], incomplete)


def experiments_or_runs(ctx: Context, incomplete: str) -> list[str]:
    """Complete experiments and runs, which can be queued or opened in the app."""
    return [*experiment_names(incomplete), *runs_of(ctx, incomplete)]


def sweeps_of(ctx: Context, incomplete: str) -> list[str]:
    """Complete sweep folders in the runs folder."""
    from stdpbench.runs.catalog.store import sweep_folders

    return _starting((folder.name for folder in sweep_folders(_runs_folder(ctx))), incomplete)


def tags_of(ctx: Context, incomplete: str) -> list[str]:
    """Complete the tags of the runs in the runs folder."""
    from stdpbench.runs.catalog.store import run_names
    from stdpbench.runs.folder.notes import read_notes

    runs, tags = _runs_folder(ctx), set[str]()
    for name in run_names(runs):
        with suppress(StdpbenchError):
            tags.update(read_notes(runs / name).tags)
    return _starting(sorted(tags), incomplete)


def runs_in_bin(ctx: Context, incomplete: str) -> list[str]:
    """Complete runs in the bin."""
    from stdpbench.runs.catalog.store import BIN, run_names

    return _starting(run_names(_runs_folder(ctx) / BIN), incomplete)


def rule_names(incomplete: str) -> list[str]:
    """Complete kinds of plasticity rules and TOML files."""
    return [*_starting(_names()["kinds"]["plasticity"], incomplete), *_files(incomplete)]


def checked_kinds(incomplete: str) -> list[str]:
    """Complete the kinds of rules and normalisations that `stdpbench validate` checks."""
    return _starting(_names()["checked"], incomplete)


def described(incomplete: str) -> list[str]:
    """Complete every name that `stdpbench describe` accepts."""
    names = _names()
    if "." in incomplete and not incomplete.endswith(".toml"):
        paths_ = (f"{section}.{name}" for section, kinds in names["parameters"].items() for name in _all_of(kinds))
        candidates = _starting(chain(paths_, names["sweep"]), incomplete)
    else:
        candidates = _starting(chain(names["parameters"], ["sweep"], *names["kinds"].values()), incomplete)
    return [*candidates, *experiment_names(incomplete)]


def assignments(ctx: Context, incomplete: str) -> list[str]:
    """Complete PATH=VALUE for the experiment given before, after its earlier --set options."""
    names, kinds = _names(), _kinds_of(ctx)
    path, equals, _ = incomplete.partition("=")
    if equals:
        section, _, name = path.partition(".")
        values = names["kinds"].get(section, []) if name == "kind" else _of(names, section, kinds).get(name, [])
        return _starting((f"{path}={value}" for value in values), incomplete)
    paths_ = (f"{section}.{name}=" for section in names["parameters"] for name in _of(names, section, kinds))
    return _starting(chain(paths_, (f"{section}.kind=" for section in names["kinds"] if section in kinds)), incomplete)


def rule_assignments(ctx: Context, incomplete: str) -> list[str]:
    """Complete NAME=VALUE for the rule given before."""
    names, rule = _names(), str(ctx.params.get("rule") or _typed(ctx, 1 if ctx.info_name == "change-rule" else 0))
    return _starting((f"{name}=" for name in _of(names, "plasticity", {"plasticity": rule})), incomplete)


def learners(ctx: Context, incomplete: str) -> list[str]:
    """Complete the plastic projections of the run given before, if its network is written in full."""
    network = _tables_of(ctx).get("network", {})
    projections = network.get("projections", {}) if isinstance(network, dict) else {}
    return _starting((name for name, table in projections.items() if "plasticity" in table), incomplete)


def columns(incomplete: str) -> list[str]:
    """Complete columns of `stdpbench list`, separated by commas."""
    from stdpbench.runs.catalog.store import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    names = _names()["parameters"]
    paths_ = (f"{section}.{name}" for section, kinds in names.items() for name in _all_of(kinds))
    return [f"{before}{comma}{name}" for name in _starting(chain(COLUMNS, paths_), last)]


def simulators(incomplete: str) -> list[str]:
    """Complete simulators."""
    return _starting(_names()["simulators"], incomplete)


def roundings(incomplete: str) -> list[str]:
    """Complete the methods of rounding weights."""
    return _starting(("nearest", "stochastic"), incomplete)


def chips(incomplete: str) -> list[str]:
    """Complete neuromorphic chips."""
    return _starting(_names()["chips"], incomplete)


def fetchable(incomplete: str) -> list[str]:
    """Complete data sets that can be downloaded."""
    return _starting(_names()["fetchable"], incomplete)


def protocols(incomplete: str) -> list[str]:
    """Complete protocols of `stdpbench lab`."""
    return _starting(_names()["protocols"], incomplete)


def data_sets(incomplete: str) -> list[str]:
    """Complete published data sets of `stdpbench fit`."""
    return _starting(("sjoestroem-2001", "wang-2005"), incomplete)


@contextmanager
def whole_words() -> Iterator[None]:
    """Adapt completion to bash, which splits words at ``=``.

    bash treats ``=`` as a separate word and replaces only the text after it. Therefore ``PATH``, ``=`` and ``VALUE``
    are joined into one word, and the part up to ``=`` is removed from the candidates again.
    """
    words: list[str] = []
    current = int(os.environ.get("COMP_CWORD") or 0)
    for number, word in enumerate(os.environ.get("COMP_WORDS", "").split("\n")):
        joined = number > 0 and (word == "=" or words[-1].endswith("="))
        if joined:
            words[-1] += word
            current -= number <= int(os.environ.get("COMP_CWORD") or 0)
        else:
            words.append(word)
    os.environ |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(current)}
    word = words[current] if current < len(words) else ""
    before = f"{word.rpartition('=')[0]}="
    output = io.StringIO()
    try:
        with redirect_stdout(output):
            yield
    finally:
        for line in output.getvalue().splitlines():
            sys.stdout.write(f"{line.removeprefix(before).removeprefix(before.partition('=')[2])}\n")


# -- names ------------------------------------------------------------------------------------------------------------


def _names() -> Names:
    """Return kinds by section, parameters with their choices by section and kind, and other names."""
    file, stamp = paths.cache_folder() / _FILE, _stamp()
    with suppress(OSError, ValueError, KeyError):
        cached = json.loads(file.read_text(encoding="utf-8"))
        if cached["stamp"] == stamp:
            return dict(cached["names"])
    names = _declared()
    with suppress(OSError, StdpbenchError):  # without the cache the next completion is slow, too
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text_aside(file, json.dumps({"stamp": stamp, "names": names}))
    return names


def _stamp() -> list[str]:
    """Return a digest of the code that declares names and of the entry points that announce kinds."""
    package = Path(__file__).parents[1]
    sources = chain(*((package / name).rglob("*.py") for name in _DECLARING))
    newest = max(source.stat().st_mtime_ns for source in sources)
    announced = entry_points()  # read only once for all groups
    groups = [group for group in announced.groups if group.startswith("stdpbench.")]
    points = [point for group in groups for point in announced.select(group=group)]
    names = sorted(f"{point.group} {point.name} {point.value}" for point in points)
    return [__version__, str(package), str(newest), *names]


def _declared() -> Names:
    from stdpbench.bridges.hardware import chips as chips_
    from stdpbench.cli.describe import PLAIN_SECTIONS
    from stdpbench.data.datasets.fetch import FETCHABLE
    from stdpbench.data.datasets.import_events import IMPORTABLE
    from stdpbench.declare.parameters import Parameters
    from stdpbench.engine.simulators import simulators as simulators_
    from stdpbench.experiment import SECTIONS, family_of, kind_parameter
    from stdpbench.results.readout import readouts, timed_readouts
    from stdpbench.studies.lab.checks.kinds import kinds as checked
    from stdpbench.studies.lab.default_protocol import PROTOCOLS
    from stdpbench.studies.sweeps.definition import TABLES

    families = {section: family for section in SECTIONS if (family := family_of(section)) is not None}
    parameters: dict[str, dict[str, dict[str, list[str]]]] = {}
    for section in SECTIONS:
        classes: dict[str, type[Parameters]] = {"": PLAIN_SECTIONS[section]} if section in PLAIN_SECTIONS else {}
        for kind in families[section].kinds() if section in families else ():
            with suppress(Exception):  # a package that cannot be imported
                classes[kind] = families[section].get(kind)
        parameters[section] = {
            kind: {declared.name: list(declared.choices) for declared in cls.describe()}
            for kind, cls in classes.items()
        }
    kinds = {section: list(family.kinds()) for section, family in families.items()}
    kinds |= {"readout": [*readouts.kinds(), *timed_readouts.kinds()]}
    return {
        "kinds": kinds,
        "simulators": list(simulators_.kinds()),
        "chips": list(chips_.kinds()),
        "usual": {section: str(getattr(kind_parameter(section), "default", "")) for section in families},
        "parameters": parameters,
        "fetchable": [*FETCHABLE, *IMPORTABLE],
        "protocols": list(PROTOCOLS),
        "checked": list(checked()),
        "sweep": [*TABLES, *(f"{table}.{option.name}" for table, cls in TABLES.items() for option in cls.describe())],
    }


def _kinds_of(ctx: Context) -> dict[str, str]:
    """Return the kind of each section of the experiment on the command line."""
    kinds: dict[str, str] = dict(_names()["usual"])
    for section, table in _tables_of(ctx).items():
        if isinstance(table, dict) and "kind" in table:
            kinds[section] = str(table["kind"])
    for assignment in ctx.params.get("set_") or ():
        path, _, value = str(assignment).partition("=")
        if path.endswith(".kind"):
            kinds[path.removesuffix(".kind")] = value
    return kinds


def _tables_of(ctx: Context) -> dict[str, Any]:
    """Return the tables of the experiment or run on the command line; empty if they cannot be read."""
    name = str(ctx.params.get("experiment") or ctx.params.get("run") or _typed(ctx, 0))
    files = [paths.shipped("experiments") / f"{name}.toml", Path(name).expanduser()]
    files += [folder / "experiment.toml" for folder in (_runs_folder(ctx) / name, Path(name).expanduser())]
    for file in files if name else ():
        with suppress(OSError, ValueError):
            return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    return {}


def _typed(ctx: Context, number: int) -> str:
    """Return an argument of the command by its index; typer provides none while the value of an option is missing."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = typed.split()
    after = words[words.index(ctx.info_name) + 1 :] if ctx.info_name in words else []
    arguments = [word for word in after if not word.startswith("-")]
    return arguments[number] if number < len(arguments) else ""


def _of(names: Names, section: str, kinds: dict[str, str]) -> dict[str, list[str]]:
    """Return the parameters of a section; those of all its kinds if its kind is unknown."""
    declared = names["parameters"].get(section, {})
    kind = kinds.get(section, "")
    return dict(declared[kind]) if kind in declared else _all_of(declared)


def _all_of(kinds: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    return {name: choices for declared in kinds.values() for name, choices in declared.items()}


def _shipped(folder: str) -> Iterator[str]:
    return (path.stem for path in sorted(paths.shipped(folder).glob("*.toml")))


def _runs_folder(ctx: Context) -> Path:
    return Path(ctx.params.get("runs") or paths.runs_folder()).expanduser()


def _files(incomplete: str) -> list[str]:
    """Complete TOML files and folders as typed."""
    folder, slash, _ = incomplete.rpartition("/")
    paths_ = []
    with suppress(OSError):
        for entry in sorted(Path(folder + slash or ".").expanduser().iterdir()):
            if entry.suffix == ".toml" or (slash and entry.is_dir()):
                paths_.append(f"{folder}{slash}{entry.name}{'/' if entry.is_dir() else ''}")
    return _starting(paths_, incomplete)


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]
