"""Compare the results of a run with those of its reproduction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol import facts

_TIMES = ("seconds", "images_per_second")
_COUNTED = (
    ("training", "training.npz", "spikes"),
    ("label", "label.npz", "spike_counts"),
    ("test", "test.npz", "spike_counts"),
)


@dataclass(frozen=True)
class SpikeDifference:
    """Difference between the spike counts of a phase in two runs.

    Attributes
    ----------
    phase : str
        ``"training"`` (exc spikes per presentation), ``"label"`` or ``"test"`` (per picture and exc neuron).
    different, counts : int
        Number of differing counts, and of all counts; all of them differ if their numbers do.
    largest : int
        The largest difference of a count.
    before, again : int
        Total numbers of spikes in the original run and in the reproduction.
    """

    phase: str
    different: int
    counts: int
    largest: int
    before: int
    again: int


@dataclass(frozen=True)
class ReproducedAccuracy:
    """An accuracy of the original run with its 95 % Wilson interval, and the accuracy of the reproduction."""

    readout: str
    before: float
    low: float
    high: float
    again: float

    @property
    def within(self) -> bool:
        """Whether the accuracy of the reproduction lies within the interval of the original."""
        return self.low <= self.again <= self.high


@dataclass(frozen=True)
class Agreement:
    """Comparison of a run with its reproduction.

    Attributes
    ----------
    results : mapping of str to bool
        For each result that both runs have, whether it is identical to the bit.
    environment : mapping of str to (str, str)
        Differences between the environments (packages, Python, machine, pictures): original and present values.
    spikes : tuple of SpikeDifference
        Phases whose spike counts differ.
    accuracy : tuple of ReproducedAccuracy
        Accuracies of the read-outs that both runs have.
    """

    results: Mapping[str, bool]
    environment: Mapping[str, tuple[str, str]]
    spikes: tuple[SpikeDifference, ...]
    accuracy: tuple[ReproducedAccuracy, ...]

    @property
    def same(self) -> bool:
        """Whether all results are identical to the bit."""
        return all(self.results.values())

    @property
    def agrees(self) -> bool:
        """Whether the run counts as reproduced.

        It does if the results are identical to the bit, or if the environments differ and every accuracy lies within
        its interval.
        """
        if self.same:
            return True
        return bool(self.environment and self.accuracy) and all(score.within for score in self.accuracy)

    @property
    def verdict(self) -> str:
        """The result of the comparison in a sentence."""
        if self.same:
            return "The numbers agree to the bit."
        outside = [score.readout for score in self.accuracy if not score.within]
        if not self.environment:
            return (
                "The numbers differ, although the recorded machine and versions are the same: "
                f"{', '.join(name for name, same in self.results.items() if not same)}."
            )
        environment = f"machine, versions or data ({', '.join(self.environment)})"
        if not self.accuracy:
            return f"The numbers differ, as do {environment}; there is no accuracy to compare."
        if outside:
            return (
                f"The numbers differ, as do {environment}; accuracies outside their intervals: {', '.join(outside)}."
            )
        return (
            f"The numbers differ, which is possible with other {environment}; every accuracy lies within its interval."
        )


def compare(original: RunFolder, again: RunFolder) -> Agreement:
    """Compare the results of a run with those of its reproduction.

    Raises
    ------
    StdpbenchError
        If a file of either run is damaged.
    """
    before, after = outcome(original), outcome(again)
    results = {
        name: before[name] == after[name] for name in before if name in after and name.endswith((".npy", ".npz"))
    }
    metrics = [_metrics(folder) for folder in (original, again)]
    results["metrics.json"] = _comparable(metrics[0], metrics[1]) == _comparable(metrics[1], metrics[0])
    # remarks also record interruptions, which do not recur
    results["facts"] = before["facts"] == after["facts"] or _recurring(original, again) == _recurring(again, original)
    if "held-out measures" in before and "held-out measures" in after:  # older runs have none
        results["held-out measures"] = before["held-out measures"] == after["held-out measures"]
    if "learned arrays" in before or "learned arrays" in after:
        results["learned arrays"] = before.get("learned arrays") == after.get("learned arrays")
    results["parameter changes"] = before["parameter changes"] == after["parameter changes"]
    spikes = tuple(
        difference
        for phase, name, key in _COUNTED
        if name in before and name in after
        for difference in _spike_difference(phase, _array(original, name, key), _array(again, name, key))
    )
    return Agreement(results, _environment(original, again), spikes, _accuracies(*metrics))


def _metrics(folder: RunFolder) -> dict[str, Any]:
    path = folder.path / "metrics.json"
    metrics = folder.read_json("metrics.json") if path.is_file() else {}
    for name in ("training", "baselines", "accuracy"):
        if not isinstance(metrics.get(name, {}), dict):
            raise StdpbenchError(f"{path} is damaged: {name} is not a table")
    for name, score in metrics.get("accuracy", {}).items():
        match score:
            case {"accuracy": int() | float(), "interval_95": [int() | float(), int() | float()]}:
                pass
            case _:
                raise StdpbenchError(f"{path} is damaged: the accuracy of {name} is not a number with an interval")
    return metrics


def _comparable(metrics: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics without times and without baselines that the other run does not have."""
    training = {name: value for name, value in metrics.get("training", {}).items() if name not in _TIMES}
    shared = other.get("baselines", {})
    baselines = {name: value for name, value in metrics.get("baselines", {}).items() if name in shared}
    return {**metrics, "training": training, "baselines": baselines}


