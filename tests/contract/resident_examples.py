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
    ohm,
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


# Compartments


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
