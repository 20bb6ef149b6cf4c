"""``stdpbench bench``: training speed compared with plain Brian2 and a hand-written kernel in one session.

The scripts in ``benchmarks/`` do the measuring. Each measurement is a separate process, one after the other, so that
libraries and devices do not disturb each other. This module plans and runs them, compares the results and saves them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.paths import shipped
from stdpbench.cli.bench_compared import KERNEL, compared, differences, read_earlier
from stdpbench.cli.terminal import Console

FORMAT = 1
PROTOCOLS = {"stimulus": "350 ms", "stimulus_and_rest": "350 + 150 ms"}
_LIMIT_S = 900.0
_SHORT_S = 165.0
"""Seconds within which the short benchmark measures; what is left of three minutes is for reading and output."""

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
    """Measurement of stdpbench's own training on one network."""
    arguments = ["--simulator", simulator, "--n-exc", str(n_exc), "--inhibition", inhibition, "--delays", delays]
    arguments += ["--presentations", str(presentations), "--warm-up", str(warm_up), "--precision", precision]
    return Measurement(training_name(simulator, n_exc, inhibition, delays, precision), "training.py", tuple(arguments))


def training_name(
    simulator: str, n_exc: int, inhibition: str = "layer", delays: str = "none", precision: str = "float64"
) -> str:
    """Key of a training measurement."""
    delayed = "" if delays == "none" else ", delays"
    return f"{simulator} {n_exc} {inhibition}{delayed}" + ("" if precision == "float64" else f", {precision}")


def plan(full: bool) -> list[Measurement]:
    """Return all measurements in order of execution; if not `full`, what matters most comes first."""
    return _whole() if full else _short()


_PLAIN_NUMPY = Measurement(
    "plain runtime 400, NumPy", "plain_runtime.py", ("--presentations", "4", "--target", "numpy")
)
"""The plain script without Cython, which compiles for two minutes where Brian2 has not done so before."""


def _short() -> list[Measurement]:
    open_only = ("--open-only", "--n-exc", "400")
    return [
        Measurement("first compile 400", "training.py", open_only, fresh_cache=True),
        Measurement("cached open 400", "training.py", open_only, fresh_cache=True),
        training("compiled", 400, "layer", "none", 100, 20),
        Measurement("kernel 400 layer", "kernel_float32.py", ("--n-exc", "400", "--presentations", "100")),
        training("compiled", 400, "layer", "none", 100, 20, "float32"),
        _PLAIN_NUMPY,
        training("compiled", 400, "layer", "uniform", 50, 10),
        training("compiled", 1600, "layer", "none", 30, 10),
    ]


def _whole() -> list[Measurement]:
    open_only = ("--open-only", "--n-exc", "400")
    found = [
        Measurement("first compile 400", "training.py", open_only, fresh_cache=True),
        Measurement("cached open 400", "training.py", open_only, fresh_cache=True),
    ]
    n = {100: 300, 400: 300, 1600: 100, 6400: 100}
    for size in n:
        for inhibition in ("layer", "direct"):
            found += [training("compiled", size, inhibition, delays, n[size], 20) for delays in ("none", "uniform")]
            found.append(training("compiled", size, inhibition, "none", n[size], 20, "float32"))
    found.append(Measurement("scaling", "scaling.py", ("--rounds", "20")))
    found.append(Measurement("against the kernel", "against_kernel.py", ("--rounds", "20")))
    found += [training("runtime", size, "layer", "none", few, 1) for size, few in ((100, 10), (400, 10), (1600, 5))]
    found += [training("runtime", 400, *kind, 10, 1) for kind in (("layer", "uniform"), ("direct", "none"))]
    for size in n:
        for inhibition in ("layer", "direct"):
            arguments = ("--n-exc", str(size), "--inhibition", inhibition, "--presentations", str(n[size]))
            found.append(Measurement(f"kernel {size} {inhibition}", "kernel_float32.py", arguments))
    found += [
        Measurement("plain runtime 400", "plain_runtime.py", ("--presentations", "12")),
        _PLAIN_NUMPY,
        Measurement("long runtime 400", "long_runtime.py", ("--presentations", "15")),
        Measurement("standalone 400", "standalone.py", ("--presentations", "75")),
        Measurement("memory 400", "training.py", ("--memory", "5000")),
    ]
    return found


