"""The site shows the pages of the root too, which lie outside its directory, as their readers expect."""

# Types are checked where no mkdocs is.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

#: A page of the repository's root, and its name on the site.
ROOT_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "SECURITY.md": "reporting.md",  # there is a security.md already, and not every disk tells the two apart
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root."""
    for name, site_name in ROOT_PAGES.items():
        text = (Path(config.config_file_path).parent / name).read_text(encoding="utf-8")
        files.append(File.generated(config, site_name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn links between files of the repository into links between pages; of other files only the name stays."""
    directory = "" if page.file.src_uri in ROOT_PAGES.values() else "docs"

    def rewrite(match: re.Match[str]) -> str:
        text, target, anchor = match["text"], match["target"], match["anchor"] or ""
        if text is None or not target or ":" in target:
            return match[0]
        path = posixpath.normpath(posixpath.join(directory, target))
        site_name = ROOT_PAGES.get(path, path.removeprefix("docs/"))
        return f"[{text}]({site_name}{anchor})" if path.startswith("docs/") or path in ROOT_PAGES else text

    link = r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)"
    return re.sub(rf"^```.*?^```|{link}", rewrite, markdown, flags=re.MULTILINE | re.DOTALL)
