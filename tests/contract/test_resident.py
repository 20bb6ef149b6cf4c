"""The device ``resident``: scripts have the same results as in runtime mode, from one library per network."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2.devices.device import reset_device
from brian2.units import Hz, ms

import stdpbench.resident
from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling.toolchain import find_compiler

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

Results = dict[str, Any]
MODEL = "dv/dt = (-v + drive) / tau : 1\ndrive : 1"
STDP = """w : 1
dx/dt = -x / (20*ms) : 1 (event-driven)
dy/dt = -y / (20*ms) : 1 (event-driven)"""


@pytest.fixture(autouse=True)
def device() -> Iterator[None]:
    before = dict(b2.prefs)
    b2.prefs.codegen.target = "numpy"
    yield
    b2.prefs.update(before)
    reset_device()
    b2.defaultclock.dt = 0.1 * ms


def resident() -> stdpbench.resident.ResidentDevice:
    return b2.get_device()


def on_both(script: Callable[[], Results]) -> tuple[Results, Results]:
    """Return what a script returns in runtime mode, and on the device."""
    results = []
    for name in ("runtime", "resident"):
        b2.set_device(name)
        if name == "resident":
            resident().compiled = 0
        b2.start_scope()
        b2.defaultclock.dt = 0.1 * ms
        results.append(script())
    return results[0], results[1]


def check(script: Callable[[], Results]) -> Results:
    """Check that a script has the same results on both; return them."""
    expected, found = on_both(script)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-12, err_msg=name)
    return found


def inputs(n: int = 30, spikes: int = 400, seed: int = 1) -> Any:
    random = np.random.default_rng(seed)
    times = np.unique(np.stack([random.integers(0, n, spikes), random.integers(0, 1000, spikes)]), axis=1)
    return b2.SpikeGeneratorGroup(n, times[0], (times[1] + 0.5) * 0.1 * ms)


def plastic(delay: Any = None) -> tuple[Any, ...]:
    source = inputs()
    group = b2.NeuronGroup(
        5, MODEL, threshold="v > 1", reset="v = 0", refractory=2 * ms, method="exact", namespace={"tau": 10 * ms}
    )
    synapses = b2.Synapses(
        source,
        group,
        STDP,
        on_pre="v_post += w\nx += 0.01\nw = clip(w - y, 0, 1)",
        on_post="y += 0.01\nw = clip(w + x, 0, 1)",
    )
    synapses.connect()
    synapses.w = np.linspace(0.1, 0.4, 150)
    if delay is not None:
        synapses.pre.delay = delay
    return source, group, synapses, b2.SpikeMonitor(group)


def test_plasticity_over_several_runs_with_changes_between() -> None:
    def script() -> Results:
        source, group, synapses, monitor = plastic(np.linspace(0, 5, 150) * ms)
        rate, course = b2.PopulationRateMonitor(group), b2.StateMonitor(group, ["v", "drive"], record=[0, 3])
        net = b2.Network(source, group, synapses, monitor, rate, course)
        for run in range(4):
            net.run(40 * ms)
            group.drive = 0.3 * run
            synapses.w["i < 3"] = "w * 0.9"
            synapses.pre.delay = (np.linspace(0, 5, 150) + run) * ms
        return {
            "i": monitor.i[:],
            "t": monitor.t_[:],
            "w": synapses.w[:],
            "rate": rate.rate_[:],
            "v": course.v[:],
            "drive": course.drive[:],
            "counts": monitor.count[:],
        }

    found = check(script)
    assert len(found["i"]) > 20
    assert resident().compiled == 1


def test_a_number_from_outside_may_change_between_runs() -> None:
    def script() -> Results:
        group = b2.NeuronGroup(3, "dv/dt = (level - v) / (10*ms) : 1", method="exact")
        net, values = b2.Network(group), []
        for level in (0.5, 2.0, -1.0):
            net.run(5 * ms, namespace={"level": level})
            values.append(group.v[:][0])
        return {"v": values}

    check(script)
    assert resident().compiled == 1


def test_an_integer_from_outside_may_become_a_fraction_or_large() -> None:
    def script() -> Results:
        group = b2.NeuronGroup(1, "v : 1\nx : 1")
        group.run_regularly("v += step\nx = big % 7", dt=1 * ms)
        net, values = b2.Network(group), []
        for step, big in ((0, 3), (0.5, 3), (1, 2**55 + 1), (1, 2**55 + 2)):
            net.run(2 * ms, namespace={"step": step, "big": big})
            values += [group.v[:][0], group.x[:][0]]
        return {"values": values}

    check(script)


def test_other_events_and_methods_are_compiled_again() -> None:
    def script() -> Results:
        group = b2.NeuronGroup(1, "v : 1", threshold="v > 1", reset="v = 0")
        decays = b2.NeuronGroup(1, "dv/dt = -v/ms : 1", method="exact")
        net, values = b2.Network(group, decays), []
        for change in (lambda: None, lambda: group.event_codes.update(spike="v = 0.5"), change_method(decays)):
            change()
            group.v, decays.v = 2, 1
            net.run(0.2 * ms)
            values += [group.v[:][0], decays.v[:][0]]
        return {"values": values}

    check(script)


def change_method(group: Any) -> Callable[[], None]:
    return lambda: setattr(group.state_updater, "method_choice", "euler")


def test_threads_of_standalone_mode_have_no_effect() -> None:
    b2.set_device("resident")
    b2.prefs.devices.cpp_standalone.openmp_threads = 2
    group = b2.NeuronGroup(3, "dv/dt = -v/ms + xi/ms**0.5 : 1", method="euler")
    b2.Network(group).run(1 * ms)
    assert np.ptp(group.v[:]) > 0
    assert b2.prefs.devices.cpp_standalone.openmp_threads == 2


def test_a_name_that_is_gone_or_has_another_unit_is_refused_as_by_brian2() -> None:
    b2.set_device("resident")
    group = b2.NeuronGroup(3, "dv/dt = (level - v) / (10*ms) : 1", method="exact")
    net = b2.Network(group)
    net.run(1 * ms, namespace={"level": 0.5})
    for namespace in ({}, {"level": 1 * ms}):
        with pytest.raises(b2.BrianObjectException):
            net.run(1 * ms, namespace=namespace)
    net.run(1 * ms, namespace={"level": 0.5})
    assert group.v[:][0] > 0.05


def test_new_spikes_store_and_restore_with_spikes_in_flight() -> None:
    def script() -> Results:
        source, group, synapses, monitor = plastic(np.linspace(0, 8, 150) * ms)
        net = b2.Network(source, group, synapses, monitor)
        net.run(20 * ms)
        net.store()
        net.run(30 * ms)
        first = monitor.t_[:].copy()
        net.restore()
        net.run(30 * ms)
        again = monitor.t_[:].copy()
        source.set_spikes([0, 1, 2, 1], [51, 52, 53, 54] * ms)
        net.run(30 * ms)
        assert first.tolist() == again.tolist()
        return {"first": first, "t": monitor.t_[:], "w": synapses.w[:]}

    check(script)


def test_objects_that_come_later_take_over_everything() -> None:
    def script() -> Results:
        source, group, synapses, monitor = plastic(np.linspace(0, 8, 150) * ms)
        net = b2.Network(source, group, synapses, monitor)
        net.run(20 * ms)
        later = b2.SpikeMonitor(source)
        net.add(later)
        net.run(20 * ms)
        synapses.active = False
        net.run(20 * ms)
        return {"t": monitor.t_[:], "source": later.t_[:], "w": synapses.w[:]}

    check(script)
    assert resident().compiled == 3


def test_subgroups_linked_summed_timed_regular_and_several_clocks() -> None:
    def script() -> Results:
        rates = b2.TimedArray(np.array([0.0, 40.0, 120.0]), dt=10 * ms)
        slow = b2.NeuronGroup(
            2, "dx/dt = rates(t) * Hz : 1", dt=0.5 * ms, method="euler", name="a*", namespace={"rates": rates}
        )
        group = b2.NeuronGroup(
            6,
            "dv/dt = (total + 1 - v) / (10*ms) : 1\ntotal : 1",
            threshold="v > 0.2",
            reset="v = 0",
            method="euler",
        )
        linked = b2.NeuronGroup(6, "dz/dt = (x - z) / (5*ms) : 1\nx : 1 (linked)", method="euler", name="b*")
        linked.x = b2.linked_var(slow, "x", index=np.array([0, 1, 0, 1, 0, 1]))
        summed = b2.Synapses(slow, group, "w : 1\ntotal_post = w * x_pre : 1 (summed)")
        summed.connect(j="i")
        summed.w = 0.5
        group.run_regularly("v += 0.01", dt=1 * ms)
        others = b2.NeuronGroup(6, "v : 1", threshold="v > 2", reset="v = 0")
        forward = b2.Synapses(group[1:4], others[2:], on_pre="v_post += 0.7", delay=0.3 * ms)
        forward.connect()
        spikes, part = b2.SpikeMonitor(group), b2.SpikeMonitor(others[3:])
        net = b2.Network(slow, linked, group, others, summed, forward, spikes, part)
        net.run(15 * ms)
        net.run(25 * ms)
        return {
            "t": spikes.t_[:],
            "i": spikes.i[:],
            "part": part.i[:],
            "v": group.v[:],
            "z": linked.z[:],
            "time": [net.t_],
        }

    assert len(check(script)["t"]) > 5


def test_python_runs_at_its_steps_and_may_stop_the_run() -> None:
    def script() -> Results:
        source, group, synapses, monitor = plastic()
        seen = []

        @b2.network_operation(dt=5 * ms)
        def look() -> None:
            seen.append([net.t_, float(monitor.num_spikes), float(group.v[:][0])])
            group.drive = len(seen) / 10
            if len(seen) == 7:
                net.stop()

        net = b2.Network(source, group, synapses, monitor, look)
        net.run(100 * ms)
        return {"seen": seen, "t": np.ravel(net.t_), "spikes": monitor.t_[:]}

    assert len(check(script)["seen"]) == 7


def test_an_error_in_python_ends_the_run() -> None:
    b2.set_device("resident")
    group = b2.NeuronGroup(1, "v : 1")

    @b2.network_operation
    def fail() -> None:
        raise ZeroDivisionError("of mine")

    with pytest.raises(ZeroDivisionError, match="of mine"):
        b2.Network(group, fail).run(1 * ms)


def test_random_numbers_repeat_by_seed_and_go_on_between_runs() -> None:
    b2.set_device("resident")

    def drawn(*durations: float) -> list[list[float]]:
        b2.seed(5)
        group = b2.NeuronGroup(4, "dv/dt = xi / sqrt(10*ms) : 1", method="euler")
        source = b2.PoissonGroup(20, 100 * Hz)
        monitor = b2.SpikeMonitor(source)
        net = b2.Network(group, source, monitor)
        for duration in durations:
            net.run(duration * ms)
        return [group.v[:].tolist(), monitor.t_[:].tolist()]

    assert drawn(20) == drawn(20) == drawn(5, 15)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("often", [False, True])
def test_an_interrupt_is_raised(monkeypatch: pytest.MonkeyPatch, often: bool) -> None:
    b2.set_device("resident")
    group = b2.NeuronGroup(1, "v : 1")
    net = b2.Network(group, b2.NetworkOperation(lambda: None)) if often else b2.Network(group)
    net.run(0.1 * ms)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            net.run(100_000 * b2.second)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert 0 < float(np.ravel(net.t_)[0]) < 100_000
    net.run(0.1 * ms)


def test_a_network_that_refers_to_itself_is_freed() -> None:
    b2.set_device("resident")

    def one() -> weakref.ref[Any]:
        group = b2.NeuronGroup(1, "v : 1")
        net = b2.Network(group, b2.NetworkOperation(lambda: net.stop(), name="stop*"))
        net.run(0.1 * ms)
        return weakref.ref(net)

    gone = one()
    gc.collect()
    assert gone() is None


def test_a_report_may_stop_the_run_before_it_begins() -> None:
    b2.set_device("resident")
    group = b2.NeuronGroup(1, "v : 1")
    group.run_regularly("v += 1")
    net = b2.Network(group)
    net.run(5 * ms, report=lambda *told: net.stop())
    assert group.v[:][0] == net.t == 0


def test_profiles_name_objects_in_python_too() -> None:
    b2.set_device("resident")
    group = b2.NeuronGroup(1, "dv/dt = -v/ms : 1", method="exact", name="decays")
    net = b2.Network(group, b2.NetworkOperation(lambda: None, name="looks"))
    net.run(1 * ms, profile=True)
    assert {name for name, _ in net.profiling_info} == {"decays_stateupdater", "looks"}
    assert all(seconds > 0 for _, seconds in net.profiling_info)


def test_arrays_of_two_functions_with_one_name_are_refused() -> None:
    b2.set_device("resident")
    rates = [b2.TimedArray([value, value], dt=1 * ms, name="rates") for value in (1.0, 2.0)]
    group = b2.NeuronGroup(1, "v : 1\nu : 1", namespace={"first": rates[0], "second_": rates[1]})
    group.run_regularly("v = first(t)\nu = second_(t)")
    with pytest.raises(StdpbenchError, match="two functions have different arrays rates_values"):
        b2.Network(group).run(1 * ms)


def test_progress_is_reported_from_start_to_end() -> None:
    b2.set_device("resident")
    told = []
    net = b2.Network(b2.NeuronGroup(1, "v : 1"))
    net.run(10 * ms, report=lambda elapsed, done, start, duration: told.append(done))
    assert told[0] == 0
    assert told[-1] == 1


def test_code_that_does_not_compile_is_one_sentence() -> None:
    b2.set_device("resident")

    @b2.implementation("cpp", "double odd(double x) { return nothing_of_the_kind; }")
    @b2.check_units(x=1, result=1)
    def odd(x: float) -> float:
        return x

    group = b2.NeuronGroup(1, "v : 1", namespace={"odd": odd})
    group.run_regularly("v = odd(v)")
    with pytest.raises(StdpbenchError, match=r"could not compile the network \(.*nothing_of_the_kind"):
        b2.Network(group).run(1 * ms)


def test_the_device_needs_none_of_the_workbench() -> None:
    code = "import sys, stdpbench.resident; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert not {"PyQt6", "sklearn", "pydantic", "stdpbench.experiment", "stdpbench.runs"} & modules
