"""Reports of finished runs: measures of what the networks learned, as one HTML page and as data.

`analysis` computes, `tables` and `page` present the results. Nothing here trains networks, and every access to labels
of evaluated pictures is recorded (`stdpbench.runs.catalog.access_log`).
"""
