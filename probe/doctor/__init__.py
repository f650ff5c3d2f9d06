"""What is in order on this machine and what is not: terminal, catalogue, GPU, extras. Imports no framework."""
