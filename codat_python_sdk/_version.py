"""The version, in a file of its own so that nobody imports the package to learn it."""

__version__ = "2.0.0"
