"""Responses of a run to evaluated stimuli as files of other tools: Neo and NWB."""
