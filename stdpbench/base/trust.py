"""Programs that the user trusts, by digest: files that build networks (``network.kind = "brian2"``)."""

from __future__ import annotations

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import write_aside
from stdpbench.base.paths import config_folder

_NAME = "trusted"  # one digest per line


def is_trusted(sha256: str) -> bool:
    """Return whether the user trusts the program with this digest."""
    return sha256 in _trusted()


def trust(sha256: str) -> None:
    """Trust the program with this digest, from now on and in every process of the user."""
    if is_trusted(sha256):
        return
    folder = config_folder()
    with disk_errors(f"{folder} cannot be written"):
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{each}\n" for each in (*_trusted(), sha256))
        write_aside(folder / _NAME, lambda file: file.write(lines.encode()))


def check_trusted(sha256: str, path: str) -> None:
    """Check that the user trusts a program.

    Raises
    ------
    StdpbenchError
        If not, with what to do.
    """
    if not is_trusted(sha256):
        raise StdpbenchError(
            f"{path} is a program that would run with your rights, and it is not trusted yet: read it, then repeat "
            "the command with --trust (`stdpbench run`, `stdpbench reproduce`)"
        )


def _trusted() -> list[str]:
    try:
        return (config_folder() / _NAME).read_text(encoding="utf-8").split()
    except OSError:
        return []
