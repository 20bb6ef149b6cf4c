"""Equations as they are typeset: of every rule, from its own texts."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import rules
from stdpbench.studies.lab.typeset import Line, lines_of, name_tex, notes_of, picture, statement_tex


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("w", "w"),
        ("w_max", r"w_{\mathrm{max}}"),
        ("tau_plus", r"\tau_{+}"),
        ("a2_minus", "a_{2}^{-}"),
        ("y1", "y_{1}"),
        ("lam", r"\lambda"),
        ("tau_theta_m", r"\tau_{\theta,m}"),
        ("my_z", r"\mathrm{my}_{z}"),
        ("dt", r"\Delta t"),
    ],
)
def test_names(name: str, tex: str) -> None:
    assert name_tex(name) == tex


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("w = clip(w - eta*y, 0, w_max)", r"w \leftarrow \left[w - \eta\,y\right]_{0}^{w_{\mathrm{max}}}"),
        ("w = w - (a - b)", r"w \leftarrow w - \left(a - b\right)"),  # brackets that mean something stay
        ("w = (a - b) - c", r"w \leftarrow a - b - c"),  # those that mean nothing go
        ("w = a/(b*c)", r"w \leftarrow \dfrac{a}{b\,c}"),
        ("w = a/b*c", r"w \leftarrow a / b\,c"),
        ("w = -a**2", r"w \leftarrow -a^{2}"),
        ("w = (-a)**2", r"w \leftarrow \left(-a\right)^{2}"),
        ("w = (a**b)**c", r"w \leftarrow \left(a^{b}\right)^{c}"),
        ("w = a*-b", r"w \leftarrow a\,\left(-b\right)"),
        ("w = exp(-beta*w)", r"w \leftarrow \exp\left(-\beta\,w\right)"),
        ("w = x*2", r"w \leftarrow x \cdot 2"),
        ("w = 1e-4*x", r"w \leftarrow 0.0001\,x"),
        ("w = 2.5e-7*x", r"w \leftarrow 2.5\cdot 10^{-7}\,x"),
        ("w += x", r"w \leftarrow w + x"),
        ("w = int(x > 0.5)*w", r"w \leftarrow \mathbf{1}\left[x > 0.5\right]\,w"),
    ],
)
def test_statements(text: str, tex: str) -> None:
    assert statement_tex(text) == tex


@pytest.mark.parametrize("text", ["", "w", "w = __import__('os').x", "w = [1]", "w = ("])
def test_what_is_no_statement_is_said(text: str) -> None:
    with pytest.raises(StdpbenchError, match="typeset"):
        statement_tex(text)


def test_a_rule_is_typeset_from_its_own_texts() -> None:
    lines = lines_of(rules.build({"kind": "triplet"}, "rule"))
    assert lines[0] == Line(
        "trace of input spikes", r"\tau_{+}\,\dot{x}_{1} = -x_{1},\quad x_{1} \leftarrow x_{1} + 1"
    )
    assert "a_{3}^{+}" in lines[-1].tex
    assert "x2 and y2 are read just before" in notes_of(rules.build({"kind": "triplet"}, "rule"))[0]


def test_a_rule_of_ones_own_is_typeset_as_it_was_written() -> None:
    rule = rules.build({"kind": "custom", "on_output_spike": "my_b = w - 1\nw = my_b*(2 + w)"}, "rule")
    assert [line.tex for line in lines_of(rule)] == [
        r"\mathrm{my}_{b} \leftarrow w - 1",
        r"w \leftarrow \mathrm{my}_{b}\,\left(2 + w\right)",
    ]


@pytest.mark.parametrize("kind", rules.kinds())
def test_every_rule_can_be_typeset(kind: str) -> None:
    rule = rules.build({"kind": kind}, "rule")
    lines = lines_of(rule)
    assert len(lines) >= len(rule.traces) + 1
    assert all(line.tex for line in lines)


@pytest.mark.parametrize("kind", ["bcm", "reward", "diehl-cook-exponential", "pair-power-law"])
def test_lines_are_drawn_without_being_cut_off(kind: str) -> None:
    png, width, height = picture(lines_of(rules.build({"kind": kind}, "rule")), "#112233", "#556677", 260, 10, 96)
    image = Image.open(io.BytesIO(png))
    assert abs(image.width - width * 96 / 72) < 2
    assert abs(image.height - height * 96 / 72) < 2
    ink = image.getchannel("A")
    assert ink.getextrema() == (0, 255)
    edge = [ink.getpixel((image.width - 1, y)) for y in range(image.height)]
    assert not any(edge), "the right end of a line is cut off"
