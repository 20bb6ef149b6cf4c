"""Documented examples of Brian2, written anew and scaled down, to be run by its standalone device and by ``resident``.

Each example draws random numbers only during its runs, behind `brian2.seed`: both devices then draw the same.

As a program, it runs one example on one device: ``resident_examples.py NAME DEVICE RESULTS.npz``
"""

# ruff: noqa: F841 -- Brian2 looks names of equations up, and objects of a network, among the local variables

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import brian2 as b2
import numpy as np
from brian2.units import (
    Hz,
    cm,
    meter,
    ms,
    mV,
    nA,
    nS,
    ohm,
    pA,
    second,
    siemens,
    uA,
    uF,
    um,
)
from numpy.typing import NDArray

Recorded = list[Any]
"""Monitors, and pairs of an object and the name of one of its variables."""

Arrays = dict[str, NDArray[Any]]
Example = Callable[[], Iterator[Recorded]]
"""A generator, whose objects live on while the standalone device compiles them."""

EXAMPLES: dict[str, Example] = {}


def example(function: Example) -> Example:
    """Add an example to the list."""
    EXAMPLES[function.__name__] = function
    return function


def drawn(sources: int, targets: int, p: float, seed: int = 1) -> dict[str, Any]:
    """Return connections that are drawn with a probability, for `Synapses.connect`."""
    i, j = np.nonzero(np.random.default_rng(seed).random((sources, targets)) < p)
    return {"i": i, "j": j}


def uniform(n: int, low: float, high: float, seed: int = 2) -> NDArray[np.float64]:
    """Return numbers drawn from an interval."""
    return np.random.default_rng(seed).uniform(low, high, n)


# Networks and curves


