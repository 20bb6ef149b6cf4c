"""Brian2's runtime mode: what is compiled, and what NumPy runs."""

from __future__ import annotations

from typing import Any

import pytest
from brian2.codegen.runtime.cython_rt import CythonCodeObject

from stdpbench.engine.network import projection_delays
from stdpbench.engine.simulators.runtime import RuntimeSimulator
from stdpbench.experiment import Experiment


@pytest.mark.parametrize("delays", ["none", "uniform"])
def test_code_that_only_calls_python_or_never_runs_is_not_compiled(
    delays: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []

    def note(code: Any, block: str) -> None:
        compiled.append((code.template_name, code.name))

    monkeypatch.setattr(CythonCodeObject, "compile_block", note)
    made = Experiment.from_mapping({"network": {"n_exc": 3, "delays": delays}})
    graph = made.graph(4)
    RuntimeSimulator(graph, projection_delays(graph), target="cython").close()
    templates = {template for template, _ in compiled}
    assert {"stateupdate", "synapses", "threshold", "reset"} <= templates
    assert not {"synapses_push_spikes", "spikegenerator", "synapses_create_array"} & templates
