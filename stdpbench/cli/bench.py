"""``stdpbench bench``: measure training speed against plain Brian2 and a hand-written kernel, or time whole runs.

Scripts in ``benchmarks/`` measure training, each in a separate process and one at a time, so that libraries and
devices do not disturb each other. A whole run is an ordinary ``stdpbench run`` with an empty cache of compiled
networks: imports, reading, compiling, training, labelling, testing and baselines are part of its time. Its run folder
is kept, so that readings of test labels are still counted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from types import FrameType, MappingProxyType
from typing import Any, Final, NamedTuple

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.paths import SAFE, shipped
from stdpbench.base.signals import handled, own_session
from stdpbench.cli.terminal import Console, new_table
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments

FORMAT = 1
PROTOCOLS = {"stimulus": "350 ms", "stimulus_and_rest": "350 + 150 ms"}
KERNEL = "kernel 400 layer"
"""Measurement of a program that never changes; its time, relative to an earlier one, shows the load of the machine."""
_LIMIT_S = 900.0
_SHORT_S = 165.0
"""Time limit of the measurements of the short benchmark, in s; the rest of three minutes is for reading and output."""
_AS_RATIOS = {"wall": "wall_s", "CPU": "cpu_s", "memory": "peak_bytes"}
"""Figures of whole runs that are compared with an earlier benchmark, by heading."""

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Measurement:
    """One script with its arguments.

    Attributes
    ----------
    name : str
        Key in the results file.
    script : str
        File name in ``benchmarks/``.
    arguments : tuple of str
        Arguments in addition to ``--json`` and ``--data``.
    fresh_cache : bool
        Whether to use a cache of compiled networks that is empty at the start of the benchmark.
    """

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    fresh_cache: bool = False


def training(
    simulator: str,
    n_exc: int,
    inhibition: str,
    delays: str,
    presentations: int,
    warm_up: int,
    precision: str = "float64",
) -> Measurement:
    """Return the measurement of training with stdpbench on one network."""
    arguments = ["--simulator", simulator, "--n-exc", str(n_exc), "--inhibition", inhibition, "--delays", delays]
    arguments += ["--presentations", str(presentations), "--warm-up", str(warm_up), "--precision", precision]
    return Measurement(training_name(simulator, n_exc, inhibition, delays, precision), "training.py", tuple(arguments))


def training_name(
    simulator: str, n_exc: int, inhibition: str = "layer", delays: str = "none", precision: str = "float64"
) -> str:
    """Return the key of a training measurement."""
    delayed = "" if delays == "none" else ", delays"
    return f"{simulator} {n_exc} {inhibition}{delayed}" + ("" if precision == "float64" else f", {precision}")


_PLAIN_NUMPY = Measurement(
    "plain runtime 400, NumPy", "plain_runtime.py", ("--presentations", "4", "--target", "numpy")
)
"""The plain script without Cython, whose first compilation takes two minutes."""


def plan(full: bool) -> list[Measurement]:
    """Return all measurements in order of execution; unless `full`, the most important ones come first."""
    open_only = ("--open-only", "--n-exc", "400")
    measurements = [
        Measurement("first compile 400", "training.py", open_only, fresh_cache=True),
        Measurement("cached open 400", "training.py", open_only, fresh_cache=True),
    ]
    if not full:
        return [
            *measurements,
            training("compiled", 400, "layer", "none", 100, 20),
            Measurement("kernel 400 layer", "kernel_float32.py", ("--n-exc", "400", "--presentations", "100")),
            training("compiled", 400, "layer", "none", 100, 20, "float32"),
            _PLAIN_NUMPY,
            training("compiled", 400, "layer", "uniform", 50, 10),
            training("compiled", 1600, "layer", "none", 30, 10),
        ]
    n = {100: 300, 400: 300, 1600: 100, 6400: 100}
    for size in n:
        for inhibition in ("layer", "direct"):
            for delays in ("none", "uniform"):
                measurements.append(training("compiled", size, inhibition, delays, n[size], 20))
            measurements.append(training("compiled", size, inhibition, "none", n[size], 20, "float32"))
    measurements.append(Measurement("scaling", "scaling.py", ("--rounds", "20")))
    measurements.append(Measurement("against the kernel", "against_kernel.py", ("--rounds", "20")))
    for size, presentations in ((100, 10), (400, 10), (1600, 5)):
        measurements.append(training("runtime", size, "layer", "none", presentations, 1))
    measurements += [training("runtime", 400, *kind, 10, 1) for kind in (("layer", "uniform"), ("direct", "none"))]
    for size in n:
        for inhibition in ("layer", "direct"):
            arguments = ("--n-exc", str(size), "--inhibition", inhibition, "--presentations", str(n[size]))
            measurements.append(Measurement(f"kernel {size} {inhibition}", "kernel_float32.py", arguments))
    measurements += [
        Measurement("plain runtime 400", "plain_runtime.py", ("--presentations", "12")),
        _PLAIN_NUMPY,
        Measurement("long runtime 400", "long_runtime.py", ("--presentations", "15")),
        Measurement("standalone 400", "standalone.py", ("--presentations", "75")),
        Measurement("memory 400", "training.py", ("--memory", "5000")),
    ]
    return measurements


@dataclass
class Results:
    """Results of the measurements by name; a failed measurement has a reason instead."""

    figures: dict[str, Figures] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def milliseconds(self, name: str, protocol: str, *parts: str) -> float | None:
        """Return the median time per presentation of a measurement; for training, the sum of the given parts."""
        figures = self.figures.get(name)
        if figures is None:
            return None
        if not parts:
            return float(figures[f"{protocol}_ms"]["median"])
        return float(sum(figures[protocol][f"{part}_ms"]["median"] for part in parts))


class Goal(NamedTuple):
    """Goal of a whole run on two idle cores.

    Attributes
    ----------
    seconds : float
        Maximum wall time.
    vote : float or None
        Minimum accuracy of the vote on the test set, from 0 to 1.
    """

    seconds: float
    vote: float | None = None

    def met(self, figures: Figures) -> bool:
        """Return whether the figures of a run reach the goal."""
        accurate = self.vote is None or figures["accuracy"].get("vote", 0.0) >= self.vote
        return bool(figures["wall_s"] <= self.seconds and accurate)

    def __str__(self) -> str:
        """Return the goal as text."""
        return f"{self.seconds:g} s" + ("" if self.vote is None else f", vote {100 * self.vote:g} %")


GOALS: Final[Mapping[str, Goal]] = MappingProxyType(
    {"best-quick": Goal(120, 0.9), "fast-1600-long": Goal(3600), "best-6400": Goal(5400)}
)
"""Goals by the name of a shipped experiment; these experiments are the default of whole runs."""


def bench_training(full: bool, output: Path, against: Path | None = None) -> None:
    """Measure training, in all sizes and with all baselines if `full`; print the figures and save them.

    Raises
    ------
    StdpbenchError
        Before any measurement, if the output cannot be written or the earlier benchmark cannot be read.
    SystemExit
        With status 130 if it is stopped, after the completed measurements have been saved.
    """
    from stdpbench.data.datasets.fetch import status

    console, results = Console(), Results()
    record, earlier = _begin(output, against, full)
    console.print("Results are reliable only on an otherwise idle machine.")
    try:
        run_all(plan(full), results, status("mnist"), console, None if full else _SHORT_S)
    except KeyboardInterrupt:
        record["stopped"] = True
    record |= {"measurements": results.figures, "failures": results.failures, "ratios": ratios(results)}
    show(results, console)
    if earlier is not None:
        multiples = compared(results.figures, earlier["measurements"])
        record["against"] = {"started": earlier.get("started"), "ratios": multiples}
        _show_compared(multiples, record, earlier, {"open": "opening", **PROTOCOLS}, console)
        if load := multiples.get(KERNEL):
            console.print(
                f"The kernel, which does not change, took {load['stimulus']:.2f} times as long: this factor is due to "
                "the machine.",
            )
    _save(record, output, console)


def bench_experiments(names: Sequence[str], output: Path, against: Path | None, runs: Path) -> None:
    """Time whole runs; print the figures and save them.

    Parameters
    ----------
    names : sequence of str
        Shipped experiments or TOML files; if empty, those with a goal.
    output : Path
        JSON file for the results.
    against : Path or None
        Results of an earlier benchmark.
    runs : Path
        Where the run folders are created.

    Raises
    ------
    StdpbenchError
        Before any run, if an experiment or a file cannot be read, or the output cannot be written.
    SystemExit
        With status 130 if it is stopped, after the completed measurements have been saved.
    """
    record, earlier = _begin(output, against, full=False)
    experiments, console = {name: read_experiment(name) for name in names or GOALS}, Console()
    record |= {"measurements": {}, "failures": {}, "ratios": {}, "experiments": {}}
    console.print("Times are reliable only on an otherwise idle machine. Run folders are kept and count as looks.")
    titles = [experiment.name for experiment in experiments.values()]
    try:
        for number, (name, experiment) in enumerate(experiments.items(), 1):
            title = experiment.name if titles.count(experiment.name) == 1 else name
            console.print(f"\n{number}/{len(experiments)} stdpbench run {name}", soft_wrap=True)
            try:
                figures = run_whole(name, runs)
            except StdpbenchError as error:
                record["failures"][title] = str(error)
                continue
            if figures is None:
                raise KeyboardInterrupt
            identity = {"seed": experiment.seed, "digest": experiment.digest}
            record["experiments"][title] = {**identity, **figures, **_verdict(experiment, figures)}
    except KeyboardInterrupt:
        record["stopped"] = True
    console.print()
    show_runs(record, console)
    if earlier is not None:
        multiples = compared_runs(record["experiments"], earlier.get("experiments") or {})
        record["against"] = {"started": earlier.get("started"), "ratios": {}, "experiments": multiples}
        _show_compared(multiples, record, earlier, dict(zip(_AS_RATIOS, _AS_RATIOS, strict=True)), console)
    _save(record, output, console)


def _begin(output: Path, against: Path | None, full: bool) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return a new record and that of the earlier benchmark, if any, whose file the new one may overwrite.

    Raises
    ------
    StdpbenchError
        If the output cannot be written, or the earlier benchmark cannot be read.
    """
    from stdpbench.runs.folder.run_folder import environment

    if output.is_dir():
        raise StdpbenchError(f"--output {output} is a folder; give a file in it, such as {output / 'bench.json'}")
    if not os.access(output.parent, os.W_OK):
        raise StdpbenchError(f"--output {output}: there is no folder {output.parent}, or it is not writable")
    earlier = None if against is None else read_earlier(against)
    return {"format": FORMAT, **environment(), "full": full, "stopped": False}, earlier


