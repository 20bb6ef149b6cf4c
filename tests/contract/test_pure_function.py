"""A presentation is a pure function of state, input spikes and parameters: nothing else goes in or comes out."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from networks import (
    DELAYS,
    INHIBITIONS,
    SIMULATORS,
    assert_same_bytes,
    experiment,
    fingerprint,
    live_through,
    put_start,
    random_spikes,
    spikes_at,
    stimulus,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import normalise
from stdpbench.engine.simulators import Simulator, find_compiler
from stdpbench.engine.simulators.compiled.cache import fetch

CASES = [(*variant, name) for variant in zip(INHIBITIONS, DELAYS, strict=True) for name in SIMULATORS]
"""Each form of inhibition and of delays once; `test_graphs.py` has all pairs of options."""

# -- state -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_state_is_a_copy(name, built):
    simulator = built(name, experiment())
    state = simulator.state()
    kept = {key: values.copy() for key, values in state.items()}
    simulator.present(random_spikes(1, 200, 0.05), simulator.experiment.stimulus_bins, plastic=True)
    assert_same_bytes(state, kept)
    changed = simulator.state()
    for values in state.values():
        values[...] = 123.0
    assert_same_bytes(simulator.state(), changed)


@pytest.mark.parametrize("name", SIMULATORS)
def test_traces_are_reset_that_learning_or_a_state_put_back_has_moved(name, built):
    """Also those of synapses, which stay as they are between two resets unless something moved them."""
    simulator = built(name, experiment(delays="uniform"))
    start = simulator.state()
    live_through(simulator)
    lived = simulator.state()
    put_start(simulator)
    simulator.set_state(lived)
    simulator.present(stimulus(1, simulator), simulator.experiment.stimulus_bins, plastic=False)
    put_start(simulator)
    assert_same_bytes(simulator.state(), start)
    simulator.present(stimulus(1, simulator), simulator.experiment.stimulus_bins, plastic=True)
    put_start(simulator)
    assert_same_bytes(simulator.state(), start)


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_state_of_another_network_is_refused(name, built):
    simulator = built(name, experiment())
    before = simulator.state()
    for wrong in (
        {},
        {**before, "exc.odd": before["exc.v"]},
        {key: values for key, values in before.items() if key != "exc.gi"},
        {**before, "exc.v": before["exc.v"][:-1]},
        built(name, experiment("direct")).state(),
        {**before, "feed.w": before["feed.w"].T},
    ):
        with pytest.raises(StdpbenchError, match=r"state"):
            simulator.set_state(wrong)
        assert_same_bytes(simulator.state(), before)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # of NumPy, infinity times 0
@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_of_neurons_that_are_not_finite_are_named(name, value, built):
    """Whatever becomes of them in a presentation: a NaN stays one, and spreads."""
    simulator = built(name, experiment("layer", "none"))
    kept, spikes = simulator.state(), stimulus(1, simulator, 0.05)
    for array in ("exc.v", "exc.ge", "inh.ge", "feed.y2", "feed.x", "exc.theta", "feed.w"):
        state = {key: values.copy() for key, values in kept.items()}
        state[array].reshape(-1)[-1] = value
        simulator.set_state(state)
        simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
        after = simulator.state()
        odd = {key for key in after if not np.isfinite(after[key]).all()}
        assert odd or array in ("exc.v", "feed.y2", "feed.x"), array  # which a spike sets
        assert set(simulator.not_finite()) == odd - {"feed.w"}
    simulator.set_state(kept)
    simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
    assert simulator.not_finite() == ()


# -- what is no state has no influence -------------------------------------------------------------


def symbol_table(simulator: Simulator) -> dict[str, int]:
    """Return the address of each symbol of a loaded library, of those that it does not export, too."""
    compiler = find_compiler()
    library = simulator._library.dll
    path, _ = fetch(simulator.layout, compiler)  # of which a copy is loaded
    listed = subprocess.run(["nm", str(path)], check=True, capture_output=True, text=True).stdout
    offsets = {
        name: int(offset, 16) for offset, _, name in (line.split() for line in listed.splitlines() if line[0] != " ")
    }
    base = (ctypes.cast(library.resident_array, ctypes.c_void_p).value or 0) - offsets["resident_array"]
    return {name: base + offset for name, offset in offsets.items()}


def scramble_trains(simulator: Simulator, rng: np.random.Generator) -> None:
    """Overwrite the spikes that the library keeps of the last presentation (`Train` in parts.h)."""
    symbols, places = symbol_table(simulator), (16, 40, 64)  # of its vectors
    overwritten = 0
    for population in simulator.layout.cells:
        name = f"train_{population.number}"
        train = symbols[f"_ZN8resident{len(name)}{name}E"]
        ctypes.c_int32.from_address(train).value = 7
        for place in places:
            start, stop = (ctypes.c_void_p * 2).from_address(train + place)
            if size := ((stop or 0) - (start or 0)) // 4:
                values = np.frombuffer((ctypes.c_int32 * size).from_address(start), np.int32)
                values[...] = rng.integers(1, 100, size)
                overwritten += size
    assert overwritten > 100


def scramble_compiled(simulator: Simulator, rng: np.random.Generator) -> set[str]:
    """Overwrite every array of the library that is neither state, parameter nor constant; their names."""
    compiler = find_compiler()
    path, symbols = fetch(simulator.layout, compiler)
    known = {symbol["name"].removeprefix("_dynamic").removeprefix("_array_") for symbol in symbols}
    addresses = symbol_table(simulator)
    header = Path(path.parent / "source" / "objects.h").read_text()
    types = {"double": np.float64, "int32_t": np.int32, "int64_t": np.int64, "float": np.float32, "char": np.int8}
    done = set()

    def mangled(name: str) -> str:
        return f"_ZN5brian{len(name)}{name}E"

    arrays = [(kind, name, False) for kind, name in re.findall(r"extern (\w+) \*(_array_\w+);", header)]
    arrays += [
        (kind, name, True)
        for kind, name in re.findall(r"extern resident::Vector<(\w+)> (_dynamic_array_\w+);", header)
    ]
    sizes = dict(re.findall(r"const int _num_(_array_\w+) = (\d+);", header))
    assert len(arrays) > 20
    for kind, name, dynamic in arrays:
        short = name.removeprefix("_dynamic").removeprefix("_array_")
        if short in known or re.search(r"_(i|j|N|dt|_synaptic_pre|_synaptic_post|N_incoming|N_outgoing)$", short):
            continue
        dtype = np.dtype(types[kind])
        if dynamic:
            start, stop, _ = (ctypes.c_void_p * 3).from_address(addresses[mangled(name)])
            size = ((stop or 0) - (start or 0)) // dtype.itemsize
        else:
            start = ctypes.c_void_p.from_address(addresses[mangled(name)]).value
            size = int(sizes[name])
        if not size:
            continue
        values = np.frombuffer((ctypes.c_char * (size * dtype.itemsize)).from_address(start), dtype)
        values[...] = garbage(short, values, rng)
        done.add(short)
    ctypes.c_int32.from_address(addresses["_ZN8resident3nowE"]).value = 12
    scramble_trains(simulator, rng)
    return done


def scramble_runtime(simulator: Simulator, rng: np.random.Generator) -> set[str]:
    """Overwrite every variable of Brian2's objects that is neither state, parameter nor constant; their names."""
    from brian2.core.variables import ArrayVariable

    done = set()
    state = {(variable.group, variable.variable) for variable in simulator.layout.state.values()}
    for group_name, group in simulator._built.groups.items():
        for variable in group.variables.values():
            if not isinstance(variable, ArrayVariable) or variable.constant or variable.owner is None:
                continue
            if (variable.owner.name, variable.name) in state:
                continue
            if re.search(r"^(i|j|N|dt|_synaptic_pre|_synaptic_post|N_incoming|N_outgoing)$", variable.name):
                continue
            values = variable.get_value()
            values[...] = garbage(variable.name, values, rng)
            done.add(f"{group_name}_{variable.name}")
    return done