@dataclass
class Results:
    """Results of the measurements by name; a failed measurement has a reason instead."""

    figures: dict[str, Figures] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def milliseconds(self, name: str, protocol: str, *parts: str) -> float | None:
        """Median time per presentation of a measurement; for training, the sum of some of its parts."""
        figures = self.figures.get(name)
        if figures is None:
            return None
        if not parts:
            return float(figures[f"{protocol}_ms"]["median"])
        return float(sum(figures[protocol][f"{part}_ms"]["median"] for part in parts))


def bench_command(full: bool, output: Path, against: Path | None = None, runs: Path | None = None) -> None:
    """Carry out ``stdpbench bench`` without experiments; there is no use for a runs folder."""
    if runs is not None:
        raise StdpbenchError("--runs is for whole runs: name experiments, or add --experiments")
    check_writable(output)
    earlier = None if against is None else read_earlier(against)  # before it is overwritten, perhaps
    from stdpbench.data.datasets.fetch import status
    from stdpbench.runs.folder.run_folder import environment

    console, measurements, results = Console(), plan(full), Results()
    record: dict[str, Any] = {"format": FORMAT, **environment(), "full": full}
    stopped = False
    console.print("Results are reliable only on an otherwise idle machine.")
    try:
        run_all(measurements, results, status("mnist"), console, None if full else _SHORT_S)
    except KeyboardInterrupt:
        stopped = True
    record |= {
        "stopped": stopped,
        "measurements": results.figures,
        "failures": results.failures,
        "ratios": ratios(results),
    }
    if earlier is not None:
        record["against"] = {"started": earlier.get("started"), "ratios": compared(results.figures, earlier)}
    show(results, console)
    if earlier is not None:
        show_compared(results, record, earlier, console)
    write_text_aside(output, json.dumps(record, indent=2, ensure_ascii=False) + "\n")  # the disk may be full by now
    console.print(f"{'Stopped; partial results' if stopped else 'Results'}: {output}")
    if stopped:
        sys.exit(130)


