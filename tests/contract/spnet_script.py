"""The network of Izhikevich (2006) as a plain Brian2 script: reads a `Spnet` from stdin, prints spikes and weights.

Times of arrivals and of spikes are kept in place of traces.
"""

import pickle
import sys

import brian2 as b2
import numpy as np

NEURON = "v : 1\nu : 1\ninput : 1\na : 1 (constant)\nd : 1 (constant)\nlast : 1"
STEP = """
first = v + 0.5*((0.04*v + 5)*v + 140 - u + input)
v = first + 0.5*((0.04*first + 5)*first + 140 - u + input)
u = u + a*(0.2*v - u)
input = 0
"""
SYNAPSE = "s : 1\nsd : 1\narrival : 1\nbefore : 1"
ARRIVES = """
input_post += s
sd -= a_minus*exp((last_post - t/ms)/tau)
before = arrival
arrival = t/ms
"""
# an arrival in the step of a spike is after it
FIRES = """
together = int(arrival > t/ms - 0.5)
counted = together*before + (1 - together)*arrival
sd += a_plus*exp((counted - t/ms + 1)/tau) - together*a_minus*(1 - exp((last_post - t/ms)/tau))
"""


def run(net, thalamic, period):
    """Spikes as (ms, neuron), and the weights that learn."""
    b2.prefs.codegen.target = "numpy"
    b2.defaultclock.dt = 1 * b2.ms
    n, learns = len(net.a), net.s >= 0
    cells = b2.NeuronGroup(n, NEURON, threshold="v >= 30", reset="v = -65\nu += d\nlast = t/ms")
    cells.run_regularly(STEP, when="groups")
    cells.v, cells.a, cells.d, cells.last = -65, net.a, net.d, -1e9
    cells.u = "0.2*v"
    constants = {"a_plus": net.a_plus, "a_minus": net.a_minus, "tau": net.tau}
    excitation = b2.Synapses(cells, cells, SYNAPSE, on_pre=ARRIVES, on_post=FIRES, namespace=constants)
    inhibition = b2.Synapses(cells, cells, "s : 1", on_pre="input_post += s")
    for synapses, these in ((excitation, learns), (inhibition, ~learns)):
        synapses.connect(i=net.source[these], j=net.target[these])
        synapses.s = net.s[these]
        synapses.pre.delay = (net.delay[these] - 1) * b2.ms
    excitation.pre.order, inhibition.pre.order, excitation.post.order = -2, -1, 1
    excitation.arrival, excitation.before = -1e9, -1e9
    given = b2.TimedArray(20.0 * thalamic, dt=1 * b2.ms)
    cells.run_regularly("input += given(t, i)", when="before_synapses")
    monitor = b2.SpikeMonitor(cells)
    network = b2.Network(cells, excitation, inhibition, monitor)
    for _ in range(len(thalamic) // period):
        network.run(period * b2.ms, namespace={"given": given})
        excitation.s = np.clip(excitation.s[:] + net.drift + excitation.sd[:], 0, net.largest)
        excitation.sd = net.keep * excitation.sd[:]
    times = np.rint(monitor.t / b2.ms).astype(int)
    return sorted(zip(times.tolist(), np.asarray(monitor.i).tolist(), strict=True)), np.array(excitation.s[:])


if __name__ == "__main__":
    sys.stdout.buffer.write(b"outcome:" + pickle.dumps(run(*pickle.load(sys.stdin.buffer))))
