"""Pictures of figures as SVG, with a background of their own, light or dark as the reader's screen is."""

from collections.abc import Sequence
from html import escape

STYLE = """
.back{fill:#fff;stroke:#d8dee4}.title{fill:#1b2733;font-size:18px;font-weight:600}.note{fill:#5b6875;font-size:12px}
.head{fill:#1b2733;font-size:13px;font-weight:600}.label,.figure{fill:#2f3c48;font-size:12.5px}
.ours{fill:#12728f}.hand{fill:#b7c0c9}.others{fill:#d99a4e}.line{stroke:#d8dee4}.gap{stroke:#fff;stroke-width:3}
.strong{fill:#0c5d76;font-weight:600}.drawn{stroke:#12728f;stroke-width:2;fill:none}.beside{stroke:#d99a4e;stroke-width:2;fill:none}.figure{font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){.back{fill:#10171e;stroke:#2b3742}.title,.head{fill:#e8eef3}.note{fill:#93a1ae}
.label,.figure{fill:#c6d0d9}.ours{fill:#35a7c8}.hand{fill:#5d6a76}.others{fill:#c98a42}.line{stroke:#2b3742}
.gap{stroke:#10171e}.drawn{stroke:#35a7c8}.beside{stroke:#c98a42}.strong{fill:#7fd0e6}}
"""


def label(x: float, y: float, kind: str, words: str, anchor: str = "start") -> str:
    """Return words that begin, end or have their middle at a place."""
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:g}" class="{kind}"{at}>{escape(words)}</text>'


def picture_of(drawn: Sequence[str], width: int, height: float, told: str) -> str:
    """Return a picture of what was drawn; `told` is for who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" role="img" '
        f'aria-label="{escape(told)}">'
        f"<style>{STYLE.replace(chr(10), '')}</style>"
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1:g}" rx="10" class="back"/>'
        f"{''.join(drawn)}</svg>\n"
    )
