"""Data sets, labelled or unlabelled pictures: the family of kinds and its base classes."""

from stdpbench.datasets._transform import transform
from stdpbench.datasets.base import PLACES, Dataset, Images, Split, validation_split
from stdpbench.registry import Family

datasets: Family[Dataset] = Family(
    "data set",
    Dataset,  # type: ignore[type-abstract]
    {
        "digits": "stdpbench.datasets.digits:Digits",
        "mnist": "stdpbench.datasets.mnist:MNIST",
        "fashion-mnist": "stdpbench.datasets.fashion_mnist:FashionMNIST",
        "kmnist": "stdpbench.datasets.kmnist:KMNIST",
        "idx": "stdpbench.datasets.idx:IDX",
        "npz": "stdpbench.datasets.npz:NPZ",
        "folder": "stdpbench.datasets.folder:Folder",
    },
    group="stdpbench.datasets",
)

__all__ = ["PLACES", "Dataset", "Images", "Split", "datasets", "transform", "validation_split"]
