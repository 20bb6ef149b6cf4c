"""The command line and the Python that do what a form does: start or queue a run, branch one, rewind one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, owner_of
from stdpbench.paths import runs_folder
from stdpbench.runs.queue.new_run import NewRun

_HEAD = "import stdpbench\n\n"


def command_of(run: NewRun, runs: Path) -> str:
    """Return the commands for a shell that start a run or, with several seeds, put runs into the queue.

    Parameters
    ----------
    run : NewRun
        The run. Where ``--set`` cannot say what it changes, the commands write an experiment file first.
    runs : Path
        The runs folder.

    Raises
    ------
    StdpbenchError
        If the experiment contradicts itself.
    """
    changes, seed = _changes(run)
    lines = list[str]()
    source, reference = run.source, run.reference
    if changes is None or not source:
        made = run.experiment()
        source, changes, seed, reference = f"{made.name}.toml", {}, None, ""
        lines.append(f"cat > {shlex.quote(source)} <<'END'\n{made.to_toml().rstrip()}\nEND")
    options = [part for path, value in changes.items() for part in ("--set", f"{path}={_text(value)}")]
    options += _options(run, is_reference=bool(reference))
    if reference and run.features is not None:
        options += ["--features", str(run.features)]
    if reference and run.weights:
        options += ["--weights", run.weights]
    options += _where(runs)
    seeds = run.seeds or (() if seed is None else (seed,))
    if len(seeds) > 1 and not reference and run.start_from is None:
        numbers = [part for each in seeds for part in ("--seed", str(each))]
        return "\n".join([*lines, _joined("queue", "add", source, *options, *numbers)])
    if run.start_from is not None:
        options += ["--from", str(run.start_from)]
    what = ("reference", reference, source) if reference else ("run", source)
    for each in seeds or (None,):
        lines.append(_joined(*what, *options, *(() if each is None else ("--seed", str(each)))))
    return "\n".join(lines)


def python_of(run: NewRun, runs: Path) -> str:
    """Return the Python that starts a run or, with several seeds, one after the other; see `command_of`.

    Raises
    ------
    StdpbenchError
        If the experiment contradicts itself.
    """
    changes, seed = _changes(run)
    head, first, reference = "", _literal(run.source), run.reference
    if changes is None or not run.source:
        toml = run.experiment().to_toml()
        quotes = "'''" if "'''" not in toml else '"""'
        head = f"experiment = stdpbench.Experiment.from_toml(r{quotes}\n{toml.rstrip()}\n{quotes})\n"
        first, changes, seed, reference = "experiment", {}, None, ""
    given = [_literal(reference), first] if reference else [first]
    if changes:
        values = "".join(f"    {_literal(path)}: {_literal(value)},\n" for path, value in changes.items())
        head += f"changes = {{\n{values}}}\n"
        given.append("set=changes")
    if reference and run.features is not None:
        given.append(f"features={_literal(str(run.features))}")
    if reference and run.weights:
        given.append(f"weights={_literal(run.weights)}")
    if run.start_from is not None:
        given.append(f"start_from={_literal(str(run.start_from))}")
    if run.options.validation:
        given.append("validation=True")
    if not run.options.baselines and not reference:
        given.append("baselines=False")
    if _where(runs):
        given.append(f"runs={_literal(str(runs))}")
    call = f"stdpbench.{'reference' if reference else 'start'}"
    if len(run.seeds) > 1:
        inside = ", ".join([*given, "seed=seed", "wait=True"])
        return f"{_HEAD}{head}for seed in {run.seeds!r}:\n    {call}({inside})\n"
    seed = run.seeds[0] if run.seeds else seed
    inside = ", ".join([*given, *([] if seed is None else [f"seed={seed}"])])
    return f"{_HEAD}{head}run = {call}({inside})\n"


def branch_command(folder: Path, at: int, changes: Mapping[str, Any], runs: Path) -> str:
    """Return the command that branches a run at a position, with new values by dotted path."""
    options = [part for path, value in changes.items() for part in ("--set", f"{path}={_text(value)}")]
    return _joined("branch", folder.name, "--at", str(at), *options, *_where(runs))


def branch_python(folder: Path, at: int, changes: Mapping[str, Any]) -> str:
    """Return the Python that branches a run at a position, with new values by dotted path."""
    values = ", ".join(f"{_literal(path)}: {_literal(value)}" for path, value in changes.items())
    return f"{_HEAD}branch = stdpbench.open_run({_literal(str(folder))}).branch({at}, {{{values}}})\n"


def rewind_command(folder: Path, to: int, runs: Path) -> str:
    """Return the command that rewinds a run."""
    return _joined("rewind", folder.name, "--to", str(to), *_where(runs))


def rewind_python(folder: Path, to: int) -> str:
    """Return the Python that rewinds a run."""
    return f"{_HEAD}kept = stdpbench.open_run({_literal(str(folder))}).rewind({to})\n"


def _changes(run: NewRun) -> tuple[dict[str, Any] | None, int | None]:
    """Return what `Experiment.override` makes the experiment with, None if it cannot; and the seed if it differs."""
    made, template = run.experiment(), run.template
    found = {
        path: new
        for path, (_, new) in template.differences(made).items()
        if path != "seed" and not (new is None and not _has(made, path))
    }
    if made.name != template.name:
        found["name"] = made.name
    seed = None if made.seed == template.seed else made.seed
    short = {path: value for path, value in found.items() if not _follows(made, path, found)}
    return next((each for each in (short, found) if _gives(template, each, made)), None), seed


def _gives(template: Experiment, changes: Mapping[str, Any], made: Experiment) -> bool:
    """Whether changes make an experiment of the template."""
    try:
        again = template.override({path: _text(value) for path, value in changes.items()} | {"seed": made.seed})
    except StdpbenchError:
        return False
    return not again.differences(made) and again.name == made.name


def _follows(experiment: Experiment, path: str, changes: Mapping[str, Any]) -> bool:
    """Whether a value is the default of a kind that is among the changes as well."""
    above, _, name = path.rpartition(".")
    owner, _ = owner_of(experiment, path)
    if name == "kind" or owner is None or f"{above}.kind" not in changes:
        return False
    return any(each.name == name and each.default == getattr(owner, name) for each in owner.describe())


def _has(experiment: Experiment, path: str) -> bool:
    owner, name = owner_of(experiment, path)
    return owner is not None and name in type(owner).model_fields


def _options(run: NewRun, *, is_reference: bool) -> list[str]:
    found = ["--validation"] if run.options.validation else []
    return found + (["--no-baselines"] if not run.options.baselines and not is_reference else [])


def _where(runs: Path) -> list[str]:
    return [] if runs.absolute() == runs_folder().absolute() else ["--runs", str(runs)]


def _joined(*words: str) -> str:
    return shlex.join(["stdpbench", *words])


def _plain(value: Any) -> Any:
    """Return a value of a table, in which None stands for one that is unset."""
    return "none" if value is None else list(value) if isinstance(value, tuple) else value


def _literal(value: Any) -> str:
    """Return a value of a table as Python."""
    plain = _plain(value)
    if isinstance(plain, bool) or not isinstance(plain, str | list):
        return repr(plain)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, str) else f"[{', '.join(map(_literal, plain))}]"


def _text(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
