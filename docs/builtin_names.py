"""For the API pages: `int`, `float` and `bool` in annotations are Python's.

Griffe looks a name up in the class, the module, and the packages around it, where dtypes and methods have these names;
Python goes from the module to the builtins.
"""

from typing import Any

import griffe

NAMES = {"bool", "float", "int"}


class BuiltinNames(griffe.Extension):
    """Take the names out of the scopes that they are looked up in."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Do so in the signature of `func`."""
        for annotation in (func.returns, *[parameter.annotation for parameter in func.parameters]):
            _set_free(annotation)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Do so in the bases of `cls`."""
        for base in cls.bases:
            _set_free(base)

    def on_attribute(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Do so in the annotation of `attr`."""
        _set_free(attr.annotation)


def _set_free(annotation: str | griffe.Expr | None) -> None:
    if isinstance(annotation, griffe.Expr):
        for part in annotation.iterate(flat=True):
            if isinstance(part, griffe.ExprName) and part.name in NAMES:
                part.parent = None
