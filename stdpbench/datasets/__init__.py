"""Data sets, labelled or unlabelled pictures, and streams of spikes: the family of kinds and its base classes."""

from stdpbench.datasets._transform import transform
from stdpbench.datasets.base import PLACES, STEPS, Dataset, Source, Split, validation_split
from stdpbench.registry import Family
from stdpbench.stimuli import Images

datasets: Family[Source] = Family(
    "data set",
    Source,  # type: ignore[type-abstract]
    {
        "digits": "stdpbench.datasets.digits:Digits",
        "mnist": "stdpbench.datasets.mnist:MNIST",
        "fashion-mnist": "stdpbench.datasets.fashion_mnist:FashionMNIST",
        "kmnist": "stdpbench.datasets.kmnist:KMNIST",
        "idx": "stdpbench.datasets.idx:IDX",
        "npz": "stdpbench.datasets.npz:NPZ",
        "folder": "stdpbench.datasets.folder:Folder",
        "responses": "stdpbench.datasets.responses:Responses",
        "tabular": "stdpbench.datasets.tabular:Tabular",
        "logic": "stdpbench.datasets.logic:Logic",
        "signals": "stdpbench.datasets.signals:Signals",
        "japanese-vowels": "stdpbench.datasets.japanese_vowels:JapaneseVowels",
        "events": "stdpbench.datasets.events:Events",
        "n-mnist": "stdpbench.datasets.n_mnist:NMNIST",
        "shd": "stdpbench.datasets.shd:SHD",
        "order": "stdpbench.datasets.order:Order",
        "digits-events": "stdpbench.datasets.digits_events:DigitsEvents",
        "none": "stdpbench.streams.none:NoInput",
        "poisson": "stdpbench.streams.poisson:PoissonInputs",
        "correlated-poisson": "stdpbench.streams.correlated_poisson:CorrelatedPoisson",
        "patterns": "stdpbench.streams.patterns:Patterns",
        "spike-times": "stdpbench.streams.spike_times:SpikeTimes",
    },
    group="stdpbench.datasets",
)

__all__ = ["PLACES", "STEPS", "Dataset", "Images", "Source", "Split", "datasets", "transform", "validation_split"]
