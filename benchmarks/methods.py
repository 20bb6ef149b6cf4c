"""Ways of learning beside each other: accuracy, labels, parameters, spikes, synaptic operations and energy.

    python benchmarks/methods.py "best=runs/best-400-seed*" "surrogate=runs/surrogate-mnist-seed*" --figure methods.png

Each argument is a name and the folders of its runs, one for each seed. A synaptic operation is a spike that arrives at
a synapse, counted for the first test stimuli; an input that is shown as currents takes a product for each of its
synapses instead, once per stimulus. The energy is that of 32-bit operations in 45 nm without memory (Horowitz 2014):
0.9 pJ for an addition, 4.6 pJ for a product and an addition. It compares orders of magnitude. Of a reference that was
trained on the responses of a run, the run's own operations are part. Read-outs of a network that labels have trained
answer alike. Seconds are those of the training, by the clock. Mean and SD over runs, and of the vote the 95 % t
interval of the mean.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ACCURACIES = ("vote", "proportion", "confidence", "likelihood")
COLUMNS = (*ACCURACIES, "labels", "parameters", "spikes", "operations", "products", "microjoule", "seconds")


def main() -> None:
    """Print a table, and draw accuracy over energy."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("methods", nargs="+", metavar="NAME=FOLDERS", help="a name, and a pattern of run folders")
    options.add_argument("--images", type=int, default=500, help="stimuli that are presented again (default: 500)")
    options.add_argument("--figure", type=Path, help="picture of accuracy over energy")
    chosen = options.parse_args()
    found: dict[str, list[dict[str, float]]] = {}
    for text in chosen.methods:
        name, _, pattern = text.partition("=")
        folders = sorted(Path().glob(pattern) if not pattern.startswith("/") else Path("/").glob(pattern[1:]))
        found[name] = [measure(folder, chosen.images) for folder in folders if (folder / "metrics.json").is_file()]
        if not found[name]:
            options.error(f"there are no finished runs {pattern}")
    print("| method | seeds |", " | ".join(COLUMNS), "| 95 % |")
    print("|---|---|" + "---|" * (len(COLUMNS) + 1))
    for name, runs in found.items():
        cells = [spread([run[each] for run in runs]) for each in COLUMNS]
        print(f"| {name} | {len(runs)} |", " | ".join([*cells, interval([run["vote"] for run in runs])]), "|")
    if chosen.figure is not None:
        draw(found, chosen.figure)


def measure(folder: Path, n_images: int) -> dict[str, float]:
    """Return the columns of one run."""
    from stdpbench.experiment import graph_for
    from stdpbench.results.readout.energy import ADDITION, MULTIPLY_ADD, cost
    from stdpbench.runs.folder.run_folder import RunFolder
    from stdpbench.studies.report.evaluated_run import load_run
    from stdpbench.studies.report.presentations import Presentation, Presenter

    run = load_run(RunFolder.open(folder))
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    n = min(n_images, len(run.test_counts))
    pictures = {"test": run.split.test.part(0, n).unlabelled()}
    spikes: dict[str, float] = {}
    with Presenter(run.experiment, pictures, {"trained": run.learned}, None, 1) as presenter:
        for _, _, responses in presenter.present([Presentation("trained", "test", n)]):
            if responses is not None:
                spikes = {name: float(counts.mean()) for name, counts in responses.spikes.items()}
    graph = graph_for(run.experiment, run.split.train)
    counted = cost(graph, spikes)
    products = 0.0
    if run.experiment.encoding.currents:
        for name, each in graph.projections.items():
            if each.source == graph.input:
                source, target = (graph.populations[end].size for end in (each.source, each.target))
                products += len(graph.synapses(name)) if graph.is_sparse(name) else source * target
    result = {
        **{name: 100 * metrics["accuracy"].get(name, {}).get("accuracy", np.nan) for name in ACCURACIES},
        "supervised": float(run.experiment.reference.trains),
        "seconds": float(metrics["training"]["seconds"]),
        "labels": float(metrics["n_label_images"]),
        "parameters": float(sum(w.size for w in run.learned.values())),
        "spikes": sum(spikes.values()),
        "operations": counted.operations,
        "products": products,
    }
    if run.experiment.data.to_mapping()["kind"] == "responses":
        of_run = measure(Path(run.experiment.data.to_mapping()["path"]).parent, n_images)
        for name in ("parameters", "spikes", "operations", "products", "seconds"):
            result[name] += of_run[name]
    energy = result["operations"] * ADDITION.picojoule + result["products"] * MULTIPLY_ADD.picojoule
    return {**result, "microjoule": 1e-6 * energy}


def spread(values: Sequence[float]) -> str:
    """Return mean ± SD, to four digits."""
    of = np.array(values)
    if len(of) == 1 or of.std() == 0:
        return f"{of.mean():.4g}"
    return f"{of.mean():.4g} ± {of.std(ddof=1):.2g}"


def interval(values: Sequence[float]) -> str:
    """Return the 95 % t interval of the mean."""
    from scipy.stats import t

    of = np.array(values)
    if len(of) == 1:
        return "–"
    half = t.ppf(0.975, len(of) - 1) * of.std(ddof=1) / np.sqrt(len(of))
    return f"{of.mean() - half:.2f} to {of.mean() + half:.2f}"


def draw(found: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Draw accuracy over energy, a mark per run: of networks without labels, one for vote and confidence each.

    Methods whose names are the same up to a comma have the same colour and a line through their means, such as
    conversions that run for more and more steps.
    """
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8.6, 4.4), layout="constrained")
    groups: dict[str, list[str]] = {}
    for name in found:
        groups.setdefault(name.partition(",")[0], []).append(name)
    for number, names in enumerate(groups.values()):
        colour = f"C{number}"
        if len(names) > 1:
            means = [
                [np.mean([run[each] for run in found[name]]) for name in names] for each in ("microjoule", "vote")
            ]
            axes.plot(*means, "-", color=colour, linewidth=1)
        for shape, name in zip("^sDPv" * len(names), names, strict=False):
            runs = found[name]
            supervised = bool(runs[0]["supervised"])
            energy = [run["microjoule"] for run in runs]
            own = {"color": colour, "alpha": 0.8, "markersize": 6}
            if supervised:
                axes.plot(energy, [run["vote"] for run in runs], shape, label=f"{name} (supervised)", **own)
                continue
            axes.plot(energy, [run["vote"] for run in runs], "o", label=f"{name}, vote", **own)
            best = [run["confidence"] for run in runs]
            axes.plot(energy, best, "o", label=f"{name}, confidence", fillstyle="none", **own)
    axes.set(xscale="log", xlabel="energy per stimulus, 45 nm without memory (µJ)", ylabel="test accuracy (%)")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small", title="one mark per seed", title_fontsize="small")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
