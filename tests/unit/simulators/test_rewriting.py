"""C++ that Brian2 generates is rewritten only where it is the C++ that was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import refused

from stdpbench.engine.network import Layout
from stdpbench.engine.simulators.compiled import rewriting
from stdpbench.experiment import Experiment

STEP = """
double v = _ptr_array_exc_v[_idx];
const int32_t free = int_(lockout < _lio_2);
v = free * exp(_lio_3 * g) + _brian_pow(v, 2.0) + _clip(v, 0, std_exp);
_ptr_array_exc_v[_idx] = v;
_ptr_array_exc_ge[_idx] = ge;
""".strip()
SYNAPSE = """
const int32_t _postsynaptic_idx = _ptr_array_plastic__synaptic_post[_idx];
const double y1_post = _ptr_array_exc_y1[_postsynaptic_idx];
_ptr_array_exc_ge[_postsynaptic_idx] = ge_post;
_ptr_array_plastic_w[_idx] = w;
""".strip()


def test_what_brian2_does_besides_a_presentation_is_not_compiled(tmp_path: Path) -> None:
    from stdpbench.engine.simulators.compiled.device import generate

    generate(Layout(Experiment.from_mapping({"network": {"n_exc": 4}}).graph(9)), tmp_path)
    sources = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.cpp")}
    assert "resident::allocate(_array_p1_theta, _num__array_p1_theta);" in sources["objects.cpp"]
    assert "_array_p1_tau_m[0] = 0.1;" in sources["main.cpp"]
    assert not sources["network.cpp"].strip()
    compiled = set(re.findall(r'#include "(?:code_objects/)?(\w+\.cpp)"', sources["resident.cpp"]))
    assert {"objects.cpp", "main.cpp"} < compiled < sources.keys()
    assert any(name.startswith("p1_step_codeobject") for name in compiled)
    assert not any("push_spikes" in name for name in compiled), "queues"
    everything = "\n".join(sources[name] for name in compiled) + (tmp_path / "objects.h").read_text(encoding="utf-8")
    for unused in ("ofstream", "random_device", "iostream", "SpikeQueue", "network.run", "set_variable_by_name"):
        assert unused not in everything, unused


@pytest.mark.parametrize(
    ("rewrite", "message"),
    [
        (lambda: rewriting.fast(STEP.replace("exp(_lio", "std::exp(_lio")), "occurs 0 times instead of 1"),
        (lambda: rewriting.fast(STEP.replace("exp(_lio", "_brian_exp(_lio")), "occurs 0 times instead of 1"),
        (lambda: rewriting.fast(STEP.replace("_brian_pow", "std::pow")), "occurs 0 times instead of 1"),
        (lambda: rewriting.fast(STEP.replace("int_(", "_brian_int(")), "occurs 0 times instead of 1"),
        (lambda: rewriting.fast(STEP.replace("const int32_t", "const auto")), "occurs 0 times instead of 1"),
        (lambda: rewriting.written(STEP, 3), "occurs 2 times instead of 3"),
        (lambda: rewriting.changed(SYNAPSE.replace("[_idx] = w", "[_idx] += w"), 2), "occurs 1 times instead of 2"),
        (lambda: rewriting.trace_array(SYNAPSE, "y2"), "occurs 0 times instead of 1"),
        (lambda: rewriting.trace_array(SYNAPSE.replace("_ptr_array", "_array"), "y1"), "occurs 0 times instead of 1"),
        (lambda: rewriting.faded(SYNAPSE + SYNAPSE.replace("const int", "\nconst int"), "y1"), "2 times instead of 1"),
        (
            lambda: rewriting.dense_index(SYNAPSE.replace("const int32_t", "const int64_t"), "i", "j"),
            "occurs 0 times instead of 1",
        ),
        (lambda: rewriting.array_of("_array_exc__spikespace"), "occurs 0 times instead of 1"),
    ],
)
def test_what_is_not_expected_is_refused(rewrite: Callable[[], Any], message: str) -> None:
    with refused(message, match="^Brian2 "):
        rewrite()


def test_a_brian2_that_writes_other_code_is_refused_before_anything_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from brian2.codegen.generators.cpp_generator import CPPCodeGenerator

    from stdpbench.engine.simulators.compiled.device import generate

    write = CPPCodeGenerator.translate_to_write_arrays
    monkeypatch.setattr(
        CPPCodeGenerator,
        "translate_to_write_arrays",
        lambda self, names: [line.replace("] = ", "]  =  ") for line in write(self, names)],
    )
    layout = Layout(Experiment.from_mapping({"network": {"n_exc": 3}}).graph(4))
    with refused(match=r"Brian2 .* generates C\+\+ .* not know: .* --simulator runtime"):
        generate(layout, tmp_path)
    monkeypatch.undo()
    assert [symbol["key"] for symbol in generate(layout, tmp_path)][-1]
