"""The recipes of docs/recipes.md whose results are compared with PyTorch; tests/docs/test_recipes.py runs the rest."""

import pytest
from recipes import check, commands, compares, followed, sections

pytest.importorskip("torch")
pytest.importorskip("expecttest")

COMPARED = [title for title, section in sections().items() if any(map(compares, commands(section)))]


@pytest.mark.slow
@pytest.mark.parametrize("title", COMPARED)
def test_a_recipe_agrees_with_pytorch(title, tmp_path):
    folder = tmp_path / "copy"
    check(folder, filter(compares, followed(title, folder)))
