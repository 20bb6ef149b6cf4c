"""A network of rectified units of the size of `surrogate-mnist`, trained in the same way: what spikes cost there.

    python benchmarks/relu.py surrogate-mnist --seeds 0 1 2 3 4

The network has biases, weights drawn as He et al. (2015) do, and one hidden layer. Pictures, passes, batches, dropout
of the inputs, the optimizer and its learning rate are those of the experiment unless changed by --set. The softmax
takes the outputs as they are. --validation measures on held-out training pictures, on which settings are to be chosen.

He et al. (2015), doi:10.1109/ICCV.2015.123.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def main() -> None:
    """Print a line of JSON per seed, and the mean."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("experiment", help="surrogate-mnist, surrogate-digits, or a file of that kind")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="default: 0 to 4")
    options.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="change a parameter")
    options.add_argument("--validation", action="store_true", help="measure on held-out training pictures")
    chosen = options.parse_args()
    changes = dict(each.split("=", 1) for each in chosen.set)
    found = [measure(chosen.experiment, changes, seed, chosen.validation) for seed in chosen.seeds]
    spread = f" ± {np.std(found, ddof=1):.2f}" if len(found) > 1 else ""
    print(f"{np.mean(found):.2f}{spread}")


def measure(name: str, changes: dict[str, str], seed: int, validation: bool) -> float:
    """Train the network with one seed; return its accuracy in per cent."""
    from threadpoolctl import threadpool_limits

    from stdpbench.experiment import read_experiment
    from stdpbench.experiment.references.surrogate_gradient import SurrogateGradient
    from stdpbench.runs.preparation.start import load_split

    experiment = read_experiment(name).override({**changes, "seed": seed})
    reference, network = experiment.reference, experiment.network
    assert isinstance(reference, SurrogateGradient)
    split, begun = load_split(experiment, validation), time.process_time()
    inputs, tested = (rows(part.pixels) for part in (split.train, split.test))
    with threadpool_limits(limits=1):
        layers = (inputs.shape[1], *network.hidden, len(split.class_names))
        arrays = train(inputs, split.train.labels, layers, reference, experiment.schedule.passes, seed)
        right = answers(tested, arrays) == split.test.labels
    accuracy = 100 * float(np.mean(right))
    seconds = round(time.process_time() - begun)
    print(
        json.dumps({"seed": seed, "validation": validation, **changes, "accuracy": accuracy, "cpu s": seconds}),
        flush=True,
    )
    return accuracy


def rows(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return pictures as rows of values from 0 to 1."""
    return (pixels.reshape(len(pixels), -1) / pixels.max()).astype(np.float32)


def train(
    inputs: NDArray[np.float32],
    labels: NDArray[np.int64],
    sizes: tuple[int, ...],
    reference: Any,
    passes: int,
    seed: int,
) -> list[NDArray[np.float32]]:
    """Return weights and biases of each layer in turn, trained."""
    from stdpbench.experiment.references.loss import cross_entropy, left_out, rate_at
    from stdpbench.experiment.references.optimizer import Adam

    random = np.random.default_rng(seed)
    arrays: list[NDArray[np.float32]] = []
    for n_source, n_target in pairwise(sizes):
        arrays.append(random.normal(0, np.sqrt(2 / n_source), (n_source, n_target)).astype(np.float32))
        arrays.append(np.zeros(n_target, np.float32))
    adam, shown, total = Adam(arrays), 0, passes * len(inputs)
    for _ in range(passes):
        order = random.permutation(len(inputs))
        for first in range(0, len(order), reference.batch):
            chosen = order[first : first + reference.batch]
            kept = left_out(inputs[chosen], reference.dropout, (seed, shown))
            layers = activations(kept, arrays)
            _, _, g = cross_entropy(layers[-1], labels[chosen], sizes[-1], 1.0)
            gradients: list[NDArray[np.float32]] = []
            for number in range(len(layers) - 2, -1, -1):
                gradients[:0] = [layers[number].T @ g, g.sum(axis=0)]
                g = (g @ arrays[2 * number].T) * (layers[number] > 0)
            adam.step(gradients, rate_at(shown, total, reference.learning_rate, reference.decay))
            shown += len(chosen)
    return arrays


def activations(inputs: NDArray[np.float32], arrays: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Return the inputs and the activations of each layer, the last of which is not rectified."""
    found = [inputs]
    for number in range(0, len(arrays), 2):
        before = found[-1] @ arrays[number] + arrays[number + 1]
        found.append(before if number + 2 == len(arrays) else np.maximum(before, 0))
    return found


def answers(inputs: NDArray[np.float32], arrays: list[NDArray[np.float32]]) -> NDArray[np.int64]:
    """Return the class of each picture."""
    return activations(inputs, arrays)[-1].argmax(axis=1)


if __name__ == "__main__":
    main()
