"""Escape untrusted text, such as names of classes, nodes and runs, titles and notes.

The command line prints everything through `terminal_text`. Figures of `stdpbench.results.figures` and labels of the
app do not interpret text as mathematics or HTML (`figures.drawing`, `look.labels`).
"""

from __future__ import annotations

import json
import re

_CONTROLS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
"""Control characters, and characters that change the direction or the lines of a text."""
_IN_LINES, _IN_A_LINE = re.compile(f"[{_CONTROLS}]"), re.compile(f"[\t\n{_CONTROLS}]")
_FOLDER_NAMES = 100  # characters of a name at most


def terminal_text(text: str, *, lines: bool = False) -> str:
    """Return text with its control characters escaped as in JSON.

    Parameters
    ----------
    text : str
        Untrusted text; JSON stays JSON of the same values.
    lines : bool
        Whether line feeds and tabs stay.
    """
    controls = _IN_LINES if lines else _IN_A_LINE
    return controls.sub(lambda match: json.dumps(match[0])[1:-1], text)


def folder_name_problem(name: str) -> str:
    """Return why a name from a file is not allowed for a folder, or an empty string if it is.

    Parameters
    ----------
    name : str
        The name, as read from the file.
    """
    if terminal_text(name) != name:
        return "has control characters"
    if not name or name[0] in ".-~" or name != name.strip():
        return "is empty, or begins with a dot, a dash, a tilde or a space, or ends with a space"
    if any(char in name for char in '/\\:*?"<>|') or len(name) > _FOLDER_NAMES:
        return f"has a character that is not allowed in names, or more than {_FOLDER_NAMES} characters"
    return ""
