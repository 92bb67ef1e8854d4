"""The API pages show Python's types where annotations name them, not the dtypes of the same names."""

import sys
from pathlib import Path

import pytest

griffe = pytest.importorskip("griffe")

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from builtin_names import BuiltinNames  # noqa: E402


@pytest.fixture(scope="module")
def package():
    extensions = griffe.load_extensions(BuiltinNames())
    return griffe.load("tinygrad_cnn", search_paths=[ROOT], extensions=extensions)


@pytest.mark.parametrize(
    ("path", "argument", "kind"),
    [
        ("nn.modules.conv.Conv2d.__init__", "in_channels", "int"),
        ("nn.modules.conv.Conv2d.__init__", "bias", "bool"),
        ("nn.modules.activation.ELU.__init__", "alpha", "float"),
        ("tensor.Tensor.requires_grad_", "requires_grad", "bool"),
        ("optim.sgd.SGD.__init__", "lr", "float"),
        ("data.loader.DataLoader.__init__", "shuffle", "bool | None"),
    ],
)
def test_names_of_types_are_pythons(package, path, argument, kind):
    annotation = package[path].parameters[argument].annotation
    assert str(annotation) == kind
    first = annotation if isinstance(annotation, griffe.ExprName) else annotation.left
    assert first.canonical_path == kind.split()[0]


def test_the_site_uses_it():
    assert "docs/builtin_names.py" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
