"""What a surrogate gradient does to layers: gradients, and neurons that never or always fire, over passes.

    stdpbench sweep slopes
    python benchmarks/slopes.py "arctan, k 2=runs/slopes/arctan--k-2-seed*" --figure slopes.png

Each argument is a name and the folders of its runs of the reference surrogate-gradient, one for each seed. Prints, for
the first and the last pass, the ratio of the gradient's lengths in the first and in the last layer, and the shares of
hidden neurons that fired for no training picture of the pass, and for all of them; mean and SD over runs. Everything
here is supervised.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.surrogate_training import layers_with_gradients, passes_of, surrogate_training_figure
from stdpbench.runs.analysis.curves import taught_columns
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.protocol.live_run import LiveRun


def main() -> None:
    """Print a table, and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slopes", nargs="+", metavar="NAME=FOLDERS", help="a name, and a pattern of run folders")
    parser.add_argument("--figure", type=Path, help="file for the figure, such as slopes.png")
    options = parser.parse_args()
    series: dict[str, list[dict[str, NDArray[np.float64]]]] = {}
    print("| slope | seeds | accuracy | gradient, first / last layer | after the last pass | dead | always |")
    print("|---|---|---|---|---|---|---|")
    for text in options.slopes:
        name, _, pattern = text.rpartition("=")
        folders = sorted(Path("/").glob(pattern[1:]) if pattern.startswith("/") else Path().glob(pattern))
        finished = [folder for folder in folders if (folder / "metrics.json").is_file()]
        if not finished:
            parser.error(f"there are no finished runs {pattern}")
        series[name] = [curves_of(folder) for folder in finished]
        correct = [100 * accuracy_of(folder) for folder in finished]
        print(f"| {name} | {len(finished)} | {spread(correct)} |", " | ".join(row(series[name])), "|", flush=True)
    if options.figure is not None:
        surrogate_training_figure(series, "Slopes of the surrogate").savefig(options.figure)


def curves_of(folder: Path) -> dict[str, NDArray[np.float64]]:
    """Return the curves of a run, one value per pass."""
    live = LiveRun.replay(read_journal(folder))
    assert live.started is not None
    passes = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["supervised"]["passes"]
    return passes_of(taught_columns(live.taught), dict(live.started.phases)["train"] // passes)


def accuracy_of(folder: Path) -> float:
    """Return the accuracy of a run on its evaluated pictures."""
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return float(metrics["accuracy"]["vote"]["accuracy"])


def row(runs: Sequence[dict[str, NDArray[np.float64]]]) -> list[str]:
    """Return the cells on gradients and neurons."""
    first, *_, last = layers_with_gradients(runs[0])
    hidden = layers_with_gradients(runs[0])[:-1]
    found = [
        spread([float(run[f"{first}.gradient"][at] / run[f"{last}.gradient"][at]) for run in runs], 2)
        for at in (0, -1)
    ]
    for share in ("dead", "always"):
        found.append(spread([100 * float(np.mean([run[f"{each}.{share}"][-1] for each in hidden])) for run in runs]))
    return found


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return mean ± SD."""
    of = np.array(values)
    return f"{of.mean():.{digits}f}" if len(of) == 1 else f"{of.mean():.{digits}f} ± {of.std(ddof=1):.{digits}f}"


if __name__ == "__main__":
    main()
