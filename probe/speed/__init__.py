"""How fast a model runs on this machine: timed in a worker process, looked after by a supervisor without torch."""
