"""The command line and the Python that do the same to a run as an action of the app."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from stdpbench.base.paths import runs_folder
from stdpbench.runs.folder.notes import read_notes

HEAD: Final = "import stdpbench\n\n"


@dataclass(frozen=True)
class ActionText:
    """What does the same as an action.

    Attributes
    ----------
    command : str
        Lines for a shell; empty if no command does it.
    python : str
        A script; empty if no Python does it.
    """

    command: str = ""
    python: str = ""

    def __add__(self, other: ActionText) -> ActionText:
        """Do both, one after the other."""
        return joined((self, other))


def joined(texts: Iterable[ActionText]) -> ActionText:
    """Return the texts that do several things, one after the other; `import` stands once."""
    given = list(texts)
    commands = [each.command.rstrip("\n") for each in given if each.command]
    scripts = [each.python.removeprefix(HEAD) for each in given if each.python]
    return ActionText("\n".join(commands), HEAD + "".join(scripts) if scripts else "")


@dataclass(frozen=True)
class RunText:
    """Texts about one run.

    Attributes
    ----------
    path : Path
        Its folder.
    runs : Path
        The runs folder.
    """

    path: Path
    runs: Path

    @property
    def word(self) -> str:
        """What a command calls the run."""
        path = self.path.absolute()
        return path.name if path.parent == self.runs.absolute() else str(path)

    @property
    def opened(self) -> str:
        """The Python that opens the run, in any folder."""
        return f"stdpbench.open_run({literal(str(self.path.absolute()))})"

    def enqueues(self) -> ActionText:
        """Return what puts the run into the queue, to be resumed."""
        return self.does("queue add", "")

    def does(self, command: str, call: str, *options: str, gives: str = "run") -> ActionText:
        """Return the texts of a command and of a method.

        Parameters
        ----------
        command : str
            Name of the command; empty if there is none.
        call : str
            The call of the method, such as ``"pause()"``; empty if there is none.
        *options : str
            Words of the command after the run.
        gives : str
            Name of what the method returns; empty: nothing.
        """
        words = shell(*command.split(), self.word, *options, *where_is(self.runs)) if command else ""
        found = f"{gives} = " if gives else ""
        python = f"{HEAD}{found}{self.opened}.{call}\n" if call else ""
        return ActionText(words, python)

    def asks(self, request: str, arguments: Mapping[str, Any]) -> ActionText:
        """Return what does the same as a request to the process of the run; empty if nothing else does."""
        make = _REQUESTS.get(request)
        return ActionText() if make is None else make(self, arguments)

    def steps(self, n: int) -> ActionText:
        """Return what carries out `n` presentations and then pauses the run."""
        return self.does("step", f"step({n})", *(() if n == 1 else ("-n", str(n))))

    def sets(self, changes: Mapping[str, Any]) -> ActionText:
        """Return what changes parameters, by dotted path."""
        values = [f"{path}={text_of(value)}" for path, value in changes.items()]
        return self.does("set", f"set({_table(changes)})", *values, gives="changed")

    def changes_rule(self, rule: Mapping[str, Any], projection: str = "") -> ActionText:
        """Return what changes the plasticity rule to one of this table."""
        file, name, values = _rule(rule)
        more = f", projection={literal(projection)}" if projection else ""
        words = (*values, *(("--projection", projection) if projection else ()))
        text = self.does("change-rule", f"change_rule({_table(rule)}{more})", name, *words, gives="changed")
        return ActionText(file + text.command, text.python)

    def branches(
        self,
        at: int | None,
        changes: Mapping[str, Any],
        rule: Mapping[str, Any] | None = None,
        projection: str = "",
        *,
        starts: bool | None = None,
    ) -> ActionText:
        """Return what branches the run.

        Parameters
        ----------
        at : int or None
            The position; None: where the run is.
        changes : mapping of str to Any
            New values by dotted path.
        rule, projection : mapping, str
            Table of another rule, and the projection that learns by it.
        starts : bool, optional
            Whether the branch is started, in the background. Default: it is, and the command follows it.
        """
        given = [] if at is None else [str(at)]
        options = [] if at is None else ["--at", str(at)]
        options += set_options(changes)
        given += [_table(changes) if given else f"set={_table(changes)}"] if changes else []
        file = ""
        if rule is not None:
            file, name, values = _rule(rule)
            options += ["--rule", name, *values]
            given.append(f"rule={_table(rule)}")
        if projection:
            options += ["--projection", projection]
            given.append(f"projection={literal(projection)}")
        if starts is False:
            given.append("start=False")
        options += {None: [], True: ["--detach"], False: ["--no-start"]}[starts]
        text = self.does("branch", f"branch({', '.join(given)})", *options, gives="branch")
        return ActionText(file + text.command, text.python)

    def notes(self, *what: str) -> ActionText:
        """Return what writes the notes of the run as they are now.

        Parameters
        ----------
        *what : str
            ``"title"``, ``"tags"``, ``"notes"`` or ``"star"``; empty: all of them.

        Raises
        ------
        StdpbenchError
            If its notes cannot be read.
        """
        known, options, texts = read_notes(self.path), [], []
        for each in what or ("title", "tags", "notes", "star"):
            if each == "title":
                options += ["--title", known.title]
            elif each == "tags":
                options += [word for tag in known.tags for word in ("--tag", tag)]
            elif each == "notes":
                options += ["--notes", known.text]
            else:
                options += ["--star" if known.starred else "--unstar"]
            value = {"title": known.title, "tags": known.tags, "notes": known.text, "star": known.starred}[each]
            texts.append(self.does("", f"{'starred' if each == 'star' else each} = {literal(value)}", gives=""))
        python = joined(texts).python
        return ActionText(self.does("note", "", *options).command if options else "", python)

    def neuron_spikes(self, neuron: int) -> ActionText:
        """Return the Python that reads the spikes of a neuron, and what is drawn of them."""
        return ActionText(
            "",
            f"""{HEAD}import numpy as np
