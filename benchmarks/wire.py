"""Cost of sending frames of weights to a reader: the wire format compared with pickles over `multiprocessing`.

A second process reads. Each round sends the same frames both ways. Ratios are computed within a round, for the time
until the last frame has arrived, and for the CPU time of the sending process, which is the cost to a run.
"""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Client, Listener
from statistics import median
from typing import Any

import inputs
import numpy as np

KEY = b"benchmark"


def main() -> None:
    """Run the benchmark and print the ratios."""
    options = inputs.parser(__doc__, presentations=60)
    options.add_argument("--rounds", type=int, default=7)
    options = options.parse_args()
    rng = np.random.default_rng(1)
    weights = rng.random((inputs.N_INPUT, options.n_exc), np.float32)
    frame = {"position": 1, "w": weights, "theta": rng.random(options.n_exc)}
    found: dict[str, list[tuple[float, float]]] = {"wire": [], "pickle": []}
    for number in range(options.rounds + 1):
        for way, results in found.items():
            result = measure(way, frame, options.presentations)
            if number:  # the first round is a warm-up
                results.append(result)
    pairs = list(zip(found["wire"], found["pickle"], strict=True))
    figures: dict[str, Any] = {
        "n_exc": options.n_exc,
        "mb_per_frame": round(weights.nbytes * 1e-6, 1),
        "ms_per_frame": round(1e3 * median(wire[0] for wire, _ in pairs) / options.presentations, 3),
        "time_against_pickle": round(median(wire[0] / pickle[0] for wire, pickle in pairs), 3),
        "sender_cpu_against_pickle": round(median(wire[1] / pickle[1] for wire, pickle in pairs), 3),
    }
    inputs.report(figures, options.json)


def measure(way: str, frame: Any, n: int) -> tuple[float, float]:
    """Send a frame `n` times; return wall time and CPU time in seconds."""
    from stdpbench.base.wire import connect

    here, there = multiprocessing.Pipe()
    reader = multiprocessing.Process(target=read, args=(way, n, there), daemon=True)
    reader.start()
    where = here.recv()
    sender: Any = connect(where) if way == "wire" else Client(where, authkey=KEY)
    begun, worked = time.perf_counter(), time.process_time()
    for _ in range(n):
        sender.send(("frame", "network", frame))
    worked = time.process_time() - worked
    here.recv()
    seconds = time.perf_counter() - begun
    sender.close()
    reader.join()
    return seconds, worked


def read(way: str, n: int, there: Any) -> None:
    """Receive `n` frames."""
    from stdpbench.base import wire

    listener: Any = wire.Listener() if way == "wire" else Listener(authkey=KEY)
    there.send(listener.invitation if way == "wire" else listener.address)
    receiver = listener.accept()
    receive = receiver.receive if way == "wire" else receiver.recv
    for _ in range(n):
        receive()
    there.send("over")


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
