"""The process of a run: engine, training, evaluation, publishing.

Started by name (``python -m stdpbench.runs.process.worker``); code outside this package does not import it.
"""