from stdpbench.results.readout import SpikeTrains
from stdpbench.results.readout.correlograms import correlogram, intervals, raster, rate

with np.load({literal(str(self.path.absolute() / "test_spikes.npz"))}) as arrays:
    trains = SpikeTrains.from_arrays(arrays)
stimulus, time = raster(trains, {neuron})
print(rate(trains, {neuron}), "Hz;", len(intervals(trains, {neuron})), "intervals")
found = correlogram(trains, {neuron}, {neuron})
""",
        )

    def rewinds(self, to: int) -> ActionText:
        """Return what rewinds the run."""
        return self.does("rewind", f"rewind({to})", "--to", str(to), gives="kept")

    def exports(self, target: Path) -> ActionText:
        """Return what writes the run to a file of the type that its suffix says."""
        suffix, file = target.suffix.lower(), str(target)
        if suffix == ".nir":
            return self.does("export", f"export_nir({literal(file)})", "--nir", file, gives="compared")
        if suffix in (".nix", ".nwb"):
            name = "neo" if suffix == ".nix" else "nwb"
            return self.does("export", f"export({name}={literal(file)})", f"--{name}", file, gives="")
        return self.does("export", "", "--output", file)


_REQUESTS: Final[Mapping[str, Callable[[RunText, Mapping[str, Any]], ActionText]]] = {
    "pause": lambda run, _: run.does("pause", "pause()"),
    "resume": lambda run, _: run.does("resume", "resume()", "--detach"),
    "step": lambda run, given: run.steps(given.get("n", 1)),
    "checkpoint": lambda run, _: run.does("checkpoint", "checkpoint()"),
    "stop": lambda run, _: run.does("stop", "stop()"),
    "set": lambda run, given: run.sets(given["changes"]),
    "change_rule": lambda run, given: run.changes_rule(given["rule"], given.get("projection", "")),
}
"""What does the same as a request of this name; others only concern the process, or what is shown."""


def starred_or_not(runs: Sequence[RunText]) -> ActionText:
    """Return what gives runs a star or, if all have one, takes it away.

    Raises
    ------
    StdpbenchError
        If their notes cannot be read.
    """
    on = not all(read_notes(run.path).starred for run in runs)
    option = "--star" if on else "--unstar"
    return joined(run.does("note", f"starred = {on}", option, gives="") for run in runs)


def compared(runs: Sequence[RunText]) -> ActionText:
    """Return what compares runs, at least one, of one runs folder."""
    opened = "".join(f"    {run.opened},\n" for run in runs)
    python = f"{HEAD}runs = [\n{opened}]\nfor run in runs:\n    print(run.name, run.scores)\n"
    return ActionText(shell("compare", *(run.word for run in runs), *where_is(runs[0].runs)), python)


def shell(*words: str) -> str:
    """Return a command of stdpbench for a shell."""
    return shlex.join(["stdpbench", *words])


def where_is(runs: Path) -> list[str]:
    """Return the option that names the runs folder in any folder; empty if ``$STDPBENCH_RUNS`` names it."""
    path = runs.absolute()
    return [] if path == runs_folder() else ["--runs", str(path)]  # a relative one depends on the current folder


def set_options(changes: Mapping[str, Any]) -> list[str]:
    """Return the options that change parameters, by dotted path."""
    return [part for path, value in changes.items() for part in ("--set", f"{path}={text_of(value)}")]


def literal(value: Any) -> str:
    """Return a value of a table as Python."""
    plain = _plain(value)
    if isinstance(plain, dict):
        return _table(plain)
    if isinstance(plain, bool) or not isinstance(plain, str | list):
        return repr(plain)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, str) else f"[{', '.join(map(literal, plain))}]"


def text_of(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _table(values: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{literal(key)}: {literal(value)}' for key, value in values.items())}}}"


def _plain(value: Any) -> Any:
    """Return a value of a table, in which None stands for one that is unset."""
    return "none" if value is None else list(value) if isinstance(value, tuple) else value


def _rule(table: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """Return lines that write a rule to a file, if it needs one; what it is called; and options with its values."""
    kind = str(table["kind"])
    values = {name: value for name, value in table.items() if name != "kind" and value is not None}
    if not any(isinstance(value, dict | list | tuple) for value in values.values()):
        return "", kind, set_options(values)
    import tomli_w

    name = f"{kind}-rule.toml"
    toml = tomli_w.dumps({"kind": kind, **{key: _plain(value) for key, value in values.items()}})
    return f"cat > {name} <<'END'\n{toml.rstrip()}\nEND\n", name, []
