"""The surrogate reference beside snnTorch and PyTorch: accuracy and time, from the same start, with the same batches.

    pip install 'stdpbench[torch]'
    python benchmarks/against_snntorch.py surrogate-mnist --passes 4

Both train layers of leaky neurons with the same start weights, batches, inputs that are left out, surrogate, loss, and
Adam with the same steps. snnTorch's gradient skips the reset, and its spikes and gradients have single precision; the
gradient here passes through the reset, as in the experiment, unless --skip-reset is given. Batches are timed in turn,
in one thread each. Accuracy is that of each package's own forward pass, of the output neuron that spikes most.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 1000


class OfSnntorch:
    """The same network and training in snnTorch, whose neurons pass on a spike in the step after it, as ours do.

    Parameters
    ----------
    weights : list of ndarray
        Start weights of each layer.
    reference : SurrogateGradient
        Surrogate arctan, and the other parameters.
    beta : float
        Share of the potential that is left after a step.
    n_steps : int
        Steps of a presentation.
    """

    def __init__(self, weights: list[NDArray[np.float32]], reference: Any, beta: float, n_steps: int) -> None:
        import snntorch
        import torch

        self._torch, self._reference, self._n_steps = torch, reference, n_steps
        self.weights = [torch.tensor(w.copy(), requires_grad=True) for w in weights]
        slope = snntorch.surrogate.atan(alpha=reference.k or 2.0)
        self._neurons = [snntorch.Leaky(beta=beta, spike_grad=slope) for _ in weights]
        self._adam = torch.optim.Adam(self.weights, lr=reference.learning_rate)

    def counts(self, inputs: NDArray[np.float32]) -> Any:
        """Return the spikes of each output neuron."""
        torch = self._torch
        currents = torch.from_numpy(inputs) @ self.weights[0]
        v = [torch.zeros(len(inputs), w.shape[1]) for w in self.weights]
        spikes = [torch.zeros_like(each) for each in v]
        counts = torch.zeros_like(v[-1])
        for _ in range(1, self._n_steps):  # no current in the first step
            before = list(spikes)
            for number, neurons in enumerate(self._neurons):
                current = currents if number == 0 else before[number - 1] @ self.weights[number]
                spikes[number], v[number] = neurons(current, v[number])
            counts = counts + spikes[-1]
        return counts

    def learn(self, inputs: NDArray[np.float32], labels: NDArray[np.int64], rate: float) -> None:
        """Change the weights by one batch."""
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.zero_grad()
        outputs = self._reference.loss_scale * self.counts(inputs)
        self._torch.nn.functional.cross_entropy(outputs, self._torch.from_numpy(labels)).backward()
        self._adam.step()

    def answers(self, inputs: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the class of each picture."""
        with self._torch.no_grad():
            parts = [
                self.counts(inputs[first : first + _AT_ONCE]).numpy() for first in range(0, len(inputs), _AT_ONCE)
            ]
        return np.concatenate(parts).argmax(axis=1)


def main() -> None:
    """Print a line of JSON per seed, and the means."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("experiment", help="surrogate-mnist, surrogate-digits, or a file of that kind")
    options.add_argument("--seeds", type=int, nargs="+", default=[0], help="default: 0")
    options.add_argument("--passes", type=int, help="default: those of the experiment")
    options.add_argument("--skip-reset", action="store_true", help="let our gradient skip the reset, too")
    chosen = options.parse_args()
    found = [measure(chosen.experiment, seed, chosen.passes, chosen.skip_reset) for seed in chosen.seeds]
    for name in found[0]:
        values = [each[name] for each in found]
        spread = f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
        print(f"{name}: {np.mean(values):.2f}{spread}")


def measure(name: str, seed: int, passes: int | None, skip_reset: bool) -> dict[str, float]:
    """Train both with one seed; return accuracies in per cent, milliseconds per batch, and their ratio."""
    import torch
    from threadpoolctl import threadpool_limits

    from stdpbench.engine.network import projection_weights
    from stdpbench.experiment import read_experiment
    from stdpbench.experiment.references import Task
    from stdpbench.experiment.references.feed_forward import chain, neurons_of
    from stdpbench.experiment.references.loss import left_out, rate_at
    from stdpbench.experiment.references.spiking_layers import forward
    from stdpbench.experiment.references.surrogate_gradient import SurrogateGradient
    from stdpbench.kinds.encoding.current import Current
    from stdpbench.runs.preparation.start import load_split

    made = read_experiment(name).override({"seed": seed, "reference.through_reset": not skip_reset})
    given, encoder, n_steps = made.reference, made.encoding, made.stimulus_bins
    assert isinstance(given, SurrogateGradient)
    assert isinstance(encoder, Current)
    passes, split = passes or made.schedule.passes, load_split(made, validation=False)
    train, test = (encoder.currents_of(part.pixels.reshape(len(part), -1)) for part in (split.train, split.test))
    labels, graph, total = split.train.labels, made.graph(train.shape[1]), passes * len(train)
    shown = train.copy()
    untouched = made.override({"reference.dropout": 0.0}).reference  # inputs are left out here, the same ones for both
    names = chain(graph)
    weights = {each: w.astype(np.float32) for each, w in projection_weights(graph).items()}
    layers = [neurons_of(graph, graph.projections[each].target) for each in names]
    theirs = OfSnntorch([weights[each] for each in names], given, layers[0].beta, n_steps)
    task = Task(graph, lambda numbers: shown[numbers], labels, len(split.class_names), n_steps, total, seed)
    ours = untouched.trainer(weights, task)
    random, seconds = np.random.default_rng(seed), np.zeros(2)
    torch.set_num_threads(1)
    with threadpool_limits(limits=1):
        for number in range(passes):
            order = random.permutation(len(train))
            for first in range(0, len(order), given.batch):
                batch, position = order[first : first + given.batch], number * len(train) + first
                shown[batch] = left_out(train[batch], given.dropout, (seed, position))
                rate = rate_at(position, total, given.learning_rate, given.decay)
                begun = time.perf_counter()
                theirs.learn(shown[batch], labels[batch], rate)
                between = time.perf_counter()
                ours.learn(batch, position)
                seconds += between - begun, time.perf_counter() - between
        own = [ours.weights[each] for each in names]
        spikes = [
            forward(test[first : first + _AT_ONCE], own, n_steps, layers)[-1].spikes.sum(axis=0)
            for first in range(0, len(test), _AT_ONCE)
        ]
        right = np.concatenate(spikes).argmax(axis=1) == split.test.labels
        right_there = theirs.answers(test) == split.test.labels
    per_batch = 1000 * seconds / (passes * -(-len(train) // given.batch))
    result = {
        "accuracy": 100 * float(right.mean()),
        "accuracy of snnTorch": 100 * float(right_there.mean()),
        "ms per batch": float(per_batch[1]),
        "ms per batch of snnTorch": float(per_batch[0]),
        "times as fast": float(per_batch[0] / per_batch[1]),
    }
    print(json.dumps({"seed": seed, "passes": passes, "skip_reset": skip_reset, **result}), flush=True)
    return result


if __name__ == "__main__":
    main()
