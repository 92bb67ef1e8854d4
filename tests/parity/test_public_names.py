"""Every public name of PyTorch's modules that exist here: it is here too, or is left out for a reason."""

import contextlib
import importlib
import importlib.util
import inspect
import warnings

import pytest

import tinygrad_cnn
from tinygrad_cnn import declined

torch = pytest.importorskip("torch")

MODULES = [
    "", "accelerator", "amp", "autograd", "autograd.function", "autograd.functional", "backends", "backends.cudnn",
    "cuda", "cuda.amp", "nn", "nn.functional", "nn.init", "nn.parallel", "nn.parameter", "nn.utils", "optim",
    "optim.lr_scheduler", "utils", "utils.data",
]  # fmt: skip

IMPORTED_BY_CHANCE = {
    "nn.functional": {"Callable", "Optional", "TYPE_CHECKING", "Tensor", "dataclasses", "importlib", "math", "np",
                      "torch", "warnings"},
    "nn.utils": {"init"}, "autograd": {"graph"}, "utils.data": {"graph"},
    "utils": {"torch"} | {  # loaded when something else needs them
        "benchmark", "bottleneck", "bundled_inputs", "cpp_extension", "file_baton", "flop_counter", "hipify", "jit",
        "mkldnn", "mobile_optimizer", "model_dump", "model_zoo", "module_tracker", "serialization", "show_pickle",
        "tensorboard", "viz",
    },
    "": {"ModuleDict", "functional", "ops"}, "backends.cudnn": {"m"}, "backends": {"m"},
}  # fmt: skip
"""What stands in a module of PyTorch without being meant for users of it."""


def public(name):
    """Return the names of a module of PyTorch that it defines or says it exports."""
    module = importlib.import_module(f"torch.{name}".rstrip("."))
    names = set(getattr(module, "__all__", ()))
    for key in dir(module):
        value = getattr(module, key, None)
        own = module.__name__ if name else "torch"
        if inspect.ismodule(value):
            own_value = value.__name__ == f"{module.__name__}.{key}"
        else:
            constant = isinstance(value, torch.dtype | torch.layout | torch.memory_format)
            own_value = constant or (getattr(value, "__module__", None) or "").startswith(own)
        if own_value or not hasattr(module, "__all__"):
            names.add(key)
    return sorted(key for key in names - IMPORTED_BY_CHANCE.get(name, set()) if not key.startswith("_"))


def here(module, name):
    if inspect.ismodule(module) and importlib.util.find_spec(module.__name__) and hasattr(module, "__path__"):
        with contextlib.suppress(ImportError):  # one that is loaded when it is imported
            importlib.import_module(f"{module.__name__}.{name}")
    return hasattr(module, name) and not isinstance(getattr(module, name), declined.Declined)


@pytest.mark.parametrize("name", MODULES)
def test_every_name_is_here_or_left_out_for_a_reason(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = public(name)
    ours = importlib.import_module(f"tinygrad_cnn.{name}".rstrip("."))
    assert [key for key in names if not here(ours, key) and declined.reason(name, key) is None] == []


def methods():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sorted(key for key in dir(torch.Tensor) if not key.startswith("_"))


def test_every_method_is_here_or_left_out_for_a_reason():
    ours = tinygrad_cnn.Tensor
    assert [key for key in methods() if not hasattr(ours, key) and declined.reason("Tensor", key) is None] == []


def places():
    """Return for each name of PyTorch in which of its modules, "Tensor" among them, it stands."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {key: ["Tensor"] for key in methods()}
        for module in MODULES:
            for key in public(module):
                found.setdefault(key, []).append(module)
    return found


MODULES_OF_THEIR_OWN = {
    "functorch", "onnx", "tensorboard", "prune", "model_zoo", "bottleneck", "DistributedDataParallel", "quantized",
    "required",
}  # fmt: skip
"""Modules that are not loaded with PyTorch, and names in them."""


def test_what_is_left_out_is_pytorchs_and_not_here():
    known = places()
    exact = {name for name in declined._NAMES if name not in declined._PATTERNS} - MODULES_OF_THEIR_OWN
    assert sorted(exact - set(known)) == []
    ours = {name: importlib.import_module(f"tinygrad_cnn.{name}".rstrip(".")) for name in MODULES}
    ours["Tensor"] = tinygrad_cnn.Tensor
    assert (
        sorted(name for name in exact for place in [known[name]] if all(here(ours[one], name) for one in place)) == []
    )
