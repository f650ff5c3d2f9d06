"""Words in, words out: everything slow is imported inside the command."""
