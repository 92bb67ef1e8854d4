"""All that exists for speed, and nothing else: without this folder everything works, more slowly.

`install` puts it in place, through these extension points:

    autograd.Op.kernel                  a compiled kernel in the place of the NumPy one       dispatch.py
    autograd.Op.gradients               the gradients of all inputs in one compiled call      dispatch.py
    autograd.engine.is_lent             arrays over memory that is used again                 memory.py
    optim.optimizer.group_steps         one compiled call for all parameters of a group       optim.py
    nn.Sequential._run_layers           a layer fused with the ReLU after it, or called       fusion.py, layers.py
                                        without detours
    backends.kernels.provide            the switch between these kernels and NumPy's          dispatch.py
    backends.threads, backends.winograd on_change: settings that the compiled kernels follow  native.py, conv.py

docs/design/kernels.md says how the kernels are made, and what was tried and left out.
"""

from __future__ import annotations

__all__ = ["install"]


def install() -> None:
    """Put everything in place. The kernels themselves are compiled and loaded when one is first needed."""
    from tinygrad_cnn.autograd import engine
    from tinygrad_cnn.backends.kernels import provide
    from tinygrad_cnn.fast import dispatch, fusion, memory
    from tinygrad_cnn.nn import Sequential

    engine.is_lent = memory.is_lent
    Sequential._run_layers = staticmethod(fusion.run_layers)
    provide(dispatch)
