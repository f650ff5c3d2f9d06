"""The screen of `backbones-tui`: a filter, a table, a scatter plot and what is known about the row under the cursor."""