def _recurring(folder: RunFolder, other: RunFolder) -> list[tuple[int, facts.Fact]]:
    """Return the facts to compare, without those of baselines that the other run does not have."""
    measured = {one.fact.what for one in read_journal(other.path) if isinstance(one.fact, facts.Measured)}
    return [
        (record.position, record.fact)
        for record in read_journal(folder.path)
        if record.fact.recurs
        and not isinstance(record.fact, facts.Remarked | facts.HeldOut)
        and not (isinstance(record.fact, facts.Measured) and record.fact.what not in measured)
    ]


def _array(folder: RunFolder, name: str, key: str) -> NDArray[np.int64]:
    return folder.read_arrays(name, key)[0].astype(np.int64)


def _spike_difference(phase: str, before: NDArray[np.int64], again: NDArray[np.int64]) -> list[SpikeDifference]:
    totals = int(before.sum()), int(again.sum())
    if before.shape != again.shape:
        largest = max(int(before.max(initial=0)), int(again.max(initial=0)))
        return [SpikeDifference(phase, before.size, before.size, largest, *totals)]
    difference = np.abs(before - again)
    different = int((difference > 0).sum())
    return [SpikeDifference(phase, different, before.size, int(difference.max()), *totals)] if different else []


def _environment(original: RunFolder, again: RunFolder) -> dict[str, tuple[str, str]]:
    """Return the factors that results depend on and that differ between the runs."""
    found: list[dict[str, str]] = []
    for folder in (original, again):
        metadata = folder.about
        host = metadata.get("host", {})
        found.append(
            {
                **{str(name): str(version) for name, version in metadata.get("versions", {}).items()},
                "system": str(host.get("system", "")),
                "processor": str(host.get("processor", "")),
                "simulator": str(metadata.get("simulator", "")),
                "pictures": str(metadata.get("data_sha256", ""))[:12],
            }
        )
    before, now = found
    names = list(dict.fromkeys([*before, *now]))
    return {n: (before.get(n, ""), now.get(n, "")) for n in names if before.get(n, "") != now.get(n, "")}


def _accuracies(before: Mapping[str, Any], again: Mapping[str, Any]) -> tuple[ReproducedAccuracy, ...]:
    second = again.get("accuracy", {})
    return tuple(
        ReproducedAccuracy(
            name, score["accuracy"], score["interval_95"][0], score["interval_95"][1], second[name]["accuracy"]
        )
        for name, score in before.get("accuracy", {}).items()
        if name in second
    )