@example
def cuba() -> Iterator[Recorded]:
    """CUBA: a balanced network with currents as synapses (Vogels and Abbott 2005, Brette et al. 2007)."""
    cells = b2.NeuronGroup(
        100,
        """dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
        dge/dt = -ge / (5*ms) : volt
        dgi/dt = -gi / (10*ms) : volt""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=5 * ms,
        method="exact",
    )
    cells.v = uniform(100, -60, -50) * mV
    excitation = b2.Synapses(cells[:80], cells, on_pre="ge += 3*mV")
    inhibition = b2.Synapses(cells[80:], cells, on_pre="gi -= 15*mV")
    excitation.connect(**drawn(80, 100, 0.1))
    inhibition.connect(**drawn(20, 100, 0.1))
    spikes = b2.SpikeMonitor(cells)
    b2.run(150 * ms)
    yield [spikes, (cells, "v")]


@example
def adaptive_threshold() -> Iterator[Recorded]:
    """adaptive_threshold: each spike lifts the threshold, which decays again."""
    cell = b2.NeuronGroup(
        1,
        """dv/dt = -v / (10*ms) : volt
        dbound/dt = (10*mV - bound) / (15*ms) : volt""",
        threshold="v > bound",
        reset="v = 0*mV\nbound += 3*mV",
        method="exact",
    )
    cell.bound = 10 * mV
    source = b2.PoissonGroup(1, 800 * Hz)
    synapse = b2.Synapses(source, cell, on_pre="v += 3*mV")
    synapse.connect()
    crossings, course = b2.SpikeMonitor(cell, variables="v"), b2.StateMonitor(cell, ["v", "bound"], record=True)
    b2.seed(11)
    b2.run(200 * ms)
    yield [crossings, course]


@example
def jeffress() -> Iterator[Recorded]:
    """synapses/jeffress: delay lines find the direction of a sound that turns around the head (Jeffress 1948)."""
    step = b2.defaultclock.dt = 0.02 * ms
    sound = b2.TimedArray(10 * np.random.default_rng(3).standard_normal(5000), dt=step)
    longest = 20 * cm / (300 * meter / second)
    ears = b2.NeuronGroup(
        2,
        """dx/dt = (sound(t - late) - x) / (1*ms) + 0.1 * (2 / (1*ms))**0.5 * xi : 1 (unless refractory)
        late = side * sin(theta) : second
        side : second
        dtheta/dt = 2*pi*10*Hz : radian""",
        threshold="x > 1",
        reset="x = 0",
        refractory=2.5 * ms,
        method="euler",
    )
    ears.side = [-0.5, 0.5] * longest
    places = b2.NeuronGroup(
        30, "dv/dt = -v / (1*ms) + 0.1 * (2 / (1*ms))**0.5 * xi : 1", threshold="v > 1", reset="v = 0", method="euler"
    )
    lines = b2.Synapses(ears, places, on_pre="v += 0.5")
    lines.connect()
    lines.delay["i == 0"] = "1.1 * longest * j / 29"
    lines.delay["i == 1"] = "1.1 * longest * (29 - j) / 29"
    spikes, heard, course = b2.SpikeMonitor(places), b2.SpikeMonitor(ears), b2.StateMonitor(ears, "late", record=True)
    b2.seed(12)
    b2.run(100 * ms)
    yield [spikes, heard, course]


@example
def gap_junctions() -> Iterator[Recorded]:
    """synapses/gapjunctions: oscillators coupled by their differences, which are summed."""
    cells = b2.NeuronGroup(
        10,
        """dv/dt = (1.05 - v + coupling) / (10*ms) : 1
        coupling : 1""",
        threshold="v > 1",
        reset="v = 0",
        method="exact",
    )
    cells.v = np.arange(10) / 9
    gaps = b2.Synapses(cells, cells, "w : 1\ncoupling_post = w * (v_pre - v_post) : 1 (summed)")
    gaps.connect()
    gaps.w = 0.02
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "v", record=[0, 5])
    b2.run(100 * ms)
    gaps.w = 0.05
    b2.run(100 * ms)
    yield [spikes, course]


@example
def custom_events() -> Iterator[Recorded]:
    """advanced/custom_events: a second threshold with events and a pathway of its own."""
    source = b2.PoissonGroup(1, 250 * Hz)
    cell = b2.NeuronGroup(
        1,
        """dv/dt = (g - v) / (50*ms) : 1
        dg/dt = -g / (10*ms) : 1
        armed : boolean""",
        threshold="v > 1",
        reset="v = 0\ng = 0\narmed = True",
        events={"high": "g > 1 and armed", "low": "g < 1 and not armed"},
        method="exact",
    )
    cell.run_on_event("high", "armed = False")
    cell.run_on_event("low", "armed = True")
    cell.armed = True
    counter = b2.NeuronGroup(1, "dx/dt = -x / (10*ms) : 1\ndy/dt = -y / (10*ms) : 1", method="exact")
    drive = b2.Synapses(source, cell, on_pre="g += 0.5")
    drive.connect()
    count = b2.Synapses(
        cell, counter, on_pre={"pre": "x += 1", "path": "y += 1"}, on_event={"pre": "spike", "path": "high"}
    )
    count.connect()
    spikes, high = b2.SpikeMonitor(cell, "v"), b2.EventMonitor(cell, "high", "g")
    course, counts = b2.StateMonitor(cell, ["v", "g"], record=True), b2.StateMonitor(counter, ["x", "y"], record=True)
    b2.seed(13)
    b2.run(200 * ms)
    yield [spikes, high, course, counts]


@example
def rossant_2011() -> Iterator[Recorded]:
    """frompapers/Rossant_et_al_2011bis: coincidences among many Poisson inputs (Rossant et al. 2011)."""
    cells = b2.NeuronGroup(
        2,
        """dv/dt = (ge + gi - (v + 70*mV)) / (5*ms) : volt
        dge/dt = -ge / (3*ms) : volt
        dgi/dt = -gi / (10*ms) : volt""",
        threshold="v > -55*mV",
        reset="v = -70*mV",
        refractory=5 * ms,
        method="exact",
    )
    cells.v = -70 * mV
    one = 1.07 * mV
    against = -1.08 * mV
    alone = b2.PoissonInput(cells[:1], "ge", N=4000, rate=1 * Hz, weight=one)
    alone_against = b2.PoissonInput(cells[:1], "gi", N=1000, rate=1 * Hz, weight=against / 4)
    rest = b2.PoissonInput(cells[1:], "ge", N=4000, rate=0.85 * Hz, weight=one)
    rest_against = b2.PoissonInput(cells[1:], "gi", N=1000, rate=1 * Hz, weight=against / 4)
    together = b2.PoissonInput(cells[1:], "ge", N=1, rate=40 * Hz, weight=15 * one)
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "v", record=True)
    b2.seed(14)
    b2.run(200 * ms)
    yield [spikes, course]


@example
def clopath_2010() -> Iterator[Recorded]:
    """frompapers/Clopath_et_al_2010_homeostasis: plasticity by filtered voltages (Clopath et al. 2010)."""
    b2.defaultclock.dt = 0.5 * ms
    rest, kick = -70 * mV, 10 * mV
    cell = b2.NeuronGroup(
        1,
        """dv/dt = (30*nS * (rest - v) - g * v) / (300*pF) : volt
        dfast/dt = (v - fast) / (40*ms) : volt
        dslow/dt = (v - slow) / (30*ms) : volt
        dmean/dt = (v - rest - mean) / (1*second) : volt
        dg/dt = -g / (2*ms) : siemens""",
        threshold="v > -55*mV",
        reset="v = rest",
        method="euler",
    )
    inputs = b2.NeuronGroup(
        5,
        "dx/dt = -x / (15*ms) : 1\nrate : Hz\nchosen : integer (shared)",
        threshold="rand() < rate * dt",
        reset="x += 1 / 15",
        method="exact",
    )
    cell.v = cell.fast = cell.slow = rest
    synapses = b2.Synapses(
        inputs,
        cell,
        "w : 1",
        on_pre="""g_post += w * 50*nS
        depression = 1.5e-4 * mean_post**2 / (12*mV**2) * (fast_post - rest) / mV * int(fast_post > rest)
        w = clip(w - depression, 0, 1)""",
        on_post="""fast += kick
        slow += kick
        mean += 0.1*mV
        w = clip(w + 1.5e-2 * x_pre * (slow_post - rest) / mV * int(slow_post > rest), 0, 1)""",
    )
    synapses.connect(i=np.arange(5), j=0)
    synapses.w = 0.5
    inputs.run_regularly("chosen = int(floor(rand() * 5))\nrate = 200*Hz * int(chosen == i)", dt=20 * ms)
    spikes, sent = b2.SpikeMonitor(cell), b2.SpikeMonitor(inputs)
    weights = b2.StateMonitor(synapses, "w", record=np.arange(5))
    b2.seed(15)
    b2.run(200 * ms)
    yield [spikes, sent, weights, (cell, "mean")]


@example
def bipolar_with_inputs() -> Iterator[Recorded]:
    """compartmental/bipolar_with_inputs: synapses at the ends of two dendrites."""
    shape = b2.Soma(30 * um)
    shape.L = b2.Cylinder(diameter=1 * um, length=100 * um, n=10)
    shape.R = b2.Cylinder(diameter=1 * um, length=100 * um, n=10)
    cell = b2.SpatialNeuron(
        shape,
        """Im = 1e-4*siemens/cm**2 * (-70*mV - v) : amp/meter**2
        Is = gs * (0*mV - v) : amp (point current)
        gs : siemens""",
        Cm=1 * uF / cm**2,
        Ri=100 * ohm * cm,
        method="exponential_euler",
    )
    cell.v = -70 * mV
    stimulus = b2.NeuronGroup(2, "dx/dt = 300*Hz : 1", threshold="x > 1", reset="x = 0", method="euler")
    stimulus.x = [0, 0.5]
    synapses = b2.Synapses(
        stimulus,
        cell,
        "dg/dt = -g / (1*ms) : siemens (clock-driven)\ngs_post = g : siemens (summed)",
        on_pre="g += 20*nS",
        method="exact",
    )
    synapses.connect(i=0, j=shape.L[-1])
    synapses.connect(i=1, j=shape.R[-1])
    spikes, soma, left = (
        b2.SpikeMonitor(stimulus),
        b2.StateMonitor(cell, "v", record=[0]),
        b2.StateMonitor(cell.L, "v", record=True),
    )
    right = b2.StateMonitor(cell.R, "v", record=shape.R[-1])
    b2.run(30 * ms)
    yield [spikes, soma, left, right]


SQUID = """Im = gNa * m**3 * h * (115*mV - v) + rest : amp/meter**2
rest = (0.3 * (10.613*mV - v) + 36 * n**4 * (-12*mV - v)) * msiemens/cm**2 : amp/meter**2
I : amp (point current)
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
alpha_m = 1 / exprel((25*mV - v) / (10*mV)) / ms : Hz
beta_m = 4 * exp(-v / (18*mV)) / ms : Hz
alpha_h = 0.07 * exp(-v / (20*mV)) / ms : Hz
beta_h = 1 / (exp((30*mV - v) / (10*mV)) + 1) / ms : Hz
alpha_n = 0.1 / exprel((10*mV - v) / (10*mV)) / ms : Hz
beta_n = 0.125 * exp(-v / (80*mV)) / ms : Hz
gNa : siemens/meter**2"""


def axon(**more: Any) -> Any:
    """Return a squid axon of five centimetres at rest."""
    b2.defaultclock.dt = 0.01 * ms
    cell = b2.SpatialNeuron(
        b2.Cylinder(x=[0, 5] * cm, diameter=476 * um, n=60, type="axon"),
        SQUID,
        Cm=1 * uF / cm**2,
        Ri=35.4 * ohm * cm,
        method="exponential_euler",
        **more,
    )
    cell.m, cell.h, cell.n, cell.gNa = 0.05, 0.6, 0.32, 120e-3 * siemens / cm**2
    return cell


@example
def hh_with_spikes() -> Iterator[Recorded]:
    """compartmental/hh_with_spikes: spikes along an axon (Hodgkin and Huxley 1952)."""
    cell = axon(threshold="m > 0.5", refractory="m > 0.4")
    spikes, course = b2.SpikeMonitor(cell), b2.StateMonitor(cell, "v", record=[0, 30, 59])
    b2.run(1 * ms)
    cell.I[0] = 1 * uA
    b2.run(3 * ms)
    cell.I = 0 * uA
    b2.run(6 * ms)
    yield [spikes, course]


@example
def lfp() -> Iterator[Recorded]:
    """compartmental/lfp: the field that an axon causes at electrodes (Hodgkin and Huxley 1952)."""
    cell = axon()
    cell[3 * cm : 5 * cm].gNa = 0 * siemens / cm**2
    electrodes = b2.NeuronGroup(3, "v : volt\nx : meter\ny : meter\nz : meter")
    electrodes.x, electrodes.y = 2 * cm, [0.1, 0.4, 1.6] * cm
    field = b2.Synapses(
        cell, electrodes, "w : ohm*meter**2 (constant)\nv_post = w * (Ic_pre - Im_pre) : volt (summed)"
    )
    field.summed_updaters["v_post"].when = "after_groups"
    field.connect()
    field.w = "area_pre / (4*pi*0.3*siemens/meter) / sqrt((x_pre-x_post)**2 + (y_pre-y_post)**2 + (z_pre-z_post)**2)"
    course, signal = b2.StateMonitor(cell, "v", record=[0, 30, 59]), b2.StateMonitor(electrodes, "v", record=True)
    cell.I[0] = 1 * uA
    b2.run(3 * ms)
    cell.I = 0 * uA
    b2.run(3 * ms)
    yield [course, signal]


@example
def stochastic_odes() -> Iterator[Recorded]:
    """advanced/stochastic_odes: multiplicative noise with two methods and two clocks."""
    equation = "dX/dt = (mu - 0.5*second*sigma**2) * X + X * sigma * xi * second**0.5 : 1"
    mu, sigma = 0.5 / second, 3 / second
    milstein = b2.NeuronGroup(3, equation, method="milstein", dt=0.2 * ms)
    heun = b2.NeuronGroup(3, equation, method="heun", dt=0.05 * ms)
    milstein.X = heun.X = 1
    one, two = b2.StateMonitor(milstein, "X", record=True), b2.StateMonitor(heun, "X", record=True)
    b2.seed(16)
    b2.run(20 * ms)
    yield [one, two]


@example
def kremer_2011() -> Iterator[Recorded]:
    """frompapers/Kremer_et_al_2011_barrel_cortex: moving bars and plasticity (Kremer et al. 2011)."""
    most, step = 0.76 * mV, 0.05 * 0.76 * mV
    whiskers = b2.NeuronGroup(
        36,
        """rate = int(touched) * clip(cos(direction - selectivity), 0, inf) * 500*Hz : Hz
        touched = abs((column - bar_x) * cos(direction) + (row - bar_y) * sin(direction)) < 0.5 : boolean
        column : integer
        row : integer
        selectivity : 1
        bar_x = cos(direction) * (t - begun) / (5*ms) + start_x : 1 (shared)
        bar_y = sin(direction) * (t - begun) / (5*ms) + start_y : 1 (shared)
        direction : 1 (shared)
        begun : second (shared)
        start_x : 1 (shared)
        start_y : 1 (shared)""",
        threshold="rand() < rate * dt",
    )
    whiskers.column, whiskers.row = "(i // 4) % 3", "i // 12"
    whiskers.selectivity = np.arange(36) % 4 * np.pi / 2
    whiskers.run_regularly(
        """direction = rand() * 2*pi
        start_x = 1 - 2 * cos(direction)
        start_y = 1 - 2 * sin(direction)
        begun = t""",
        dt=25 * ms,
        when="start",
    )
    cells = b2.NeuronGroup(
        27,
        """dv/dt = (ge + gi - 70*mV - v) / (10*ms) : volt
        dge/dt = -ge / (2*ms) : volt
        dgi/dt = -gi / (25*ms) : volt
        dbound/dt = (-55*mV - bound) / (50*ms) : volt""",
        threshold="v > bound",
        reset="v = -70*mV\nbound += 2*mV",
        refractory=2 * ms,
        method="euler",
    )
    cells.v, cells.bound = -70 * mV, -55 * mV
    excited, inhibited = cells[:18], cells[18:]
    forward = b2.Synapses(
        whiskers,
        excited,
        """w : volt
        dbefore/dt = -before / (5*ms) : volt (event-driven)
        dafter/dt = -after / (25*ms) : volt (event-driven)""",
        on_pre="ge += 200 * w\nbefore += step\nw = clip(w + after, 0*volt, most)",
        on_post="after -= 0.8 * step\nw = clip(w + before, 0*volt, most)",
    )
    forward.connect("(i // 4) % 9 == j // 2")
    forward.w = 0.5 * most
    lateral = b2.Synapses(excited, cells, "w : volt", on_pre="ge += w")
    lateral.connect(**drawn(18, 27, 0.15))
    lateral.w["j < 18"] = 2 * most
    lateral.w["j >= 18"] = 10 * most
    back = b2.Synapses(inhibited, excited, on_pre="gi -= 0.3*mV")
    back.connect(**drawn(9, 18, 0.3))
    spikes, sent = b2.SpikeMonitor(cells), b2.SpikeMonitor(whiskers)
    b2.seed(17)
    b2.run(200 * ms)
    yield [spikes, sent, (forward, "w"), (cells, "bound")]


@example
def vogels_2011() -> Iterator[Recorded]:
    """frompapers/Vogels_et_al_2011: inhibition learns to balance excitation, in two runs (Vogels et al. 2011)."""
    cells = b2.NeuronGroup(
        100,
        """dv/dt = (-400*pA - 10*nS * v - g_ampa * v - g_gaba * (v + 80*mV)) / (200*pF) : volt (unless refractory)
        dg_ampa/dt = -g_ampa / (5*ms) : siemens
        dg_gaba/dt = -g_gaba / (10*ms) : siemens""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=5 * ms,
        method="euler",
    )
    cells.v = uniform(100, -60, -50) * mV
    exciting, inhibiting = cells[:80], cells[80:]
    excitation = b2.Synapses(exciting, cells, on_pre="g_ampa += 3*nS")
    excitation.connect(**drawn(80, 100, 0.1))
    inhibition = b2.Synapses(inhibiting, inhibiting, on_pre="g_gaba += 3*nS")
    inhibition.connect(**drawn(20, 20, 0.1))
    plastic = b2.Synapses(
        inhibiting,
        exciting,
        """w : 1
        dbefore/dt = -before / (20*ms) : 1 (event-driven)
        dafter/dt = -after / (20*ms) : 1 (event-driven)""",
        on_pre="before += 1\nw = clip(w + (after - 0.12) * eta, 0, 100)\ng_gaba += w * nS",
        on_post="after += 1\nw = clip(w + before * eta, 0, 100)",
    )
    plastic.connect(**drawn(20, 80, 0.1))
    plastic.w = 0.1
    spikes, rate = b2.SpikeMonitor(cells), b2.PopulationRateMonitor(exciting)
    eta = 0
    b2.run(60 * ms)
    eta = 0.2
    b2.run(100 * ms)
    yield [spikes, rate, (plastic, "w")]


