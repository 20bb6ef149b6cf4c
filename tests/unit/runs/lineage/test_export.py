"""Export and reproduction: complete zip files, malicious ones, and results that agree or differ."""

from __future__ import annotations

import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from edited_journal import edit_journal
from filelock import FileLock

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.lock import lock_path
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage import export
from stdpbench.runs.lineage import reproduction as reproduction_call
from stdpbench.runs.lineage.export import export_run, import_run, installed, unpack_run
from stdpbench.runs.lineage.reproduction import (
    CONTINUE,
    STOP,
    Agreement,
    ReproducedAccuracy,
    compare,
    open_source,
    prepare,
)
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.facts import ParametersChanged, Record, Remarked
from stdpbench.runs.protocol.options import Options

SMALL = {
    "network.n_exc": 12,
    "schedule.train_images": 60,
    "schedule.passes": 1,
    "schedule.label_images": 40,
    "schedule.test_images": 30,
}


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A branch of a run that starts from the network of another one; parameters of either were changed on the way."""
    runs = tmp_path_factory.mktemp("runs")
    first = create_run(read_experiment("digits").override(SMALL), runs, Options())
    first.write_array("weights.npy", np.random.default_rng(0).random((784, 12)))
    first.write_array("theta.npy", np.full(12, 0.02))
    parent = stdpbench.start("digits", set=SMALL, seed=6, runs=runs, baselines=False, workers=1, start_from=first.path)
    parent.pause().step(12)
    parent.set({"exc.theta_plus": "0.3 mV"})
    parent.step(15)
    run = parent.branch(set={"plasticity.nu_post": 0.02})
    parent.stop()
    run.wait(progress=False)
    return RunFolder.open(run.path)


@pytest.fixture(scope="module")
def zipped(branch: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_run(branch, tmp_path_factory.mktemp("zips ü") / "run.zip")


@pytest.fixture
def copy(branch: RunFolder, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(branch.path, tmp_path / "copy")))


def test_the_zip_contains_everything_needed_to_reproduce_the_run(branch: RunFolder, zipped: Path) -> None:
    name = branch.path.name
    with zipfile.ZipFile(zipped) as archive:
        names = set(archive.namelist())
        text = archive.read(f"{name}/README.txt").decode()
        packages = archive.read(f"{name}/packages.txt").decode().splitlines()
    for file in ("experiment.toml", "run.json", "journal.jsonl", "metrics.json", "start_weights.npy", "test.npz"):
        assert f"{name}/{file}" in names
    assert not any("checkpoints" in entry or "lock" in entry or "worker.log" in entry for entry in names)
    assert f"stdpbench reproduce {name}.stdpbench.zip" in text
    assert f"numpy=={np.__version__}" in packages
    assert packages == installed()


def test_a_zip_reproduces_a_branch_to_the_bit(
    branch: RunFolder, zipped: Path, tmp_path: Path, run_cli: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, err = run_cli("reproduce", str(zipped), "--runs", str(tmp_path), "--workers", "1", "--json")
    assert status == 0, err
    record = json.loads(out.splitlines()[-1])
    assert record["same"]
    assert record["results"]["parameter changes"]
    again = RunFolder.open(Path(record["path"]))
    assert (again.path / "weights.npy").read_bytes() == (branch.path / "weights.npy").read_bytes()
    assert again.read_json("run.json")["reproduces"]["name"] == branch.path.name
    changes = [r for r in read_journal(again.path) if isinstance(r.fact, ParametersChanged)]
    assert [set(change.fact.changes) for change in changes] == [{"exc.theta_plus"}, {"plasticity.nu_post"}]  # type: ignore[union-attr]


def test_unpacking_gives_a_run_folder(branch: RunFolder, zipped: Path, tmp_path: Path) -> None:
    folder = unpack_run(zipped, tmp_path)
    assert folder.path == tmp_path / branch.path.name
    assert stdpbench.open_run(folder.path).state == "finished"
    assert compare(branch, folder).same
    with open_source(zipped) as other:
        assert other.experiment == branch.experiment
    assert not other.path.exists()


def test_export_refuses_missing_folders_and_active_runs(branch: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match="there is no folder"):
        export_run(branch, tmp_path / "nowhere" / "run.zip")
    with FileLock(lock_path(branch.path)), pytest.raises(StdpbenchError, match="a process is working on"):
        export_run(branch, tmp_path / "run.zip")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name",
    ["../run.json", "run/../../run.json", "/run/run.json", "C:/run/run.json", "..\\run.json", "run/..\\..\\run.json"],
)
def test_a_zip_that_leads_out_of_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    path, into = tmp_path / "evil.zip", tmp_path / "a" / "b"
    into.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run/experiment.toml", "")
        archive.writestr(name, "{}")
    with pytest.raises(StdpbenchError, match="leads out of its folder"):
        unpack_run(path, into)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "evil.zip"]


@pytest.mark.parametrize(
    "name",
    ["queue", "Bin", "index.cache", "-rf", "~", ".hidden", "a\x1b[31m", "a\u202eb", "<img>", " "],
)
def test_a_zip_cannot_choose_any_name_for_a_folder(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"{name}/run.json", "{}")
        archive.writestr(f"{name}/experiment.toml", "")
    with pytest.raises(StdpbenchError, match=r"refused .*a\.zip: the name of its folder"):
        import_run(tmp_path / "a.zip", tmp_path / "runs")
    assert not list((tmp_path / "runs").iterdir())


def test_links_doubles_and_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = zipfile.ZipInfo("run/run.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(StdpbenchError, match="not a regular file"):
        unpack_run(tmp_path / "link.zip", tmp_path)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("run/run.json", "{}")
        archive.writestr("other/run.json", "{}")
    with pytest.raises(StdpbenchError, match="twice"):
        unpack_run(tmp_path / "two.zip", tmp_path)
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:
        archive.writestr("run/run.json", "{}")
        archive.writestr("run/experiment.toml", "")
    monkeypatch.setattr("stdpbench.runs.lineage.export._LARGEST", -(2**30))
    with pytest.raises(StdpbenchError, match="larger than"):
        unpack_run(tmp_path / "large.zip", tmp_path)


def bomb(path: Path, name: str, size: int) -> Path:
    """A zip of a run with a file of so many spaces, compressed a thousandfold."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(f"run/{name}", "w") as file:
        for start in range(0, size, 2**20):
            file.write(b" " * min(2**20, size - start))
    return path


