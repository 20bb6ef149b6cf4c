"""Reports of finished runs: what the networks learned, measured from several sides, as one page and as data.

`analysis` computes, `tables` and `page` show; nothing here trains, and labels of evaluated pictures are read under the
ledger (`stdpbench.runs.catalog.test_access_log`).
"""
