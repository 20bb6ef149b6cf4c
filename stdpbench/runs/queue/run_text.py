"""The command line and the Python that start a new run, put several into the queue, or branch a run."""

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
    """What does the same as a form of the app.

    Attributes
    ----------
    command : str
        Lines for a shell; empty if no command does it.
    python : str
        A script.
    """

    command: str
    python: str


def command_of(run: NewRun, runs: Path, *, hold: bool = False) -> str:
    """Return the commands for a shell that start a run or, with several seeds, put runs into the queue.

    Parameters
    ----------
    run : NewRun
        The run. Where ``--set`` cannot say what it changes, the commands write an experiment file first.
    runs : Path
        The runs folder.
    hold : bool
        Whether they put it into the queue in any case, where it waits until it is released. No command does this with
        a run that starts from the weights of another one; the text is empty then.

    Raises
    ------
    StdpbenchError
        If the experiment contradicts itself.
    """
    if hold and run.start_from is not None:
        return ""
    changes, seed = _changes(run)
    lines = list[str]()
    source, reference = run.source, run.reference
    if changes is None or not source or (hold and reference):
        made = run.experiment()
        source, changes, seed, reference = f"{made.name}.toml", {}, None, ""
        lines.append(f"cat > {shlex.quote(source)} <<'END'\n{made.to_toml().rstrip()}\nEND")
    options = _set_options(changes)
    options += _options(run, is_reference=bool(reference))
    if reference and run.features is not None:
        options += ["--features", str(run.features.absolute())]
    if reference and run.weights:
        options += ["--weights", run.weights]
    options += _where_is(runs)
    seeds = run.seeds or (() if seed is None else (seed,))
    if hold or (len(seeds) > 1 and not reference and run.start_from is None):
        options += [part for each in seeds for part in ("--seed", str(each))] + (["--hold"] if hold else [])
        return "\n".join([*lines, _shell("queue", "add", source, *options)])
    if run.start_from is not None:
        options += ["--from", str(run.start_from.absolute())]
    what = ("reference", reference, source) if reference else ("run", source)
    for each in seeds or (None,):
        lines.append(_shell(*what, *options, *(() if each is None else ("--seed", str(each)))))
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
        given.append(f"features={_literal(str(run.features.absolute()))}")
    if reference and run.weights:
        given.append(f"weights={_literal(run.weights)}")
    if run.start_from is not None:
        given.append(f"start_from={_literal(str(run.start_from.absolute()))}")
    if run.options.validation:
        given.append("validation=True")
    if not run.options.baselines and not reference:
        given.append("baselines=False")
    if _where_is(runs):
        given.append(f"runs={_literal(str(runs.absolute()))}")
    call = f"stdpbench.{'reference' if reference else 'start'}"
    if len(run.seeds) > 1:
        inside = ", ".join([*given, "seed=seed", "wait=True"])
        return f"{HEAD}{head}for seed in {run.seeds!r}:\n    {call}({inside})\n"
    seed = run.seeds[0] if run.seeds else seed
    inside = ", ".join([*given, *([] if seed is None else [f"seed={seed}"])])
    return f"{HEAD}{head}run = {call}({inside})\n"


def branch_text(path: Path, runs: Path, at: int, changes: Mapping[str, Any]) -> ActionText:
    """Return what branches a run at a position, with new values by dotted path."""
    words = _shell("branch", _word(path, runs), "--at", str(at), *_set_options(changes), *_where_is(runs))
    given = f"{at}, {_table(changes)}" if changes else str(at)
    return ActionText(words, f"{HEAD}branch = {_opened(path)}.branch({given})\n")


def stopped_first(path: Path, runs: Path, text: ActionText) -> ActionText:
    """Return what stops a run and then does something else."""
    stop = _shell("stop", _word(path, runs), *_where_is(runs))
    python = f"{HEAD}{_opened(path)}.stop()\n{text.python.removeprefix(HEAD)}"
    return ActionText(f"{stop}\n{text.command}" if text.command else "", python)


def _word(path: Path, runs: Path) -> str:
    """Return what a command calls a run."""
    path = path.absolute()
    return path.name if path.parent == runs.absolute() else str(path)


def _opened(path: Path) -> str:
    """Return the Python that opens a run, in any folder."""
    return f"stdpbench.open_run({_literal(str(path.absolute()))})"


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
        again = template.override({path: _text_of(value) for path, value in changes.items()} | {"seed": made.seed})
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


def _shell(*words: str) -> str:
    """Return a command of stdpbench for a shell."""
    return shlex.join(["stdpbench", *words])


def _where_is(runs: Path) -> list[str]:
    """Return the option that names the runs folder in any folder; empty if ``$STDPBENCH_RUNS`` names it."""
    path = runs.absolute()
    return [] if path == runs_folder() else ["--runs", str(path)]  # a relative one depends on the current folder


def _set_options(changes: Mapping[str, Any]) -> list[str]:
    """Return the options that change parameters, by dotted path."""
    return [part for path, value in changes.items() for part in ("--set", f"{path}={_text_of(value)}")]


def _literal(value: Any) -> str:
    """Return a value of a table as Python."""
    plain = _plain(value)
    if isinstance(plain, dict):
        return _table(plain)
    if isinstance(plain, bool) or not isinstance(plain, str | list):
        return repr(plain)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, str) else f"[{', '.join(map(_literal, plain))}]"


def _text_of(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _table(values: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{_literal(key)}: {_literal(value)}' for key, value in values.items())}}}"


def _plain(value: Any) -> Any:
    """Return a value of a table, in which None stands for one that is unset."""
    return "none" if value is None else list(value) if isinstance(value, tuple) else value