@example
def cobahh() -> Iterator[Recorded]:
    """COBAHH: conductances as synapses among Hodgkin-Huxley cells (Brette et al. 2007)."""
    cells = b2.NeuronGroup(
        20,
        """dv/dt = (10*nS * (-60*mV - v) - ge * v - gi * (v + 80*mV)
            - 20*uS * m**3 * h * (v - 50*mV) - 6*uS * n**4 * (v + 90*mV)) / (200*pF) : volt
        dm/dt = alpha_m * (1 - m) - beta_m * m : 1
        dn/dt = alpha_n * (1 - n) - beta_n * n : 1
        dh/dt = 0.128 * exp((17*mV - u) / (18*mV)) / ms * (1 - h) - 4 / (1 + exp((40*mV - u) / (5*mV))) / ms * h : 1
        dge/dt = -ge / (5*ms) : siemens
        dgi/dt = -gi / (10*ms) : siemens
        u = v + 63*mV : volt
        alpha_m = 1.28 / exprel((13*mV - u) / (4*mV)) / ms : Hz
        beta_m = 1.4 / exprel((u - 40*mV) / (5*mV)) / ms : Hz
        alpha_n = 0.16 / exprel((15*mV - u) / (5*mV)) / ms : Hz
        beta_n = 0.5 * exp((10*mV - u) / (40*mV)) / ms : Hz""",
        threshold="v > -20*mV",
        refractory=3 * ms,
        method="exponential_euler",
    )
    cells.v = uniform(20, -70, -60) * mV
    cells.ge, cells.gi = uniform(20, 0, 60) * nS, uniform(20, 0, 60) * nS
    excitation = b2.Synapses(cells[:16], cells, on_pre="ge += 30*nS")
    inhibition = b2.Synapses(cells[16:], cells, on_pre="gi += 67*nS")
    excitation.connect(**drawn(16, 20, 0.3))
    inhibition.connect(**drawn(4, 20, 0.2))
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "v", record=[1, 10])
    b2.run(60 * ms)
    yield [spikes, course]


@example
def if_curve_lif() -> Iterator[Recorded]:
    """IF_curve_LIF: rates of integrate-and-fire neurons as a function of their input."""
    cells = b2.NeuronGroup(
        50,
        "dv/dt = (level - v) / (10*ms) : volt (unless refractory)\nlevel : volt",
        threshold="v > 10*mV",
        reset="v = 0*mV",
        refractory=5 * ms,
        method="exact",
    )
    cells.level = "i * 20*mV / 49"
    spikes = b2.SpikeMonitor(cells)
    b2.run(200 * ms)
    yield [spikes, (spikes, "count")]


@example
def if_curve_hodgkin_huxley() -> Iterator[Recorded]:
    """IF_curve_Hodgkin_Huxley: rates of Hodgkin-Huxley neurons as a function of their input."""
    cells = b2.NeuronGroup(
        10,
        """dv/dt = (1*uS * (-65*mV - v) - 2000*uS * m**3 * h * (v - 50*mV) - 600*uS * n**4 * (v + 90*mV) + drive)
            / (20*nF) : volt
        dm/dt = 1.28 / exprel((-50*mV - v) / (4*mV)) / ms * (1 - m) - 1.4 / exprel((v + 23*mV) / (5*mV)) / ms * m : 1
        dn/dt = 0.16 / exprel((-48*mV - v) / (5*mV)) / ms * (1 - n) - 0.5 * exp((-53*mV - v) / (40*mV)) / ms * n : 1
        dh/dt = 0.128 * exp((-46*mV - v) / (18*mV)) / ms * (1 - h) - 4 / (1 + exp((-23*mV - v) / (5*mV))) / ms * h : 1
        drive : amp""",
        threshold="v > -40*mV",
        refractory="v > -40*mV",
        method="exponential_euler",
    )
    cells.v, cells.drive = -65 * mV, "0.7*uA * i / N"
    spikes = b2.SpikeMonitor(cells, "n")
    b2.run(100 * ms)
    yield [spikes, (cells, "v")]


@example
def non_reliability() -> Iterator[Recorded]:
    """non_reliability: the same constant current with other noise in each trial (Mainen and Sejnowski 1995)."""
    trials = b2.NeuronGroup(
        25,
        "dx/dt = (1.1 - x) / (20*ms) + 0.015 * (2 / (20*ms))**0.5 * xi : 1 (unless refractory)",
        threshold="x > 1",
        reset="x = 0",
        refractory=5 * ms,
        method="euler",
    )
    spikes = b2.SpikeMonitor(trials)
    b2.seed(21)
    b2.run(150 * ms)
    yield [spikes]


@example
def reliability() -> Iterator[Recorded]:
    """reliability: the same fluctuating current in each trial, by a linked variable (Mainen and Sejnowski 1995)."""
    current = b2.NeuronGroup(1, "dx/dt = -x / (5*ms) + (2 / (5*ms))**0.5 * xi : 1", method="euler")
    trials = b2.NeuronGroup(
        25,
        """dx/dt = (1.1 + current - x) / (20*ms) + 0.04 * (2 / (20*ms))**0.5 * xi : 1 (unless refractory)
        current : 1 (linked)""",
        threshold="x > 1",
        reset="x = 0",
        refractory=5 * ms,
        method="euler",
    )
    trials.x, trials.current = np.linspace(0, 0.9, 25), b2.linked_var(current, "x")
    spikes = b2.SpikeMonitor(trials)
    b2.seed(44)
    b2.run(150 * ms)
    yield [spikes]


@example
def phase_locking() -> Iterator[Recorded]:
    """phase_locking: neurons lock to a periodic input, the more the stronger it is."""
    n = 40
    cells = b2.NeuronGroup(
        n,
        "dv/dt = (1.2 - v + a * sin(2*pi*10*Hz*t)) / (20*ms) : 1\na : 1",
        threshold="v > 1",
        reset="v = 0",
        method="euler",
    )
    cells.v, cells.a = uniform(n, 0, 1), "0.05 + 0.7 * i / n"
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "v", record=20)
    b2.run(200 * ms)
    yield [spikes, course]


@example
def coupled_oscillators() -> Iterator[Recorded]:
    """coupled_oscillators: phases that pull each other through summed sines (Kuramoto 1975)."""
    phases = b2.NeuronGroup(20, "dtheta/dt = speed + pull : 1\nspeed : Hz\npull : Hz", method="euler")
    phases.theta, phases.speed = uniform(20, 0, 6), uniform(20, 50, 80) * Hz
    coupling = b2.Synapses(phases, phases, "pull_post = 300*Hz / N_post * sin(theta_pre - theta_post) : Hz (summed)")
    coupling.connect()
    course = b2.StateMonitor(phases, "theta", record=True)
    b2.run(50 * ms)
    yield [course]


@example
def standalone_multiplerun() -> Iterator[Recorded]:
    """standalone/standalone_multiplerun: the rate of a neuron for several time constants, one after the other."""
    inputs = b2.PoissonGroup(20, rates=50 * Hz)
    cell = b2.NeuronGroup(
        1, "dv/dt = -v / tau : 1\ntau : second (constant)", threshold="v > 1", reset="v = 0", method="euler"
    )
    lines = b2.Synapses(inputs, cell, on_pre="v += 0.2")
    lines.connect()
    spikes = b2.SpikeMonitor(cell)
    network = b2.Network(inputs, cell, lines, spikes)
    b2.seed(27)
    for tau in [3, 10, 30] * ms:
        cell.tau = tau
        network.run(60 * ms)
    yield [spikes]


@example
def stdp() -> Iterator[Recorded]:
    """synapses/STDP: competition of inputs at a leaky neuron (Song, Miller and Abbott 2000)."""
    inputs = b2.PoissonGroup(100, rates=30 * Hz)
    cell = b2.NeuronGroup(
        1,
        """dv/dt = (-ge * v - 74*mV - v) / (10*ms) : volt
        dge/dt = -ge / (5*ms) : 1""",
        threshold="v > -54*mV",
        reset="v = -60*mV",
        method="euler",
    )
    cell.v = -60 * mV
    synapses = b2.Synapses(
        inputs,
        cell,
        """w : 1
        dbefore/dt = -before / (20*ms) : 1 (event-driven)
        dafter/dt = -after / (20*ms) : 1 (event-driven)""",
        on_pre="ge += w\nbefore += 0.001\nw = clip(w + after, 0, 0.1)",
        on_post="after -= 0.00105\nw = clip(w + before, 0, 0.1)",
    )
    synapses.connect()
    synapses.w = uniform(100, 0, 0.1)
    spikes, sent = b2.SpikeMonitor(cell), b2.SpikeMonitor(inputs)
    weights = b2.StateMonitor(synapses, "w", record=[0, 1], dt=1 * ms)
    b2.seed(23)
    b2.run(200 * ms)
    yield [spikes, sent, weights, (synapses, "w")]


@example
def licklider() -> Iterator[Recorded]:
    """synapses/licklider: delay lines find the period of a sound (Licklider 1951)."""
    b2.defaultclock.dt = 0.02 * ms
    receptors = b2.NeuronGroup(
        2,
        """dx/dt = (5 * sin(2*pi*frequency*t)**3 - x) / (1*ms) + 0.1 * (2 / (1*ms))**0.5 * xi : 1 (unless refractory)
        frequency = (200 + 2000 * t / second) * Hz : Hz""",
        threshold="x > 1",
        reset="x = 0",
        refractory=2 * ms,
        method="euler",
    )
    lowest, highest = 50 * Hz, 1000 * Hz
    cells = b2.NeuronGroup(
        60, "dv/dt = -v / (1*ms) + 0.1 * (2 / (1*ms))**0.5 * xi : 1", threshold="v > 1", reset="v = 0", method="euler"
    )
    lines = b2.Synapses(receptors, cells, on_pre="v += 0.5")
    lines.connect()
    lines.delay = "i / exp(log(lowest/Hz) + j / 59 * log(highest/lowest)) * second"
    spikes, heard = b2.SpikeMonitor(cells), b2.SpikeMonitor(receptors)
    b2.seed(24)
    b2.run(100 * ms)
    yield [spikes, heard]


@example
def nonlinear() -> Iterator[Recorded]:
    """synapses/nonlinear: NMDA synapses that saturate, summed at their target."""
    inputs = b2.NeuronGroup(2, "dv/dt = 1 / (10*ms) : 1", threshold="v > 1", reset="v = 0", method="euler")
    cell = b2.NeuronGroup(1, "dv/dt = (g - v) / (10*ms) : 1\ng : 1", method="exact")
    synapses = b2.Synapses(
        inputs,
        cell,
        """dopen/dt = (x * (1 - open) - open) / (10*ms) : 1 (clock-driven)
        dx/dt = -x / (10*ms) : 1 (clock-driven)
        g_post = open : 1 (summed)
        w : 1""",
        on_pre="x += w",
        method="exponential_euler",
    )
    synapses.connect()
    synapses.w, inputs.v = [1, 10], [0, 0.5]
    opened = b2.StateMonitor(synapses, ["open", "x"], record=np.arange(2))
    course = b2.StateMonitor(cell, ["v", "g"], record=0)
    b2.run(100 * ms)
    yield [opened, course]


