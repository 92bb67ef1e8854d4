"""`FORMS`: the compiled form of each kernel, by the kernel's name. Importing this loads the library."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tinygrad_cnn.kernels.compiled import activation, conv, loss, matmul, norm, optim, pool

FORMS: dict[str, Callable[..., Any]] = {
    name: getattr(module, name)
    for module in (activation, conv, loss, matmul, norm, optim, pool)
    for name in module.__all__
}
FORMS.update({f"{name}_relu": partial(FORMS[name], relu=True) for name in ("batch_norm", "conv2d", "linear")})
