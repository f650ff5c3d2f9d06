"""The steps from a plan to a family file: rows are copied, settings looked up, results put together."""
