"""Manifests: their models, their checks, their files, and desired state out of them."""
