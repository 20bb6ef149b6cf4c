"""Which compiler is used, and how; what happens where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling import toolchain
from stdpbench.compiling.toolchain import Compiler, compile_library
from stdpbench.engine.simulators import open_simulator
from stdpbench.experiment import Experiment

find = toolchain.find_compiler.__wrapped__  # not what was found before
posix = pytest.mark.skipif(sys.platform == "win32", reason="stands in for the compiler with a shell script")


def script(path: Path, text: str) -> Path:
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o755)
    return path


@posix
def test_cxx_comes_first_with_its_arguments(tmp_path, monkeypatch):
    mine = script(tmp_path / "my compiler", 'echo "mine 1.0 $1"')
    monkeypatch.setenv("CXX", f"'{mine}' --flag")
    found = find()
    assert found.command == (str(mine), "--flag")
    assert found.version == "mine 1.0 --flag"
    assert found.family == "gcc"


@posix
def test_a_compiler_that_does_not_answer_is_passed_over(tmp_path, monkeypatch):
    broken, good = script(tmp_path / "g++", "exit 1"), script(tmp_path / "clang++", "echo 'clang version 17'")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    found = find()
    assert Path(found.command[0]).name == good.name
    assert found.family == "clang"
    for useless in (str(broken), "no-such-compiler", "", "'a quote that is not closed"):
        monkeypatch.setenv("CXX", useless)
        assert Path(find().command[0]).name == good.name


def test_no_compiler_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    assert find() is None


@pytest.mark.parametrize("family", ["gcc", "clang", "zig"])
def test_no_flag_touches_the_floating_point_mode_of_the_process(family):
    flags = Compiler(("cc",), family, "1").flags
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-mdaz-ftz"} & set(flags)
    assert len(flags) == len(set(flags))


@posix
@pytest.mark.parametrize(
    ("body", "words"),
    [("echo 'first line' >&2; echo 'a.cpp:3: error: no good' >&2; exit 3", "error: no good"), ("exit 3", "")],
    ids=["with words", "silently"],
)
def test_a_compiler_that_refuses_is_one_sentence(body, words, tmp_path):
    source = tmp_path / "a.cpp"
    source.write_text("int x;")
    refusing = Compiler((str(script(tmp_path / "cc", body)),), "gcc", "cc 1")
    with refused("could not compile", "cc 1", words, match=r"^((?!\(\)).)*$"):  # no brackets around nothing
        compile_library(refusing, source, tmp_path / "a.so")


@posix
@pytest.mark.parametrize("refuses", ["-fno-exceptions", "-nostdlib++"])
def test_zig_compiles_its_own_library_only_if_a_network_does_not_do_without(tmp_path, refuses):
    """A stand-in that writes down what it is asked for: no compiler of that family need be there."""
    said = tmp_path / "said"
    zig = script(
        tmp_path / "zig",
        f'echo "$*" >> {said}; case "$*" in *{refuses}*) [ -e {tmp_path}/new ] && exit 1;; esac\n'
        'while [ $# -gt 1 ]; do if [ "$1" = -o ]; then echo made > "$2"; fi; shift; done',
    )
    source, library = tmp_path / "a.cpp", tmp_path / "a.so"
    source.write_text("int x;")
    compile_library(Compiler((str(zig),), "zig", "clang 22"), source, library)
    compiled, linked = said.read_text().splitlines()
    assert "-fno-exceptions" in compiled
    assert "-nostdlib++" in linked
    assert "-O3" in compiled
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cpp", "a.so", "said", "zig"]
    library.unlink()
    (tmp_path / "new").touch()  # a later zig, with headers that need more
    compile_library(Compiler((str(zig),), "zig", "clang 99"), source, library)
    assert library.is_file()
    last = said.read_text().splitlines()[-1]
    assert not {"-fno-exceptions", "-nostdlib++"} & set(last.split())


# -- choosing a simulator ----------------------------------------------------------

SMALL = Experiment.from_mapping({"network": {"n_exc": 3, "inhibition": "direct"}, "schedule": {"stimulus": 5}})


def test_an_unknown_simulator_is_refused_with_the_nearest():
    with pytest.raises(StdpbenchError, match="compiled"):
        open_simulator(SMALL, 4, "complied")
    with pytest.raises(StdpbenchError, match=r"compiled.*runtime"):
        open_simulator(SMALL, 4, "xyz")


@pytest.fixture
def no_compiler(monkeypatch):
    for module in ("", ".runtime", ".compiled.simulator"):
        monkeypatch.setattr(f"stdpbench.engine.simulators{module}.find_compiler", lambda: None)


@pytest.mark.usefixtures("no_compiler")
def test_the_compiled_simulator_needs_a_compiler():
    with refused(match=r"compiler.*--simulator runtime"):
        open_simulator(SMALL, 4, "compiled")


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.parametrize("name", [None, "runtime"])
def test_without_a_compiler_numpy_runs_and_says_so(monkeypatch, name):
    monkeypatch.setattr("stdpbench.engine.simulators.runtime.cython_works", lambda: False)
    simulator, remark = open_simulator(SMALL, 4, name)
    assert simulator.name == "runtime"
    assert "compiler" in remark
    assert "NumPy" in remark
    assert "\n" not in remark
    assert simulator.theta.tolist() == [20e-3] * 3
    assert simulator.w.tolist() == [[0.0] * 3] * 4


@pytest.mark.parametrize("installed", ["from Python", "from C"])
def test_opening_a_runtime_simulator_leaves_preferences_and_handlers_as_they_were(installed):
    """Brian2 sets a SIGINT handler and an excepthook when it is imported, and keeps global preferences."""
    from_c = "signal.getsignal = lambda number: None" if installed == "from C" else ""  # as Python shows it
    code = f"""
import signal, sys
getsignal = signal.getsignal
handler, hook = getsignal(signal.SIGINT), sys.excepthook
{from_c}
from stdpbench.experiment import Experiment
from stdpbench.engine.simulators import open_simulator, runtime
runtime.cython_works = lambda: False  # nothing to compile
made = {{"network": {{"n_exc": 3, "inhibition": "direct", "delays": "uniform"}}, "schedule": {{"stimulus": 30}}}}
open_simulator(Experiment.from_mapping(made), 4, "runtime")
assert "brian2" in sys.modules
print(getsignal(signal.SIGINT) is handler, sys.excepthook is hook)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True"], done.stderr
