"""A paper or a published table becomes checked YAML."""
