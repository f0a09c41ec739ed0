"""The automatic part of a release: build, test the built files, and print the remaining steps.

    tox -e package                 of any change; leaves nothing
    tox -e package -- --release    of a release; leaves sdist and wheel in dist/

Only pip uses the network.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from interpreters import find, supported_versions

ROOT = Path(__file__).parent.parent

#: Where there is no git to say what belongs to the project, everything does but this.
NOT_OURS = shutil.ignore_patterns(
    *(".git", ".tox", ".venv", "venv", ".*_cache", ".coverage*", ".hypothesis", "__pycache__"),
    *("build", "dist", "site", "*.egg-info", "PKG-INFO", "setup.cfg"),
)

#: How the second build differs, besides folder and time: no file must depend on any of it.
ELSEWHERE = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "1"}

# Every module, since nothing but the wheel can be what is imported here.
FIRST_USE = """
import importlib, pkgutil, sys
from importlib.metadata import entry_points, version
import codat_python_sdk

assert "site-packages" in codat_python_sdk.__file__, codat_python_sdk.__file__
assert version("codat-python-sdk") == codat_python_sdk.__version__ == sys.argv[1]
assert "codat_sandbox" in entry_points(group="pytest11").names
for module in pkgutil.walk_packages(codat_python_sdk.__path__, "codat_python_sdk."):
    importlib.import_module(module.name)
"""


def run(*command: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """What a command printed. Where it fails, this script ends with its output."""
    words = [str(part) for part in command]
    # The umask goes into the wheel, so it is always the same.
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False, umask=0o022)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


# -- before ------------------------------------------------------------------------------------------------------------


def newest_version() -> tuple[str, int]:
    """The version at the top of the changelog, and its day in seconds since the epoch.

    The day dates all that is built. It is in the sdist too, so whoever has that can build the same again.
    """
    changelog, module = (
        path.read_text(encoding="utf-8") for path in (ROOT / "CHANGELOG.md", ROOT / "codat_python_sdk" / "_version.py")
    )
    newest = re.search(r"^## (\d\S*) - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    said = re.search(r'^__version__ = "(.+)"$', module, re.MULTILINE)
    if newest is None or said is None or newest[1] != said[1]:
        sys.exit(f"CHANGELOG.md is at {newest and newest[1]}, _version.py at {said and said[1]}")
    return newest[1], int(datetime.fromisoformat(newest[2] + "T00:00:00+00:00").timestamp())


def refuse_unready(version: str) -> None:
    """Stop here unless this commit, as it is, can become the release."""
    reasons: list[str] = []
    if "\n## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"):
        reasons.append("CHANGELOG.md has changes that are Unreleased")
    if run("git", "status", "--porcelain"):
        reasons.append("the work tree has changes that are not committed")
    if run("git", "tag", "--list", f"v{version}"):
        reasons.append(f"there is a tag v{version} already")
    missing = [python for python in supported_versions() if find(python) is None]
    if missing:
        reasons.append(f"without Python {', '.join(missing)}, which scripts/interpreters.py gets")
    if reasons:
        sys.exit("not ready: " + "; ".join(reasons))


# -- building ----------------------------------------------------------------------------------------------------------


def export(tree: Path) -> Path:
    """A copy of what belongs to the project, and not of what was built or tried here."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:  # an sdist, for example
        return Path(shutil.copytree(ROOT, tree, ignore=NOT_OURS))
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():  # else it is about to be deleted
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    return tree


def export_elsewhere(tree: Path) -> Path:
    """The same as it might lie on another machine: older, and closed to others."""
    for path in [export(tree), *tree.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (10**9, 10**9))
    return tree


def build(tree: Path, dist: Path, day: int, surroundings: dict[str, str]) -> Path:
    """The folder with sdist and wheel. The wheel is built from the sdist, so the sdist is complete."""
    env = {**os.environ, **surroundings, "SOURCE_DATE_EPOCH": str(day)}
    run(sys.executable, "-m", "build", "--sdist", "--outdir", dist, tree, env=env)
    (sdist,) = dist.iterdir()
    repack(sdist, day)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", dist, sdist, env=env)
    return dist


