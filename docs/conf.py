"""Sphinx: ``make docs``, or ``sphinx-build -W --keep-going docs build/docs``. Nothing is fetched from the network."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
# runs of the notebooks
os.environ["STDPBENCH_RUNS"] = str(Path(__file__).parents[1] / "build" / "runs of the documentation")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import stdpbench

project = "stdpbench"
author = "the stdpbench authors"
version = release = stdpbench.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc", "extension"]
exclude_patterns = ["extension", "Thumbs.db", ".DS_Store"]
nitpicky = True
# types of other packages, whose inventories would have to be fetched, and words of numpydoc's descriptions of types
nitpick_ignore_regex = [(r"py:.*", r"(?!stdpbench\.).*")]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
nb_execution_mode = os.environ.get("STDPBENCH_DOCS_NOTEBOOKS", "cache")
nb_execution_timeout = 900
nb_execution_raise_on_error = True
nb_execution_cache_path = str(Path(__file__).parents[1] / "build" / "notebooks")

smartquotes = False  # of options, such as --set, and of values in quotes
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "furo"
html_title = f"stdpbench {version}"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
