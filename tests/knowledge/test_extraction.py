"""What is taken out of files and pages, and what is said of those that are broken."""

import io
import zipfile

import docx
import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted, Raw
from shopfloor.knowledge.extraction.extracting import Extractor
from shopfloor.knowledge.extraction.reading import read_page

pytestmark = pytest.mark.anyio

SHOP = """<!doctype html><html lang="de-AT"><head><title>Hilfe | Laden</title>
<meta property="article:modified_time" content="2026-03-04T10:00:00Z"></head><body>
<header><div>Laden</div></header><nav><a href="/sale">Sale</a></nav>
<main><h1>Hilfe</h1><details><summary>Wie lange dauert es?</summary><p>Zwei <b>Tage</b>.</p></details>
<div><button aria-expanded="false">Gibt es Garantie?</button><div hidden><p>Ein Jahr.</p></div></div>
<dl><dt>Kann ich tauschen?</dt><dd>Ja.</dd></dl>
<h2>Preise</h2><table><tr><th>Land</th><th>Preis</th></tr><tr><td>AT</td><td>5 €</td></tr></table>
<ul><li>eins</li><li>zwei <a href="drei.html">drei</a></li></ul>
<p style="display:none">Versteckt.</p><script>alert(1)</script></main><footer>Impressum</footer></body></html>"""


async def extracted(raw: Raw, *, most_s: float = 30) -> Extracted:
    async with Extractor(most_s=most_s) as extractor:
        return await extractor.extract(raw)


