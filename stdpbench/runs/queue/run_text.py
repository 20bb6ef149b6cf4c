"""Shell commands and Python code that start a new run, add several to the queue, or branch a run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.experiment import Experiment, owner_of
from stdpbench.runs.queue.new_run import NewRun

HEAD: Final = "import stdpbench\n\n"


@dataclass(frozen=True)
class ActionText:
    """Shell commands and Python code equivalent to a form of the app.

    Attributes
    ----------
    command : str
        Lines for a shell; empty if there is no equivalent command.
    python : str
        A Python script.
    """

    command: str
    python: str


def command_of(run: NewRun, runs: Path) -> str:
    """Return the shell commands that start a run or, with several seeds, add runs to the queue.

    Parameters
    ----------
    run : NewRun
        The run. If ``--set`` cannot express its changes, the commands first write an experiment file. There is no
        command for a held item that starts from the weights of another run; the text is empty then.
    runs : Path
        The runs folder.

    Raises
    ------
    StdpbenchError
        If the experiment is inconsistent.
    """
    hold = run.hold
    if hold and run.start_from is not None:
        return ""
    changes, seed = _changes(run)
    lines = list[str]()
    source, reference = run.source, run.reference
    if changes is None or not source or (hold and reference):
        experiment = run.experiment()
        source, changes, seed, reference = f"{experiment.name}.toml", {}, None, ""
        lines.append(f"cat > {shlex.quote(source)} <<'END'\n{experiment.to_toml().rstrip()}\nEND")
    options = _set_options(changes)
    options += _options(run, is_reference=bool(reference))
    if reference and run.features is not None:
        options += ["--features", str(run.features.absolute())]
    if reference and run.weights:
        options += ["--weights", run.weights]
    options += _runs_option(runs)
    seeds = run.seeds or (() if seed is None else (seed,))
    if hold or (len(seeds) > 1 and not reference and run.start_from is None):
        options += [word for number in seeds for word in ("--seed", str(number))] + (["--hold"] if hold else [])
        return "\n".join([*lines, _shell("queue", "add", source, *options)])
    if run.start_from is not None:
        options += ["--from", str(run.start_from.absolute())]
    command = ("reference", reference, source) if reference else ("run", source)
    for number in seeds or (None,):
        lines.append(_shell(*command, *options, *(() if number is None else ("--seed", str(number)))))
    return "\n".join(lines)


def python_of(run: NewRun, runs: Path) -> str:
    """Return the Python code that starts a run or, with several seeds, runs in sequence; see `command_of`.

    Raises
    ------
    StdpbenchError
        If the experiment is inconsistent.
    """
    changes, seed = _changes(run)
    head, first, reference = "", _literal(run.source), run.reference
    if changes is None or not run.source:
        toml = run.experiment().to_toml()
        quotes = "'''" if "'''" not in toml else '"""'
        head = f"experiment = stdpbench.Experiment.from_toml(r{quotes}\n{toml.rstrip()}\n{quotes})\n"
        first, changes, seed, reference = "experiment", {}, None, ""
    arguments = [_literal(reference), first] if reference else [first]
    if changes:
        values = "".join(f"    {_literal(path)}: {_literal(value)},\n" for path, value in changes.items())
        head += f"changes = {{\n{values}}}\n"
        arguments.append("set=changes")
    if reference and run.features is not None:
        arguments.append(f"features={_literal(str(run.features.absolute()))}")
    if reference and run.weights:
        arguments.append(f"weights={_literal(run.weights)}")
    if run.start_from is not None:
        arguments.append(f"start_from={_literal(str(run.start_from.absolute()))}")
    if run.options.validation:
        arguments.append("validation=True")
    if not run.options.baselines and not reference:
        arguments.append("baselines=False")
    if _runs_option(runs):
        arguments.append(f"runs={_literal(str(runs.absolute()))}")
    call = f"stdpbench.{'reference' if reference else 'start'}"
    if len(run.seeds) > 1:
        inside = ", ".join([*arguments, "seed=seed", "wait=True"])
        return f"{HEAD}{head}for seed in {run.seeds!r}:\n    {call}({inside})\n"
    seed = run.seeds[0] if run.seeds else seed
    inside = ", ".join([*arguments, *([] if seed is None else [f"seed={seed}"])])
    return f"{HEAD}{head}run = {call}({inside})\n"


