"""Tables that others publish become sheets: each reader gives the same sheets for the same files."""
