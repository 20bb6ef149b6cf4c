"""The process of a run: engine, training, assessment, publishing.

It is started by name (``python -m stdpbench.runs.process.worker``); code outside this package does not import it.
"""
