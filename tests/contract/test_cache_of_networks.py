"""Compiled networks are kept by content: compiled once, opened without Brian2, never half there."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from networks import (
    N_INPUT,
    assert_same_bytes,
    experiment,
    fingerprint,
    in_another_process,
    process,
    random_spikes,
    stimulus,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.compiling import entries
from stdpbench.engine.network import Layout
from stdpbench.engine.simulators import find_compiler, open_simulator
from stdpbench.engine.simulators.compiled.cache import key

REAL = find_compiler()
needs_a_compiler = pytest.mark.skipif(REAL is None, reason="needs a C++ compiler")
pytestmark = [
    needs_a_compiler,
    pytest.mark.skipif(sys.platform == "win32", reason="stands in for the compiler with a shell script"),
]

OPEN = """
simulator, _ = open_simulator(experiment(), N_INPUT, "compiled")
put_start(simulator)
response = simulator.present(stimulus(1, simulator, 0.05), simulator.experiment.stimulus_bins, plastic=True)
result = [fingerprint(response), len(response.spikes["exc"]), "brian2" in sys.modules]
"""

CALLS = ["parts", "compiling"]
"""What a compiler compiles for the first network."""


def stand_in(folder: Path, script: str) -> dict[str, str]:
    """Environment with a compiler of one's own: answers as the real one does, and runs `script` when it is to compile.

    In the script, REAL is the real compiler and CALLS a file to write into. All that is kept lies below `folder`.
    """
    folder.mkdir(exist_ok=True)
    path, command = folder / "compiler", shlex.join(REAL.command)
    # a library that is made quickly will do
    script = script.replace("REAL", f'{command} "$@" -O0').replace("CALLS", shlex.quote(str(folder / "calls")))
    path.write_text(f'#!/bin/sh\ncase "$*" in *--version*) exec {command} "$@";; esac\n{script}\n')
    path.chmod(0o755)
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    return {"CXX": shlex.quote(str(path)), "STDPBENCH_CACHE": str(folder / "cache"), "TMPDIR": str(temporary)}


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, str]], None]]:
    """Has this process work in another environment; the compiler is looked for anew."""

    def work(environment: dict[str, str]) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(tempfile, "tempdir", environment.get("TMPDIR"))
        find_compiler.cache_clear()

    yield work
    monkeypatch.undo()
    find_compiler.cache_clear()


def refused() -> str:
    with pytest.raises(StdpbenchError) as error:
        open_simulator(experiment(), N_INPUT, "compiled")
    return str(error.value)


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder with size and time, but for locks."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.fixture(scope="module")
def compiled_by_two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], list[Any]]:
    """Two processes that open the same network at the same time, in a folder without any.

    Brian2 2.10 compiles files of its own to see which flags there are; they do not count.
    """
    folder = tmp_path_factory.mktemp("compiled by two")
    noted = "*-shared*) echo compiling >> CALLS; sleep 1;; *parts.cpp*) echo parts >> CALLS;;"
    environment = stand_in(folder, f"case $* in {noted} esac; exec REAL")
    running = [process(OPEN + "print(json.dumps(result))", **environment) for _ in range(2)]
    ends = [one.communicate() for one in running]
    assert [one.returncode for one in running] == [0, 0], ends
    return folder, environment, [json.loads(out.splitlines()[-1]) for out, _ in ends]


def test_two_processes_compile_once(compiled_by_two):
    folder, _, results = compiled_by_two
    assert (folder / "calls").read_text().splitlines() == CALLS
    (one, spikes, _), (other, _, _) = results
    assert one == other
    assert spikes > 3
    (noted,) = (folder / "cache").rglob("bytes")
    room = sum(path.stat().st_size for path in noted.parent.rglob("*") if path != noted)
    assert int(noted.read_text()) == room


def test_a_network_that_cannot_be_linked_with_it_is_compiled_whole(compiled_by_two, tmp_path):
    script = "case $* in *-shared*-DRESIDENT_PARTS_APART*) echo refused >> CALLS; exit 1;; esac; exec REAL"
    environment = stand_in(tmp_path, script)
    assert in_another_process(OPEN, **environment)[:2] == compiled_by_two[2][0][:2]
    assert (tmp_path / "calls").read_text().splitlines() == ["refused"]


def test_a_second_opening_compiles_nothing_and_imports_no_brian2(compiled_by_two):
    folder, environment, results = compiled_by_two
    kept = files(folder / "cache")
    assert kept
    assert in_another_process(OPEN, **environment) == [*results[0][:2], False]
    assert files(folder / "cache") == kept
    assert (folder / "calls").read_text().splitlines() == CALLS
    assert list((folder / "temporary").rglob("*.so")) == []  # private copies of the library are gone


def test_a_cache_moved_elsewhere_still_opens(compiled_by_two):
    folder, environment, results = compiled_by_two
    moved = folder / "elsewhere ü, with spaces"
    shutil.copytree(folder / "cache", moved)
    assert in_another_process(OPEN, **{**environment, "STDPBENCH_CACHE": str(moved)}) == [*results[0][:2], False]
    assert (folder / "calls").read_text().splitlines() == CALLS


# as with zig, whose C++ library would first have to be compiled; see bare.h
BARE = "case $* in *--version*) exec REAL;; *) exec REAL -fno-exceptions;; esac"


@pytest.fixture(scope="module")
def compiled_bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return stand_in(tmp_path_factory.mktemp("bare"), BARE)


def test_a_network_without_exceptions_gives_the_same_bytes(compiled_bare, compiled_by_two):
    assert in_another_process(OPEN, **compiled_bare)[:2] == compiled_by_two[2][0][:2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the address space")
def test_lack_of_memory_is_one_sentence_without_exceptions(compiled_bare):
    code = """
    import resource
    import numpy as np
    from stdpbench.base.errors import StdpbenchError
    simulator, _ = open_simulator(experiment(), N_INPUT, "compiled")
    put_start(simulator)
    shown = stimulus(1, simulator, 0.05)
    before = fingerprint(simulator.present(shown, 200, plastic=False))
    large = Spikes(np.zeros(1, np.int32), np.zeros(1, np.int32))
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
    try:
        simulator.present(large, 1 << 28, plastic=False)
    except StdpbenchError as error:
        sentence = str(error)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    simulator.reset()
    result = [sentence, fingerprint(simulator.present(shown, 200, plastic=False)) == before]
    """
    sentence, same = in_another_process(code, **compiled_bare)
    assert "not enough memory" in sentence
    assert same


def test_a_compiler_that_fails_leaves_its_words_and_nothing_else(tmp_path, within):
    script = (
        'while [ $# -gt 1 ]; do if [ "$1" = -o ]; then echo half > "$2"; fi; shift; done\n'
        "echo 'resident.cpp:1: error: the disk is full' >&2; exit 1"
    )
    within(stand_in(tmp_path, script))
    for _ in range(2):  # failing again leaves no more
        sentence = refused()
        assert "the disk is full" in sentence
        assert "--simulator runtime" in sentence
        assert "\n" not in sentence
        left = files(tmp_path / "cache")
        assert len(left) == 1, f"left behind: {sorted(left)}"
        log = tmp_path / "cache" / next(iter(left))
        assert str(log) in sentence
        assert "the disk is full" in log.read_text()
        assert "-shared" in log.read_text()


def test_a_compiler_that_makes_nothing_does_not_spoil_the_cache(tmp_path, within, opened):
    """Exit code 0 and no library: what is in the cache must not stay so when the compiler is mended."""
    within(stand_in(tmp_path, "exit 0"))
    assert "\n" not in refused()
    within(stand_in(tmp_path, "exec REAL"))
    simulator = opened("compiled", experiment())
    response = simulator.present(stimulus(1, simulator, 0.05), simulator.experiment.stimulus_bins, plastic=True)
    assert len(response.spikes["exc"]) > 3


def test_ctrl_c_while_compiling_leaves_nothing_half_made(tmp_path):
    environment = stand_in(tmp_path, "echo $$ > CALLS.new; mv CALLS.new CALLS; exec sleep 60")
    calls = str(tmp_path / "calls")
    interrupted = process(
        f"""
        import signal, threading, time

        def interrupt():  # as a terminal does it: the compiler gets it as well
            while not os.path.exists({calls!r}):
                time.sleep(0.02)
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(int(open({calls!r}).read()), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        open_simulator(experiment(), N_INPUT, "compiled")
        """,
        **environment,
    )
    _, err = interrupted.communicate()
    assert interrupted.returncode != 0
    assert "KeyboardInterrupt" in err or "StdpbenchError" in err
    assert [name for name in files(tmp_path / "cache") if not name.endswith(".log")] == []


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    blocked = tmp_path / "a file, no folder"
    blocked.write_text("")
    monkeypatch.setenv("STDPBENCH_CACHE", str(blocked))
    sentence = refused()
    assert str(blocked) in sentence
    assert "STDPBENCH_CACHE" in sentence
    assert "\n" not in sentence


def test_a_cache_that_can_only_be_read_will_do(built, opened, monkeypatch):
    """A network compiled before opens, also where nothing can be written beside it."""
    kept = fingerprint(built("compiled", experiment()).present(random_spikes(1, 200, 0.05), 200, plastic=True))
    make = tempfile.mkstemp

    def refuse(*arguments: object, **keywords: object) -> None:
        raise PermissionError(13, "Permission denied")

    def make_elsewhere(*arguments: Any, dir: Any = None, **keywords: Any) -> Any:
        return make(*arguments, **keywords) if dir is None else refuse()

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(tempfile, "mkstemp", make_elsewhere)
    simulator = opened("compiled", experiment())
    assert (
        fingerprint(simulator.present(random_spikes(1, 200, 0.05), simulator.experiment.stimulus_bins, plastic=True))
        == kept
    )


def test_two_simulators_in_one_process_are_two_networks(opened):
    one, other = (opened("compiled", experiment("layer", "uniform")) for _ in range(2))
    assert one.w is not other.w
    untouched = other.state()
    spikes = stimulus(1, one, 0.05)
    first = one.present(spikes, one.experiment.stimulus_bins, plastic=True)
    assert_same_bytes(other.state(), untouched)
    one.set_parameters(experiment("layer", "uniform", exc__tau_m=50.0, plasticity__nu_post=0.3))
    one.present(spikes, one.experiment.stimulus_bins, plastic=True)
    assert fingerprint(other.present(spikes, other.experiment.stimulus_bins, plastic=True)) == fingerprint(first)


def name_of(n_input: int = 100, *arguments: str, **changes: object) -> str:
    real = find_compiler()
    return key(Layout(experiment(*arguments, **changes).graph(n_input)), real)


def test_the_key_depends_on_what_is_compiled_and_on_nothing_else():
    usual = name_of()
    live = [
        {"plasticity__nu_pre": 0.3, "plasticity__tau_x": 5.0, "plasticity__w_max": 2.0},
        {"exc__tau_m": 20.0, "exc__t_ref": 1.0, "inh__v_rest": -61.0},
        {"network__w_inh_exc": 1.0, "network__weight_sum": 3.0},
        {
            "schedule__stimulus": 50.0,
            "schedule__between": "rest",
            "encoding__intensity": 1.0,
            "network__start_blur": 3.0,
        },
    ]
    assert {name_of(**change) for change in live} == {usual}
    others = [
        name_of(101),
        name_of(network__n_exc=21),
        name_of(network__dt=0.25),
        name_of(100, "direct"),
        name_of(100, "direct-undelayed"),
        name_of(100, "layer", "uniform"),
    ]
    assert len({usual, *others}) == 1 + len(others)


def test_the_key_depends_on_the_compiler(monkeypatch):
    real = find_compiler()
    layout = Layout(experiment().graph(100))
    other = type(real)(real.command, real.family, real.version + " (another)")
    assert key(layout, real) != key(layout, other)
    monkeypatch.setattr("stdpbench.engine.simulators.compiled.cache.cpu_flags", lambda: frozenset({"another"}))
    changed = key(layout, real)
    monkeypatch.undo()
    assert changed != key(layout, real)


# -- what goes again -------------------------------------------------------------------------------


def kept_network(networks: Path, name: str, used: float, size: int = 100) -> Path:
    folder = networks / name
    folder.mkdir()
    (folder / f"network{entries.SUFFIX}").write_bytes(b"x" * size)
    (networks / f"{name}.log").write_text("")
    os.utime(folder, (used, used))
    return folder


def names(networks: Path) -> list[str]:
    return sorted(path.name for path in networks.iterdir())


N = [f"{number:032x}" for number in range(4)]
"""Names of networks."""


def with_logs(*networks: str) -> list[str]:
    return [name for network in networks for name in (network, f"{network}.log")]


def test_networks_that_were_used_longest_ago_go_beyond_the_room_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "_ROOM", 350)
    (tmp_path / "mine").mkdir()  # the folder may be one that somebody uses for other things too
    for number, size in enumerate([10, 200, 100, 100]):  # the last one was used last
        kept_network(tmp_path, N[number], number, size)
    entries.prune(tmp_path / N[3])
    assert names(tmp_path) == [*with_logs(N[2], N[3]), "mine"], "the first would fit, but was used before the second"
    large = f"{9:032x}"
    kept_network(tmp_path, large, 9, 1000)
    entries.prune(tmp_path / large)
    assert names(tmp_path) == [*with_logs(large), "mine"], "what was made just now stays, however large"


def test_an_open_simulator_keeps_its_network_from_being_evicted(opened, monkeypatch):
    simulator = opened("compiled", experiment())
    folder = simulator._library.path.parent
    used = folder.stat().st_mtime
    os.utime(folder, (1, 1))
    entries._evict(folder)
    assert folder.is_dir()
    opened("compiled", experiment()).close()
    assert folder.stat().st_mtime >= used, "to open a network is to use it"


def test_what_killed_processes_left_behind_goes_after_a_day(tmp_path, monkeypatch):
    networks, temporary = tmp_path / "networks", tmp_path / "temporary"
    networks.mkdir()
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    newest, suffix = kept_network(networks, N[0], 1), entries.SUFFIX
    copies = [newest / f"{entries.COPY}abcdefg1{suffix}", temporary / f"{entries.COPY}abcdefg2{suffix}"]
    others = [temporary / f"mine{suffix}", temporary / f".loaded-abcdefg3{suffix}", newest / f".loaded-mine{suffix}"]
    new = newest / f"{entries.COPY}abcdefg4{suffix}"
    for path in (*copies, *others, new):
        path.write_text("")
    folders = [".making-abcdefg0", ".making-abcdefg1", f".evicted-{N[1]}-17", ".making-mine", ".evicted-mine"]
    for name in folders:
        (networks / name / "source").mkdir(parents=True)
    for path in (*copies, *others, *(networks / name for name in folders[1:])):
        os.utime(path, (0, 0))
    entries.prune(newest)
    assert [path.name for path in copies if path.exists()] == []
    assert all(path.exists() for path in (*others, new)), "what is another's, or new, stays"
    assert names(networks) == [".evicted-mine", ".making-abcdefg0", ".making-mine", *with_logs(N[0])]


@pytest.mark.parametrize(("name", "cut"), [("network.so", False), ("symbols.json", True), ("sha256", False)])
def test_a_damaged_network_is_compiled_again(name, cut, compiled_by_two):
    folder, environment, results = compiled_by_two
    (table,) = (folder / "cache").rglob("symbols.json")
    data = table.with_name(name).read_bytes()
    calls = (folder / "calls").read_text().splitlines()
    damaged = data[: len(data) // 2] if cut else data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]
    table.with_name(name).write_bytes(damaged)
    assert in_another_process(OPEN, **environment)[:2] == results[0][:2]
    assert (folder / "calls").read_text().splitlines() == [*calls, "compiling"]


@pytest.mark.parametrize("way", ["pipe", "file", "link"])
def test_an_entry_that_is_something_else_is_replaced(way, compiled_by_two):
    folder, environment, results = compiled_by_two
    (table,) = (folder / "cache").rglob("symbols.json")
    entry = table.parent
    if way == "pipe":
        table.unlink()
        os.mkfifo(table)
    else:
        shutil.rmtree(entry)
        entry.write_text("") if way == "file" else entry.symlink_to(folder / "nowhere")
    assert in_another_process(OPEN, **environment)[:2] == results[0][:2]
    assert (entry / "symbols.json").is_file()
