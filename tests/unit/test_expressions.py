from __future__ import annotations

import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.expressions import Code, evaluate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3**2/4 - -1", 6.5),
        ("clip(a - 5, 0, 1)", 0.0),
        ("exp(0) + log(e) + sqrt(4) + abs(-2)", 6.0),
        ("int(a > 2 and not b >= 0.5)*7", 7),
        ("int(a < 1 or b == 0.25)", 1),
        ("7 // 2 + 7 % 4", 6),
        ("20*ms + 3*mV", 0.023),
    ],
)
def test_arithmetic_is_what_it_looks_like(text: str, value: float) -> None:
    assert evaluate(text, {"a": 3.0, "b": 0.25}) == pytest.approx(value)


def test_statements_follow_each_other_and_leave_what_was_given_alone() -> None:
    w = np.array([0.2, 0.9])
    code = Code(
        """
        dw = rate*x
        w += dw
        w = clip(w, 0, w_max)
        """
    )
    assert code.assigned == ("dw", "w")
    found = code.run({"w": w, "x": np.array([1.0, 2.0]), "rate": 0.1, "w_max": 1.0})
    np.testing.assert_allclose(found["w"], [0.3, 1.0])
    np.testing.assert_array_equal(w, [0.2, 0.9])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w = w.real", "'w.real' is not supported"),
        ("w = w[0]", "is not supported"),
        ("w = __import__('os')", "is not supported; functions are clip, minimum"),
        ("w = clip(w, a_min=0)", "is not supported"),
        ("w = 'text'", "is not supported"),
        ("w = 1 < 2 < 3", "is not supported"),
        ("w = (lambda: 1)()", "is not supported"),
        ("import os", "is not an assignment to a name"),
        ("a, b = 1, 2", "is not an assignment to a name"),
        ("w + 1", "is not an assignment to a name"),
        ("w = (1", "cannot be parsed"),
        ("w = nu_prae*w", "nu_prae has no value; did you mean 'nu_pre'?"),
        ("w = exp()", "cannot be computed"),
    ],
)
def test_nothing_else_is_understood(text: str, message: str) -> None:
    with refused(message):
        Code(text).run({"w": np.ones(2), "nu_pre": 0.1})


def test_an_expression_is_one_expression() -> None:
    with pytest.raises(StdpbenchError, match="is not an expression"):
        evaluate("a = 1", {})
