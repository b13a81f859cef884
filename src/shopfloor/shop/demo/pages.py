"""The demo shop's help pages, as they are written."""

from importlib import resources


def demo_pages() -> dict[str, str]:
    """Return each page's Markdown, front matter included, by its id."""
    folder = resources.files("shopfloor.shop.demo") / "knowledge"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".md")), key=lambda file: file.name)
    return {file.name.removesuffix(".md"): file.read_text("utf-8") for file in files}
