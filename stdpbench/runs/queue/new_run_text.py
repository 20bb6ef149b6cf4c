"""The command line and the Python that start a new run, or put several into the queue."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, owner_of
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_text import HEAD, literal, set_options, shell, text_of, where_is


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
    options = set_options(changes)
    options += _options(run, is_reference=bool(reference))
    if reference and run.features is not None:
        options += ["--features", str(run.features.absolute())]
    if reference and run.weights:
        options += ["--weights", run.weights]
    options += where_is(runs)
    seeds = run.seeds or (() if seed is None else (seed,))
    if hold or (len(seeds) > 1 and not reference and run.start_from is None):
        options += [part for each in seeds for part in ("--seed", str(each))] + (["--hold"] if hold else [])
        return "\n".join([*lines, shell("queue", "add", source, *options)])
    if run.start_from is not None:
        options += ["--from", str(run.start_from.absolute())]
    what = ("reference", reference, source) if reference else ("run", source)
    for each in seeds or (None,):
        lines.append(shell(*what, *options, *(() if each is None else ("--seed", str(each)))))
    return "\n".join(lines)


def python_of(run: NewRun, runs: Path) -> str:
    """Return the Python that starts a run or, with several seeds, one after the other; see `command_of`.

    Raises
    ------
    StdpbenchError
        If the experiment contradicts itself.
    """
    changes, seed = _changes(run)
    head, first, reference = "", literal(run.source), run.reference
    if changes is None or not run.source:
        toml = run.experiment().to_toml()
        quotes = "'''" if "'''" not in toml else '"""'
        head = f"experiment = stdpbench.Experiment.from_toml(r{quotes}\n{toml.rstrip()}\n{quotes})\n"
        first, changes, seed, reference = "experiment", {}, None, ""
    given = [literal(reference), first] if reference else [first]
    if changes:
        values = "".join(f"    {literal(path)}: {literal(value)},\n" for path, value in changes.items())
        head += f"changes = {{\n{values}}}\n"
        given.append("set=changes")
    if reference and run.features is not None:
        given.append(f"features={literal(str(run.features.absolute()))}")
    if reference and run.weights:
        given.append(f"weights={literal(run.weights)}")
    if run.start_from is not None:
        given.append(f"start_from={literal(str(run.start_from.absolute()))}")
    if run.options.validation:
        given.append("validation=True")
    if not run.options.baselines and not reference:
        given.append("baselines=False")
    if where_is(runs):
        given.append(f"runs={literal(str(runs.absolute()))}")
    call = f"stdpbench.{'reference' if reference else 'start'}"
    if len(run.seeds) > 1:
        inside = ", ".join([*given, "seed=seed", "wait=True"])
        return f"{HEAD}{head}for seed in {run.seeds!r}:\n    {call}({inside})\n"
    seed = run.seeds[0] if run.seeds else seed
    inside = ", ".join([*given, *([] if seed is None else [f"seed={seed}"])])
    return f"{HEAD}{head}run = {call}({inside})\n"


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
        again = template.override({path: text_of(value) for path, value in changes.items()} | {"seed": made.seed})
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
