"""The process of a run: engine, training, evaluation, publishing.

It is started by name (``python -m stdpbench.runs.process.worker``); code outside this package does not import it.
"""
