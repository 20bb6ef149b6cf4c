"""Vocabulary shared by the process of a run and its readers: facts, states, messages, options.

It imports no sibling package.
"""
