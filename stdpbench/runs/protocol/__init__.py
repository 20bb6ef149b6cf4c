"""Vocabulary shared by the process of a run and its readers: facts, states, messages, options.

Imports no sibling package.
"""
