"""What networks lose in few bits, and without their smallest weights: accuracy of finished runs, trained in any way.

    python benchmarks/few_bits.py "stdp=runs/digits-seed*" "surrogate=runs/surrogate-digits-seed*" --store bits.jsonl

Each argument is a name and the folders of its runs, one for each seed. The weights of each projection are rounded to
8 ... 1 bits, to the nearest of equally spaced values or up and down at random so that the mean stays, or those of the
smallest size are set to 0; adaptive thresholds are rounded if --kinds names them. Everything else stays as in the run,
also which neuron stands for which class. Where weights have both signs, the sign takes one of the bits
(docs/hardware.md). Learning is off, and all pictures of the evaluation are shown again. What has been measured is kept
in the file of --store, and not measured again. Mean and SD over runs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

TABLES = {
    "bits": (8, 7, 6, 5, 4, 3, 2, 1),
    "stochastic-bits": (8, 7, 6, 5, 4, 3, 2, 1),
    "pruned": (25, 50, 75, 90, 95),
    "threshold-bits": (8, 7, 6, 5, 4, 3, 2, 1),
}
"""Levels of each kind of disturbance: bits, or per cent of the synapses."""
INTACT = "intact"


def main() -> None:
    """Measure what is missing, and print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("methods", nargs="+", metavar="NAME=FOLDERS", help="a name, and a pattern of run folders")
    options.add_argument("--images", type=int, help="evaluated pictures, from the first (default: all)")
    options.add_argument("--readout", default="vote", help="read-out of the tables (default: vote)")
    usual = [kind for kind in TABLES if kind != "threshold-bits"]
    options.add_argument("--kinds", nargs="+", choices=tuple(TABLES), default=usual, help="what to measure")
    options.add_argument("--store", type=Path, default=Path("few-bits.jsonl"), help="file that keeps what is measured")
    chosen = options.parse_args()
    kept = stored(chosen.store)
    found: dict[str, list[dict[str, float]]] = {}
    for text in chosen.methods:
        name, _, pattern = text.partition("=")
        folders = sorted(Path("/").glob(pattern[1:]) if pattern.startswith("/") else Path().glob(pattern))
        finished = [folder for folder in folders if (folder / "metrics.json").is_file()]
        if not finished:
            options.error(f"there are no finished runs {pattern}")
        found[name] = []
        for folder in finished:
            points: dict[str, float] = {}
            for point in missing_and_kept(folder, chosen.kinds, chosen.images, kept, chosen.store):
                points[point["point"]] = 100 * point["right"][chosen.readout] / point["n_images"]
            found[name].append(points)
    for kind in chosen.kinds:
        unit = "%" if kind == "pruned" else "bits"
        print(f"\n| {kind}, {unit} | seeds | {INTACT} |", " | ".join(map(str, TABLES[kind])), "|")
        print("|---|---|---|" + "---|" * len(TABLES[kind]))
        for name, runs in found.items():
            names = [INTACT, *(f"{kind} {level}" for level in TABLES[kind])]
            print(f"| {name} | {len(runs)} |", " | ".join(spread([run[each] for run in runs]) for each in names), "|")


def missing_and_kept(
    folder: Path, kinds: Sequence[str], n_images: int | None, kept: dict[str, dict[str, Any]], store: Path
) -> Iterator[dict[str, Any]]:
    """Yield the points of a run: how many pictures each read-out has right."""
    from stdpbench.results.readout import READOUTS, readouts
    from stdpbench.runs.folder.run_folder import RunFolder
    from stdpbench.studies.report.disturbances import Disturbance
    from stdpbench.studies.report.evaluated_run import load_run
    from stdpbench.studies.report.presentations import Presentation, Presenter

    run = load_run(RunFolder.open(folder))
    n = min(n_images or len(run.test_counts), len(run.test_counts))
    about = f"{run.metadata.get('id', folder.name)} {run.part} {n}"
    wanted: dict[str, Disturbance | None] = {INTACT: None}
    wanted |= {f"{kind} {level}": Disturbance(kind, level) for kind in kinds for level in TABLES[kind]}
    yield from (kept[f"{about} {point}"] for point in wanted if f"{about} {point}" in kept)
    missing = {
        Presentation("trained", "test", n, 0, disturbance): point
        for point, disturbance in wanted.items()
        if f"{about} {point}" not in kept
    }
    if not missing:
        return
    assignment, labels = run.assignment(), run.test_labels[:n]
    pictures = {"test": run.split.test.part(0, n).unlabelled()}
    with Presenter(run.experiment, pictures, {"trained": run.learned}, None, 1) as presenter:
        for _, presentation, responses in presenter.present(list(missing)):
            if responses is None:
                continue
            counts = responses.spike_counts
            made = {
                "key": f"{about} {missing[presentation]}",
                "run": folder.name,
                "point": missing[presentation],
                "n_images": n,
                "right": {
                    each: int((readouts.get(each)().predict(counts, assignment) == labels).sum()) for each in READOUTS
                },
                "spikes": float(counts.sum(axis=1, dtype=np.int64).mean()),
            }
            with store.open("a", encoding="utf-8") as file:
                file.write(json.dumps(made) + "\n")
            yield made


def stored(store: Path) -> dict[str, dict[str, Any]]:
    """Return what a file keeps, by its key."""
    if not store.is_file():
        return {}
    lines = store.read_text(encoding="utf-8").splitlines()
    return {each["key"]: each for each in map(json.loads, lines)}


def spread(values: Sequence[float]) -> str:
    """Return mean ± SD, with one digit behind the point."""
    of = np.array(values)
    return f"{of.mean():.1f}" if len(of) == 1 else f"{of.mean():.1f} ± {of.std(ddof=1):.1f}"


if __name__ == "__main__":
    main()
