"""The text of HTML pages: what is in their middle, as Markdown, without menus, banners and forms."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shopfloor.knowledge.extraction.contract import Extracted

LEFT_OUT = (
    "script, style, template, noscript, svg, canvas, iframe, object, audio, video, picture, map, nav, aside, dialog, "
    "select, textarea, input, footer, [role=navigation], [role=banner], [role=contentinfo], [role=search], "
    "[role=complementary], [role=alert], [role=dialog]"
)
"""What holds nothing of a page's matter."""
MIDDLE = ("main", "[role=main]", "article", "#content", "#main", ".content")
"""Where the matter is, the surest first."""
LEAST = 0.3
"""Share of a page's text from which on such a part is taken to be the matter."""
HEADINGS = {"h1": "#", "h2": "##", "h3": "###", "h4": "####", "h5": "#####", "h6": "######"}
ASKED = frozenset({"summary", "dt"})
"""What is a heading to what follows it."""
BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "body", "button", "caption", "dd", "details", "div", "dl", "fieldset",
        "figcaption", "figure", "form", "header", "hr", "html", "label", "legend", "li", "main", "ol", "p", "pre",
        "section", "table", "tbody", "thead", "tr", "ul",
    }
)  # fmt: skip
HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
DATES = (
    'meta[property="article:modified_time"]',
    'meta[property="og:updated_time"]',
    'meta[name="last-modified"]',
    'meta[itemprop="dateModified"]',
)
MOST_LINKS = 20_000
DEEPEST = 400
"""Tags within each other that are looked into."""


def charset_of(content: bytes) -> str | None:
    """Return the encoding that a page declares in its beginning."""
    found = CHARSET.search(content[:4_096])
    return found[1].decode("ascii", "replace") if found else None


def read_html(text: str, name: str) -> Extracted:
    """Take the matter out of a page; `name` is its title where it has none."""
    page = LexborHTMLParser(text)
    robots = ",".join(
        node.attributes.get("content") or ""
        for node in page.css("meta[name]")
        if (node.attributes.get("name") or "").lower() in {"robots", "shopfloor"}
    ).lower()
    links = () if "nofollow" in robots or "none" in robots else tuple(islice(_links(page), MOST_LINKS))
    title, day = _title(page), _day(page)
    base, canonical, language = (
        _attribute(page, "base[href]", "href"),
        _attribute(page, 'link[rel="canonical"]', "href"),
        _attribute(page, "html[lang]", "lang"),
    )
    page.unwrap_tags(["font"])
    for node in page.css(LEFT_OUT):
        node.decompose()
    for node in page.css("[style]"):
        if HIDING.search(node.attributes.get("style") or ""):
            node.decompose()
    matter = _matter(page)
    header = matter and page.css_first("h1")
    text = _markdown(matter) if matter else ""
    return Extracted(
        title=title or (_inline(header) if header else "") or name,
        text=text,
        language=language.split("-")[0].lower() if language else None,
        updated=day,
        canonical=canonical,
        links=links,
        base=base,
        is_hidden="noindex" in robots or "none" in robots.replace(" ", "").split(","),
    )


def _matter(page: LexborHTMLParser) -> LexborNode | None:
    """Return the part that holds the matter: the surest that has enough of the text, or the body without its header."""
    body = page.body
    if body is None:
        return None
    whole = len(body.text(strip=True)) or 1
    for selector in MIDDLE:
        found = page.css(selector)
        if len(found) == 1 and len(found[0].text(strip=True)) >= LEAST * whole:
            return found[0]
    for node in page.css("body > header"):
        if node.css_first("h1") is None:
            node.decompose()
    return body


def _links(page: LexborHTMLParser) -> Iterator[str]:
    for node in page.css("a[href]"):
        if "nofollow" not in (node.attributes.get("rel") or "").lower():
            yield (node.attributes.get("href") or "").strip()


def _title(page: LexborHTMLParser) -> str:
    """Return the page's own heading where there is one; its title often names the shop too."""
    headings = page.css("h1")
    found = headings[0] if len(headings) == 1 else page.css_first("title")
    return BLANKS.sub(" ", found.text()).strip() if found else ""


