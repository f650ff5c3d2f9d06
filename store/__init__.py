"""What is known, and how to ask: no screen, no network, no output."""
