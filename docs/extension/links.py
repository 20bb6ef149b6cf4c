"""Pages of the site for files outside ``docs``, and links that work on GitHub and on the site.

A page such as ``docs/changelog.md`` consists of a link to the file that it shows. On the site it has the content of
that file. Links to such files lead to these pages; links to other files of the repository become downloads, and links
to folders become their text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SHOWN = {
    "readme": "README.md",
    "changelog": "CHANGELOG.md",
    "contributing": "CONTRIBUTING.md",
    "security": "SECURITY.md",
    "code-of-conduct": "CODE_OF_CONDUCT.md",
    "data-sets": "data/README.md",
}
"""Pages of the site, and the files that they show."""
FOLDERS = {"docs/decisions": "docs/decisions/index.md", "docs/lessons": "docs/lessons/index.md"}
_PAGES = {file: f"docs/{page}.md" for page, file in SHOWN.items()}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"(?ms)^(`{3,}|~{3,}).*?^\1`*[ \t]*$")


def rewritten(text: str, source: Path, page: Path) -> str:
    """Return the text of a file with its relative links as seen from a page of the site.

    Parameters
    ----------
    text : str
        Markdown.
    source : Path
        The file of the text, to which its links are relative.
    page : Path
        The file in ``docs`` of the page that shows the text.
    """

    def one(link: re.Match[str]) -> str:
        image, label, target = link.groups()
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        path, _, anchor = target.partition("#")
        place = (source.parent / path).resolve()
        inside = place.relative_to(ROOT).as_posix()
        place = ROOT / _PAGES.get(inside, FOLDERS.get(inside, inside))
        if place.is_dir():
            return label
        new = Path(os.path.relpath(place, page.parent)).as_posix() + (f"#{anchor}" if anchor else "")
        return f"{image}[{label}]({new})"

    parts, at = [], 0
    for fence in _FENCED.finditer(text):
        parts += [_LINK.sub(one, text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, _LINK.sub(one, text[at:])])


def _read(app: Any, docname: str, source: list[str]) -> None:
    page = Path(app.env.doc2path(docname))
    if page.suffix != ".md":
        return
    file = page
    if docname in SHOWN:
        file = ROOT / SHOWN[docname]
        source[0] = file.read_text(encoding="utf-8")
        app.env.note_dependency(str(file), docname=docname)
    source[0] = rewritten(source[0], file, page)
    if docname == "lessons/index" and not any(name.startswith("lessons/") for name in app.env.found_docs - {docname}):
        source[0] = _FENCED.sub("", source[0])  # Sphinx warns of a pattern that matches no page


def setup(app: Any) -> None:
    """Rewrite links when pages are read."""
    app.connect("source-read", _read)
