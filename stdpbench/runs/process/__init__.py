"""The process of a run: engine, training, evaluation, publishing.

It is started by name (``python -m stdpbench.runs.process.worker``); nothing outside imports it.
"""
