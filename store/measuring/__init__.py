"""What the probe asks, what it finds out, and how it is kept in measurements.db."""
