"""Data sets, labelled or unlabelled pictures, and streams of spikes: the family of kinds and its base classes."""

from stdpbench.data.datasets.base import (
    PLACES,
    STEPS,
    Dataset,
    Source,
    Split,
    equally_bright,
    prepared,
    validation_split,
)
from stdpbench.data.stimuli import Images
from stdpbench.declare.registry import Family

datasets: Family[Source] = Family(
    "data set",
    Source,
    {
        "digits": "stdpbench.data.datasets.digits:Digits",
        "mnist": "stdpbench.data.datasets.mnist:MNIST",
        "fashion-mnist": "stdpbench.data.datasets.fashion_mnist:FashionMNIST",
        "kmnist": "stdpbench.data.datasets.kmnist:KMNIST",
        "idx": "stdpbench.data.datasets.idx:IDX",
        "npz": "stdpbench.data.datasets.npz:NPZ",
        "folder": "stdpbench.data.datasets.folder:Folder",
        "responses": "stdpbench.data.datasets.responses:Responses",
        "tabular": "stdpbench.data.datasets.tabular:Tabular",
        "logic": "stdpbench.data.datasets.logic:Logic",
        "signals": "stdpbench.data.datasets.signals:Signals",
        "japanese-vowels": "stdpbench.data.datasets.japanese_vowels:JapaneseVowels",
        "events": "stdpbench.data.datasets.events:Events",
        "n-mnist": "stdpbench.data.datasets.n_mnist:NMNIST",
        "shd": "stdpbench.data.datasets.shd:SHD",
        "order": "stdpbench.data.datasets.order:Order",
        "digits-events": "stdpbench.data.datasets.digits_events:DigitsEvents",
        "none": "stdpbench.kinds.streams.none:NoInput",
        "poisson": "stdpbench.kinds.streams.poisson:PoissonInputs",
        "correlated-poisson": "stdpbench.kinds.streams.correlated_poisson:CorrelatedPoisson",
        "patterns": "stdpbench.kinds.streams.patterns:Patterns",
        "spike-times": "stdpbench.kinds.streams.spike_times:SpikeTimes",
    },
    group="stdpbench.datasets",
)

__all__ = [
    "PLACES",
    "STEPS",
    "Dataset",
    "Images",
    "Source",
    "Split",
    "datasets",
    "equally_bright",
    "prepared",
    "validation_split",
]
