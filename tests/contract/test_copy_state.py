"""A network with another rule goes on from where one stands: all that means the same in both, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import Opener, experiment, on_numpy, put_start, stimulus

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment

BCM = {"kind": "bcm", "tau_theta_m": "300 ms"}


def lively(delays: str) -> Experiment:
    return experiment("layer", delays, exc__theta_offset=40.0)


def used(simulator: Simulator, seed: int, n: int = 3) -> dict[str, np.ndarray]:
    """Show it some stimuli; the state that they leave, which is no reset state."""
    put_start(simulator)
    for number in range(n):
        simulator.present(stimulus(seed + number, simulator), simulator.experiment.stimulus_bins, plastic=True)
    return simulator.state()


@pytest.fixture
def opener(opened: Opener) -> Opener:
    """Simulators: the compiled one as it is, the runtime one without compiling."""

    def get(name: str, made: Experiment) -> Simulator:
        return opened(name, made) if name == "compiled" else on_numpy(made)

    return get


CASES = [("runtime", "uniform"), ("compiled", "uniform"), pytest.param("compiled", "none", marks=pytest.mark.slow)]


@pytest.mark.parametrize(("name", "delays"), CASES)
def test_all_but_what_the_rule_remembers_goes_over(name: str, delays: str, opener: Opener) -> None:
    made = lively(delays)
    old, fresh, worn = opener(name, made), opener(name, made.with_rule(BCM)), opener(name, made.with_rule(BCM))
    left = used(old, 10)
    assert all(np.any(left[key] != 0) for key in ("exc.v", "exc.ge", "exc.theta"))
    other = used(worn, 20)
    assert np.any(other["feed.theta_m"] != 0)
    outcomes: list[Any] = []
    for new in (fresh, worn):  # that it was used before does not matter
        new.copy_state_from(old, {"feed"})
        state = new.state()
        own = new.layout.projections["feed"].remembered
        assert {key.partition(".")[2] for key in own} >= {"x", "y", "theta_m"}
        for key in state.keys() - own:
            assert state[key].tobytes() == left[key].tobytes(), key
        assert not any(state[key].any() for key in own)
        response = new.present(stimulus(30, new), new.experiment.stimulus_bins, plastic=True)
        outcomes.append(
            (response.counts("exc").tolist(), {key: array.tobytes() for key, array in new.state().items()})
        )
        assert response.counts("exc").sum() > 0
    assert outcomes[0] == outcomes[1]
    assert {key: array.tobytes() for key, array in old.state().items()} == {k: a.tobytes() for k, a in left.items()}


def test_networks_of_other_sizes_do_not_go_on_from_each_other() -> None:
    made = experiment("direct")
    small, large = (on_numpy(made.override({"network.n_exc": n})) for n in (3, 4))
    with pytest.raises(
        StdpbenchError, match="of 100 input and 3 exc neurons cannot continue from one of 100 input and 4 exc"
    ):
        small.copy_state_from(large, set())
