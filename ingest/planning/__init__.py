"""Asks a language model what the rows and columns of a paper's tables mean; it never copies a number."""
