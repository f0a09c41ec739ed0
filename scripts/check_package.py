"""Build sdist and wheel, and prove them: metadata, the wheel's content, and a first use in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "codat_python_sdk"

# Runs in the empty environment and folder, so that nothing but the wheel can be what is imported.
FIRST_USE = """
import codat_python_sdk, codat_python_sdk.apis, codat_python_sdk.models
from codat_python_sdk import ApiClient, Configuration, ConnectionApi
from codat_python_sdk.sandbox import Sandbox

assert "site-packages" in codat_python_sdk.__file__, codat_python_sdk.__file__
with Sandbox() as sandbox:
    configuration = Configuration(host=sandbox.url, api_key={"API Key Auth": sandbox.auth_header})
    with ApiClient(configuration) as client:
        ConnectionApi(client).companies_company_id_connections_get(sandbox.company_id)
print("the wheel works:", codat_python_sdk.__version__)
"""


def run(*command: object, cwd: Path = ROOT) -> None:
    """Run a command; its failure is ours."""
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


def check_content(wheel: Path) -> None:
    """The wheel holds every file of the package and its pytest plugin, and none besides its own metadata."""
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(ROOT).as_posix())
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    } | {"codat_python_sdk_pytest.py"}
    if found != wanted:
        sys.exit(f"missing in the wheel: {sorted(wanted - found)}; too much: {sorted(found - wanted)}")


def main() -> None:
    """Leave nothing behind: all that is built is built in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        dist, environment = Path(folder, "dist"), Path(folder, "environment")
        run(sys.executable, "-m", "build", "--outdir", dist)  # the wheel from the sdist, so the sdist is complete
        run(sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir())
        (wheel,) = dist.glob("*.whl")
        check_content(wheel)
        venv.create(environment, with_pip=True)
        python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        run(python, "-m", "pip", "install", "-q", wheel)
        run(python, "-W", "error", "-c", FIRST_USE, cwd=Path(folder))


if __name__ == "__main__":
    main()
