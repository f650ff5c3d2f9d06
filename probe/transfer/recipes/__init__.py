"""The shipped recipes for fine-tuning, one YAML file each."""
