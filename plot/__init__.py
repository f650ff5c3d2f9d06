"""Scatter plots in terminal cells, the same plots as files, and small side charts."""
