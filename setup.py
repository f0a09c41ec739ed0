"""The README as the registry shows it, without links to files that are dead there; pyproject.toml says the rest."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup


def long_description(readme: str) -> str:
    """The README with the text of its links and pictures in place of those that lead to the repository's files."""
    fence = r"^```.*?^```$"
    link = r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?!https?:)[^)\s]+\)"

    def keep_text(match: re.Match[str]) -> str:
        text = match["text"]
        return match[0] if text is None else f"*{text}*" if match[0].startswith("!") else text

    return re.sub(f"{fence}|{link}", keep_text, readme, flags=re.MULTILINE | re.DOTALL)


if __name__ == "__main__":
    setup(
        long_description=long_description(Path(__file__).with_name("README.md").read_text(encoding="utf-8")),
        long_description_content_type="text/markdown",
    )
