"""What the words of a table mean in the catalogue's vocabulary."""
