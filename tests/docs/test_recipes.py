"""Each recipe of docs/recipes.md, followed to the letter in a copy of the repository, ends with green tests."""

import re
from importlib.util import find_spec

import pytest
from kernel_forms import find_compiler
from recipes import check, commands, compares, followed, quoted, sections, steps

RECIPES = sections()


@pytest.mark.parametrize("title", RECIPES)
def test_every_step_is_understood_and_every_block_belongs_to_one(title):
    section = RECIPES[title]
    blocks = sum(code is not None for _, code in steps(section)) + section.count("\n```sh\n")
    assert len(re.findall(r"^```", section, re.MULTILINE)) == 2 * blocks
    assert len(re.findall(r"^(Create|Append to|In) `", section, re.MULTILINE)) == len(steps(section))


@pytest.mark.parametrize("title", RECIPES)
def test_every_recipe_runs_tests(title):
    assert any(command.startswith("python -m pytest ") for command in commands(RECIPES[title]))


@pytest.mark.slow
@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_ends_with_green_tests(title, tmp_path):
    if "fast/source" in RECIPES[title] and find_compiler() is None:
        pytest.skip('no C compiler; pip install "tinygrad-cnn[fast]" brings one')
    folder = tmp_path / "copy"
    check(folder, [command for command in followed(title, folder) if not compares(command)])
    if find_spec("ruff") is not None:
        written = {quoted(head)[0] for head, _ in steps(RECIPES[title])}
        files = " ".join(sorted(file for file in written if file.endswith(".py")))
        check(folder, [f"python -m ruff check {files}", f"python -m ruff format --check {files}"])
