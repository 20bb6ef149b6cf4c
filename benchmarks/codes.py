"""Codes beside each other: accuracy, spikes, when answers settle, and what noise and few bits take away.

    stdpbench sweep encodings
    python benchmarks/codes.py runs/encodings

For each arm of the sweep, its runs with other seeds than that of the tuning: accuracy on all evaluated pictures; input
and exc spikes per picture; the time after which the answer by vote stays the same (median over pictures); and, over
the first pictures, accuracy with pixels replaced by random grey values, and with weights rounded to 16 levels. The
undisturbed accuracy on the same pictures stands beside these. Mean and SD over seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = ("vote", "confidence", "input spikes", "exc spikes", "settled_ms", "intact", "noise", "bits")


def main() -> None:
    """Measure what is missing, and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sweep", type=Path, help="folder of the sweep")
    options.add_argument("--images", type=int, default=2000, help="pictures for noise and bits (default: 2000)")
    options.add_argument("--noise", type=float, default=20, help="per cent of the pixels (default: 20)")
    options.add_argument("--bits", type=float, default=4, help="bits of a weight (default: 4)")
    options.add_argument("--tuned-with", type=int, default=100, help="seed of the tuning, which is left out")
    chosen = options.parse_args()
    arms: dict[str, list[dict[str, float]]] = {}
    for folder in sorted(chosen.sweep.glob("*-seed*")):
        if "--trial-" in folder.name or not (folder / "metrics.json").is_file():
            continue
        found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        arm, _, seed = folder.name.rpartition("-seed")
        if int(seed.partition("-")[0]) == chosen.tuned_with:
            continue
        measured = measure(folder, found, chosen.images, (("noise", chosen.noise), ("bits", chosen.bits)))
        arms.setdefault(arm, []).append(measured)
        print(json.dumps({"run": folder.name, **measured}), flush=True)
    print("| code | seeds |", " | ".join(COLUMNS), "|")
    print("|---|---|" + "---|" * len(COLUMNS))
    for arm, runs in sorted(arms.items(), key=lambda each: -np.mean([run["vote"] for run in each[1]])):
        print(f"| {arm} | {len(runs)} |", " | ".join(spread([run[name] for run in runs]) for name in COLUMNS), "|")


def measure(
    folder: Path, metrics: dict[str, Any], n_images: int, wanted: Sequence[tuple[str, float]]
) -> dict[str, float]:
    """Return the columns of one run."""
    from stdpbench.experiment import encode
    from stdpbench.results.readout import readouts
    from stdpbench.results.readout.over_time import answers_over_time
    from stdpbench.runs.folder.run_folder import RunFolder
    from stdpbench.studies.report.disturbances import Disturbance
    from stdpbench.studies.report.evaluated_run import load_run
    from stdpbench.studies.report.presentations import Presentation, Presenter

    run = load_run(RunFolder.open(folder))
    assignment, vote = run.assignment(), readouts.get("vote")()
    n = min(n_images, len(run.test_counts))
    labels = run.test_labels[:n]
    shown = [len(encode(run.experiment, run.split.test, "test", at, 0, at)) for at in range(min(500, n))]
    settled = float("nan")
    if run.test_trains is not None:
        when = answers_over_time(run.test_trains, assignment, vote).settled_ms(run.test_labels)
        settled = float("nan") if when["median"] is None else when["median"]
    result = {
        **{name: 100 * metrics["accuracy"][name]["accuracy"] for name in ("vote", "confidence")},
        "input spikes": float(np.mean(shown)),
        "exc spikes": float(run.test_counts.sum(axis=1, dtype=np.int64).mean()),
        "settled_ms": settled,
        "intact": 100 * float(np.mean(vote.predict(run.test_counts[:n], assignment) == labels)),
    }
    asked = [Presentation("trained", "test", n, 0, Disturbance(kind, level)) for kind, level in wanted]
    pictures = {"test": run.split.test.part(0, n).unlabelled()}
    with Presenter(run.experiment, pictures, {"trained": run.learned}, None, 1) as presenter:
        for _, presentation, responses in presenter.present(asked):
            if responses is not None and presentation.disturbance is not None:
                answers = vote.predict(responses.spike_counts, assignment)
                result[presentation.disturbance.kind] = 100 * float(np.mean(answers == labels))
    return result


def spread(values: Sequence[float]) -> str:
    """Return mean ± SD."""
    of = np.array(values)
    return f"{of.mean():.1f}" + (f" ± {of.std(ddof=1):.1f}" if len(of) > 1 else "")


if __name__ == "__main__":
    main()
