"""The version, once: read by packaging, provenance and the command line."""

__version__ = "0.1.0"
