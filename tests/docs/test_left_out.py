"""The page of what is left out says what the tables say."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_that_of_the_tables():
    page = runpy.run_path(str(DOCS / "left_out.py"))["page"]()
    assert (DOCS / "left_out.md").read_text(encoding="utf-8") == page, "run: python docs/left_out.py"