@example
def spatial_connections() -> Iterator[Recorded]:
    """synapses/spatial_connections: neighbours on a grid excite each other, others inhibit."""
    rows = 8
    cells = b2.NeuronGroup(
        rows * rows,
        "dv/dt = (1.2 - v) / (10*ms) : 1\nx : meter\ny : meter",
        threshold="v > 1",
        reset="v = 0",
        method="exact",
    )
    cells.x, cells.y = "(i // rows) * 25*um", "(i % rows) * 25*um"
    cells.v = uniform(rows * rows, 0, 1)
    near, far = b2.Synapses(cells, cells, on_pre="v += 0.02"), b2.Synapses(cells, cells, on_pre="v -= 0.01")
    near.connect("i != j and sqrt((x_pre - x_post)**2 + (y_pre - y_post)**2) < 60*um")
    far.connect("sqrt((x_pre - x_post)**2 + (y_pre - y_post)**2) >= 110*um")
    far.delay = "sqrt((x_pre - x_post)**2 + (y_pre - y_post)**2) / (0.05*meter/second)"
    spikes = b2.SpikeMonitor(cells)
    b2.run(80 * ms)
    yield [spikes]


@example
def state_variables() -> Iterator[Recorded]:
    """synapses/state_variables: voltages and weights are set by strings."""
    cells = b2.NeuronGroup(
        30, "dv/dt = (-49*mV - v) / (20*ms) : volt", threshold="v > -50*mV", reset="v = -70*mV", method="exact"
    )
    cells.v = "(sin(2*pi*i/N) - 60) * mV"
    synapses = b2.Synapses(cells, cells, "w : volt", on_pre="v += w")
    synapses.connect()
    synapses.w["i > j"] = "exp(-(i - j)**2 / 200.0) * mV"
    spikes = b2.SpikeMonitor(cells)
    b2.run(100 * ms)
    yield [spikes, (synapses, "w")]


