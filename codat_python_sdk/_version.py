"""The version, in a file of its own so that it can be read without importing the package."""

__version__ = "2.0.0"
