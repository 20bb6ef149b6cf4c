"""``stdpbench lab``: what people type and what they get."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Command = Callable[..., str]


def test_a_rule_alone_opens_with_its_protocol_and_says_why(call: Command) -> None:
    out = call("lab", "diehl-cook-triplet")
    assert "diehl-cook-triplet: pair-window" in out
    assert "zero for isolated pairs" in " ".join(out.split())
    assert "●" in out


def test_overlay_parameters_and_files(tmp_path: Path, call: Command) -> None:
    files = [tmp_path / f"ü.{suffix}" for suffix in ("pdf", "png", "svg", "csv")]
    arguments = ["pair-additive", "frequency", "--set", "plasticity.a_plus=0.02", "--overlay", "triplet"]
    arguments += ["--option", "frequencies=10,20", "--json", *(a for file in files for a in ("--output", str(file)))]
    first, second = json.loads(call("lab", *arguments))
    assert (first["rule"]["a_plus"], second["rule"]["kind"]) == (0.02, "triplet")
    assert first["x"]["values"] == second["x"]["values"] == [10.0, 20.0]
    for file, start in zip(files, (b"%PDF", b"\x89PNG", b"<?xml", b"# pair"), strict=True):
        assert file.read_bytes().startswith(start)
    lines = [line for line in files[-1].read_text(encoding="utf-8").split("\n\n")[0].splitlines() if line[:1] != "#"]
    written = [float(row["Δw, Δt = +10 ms"]) for row in csv.DictReader(lines)]
    np.testing.assert_allclose(written, first["curves"][0]["change"])


def test_parameter_sets_of_one_rule_over_each_other(tmp_path: Path, call: Command) -> None:
    file = tmp_path / "weights.svg"
    arguments = ["pair-power-law", "weight-dependence", "--overlay", "pair-power-law,mu=0.5,lam=0.02"]
    first, second = json.loads(call("lab", *arguments, "--output", str(file), "--json"))
    assert (first["rule"]["mu"], second["rule"]["mu"]) == (1.0, 0.5)
    np.testing.assert_allclose(
        np.array(second["curves"][0]["change"])[:40],
        0.02 * np.sqrt(1 - np.array(second["x"]["values"]))[:40] * np.exp(-0.5),
        atol=1e-12,
    )
    assert "pair-power-law (lam 0.02, mu 0.5)" in file.read_text(encoding="utf-8")


def test_a_rule_of_ones_own_from_a_file(tmp_path: Path, call: Command) -> None:
    file = tmp_path / "rule.toml"
    text = 'on_output_spike = "w = clip(w + a*x, 0, w_max)"\n[traces]\nx = { side = "input", tau = "tau", '
    text += 'on_spike = "add" }\n[parameters]\na = { default = 0.1 }\ntau = { default = "10 ms", unit = "ms" }\n'
    file.write_text(text, encoding="utf-8")
    arguments = ["custom", "pair-window", "--set", f"file={file}", "--option", "dts=10,-10", "--json"]
    out = call("lab", *arguments)
    np.testing.assert_allclose(json.loads(out)[0]["curves"][0]["change"], [0.1 * np.exp(-1), 0.0], atol=1e-12)
    named = [str(file), "pair-window", "--overlay", f"{file},a=0.2", "--option", "dts=10,-10", "--json"]
    out = call("lab", *named)
    first, second = (np.array(one["curves"][0]["change"]) for one in json.loads(out))
    np.testing.assert_allclose(first, [0.1 * np.exp(-1), 0.0], atol=1e-12)
    np.testing.assert_allclose(second, 2 * first, atol=1e-12)
    drawn = tmp_path / "drawn.svg"
    out = call("lab", str(file), "pair-window", "--output", str(drawn), "--width", "3.5 in")
    assert "custom “rule”: pair-window\n" in out, "named by its file"
    assert "(every 4th of 80 points" in out
    assert 'width="252pt"' in drawn.read_text(encoding="utf-8")
    file.write_text(f'title = "Mine"\n{text}', encoding="utf-8")
    assert "custom “Mine”: pair-window\n" in call("lab", str(file), "--option", "dts=10")


def test_a_rule_of_a_file_keeps_its_values(tmp_path: Path, call: Command) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[plasticity]\nkind = "triplet"\nw_max = 2\n', encoding="utf-8")
    out = call("lab", str(file), "--option", "frequencies=10", "--json")
    assert json.loads(out)[0]["rule"]["w_max"] == 2.0  # and not the bound that the kind opens with


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "'nonsense' is neither a kind of plasticity rule nor a TOML file"),
        (["oja", "windows"], "there is no protocol 'windows'"),
        (["oja", "--set", "eta"], "--set: expected NAME=VALUE, got 'eta'"),
        (["oja", "--output", "a.jpeg"], "the name must end in .pdf, .svg, .png, .csv"),
        (["oja", "--output", "nowhere/a.png"], "there is no folder nowhere"),
        (["oja", "--width", "3 miles"], "--width: expected a width such as '88 mm' or '3.5 in', got '3 miles'"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], message: str, call: Command) -> None:
    err = call("lab", *arguments, status=2)
    assert message in err
    assert err.count("\n") == 1