def branch_text(path: Path, runs: Path, at: int, changes: Mapping[str, Any]) -> ActionText:
    """Return the command and code that branch a run at a position, with new values by dotted path."""
    command = _shell("branch", _run_argument(path, runs), "--at", str(at), *_set_options(changes), *_runs_option(runs))
    arguments = f"{at}, {_table(changes)}" if changes else str(at)
    return ActionText(command, f"{HEAD}branch = {_opened(path)}.branch({arguments})\n")


def stopped_first(path: Path, runs: Path, text: ActionText) -> ActionText:
    """Return the command and code that stop a run before another action."""
    stop = _shell("stop", _run_argument(path, runs), *_runs_option(runs))
    python = f"{HEAD}{_opened(path)}.stop()\n{text.python.removeprefix(HEAD)}"
    return ActionText(f"{stop}\n{text.command}" if text.command else "", python)


def _run_argument(path: Path, runs: Path) -> str:
    """Return a run as the argument of a command."""
    path = path.absolute()
    return path.name if path.parent == runs.absolute() else str(path)


def _opened(path: Path) -> str:
    """Return the Python code that opens a run from any working directory."""
    return f"stdpbench.open_run({_literal(str(path.absolute()))})"


def _changes(run: NewRun) -> tuple[dict[str, Any] | None, int | None]:
    """Return the changes for `Experiment.override`, None if it cannot make them; and the seed if it differs."""
    experiment, template = run.experiment(), run.template
    changes = {
        path: new
        for path, (_, new) in template.differences(experiment).items()
        if path != "seed" and not (new is None and not _has(experiment, path))
    }
    if experiment.name != template.name:
        changes["name"] = experiment.name
    seed = None if experiment.seed == template.seed else experiment.seed
    short = {path: value for path, value in changes.items() if not _is_default(experiment, path, changes)}
    return next((option for option in (short, changes) if _gives(template, option, experiment)), None), seed


def _gives(template: Experiment, changes: Mapping[str, Any], experiment: Experiment) -> bool:
    """Return whether the changes turn the template into the experiment."""
    texts = {path: _text_of(value) for path, value in changes.items()}
    try:
        result = template.override(texts | {"seed": experiment.seed})
    except StdpbenchError:
        return False
    return not result.differences(experiment) and result.name == experiment.name


def _is_default(experiment: Experiment, path: str, changes: Mapping[str, Any]) -> bool:
    """Return whether a value is the default of a kind that is itself among the changes."""
    above, _, name = path.rpartition(".")
    owner, _ = owner_of(experiment, path)
    if name == "kind" or owner is None or f"{above}.kind" not in changes:
        return False
    parameters = owner.describe()
    return any(parameter.name == name and parameter.default == getattr(owner, name) for parameter in parameters)


def _has(experiment: Experiment, path: str) -> bool:
    owner, name = owner_of(experiment, path)
    return owner is not None and name in type(owner).model_fields


def _options(run: NewRun, *, is_reference: bool) -> list[str]:
    options = ["--validation"] if run.options.validation else []
    return options + (["--no-baselines"] if not run.options.baselines and not is_reference else [])


def _shell(*words: str) -> str:
    """Return a command of stdpbench for a shell."""
    return shlex.join(["stdpbench", *words])


def _runs_option(runs: Path) -> list[str]:
    """Return the option that names the runs folder; empty for the default folder."""
    path = runs.absolute()
    return [] if path == runs_folder() else ["--runs", str(path)]  # a relative path depends on the working directory


def _set_options(changes: Mapping[str, Any]) -> list[str]:
    """Return the options that change parameters, by dotted path."""
    return [word for path, value in changes.items() for word in ("--set", f"{path}={_text_of(value)}")]


def _literal(value: Any) -> str:
    """Return a value as Python code."""
    plain = _plain(value)
    if isinstance(plain, dict):
        return _table(plain)
    if isinstance(plain, bool) or not isinstance(plain, str | list):
        return repr(plain)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, str) else f"[{', '.join(map(_literal, plain))}]"


def _text_of(value: Any) -> str:
    """Return a value as an argument of ``--set``."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _table(values: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{_literal(key)}: {_literal(value)}' for key, value in values.items())}}}"


def _plain(value: Any) -> Any:
    """Return a value as in a file: ``"none"`` for None, and lists for tuples."""
    return "none" if value is None else list(value) if isinstance(value, tuple) else value
