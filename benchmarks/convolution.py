"""Train a small network with two convolutions in NumPy, for ``stdpbench reference ann-conversion --weights``.

Two convolutions with 3 x 3 kernels, each followed by max(0, y) and 2 x 2 average pooling, and a dense layer, all with
biases; back-propagation and Adam. It stands for a network from elsewhere: nothing of it is spiking. Everything here is
supervised.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment import read_experiment
from stdpbench.experiment.references.optimizer import Adam

Array = NDArray[np.float32]
SIDE = 3


def main() -> None:
    """Train, write the file, and print accuracies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", help="gives the pictures, such as surrogate-digits")
    parser.add_argument("file", type=Path, help="NumPy archive to write, such as net.npz")
    parser.add_argument("--channels", type=int, nargs=2, default=(16, 32), help="of the two convolutions")
    parser.add_argument("--passes", type=int, default=60, help="passes through the training pictures")
    parser.add_argument("--batch", type=int, default=50, help="pictures per batch")
    parser.add_argument("--rate", type=float, default=1e-2, help="first learning rate, which falls along a cosine")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and order")
    options = parser.parse_args()
    split = read_experiment(options.experiment).data.prepare()
    train, test = (np.asarray(part.static, np.float32)[..., None] / 255 for part in (split.train, split.test))
    assert split.train.labels is not None
    assert split.test.labels is not None
    begun = time.process_time()
    network = Network(train.shape[1:3], options.channels, len(split.class_names), options.seed)
    network.train(train, split.train.labels, options.passes, options.batch, options.rate, options.seed)
    seconds = time.process_time() - begun
    network.write(options.file)
    found = {
        "file": options.file.name,
        "seed": options.seed,
        "weights": sum(w.size for w in network.weights),
        "training": network.accuracy(train, split.train.labels),
        "test": network.accuracy(test, split.test.labels),
        "processor_seconds": round(seconds, 1),
    }
    print(json.dumps(found))


class Network:
    """Convolution, pooling, convolution, pooling, dense; values are (n, rows, columns, channels).

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of a picture, multiples of 4.
    channels : sequence of int
        Channels of the convolutions.
    n_classes : int
        Number of classes.
    seed : int
        Seed of the weights: normal, with the variance 2 / number of inputs.
    """

    def __init__(self, shape: tuple[int, ...], channels: tuple[int, int], n_classes: int, seed: int) -> None:
        random, (first, second), rows, columns = np.random.default_rng(seed), channels, shape[0] // 4, shape[1] // 4
        self.shape, self.channels = shape, (1, first, second)
        sizes = ((SIDE**2, first), (first * SIDE**2, second), (rows * columns * second, n_classes))
        self.weights: list[Array] = [
            each
            for n, m in sizes
            for each in (random.normal(0, np.sqrt(2 / n), (n, m)).astype(np.float32), np.zeros(m, np.float32))
        ]

    def train(
        self, pictures: Array, labels: NDArray[np.int64], passes: int, batch: int, rate: float, seed: int
    ) -> None:
        """Change the weights by Adam down the gradient of the cross-entropy."""
        adam, random = Adam(self.weights), np.random.default_rng((seed, 1))
        total, done = passes * -(-len(pictures) // batch), 0
        for _ in range(passes):
            order = random.permutation(len(pictures))
            for start in range(0, len(order), batch):
                chosen = order[start : start + batch]
                adam.step(
                    self._gradients(pictures[chosen], labels[chosen]), rate * (1 + np.cos(np.pi * done / total)) / 2
                )
                done += 1

    def outputs(self, x: Array) -> Array:
        """Return the outputs for pictures."""
        return self._forward(x)[-1]

    def accuracy(self, pictures: Array, labels: NDArray[np.int64]) -> float:
        """Return the fraction of pictures that are classified correctly."""
        parts = [self.outputs(pictures[start : start + 500]).argmax(axis=1) for start in range(0, len(pictures), 500)]
        return float((np.concatenate(parts) == labels).mean())

    def write(self, file: Path) -> None:
        """Write the weights in the order of channel, row and column, as other programs have them."""
        w1, b1, w2, b2, w3, b3 = self.weights
        _, first, second = self.channels
        rows, columns = self.shape[0] // 4, self.shape[1] // 4
        np.savez(
            file,
            **{
                "input": np.array([1, *self.shape]),
                "layers": np.array(["conv1", "pool1", "conv2", "pool2", "dense1"]),
                "conv1.weight": w1.T.reshape(first, 1, SIDE, SIDE),
                "conv1.bias": b1,
                "conv1.padding": np.array(1),
                "pool1.size": np.array(2),
                "conv2.weight": w2.T.reshape(second, first, SIDE, SIDE),
                "conv2.bias": b2,
                "conv2.padding": np.array(1),
                "pool2.size": np.array(2),
                "dense1.weight": w3.T.reshape(-1, rows, columns, second).transpose(0, 3, 1, 2).reshape(len(b3), -1),
                "dense1.bias": b3,
            },
        )

    def _forward(self, x: Array) -> tuple[Array, ...]:
        """Return what the backward pass needs, and the outputs."""
        w1, b1, w2, b2, w3, b3 = self.weights
        in1 = columns_of(x)
        y1 = np.maximum(in1 @ w1 + b1, 0)
        in2 = columns_of(pooled(y1))
        y2 = np.maximum(in2 @ w2 + b2, 0)
        flat = pooled(y2).reshape(len(x), -1)
        return in1, y1, in2, y2, flat, flat @ w3 + b3

    def _gradients(self, x: Array, labels: NDArray[np.int64]) -> list[Array]:
        """Return the gradient of the mean cross-entropy with respect to each array of weights."""
        in1, y1, in2, y2, flat, outputs = self._forward(x)
        _, _, w2, _, w3, _ = self.weights
        p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(x)), labels] -= 1
        g3 = p / np.float32(len(x))
        half = (y2.shape[0], y2.shape[1] // 2, y2.shape[2] // 2, y2.shape[3])
        g2 = spread((g3 @ w3.T).reshape(half)) * (y2 > 0)
        # what a convolution passes back is one with the kernels turned by 180 degrees
        turned = w2.reshape(self.channels[1], SIDE, SIDE, -1)[:, ::-1, ::-1].transpose(3, 1, 2, 0)
        g1 = spread(columns_of(g2) @ turned.reshape(-1, self.channels[1])) * (y1 > 0)
        found = list[Array]()
        for arrived, g in ((in1, g1), (in2, g2)):
            found += [arrived.reshape(-1, arrived.shape[-1]).T @ g.reshape(-1, g.shape[-1]), g.sum(axis=(0, 1, 2))]
        return [*found, flat.T @ g3, g3.sum(axis=0)]


def columns_of(x: Array) -> Array:
    """Return the patch around each place, padded with 0: (n, rows, columns, channels * SIDE ** 2)."""
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (1, SIDE, SIDE, 1))[:, :, :, :, 0, :, :, 0]
    return windows.reshape(*x.shape[:3], -1)


def pooled(x: Array) -> Array:
    """Return the mean of each 2 x 2 places."""
    n, rows, columns, channels = x.shape
    return np.asarray(x.reshape(n, rows // 2, 2, columns // 2, 2, channels).mean(axis=(2, 4)))


def spread(g: Array) -> Array:
    """Return the gradient with respect to what was pooled."""
    return np.asarray(np.repeat(np.repeat(g, 2, axis=1), 2, axis=2) / np.float32(4))


if __name__ == "__main__":
    main()
