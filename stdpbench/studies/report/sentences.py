"""Summary of a report in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stdpbench.base.units import signed
from stdpbench.results.readout import INTERVAL, READOUTS
from stdpbench.results.readout.baselines import K_MEANS, SAMPLES
from stdpbench.results.readout.verdict import difference_interval
from stdpbench.runs.catalog.access_log import ABOUT_LOOKS
from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.weights_origin import Origin
from stdpbench.studies.report.adapted_thresholds import NAME as ADAPTED
from stdpbench.studies.report.analysis import CHANCE, Findings
from stdpbench.studies.report.evaluated_run import EvaluatedRun
from stdpbench.studies.report.rows import Accuracy, times

_TRAINED = {
    Origin.LABELS: "with weights that were trained with labels (supervised)",
    Origin.NO_LABELS: "trained without labels",
    Origin.UNKNOWN: "with weights of unknown origin, which may have been trained with labels,",
}

_LEARNED_BEFORE = {
    "start": "which another network had learned, ",
    "supervised": "which were trained with labels, ",
}
"""Clause about start weights, by the group of their rows."""


def summary(run: EvaluatedRun, findings: Findings, readings: Mapping[str, Any]) -> list[str]:
    """Return the summary of one run."""
    sentences = [_accuracy(run, findings), *_baselines(run, findings), *_learned(run, findings), *_clusters(findings)]
    return [*sentences, _neurons(findings), *_set_by_hand(run), *_protocol(findings, readings)]


def percent(share: float) -> str:
    """Format a share as a percentage with one decimal and a non-breaking space."""
    return f"{100 * share:.1f}\u00a0%"


def _interval(row: Accuracy) -> str:
    return f"{percent(row.accuracy)} ({INTERVAL} {100 * row.low:.1f} to {100 * row.high:.1f} %)"


def _accuracy(run: EvaluatedRun, findings: Findings) -> str:
    vote, graph = findings.row("vote"), run.experiment.graph()
    assert vote is not None
    # all read-outs: naming only the best would be a selection on the evaluated pictures
    others = [row for row in findings.accuracies if row.group == run.group and row.name in READOUTS[1:]]
    listed = ", ".join(f"{percent(row.accuracy)} by {row.name}" for row in others)
    repeats, over_repeats = findings.data.get("repeats"), ""
    if repeats is not None and repeats["sd"]["vote"] is not None:
        over_repeats = (
            f" Over {repeats['n_presentations']} presentations of the same {repeats['n_images']} pictures with other "
            f"input spikes, the standard deviation is {100 * repeats['sd']['vote']:.2f} points."
        )
    part = "held-out training pictures" if run.part == "validation" else "test pictures"
    if run.supervised:
        kind, file = getattr(run.experiment.reference, "kind", ""), run.experiment.reference.file
        method = f"trained by {kind} with the labels of {run.n_labels} training pictures, the network"
        if file:
            method = f"trained with labels elsewhere and converted from {Path(file).name}, the network"
        return (
            f"Supervised: {method} classifies {_interval(vote)} of {vote.n_images} {part} correctly, by the output "
            f"neuron that fires most.{over_repeats}"
        )
    neurons = f"{graph.n_read} {graph.read} neurons, {_TRAINED[run.weights_origin]}"
    return (
        f"{neurons} and labelled with {len(run.label_counts)} training pictures, classify {_interval(vote)} of "
        f"{vote.n_images} {part} correctly by vote, {listed}.{over_repeats}"
    )


def _baselines(run: EvaluatedRun, findings: Findings) -> list[str]:
    vote, sentences = findings.row("vote"), []
    assert vote is not None
    if (samples := findings.row(SAMPLES)) is not None:
        sentences.append(
            f"One training sample per neuron as a prototype, with nothing learned, is right for "
            f"{percent(samples.accuracy)}: against these, {_gain(vote, samples)}."
        )
    k_means = {name: row for name in K_MEANS.values() if (row := findings.row(name)) is not None}
    if k_means:
        name = max(k_means, key=lambda name: k_means[name].accuracy)
        sentences.append(
            f"With one centre per neuron, {name} is right for {percent(k_means[name].accuracy)}: "
            f"{_against(vote, k_means[name])}."
        )
    if (adapted := findings.row(f"{ADAPTED}, vote")) is not None:
        sentences.append(
            f"With its start weights and thresholds that adapted to all training pictures, without learning, the "
            f"network reaches {percent(adapted.accuracy)}: beyond these, {_gain(vote, adapted)}."
        )
    start, random = findings.row("start weights, vote"), findings.row("random weights, vote")
    if start is not None:
        other = f", with random weights {_right(random, vote)}" if random is not None else ""
        flatters = (
            "thresholds fit the weights only after training; `--thresholds` measures the start with adapted ones"
            if adapted is None and run.experiment.evaluation.thresholds == "learned"
            else ""
        )
        whose = _LEARNED_BEFORE.get(start.group, "")
        sentences.append(
            f"With its start weights, {whose}labelled and read out in the same way, the network reaches "
            f"{_right(start, vote)}{other}: against its start, {_gain(vote, start)}"
            f"{f', which flatters learning: {flatters}' if flatters else ''}."
        )
    elif random is not None:
        sentences.append(
            f"With random weights, the network reaches {_right(random, vote)}: against these, {_gain(vote, random)}."
        )
    return sentences


def _right(row: Accuracy, vote: Accuracy) -> str:
    """Format the accuracy of an untrained network, with the number of pictures if it was not tested with all."""
    sample = f" of the first {row.n_images}, labelled with {row.n_labelled}" if row.n_images < vote.n_images else ""
    return f"{percent(row.accuracy)}{sample}"


def _judged(vote: Accuracy, other: Accuracy, words: tuple[str, str, str]) -> str:
    """Describe whether the vote is above a baseline, below it, or neither, with the interval of the difference."""
    difference, (below, above) = vote.accuracy - other.accuracy, difference_interval(vote.metric, other.metric)
    low, high = (signed(100 * bound, ".1f") for bound in (below, above))
    if below > 0 or above < 0:
        shown = words[difference < 0].format(f"{100 * abs(difference):.1f}")
        return f"{shown} (95\u00a0% interval of the difference {low} to {high})"
    return f"{words[2]} ({signed(100 * difference, '.1f')} points, 95\u00a0% interval {low} to {high})"


def _gain(vote: Accuracy, other: Accuracy) -> str:
    """Describe the gain of learning over a baseline."""
    words = ("learning adds {} points", "learning costs {} points", "no effect of learning is shown")
    return _judged(vote, other, words)


def _against(vote: Accuracy, other: Accuracy) -> str:
    """Describe by how much the vote is better or worse than a method that is no earlier state of the network."""
    unclear = "this run alone does not show whether the vote is better or worse"
    return _judged(vote, other, ("the vote is {} points better", "the vote is {} points worse", unclear))


def _learned(run: EvaluatedRun, findings: Findings) -> list[str]:
    probe = findings.row("linear probe on responses")
    source = run.split.test.static_name
    pixels = findings.row(f"nearest neighbours on {source}")
    if probe is None or pixels is None:
        return []
    return [
        f"With supervision, a linear probe on the same responses reaches {percent(probe.accuracy)}, and nearest "
        f"neighbours on {source} reach {percent(pixels.accuracy)}."
    ]


def _clusters(findings: Findings) -> list[str]:
    rows = [row for row in findings.data["clusters"] if row["k_from"] == "classes" and row["name"] != CHANCE]
    neurons = next(row for row in findings.data["clusters"] if row["k_from"] == "neurons")
    low, high = (pick(row["ami"] for row in rows) for pick in (min, max))
    worst, best = (percent(pick(row["accuracy"] for row in rows)) for pick in (min, max))
    return [
        f"Without labels, {len(rows)} clustering methods with as many clusters as classes agree with the classes "
        f"to an AMI of {low:.2f} to {high:.2f} (0 is chance, 1 perfect); matched to classes, {worst} to {best} of the "
        f"pictures are right. The {neurons['k']} winning neurons as clusters are {percent(neurons['purity'])} pure, "
        f"a measure that grows with the number of clusters, and have an AMI of {neurons['ami']:.2f}."
    ]


def _neurons(findings: Findings) -> str:
    neurons, cost = findings.data["neurons"], findings.data.get("cost")
    purity = neurons["median_purity"]
    typical = "" if purity is None else f"The typical neuron spends {percent(purity)} of its spikes on its class. "
    sentences = (
        f"{typical}{neurons['never_fired']} of {neurons['n_exc']} neurons were silent in the label phase and "
        f"{neurons['duplicates']} nearly repeat another one."
    )
    if cost is None:
        return sentences
    energy = next(iter(cost["energy_nJ"].values()))
    return (
        f"{sentences} A picture takes {cost['exc_spikes']:.1f} {cost['population']} spikes and about "
        f"{cost['operations'] / 1e6:.2g} million synaptic operations, about {energy / 1000:.2g} µJ if each were an "
        "addition in 45 nm."
    )


def _set_by_hand(run: EvaluatedRun) -> list[str]:
    sets = Account.of(run.folder).learned_set
    listed = ", ".join(f"{names} at presentation {position}" for position, names in sets)
    return [f"Not all weights are learned: arrays were set by hand during training ({listed})."] if sets else []


def _protocol(findings: Findings, readings: Mapping[str, Any]) -> list[str]:
    protocol, sentences = findings.data["protocol"], []
    part = protocol["evaluated_on"]
    if readings["run"] is None:
        sentences.append(
            "The run has no journal, so it is unknown how often labels of its evaluated pictures were read."
        )
    else:
        sentences.append(
            f"Labels of the {part} pictures were read {times(readings['run'])} for this run, this report included. "
            f"Its folder has {_looks(readings['experiment'])} at them by all runs of the experiment "
            f"({readings['runs']}), and {_looks(readings['data_set'])} at test labels by all runs of the data set "
            f"({readings['data_set_runs']}), also with other parameters. {ABOUT_LOOKS}"
        )
    if protocol["shared_pictures"]:
        sentences.append(
            f"{protocol['shared_pictures']} of the {part} pictures are, pixel by pixel, also training pictures: "
            "the data set contains them twice."
        )
    if not protocol["same_pictures"]:
        sentences.append("The pictures differ from those of training: the data or their preparation changed.")
    if missing := protocol["missing_kinds"]:
        sentences.append(f"Measures that require new simulations are omitted: {' and '.join(missing)}.")
    elif not findings.data["same_responses"]:
        sentences.append(
            "With the same input spikes, the network now responds differently from the recorded responses."
        )
    return sentences


def _looks(n: int) -> str:
    return f"{n} look{'' if n == 1 else 's'}"
