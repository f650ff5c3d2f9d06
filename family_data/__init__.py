"""The shipped YAML: one file per family; `sheets` holds the bulk tables."""