@example
def synapses() -> Iterator[Recorded]:
    """synapses/synapses: weights that decay between spikes, and a delay of each synapse."""
    first = b2.NeuronGroup(10, "dv/dt = -v / (10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    then = b2.NeuronGroup(10, "dv/dt = -v / (10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    first.v = 1.2
    lines = b2.Synapses(first, then, "dw/dt = -w / (50*ms) : 1 (event-driven)", on_pre="v += w")
    lines.connect("i == j and i % 4 != 3")
    lines.delay, lines.w = "1*ms + i*ms + 0.03*ms * (i % 3)", 1.05
    spikes, course = b2.SpikeMonitor(then), b2.StateMonitor(then, "v", record=True)
    b2.run(20 * ms)
    yield [spikes, course, (lines, "w")]


@example
def gaussian_connectivity() -> Iterator[Recorded]:
    """synapses/efficient_gaussian_connectivity: generators connect only within reach; the number is not random."""
    cells = b2.NeuronGroup(60, "dv/dt = (1.1 - v) / (10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    cells.v = uniform(60, 0, 1)
    lines = b2.Synapses(cells, cells, on_pre="v += 0.05 * exp(-0.1 * (i - j)**2)")
    lines.connect(j="k for k in range(i - 9, i + 9) if (i * 7 + k * 3) % 5 < 3", skip_if_invalid=True)
    lines.connect(j="k for k in range(0, N_post, 20) if abs(i - k) > 9")
    spikes = b2.SpikeMonitor(cells)
    b2.run(60 * ms)
    yield [spikes, (lines, "i"), (lines, "j")]


@example
def spike_based_homeostasis() -> Iterator[Recorded]:
    """synapses/spike_based_homeostasis: one weight keeps a rate although another input changes (Breitwieser 2015)."""
    course = b2.TimedArray([100, 300, 0, 200] * Hz, dt=50 * ms)
    steady, varying = b2.PoissonGroup(1, 200 * Hz), b2.PoissonGroup(1, "course(t)")
    cell = b2.NeuronGroup(
        1,
        "dv/dt = -v / (10*ms) : 1 (unless refractory)",
        threshold="v > 1",
        reset="v = -1",
        refractory=1 * ms,
        method="exact",
    )
    plastic = b2.Synapses(
        steady, cell, "w : 1", on_pre="v_post += w\nw = clip(w + 0.05, 0, 2)", on_post="w = clip(w - 0.05, 0, 2)"
    )
    fixed = b2.Synapses(varying, cell, on_pre="v_post += 2")
    plastic.connect()
    fixed.connect()
    spikes, weight = b2.SpikeMonitor(cell), b2.StateMonitor(plastic, "w", record=[0])
    rate = b2.PopulationRateMonitor(cell)
    b2.seed(25)
    b2.run(100 * ms)
    b2.run(100 * ms)
    yield [spikes, weight, rate]


@example
def ornstein_uhlenbeck() -> Iterator[Recorded]:
    """advanced/Ornstein_Uhlenbeck: a process with noise, exact in its mean and variance, and by small steps."""
    tau, sigma = 10 * ms, 0.4
    exact = b2.NeuronGroup(4, "y : 1")
    exact.run_regularly("y = y * exp(-dt / tau) + sigma * sqrt(1 - exp(-2 * dt / tau)) * randn()", dt=1 * ms)
    small = b2.NeuronGroup(4, "dy/dt = -y / tau + sigma * sqrt(2 / tau) * xi : 1", method="euler")
    one, two = b2.StateMonitor(exact, "y", record=True, dt=1 * ms), b2.StateMonitor(small, "y", record=True)
    b2.seed(26)
    b2.run(100 * ms)
    yield [one, two]


@example
def continuous_interaction() -> Iterator[Recorded]:
    """synapses/continuous_interaction: a gate that follows the voltage of its source at each step (Börgers 2017)."""
    cells = b2.NeuronGroup(
        2,
        """dv/dt = (100*mS * m**3 * h * (50*mV - v) + 0.1*mS * (-67*mV - v) + 80*mS * n**4 * (-100*mV - v)
            - 1*mS * gate * v + drive) / uF : volt
        dm/dt = 1.28 / exprel(-(v + 54*mV) / (4*mV)) / ms * (1 - m) - 1.4 / exprel((v + 27*mV) / (5*mV)) / ms * m : 1
        dn/dt = 0.16 / exprel(-(v + 52*mV) / (5*mV)) / ms * (1 - n) - 0.5 * exp(-(v + 57*mV) / (40*mV)) / ms * n : 1
        dh/dt = 0.128 * exp(-(v + 50*mV) / (18*mV)) / ms * (1 - h) - 4 / (1 + exp(-(v + 27*mV) / (5*mV))) / ms * h : 1
        ds/dt = 0.5 * (1 + tanh(0.1 * v / mV)) * (1 - s) / (0.2*ms) - s / (2*ms) : 1
        gate : 1
        drive : amp""".replace("mS", "msiemens"),
        method="exponential_euler",
    )
    cells.v, cells.h, cells.drive = [-70, -65] * mV, 0.9, [1.5, 0] * uA
    line = b2.Synapses(cells, cells, "gate_post = 0.25 * s_pre : 1 (summed)")
    line.connect(i=0, j=1)
    course = b2.StateMonitor(cells, ["v", "s", "gate"], record=[0, 1])
    b2.run(60 * ms)
    yield [course]


@example
def homeostatic_stdp() -> Iterator[Recorded]:
    """synapses/homeostatic_stdp_at_inhibitory_synapes: a factor linked into synapses (Zenke et al. 2015)."""
    rate = b2.TimedArray([0, 10, 40, 20] * Hz, dt=50 * ms)
    others = b2.PoissonGroup(100, "rate(t)")
    factor = b2.NeuronGroup(1, "G = H - 5*Hz : Hz\ndH/dt = -H / (20*ms) : Hz", method="exact")
    counts = b2.Synapses(others, factor, on_pre="H_post += 1 / (20*ms * 100)")
    counts.connect()
    times = np.arange(25, 200, 25)
    before = b2.SpikeGeneratorGroup(1, np.zeros(7, int), times * ms)
    after = b2.SpikeGeneratorGroup(1, np.zeros(7, int), (times + 1) * ms)
    synapse = b2.Synapses(
        before,
        after,
        """G : Hz (linked)
        w : 1
        dpre/dt = -pre / (20*ms) : 1 (event-driven)
        dpost/dt = -post / (20*ms) : 1 (event-driven)""",
        on_pre="pre += 1\nw += G * second * (post + 1)",
        on_post="post += 1\nw += G * second * pre",
    )
    synapse.connect(i=0, j=0)
    synapse.G = b2.linked_var(factor, "G")
    spikes, course = b2.SpikeMonitor(others), b2.StateMonitor(synapse, ["G", "w"], record=[0], dt=1 * ms)
    b2.seed(28)
    b2.run(200 * ms)
    yield [spikes, course]


@example
def float_32() -> Iterator[Recorded]:
    """advanced/float_32_64_benchmark: a balanced network in single precision."""
    b2.prefs.core.default_float_dtype = np.float32
    cells = b2.NeuronGroup(
        50,
        """dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
        dge/dt = -ge / (5*ms) : volt
        dgi/dt = -gi / (10*ms) : volt""",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=5 * ms,
        method="exact",
    )
    cells.v = uniform(50, -60, -50) * mV
    lines = b2.Synapses(cells, cells, on_pre="ge += 3*mV * int(i < 40)\ngi -= 15*mV * int(i >= 40)")
    lines.connect(**drawn(50, 50, 0.2))
    lines.delay = "0.3*ms * (i % 5)"
    spikes = b2.SpikeMonitor(cells)
    b2.run(30 * ms)
    cells.ge = "ge + 5*mV"
    b2.run(70 * ms)
    yield [spikes]


@example
def opencv_movie() -> Iterator[Recorded]:
    """advanced/opencv_movie: a function in C++ says how bright a pixel is; the movie is a bar that moves here."""

    @b2.implementation(
        "cpp", "double bright(int x, int y, double t) { return x == (int)(t * 200) % 8 ? 1.0 + 0.1 * y : 0.2; }"
    )
    @b2.check_units(x=1, y=1, t=second, result=1)
    def bright(x: Any, y: Any, t: Any) -> Any:
        return np.where(x == (t * 200).astype(int) % 8, 1.0 + 0.1 * y, 0.2)

    pixels = b2.NeuronGroup(
        64,
        """dv/dt = (2 * bright(column, row, t) - v) / (4*ms) : 1 (unless refractory)
        column : integer (constant)
        row : integer (constant)""",
        threshold="v > 1",
        reset="v = 0",
        refractory=3 * ms,
        method="euler",
    )
    pixels.column, pixels.row = "i % 8", "i // 8"
    spikes, course = b2.SpikeMonitor(pixels), b2.StateMonitor(pixels, "v", record=[0, 63])
    b2.run(60 * ms)
    yield [spikes, course]


@example
def random_numbers() -> Iterator[Recorded]:
    """advanced/random, a page of the documentation: several noises and distributions, and seeds between runs."""
    few, many = b2.BinomialFunction(5, 0.3, approximate=False), b2.BinomialFunction(1000, 0.3)
    cells = b2.NeuronGroup(
        5,
        """dv/dt = -v / (10*ms) + xi_strong / ms**0.5 + 0.5 * xi_weak / ms**0.5 : 1
        counts : 1
        p : 1""",
        threshold="rand() < 0.05",
        reset="v = randn()\ncounts = few()\ncounts += many()",
        method="euler",
    )
    cells.run_regularly("p = poisson(3.5)\ncounts = poisson(40 + p)", dt=2 * ms)
    lines = b2.Synapses(cells, cells, "w : 1", on_pre="w += rand()\nv_post += 0.001 * randn()", on_post="w *= rand()")
    lines.connect()
    lines.delay = np.arange(25) * 0.1 * ms
    spikes, course = b2.SpikeMonitor(cells, "v"), b2.StateMonitor(cells, ["v", "counts", "p"], record=True)
    for seed in (7, 7, 8):
        b2.seed(seed)
        b2.run(10 * ms)
        b2.run(5 * ms)
    yield [spikes, course, (lines, "w")]


# From papers


@example
def brette_2004() -> Iterator[Recorded]:
    """frompapers/Brette_2004: phase locking to a sine; the spikes of the first run are not recorded (Brette 2004)."""
    tau = 10 * ms
    cells = b2.NeuronGroup(
        100, "dv/dt = (a - v + 2 * sin(2*pi*t/tau)) / tau : 1\na : 1", threshold="v > 1", reset="v = 0", method="euler"
    )
    cells.a = np.linspace(2, 4, 100)
    b2.run(100 * ms)
    spikes = b2.SpikeMonitor(cells)
    b2.run(50 * ms)
    yield [spikes]


@example
def brette_gerstner_2005() -> Iterator[Recorded]:
    """frompapers/Brette_Gerstner_2005: adaptive exponential neuron, driven in the second of three runs (2005)."""
    cell = b2.NeuronGroup(
        1,
        """dv/dt = (30*nS * (-70.6*mV - v) + 30*nS * 2*mV * exp((v + 50.4*mV) / (2*mV)) + drive - w) / (281*pF) : volt
        dw/dt = (4*nS * (v + 70.6*mV) - w) / (144*ms) : amp
        drive : amp""",
        threshold="v > -40.4*mV",
        reset="v = -70.6*mV\nw += 0.0805*nA",
        method="euler",
    )
    cell.v = -70.6 * mV
    course, spikes = b2.StateMonitor(cell, ["v", "w"], record=0), b2.SpikeMonitor(cell)
    for drive in [0, 1, 0] * nA:
        cell.drive = drive
        b2.run(50 * ms)
    yield [spikes, course]


@example
def brette_guigon_2003() -> Iterator[Recorded]:
    """frompapers/Brette_Guigon_2003: neurons that need not be leaky share a fluctuating input (2003)."""
    shared = b2.NeuronGroup(1, "dx/dt = -x / (20*ms) + (2 / (20*ms))**0.5 * xi : 1", method="euler")
    cells = b2.NeuronGroup(
        50,
        """dv/dt = (v * (0.5 + 3 * p * bounded) + 1) / (33*ms) + 0.02 * (2 / (33*ms))**0.5 * xi : 1
        bounded = 2 / (1 + exp(-2 * x)) - 1 : 1 (shared)
        p : 1
        x : 1 (linked)""",
        threshold="v > 1",
        reset="v = 0",
        method="euler",
    )
    cells.p, cells.v, cells.x = "i / N", uniform(50, 0, 1), b2.linked_var(shared, "x")
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "bounded", record=0)
    b2.seed(31)
    b2.run(150 * ms)
    yield [spikes, course]


@example
def brunel_hakim_1999() -> Iterator[Recorded]:
    """frompapers/Brunel_Hakim_1999: fast oscillations by delayed inhibition and noise (Brunel and Hakim 1999)."""
    cells = b2.NeuronGroup(
        200,
        "dv/dt = (25*mV - v + 1*mV * sqrt(20*ms) * xi) / (20*ms) : volt",
        threshold="v > 20*mV",
        reset="v = 10*mV",
        refractory=2 * ms,
        method="euler",
    )
    cells.v = 10 * mV
    inhibition = b2.Synapses(cells, cells, on_pre="v -= 2.5*mV", delay=2 * ms)
    inhibition.connect(**drawn(200, 200, 0.2))
    spikes, rate = b2.SpikeMonitor(cells), b2.PopulationRateMonitor(cells)
    b2.seed(32)
    b2.run(100 * ms)
    yield [spikes, rate]


@example
def brunel_2000() -> Iterator[Recorded]:
    """frompapers/Brunel_2000: sparse excitation and inhibition with external Poisson input (Brunel 2000)."""
    cells = b2.NeuronGroup(
        100,
        "dv/dt = -v / (20*ms) : volt (unless refractory)",
        threshold="v > 20*mV",
        reset="v = 10*mV",
        refractory=2 * ms,
        method="exact",
    )
    external = b2.PoissonInput(cells, "v", N=100, rate=12 * Hz, weight=1 * mV)
    both = b2.Synapses(cells, cells, "w : volt", on_pre="v += w", delay=1.5 * ms)
    both.connect(**drawn(100, 100, 0.1))
    both.w, both.w["i >= 80"] = 0.5 * mV, -2.5 * mV
    spikes, rate = b2.SpikeMonitor(cells), b2.PopulationRateMonitor(cells)
    b2.seed(33)
    b2.run(100 * ms)
    yield [spikes, rate]


@example
def diesmann_1999() -> Iterator[Recorded]:
    """frompapers/Diesmann_et_al_1999: a volley of spikes runs down a synfire chain (Diesmann et al. 1999)."""
    size = 40
    cells = b2.NeuronGroup(
        4 * size,
        """dv/dt = (x - v - 70*mV) / (10*ms) : volt
        dx/dt = (y - x) / (0.325*ms) : volt
        dy/dt = -y / (0.325*ms) + 25.27*mV/ms + 39.24*mV/ms**0.5 * xi : volt""",
        threshold="v > -55*mV",
        reset="v = -70*mV",
        refractory=1 * ms,
        method="euler",
    )
    cells.v = uniform(4 * size, -70, -55) * mV
    volley = b2.SpikeGeneratorGroup(34, np.arange(34), (20 + np.random.default_rng(4).standard_normal(34)) * ms)
    chain = b2.Synapses(cells, cells, on_pre="y += 12.15*mV")
    chain.connect(j="k for k in range((i // size + 1) * size, (i // size + 2) * size) if i < N_pre - size")
    start = b2.Synapses(volley, cells[:size], on_pre="y += 12.15*mV")
    start.connect()
    spikes, sent = b2.SpikeMonitor(cells), b2.SpikeMonitor(volley)
    b2.seed(34)
    b2.run(60 * ms)
    yield [spikes, sent]


@example
def hindmarsh_rose_1984() -> Iterator[Recorded]:
    """frompapers/Hindmarsh_Rose_1984: bursts of a model of three variables (Hindmarsh and Rose 1984)."""
    cells = b2.NeuronGroup(
        3,
        """dx/dt = (y - x**3 + 3 * x**2 + drive - z) / ms : 1
        dy/dt = (1 - 5 * x**2 - y) / ms : 1
        dz/dt = 0.001 * (4 * (x + 1.6) - z) / ms : 1
        drive : 1 (constant)""",
        method="rk4",
    )
    cells.x, cells.drive = -1.6, [0.4, 2, 4]
    cells.y, cells.z = "1 - 5 * x**2", "0.001 * 4 * (x + 1.6)"
    course = b2.StateMonitor(cells, ["x", "z"], record=True)
    b2.run(200 * ms)
    yield [course]


@example
def morris_lecar_1981() -> Iterator[Recorded]:
    """frompapers/Morris_Lecar_1981: voltage of a barnacle muscle fibre (Morris and Lecar 1981)."""
    cells = b2.NeuronGroup(
        5,
        """dv/dt = (2*mS * (-50*mV - v) - 4*mS * m * (v - 100*mV) - 8*mS * n * (v + 70*mV) + drive) / (20*uF) : volt
        dn/dt = cosh((v + 1*mV) / (29*mV)) / (15*ms) * (settled - n) : 1
        m = 0.5 * (1 + tanh((v - 10*mV) / (15*mV))) : 1
        settled = 0.5 * (1 + tanh((v + 1*mV) / (14.5*mV))) : 1
        drive : amp""".replace("mS", "msiemens"),
        method="exponential_euler",
    )
    cells.v, cells.drive = -50 * mV, np.linspace(100, 500, 5) * uA
    cells.n = "settled"
    course = b2.StateMonitor(cells, ["v", "n"], record=True)
    b2.run(100 * ms)
    yield [course]


@example
def rothman_manis_2003() -> Iterator[Recorded]:
    """frompapers/Rothman_Manis_2003: a cell of the cochlear nucleus with two potassium currents (2003)."""
    b2.defaultclock.dt = 0.02 * ms
    u = "(v/mV + 60)"
    cell = b2.NeuronGroup(
        1,
        f"""dv/dt = (sodium + high + low + 2*nS * (-65*mV - v) + drive) / (12*pF) : volt
        sodium = 1000*nS * m**3 * h * (50*mV - v) : amp
        high = 150*nS * (0.85 * n**2 + 0.15 * p) * (-70*mV - v) : amp
        low = 20*nS * w**4 * z * (-70*mV - v) : amp
        dm/dt = (1 / (1 + exp(-({u} - 22) / 7)) - m) / (10 / (5 * exp({u}/18) + 36 * exp(-{u}/25)) + 0.04) / ms : 1
        dh/dt = (1 / (1 + exp(({u} + 5) / 6)) - h) / (100 / (7 * exp({u}/11) + 10 * exp(-{u}/25)) + 0.6) / ms : 1
        dn/dt = ((1 + exp(-({u} - 45) / 5))**-0.5 - n) / (100 / (11 * exp({u}/24) + 21 * exp(-{u}/23)) + 0.7) / ms : 1
        dp/dt = (1 / (1 + exp(-({u} - 37) / 6)) - p) / (100 / (4 * exp({u}/32) + 5 * exp(-{u}/22)) + 5) / ms : 1
        dw/dt = ((1 + exp(-({u} - 12) / 6))**-0.25 - w) / (100 / (6 * exp({u}/6) + 16 * exp(-{u}/45)) + 1.5) / ms : 1
        dz/dt = (0.5 + 0.5 / (1 + exp(({u} + 11) / 10)) - z) / (1000 / (exp({u}/20) + exp(-{u}/8)) + 50) / ms : 1
        drive : amp""",
        threshold="v > -20*mV",
        refractory="v > -20*mV",
        method="exponential_euler",
    )
    cell.v, cell.h, cell.z = -65 * mV, 0.5, 0.7
    spikes, course = b2.SpikeMonitor(cell), b2.StateMonitor(cell, "v", record=0)
    b2.run(20 * ms)
    cell.drive = 300 * pA
    b2.run(40 * ms)
    cell.drive = 0 * pA
    b2.run(10 * ms)
    yield [spikes, course]


@example
def sturzl_2000() -> Iterator[Recorded]:
    """frompapers/Sturzl_et_al_2000: a scorpion finds its prey by waves that reach eight legs (Sturzl et al. 2000)."""
    angles = np.array([18, 54, 90, 140, -140, -90, -54, -18]) * np.pi / 180
    times, random = np.arange(2001) * 1e-4, np.random.default_rng(5)
    frequencies = np.arange(150, 451, 10)[:, None]
    strength = np.exp(-((frequencies - 300) ** 2) / 5000)
    phases = random.uniform(0, 2 * np.pi, (len(frequencies), 1))
    wave = b2.TimedArray(
        (strength * np.cos(2 * np.pi * frequencies * times + phases)).sum(0) / strength.sum(), 0.1 * ms
    )
    legs = b2.NeuronGroup(
        8,
        "dv/dt = (1 + wave(t - late) - v) / (1*ms) + 0.01 * (2 / (1*ms))**0.5 * xi : 1\nlate : second",
        threshold="v > 1",
        reset="v = 0",
        refractory=1 * ms,
        method="euler",
    )
    legs.late = 0.5 * (1 - np.cos(2.2 - angles)) * ms
    cells = b2.NeuronGroup(
        8,
        """dv/dt = (x - v) / (1*ms) : 1
        dx/dt = (y - x) / (1.001*ms) : 1
        dy/dt = -y / (1.001*ms) : 1""",
        threshold="v > 1",
        reset="v = 0",
        method="exact",
    )
    excitation = b2.Synapses(legs, cells, on_pre="y += 7")
    excitation.connect(j="i")
    inhibition = b2.Synapses(legs, cells, on_pre="y -= 2", delay=0.7 * ms)
    inhibition.connect("abs((j - i) % N_post - N_post / 2) <= 1")
    spikes, felt = b2.SpikeMonitor(cells), b2.SpikeMonitor(legs)
    b2.seed(35)
    b2.run(150 * ms)
    yield [spikes, felt]


@example
def touboul_brette_2008() -> Iterator[Recorded]:
    """frompapers/Touboul_Brette_2008: bifurcations of the reset value, recorded in the second run (2008)."""
    cells = b2.NeuronGroup(
        20,
        """dv/dt = (30*nS * (-70.6*mV - v) + 60*pA * exp((v + 50.4*mV) / (2*mV)) + 0.8*nA - w) / (281*pF) : volt
        dw/dt = (4*nS * (v + 70.6*mV) - w) / (40*ms) : amp
        back : volt""",
        threshold="v > -40.4*mV",
        reset="v = back\nw += 0.08*nA",
        method="euler",
    )
    cells.v, cells.back = -70.6 * mV, np.linspace(-48.3, -47.7, 20) * mV
    b2.run(100 * ms)
    adaptation, spikes = b2.StateMonitor(cells, "w", record=True, when="start"), b2.SpikeMonitor(cells)
    b2.run(100 * ms)
    yield [spikes, adaptation]


@example
def wang_buszaki_1996() -> Iterator[Recorded]:
    """frompapers/Wang_Buszaki_1996: interneurons, which inhibit each other here (Wang and Buzsaki 1996)."""
    b2.defaultclock.dt = 0.02 * ms
    cells = b2.NeuronGroup(
        5,
        """dv/dt = (35*mS * m**3 * h * (55*mV - v) + 9*mS * n**4 * (-90*mV - v) + 0.1*mS * (-65*mV - v)
            + 0.1*mS * s * (-75*mV - v) + 2*uA) / uF : volt
        m = alpha / (alpha + 4 * exp(-(v + 60*mV) / (18*mV)) / ms) : 1
        alpha = 1 / exprel(-(v + 35*mV) / (10*mV)) / ms : Hz
        dh/dt = 5 * (0.07 * exp(-(v + 58*mV) / (20*mV)) * (1 - h) - h / (exp(-(v + 28*mV) / (10*mV)) + 1)) / ms : 1
        dn/dt = 5 * (0.1 / exprel(-(v + 34*mV) / (10*mV)) * (1 - n) - 0.125 * exp(-(v + 44*mV) / (80*mV)) * n) / ms : 1
        ds/dt = -s / (10*ms) : 1""".replace("mS", "msiemens"),
        threshold="v > -20*mV",
        refractory="v > -20*mV",
        method="exponential_euler",
    )
    cells.v, cells.h = np.linspace(-70, -60, 5) * mV, 1
    inhibition = b2.Synapses(cells, cells, on_pre="s += 0.1", delay=0.5 * ms)
    inhibition.connect("i != j")
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "v", record=[0, 4])
    b2.run(60 * ms)
    yield [spikes, course]


@example
def izhikevich_2003() -> Iterator[Recorded]:
    """frompapers/Izhikevich_2003: a simple model with a recovery variable, and thalamic noise (Izhikevich 2003)."""
    r = uniform(100, 0, 1)
    cells = b2.NeuronGroup(
        100,
        """dv/dt = (0.04 * v**2 + 5 * v + 140 - u + current + noise) / ms : 1
        du/dt = a * (b * v - u) / ms : 1
        current : 1
        noise : 1
        a : 1
        b : 1
        c : 1
        d : 1""",
        threshold="v >= 30",
        reset="v = c\nu += d",
        method="euler",
        dt=0.5 * ms,
    )
    exciting, inhibiting = cells[:80], cells[80:]
    exciting.a, exciting.b, exciting.c, exciting.d = 0.02, 0.2, -65 + 15 * r[:80] ** 2, 8 - 6 * r[:80] ** 2
    inhibiting.a, inhibiting.b, inhibiting.c, inhibiting.d = 0.02 + 0.08 * r[80:], 0.25 - 0.05 * r[80:], -65, 2
    cells.v, cells.u = -65, "b * v"
    exciting.run_regularly("noise = 7 * randn()", dt=1 * ms)
    inhibiting.run_regularly("noise = 3 * randn()", dt=1 * ms)
    cells.run_regularly("current = 0", dt=1 * ms, when="after_thresholds")
    lines = b2.Synapses(cells, cells, "w : 1", on_pre="current += w")
    lines.connect()
    lines.w = np.outer(np.where(np.arange(100) < 80, 2.0, -4.0), np.ones(100)).ravel() * uniform(10000, 0, 1)
    spikes = b2.SpikeMonitor(cells)
    b2.seed(36)
    b2.run(150 * ms)
    yield [spikes, (cells, "u")]


@example
def izhikevich_2007() -> Iterator[Recorded]:
    """frompapers/Izhikevich_2007: dopamine turns traces of STDP into weights, from the second run on (2007)."""
    inputs = b2.SpikeGeneratorGroup(2, [0, 1, 0, 1, 0, 1, 0, 1], [10, 15, 40, 41, 110, 115, 140, 141] * ms)
    cells = b2.NeuronGroup(
        2,
        """dv/dt = (-ge * v - 74*mV - v) / (10*ms) : volt
        dge/dt = -ge / (5*ms) : 1""",
        threshold="v > -54*mV",
        reset="v = -60*mV",
        method="euler",
    )
    cells.v = -60 * mV
    drive = b2.Synapses(inputs, cells, on_pre="v += 100*mV")
    drive.connect(j="i")
    plastic = b2.Synapses(
        cells,
        cells,
        """mode : 1
        dc/dt = -c / (100*ms) : 1 (clock-driven)
        dd/dt = -d / (20*ms) : 1 (clock-driven)
        ds/dt = mode * c * d / (1*ms) : 1 (clock-driven)
        dbefore/dt = -before / (20*ms) : 1 (event-driven)
        dafter/dt = -after / (20*ms) : 1 (event-driven)""",
        on_pre="""ge += s
        before += 0.0001
        c = clip(c + mode * after, -0.01, 0.01)
        s = clip(s + (1 - mode) * after, -0.01, 0.01)""",
        on_post="""after -= 0.000105
        c = clip(c + mode * before, -0.01, 0.01)
        s = clip(s + (1 - mode) * before, -0.01, 0.01)""",
        method="euler",
    )
    plastic.connect(i=0, j=1)
    plastic.s = 1e-10
    dopamine = b2.SpikeGeneratorGroup(1, [0, 0], [120, 145] * ms)
    reward = b2.Synapses(dopamine, plastic, on_pre="d_post += 0.5")
    reward.connect()
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(plastic, ["s", "c", "d"], record=[0])
    b2.run(100 * ms)
    plastic.mode = 1
    b2.run(100 * ms)
    yield [spikes, course]


@example
def tsodyks_1998() -> Iterator[Recorded]:
    """frompapers/Tsodyks_Pawelzik_Markram_1998: synapses that tire and recover (Tsodyks et al. 1998)."""
    stimulus = b2.SpikeGeneratorGroup(1, np.zeros(8, int), np.arange(10, 170, 20) * ms)
    cell = b2.NeuronGroup(1, "dv/dt = (100*Mohm * current - v) / (40*ms) : volt\ncurrent : amp", method="exact")
    synapse = b2.Synapses(
        stimulus,
        cell,
        """dx/dt = (1 - x - y) / (800*ms) : 1 (clock-driven)
        dy/dt = -y / (3*ms) : 1 (clock-driven)
        du/dt = -u / (530*ms) : 1 (clock-driven)
        current_post = 250*pA * y : amp (summed)""",
        on_pre="u += 0.3 * (1 - u)\ny += u * x\nx -= u * x",
        method="exponential_euler",
    )
    synapse.connect()
    synapse.x = 1
    course, inside = b2.StateMonitor(cell, "v", record=0), b2.StateMonitor(synapse, ["x", "y", "u"], record=[0])
    b2.run(200 * ms)
    yield [course, inside]


@example
def tsodyks_2000() -> Iterator[Recorded]:
    """frompapers/Tsodyks_Uziel_Markram_2000: synchrony of a network whose synapses tire (Tsodyks et al. 2000)."""
    cells = b2.NeuronGroup(
        50,
        """dv/dt = (from_exciting + from_inhibiting + level - v) / (30*ms) : volt (unless refractory)
        from_exciting : volt
        from_inhibiting : volt
        level : volt
        pause : second""",
        threshold="v > 15*mV",
        reset="v = 13.5*mV",
        refractory="pause",
        method="exact",
    )
    cells.v, cells.level = uniform(50, 0, 15) * mV, uniform(50, 14.5, 15.5) * mV
    cells.pause = "(2 + int(i < 40)) * ms"
    lines = []
    for name, source, strength in (("exciting", cells[:40], 10 * mV), ("inhibiting", cells[40:], -20 * mV)):
        synapses = b2.Synapses(
            source,
            cells,
            f"""A : volt (constant)
            dx/dt = (1 - x - y) / (800*ms) : 1 (clock-driven)
            dy/dt = -y / (3*ms) : 1 (clock-driven)
            from_{name}_post = A * y : volt (summed)""",
            on_pre="y += 0.5 * x\nx -= 0.5 * x",
            method="exact",
        )
        synapses.connect(**drawn(len(source), 50, 0.2))
        synapses.x, synapses.A = 1, strength
        lines.append(synapses)
    spikes = b2.SpikeMonitor(cells)
    network = b2.Network(cells, lines, spikes)
    network.run(100 * ms)
    network.run(50 * ms)
    yield [spikes, (lines[0], "x")]


@example
def platkiewicz_brette_2011() -> Iterator[Recorded]:
    """frompapers/Platkiewicz_Brette_2011: a threshold that follows the voltage, with noise (2011)."""
    cells = b2.NeuronGroup(
        20,
        """dv/dt = (-55*mV - v + 8.5*mV * noise) / (5*ms) : volt
        dbound/dt = (-55*mV + 5/6 * clip(v + 63*mV, 0*mV, inf*mV) - bound) / (5*ms) : volt
        dnoise/dt = -noise / (5*ms) + (2 / (5*ms))**0.5 * xi : 1""",
        threshold="v > bound",
        reset="v = -70*mV",
        refractory=5 * ms,
        method="euler",
    )
    cells.v, cells.bound = -70 * mV, -55 * mV
    spikes, course = b2.SpikeMonitor(cells, ["bound"]), b2.StateMonitor(cells, "v", record=[0])
    b2.seed(37)
    b2.run(100 * ms)
    yield [spikes, course]


@example
def graupner_brunel_2012() -> Iterator[Recorded]:
    """frompapers/Graupner_Brunel_2012: plasticity by calcium, with noise in each synapse (2012)."""
    first = b2.NeuronGroup(1, "", threshold="t > 20*ms", refractory=1 * second)
    then = b2.NeuronGroup(20, "at : second", threshold="t > at", refractory=1 * second)
    then.at = np.linspace(0, 40, 20) * ms
    synapses = b2.Synapses(
        first,
        then,
        """drho/dt = (-rho * (1 - rho) * (0.5 - rho) + 321.808 * (1 - rho) * int(c > 1.3) - 200 * rho * int(c > 1)
            + 2.8284 * sqrt(tau) * sqrt(int(c > 1) + int(c > 1.3)) * xi) / tau : 1 (clock-driven)
        dc/dt = -c / (20*ms) : 1 (clock-driven)
        tau : second (constant, shared)""",
        on_pre="c += 1",
        on_post="c += 2",
        delay=13.7 * ms,
        method="heun",
    )
    synapses.connect()
    synapses.tau, synapses.rho = 1 * second, np.arange(20) % 2
    spikes, course = b2.SpikeMonitor(then), b2.StateMonitor(synapses, ["rho", "c"], record=np.arange(20), dt=1 * ms)
    b2.seed(38)
    b2.run(80 * ms)
    yield [spikes, course]


@example
def jansen_rit_1995() -> Iterator[Recorded]:
    """frompapers/Jansen_Rit_1995_single_column: a cortical column as three populations (Jansen and Rit 1995)."""

    def rate(x: str) -> str:
        return f"5*Hz / (1 + exp(0.56 * (6 - {x})))"

    column = b2.NeuronGroup(
        6,
        f"""dy0/dt = y3 : 1
        dy3/dt = 325*Hz * {rate("(y1 - y2)")} - 200*Hz * y3 - (100*Hz)**2 * y0 : Hz
        dy1/dt = y4 : 1
        dy4/dt = 325*Hz * (120*Hz + 0.8 * C * {rate("C * y0")}) - 200*Hz * y4 - (100*Hz)**2 * y1 : Hz
        dy2/dt = y5 : 1
        dy5/dt = 1100*Hz * 0.25 * C * {rate("0.25 * C * y0")} - 100*Hz * y5 - (50*Hz)**2 * y2 : Hz
        C : 1""",
        method="euler",
    )
    column.C = [68, 128, 135, 270, 675, 1350]
    course = b2.StateMonitor(column, ["y1", "y2"], record=True)
    b2.run(200 * ms)
    yield [course]


@example
def diehl_cook_2015() -> Iterator[Recorded]:
    """frompapers/Diehl_Cook_2015: thresholds that adapt, triplets, and weights normalised in runs (2015)."""
    inputs = b2.PoissonGroup(30, 60 * Hz)
    cells = b2.NeuronGroup(
        6,
        """dv/dt = (-65*mV - v - ge * v / nS - gi * (100*mV + v) / nS) / (100*ms) : volt (unless refractory)
        dge/dt = -ge / (1*ms) : siemens
        dgi/dt = -gi / (2*ms) : siemens
        theta : volt""",
        threshold="v > theta - 72*mV",
        reset="v = -65*mV\ntheta += 0.5*mV",
        refractory=5 * ms,
        method="euler",
    )
    cells.v, cells.theta = -65 * mV, 20 * mV
    plastic = b2.Synapses(
        inputs,
        cells,
        """w : 1
        dpre/dt = -pre / (20*ms) : 1 (event-driven)
        dpost1/dt = -post1 / (20*ms) : 1 (event-driven)
        dpost2/dt = -post2 / (40*ms) : 1 (event-driven)""",
        on_pre="ge += 8 * w * nS\npre = 1\nw = clip(w - 0.01 * post1, 0, 1)",
        on_post="w = clip(w + 0.1 * pre * post2, 0, 1)\npost1 = 1\npost2 = 1",
    )
    plastic.connect()
    plastic.w = uniform(180, 0.1, 0.9)
    lateral = b2.Synapses(cells, cells, on_pre="gi += 10*nS", delay=0.3 * ms)
    lateral.connect("i != j")
    spikes = b2.SpikeMonitor(cells)
    b2.seed(39)
    for rate in (60, 100, 30) * Hz:
        inputs.rates = rate
        b2.run(60 * ms)
        plastic.w = "w * 0.9"
    yield [spikes, (plastic, "w"), (cells, "theta")]


@example
def wang_2002() -> Iterator[Recorded]:
    """frompapers/Wang_2002: two populations compete for a decision (Wang 2002)."""
    course = b2.TimedArray(np.repeat([[20.0, 10.0], [60.0, 40.0], [30.0, 70.0]], 10, axis=1) * Hz, dt=50 * ms)
    stimulus = b2.PoissonGroup(20, "course(t, i)")
    cells = b2.NeuronGroup(
        30,
        """dv/dt = (25*nS * (-70*mV - v) - (fast + 5*nS * slow / (1 + exp(-62 * v / volt) / 3.57)) * v
            - inhibition * (v + 70*mV)) / (0.5*nF) : volt (unless refractory)
        dfast/dt = -fast / (2*ms) : siemens
        dinhibition/dt = -inhibition / (5*ms) : siemens
        slow : 1
        dgate/dt = -gate / (100*ms) + 0.5 / ms * x * (1 - gate) : 1
        dx/dt = -x / (2*ms) : 1""",
        threshold="v > -50*mV",
        reset="v = -55*mV\nx += 1",
        refractory=2 * ms,
        method="euler",
    )
    cells.v = -55 * mV
    forward = b2.Synapses(stimulus, cells, on_pre="fast += 40*nS")
    forward.connect(j="i")
    pools = b2.Synapses(
        cells[:20], cells[:20], "slow_post = 0.1 * gate_pre * (1 + int(i // 10 == j // 10)) : 1 (summed)"
    )
    pools.connect()
    both = b2.Synapses(cells, cells, on_pre="fast += 1*nS * int(i < 20)\ninhibition += 10*nS * int(i >= 20)")
    both.connect("i != j")
    both.delay = 0.5 * ms
    noise = b2.PoissonInput(cells, "fast", N=100, rate=20 * Hz, weight=6 * nS)
    spikes, rate = b2.SpikeMonitor(cells), b2.PopulationRateMonitor(cells[:10])
    b2.seed(41)
    b2.run(150 * ms)
    yield [spikes, rate, (cells, "gate")]


@example
def tetzlaff_2015() -> Iterator[Recorded]:
    """frompapers/Tetzlaff_2015: rates, gates by time, and weights that grow and shrink (Tetzlaff et al. 2015)."""
    b2.defaultclock.dt = 0.5 * ms
    learning = b2.TimedArray([False, True, True, False], dt=25 * ms)
    wave = b2.TimedArray(100 * (np.sin(0.1 * np.arange(200)) + 1), dt=0.5 * ms)
    units = b2.NeuronGroup(
        20,
        """F = 100 / (1 + exp(0.03 * (120 - u))) : 1
        du/dt = (0.01 * excitation - 0.01 * inhibition + 6 * learning(t) * int(chosen) * wave(t) / 10 - u) / (1*ms)
            + 5 * xi / ms**0.5 : 1
        chosen = i < 6 : boolean
        excitation : 1
        inhibition : 1""",
        method="euler",
    )
    plastic = b2.Synapses(
        units,
        units,
        """dw/dt = (F_pre * F_post + (1 - F_post) * w**2 / 60) / second : 1 (clock-driven)
        excitation_post = w * F_pre : 1 (summed)""",
        method="euler",
    )
    plastic.connect(**drawn(20, 20, 0.3))
    fixed = b2.Synapses(units, units, "inhibition_post = 20 * F_pre : 1 (summed)")
    fixed.connect(**drawn(20, 20, 0.2, seed=3))
    courses = b2.StateMonitor(units, ["F", "chosen"], record=True, dt=5 * ms)
    weights = b2.StateMonitor(plastic, "w", record=np.arange(10), dt=10 * ms)
    b2.seed(42)
    b2.run(100 * ms)
    yield [courses, weights, (plastic, "w")]


@example
def stimberg_2018() -> Iterator[Recorded]:
    """frompapers/Stimberg_et_al_2018/example_3: transmitter of astrocytes at three like synapses (2018)."""
    source = b2.SpikeGeneratorGroup(1, [0, 0, 0, 0], [5, 15, 50, 80] * ms, period=100 * ms)
    astrocytes = b2.NeuronGroup(
        2,
        """dC/dt = (level - C) / (30*ms) : 1
        level : 1
        dx/dt = (1 - x) / (100*ms) : 1
        dG/dt = -G / (10*ms) : 1""",
        threshold="C > 0.5",
        refractory="C > 0.5",
        reset="G += 0.6 * x\nx -= 0.6 * x",
        method="rk4",
    )
    astrocytes.x, astrocytes.level = 1, [0.6, 0.9]
    target = b2.NeuronGroup(1, "")
    lines = b2.Synapses(
        source,
        target,
        """dY/dt = -Y / (25*ms) : 1 (clock-driven)
        dmode/dt = 0.2/ms * G * (1 - mode) - mode / (50*ms) : 1 (clock-driven)
        du/dt = -u / (300*ms) : 1 (clock-driven)
        dx/dt = (1 - x) / (500*ms) : 1 (clock-driven)
        G : 1
        released : 1""",
        on_pre="u += 0.6 * (1 - mode) * (1 - u)\nreleased = u * x\nx -= released\nY += released",
        method="exponential_euler",
        multisynaptic_index="k",
    )
    lines.connect(True, n=3)
    lines.x = 1
    to_lines = b2.Synapses(astrocytes, lines, "G_post = G_pre : 1 (summed)")
    to_lines.connect(j="i + 1")
    spikes, course = b2.SpikeMonitor(astrocytes), b2.StateMonitor(lines, ["Y", "mode", "released"], record=[0, 1, 2])
    b2.run(120 * ms)
    astrocytes.level = 0
    b2.run(60 * ms)
    yield [spikes, course, (lines, "k")]


@example
def spreizer_2019() -> Iterator[Recorded]:
    """frompapers/Spreizer_et_al_2019: shared drive that changes between runs, and connections on a ring (2019)."""
    cells = b2.NeuronGroup(
        60,
        """dv/dt = (-70*mV - v) / (10*ms) + (mu + sigma * sqrt(1*ms) * xi_each + current) / (250*pF) : volt
            (unless refractory)
        current : amp
        mu : amp (shared)
        sigma : amp (shared)""",
        threshold="v > -55*mV",
        reset="v = -70*mV",
        refractory=2 * ms,
        method="euler",
    )
    cells.v = uniform(60, -70, -55) * mV
    lines = b2.Synapses(
        cells,
        cells,
        """dg/dt = (h - g) / (5*ms) : 1 (clock-driven)
        dh/dt = -h / (5*ms) : 1 (clock-driven)
        current_post = -50*pA * g : amp (summed)""",
        on_pre="h += exp(1)",
        method="exact",
        delay=1 * ms,
    )
    lines.connect(j="(i + 3 + k * k) % N_post for k in range(5)")
    spikes = b2.SpikeMonitor(cells)
    b2.seed(43)
    for mu, sigma in ((500, 500), (700, 100)):
        cells.mu, cells.sigma = mu * pA, sigma * pA
        b2.run(60 * ms)
    yield [spikes, (cells, "v")]


@example
def naud_2008() -> Iterator[Recorded]:
    """frompapers/Naud_et_al_2008_adex_firing_patterns: firing patterns, with smaller steps later on (2008)."""
    cells = b2.NeuronGroup(
        4,
        """dv/dt = (10*nS * (-65*mV - v) + 20*pA * exp((v + 50*mV) / (2*mV)) + drive - w) / (150*pF) : volt
        dw/dt = (a * (v + 65*mV) - w) / tau : amp
        a : siemens
        b : amp
        tau : second
        back : volt
        drive : amp""",
        threshold="v > -30*mV",
        reset="v = back\nw += b",
        method="euler",
    )
    cells.v, cells.drive = -65 * mV, [500, 400, 300, 450] * pA
    cells.a, cells.b = [2, 2, 4, -1] * nS, [0, 60, 5, 30] * pA
    cells.tau, cells.back = [30, 100, 150, 120] * ms, [-58, -58, -50, -46] * mV
    spikes, course = b2.SpikeMonitor(cells), b2.StateMonitor(cells, "w", record=True)
    b2.run(50 * ms)
    b2.defaultclock.dt = 0.05 * ms
    course.active = False
    b2.run(50 * ms)
    yield [(spikes, "i"), (spikes, "t"), course]


# Compartments


def ball(branches: dict[str, int], current: str = "", **more: Any) -> Any:
    """Return a soma with dendrites of one micrometre, which leaks; the current may have more parts."""
    shape = b2.Soma(30 * um)
    for name, n in branches.items():
        setattr(shape, name, b2.Cylinder(diameter=1 * um, length=100 * um, n=n))
    cell = b2.SpatialNeuron(
        shape,
        f"Im = 1e-4*siemens/cm**2 * (-70*mV - v) {current} : amp/meter**2\n"
        + more.pop("model", "I : amp (point current)"),
        Cm=1 * uF / cm**2,
        Ri=100 * ohm * cm,
        method="exponential_euler",
        **more,
    )
    cell.v = -70 * mV
    return cell


@example
def bipolar_cell() -> Iterator[Recorded]:
    """compartmental/bipolar_cell: two dendrites, one of which gets a current for some time."""
    cell = ball({"L": 10, "R": 10})
    courses = [b2.StateMonitor(part, "v", record=True) for part in (cell.L, cell.R)]
    network = b2.Network(cell, courses)
    network.run(1 * ms)
    cell.I[cell.morphology.L[50 * um]] = 0.2 * nA
    network.run(5 * ms)
    cell.I = 0 * nA
    network.run(10 * ms)
    yield [*courses, (cell, "v")]


@example
def morphotest() -> Iterator[Recorded]:
    """compartmental/morphotest: parts of a tree have other voltages to begin with."""
    cell = ball({"L": 5, "LL": 2, "R": 5})
    cell.v = np.arange(-80, -67) * mV
    cell.LL.v = -60 * mV
    course = b2.StateMonitor(cell, "v", record=True)
    b2.run(5 * ms)
    cell.R.v = -50 * mV
    b2.run(5 * ms)
    yield [course]


@example
def cylinder() -> Iterator[Recorded]:
    """compartmental/cylinder: a constant current at one end of a short cable, and its space constant."""
    b2.defaultclock.dt = 0.05 * ms
    cell = b2.SpatialNeuron(
        b2.Cylinder(diameter=1 * um, length=300 * um, n=50),
        "Im = 1e-4*siemens/cm**2 * (-70*mV - v) : amp/meter**2\nI : amp (point current)",
        Cm=1 * uF / cm**2,
        Ri=150 * ohm * cm,
        method="exponential_euler",
    )
    cell.v = -70 * mV
    cell.I[0] = 0.02 * nA
    b2.run(40 * ms)
    yield [(cell, "v"), (cell, "distance"), (cell, "space_constant")]


@example
def infinite_cable() -> Iterator[Recorded]:
    """compartmental/infinite_cable: a short pulse in the middle of a long cable."""
    b2.defaultclock.dt = 0.002 * ms
    cell = b2.SpatialNeuron(
        b2.Cylinder(diameter=1 * um, length=3 * b2.mm, n=100),
        "Im = 1e-4*siemens/cm**2 * (-70*mV - v) : amp/meter**2\nI : amp (point current)",
        Cm=1 * uF / cm**2,
        Ri=100 * ohm * cm,
        method="exponential_euler",
    )
    cell.v = -70 * mV
    course = b2.StateMonitor(cell, "v", record=range(0, 50, 7))
    cell.I[50] = 1 * nA
    b2.run(0.02 * ms)
    cell.I = 0 * nA
    b2.run(3 * ms)
    yield [course]


@example
def rall() -> Iterator[Recorded]:
    """compartmental/rall: a cylinder with two branches that together are like its prolongation (Rall 1959)."""
    shape = b2.Cylinder(diameter=1 * um, length=300 * um, n=20)
    shape.L = b2.Cylinder(diameter=0.5 * um, length=200 * um, n=15)
    shape.R = b2.Cylinder(diameter=(1 - 0.5**1.5) ** (1 / 1.5) * um, length=230 * um, n=15)
    cell = b2.SpatialNeuron(
        shape,
        "Im = 1e-4*siemens/cm**2 * (-70*mV - v) : amp/meter**2\nI : amp (point current)",
        Cm=1 * uF / cm**2,
        Ri=150 * ohm * cm,
        method="exponential_euler",
    )
    cell.v = -70 * mV
    cell.I[0] = 0.02 * nA
    course = b2.StateMonitor(cell.R, "v", record=[0, 14], dt=1 * ms)
    b2.run(50 * ms)
    yield [course, (cell.main, "v"), (cell.L, "v")]


@example
def spike_initiation() -> Iterator[Recorded]:
    """compartmental/spike_initiation: sodium and potassium channels in a part of a stick behind a ball."""
    b2.defaultclock.dt = 0.025 * ms
    cell = ball(
        {"axon": 30},
        "+ gNa * m * h * (50*mV - v) + gK * n * (-90*mV - v)",
        model="""dm/dt = (1 / (1 + exp((-30*mV - v) / (6*mV))) - m) / (0.3*ms) : 1
        dh/dt = (1 / (1 + exp((v + 50*mV) / (6*mV))) - h) / (3*ms) : 1
        dn/dt = (1 / (1 + exp((-20*mV - v) / (8*mV))) - n) / (5*ms) : 1
        I : amp (point current)
        gNa : siemens/meter**2
        gK : siemens/meter**2""",
    )
    cell.v, cell.h = -65 * mV, 0.9
    for name in ("gNa", "gK"):
        setattr(cell.axon[30 * um : 60 * um], name, 0.07 * siemens / cm**2)
    course = b2.StateMonitor(cell, "v", record=[0, 10, 20, 30])
    b2.run(1 * ms)
    cell.main.I = 0.15 * nA
    b2.run(30 * ms)
    cell.I = 0 * nA
    b2.run(10 * ms)
    yield [course]


@example
def hodgkin_huxley_1952() -> Iterator[Recorded]:
    """compartmental/hodgkin_huxley_1952: a spike runs along an axon and stops half way (Hodgkin and Huxley 1952)."""
    cell = axon()
    cell[3 * cm : 5 * cm].gNa = 0 * siemens / cm**2
    course = b2.StateMonitor(cell, ["v", "m"], record=np.arange(0, 60, 10))
    cell.I[0] = 1 * uA
    b2.run(2 * ms)
    cell.I = 0 * uA
    b2.run(6 * ms)
    yield [course]


# The program


def recorded(parts: Recorded) -> Arrays:
    """Return what monitors recorded, and variables of other objects."""
    arrays: Arrays = {}
    for number, part in enumerate(parts):
        if isinstance(part, tuple):
            owner, name = part
            arrays[f"{number} {name}"] = np.array(getattr(owner, f"{name}_")[:])
            continue
        names = ["rate"] if isinstance(part, b2.PopulationRateMonitor) else list(part.record_variables)
        if isinstance(part, b2.EventMonitor):
            arrays[f"{number} i"] = np.array(part.i[:])
            arrays[f"{number} steps"] = np.rint(np.array(part.t_[:]) / part.source.clock.dt_).astype(np.int64)
        else:
            arrays[f"{number} t"] = np.array(part.t_[:])
        for name in names:
            arrays[f"{number} {name}"] = np.array(getattr(part, f"{name}_")[:])
    return arrays


def run(name: str, device: str) -> Arrays:
    """Return what an example records on a device."""
    b2.prefs.codegen.target = "numpy"
    b2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
    if device == "resident":
        importlib.import_module("stdpbench.resident")
    running = EXAMPLES[name]()
    if device != "cpp_standalone":
        b2.set_device(device)
        return recorded(next(running))
    with tempfile.TemporaryDirectory() as folder:
        b2.set_device(device, build_on_run=False, directory=folder)
        parts = next(running)
        b2.device.build(directory=folder, compile=True, run=True, with_output=False)
        return recorded(parts)


if __name__ == "__main__":
    np.savez(sys.argv[3], **run(*sys.argv[1:3]))