def repack(sdist: Path, day: int) -> None:
    """Take out of an sdist what setuptools leaves in: when, by whom and with which rights each file was made."""
    with tarfile.open(sdist) as old:
        opened = [(member, old.extractfile(member)) for member in old]
        files = sorted((member.name, member.mode & 0o100, file.read()) for member, file in opened if file)
    with (
        sdist.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=day) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as new,
    ):
        for name, executable, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), day, 0o755 if executable else 0o644
            new.addfile(member, io.BytesIO(content))


# -- checking ----------------------------------------------------------------------------------------------------------


def check_content(dist: Path, files: set[str]) -> None:
    """Of these files the sdist holds all but git's, the wheel the package and its pytest plugin; both have metadata."""
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    with tarfile.open(sdist) as tar, zipfile.ZipFile(wheel) as zipped:
        in_sdist = {name.partition("/")[2] for name in tar.getnames()} - {"PKG-INFO", "setup.cfg"}
        in_wheel = set(zipped.namelist())
    packed = {name for name in files if not name.startswith((".git", ".pre-commit"))}
    compare(sdist, {name for name in in_sdist if ".egg-info/" not in name}, packed)
    package_files = {name for name in files if name.startswith("codat_python_sdk/")} | {"codat_python_sdk_pytest.py"}
    compare(wheel, {name for name in in_wheel if ".dist-info/" not in name}, package_files)


def compare(archive: Path, found: set[str], wanted: set[str]) -> None:
    """Stop when an archive does not hold what it should."""
    if found != wanted:
        sys.exit(f"{archive.name}: missing {sorted(wanted - found)}, too much {sorted(found - wanted)}")


def sums(dist: Path) -> dict[str, str]:
    """Name and SHA-256 of each file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(dist.iterdir())}


def check_reproducible(dist: Path, folder: Path, day: int) -> None:
    """Another build has the same bytes, whatever the folder, the time and the user's habits."""
    os.umask(0o077)
    again = build(export_elsewhere(folder / "elsewhere" / "tree"), folder / "again", day, ELSEWHERE)
    if sums(again) != sums(dist):
        sys.exit(f"not reproducible:\n{sums(dist)}\n{sums(again)}")


def check_first_use(python: Path, wheel: Path, version: str, folder: Path) -> None:
    """Installed into an empty environment, the wheel imports without a warning, and the quick start runs."""
    folder.mkdir()
    examples = shutil.copytree(ROOT / "examples", folder / "examples")
    run(python, "-m", "venv", "--without-pip", folder / "environment")
    python = folder / "environment" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", wheel)
    # With the variables of the real service, the quick start would use that.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CODAT_", "PYTHON"))}
    run(python, "-W", "error", "-c", FIRST_USE, version, cwd=folder, env=env)
    run(python, "-W", "error", examples / "quickstart.py", cwd=folder, env=env)


def prove(dist: Path, folder: Path, version: str, day: int) -> None:
    """All checks of the built files."""
    run(sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir())
    (wheel,) = dist.glob("*.whl")
    found = {python: find(python) for python in supported_versions()}
    pythons = {version: python for version, python in found.items() if python is not None}
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(check_reproducible, dist, folder, day)]
        for name, python in pythons.items():
            jobs.append(pool.submit(check_first_use, python, wheel, version, folder / name))
        for job in jobs:
            job.result()
    print("Two builds are the same. The wheel works on Python", ", ".join(pythons))


def leave(dist: Path, version: str) -> None:
    """Copy the released files to dist/, and print the steps that only a person can do."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    shutil.copytree(dist, ROOT / "dist")
    print(f"""
Built and tested. Left to do:
    git tag --annotate v{version} --message {version}
    git push origin v{version}
    {sys.executable} -m twine upload dist/*""")


def main() -> None:
    """Build in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--release", action="store_true", help="check that everything is ready for a release; leave the files in dist/"
    )
    is_release: bool = parser.parse_args().release
    version, day = newest_version()
    if is_release:
        refuse_unready(version)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = export(folder / "tree")
        files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
        dist = build(tree, folder / "dist", day, {})
        check_content(dist, files)
        prove(dist, folder, version, day)
        for file, digest in sums(dist).items():
            print(digest, file)
        if is_release:
            leave(dist, version)


if __name__ == "__main__":
    main()
