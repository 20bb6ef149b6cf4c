"""The queue of a runs folder and the runner that processes it with bounded concurrency."""
