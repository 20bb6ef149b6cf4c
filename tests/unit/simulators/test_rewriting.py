"""C++ that Brian2 generates is rewritten only where it is the C++ that was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
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


def test_what_is_expected_is_rewritten() -> None:
    text = rewriting.fast(STEP.splitlines())
    assert "const double free = resident::indicator<double>(lockout < _lio_2);" in text
    assert "resident::fast_exp(_lio_3 * g) + resident::fast_pow(v, 2.0) + _clip(v, 0, std_exp)" in text
    assert rewriting.written(STEP.splitlines(), 2) == ["_ptr_array_exc_v", "_ptr_array_exc_ge"]
    assert rewriting.changed(SYNAPSE, 2) == ["_ptr_array_exc_ge[_postsynaptic_idx]", "_ptr_array_plastic_w[_idx]"]
    assert rewriting.trace_array(SYNAPSE, "y1") == "_ptr_array_exc_y1"
    assert "const double y1_post = 0.0;" in rewriting.faded(SYNAPSE, "y1")
    assert "const int32_t _postsynaptic_idx = _target;" in rewriting.dense_index(SYNAPSE, "_source", "_target")
    assert rewriting.dense_index("w = 0;", "_source", "_target") == "w = 0;", "neither neuron is read"
    assert rewriting.array_of("_ptr_array_exc__spikespace") == "_array_exc__spikespace"
    code = "ge_post += w\nlocal = w == 1\nw = clip(w, 0, w_max)\nw *= 2"
    assert rewriting.n_assigned(code, ["w", "ge_post", "w_max", "y1_post"]) == 2


FLOATS = """
float v = _ptr_array_exc_v[_idx];
double theta = _ptr_array_exc_theta[_idx];
const double gain = _ptr_array_exc_gain[_idx];
const double free = resident::indicator<double>(lockout < _lio_2);
v = free * 2.5 + gain * _clip(v, 0, 1e-3) + 1e-50 + 1.0f*a2/3;
theta += plus * 1.5;
_ptr_array_exc_v[_idx] = v;
_ptr_array_exc_theta[_idx] = theta;
""".strip()


def test_all_is_computed_in_float_but_what_ends_in_an_array_of_double() -> None:
    text = rewriting.narrow(FLOATS, ["_lio_2", "plus", "a2"])
    assert "const float gain = _ptr_array_exc_gain[_idx];" in text
    assert "const float free = resident::indicator<float>(lockout < ((float)_lio_2));" in text
    assert "v = free * 2.5f + gain * resident::clip(v, 0, 1e-3f) + 1e-50 + 1.0f*((float)a2)/3;" in text
    assert "double theta = _ptr_array_exc_theta[_idx];\ntheta += plus * 1.5;" in text.replace(
        text[text.index("const float gain") : text.index("theta +=")], ""
    )


def test_numbers_that_are_computed_before_are_all_known() -> None:
    assert rewriting.declared("const double a = 1.0;\n  const double _lio_1 = exp(a);") == ["a", "_lio_1"]
    with pytest.raises(StdpbenchError, match="does not know"):
        rewriting.declared("double a = 1.0;")


def test_the_decay_of_a_trace_is_taken_out_of_a_step_and_read_elsewhere() -> None:
    step = "float y = _ptr_y[_idx];\ny *= ((float)_lio_1);\nv = 1;\n_ptr_y[_idx] = y;"
    rest, decays = rewriting.without_decay(step, ["_ptr_y", "_ptr_x"])
    assert rest.split() == ["v", "=", "1;"]
    assert decays == [("_ptr_y", "_lio_1")]
    with pytest.raises(StdpbenchError, match="does not know"):
        rewriting.without_decay(f"{step}\nv = y;", ["_ptr_y"])
    spike = "const float y_post = _ptr_y[_postsynaptic_idx];\n_ptr_y[_idx] = y;"
    read = rewriting.with_decay(spike, ["_ptr_y"])
    assert read == "const float y_post = _ptr_y[_postsynaptic_idx] * _late_ptr_y;\n_ptr_y[_idx] = y * _early_ptr_y;"
    with pytest.raises(StdpbenchError, match="does not know"):
        rewriting.with_decay("v = 1 + _ptr_y[_idx];", ["_ptr_y"])


def test_what_arrivals_set_is_left_for_later() -> None:
    lines = ["double x;", "ge += w;", "x = 1;", "_ptr_s0_x[_idx] = x;", "_ptr_w[_idx] = w;"]
    assert rewriting.without_arrivals(lines, ["x"]).split() == ["ge", "+=", "w;", "_ptr_w[_idx]", "=", "w;"]
    with pytest.raises(StdpbenchError, match="does not know"):
        rewriting.without_arrivals([*lines, "w = x;"], ["x"])


def test_spikes_are_taken_together_where_they_do_little() -> None:
    lines = ["const int32_t _postsynaptic_idx = _target;", "double ge_post = _ptr_ge[_postsynaptic_idx];"]
    lines += [
        "double w = _ptr_w[_idx];",
        "ge_post += w;",
        "_ptr_ge[_postsynaptic_idx] = ge_post;",
        "_ptr_w[_idx] = w;",
    ]
    reads, done, writes = rewriting.by_target(lines) or ("", "", "")
    assert reads.splitlines() == lines[:2]
    assert done.splitlines() == [lines[2], lines[3], lines[5]]
    assert writes == lines[4]
    assert rewriting.by_target([*lines, "w = exp(w);"]) is None
    assert rewriting.by_target([*lines, "_ptr_own[_postsynaptic_idx] = own_post;"]) is None, "not read before"
    assert rewriting.by_target([*lines, "w = f(_postsynaptic_idx);"]) is None


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
    with pytest.raises(StdpbenchError, match=message) as caught:
        rewrite()
    assert str(caught.value).startswith("Brian2 ")
    assert "\n" not in str(caught.value)


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
    with pytest.raises(
        StdpbenchError, match=r"Brian2 .* generates C\+\+ .* not know: .* --simulator runtime"
    ) as caught:
        generate(layout, tmp_path)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert [symbol["key"] for symbol in generate(layout, tmp_path)][-1]
