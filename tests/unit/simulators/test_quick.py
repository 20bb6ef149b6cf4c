"""The quick form of a step of neurons leaves out what changes nothing, and only that."""

from __future__ import annotations

from stdpbench.engine.simulators.compiled.questions import assigned, quick_step

STEP = """
double ge = _ptr_ge[_idx];
double hold = _ptr_hold[_idx];
double v = _ptr_v[_idx];
hold = _clip(_lio_1 + hold, 0.0, t_ref);
const double free = resident::indicator<double>(hold < _lio_2);
v = (free * resident::fast_exp(_lio_3 * ge)) + ((1 - free) * v);
const double fires_now = resident::indicator<double>((v > v_thresh) && (hold < _lio_2));
_ptr_hold[_idx] = hold;
_ptr_v[_idx] = v;
""".strip()
SCALARS = ["_lio_1", "_lio_2", "_lio_3", "t_ref", "v_thresh"]


def test_what_rests_is_neither_read_nor_written() -> None:
    quick = quick_step(STEP, SCALARS, ["hold", "v"])
    assert quick is not None
    assert [(each.name, each.pointer) for each in quick.resting] == [("hold", "_ptr_hold")], "v depends on ge"
    assert quick.conditions == ("hold < _lio_2",)
    assert "_ptr_hold" not in quick.step
    assert "const double free = resident::indicator<double>(true);" in quick.step
    assert "((v > v_thresh) && (true))" in quick.step
    assert "resident::near_exp(_lio_3 * ge)" in quick.step
    assert "_ptr_v[_idx] = v;" in quick.step


def test_the_search_writes_nothing() -> None:
    quick = quick_step(STEP, SCALARS, ["hold"])
    assert quick is not None
    assert "resident::largest_exp(_largest, _lio_3 * ge)" in quick.search
    assert "] = " not in quick.search


def test_a_variable_that_depends_on_neurons_does_not_rest() -> None:
    quick = quick_step(STEP.replace("t_ref);", "ge);"), SCALARS, ["hold"])
    assert quick is not None
    assert not quick.resting
    assert not quick.conditions
    assert "_ptr_hold[_idx] = hold;" in quick.step


def test_a_step_without_an_exponential_or_with_several_has_no_quick_form() -> None:
    assert quick_step(STEP.replace("resident::fast_exp", "f"), SCALARS, ["hold"]) is None
    assert quick_step(STEP.replace("* v)", "* resident::fast_exp(v))"), SCALARS, ["hold"]) is None


def test_what_code_assigns() -> None:
    assert assigned("a = b\nc += 1\n d==e\nf *= 2") == {"a", "c", "f"}
