"""YAML as plain data with places: read by events, hostile text refused."""
