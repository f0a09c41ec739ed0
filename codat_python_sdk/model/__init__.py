"""One schema per module; ``codat_python_sdk.models`` has them all."""
