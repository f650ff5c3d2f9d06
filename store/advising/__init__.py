"""What the adviser is made of: limits, the front, the short list, evidence."""