def garbage(name: str, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if name.endswith("_spikespace"):  # spikes of three neurons, as if left over from the last step
        left = np.zeros_like(values)
        left[:3], left[-1] = (2, 5, 7) if len(values) > 8 else (0, 0, 0), 3 if len(values) > 8 else 1
        return left
    if values.dtype.kind == "f":
        return (rng.random(values.shape) * 1e3 + 1).astype(values.dtype)
    return rng.integers(1, 100, values.shape).astype(values.dtype)


# -- the same presentation, whenever it is shown ---------------------------------------------------


def show_many(simulator: Simulator, times: int) -> None:
    """Short presentations, learning, carried over; some silent, some frozen, so that spikes lie a long time back."""
    limit = simulator.experiment.stimulus_bins - simulator.layout.max_delay_bins
    n_input = simulator.layout.n_input // 2  # the other half never spikes
    inputs = [random_spikes(seed, limit, 0.05, n_input) for seed in range(7)] + [spikes_at()]
    for number in range(times):
        simulator.present(inputs[number % 8], simulator.experiment.stimulus_bins, plastic=number % 11 != 10)
        if number % 50 == 0:
            normalise(simulator.w, 20.0)
            simulator.theta[...] = np.minimum(simulator.theta, 22e-3)


def same_at_any_time(simulator: Simulator, times: int) -> None:
    live_through(simulator)
    before, spikes = simulator.state(), stimulus(1, simulator, 0.2)
    first = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
    after = simulator.state()
    assert len(first.spikes["exc"]) > 0
    put_start(simulator)
    from_reset = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
    simulator.set_state(before)
    show_many(simulator, times)
    assert np.isfinite(simulator.w).all()
    late = simulator.state()
    again = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
    simulator.set_state(late)
    assert fingerprint(simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)) == fingerprint(
        again
    )
    put_start(simulator)
    assert fingerprint(simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)) == fingerprint(
        from_reset
    )
    simulator.set_state(before)
    assert fingerprint(simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)) == fingerprint(
        first
    )
    assert_same_bytes(simulator.state(), after)