@pytest.mark.parametrize(
    ("name", "mebibytes"), [("experiment.toml", 1), ("run.json", 8), ("journal.jsonl", 64), ("figures/a.png", 64)]
)
def test_a_file_that_is_larger_than_any_of_a_run_is_refused_before_it_is_unpacked(
    name: str, mebibytes: int, tmp_path: Path
) -> None:
    path = bomb(tmp_path / "a.zip", name, mebibytes * 2**20 + 1)
    with pytest.raises(StdpbenchError, match=rf"refused .*a\.zip: .*{name} in it is larger than {mebibytes} MiB"):
        unpack_run(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    if mebibytes > 1:
        path = bomb(tmp_path / "b.zip", name, 2 * 2**20)
        with pytest.raises(StdpbenchError, match=rf"refused .*b\.zip: {name} in it is compressed more than 200-fold"):
            unpack_run(path, tmp_path / "out")


def test_arrays_that_are_larger_than_any_of_a_run_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_LARGEST", 2**20)
    monkeypatch.setattr(export, "content_limit", lambda size: 0)
    inner = io.BytesIO()
    np.savez_compressed(inner, spike_counts=np.zeros(2**18))
    for name, content, message in (
        ("test.npz", inner.getvalue(), r"test\.npz in it is larger than 1 MiB"),
        ("label.npz", b"PK", r"label\.npz in it is damaged"),
    ):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(f"run/{name}", content)
        with pytest.raises(StdpbenchError, match=message):
            unpack_run(tmp_path / "a.zip", tmp_path / "out")


def test_a_zip_that_understates_its_size_is_refused(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.zip", "journal.jsonl", 2 * 2**20)
    data = path.read_bytes()
    path.write_bytes(data.replace((2 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with pytest.raises(StdpbenchError, match=r"a\.zip is not a zip file, or is damaged"):
        unpack_run(path, tmp_path / "out")
    left = tmp_path / "out" / "run" / "journal.jsonl"
    assert not left.exists() or left.stat().st_size <= 1000


def test_damaged_zips_get_one_sentence(zipped: Path, tmp_path: Path) -> None:
    whole = zipped.read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for number in range(60):
        damaged = bytearray(whole)
        if number % 3 == 0:
            del damaged[int(random.integers(len(whole))) :]
        else:
            for place in random.integers(len(whole), size=30):
                damaged[place] ^= int(random.integers(1, 256))
        path = tmp_path / f"{number}.zip"
        path.write_bytes(damaged)
        try:
            unpack_run(path, tmp_path / str(number))
        except StdpbenchError as error:
            refused += str(path) in str(error)  # anything else is a traceback, and ends the test
    assert refused > 30
    for text in (b"", b"PK"):
        (tmp_path / "x.zip").write_bytes(text)
        with pytest.raises(StdpbenchError, match="not a zip file"):
            unpack_run(tmp_path / "x.zip", tmp_path / "x")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(StdpbenchError, match="does not contain a run"):
        unpack_run(tmp_path / "empty.zip", tmp_path / "empty")
    with pytest.raises(StdpbenchError, match="there is no file"):
        unpack_run(tmp_path / "nowhere.zip", tmp_path)


def damaged_metrics(copy: RunFolder) -> None:
    (copy.path / "metrics.json").write_text('{"accuracy": {"vote": 3}}')


def damaged_array(copy: RunFolder) -> None:
    (copy.path / "test.npz").write_bytes((copy.path / "test.npz").read_bytes()[:-40])


def structural_change(copy: RunFolder) -> None:
    records = read_journal(copy.path)
    change = next(r for r in records if isinstance(r.fact, ParametersChanged))
    records[change.number] = replace(change, fact=ParametersChanged({"network.n_exc": (12, 13)}))
    write_journal(copy.path, records)


def no_change(copy: RunFolder) -> None:
    text = (copy.path / "journal.jsonl").read_text(encoding="utf-8")
    (copy.path / "journal.jsonl").write_text(text.replace('"changes":{', '"changes":[', 1).replace("]}}", "]]}", 1))


def odd_change(copy: RunFolder) -> None:
    records = read_journal(copy.path)
    change = next(r for r in records if isinstance(r.fact, ParametersChanged))
    records[change.number] = replace(change, fact=ParametersChanged({"exc.theta_plus": 3}))  # type: ignore[dict-item]
    write_journal(copy.path, records)


def no_journal(copy: RunFolder) -> None:
    (copy.path / "journal.jsonl").unlink()


def not_finished(copy: RunFolder) -> None:
    edit_journal(copy, state="stopped")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damaged_metrics, "damaged"),
        (damaged_array, "damaged"),
        (structural_change, "structural"),
        (no_change, "damaged"),
        (odd_change, "damaged"),
        (no_journal, "missing"),
        (not_finished, "only a finished run"),
    ],
)
def test_unusable_runs_are_refused_before_a_folder_is_created(
    spoil: Callable[[RunFolder], None], message: str, copy: RunFolder, tmp_path: Path
) -> None:
    spoil(copy)
    with pytest.raises(StdpbenchError, match=message):
        prepare(copy, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_only_the_location_of_data_can_be_set(branch: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match="would be another run"):
        prepare(branch, tmp_path / "again", places={"seed": 3})
    assert not (tmp_path / "again").exists()


def test_different_pictures_are_reported_before_the_run(copy: RunFolder, tmp_path: Path) -> None:
    assert prepare(copy, tmp_path / "again")[1] == ""
    edit_journal(copy, data_sha256="0" * 64)
    folder, remark = prepare(copy, tmp_path / "again")
    assert "pictures differ from those of the original run" in remark
    assert "data_sha256" not in folder.read_json("run.json")


def test_interruptions_do_not_count(branch: RunFolder, copy: RunFolder) -> None:
    # remarks of a resumed run, and baselines that were evaluated later
    records = read_journal(copy.path)
    remark = Record(len(records), 130, "2025-01-01T00:00:00+00:00", Remarked("x", once=True))
    write_journal(copy.path, [*records, remark])
    metrics = copy.read_json("metrics.json")
    metrics["baselines"] = {"k_means": metrics["accuracy"]["vote"]}
    metrics["training"]["seconds"] = 1e6
    copy.write_json("metrics.json", metrics)
    assert compare(copy, branch).same
    assert compare(branch, copy).same


def test_differences_are_reported_with_their_size(branch: RunFolder, copy: RunFolder) -> None:
    with np.load(copy.path / "test.npz") as arrays:
        counts, attempts = arrays["spike_counts"].copy(), arrays["attempts"]
    counts[3, 2] += 5
    counts[4, 1] += 1
    copy.write_arrays("test.npz", spike_counts=counts, attempts=attempts)
    found = compare(branch, copy)
    assert not found.same
    assert not found.agrees, "on the same machine, with the same versions, it should be to the bit"
    assert [name for name, same in found.results.items() if not same] == ["test.npz"]
    (difference,) = found.spikes
    assert (difference.phase, difference.different, difference.largest) == ("test", 2, 5)
    assert difference.again == difference.before + 6
    # elsewhere it counts as reproduced as long as accuracies lie within their intervals
    edit_journal(copy, versions={**copy.read_json("run.json")["versions"], "numpy": "0.1"})
    found = compare(branch, copy)
    assert found.environment == {"numpy": (np.__version__, "0.1")}
    assert found.agrees
    copy.write_arrays("test.npz", spike_counts=counts[:-1], attempts=attempts[:-1])
    assert compare(branch, copy).spikes[0].different == counts.size


def test_an_accuracy_outside_its_interval_is_no_reproduction() -> None:
    inside = ReproducedAccuracy("vote", 0.9, 0.88, 0.92, 0.89)
    outside = ReproducedAccuracy("confidence", 0.9, 0.88, 0.92, 0.95)
    elsewhere = {"numpy": ("1", "2")}
    assert Agreement({"weights.npy": False}, elsewhere, (), (inside,)).agrees
    found = Agreement({"weights.npy": False}, elsewhere, (), (inside, outside))
    assert not found.agrees
    assert "outside their intervals: confidence" in found.verdict
    assert not Agreement({"weights.npy": False}, elsewhere, (), ()).agrees
    assert Agreement({"weights.npy": True}, elsewhere, (), ()).agrees


def test_an_export_reports_progress_and_can_be_cancelled(branch: RunFolder, tmp_path: Path) -> None:
    target, progress = tmp_path / "run.zip", []
    target.write_bytes(b"an older one")
    with pytest.raises(StdpbenchError, match="already exists"):
        export_run(branch, target)

    def cancel(done: int, total: int) -> None:
        raise StdpbenchError("enough")

    with pytest.raises(StdpbenchError, match="enough"):
        export_run(branch, target, replace=True, on_progress=cancel)
    assert target.read_bytes() == b"an older one"
    assert list(tmp_path.iterdir()) == [target]
    export_run(branch, target, replace=True, on_progress=lambda done, total: progress.append((done, total)))
    assert progress[-1][0] == progress[-1][1] > 0
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert unpack_run(target, tmp_path / "unpacked").about["state"] == "finished"


def test_reproduction_in_one_call_reports_its_result(branch: RunFolder, tmp_path: Path) -> None:
    phases: list[str] = []
    again = reproduction_call.reproduce(
        branch.path, tmp_path, lambda progress: phases.append(progress.get("phase", ""))
    )
    assert again.agreement.same
    assert {"train", "label", "test"} & set(phases)  # a phase may be over between two looks
    stopped = reproduction_call.reproduce(
        branch.path, tmp_path, command=iter([CONTINUE, CONTINUE, *[STOP] * 10_000]).__next__
    )
    assert stopped.agreement is None
    none = reproduction_call.reproduce(branch.path, tmp_path, command=lambda: STOP)
    assert "was cancelled" in none.sentence
    assert not none.path.exists()


def test_an_exported_run_is_shown_elsewhere(
    branch: RunFolder, zipped: Path, tmp_path: Path, call: Callable[..., str]
) -> None:
    runs = tmp_path / "elsewhere" / "runs"
    call("import", str(zipped), "--runs", str(runs))
    (made,) = runs.iterdir()  # and nothing beside it
    assert made.name == branch.path.name
    assert np.array_equal(stdpbench.open_run(made).weights["feed"], stdpbench.open_run(branch.path).weights["feed"])
    with pytest.raises(StdpbenchError, match="already exists"):
        import_run(zipped, runs)
    assert list(runs.iterdir()) == [made]
