"""For the API pages: `int`, `float` and `bool` in annotations are Python's, and a class may have `__new__` alone.

Griffe looks a name up in the class, the module, and the packages around it, where dtypes and methods have these names;
Python goes from the module to the builtins. And it knows the arguments of a class by its `__init__` only.
"""

from typing import Any

import griffe

NAMES = {"bool", "float", "int"}


class BuiltinNames(griffe.Extension):
    """Take the names out of the scopes that they are looked up in."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Do so in the signature of `func`."""
        for parameter in func.parameters:
            if isinstance(parameter.annotation, griffe.ExprSubscript) and str(parameter.annotation.left) == "InitVar":
                parameter.annotation = parameter.annotation.slice  # an argument of a dataclass that is no field
        for annotation in (func.returns, *[parameter.annotation for parameter in func.parameters]):
            _set_free(annotation)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Do so in the bases of `cls`; let the docstring of a class with `__new__` alone describe its arguments."""
        for base in cls.bases:
            _set_free(base)
        if cls.docstring is not None and "__new__" in cls.members and "__init__" not in cls.members:
            cls.docstring.parser_options = {"warn_unknown_params": False, "warn_missing_types": False}

    def on_attribute(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Do so in the annotation of `attr`."""
        _set_free(attr.annotation)


def _set_free(annotation: str | griffe.Expr | None) -> None:
    if isinstance(annotation, griffe.Expr):
        for part in annotation.iterate(flat=True):
            if isinstance(part, griffe.ExprName) and part.name in NAMES:
                part.parent = None