@pytest.mark.parametrize(("name", "times"), [("compiled", 4000), ("runtime", 25)])
@pytest.mark.parametrize(("inhibition", "delays"), [("layer", "none"), ("direct", "uniform")])
def test_the_same_presentation_late(name, times, inhibition, delays, built):
    same_at_any_time(built(name, experiment(inhibition, delays, schedule__stimulus=25.0)), times)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "times"), [("compiled", 100_000), ("runtime", 10_000)])
@pytest.mark.parametrize("delays", ["none", "uniform"])
def test_the_same_presentation_as_number_100_000(name, times, delays, built):
    same_at_any_time(built(name, experiment("layer", delays, schedule__stimulus=25.0)), times)


# -- the process -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_floating_point_mode_of_the_process_stays(name, built):
    simulator = built(name, experiment("layer", "uniform"))
    live_through(simulator)
    simulator.present(
        spikes_at(), simulator.experiment.stimulus_bins, plastic=True, n_rest=5000
    )  # conductances decay far below what is denormal
    tiny = np.full(64, 1e-310)
    assert (tiny * 1.0 == 1e-310).all()
    assert (tiny * 0.5 > 0).all()
    assert float("1e-310") / 2 > 0
    with pytest.raises(StdpbenchError, match="ascending"):
        simulator.present(spikes_at((5, 1), (5, 1)), simulator.experiment.stimulus_bins, plastic=True)
    assert (tiny * 1.0 == 1e-310).all()
