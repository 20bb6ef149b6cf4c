"""Name of `stdpbench.runs.process.worker` in version 0.1.0, for processes of that version that still run."""

from runpy import run_module

if __name__ == "__main__":
    run_module("stdpbench.runs.process.worker", run_name="__main__", alter_sys=True)
