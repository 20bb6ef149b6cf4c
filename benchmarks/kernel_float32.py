"""Baseline: the same network as a hand-written float32 kernel in C++, compiled for this processor.

The kernel is kernel_float32.cpp. Presentations and normalisation are timed separately; spikes are drawn beforehand.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import inputs
import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("kernel_float32.cpp")
SHA256 = "2af2e18ee9deccc138c3637de5376b7763ebb7393bac820730f805052ea72656"
"""Of the source: a yardstick that may not change unnoticed, since earlier figures are multiples of its time."""
# -ffast-math is for the compiler only: the linker would change the floating point mode of the whole process
FLAGS = ["-std=c++17", "-O3", "-march=native", "-ffast-math", "-fPIC"]
WIDE = "-mprefer-vector-width=512"  # by default, GCC and clang use only half of the vector width of AVX-512


def main() -> None:
    """Compile the kernel and time it."""
    arguments = inputs.parser(__doc__, presentations=200)
    arguments.add_argument("--inhibition", choices=("layer", "direct"), default="layer")
    options = arguments.parse_args()
    rng = np.random.default_rng(options.seed)
    pixels, pictures = inputs.images(options.presentations + 5, options.data)
    stimuli = [inputs.spikes(image, rng) for image in pixels]
    w = inputs.start_weights(options.n_exc, rng).astype(np.float32)
    start = perf_counter()
    library, flags = compiled()
    set_up = perf_counter() - start
    figures: dict[str, Any] = {
        "baseline": "kernel_float32",
        "n_exc": options.n_exc,
        "inhibition": options.inhibition,
        "pictures": pictures,
        "flags": flags,
        "set_up_s": round(set_up, 2),
    }
    for protocol, rest in (("stimulus", 0), ("stimulus_and_rest", inputs.REST_BINS)):
        normalise_ms, present_ms, counts = run(library, w, options.inhibition == "layer", stimuli, rest)
        figures[f"{protocol}_ms"] = inputs.median(present_ms[5:])
        figures.setdefault("normalise_ms", inputs.median(normalise_ms[5:]))
        figures.setdefault("exc_spikes_per_image", round(float(np.mean(counts)), 1))
    figures["input_spikes_per_image"] = round(float(np.mean([len(index) for index, _ in stimuli])))
    inputs.report(figures, options.json)


def compiled(source: Path = SOURCE) -> tuple[ctypes.CDLL, str]:
    """Compile the kernel, or a source that includes it, and load it; return the library and the flags used."""
    named = shlex.split(os.environ.get("CXX", ""))
    compiler = named or next(([name] for name in ("g++", "c++", "clang++") if shutil.which(name)), None)
    if compiler is None:
        sys.exit("the kernel needs a C++ compiler, and none was found")
    if hashlib.sha256(SOURCE.read_bytes().replace(b"\r\n", b"\n")).hexdigest() != SHA256:
        sys.exit(f"{SOURCE.name} is not the kernel that figures so far were compared with")
    wide = _has_avx512()
    flags = [*FLAGS, WIDE] if wide else FLAGS
    folder = Path(tempfile.mkdtemp(prefix="stdpbench-bench-"))
    try:
        made, library = folder / "kernel.o", folder / "kernel.so"
        subprocess.run([*compiler, *flags, "-c", str(source), "-o", str(made)], check=True)
        subprocess.run([*compiler, "-shared", "-pthread", str(made), "-o", str(library)], check=True)
        loaded = ctypes.CDLL(str(library))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    loaded.kernel_new.restype = ctypes.c_void_p
    return loaded, " ".join(flags)


def _has_avx512() -> bool:
    try:
        return "avx512f" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def run(
    library: ctypes.CDLL,
    w: NDArray[np.float32],
    layer: bool,
    stimuli: list[tuple[NDArray[np.int32], NDArray[np.int32]]],
    rest_bins: int,
) -> tuple[list[float], list[float], list[int]]:
    """Present all stimuli with learning; return ms of normalisation and presentation, and exc spikes."""
    handle = ctypes.c_void_p(library.kernel_new(*w.shape, int(layer), w.ctypes.data_as(ctypes.c_void_p)))
    normalise_ms, present_ms, counts = [], [], []
    for index, bins in stimuli:
        begin = perf_counter()
        library.kernel_normalise(handle, ctypes.c_float(inputs.WEIGHT_SUM))
        normalised = perf_counter()
        count = library.kernel_present(
            handle,
            index.ctypes.data_as(ctypes.c_void_p),
            bins.ctypes.data_as(ctypes.c_void_p),
            len(index),
            inputs.STIMULUS_BINS,
            inputs.STIMULUS_BINS + rest_bins,
        )
        normalise_ms.append(1e3 * (normalised - begin))
        present_ms.append(1e3 * (perf_counter() - normalised))
        counts.append(count)
    return normalise_ms, present_ms, counts


if __name__ == "__main__":
    main()
