"""What completions are made of: where the cursor is, what can stand there, how many rows it has."""
