"""What the site adds to the pages: those of the repository's root, descriptions, Markdown of each page, llms.txt."""

# Types are checked where no mkdocs is.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent

#: Suffixes of the examples that pages may link to.
EXAMPLES = {".ipynb", ".py", ".ts"}

#: A page of the repository's root, and its name on the site.
ROOT_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "SECURITY.md": "reporting.md",  # there is a security.md already, and not every disk tells the two apart
}


#: The Markdown of each page as the site shows it, for those who read it by program.
SOURCES: dict[str, str] = {}

#: How much the search prefers a page to the others, so that the guide comes before lists that only name its subject.
SEARCH_BOOSTS = {
    "errors.md": 3,
    "getting-started.md": 2,
    "logging.md": 4,
    "PlatformKey.md": 3,
    "retries-and-time-limits.md": 4,
    "security.md": 4,
    "testing-with-the-sandbox.md": 3,
    "web-workers-and-task-queues.md": 4,
    "webhooks.md": 3,
    "CHANGELOG.md": 0.2,
    "CONTRIBUTING.md": 0.2,
    "moving-from-codat-platform.md": 0.5,
    "moving-from-the-2021-sdk.md": 0.5,
    "reference.md": 0.3,
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Say which version the pages describe."""
    version = (ROOT / "codat_python_sdk" / "_version.py").read_text(encoding="utf-8")
    config.copyright = "codat-python-sdk " + re.findall(r'"(.+)"', version)[-1]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root, and the examples that pages link to."""
    for path in sorted(ROOT.glob("examples/**/*.*")):
        if path.suffix in EXAMPLES:
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, content=path.read_text(encoding="utf-8")))
    for name, site_name in ROOT_PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, site_name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Rewrite links for the site, and give the page its description and its place in the search."""
    markdown = rewrite_links(embed_examples(markdown), page)
    page.meta["search"] = {"boost": SEARCH_BOOSTS.get(page.file.src_uri, 1)}
    SOURCES[page.file.src_uri] = markdown
    page.meta.setdefault("description", description(markdown))
    # What a block printed is not for copying, and neither are prompts.
    return re.sub(r"^```(text|console)$", r"``` { .\1 .no-copy }", markdown, flags=re.MULTILINE)


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Link the page's Markdown."""
    source = get_relative_url(page.file.src_uri, page.url)
    return f'{html}\n<p class="page-source"><a href="{source}">This page as Markdown</a></p>'


def on_post_page(output: str, **_: object) -> str:
    """Name the theme's search for screen readers."""
    dialog = 'data-md-component="search" role="dialog"'
    return output.replace(dialog, f'{dialog} aria-label="Search"')


def on_post_build(config: MkDocsConfig) -> None:
    """Write the Markdown of each page and llms.txt, which lists them with their descriptions."""
    site = Path(config.site_dir)
    for name, text in SOURCES.items():
        (site / name).write_text(text, encoding="utf-8")
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", ""]
    for section in config.nav or []:
        for title, entry in section.items():
            lines += [f"## {title}", "", *llms_lines(title, entry), ""]
    (site / "llms.txt").write_text("\n".join(lines), encoding="utf-8")


def llms_lines(title: str, entry: Any) -> list[str]:
    """One line per page of a section of the navigation, those of its own sections included."""
    if isinstance(entry, str):
        return [f"- [{title}]({entry}): {description(SOURCES[entry])}"]
    return [line for item in entry for name, inner in item.items() for line in llms_lines(name, inner)]


def description(markdown: str) -> str:
    """The first paragraph of prose, as plain text."""
    prose = re.sub(r"^(```.*?^```|<.*?>|!\[.*?|#.*?|:::.*?)$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    paragraph = next((part for part in prose.split("\n\n") if part.strip() and " | " not in part), "")
    text = re.sub(r"\[([^\[\]]*)\]\([^)]*\)", r"\1", paragraph)
    sentence = re.split(r"(?<=[.]) ", re.sub(r"[*`]", "", " ".join(text.split())), maxsplit=1)[0]
    return sentence.rstrip(":")


def embed_examples(markdown: str) -> str:
    """Replace each link to an example that is a paragraph of its own by the example's code."""

    def embed(match: re.Match[str]) -> str:
        code = (ROOT / match[1]).read_text(encoding="utf-8")
        code = re.sub(r"\n(# (mypy|pyright): .*\n)+", "", code)  # for this repository's checks only
        return f'```python title="{match[1]}"\n{code}```'

    return re.sub(r"^\[[^\]\n]+\]\(\.\./(examples/[\w/]+\.py)\)$", embed, markdown, flags=re.MULTILINE)


def rewrite_links(markdown: str, page: Page) -> str:
    """Turn links between files of the repository into links between pages; of other files only the name stays."""
    directory = "" if page.file.src_uri in ROOT_PAGES.values() else "docs"

    def rewrite(match: re.Match[str]) -> str:
        text, target, anchor = match["text"], match["target"], match["anchor"] or ""
        if text is None or not target or ":" in target:
            return match[0]
        path = posixpath.normpath(posixpath.join(directory, target))
        site_name = ROOT_PAGES.get(path, path.removeprefix("docs/"))
        is_example = path.startswith("examples/") and Path(path).suffix in EXAMPLES
        is_on_site = path.startswith("docs/") or path in ROOT_PAGES or is_example
        return f"[{text}]({site_name}{anchor})" if is_on_site else text

    link = r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)"
    return re.sub(rf"^```.*?^```|{link}", rewrite, markdown, flags=re.MULTILINE | re.DOTALL)
