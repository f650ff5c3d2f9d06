"""Numbers that this machine gives: what is installed, and how fast it runs."""
