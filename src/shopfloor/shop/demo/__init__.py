"""The demo shop "Harbour Lane": clothes, shoes and things for outdoors, from Portland, Maine; all of it is invented.

`products.csv` and `people.csv` hold what was written by hand, `knowledge/` the shop's help pages in Markdown.
"""

from shopfloor.shop.demo.contents import demo_contents
from shopfloor.shop.demo.pages import demo_pages

__all__ = ["demo_contents", "demo_pages"]