def _attribute(page: LexborHTMLParser, selector: str, name: str) -> str | None:
    node = page.css_first(selector)
    return ((node.attributes.get(name) or "").strip() or None) if node else None


def _day(page: LexborHTMLParser) -> str | None:
    found = [_attribute(page, selector, "content") for selector in DATES]
    found += [_attribute(page, "time[datetime]", "datetime")]
    for one in found:
        match = DAY.match(one or "")
        if match:
            try:
                return date.fromisoformat(match[0]).isoformat()
            except ValueError:
                continue
    return None


def _markdown(matter: LexborNode) -> str:
    """Write a part of a page as Markdown."""
    lines = [line for line in _lines(matter, 0) if line.strip()]
    return "\n\n".join(lines)


def _lines(node: LexborNode, depth: int) -> Iterator[str]:
    """Yield the blocks of a node, each as Markdown."""
    held: list[str] = []
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if depth < DEEPEST and (tag in HEADINGS or tag in ASKED or tag in BLOCKS or _holds_blocks(child)):
            yield _joined(held)
            held = []
            yield from _block(child, tag, depth)
        else:
            held.append("\n" if tag == "br" else child.text())
    yield _joined(held)


def _block(node: LexborNode, tag: str, depth: int) -> Iterator[str]:
    if tag in HEADINGS:
        yield f"{HEADINGS[tag]} {_inline(node)}" if _inline(node) else ""
    elif tag in ASKED or _is_asked(node, tag):
        yield f"#### {_inline(node)}" if _inline(node) else ""
    elif tag in {"ul", "ol"}:
        yield _list(node, tag, depth)
    elif tag == "table":
        yield from _table(node, depth)
    elif tag == "pre":
        yield f"```\n{node.text().strip()}\n```" if node.text().strip() else ""
    elif tag == "button":
        return
    else:
        yield from _lines(node, depth + 1)


def _is_asked(node: LexborNode, tag: str) -> bool:
    """Whether a button opens what follows it, as in lists of questions."""
    return tag == "button" and (
        "aria-expanded" in node.attributes or "accordion" in (node.attributes.get("class") or "")
    )


def _holds_blocks(node: LexborNode) -> bool:
    return (
        node.tag not in {None, "-text", "br"} and node.css_first("h1,h2,h3,h4,h5,h6,p,div,ul,ol,table,dl") is not None
    )


def _list(node: LexborNode, tag: str, depth: int) -> str:
    items: list[str] = []
    for place, item in enumerate((one for one in node.iter() if one.tag == "li"), start=1):
        parts = [part for part in _lines(item, depth + 1) if part.strip()] if depth < DEEPEST else [_inline(item)]
        if parts:
            mark = f"{place}." if tag == "ol" else "-"
            text = "\n".join(part.removeprefix("#### ") for part in parts).replace("\n", "\n  ")
            items.append(f"{mark} {text}")
    return "\n".join(items)


def _table(node: LexborNode, depth: int) -> Iterator[str]:
    """Write a table of data as one; what only lays a page out is read like any other part."""
    if node.css_first("table table, h1, h2, h3, p + p") is not None:
        for cell in node.css("td, th"):
            if not cell.css("td"):
                yield from _lines(cell, depth + 1)
        return
    rows = [[_inline(cell).replace("|", "/") for cell in row.css("th, td")] for row in node.css("tr")]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    width = max(map(len, rows))
    first, *rest = [[*row, *[""] * (width - len(row))] for row in rows]
    lines = [first, ["---"] * width, *rest]
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _inline(node: LexborNode) -> str:
    return BLANKS.sub(" ", node.text(separator=" ")).strip()


def _joined(pieces: list[str]) -> str:
    lines = (BLANKS.sub(" ", line).strip() for line in "".join(_plain(piece) for piece in pieces).split("\0"))
    return "\n".join(line for line in lines if line)


def _plain(piece: str) -> str:
    return "\0" if piece == "\n" else piece
