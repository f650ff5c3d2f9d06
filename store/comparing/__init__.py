"""What a comparison is made of."""
