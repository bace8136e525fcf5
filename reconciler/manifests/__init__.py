"""Manifests: their shape, their checks, their files, and desired state out of them."""
