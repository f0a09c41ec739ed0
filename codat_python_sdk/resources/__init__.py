"""The high-level client's resources, one module each, loaded when they are first used."""
