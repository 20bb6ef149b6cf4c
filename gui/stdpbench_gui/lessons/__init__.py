"""Guided lessons: a pane beside the live program, which notices by itself when a step is done.

The texts are declared in `stdpbench.base.lessons`. `checks` has the conditions, `sight` what they look at and the
signals after which they are looked at again, `places` what *Show me* highlights, `progress` what is remembered, and
`pane` the dock.
"""
