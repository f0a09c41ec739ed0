"""Each module here needs what only its tox environment installs, so the ordinary test run leaves this folder out."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def pytest_ignore_collect(config):
    """Collect nothing, unless a path in this folder was asked for."""
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return None if any(HERE in (path, *path.parents) for path in asked) else True
