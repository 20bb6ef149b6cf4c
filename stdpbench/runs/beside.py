"""Name of `stdpbench.runs.process.compile_process` in version 0.1.0, for processes of that version that still run."""

from runpy import run_module

if __name__ == "__main__":
    run_module("stdpbench.runs.process.compile_process", run_name="__main__", alter_sys=True)
