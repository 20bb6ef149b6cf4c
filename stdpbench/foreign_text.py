"""Text that others wrote, made safe for where it is shown: a terminal, rich text, a figure, or the name of a folder.

Names of classes, nodes, columns and runs, titles and notes come from files of others. Nothing else in stdpbench or its
app escapes them.
"""

from __future__ import annotations

import unicodedata

_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that a terminal obeys, or that change the direction or the lines of a text."""
_FOLDER_NAMES = 100  # characters of a name at most


def terminal_text(text: str, *, lines: bool = False) -> str:
    """Write the characters that a terminal would obey as in Python, an escape as a backslash and x1b.

    Parameters
    ----------
    text : str
        Text of others.
    lines : bool
        Whether line feeds and tabs stay.
    """
    if text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _OBEYED and char not in kept else char
        for char in text
    )


def figure_text(text: str) -> str:
    """Write a text so that matplotlib draws it as it is, and takes no part of it for mathematics."""
    return terminal_text(text, lines=True).replace("$", r"\$")


def folder_name_problem(name: str) -> str:
    """Return why a folder of others may not have a name; empty if it may.

    Parameters
    ----------
    name : str
        The name as it stands in a file.
    """
    if terminal_text(name) != name:
        return "has control characters"
    if not name or name[0] in ".-~" or name != name.strip():
        return "is empty, or begins with a dot, a dash, a tilde or a space, or ends with a space"
    if any(char in name for char in '/\\:*?"<>|') or len(name) > _FOLDER_NAMES:
        return f"has a character that is not allowed in names, or more than {_FOLDER_NAMES} characters"
    return ""
