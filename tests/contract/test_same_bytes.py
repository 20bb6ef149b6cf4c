"""The network of Diehl & Cook gives the same bytes as before networks were declared as populations and projections.

The commit before is taken from the history and runs beside this one, on the same machine. Slow: `make test-slow`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from stdpbench.engine.simulators import find_compiler

BEFORE = "3ca35c874a139a8288779709a144eb0fbfd5d9bc"
ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import hashlib, sys
from stdpbench.experiment import read_experiment
from stdpbench.engine.network import start_weights
from stdpbench.runs.process.training import train
from stdpbench.engine.simulators import open_simulator

name, delays, simulator_name, n = *sys.argv[1:4], int(sys.argv[4])
experiment = read_experiment(name).override(
    {"network.delays": delays, "schedule.train_images": n, "schedule.passes": 1}
)
images = experiment.data.prepare().train
simulator, _ = open_simulator(experiment, images.pixels[0].size, simulator_name)
simulator.w[...] = start_weights(experiment, images)
digest, n_spikes = hashlib.sha256(), 0
for presented in train(simulator, experiment, images):
    response = presented.response
    exc = response.spikes["exc"] if hasattr(response, "spikes") else response.exc
    digest.update(exc.index.tobytes() + exc.bin.tobytes())
    digest.update(simulator.theta.tobytes())
    n_spikes += len(exc)
digest.update(simulator.w.tobytes())
print("result", n_spikes, digest.hexdigest())
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commit before, extracted from the history."""
    folder = tmp_path_factory.mktemp("before")
    done = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("the history of the repository is not here")
    packed = folder / "before.tar"
    packed.write_bytes(done.stdout)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder


def result(root: Path, *arguments: str) -> tuple[int, str]:
    """Run the script with the package in a folder; the number of exc spikes and the digest."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, *arguments],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, n_spikes, digest = done.stdout.split()
    return int(n_spikes), digest


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
@pytest.mark.parametrize(("simulator", "n"), [("compiled", "1000"), ("runtime", "50")])
@pytest.mark.parametrize("delays", ["none", "uniform"])
@pytest.mark.parametrize("name", ["digits", "fast-100", "diehl-cook-100"])
def test_the_same_bytes_as_the_commit_before(name: str, delays: str, simulator: str, n: str, before: Path) -> None:
    if name != "digits" and not os.environ.get("STDPBENCH_DATA"):
        pytest.skip("needs MNIST")
    ours = result(ROOT, name, delays, simulator, n)
    assert ours[0] > 100
    assert ours == result(before, name, delays, simulator, n)
