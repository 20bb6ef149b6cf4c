"""The plasticity laboratory: the effect of a rule on a synapse, in protocols from the literature.

Every protocol imposes spikes on synapses that are built from the rule's declaration by the code that builds the
network (`stdpbench.engine.network.imposed`), or trains one neuron of the network (`stdpbench.studies.lab.one_neuron`);
rules are not implemented a second time. A rule is a name or a `PlasticityRule`:

>>> from stdpbench.studies import lab
>>> window = lab.pair_window("pair-additive")
>>> window.conditions
'1 pair, starting weight 0.5, bounds 0 … 1'
>>> frequency = lab.frequency("triplet", weight=1.0, set={"w_max": 3})  # curves[0].change, one number per frequency

Importing this package imports no heavy dependencies.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdpbench.studies.lab.certainty import bootstrap as bootstrap
    from stdpbench.studies.lab.certainty import left_out as left_out
    from stdpbench.studies.lab.certainty import most_telling as most_telling
    from stdpbench.studies.lab.certainty import posterior as posterior
    from stdpbench.studies.lab.certainty import predict as predict
    from stdpbench.studies.lab.data_sets import DataSet as DataSet
    from stdpbench.studies.lab.data_sets import Point as Point
    from stdpbench.studies.lab.data_sets import data_set as data_set
    from stdpbench.studies.lab.default_protocol import PROTOCOLS as PROTOCOLS
    from stdpbench.studies.lab.default_protocol import run as run
    from stdpbench.studies.lab.fitting import Fit as Fit
    from stdpbench.studies.lab.fitting import fit as fit
    from stdpbench.studies.lab.maps import change_map as change_map
    from stdpbench.studies.lab.maps import data_map as data_map
    from stdpbench.studies.lab.maps import draw_map as draw_map
    from stdpbench.studies.lab.maps import misfit_map as misfit_map
    from stdpbench.studies.lab.one_neuron import neuron as neuron
    from stdpbench.studies.lab.protocols import frequency as frequency
    from stdpbench.studies.lab.protocols import pair_window as pair_window
    from stdpbench.studies.lab.protocols import pairing as pairing
    from stdpbench.studies.lab.protocols import poisson_pairs as poisson_pairs
    from stdpbench.studies.lab.protocols import quadruplets as quadruplets
    from stdpbench.studies.lab.protocols import reward_delay as reward_delay
    from stdpbench.studies.lab.protocols import triplets as triplets
    from stdpbench.studies.lab.protocols import weight_dependence as weight_dependence
    from stdpbench.studies.lab.result import Curve as Curve
    from stdpbench.studies.lab.result import Result as Result

__all__ = [
    "PROTOCOLS",
    "Curve",
    "DataSet",
    "Fit",
    "Point",
    "Result",
    "bootstrap",
    "change_map",
    "data_map",
    "data_set",
    "draw_map",
    "fit",
    "frequency",
    "left_out",
    "misfit_map",
    "most_telling",
    "neuron",
    "pair_window",
    "pairing",
    "poisson_pairs",
    "posterior",
    "predict",
    "quadruplets",
    "reward_delay",
    "run",
    "triplets",
    "weight_dependence",
]

_LAZY = {
    **dict.fromkeys(("bootstrap", "left_out", "most_telling", "posterior", "predict"), "certainty"),
    **dict.fromkeys(("DataSet", "Point", "data_set"), "data_sets"),
    **dict.fromkeys(("Fit", "fit"), "fitting"),
    **dict.fromkeys(("change_map", "data_map", "draw_map", "misfit_map"), "maps"),
    "neuron": "one_neuron",
    **dict.fromkeys(("Curve", "Result"), "result"),
    **dict.fromkeys(("PROTOCOLS", "run"), "default_protocol"),
    **dict.fromkeys(("frequency", "pair_window", "pairing", "poisson_pairs", "quadruplets"), "protocols"),
    **dict.fromkeys(("reward_delay", "triplets", "weight_dependence"), "protocols"),
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"stdpbench.studies.lab.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
