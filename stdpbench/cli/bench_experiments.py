"""``stdpbench bench --experiments``: whole runs, from nothing to accuracy, beside the goals that they have.

Each experiment is carried out by the ordinary ``stdpbench run`` with its usual options, in a process of its own, with
an empty cache of compiled networks: imports, reading, compiling, training, labelling, testing and baselines are part
of the time. The run folders stay, so that the test labels that were read keep being counted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.paths import runs_folder
from stdpbench.base.signals import handled, own_session
from stdpbench.cli.bench import FORMAT, Figures, check_writable, environment_of_scripts, new_table
from stdpbench.cli.bench_compared import differences, read_earlier
from stdpbench.cli.terminal import Console

if TYPE_CHECKING:
    from stdpbench.experiment import Experiment

_AS_RATIOS = {"wall": "wall_s", "CPU": "cpu_s", "memory": "peak_bytes"}
"""What is compared with an earlier benchmark, by heading."""


@dataclass(frozen=True)
class Goal:
    """What a whole run should reach on two idle cores.

    Attributes
    ----------
    seconds : float
        Time by the clock, at most.
    vote : float or None
        Accuracy of the vote on the test set, from 0 to 1, at least.
    """

    seconds: float
    vote: float | None = None

    def met(self, figures: Figures) -> bool:
        """Whether the figures of a run reach it."""
        accurate = self.vote is None or figures["accuracy"].get("vote", 0.0) >= self.vote
        return bool(figures["wall_s"] <= self.seconds and accurate)

    def __str__(self) -> str:
        """Return it as text."""
        return f"{self.seconds:g} s" + ("" if self.vote is None else f", vote {100 * self.vote:g} %")


GOALS: Final[Mapping[str, Goal]] = MappingProxyType(
    {"best-quick": Goal(120, 0.9), "fast-1600-long": Goal(3600), "best-6400": Goal(5400)}
)
"""Goals by the name of a shipped experiment; these are run where none is named."""


def bench_experiments(
    names: Sequence[str],
    output: Path,
    against: Path | None = None,
    runs: Path | None = None,
    *,
    full: bool = False,
) -> None:
    """Carry out ``stdpbench bench --experiments``.

    Parameters
    ----------
    names : sequence of str
        Shipped experiments or TOML files; if empty, those with a goal.
    output : Path
        JSON file for the results.
    against : Path, optional
        Results of an earlier benchmark.
    runs : Path, optional
        Where the run folders are created.
    full : bool
        Refused: this is about training speed.

    Raises
    ------
    StdpbenchError
        Before anything is run: if `full`, if an experiment or a file cannot be read, or the output not be written.
    SystemExit
        With status 130 if it is stopped, after what was measured has been saved.
    """
    from stdpbench.experiment import read_experiment
    from stdpbench.runs.folder.run_folder import environment

    if full:
        raise StdpbenchError("--full measures training speed in all sizes, not whole runs: leave out one of the two")
    check_writable(output)
    earlier = None if against is None else read_earlier(against)  # before it is overwritten, perhaps
    experiments = {name: read_experiment(name) for name in names or GOALS}
    called = _called(experiments)
    console, folder = Console(), runs or runs_folder()
    record: dict[str, Any] = {"format": FORMAT, **environment(), "full": False, "stopped": False}
    record |= {"measurements": {}, "failures": {}, "ratios": {}, "experiments": {}}
    console.print("Times are reliable only on an otherwise idle machine. The run folders stay, and count as looks.")
    try:
        for number, (name, experiment) in enumerate(experiments.items(), 1):
            console.print(f"\n{number}/{len(experiments)} stdpbench run {name}", soft_wrap=True)
            try:
                figures = run_whole(name, folder)
            except StdpbenchError as error:
                record["failures"][called[name]] = str(error)
                continue
            if figures is None:
                record["stopped"] = True
                break
            record["experiments"][called[name]] = {
                "seed": experiment.seed,
                "digest": experiment.digest,
                **figures,
                **_verdict(experiment, figures),
            }
    except KeyboardInterrupt:  # between two runs
        record["stopped"] = True
    if earlier is not None:
        found = compared(record["experiments"], earlier.get("experiments") or {})
        record["against"] = {"started": earlier.get("started"), "ratios": {}, "experiments": found}
    console.print()
    show(record, console)
    if earlier is not None:
        _show_compared(record, earlier, console)
    write_text_aside(output, json.dumps(record, indent=2, ensure_ascii=False) + "\n")  # the disk may be full by now
    console.print(f"{'Stopped; partial results' if record['stopped'] else 'Results'}: {output}")
    if record["stopped"]:
        sys.exit(130)


def _called(experiments: Mapping[str, Experiment]) -> dict[str, str]:
    """Return what each experiment is called in results: its name, or if several have that one, what was given."""
    names = [experiment.name for experiment in experiments.values()]
    return {given: each.name if names.count(each.name) == 1 else given for given, each in experiments.items()}


def run_whole(name: str, runs: Path) -> dict[str, Any] | None:
    """Carry out ``stdpbench run`` with an empty cache, and show its progress; return its figures.

    Ctrl+C is passed on to the run, which then stops after its presentation.

    Parameters
    ----------
    name : str
        A shipped experiment or a TOML file.
    runs : Path
        Where the run folder is created.

    Returns
    -------
    dict or None
        ``wall_s`` and ``cpu_s`` of all of its processes, ``peak_bytes`` of the largest of them, ``load`` of the
        machine before and after, ``accuracy`` of each read-out from 0 to 1, on which part of the data, how many
        pictures, and the ``path`` of the run. None of what the system does not say. None if the run was stopped.

    Raises
    ------
    StdpbenchError
        If the run fails; it has printed why.
    """
    interrupted, process = False, None
    with tempfile.TemporaryDirectory(prefix="stdpbench-bench-") as empty:
        output, cache = Path(empty) / "output.json", Path(empty) / "cache"
        cache.mkdir()
        command = [sys.executable, "-m", "stdpbench", "run", name, "--runs", str(runs), "--json"]
        environment = {**environment_of_scripts(), "STDPBENCH_CACHE": str(cache)}

        def interrupt(number: int, frame: FrameType | None) -> None:
            nonlocal interrupted
            interrupted = True
            if process is not None:
                _pass_on(process)

        with handled(interrupt, signal.SIGINT), output.open("wb") as file:  # before a process would run unattended
            load, begin = [_load()], monotonic()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, env=environment, **_out_of_reach()
            )
            if interrupted:  # in the meantime
                _pass_on(process)
            cpu, peak = _wait(process)
        wall = monotonic() - begin
        load.append(_load())
        text = output.read_text(encoding="utf-8")
    try:
        said = json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        said = {}
    if interrupted or said.get("stopped"):
        return None
    if process.returncode or "metrics" not in said:
        raise StdpbenchError(f"stdpbench run {name} exited with status {process.returncode}; its message is above")
    metrics: Figures = said["metrics"]
    return {
        "wall_s": round(wall, 2),
        "cpu_s": cpu,
        "peak_bytes": peak,
        "load": load,
        "accuracy": {readout: score["accuracy"] for readout, score in metrics.get("accuracy", {}).items()},
        "evaluated_on": metrics.get("evaluated_on"),
        "n_test_images": metrics.get("n_test_images"),
        "path": said["path"],
    }


def _out_of_reach() -> dict[str, Any]:
    """Arguments for a process that Ctrl+C reaches only once: on Windows directly, elsewhere from here."""
    return {} if sys.platform == "win32" else own_session()


def _pass_on(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process that Ctrl+C does not reach."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGINT)


def _wait(process: subprocess.Popen[bytes]) -> tuple[float | None, int | None]:
    """Wait for a process; return the CPU time of it and its children in s, and the bytes of the largest, if known."""
    if sys.platform == "win32":
        process.wait()
        return None, None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(usage.ru_utime + usage.ru_stime, 2), usage.ru_maxrss * unit


def _load() -> float | None:
    """Return the load of the machine in the last minute, if the system says."""
    if sys.platform == "win32":
        return None
    return round(os.getloadavg()[0], 1)


def _verdict(experiment: Experiment, figures: Figures) -> dict[str, Any]:
    """Return the goal of a shipped experiment, and whether it is met; nothing for others, also of the same name."""
    from stdpbench.experiment import read_experiment, shipped_experiments

    goal, path = GOALS.get(experiment.name), shipped_experiments().get(experiment.name)
    if goal is None or path is None or read_experiment(path).digest != experiment.digest:
        return {}
    return {"goal": asdict(goal), "met": goal.met(figures)}


def compared(mine: Mapping[str, Figures], earlier: Mapping[str, Figures]) -> dict[str, dict[str, float]]:
    """Return times and memory of the experiments that both benchmarks ran unchanged, as multiples of the earlier."""
    found = {}
    for name, figures in mine.items():
        before = earlier.get(name)
        if isinstance(before, Mapping) and before.get("digest") == figures["digest"]:
            both = {heading: (figures[key], before.get(key)) for heading, key in _AS_RATIOS.items()}
            found[name] = {heading: round(now / then, 2) for heading, (now, then) in both.items() if now and then}
    return found


def show(record: Figures, console: Console) -> None:
    """Print the results as tables."""
    runs: Mapping[str, Figures] = record["experiments"]
    if runs:
        title = "Whole runs, with compiling, labelling, testing and baselines"
        table = new_table(title, "experiment", "time, s", "CPU, s", "GiB", "load", "goal", "met")
        for name, run in runs.items():
            cpu = "–" if run["cpu_s"] is None else f"{run['cpu_s']:.0f}"
            memory = "–" if run["peak_bytes"] is None else f"{run['peak_bytes'] / 2**30:.2f}"
            load = "–" if None in run["load"] else "–".join(f"{each:.1f}" for each in run["load"])
            goal = (str(Goal(**run["goal"])), "yes" if run["met"] else "no") if "goal" in run else ("–", "–")
            table.add_row(name, f"{run['wall_s']:.0f}", cpu, memory, load, *goal)
        console.print(table)
        console.print("GiB: of the largest process. Goals hold for two idle cores.")
        readouts = list(dict.fromkeys(readout for run in runs.values() for readout in run["accuracy"]))
        table = new_table("Accuracy, %", "experiment", *readouts, "pictures")
        for name, run in runs.items():
            accuracy = (f"{100 * run['accuracy'][each]:.2f}" if each in run["accuracy"] else "–" for each in readouts)
            table.add_row(name, *accuracy, f"{run['n_test_images'] or '–'} {run['evaluated_on'] or ''}")
        console.print(table)
    for name, reason in record["failures"].items():
        console.print(f"{name} could not be measured: {reason}", soft_wrap=True)


def _show_compared(record: Figures, earlier: Figures, console: Console) -> None:
    """Print times and memory as multiples of those of an earlier benchmark."""
    found = record["against"]["experiments"]
    if not found:
        console.print("No experiment of the earlier benchmark was repeated.")
        return
    title = f"Times and memory / those of {earlier.get('started', 'the earlier benchmark')}"
    table = new_table(title, "experiment", *_AS_RATIOS)
    for name, values in found.items():
        table.add_row(name, *(f"{values[each]:.2f}" if each in values else "–" for each in _AS_RATIOS))
    console.print(table)
    if others := differences(record, earlier):
        console.print(f"The earlier benchmark also differs in: {'; '.join(others)}.")
