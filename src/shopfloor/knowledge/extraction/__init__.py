"""Taking the text out of what pages come as: HTML, Markdown, plain text, CSV, PDF and DOCX."""
