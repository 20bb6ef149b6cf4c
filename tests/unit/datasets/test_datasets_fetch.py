"""Fetching from a server on this machine that misbehaves in every way that servers do."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from dataset_files import blobs, idx_bytes
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import fetch as module
from stdpbench.data.datasets._mnist_like import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from stdpbench.data.datasets.fetch import PublishedFile, PublishedSet, fetch, status

NOISE = blobs(40, 60, 60)  # does not compress, so that a transfer takes several pieces
PLAIN = {
    TRAIN_IMAGES: idx_bytes(NOISE),
    TRAIN_LABELS: idx_bytes(np.arange(40, dtype=np.uint8) % 10),
    TEST_IMAGES: idx_bytes(blobs(3, 60, 60)),
    TEST_LABELS: idx_bytes(np.array([1, 2, 3], np.uint8)),
}


@dataclass
class Server:
    """What is served under each path, and how; and what was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    breaks_after: dict[str, int] = field(default_factory=dict)  # bytes of an answer, then the connection closes
    knows_ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def mirror(self, name: str) -> str:
        for file, content in PLAIN.items():
            self.files[f"/{name}/{file}.gz"] = gzip.compress(content, compresslevel=1)
        return f"{self.url}/{name}/"


@pytest.fixture
def server():
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            state.asked.append((self.path, asked))
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and state.knows_ranges else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start:][: state.breaks_after.get(self.path)])

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _small_sets(monkeypatch):
    def digest(content: bytes, algorithm: str = "sha256") -> str:
        return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"

    # the second set, as KMNIST, has a wrong digest of what is plain, so that only the published .gz passes
    sets = [
        PublishedSet("mnist", tuple(PublishedFile(n, digest(c, "md5"), "sha256:0") for n, c in PLAIN.items()), ()),
        PublishedSet(
            "kmnist",
            tuple(PublishedFile(n, "md5:0", digest(gzip.compress(c, 1, mtime=0))) for n, c in PLAIN.items()),
            (),
        ),
    ]
    for place in ("fetch", "_mnist_like"):
        monkeypatch.setattr(
            f"stdpbench.data.datasets.{place}.PUBLISHED", {published.name: published for published in sets}
        )
    monkeypatch.setattr(module, "_PAUSE", 0)
    monkeypatch.setattr(module, "_CHUNK", 1000)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


COMPLETE = sorted(f"{name}.gz" for name in PLAIN)


def get(server, tmp_path, *mirrors):
    return fetch("mnist", tmp_path / "in", progress=False, mirrors=mirrors)


def test_fetches_into_the_data_folder_and_leaves_a_complete_one_alone(server, capsys):
    mirror = server.mirror("a")
    folder = fetch("mnist", mirrors=[mirror])
    assert folder == status("mnist")
    assert files_in(folder) == COMPLETE
    assert gzip.decompress((folder / f"{TRAIN_IMAGES}.gz").read_bytes()) == PLAIN[TRAIN_IMAGES]
    captured = capsys.readouterr()
    assert "train-images-idx3-ubyte" in captured.err  # the bar
    assert captured.out == ""
    asked = len(server.asked)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert fetch("mnist", mirrors=[mirror], progress=False) == folder
    assert len(server.asked) == asked
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert capsys.readouterr().err == ""


def test_only_what_is_missing_or_damaged_is_fetched(server, tmp_path):
    mirror = server.mirror("a")
    folder = get(server, tmp_path, mirror)
    (folder / f"{TEST_LABELS}.gz").unlink()
    (folder / f"{TRAIN_LABELS}.gz").write_bytes(b"damaged")
    (folder / TRAIN_LABELS).write_bytes(b"damaged as well")
    assert module.damaged("mnist", folder) == [TRAIN_LABELS, TEST_LABELS]
    server.asked.clear()
    assert get(server, tmp_path, mirror) == folder
    assert [path for path, _ in server.asked] == [f"/a/{TRAIN_LABELS}.gz", f"/a/{TEST_LABELS}.gz"]
    assert files_in(folder) == sorted([*COMPLETE, f"{TRAIN_LABELS}.gz.old", f"{TRAIN_LABELS}.old"])
    assert (folder / f"{TRAIN_LABELS}.gz.old").read_bytes() == b"damaged"
    assert module.damaged("mnist", folder) == []


def test_the_second_mirror_is_used_when_the_first_fails(server, tmp_path):
    folder = get(server, tmp_path, f"{server.url}/none/", "http://127.0.0.1:1/", server.mirror("b"))
    assert files_in(folder) == COMPLETE
    # what failed for the first file is not asked first for the next ones
    assert sum(path.startswith("/none/") for path, _ in server.asked) == 1


def test_a_broken_connection_is_resumed_where_it_broke(server, tmp_path):
    mirror = server.mirror("a")
    path = f"/a/{TRAIN_IMAGES}.gz"
    size = len(server.files[path])
    server.breaks_after[path] = size // 3
    assert files_in(get(server, tmp_path, mirror)) == COMPLETE
    ranges = [asked for asked_path, asked in server.asked if asked_path == path]
    assert len(ranges) >= 3
    assert ranges[0] is None
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in ranges[1:]]
    assert starts == sorted(set(starts))
    assert starts[0] > size // 3 - 2000


