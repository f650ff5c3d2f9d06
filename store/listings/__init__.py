"""What lists of everything are made of."""