def _save(record: Figures, output: Path, console: Console) -> None:
    write_text_aside(output, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    console.print(f"{'Stopped; partial results' if record['stopped'] else 'Results'}: {output}")
    if record["stopped"]:
        sys.exit(130)


def run_all(
    measurements: Sequence[Measurement],
    results: Results,
    mnist: Path | None,
    console: Console,
    seconds: float | None = None,
    clock: Callable[[], float] = monotonic,
) -> None:
    """Run the measurements in sequence, and skip those that do not fit into a number of seconds."""
    begin = clock()
    bars = Progress(
        TextColumn("{task.description:<42}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="stdpbench-bench-") as cache, bars:
        task = bars.add_task("", total=len(measurements))
        for number, measurement in enumerate(measurements, 1):
            bars.update(task, description=measurement.name)
            if not console.is_terminal:
                console.print(f"{number}/{len(measurements)} {measurement.name}")
            remaining = _LIMIT_S if seconds is None else seconds - (clock() - begin)
            try:
                if remaining <= 0:
                    raise StdpbenchError(f"left out after {_SHORT_S:g} s; --full has no time limit")
                results.figures[measurement.name] = run(measurement, mnist, Path(cache), min(remaining, _LIMIT_S))
            except StdpbenchError as error:
                results.failures[measurement.name] = str(error)
            bars.advance(task)


def run(measurement: Measurement, mnist: Path | None, cache: Path, limit: float = _LIMIT_S) -> Figures:
    """Run one measurement in a separate process.

    Parameters
    ----------
    measurement : Measurement
        The measurement to run.
    mnist : Path or None
        Folder with MNIST; synthetic pictures without it.
    cache : Path
        Cache of compiled networks for measurements with `fresh_cache`.
    limit : float
        Time limit in seconds.

    Raises
    ------
    StdpbenchError
        If the measurement fails, with the last line of the error output of the script.
    """
    command = [sys.executable, str(shipped("benchmarks") / measurement.script), "--json", *measurement.arguments]
    if mnist is not None and "--open-only" not in measurement.arguments:
        command += ["--data", str(mnist)]
    environment = environment_of_scripts()
    if measurement.fresh_cache:
        environment["STDPBENCH_CACHE"] = str(cache)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        raise StdpbenchError(f"given up after {limit:.0f} s") from None
    try:
        figures = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
    except (IndexError, ValueError):
        figures = None
    if not isinstance(figures, dict):
        errors = [line for line in done.stderr.splitlines() if line.strip()] or ["no error output"]
        raise StdpbenchError(f"{measurement.script} exited with status {done.returncode}: {errors[-1].strip()}")
    return figures


def environment_of_scripts() -> dict[str, str]:
    """Return the environment of measured processes, in which they import this package."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {name: value for name, value in os.environ.items() if name not in SAFE}  # scripts import from their folder
    return {**own, "PYTHONPATH": os.pathsep.join(paths)}


def ratios(results: Results) -> dict[str, dict[str, float]]:
    """Return ratios of times, by protocol.

    A baseline is compared with the parts of a presentation of stdpbench that it also performs: the plain script draws
    spikes, normalises and simulates; the long run and standalone get precomputed spikes; the kernel only simulates.
    All use one thread, without overlap. Scaling with the number of neurons is a separate measurement.
    """
    compiled = training_name("compiled", 400)
    whole, fed, simulated = ("encode", "normalise", "simulate"), ("normalise", "simulate"), ("simulate",)
    pairs: dict[str, tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]] = {
        "plain runtime / compiled": (("plain runtime 400", ()), (compiled, whole)),
        "plain runtime, NumPy / compiled": ((_PLAIN_NUMPY.name, ()), (compiled, whole)),
        "long runtime / compiled": (("long runtime 400", ()), (compiled, fed)),
        "standalone / compiled": (("standalone 400", ()), (compiled, fed)),
        "kernel / compiled": (("kernel 400 layer", ()), (compiled, simulated)),
        "kernel / compiled, direct": (
            ("kernel 400 direct", ()),
            (training_name("compiled", 400, "direct"), simulated),
        ),
        "runtime / compiled": ((training_name("runtime", 400), whole), (compiled, whole)),
        "compiled, uniform / no delays": (
            (training_name("compiled", 400, "layer", "uniform"), simulated),
            (compiled, simulated),
        ),
        "compiled, float32 / float64": (
            (training_name("compiled", 400, precision="float32"), simulated),
            (compiled, simulated),
        ),
        "kernel / compiled, float32": (
            ("kernel 400 layer", ()),
            (training_name("compiled", 400, precision="float32"), simulated),
        ),
        "compiled, layer / direct": ((compiled, simulated), (training_name("compiled", 400, "direct"), simulated)),
    }
    quotients: dict[str, dict[str, float]] = {}
    for name, ((above, above_parts), (below, below_parts)) in pairs.items():
        for protocol in PROTOCOLS:
            numerator = results.milliseconds(above, protocol, *above_parts)
            denominator = results.milliseconds(below, protocol, *below_parts)
            if numerator is not None and denominator:
                quotients.setdefault(name, {})[protocol] = round(numerator / denominator, 2)
    if scaling := results.figures.get("scaling"):  # measured alternately, so that both sizes have the same load
        for n_exc in ("1600", "6400"):
            values = {protocol: round(scaling[protocol][n_exc]["ratio"]["median"], 2) for protocol in PROTOCOLS}
            quotients[f"compiled, {n_exc} / 400 neurons"] = values
    return quotients


def run_whole(name: str, runs: Path) -> dict[str, Any] | None:
    """Carry out ``stdpbench run`` with an empty cache, showing its progress, and return its figures.

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
        ``wall_s`` and ``cpu_s`` of all its processes, ``peak_bytes`` of the largest process, ``load`` of the machine
        before and after, ``accuracy`` of each read-out from 0 to 1, ``evaluated_on``, ``n_test_images``, and the
        ``path`` of the run. None if the run was stopped.

    Raises
    ------
    StdpbenchError
        If the run fails, after it has printed the reason.
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
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)

        with handled(interrupt, signal.SIGINT), output.open("wb") as file:  # before the process starts
            load, begin = [round(os.getloadavg()[0], 1)], monotonic()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, env=environment, **own_session()
            )
            if interrupted:  # while the process was being started
                os.kill(process.pid, signal.SIGINT)
            ended = 0
            while not ended:  # a wait that blocks does not notice a signal that came just before it
                sleep(0.02)
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = monotonic() - begin
        load.append(round(os.getloadavg()[0], 1))
        text = output.read_text(encoding="utf-8")
    try:
        result = json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        result = {}
    if interrupted or result.get("stopped"):
        return None
    if process.returncode or "metrics" not in result:
        raise StdpbenchError(f"stdpbench run {name} exited with status {process.returncode}; its message is above")
    metrics: Figures = result["metrics"]
    return {
        "wall_s": round(wall, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "load": load,
        "accuracy": {readout: score["accuracy"] for readout, score in metrics.get("accuracy", {}).items()},
        "evaluated_on": metrics.get("evaluated_on"),
        "n_test_images": metrics.get("n_test_images"),
        "path": result["path"],
    }


def _verdict(experiment: Experiment, figures: Figures) -> dict[str, Any]:
    """Return the goal of a shipped experiment, and whether it is met; empty for other experiments of the same name."""
    goal, path = GOALS.get(experiment.name), shipped_experiments().get(experiment.name)
    if goal is None or path is None or read_experiment(path).digest != experiment.digest:
        return {}
    return {"goal": goal._asdict(), "met": goal.met(figures)}


def read_earlier(path: Path) -> dict[str, Any]:
    """Read the results of an earlier benchmark.

    Raises
    ------
    StdpbenchError
        If the file contains no results.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StdpbenchError(f"--against {path} cannot be read: {error.strerror}") from error
    except ValueError:
        content = None
    record: dict[str, Any] = content if isinstance(content, dict) else {}
    measured = record.get("measurements")
    if not isinstance(measured, dict) or not all(isinstance(figures, dict) for figures in measured.values()):
        raise StdpbenchError(f"--against {path} has no measurements; give a file written by stdpbench bench")
    return record


def times_of(figures: Mapping[str, Any]) -> dict[str, float]:
    """Return the times of a measurement, in ms, by protocol, and the time of opening if there are no others."""
    times = {}
    for protocol in PROTOCOLS:
        parts = figures.get(protocol)
        spread = parts.get("whole_ms") if isinstance(parts, Mapping) else figures.get(f"{protocol}_ms")
        if isinstance(spread, Mapping) and "median" in spread:
            times[protocol] = float(spread["median"])
    if not times and "open_s" in figures:
        times["open"] = 1e3 * float(figures["open_s"])
    return times


def compared(figures: Mapping[str, Figures], earlier: Mapping[str, Figures]) -> dict[str, dict[str, float]]:
    """Return the times of measurements in both benchmarks, as multiples of the earlier ones, by protocol."""
    multiples = {}
    for name in figures:
        if name in earlier:
            new, old = times_of(figures[name]), times_of(earlier[name])
            if shared := {protocol: round(new[protocol] / old[protocol], 2) for protocol in new if old.get(protocol)}:
                multiples[name] = shared
    return multiples


def differences(record: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """Return the differences between two benchmarks other than the code, a noun each."""
    nouns = ["the machine"] if record.get("host") != earlier.get("host") else []
    if _pictures(record) != _pictures(earlier):
        nouns.append("the pictures")
    new, old = record.get("versions") or {}, earlier.get("versions") or {}
    if names := sorted(name for name in {*new, *old} if new.get(name) != old.get(name)):
        nouns.append(f"the versions of {', '.join(names)}")
    return nouns


def _pictures(record: Mapping[str, Any]) -> set[Any]:
    return {figures.get("pictures") for figures in record["measurements"].values()} - {None}


def compared_runs(figures: Mapping[str, Figures], earlier: Mapping[str, Figures]) -> dict[str, dict[str, float]]:
    """Return times and memory of the experiments that both benchmarks ran unchanged, as multiples of the earlier."""
    multiples: dict[str, dict[str, float]] = {}
    for name, new in figures.items():
        old = earlier.get(name)
        if isinstance(old, Mapping) and old.get("digest") == new["digest"]:
            multiples[name] = {
                heading: round(new[key] / old[key], 2)
                for heading, key in _AS_RATIOS.items()
                if new[key] and old.get(key)
            }
    return multiples


def show(results: Results, console: Console) -> None:
    """Print the results as tables."""
    pictures = sorted({str(figures["pictures"]) for figures in results.figures.values() if "pictures" in figures})
    trained = {
        name: figures for name, figures in results.figures.items() if "open_s" in figures and "stimulus" in figures
    }
    if trained:
        title = f"Training on {' and '.join(pictures)} pictures of 28 × 28: ms per presentation, median (min–max)"
        table = _new_table(title, "network", "enc.", "norm.", *PROTOCOLS.values())
        rates = _new_table(
            "Training, as in an experiment", "network", "images/s", "with rest", "exc spikes", "open, s"
        )
        for name, figures in trained.items():
            short, long = (figures[protocol] for protocol in PROTOCOLS)
            parts = (f"{short[f'{part}_ms']['median']:.2f}" for part in ("encode", "normalise"))
            table.add_row(name, *parts, *(_spread(protocol["simulate_ms"]) for protocol in (short, long)))
            speeds = (f"{protocol['training_presentations_per_s']:.0f}" for protocol in (short, long))
            opened = f"{figures['open_s']:.2f}{' (compiled)' if figures['compiled_anew'] else ''}"
            rates.add_row(name, *speeds, f"{long['exc_spikes_per_image']:.1f}", opened)
        console.print(table, rates)
    baselines = {name: figures for name, figures in results.figures.items() if "baseline" in figures}
    if baselines:
        title = "Other implementations of the same network: ms per presentation, median (min–max)"
        table = _new_table(title, "baseline", *PROTOCOLS.values(), "exc spikes", "set-up, s")
        for name, figures in baselines.items():
            times = (_spread(figures[f"{protocol}_ms"]) for protocol in PROTOCOLS)
            table.add_row(name, *times, f"{figures['exc_spikes_per_image']:.1f}", f"{figures['set_up_s']:.1f}")
        console.print(table)
    if by_protocol := ratios(results):
        table = _new_table("Ratios of times", "", *PROTOCOLS.values())
        for name, values in by_protocol.items():
            table.add_row(name, *(f"{values[p]:.2f}" if p in values else "" for p in PROTOCOLS))
        console.print(table)
    _show_rest(results, console)


def show_runs(record: Figures, console: Console) -> None:
    """Print the results as tables."""
    runs: Mapping[str, Figures] = record["experiments"]
    if runs:
        title = "Whole runs, with compiling, labelling, testing and baselines"
        table = _new_table(title, "experiment", "time, s", "CPU, s", "GiB", "load", "goal", "met")
        for name, run in runs.items():
            used = (f"{run['cpu_s']:.0f}", f"{run['peak_bytes'] / 2**30:.2f}")
            load = "–".join(f"{number:.1f}" for number in run["load"])
            goal = (str(Goal(**run["goal"])), "yes" if run["met"] else "no") if "goal" in run else ("–", "–")
            table.add_row(name, f"{run['wall_s']:.0f}", *used, load, *goal)
        console.print(table)
        console.print("GiB: of the largest process. Goals hold for two idle cores.")
        readouts = list(dict.fromkeys(readout for run in runs.values() for readout in run["accuracy"]))
        table = _new_table("Accuracy, %", "experiment", *readouts, "pictures")
        for name, run in runs.items():
            scores = (run["accuracy"].get(readout) for readout in readouts)
            accuracy = ("–" if score is None else f"{100 * score:.2f}" for score in scores)
            table.add_row(name, *accuracy, f"{run['n_test_images'] or '–'} {run['evaluated_on'] or ''}")
        console.print(table)
    for name, reason in record["failures"].items():
        console.print(f"{name} could not be measured: {reason}", soft_wrap=True)


def _show_compared(
    multiples: Mapping[str, Mapping[str, float]],
    record: Figures,
    earlier: Figures,
    headings: Mapping[str, str],
    console: Console,
) -> None:
    """Print times and memory as multiples of those of an earlier benchmark."""
    if not multiples:
        console.print("The benchmarks have no measurement in common.")
        return
    table = _new_table(f"Figures / those of {earlier.get('started', 'the earlier benchmark')}", "", *headings.values())
    for name, values in multiples.items():
        table.add_row(name, *(f"{values[key]:.2f}" if key in values else "" for key in headings))
    console.print(table)
    if nouns := differences(record, earlier):
        console.print(f"The earlier benchmark also differs in: {'; '.join(nouns)}.")


def _new_table(title: str, *headings: str) -> Table:
    """Return an empty table; all columns except the first are aligned to the right."""
    return new_table(*headings, right_from=1, title=title, title_style="bold", box=None, padding=(0, 1, 0, 0))


def _show_rest(results: Results, console: Console) -> None:
    for network, multiples in results.figures.get("against the kernel", {}).items():
        if isinstance(multiples, Mapping):
            names = [precision for precision in ("float32", "float64") if precision in multiples]
            texts = (f"{precision} {multiples[precision][1]:.2f}" for precision in names)
            console.print(f"{network}, CPU time as multiples of the kernel's: {', '.join(texts)}")
    for name in ("first compile 400", "cached open 400"):
        if figures := results.figures.get(name):
            seconds = f"{figures['open_s']:.2f} s, and {figures['import_s']:.2f} s for imports"
            console.print(f"{name} neurons: {seconds}")
    if figures := results.figures.get("memory 400"):
        sizes = (f"{size} MB after {n}" for n, size in figures["resident_mb_after"].items())
        console.print(f"resident size, compiled, 400 neurons: {', '.join(sizes)} presentations")
    for name, reason in results.failures.items():
        console.print(f"{name} could not be measured: {reason}", soft_wrap=True)


def _spread(figure: Mapping[str, float]) -> str:
    middle, low, high = (_three_digits(figure[name]) for name in ("median", "min", "max"))
    return f"{middle} ({low}–{high})"


def _three_digits(value: float) -> str:
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"
