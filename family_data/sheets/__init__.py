"""Bulk tables: many rows with shared conditions."""