def test_a_server_that_ignores_ranges_starts_the_file_again(server, tmp_path):
    mirror = server.mirror("a")
    path = f"/a/{TRAIN_IMAGES}.gz"
    server.breaks_after[path] = 5000
    server.knows_ranges = False
    with pytest.raises(StdpbenchError, match="the connection broke"):
        get(server, tmp_path, mirror)
    assert [name.endswith(".part") for name in files_in(tmp_path / "in")] == [True]
    server.breaks_after.clear()
    server.asked.clear()
    assert files_in(get(server, tmp_path, mirror)) == COMPLETE
    assert [asked for asked_path, asked in server.asked if asked_path == path] == ["bytes=5000-"]


def test_what_is_not_the_published_file_leaves_nothing(server, tmp_path):
    mirror = server.mirror("a")
    for path in server.files:
        server.files[path] = gzip.compress(b"another file")
    with refused(match=r"train-images-idx3-ubyte\.gz of mnist could not be fetched .*wrong checksum.*--from"):
        get(server, tmp_path, mirror)
    assert not (tmp_path / "in" / "mnist").exists()
    server.files = dict.fromkeys(server.files, b"<html>please log in</html>")
    with pytest.raises(StdpbenchError, match="wrong checksum"):
        get(server, tmp_path, mirror)
    assert not (tmp_path / "in" / "mnist").exists()


def test_when_no_mirror_answers_each_is_named(server, tmp_path):
    with pytest.raises(StdpbenchError, match=r"\(127\.0\.0\.1:\d+: HTTP 404; 127\.0\.0\.1:1: no connection\)"):
        get(server, tmp_path, f"{server.url}/none/", "http://127.0.0.1:1/")
    assert not (tmp_path / "in" / "mnist").exists()


def test_a_server_that_unpacks_is_understood(server, tmp_path):
    mirror = server.mirror("a")
    for name, content in PLAIN.items():
        server.files[f"/a/{name}.gz"] = content
    assert files_in(get(server, tmp_path, mirror)) == sorted(PLAIN)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", [".", "mnist"])
def test_import_of_local_files(tmp_path, packed, place):
    source = tmp_path / "von Hand" / place
    source.mkdir(parents=True)
    for name, content in PLAIN.items():
        (source / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    before = files_in(tmp_path / "von Hand")
    folder = fetch("mnist", source=tmp_path / "von Hand")
    assert folder == status("mnist")
    assert files_in(folder) == before == files_in(tmp_path / "von Hand")


def test_import_of_the_archives_as_published(tmp_path):
    for name, content in PLAIN.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content, 1, mtime=0))
    assert files_in(fetch("kmnist", source=tmp_path)) == COMPLETE


def test_import_checks_all_before_it_copies_any(tmp_path):
    source = tmp_path / "source"
    with pytest.raises(StdpbenchError, match=r"there is no folder .*source"):
        fetch("mnist", tmp_path / "in", source)
    source.mkdir()
    for name, content in PLAIN.items():
        (source / name).write_bytes(content)
    (source / TEST_LABELS).write_bytes(PLAIN[TEST_LABELS][:-1])
    with pytest.raises(StdpbenchError, match=r"t10k-labels-idx1-ubyte is not the published file"):
        fetch("mnist", tmp_path / "in", source)
    (source / TEST_LABELS).unlink()
    with pytest.raises(StdpbenchError, match=r"source holds neither t10k-labels-idx1-ubyte nor"):
        fetch("mnist", tmp_path / "in", source)
    assert not (tmp_path / "in").exists()


def test_unknown_names():
    with pytest.raises(StdpbenchError, match=r"no data set 'minst' to fetch; did you mean 'mnist'\?"):
        fetch("minst")
    with pytest.raises(StdpbenchError, match="no data set 'digits' to fetch"):
        status("digits")


def test_progress_is_reported_and_what_the_listener_raises_ends_the_transfer(server, tmp_path):
    heard = []

    class Enough(Exception):  # noqa: N818
        pass

    def report(name, done, total):
        heard.append((name, done, total))
        if len(heard) == 3:
            raise Enough

    with pytest.raises(Enough):
        fetch("mnist", tmp_path / "in", progress=False, mirrors=(server.mirror("a"),), report=report)
    first, done, total = heard[-1]
    assert 0 < done < total
    assert [name for name in files_in(tmp_path) if name.endswith(".part")]
    heard.clear()
    with pytest.raises(Enough):
        fetch("mnist", tmp_path / "in", progress=False, mirrors=(server.mirror("a"),), report=report)
    assert heard[0][0] == first
    assert heard[0][1] > done  # it went on where it was
    fetch("mnist", tmp_path / "in", progress=False, mirrors=(server.mirror("a"),))
    assert files_in(tmp_path) == COMPLETE
