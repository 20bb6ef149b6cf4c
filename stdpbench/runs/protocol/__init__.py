"""The vocabulary that both sides of a run share: facts, states, messages, options. Imports no other room."""
