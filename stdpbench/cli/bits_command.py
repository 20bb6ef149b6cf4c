"""Implementation of ``evaluate --bits``."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.table import Table

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.cli.follow import INTERRUPTED, Interrupt
from stdpbench.cli.progress import Display
from stdpbench.cli.terminal import Console
from stdpbench.runs.catalog.names import find_run
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.studies.report.few_bits import ALL_BITS, measure_bits


def bits_command(
    run: str,
    bits: Sequence[int],
    rounding: str | None,
    workers: int,
    simulator: str | None,
    runs: Path | None,
    json: bool,
) -> None:
    """Carry out ``stdpbench evaluate --bits``."""
    if not bits:
        raise StdpbenchError("--rounding says how --bits rounds: give --bits as well")
    folder, console = find_run(run, runs or runs_folder()), Console(stderr=json)
    interrupt, stopped = Interrupt(console, "Stopping after this part; press Ctrl+C again to end at once."), False
    found: dict[str, Any] = {}
    events = measure_bits(folder, bits, rounding, workers, simulator)
    with Display(console) as display, closing(events):
        while not stopped:
            try:
                with interrupt.heard():  # installed repeatedly: importing brian2 installs its own handler
                    display.progress(next(events))
            except StopIteration as end:
                found = end.value
                break
            stopped = interrupt.asked
    if stopped:
        sys.exit(INTERRUPTED)
    _show(found, origin_of(folder.path).word, console)
    if json:
        record = {"path": str(folder.path.resolve()), **found}
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")


def _show(found: Mapping[str, Any], word: str, console: Console) -> None:
    accuracy: Mapping[str, Mapping[str, float]] = found["accuracy"]
    how = {"nearest": "to the nearest value", "stochastic": "up or down at random"}[found["rounding"]]
    title = f"% of {found['n_images']} {found['part']} stimuli, weights rounded {how}"
    table = Table(title=f"{word}: {title}" if word else title, title_justify="left")
    table.add_column("read-out")
    for name in accuracy:
        table.add_column(
            "all bits" if name == ALL_BITS else "1 bit" if name == "1" else f"{name} bits", justify="right"
        )
    for readout in accuracy[ALL_BITS]:
        table.add_row(readout, *(f"{100 * each[readout]:.2f}" for each in accuracy.values()))
    console.print(table)
