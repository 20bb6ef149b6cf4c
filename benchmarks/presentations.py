"""Cost of the training presentations of an experiment, by stage: ms of processor time, and ms that pass.

Nothing is evaluated meanwhile. Encoding, which runs ahead in a thread, and the check of divergence are included; the
first tenth of each stage is not.
"""

from __future__ import annotations

import argparse
from time import perf_counter, process_time
from typing import Any

import inputs


def main() -> None:
    """Train once and print the costs."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("experiment", help="name or TOML file")
    options.add_argument("--images", type=int, default=4000, help="training pictures (default: 4000)")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    chosen = options.parse_args()
    inputs.report(measure(chosen.experiment, chosen.images), chosen.json)


def measure(name: str, n_images: int) -> dict[str, Any]:
    """Return the mean costs of a presentation, by the projections that learn."""
    from stdpbench.base.threads import one_blas_thread
    from stdpbench.engine.network import start_arrays
    from stdpbench.engine.simulators import open_simulator
    from stdpbench.experiment import input_shape, read_experiment
    from stdpbench.runs.preparation.start import load_split
    from stdpbench.runs.process.training import train

    one_blas_thread()
    experiment = read_experiment(name).override({"schedule.train_images": n_images})
    images = load_split(experiment, validation=False).train
    simulator, _ = open_simulator(experiment, input_shape(experiment, images))
    simulator.set_learned(start_arrays(experiment, images))
    marks: dict[str, list[tuple[float, float]]] = {}
    for presented in train(simulator, experiment, images):
        marks.setdefault(" ".join(presented.plastic), []).append((process_time(), perf_counter()))
    figures: dict[str, Any] = {"simulator": simulator.name, "pictures": n_images}
    for stage, times in marks.items():
        kept = times[len(times) // 10 :]
        cpu, wall = (1e3 * (end - begin) / (len(kept) - 1) for begin, end in zip(kept[0], kept[-1], strict=True))
        figures[stage] = {"presentations": len(times), "processor_ms": round(cpu, 3), "ms": round(wall, 3)}
    return figures


if __name__ == "__main__":
    main()