def run_all(
    measurements: Sequence[Measurement],
    results: Results,
    mnist: Path | None,
    console: Console,
    seconds: float | None = None,
    clock: Callable[[], float] = monotonic,
) -> None:
    """Run the measurements one after the other, as many as there is time for in some seconds by a clock."""
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
            left = _LIMIT_S if seconds is None else seconds - (clock() - begin)
            try:
                if left <= 0:
                    raise StdpbenchError(f"left out after {_SHORT_S:g} s; --full has no time limit")
                results.figures[measurement.name] = run(measurement, mnist, Path(cache), min(left, _LIMIT_S))
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
        Seconds after which it is given up.

    Raises
    ------
    StdpbenchError
        If it fails, with the last line of the script's error output.
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
    """Return the environment of measured processes, which use this package."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def ratios(results: Results) -> dict[str, dict[str, float]]:
    """Return ratios of times, by protocol.

    A baseline is compared with the parts of stdpbench's presentation that it also performs: the plain script draws
    spikes, normalises and simulates; the long run and standalone get precomputed spikes; the kernel only simulates.
    All use one thread, without overlap. Growth with the number of neurons is a separate measurement.
    """
    own = training_name("compiled", 400)
    whole, fed, simulated = ("encode", "normalise", "simulate"), ("normalise", "simulate"), ("simulate",)
    pairs: dict[str, tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]] = {
        "plain runtime / compiled": (("plain runtime 400", ()), (own, whole)),
        "plain runtime, NumPy / compiled": ((_PLAIN_NUMPY.name, ()), (own, whole)),
        "long runtime / compiled": (("long runtime 400", ()), (own, fed)),
        "standalone / compiled": (("standalone 400", ()), (own, fed)),
        "kernel / compiled": (("kernel 400 layer", ()), (own, simulated)),
        "kernel / compiled, direct": (
            ("kernel 400 direct", ()),
            (training_name("compiled", 400, "direct"), simulated),
        ),
        "runtime / compiled": ((training_name("runtime", 400), whole), (own, whole)),
        "compiled, uniform / no delays": (
            (training_name("compiled", 400, "layer", "uniform"), simulated),
            (own, simulated),
        ),
        "compiled, float32 / float64": (
            (training_name("compiled", 400, precision="float32"), simulated),
            (own, simulated),
        ),
        "kernel / compiled, float32": (
            ("kernel 400 layer", ()),
            (training_name("compiled", 400, precision="float32"), simulated),
        ),
        "compiled, layer / direct": ((own, simulated), (training_name("compiled", 400, "direct"), simulated)),
    }
    found: dict[str, dict[str, float]] = {}
    for name, ((above, above_parts), (below, below_parts)) in pairs.items():
        for protocol in PROTOCOLS:
            numerator = results.milliseconds(above, protocol, *above_parts)
            denominator = results.milliseconds(below, protocol, *below_parts)
            if numerator is not None and denominator:
                found.setdefault(name, {})[protocol] = round(numerator / denominator, 2)
    if scaling := results.figures.get("scaling"):  # measured alternately, so that both sizes see the same machine load
        for n_exc in ("1600", "6400"):
            values = {protocol: round(scaling[protocol][n_exc]["ratio"]["median"], 2) for protocol in PROTOCOLS}
            found[f"compiled, {n_exc} / 400 neurons"] = values
    return found


def show(results: Results, console: Console) -> None:
    """Print the results as tables."""
    pictures = sorted({str(figures["pictures"]) for figures in results.figures.values() if "pictures" in figures})
    own = {name: figures for name, figures in results.figures.items() if "open_s" in figures and "stimulus" in figures}
    if own:
        title = f"Training on {' and '.join(pictures)} pictures of 28 × 28: ms per presentation, median (min–max)"
        table = new_table(title, "network", "enc.", "norm.", *PROTOCOLS.values())
        rates = new_table("Training, as in an experiment", "network", "images/s", "with rest", "exc spikes", "open, s")
        for name, figures in own.items():
            short, long = (figures[protocol] for protocol in PROTOCOLS)
            parts = (f"{short[f'{part}_ms']['median']:.2f}" for part in ("encode", "normalise"))
            table.add_row(name, *parts, *(_spread(protocol["simulate_ms"]) for protocol in (short, long)))
            speeds = (f"{protocol['training_presentations_per_s']:.0f}" for protocol in (short, long))
            opened = f"{figures['open_s']:.2f}{' (compiled)' if figures['compiled_anew'] else ''}"
            rates.add_row(name, *speeds, f"{long['exc_spikes_per_image']:.1f}", opened)
        console.print(table, rates)
    baselines = {name: figures for name, figures in results.figures.items() if "baseline" in figures}
    if baselines:
        title = "The same network otherwise: ms per presentation, median (min–max)"
        table = new_table(title, "baseline", *PROTOCOLS.values(), "exc spikes", "set-up, s")
        for name, figures in baselines.items():
            times = (_spread(figures[f"{protocol}_ms"]) for protocol in PROTOCOLS)
            table.add_row(name, *times, f"{figures['exc_spikes_per_image']:.1f}", f"{figures['set_up_s']:.1f}")
        console.print(table)
    if found := ratios(results):
        table = new_table("Ratios of times", "", *PROTOCOLS.values())
        for name, values in found.items():
            table.add_row(name, *(f"{values[p]:.2f}" if p in values else "" for p in PROTOCOLS))
        console.print(table)
    _show_rest(results, console)


def show_compared(results: Results, record: Figures, earlier: Figures, console: Console) -> None:
    """Print the times as multiples of those of an earlier benchmark."""
    found = compared(results.figures, earlier)
    if not found:
        console.print("No measurement of the earlier benchmark was repeated.")
        return
    headings = {"open": "opening", **PROTOCOLS}
    table = new_table(f"Times / those of {earlier.get('started', 'the earlier benchmark')}", "", *headings.values())
    for name, values in found.items():
        table.add_row(name, *(f"{values[p]:.2f}" if p in values else "" for p in headings))
    console.print(table)
    if busier := found.get(KERNEL):
        console.print(
            f"The kernel, which does not change, took {busier['stimulus']:.2f} times as long: this much is due to the "
            "machine.",
        )
    if others := differences(record, earlier):
        console.print(f"The earlier benchmark also differs in: {'; '.join(others)}.")


def new_table(title: str, first: str, *others: str) -> Table:
    """Return an empty table, whose columns after the first are aligned to the right."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), title_style="bold")
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _show_rest(results: Results, console: Console) -> None:
    for network, ratios_ in results.figures.get("against the kernel", {}).items():
        if isinstance(ratios_, Mapping):
            found = (f"{each} {ratios_[each][1]:.2f}" for each in ("float32", "float64") if each in ratios_)
            console.print(f"{network}, CPU time as multiples of the kernel's: {', '.join(found)}")
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


def check_writable(output: Path) -> None:
    """Check the output file before minutes are spent."""
    if output.is_dir():
        raise StdpbenchError(f"--output {output} is a folder; give a file in it, such as {output / 'bench.json'}")
    if not output.parent.is_dir():
        raise StdpbenchError(f"--output {output}: there is no folder {output.parent}")
    if not os.access(output.parent, os.W_OK):
        raise StdpbenchError(f"--output {output}: folder {output.parent} is not writable")