def pdf(*lines: str) -> bytes:
    """Return a PDF with a line of text on each page."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for line in lines:
        page = writer.add_blank_page(width=600, height=800)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 700 Td ({line}) Tj ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def word() -> bytes:
    """Return a Word file with a heading, a paragraph, a list and a table."""
    document = docx.Document()
    document.add_heading("Returns", level=1)
    document.add_paragraph("You have 30 days.")
    document.add_paragraph("Shoes", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("Country", "Fee"), ("Canada", "$9")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def read(content: bytes | str, name: str, declared: str = "") -> str:
    given = content.encode() if isinstance(content, str) else content
    return read_page(Raw(content=given, name=name, declared=declared)).text


def test_a_page_is_taken_without_menus_and_with_what_opens_on_a_click() -> None:
    found = read_page(Raw(content=SHOP.encode(), name="hilfe.html"))
    assert (found.title, found.language, found.updated) == ("Hilfe", "de", "2026-03-04")
    assert found.text == (
        "# Hilfe\n\n#### Wie lange dauert es?\n\nZwei Tage.\n\n#### Gibt es Garantie?\n\nEin Jahr.\n\n"
        "#### Kann ich tauschen?\n\nJa.\n\n## Preise\n\n| Land | Preis |\n| --- | --- |\n| AT | 5 € |\n\n"
        "- eins\n- zwei drei"
    )
    assert found.links == ("/sale", "drei.html")


def test_a_page_that_is_nested_without_end_is_read_all_the_same() -> None:
    assert "deep" in read("<div>" * 20_000 + "<p>deep" + "</div>" * 20_000, "deep.html")


@pytest.mark.parametrize(
    ("encoded", "declared"),
    [
        ("utf-8", "text/html; charset=iso-8859-1"),
        ("cp1252", "text/html; charset=utf-8"),
        ("cp1252", "text/html"),
        ("cp1252", "text/html; charset=no-such-thing"),
        ("utf-16", "text/html; charset=utf-8"),
    ],
)
def test_a_page_that_lies_about_its_encoding_is_decoded_rightly(encoded: str, declared: str) -> None:
    text = "<p>Die Größe fällt normal aus, die Prüfung dauert länger als üblich – für „Übergrößen“ nicht.</p>"
    assert "Größe fällt normal aus" in read(text.encode(encoded), "x.html", declared)


def test_japanese_that_is_said_to_be_latin_is_decoded_rightly() -> None:
    text = "<p>返品は商品の到着後三十日以内に限りお受けいたします。送料はお客様のご負担となります。</p>"
    assert "返品は商品" in read(text.encode("shift_jis"), "x.html", "text/html; charset=iso-8859-1")


def test_markdown_has_its_title_from_the_front_matter_the_heading_or_the_name() -> None:
    def title(text: str) -> str:
        return read_page(Raw(content=text.encode(), name="care-of_wool.md")).title

    assert title("---\ntitle: Wool\nupdated: 2026-01-02\n---\nText") == "Wool"
    assert title("Wool care\n===\n\nText") == "Wool care"
    assert title("# Wool, again ##\n\nText") == "Wool, again"
    assert title("## Text\n\nmore") == "care of wool"
    assert title("---\n: [\n---\nText") == "care of wool"


def test_rows_are_passages_with_the_names_of_their_columns() -> None:
    text = read("Question;Answer;Since\nMay I?;Yes, you may.;2025\n;;\n", "faq.csv")
    assert text == "## May I?\n\n- Answer: Yes, you may.\n- Since: 2025"


@pytest.mark.parametrize("text", ["only,names\n", "\n\n"])
def test_a_table_without_rows_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read(text, "faq.csv")


async def test_pdf_and_word_files_are_read() -> None:
    async with Extractor() as extractor:
        one = await extractor.extract(Raw(content=pdf("Care of wool", "Wash it cold."), name="wool-care.pdf"))
        other = await extractor.extract(Raw(content=word(), name="returns.docx"))
    assert one.text == "## Page 1\n\nCare of wool\n\n## Page 2\n\nWash it cold."
    assert one.title == "wool care"
    assert (
        other.text == "# Returns\n\nYou have 30 days.\n\n- Shoes\n\n| Country | Fee |\n| --- | --- |\n| Canada | $9 |"
    )


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"%PDF-1.7\nnothing of it", "broken.pdf", "the PDF is broken"),
        (pdf("text")[:300], "cut-off.pdf", "the PDF is broken"),
        (pdf(""), "scan.pdf", "only pictures"),
        (b"PK\x03\x04word/ and no more", "broken.docx", "the Word file is broken"),
        (b"MZ\x90\x00" * 400, "program.txt", "no text"),
        (b"\x00\x01\x02" * 500, "bytes.html", "no text"),
        (b"GIF89a", "picture.gif", "of no known kind"),
        (b"just words", "named.pdf", "a PDF by its name"),
        (b"", "empty.md", "holds no text"),
        (b"<html><body><script>1</script></body></html>", "empty.html", "holds no text"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, name: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await extracted(Raw(content=content, name=name))


async def test_a_word_file_that_unpacks_to_too_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b"\0" * 210_000_000)
    with pytest.raises(InvalidInput, match="unpacks to more"):
        await extracted(Raw(content=packed.getvalue(), name="bomb.docx"))


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(InvalidInput, match="takes longer than 0 seconds"):
        await extracted(Raw(content=pdf("text"), name="slow.pdf"), most_s=0)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("<!---->" * 100, "comments.txt"),
        (f"# a{'#' * 200_000}x", "hashes.md"),
        (f"# a{' ' * 200_000}x", "blanks.md"),
    ],
)
async def test_a_page_made_to_be_read_for_ever_is_read_at_once(content: str, name: str) -> None:
    assert (await extracted(Raw(content=content.encode(), name=name), most_s=10)).text == content


async def test_a_page_of_html_that_takes_too_long_is_given_up() -> None:
    deep = "<ul><li>" * 400 + "x" * 10
    with pytest.raises(InvalidInput, match="takes longer than 2 seconds"):
        await extracted(Raw(content=deep.encode() * 2_500, name="deep.html"), most_s=2)


async def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_one_is_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for part in whole.namelist():
            file.writestr(part, whole.read(part).replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 30_000_000))
    async with Extractor() as extractor:
        with pytest.raises(InvalidInput, match="too much memory"):
            await extractor.extract(Raw(content=packed.getvalue(), name="bomb.docx"))
        assert (await extractor.extract(Raw(content=pdf("quick"), name="quick.pdf"))).text == "quick"
