"""Neuromorphic chips as data: limits and energies, each with its source.

A figure that was not read in the original publication names the secondary source (`Figure.read_in`). Unconfirmed
figures are left out, and a limit without a figure is not checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from stdpbench.results.readout.energy import LOIHI


@dataclass(frozen=True)
class Figure:
    """A published number.

    Attributes
    ----------
    value : float
        The number.
    unit : str
        Unit, or what the number counts.
    source : str
        The publication, or the documentation or code of a tool of the chip.
    read_in : str
        Secondary source, if the number was not read in the source itself.
    """

    value: float
    unit: str
    source: str
    read_in: str = ""

    @property
    def origin(self) -> str:
        """Source, with the secondary source if there is one."""
        return f"{self.source}; as given in {self.read_in}" if self.read_in else self.source


@dataclass(frozen=True)
class Lack:
    """A property of networks that a chip does not support.

    Attributes
    ----------
    reason : str
        What the chip has instead, as a clause.
    source : str
        Publication or documentation.
    """

    reason: str
    source: str


@dataclass(frozen=True)
class Cores:
    """Cores of one size.

    Attributes
    ----------
    count : int
        Number of such cores on a chip.
    neurons : int
        Neurons per core.
    synapse_bits : int or None
        Memory for synapses per core, in bits; None: cores have no such memory.
    """

    count: int
    neurons: int
    synapse_bits: int | None


@dataclass(frozen=True)
class Target:
    """A chip.

    Attributes
    ----------
    name, title : str
        Name on the command line; name and technology.
    cores : tuple of Cores
        Cores, those with most memory for synapses first.
    cores_source : Figure
        Number of cores, with the source of their sizes.
    limits : mapping of str to Figure
        Limits by name; see `LIMITS`.
    lacks : mapping of str to Lack
        Unsupported properties, by their names in `stdpbench.bridges.hardware.needs.PROPERTIES`.
    energies : mapping of str to Figure
        Energy per ``"synaptic operation"`` and per ``"neuron update"``, in pJ.
    remarks : tuple of str
        Sentences on what is not checked.
    """

    name: str
    title: str
    cores: tuple[Cores, ...]
    cores_source: Figure
    limits: Mapping[str, Figure]
    lacks: Mapping[str, Lack] = field(default_factory=dict)
    energies: Mapping[str, Figure] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sources per core": "neurons whose spikes can reach a core, or one neuron of it",
        "cores per neuron": "cores that the spikes of a neuron can reach",
        "axons per core": "pairs of a neuron of a core and a core that it reaches",
        "weight bits": "bits of the size of a weight, without its sign",
        "sign bits": "bits of the size used for the sign, if a projection has weights of both signs",
        "weights per neuron": "different weights of the synapses of a neuron",
        "weight range": "bits by which a power of two can scale weights of a projection",
        "longest delay": "time steps",
        "decay bits": "bits of a decay per time step",
        "longest refractory period": "time steps",
    }
)
"""Names and meanings of limits."""

_DAVIES = "M. Davies et al., IEEE Micro 38:82 (2018), doi:10.1109/MM.2018.112130359"
_NENGO = "NengoLoihi, nengo_loihi/block.py"
_MICHAELIS = "C. Michaelis et al., Front. Neuroinform. 16:1015624 (2022), doi:10.3389/fninf.2022.1015624"
_BRIAN2LOIHI = "the documentation of Brian2Loihi"
_LAVA = "Lava, lava/proc/lif/models.py (bit-accurate model)"
_LAVA_DENSE = "Lava, lava/proc/dense/process.py"
_LAVA_DL = "Lava-DL, issue 226"
_ORCHARD = "G. Orchard et al., IEEE SiPS 254 (2021), doi:10.1109/SiPS52927.2021.00053"
_BRIEF = "Intel, Taking neuromorphic computing to the next level with Loihi 2, technology brief (2021)"
_SANAFE = "the platform catalogue of SANA-FE"
_SANAFE_TRUENORTH = "SANA-FE, arch/truenorth.yaml"
_KERAS_SPIKING = "KerasSpiking, keras_spiking/model_energy.py"
_HOEPPNER = "S. Höppner et al., IEEE TCAS-I 66:2973 (2019), doi:10.48550/arXiv.1903.08941"
_SPYNNAKER = "sPyNNaker 8.0.0, models and limitations"
_FURBER = "S. B. Furber et al., Proc. IEEE 102:652 (2014), doi:10.1109/JPROC.2014.2304638"
_MEROLLA = "P. A. Merolla et al., Science 345:668 (2014), doi:10.1126/science.1254642"
_AKOPYAN = "F. Akopyan et al., IEEE TCAD 34:1537 (2015), doi:10.1109/TCAD.2015.2474396"
_CASSIDY = "A. S. Cassidy et al., IJCNN (2013), doi:10.1109/IJCNN.2013.6707077"
_SINABS = "Sinabs, docs/speck/overview.md"
_RICHTER = "O. Richter et al., Neuromorph. Comput. Eng. 4 (2024), doi:10.1088/2634-4386/ad2ce3"

_CURRENT_LIF = Lack("its neurons are leaky integrate-and-fire neurons with synaptic currents", _LAVA)
_NO_CURRENTS = Lack("a spike adds its weight to the potential at once", _CASSIDY)
_LINEAR_LEAK = Lack("its leak is a constant amount per time step", _CASSIDY)
_IAF = Lack(
    "its neurons are integrate-and-fire neurons; a leak is a constant amount per step of a slow clock", _SINABS
)

loihi = Target(
    "loihi",
    "Loihi (Intel, 14 nm)",
    (Cores(128, 1024, 2**20),),
    Figure(128, "cores of 1024 neurons, with 2²⁰ bits for synapses", _DAVIES, f"{_NENGO} (per core)"),
    {
        "sources per core": Figure(4096, "input axons of a core", _NENGO),
        "axons per core": Figure(4096, "output axons of a core", _NENGO),
        "weight bits": Figure(8, "bits, times 2^(6 + exponent)", _MICHAELIS, _BRIAN2LOIHI),
        "sign bits": Figure(1, "of these bits for the sign, if both signs occur", _LAVA_DENSE),
        "weight range": Figure(15, "powers of two: exponents from −8 to 7", _MICHAELIS, _BRIAN2LOIHI),
        "longest delay": Figure(62, "time steps", _DAVIES, f"{_LAVA_DL} (for Loihi 2)"),
        "decay bits": Figure(12, "bits: a fraction decay/4096 is lost per time step", _LAVA),
        "longest refractory period": Figure(64, "time steps", _MICHAELIS, _BRIAN2LOIHI),
    },
    {
        "conductances": _CURRENT_LIF,
        "other spike mechanisms": _CURRENT_LIF,
        "reset by subtraction": Lack("a spike sets the potential to 0", _LAVA),
        "reset apart from rest": Lack("a spike sets the potential to 0, the resting potential", _LAVA),
    },
    {
        "synaptic operation": Figure(
            LOIHI.picojoule, "pJ, at least; simulated before the chip was made", LOIHI.source, _SANAFE
        ),
        "neuron update": Figure(81, "pJ, if active; simulated before the chip was made", _DAVIES, _KERAS_SPIKING),
    },
    ("Memory for indices of synapses and for axons is not counted, so more cores may be needed.",),
)

loihi_2 = Target(
    "loihi2",
    "Loihi 2 (Intel 4)",
    (Cores(128, 8192, 192 * 1024 * 8),),
    Figure(128, "cores of up to 8192 neurons, with 192 KiB for neurons and synapses", _BRIEF, _SANAFE),
    {
        "weight bits": Figure(8, "bits", _LAVA_DENSE),
        "sign bits": Figure(1, "of these bits for the sign, if both signs occur", _LAVA_DENSE),
        "longest delay": Figure(62, "time steps", _LAVA_DL),
        "decay bits": Figure(12, "bits: a fraction decay/4096 is lost per time step", _LAVA),
    },
    {},
    {},
    (
        "Neurons are programs in microcode: whether one fits is not checked.",
        f"No energy per operation has been published; the architecture is described in {_ORCHARD}.",
        "Memory is shared by neurons, indices and axons, which are not counted, so more cores may be needed.",
    ),
)

spinnaker = Target(
    "spinnaker",
    "SpiNNaker (Manchester, 130 nm)",
    (Cores(16, 256, None),),
    Figure(16, "cores of a chip for neurons (of 18), 256 neurons each", _FURBER, f"{_SPYNNAKER} (neurons per core)"),
    {
        "weight bits": Figure(16, "bits, scaled to the largest weight", _SPYNNAKER),
        "longest delay": Figure(144, "time steps", _SPYNNAKER),
        "decay bits": Figure(15, "fractional bits of neuron parameters (s16.15)", _SPYNNAKER),
    },
    {
        "reset by subtraction": Lack("its standard neurons are set to v_reset", _SPYNNAKER),
        "other spike mechanisms": Lack("its standard neurons are leaky integrate-and-fire, or Izhikevich", _SPYNNAKER),
    },
    {
        "synaptic operation": Figure(13.3e3, "pJ", _HOEPPNER, _KERAS_SPIKING),
        "neuron update": Figure(26e3, "pJ", _HOEPPNER, _KERAS_SPIKING),
    },
    (
        "Synapses are in memory shared by the cores of a chip: neither its size nor real-time operation is checked.",
        "Software on processors: other neurons can be programmed.",
    ),
)

truenorth = Target(
    "truenorth",
    "TrueNorth (IBM, 28 nm)",
    (Cores(4096, 256, None),),
    Figure(4096, "cores of 256 neurons, each with a crossbar of 256 × 256 synapses", _MEROLLA, _SANAFE_TRUENORTH),
    {
        "sources per core": Figure(256, "axons of a core", _MEROLLA, _SANAFE_TRUENORTH),
        "cores per neuron": Figure(1, "axon, so one core, that a neuron reaches", _AKOPYAN, _SANAFE_TRUENORTH),
        "weight bits": Figure(8, "bits and a sign", _CASSIDY, _SANAFE),
        "weights per neuron": Figure(4, "weights of a neuron, one for each type of axon", _CASSIDY, _SANAFE),
        "longest delay": Figure(15, "time steps of 1 ms", _MEROLLA, _SANAFE),
    },
    {
        "conductances": _NO_CURRENTS,
        "synaptic currents": _NO_CURRENTS,
        "exponential leak": _LINEAR_LEAK,
        "other spike mechanisms": Lack("its neurons integrate and fire, with a linear leak", _CASSIDY),
    },
    {
        "synaptic operation": Figure(
            26, "pJ, of the whole chip at 20 Hz and 128 synapses per neuron", _MEROLLA, _SANAFE
        )
    },
    ("A neuron that has to reach more than one core is copied; the additional neurons are not counted.",),
)

dynap_cnn = Target(
    "dynap-cnn",
    "DYNAP-CNN, as on Speck (SynSense)",
    (
        Cores(2, 16 * 1024, 64 * 1024 * 8),
        Cores(2, 32 * 1024, 32 * 1024 * 8),
        Cores(3, 64 * 1024, 16 * 1024 * 8),
        Cores(2, 16 * 1024, 16 * 1024 * 8),
    ),
    Figure(9, "cores with 16 to 64 Ki neurons and 16 to 64 Ki weights of 8 bits", _RICHTER, _SANAFE),
    {
        "cores per neuron": Figure(2, "destinations of a core", _SINABS),
        "weight bits": Figure(7, "bits and a sign", _SINABS),
    },
    {
        "conductances": _IAF,
        "synaptic currents": _IAF,
        "exponential leak": _IAF,
        "other spike mechanisms": _IAF,
        "delays": Lack("its documentation mentions no delays", _SINABS),
    },
    {},
    (
        "Made for convolutions, in which neurons share weights; here each synapse is counted as a separate weight.",
        "No energy per operation could be confirmed.",
    ),
)
