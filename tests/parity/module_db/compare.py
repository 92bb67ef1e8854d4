"""Comparisons of one module there and here: its constructor, text, state, outputs, gradients and errors."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from op_db.compare import (
    REFUSALS,
    DifferenceError,
    compare,
    compare_grads,
    compare_outputs,
    flat,
    reference_grad,
    weights,
)
from op_db.convert import Converter, dtype, leaves

import tinygrad_cnn
from module_db.decline import declined_arguments
from module_db.names import find
from module_db.samples import ModuleSample


def signature(cls: type, declined: dict[str, str]) -> inspect.Signature:
    """Return the constructor's arguments and defaults; those behind a declined one can only be given by name."""
    if cls.__init__ is torch.nn.Module.__init__:  # takes anything, and refuses it
        return inspect.Signature()
    kept, moved = [], False
    for one in inspect.signature(cls).parameters.values():
        moved = moved or one.name in declined
        if one.name not in declined:
            kind = one.KEYWORD_ONLY if moved and one.kind is one.POSITIONAL_OR_KEYWORD else one.kind
            kept.append(one.replace(annotation=one.empty, kind=kind))
    return inspect.Signature(kept)


def check_signature(name: str) -> None:
    """Compare the arguments of the constructor: names, order, defaults, and whether they may be positional."""
    theirs = signature(getattr(torch.nn, name), declined_arguments(name))
    ours = signature(find(name), {})
    if str(theirs) != str(ours):
        raise DifferenceError(f"arguments: {theirs} there, {ours} here")


def make(name: str, sample: ModuleSample, kind: torch.dtype, *, training: bool) -> tuple[Any, Any]:
    """Return the module there, its state drawn at random, and here, with the same state loaded."""
    theirs = getattr(torch.nn, name)(*sample.made.args, **sample.made.kwargs).to(kind)
    args, kwargs = Converter()(tuple(sample.made))
    ours = find(name)(*args, **kwargs).to(dtype(kind))
    if name.startswith("Lazy"):  # the first call makes the parameters
        both(theirs, ours, sample)
    shake(theirs)
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    return theirs.train(training), ours.train(training)


def both(theirs: Any, ours: Any, sample: ModuleSample) -> tuple[Any, Any]:
    """Return what our module gives, and theirs, each called with its own copy of the inputs."""
    args, kwargs = copy.deepcopy(tuple(sample.called))  # there, `inplace=True` changes them
    mine = Converter()(tuple(sample.called))
    return ours(*mine[0], **mine[1]), theirs(*args, **kwargs)


def shake(module: torch.nn.Module) -> None:
    """Move every parameter and buffer off its initial value, which is often 0 or 1."""
    source = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for key, value in module.state_dict().items():
            if key.endswith("num_batches_tracked"):
                value.fill_(3)
            else:  # variances stay positive
                value.mul_(0.5 + torch.rand(value.shape, generator=source, dtype=value.dtype))
                value.add_(0.1 * torch.rand(value.shape, generator=source, dtype=value.dtype))


def check_repr(name: str, sample: ModuleSample) -> None:
    """Compare the texts of the modules."""
    theirs, ours = make(name, sample, torch.float64, training=True)
    if repr(theirs) != repr(ours):
        raise DifferenceError(f"repr: {theirs!r} there, {ours!r} here")


def check_state(name: str, sample: ModuleSample) -> None:
    """Compare the keys, shapes, dtypes and order of the state, and send ours there for the same output."""
    if not name.startswith("Lazy"):
        check_dtypes(name, sample)
    theirs, ours = make(name, sample, torch.float64, training=False)
    expected, found = theirs.state_dict(), ours.state_dict()
    if list(expected) != list(found):
        raise DifferenceError(f"state_dict: {list(expected)} there, {list(found)} here")
    parameters = [key for key, _ in theirs.named_parameters()], [key for key, _ in ours.named_parameters()]
    if parameters[0] != parameters[1]:
        raise DifferenceError(f"parameters: {parameters[0]} there, {parameters[1]} here")
    for key, value in expected.items():
        compare(key, found[key], value, 0.0)
    twin = (
        type(theirs)(*sample.made.args, **sample.made.kwargs).double().eval()
        if type(theirs).__name__ == name
        else theirs
    )
    with torch.no_grad():
        for value in twin.state_dict().values():
            value.zero_()
    twin.load_state_dict({key: torch.from_numpy(value.numpy().copy()) for key, value in found.items()})
    compare_outputs(*both(twin, ours, sample), 1e-9, random=False)


def check_dtypes(name: str, sample: ModuleSample) -> None:
    """Compare the dtypes of a new module's state, and which of it is trained; also where a dtype is asked for."""
    asked = [{}]
    if "dtype" in inspect.signature(find(name)).parameters:
        asked.append({"dtype": torch.float64, "device": torch.device("cpu")})
    for more in asked:
        args, kwargs = Converter()((sample.made.args, sample.made.kwargs | more))
        ours = find(name)(*args, **kwargs).state_dict(keep_vars=True)
        theirs = getattr(torch.nn, name)(*sample.made.args, **sample.made.kwargs | more).state_dict(keep_vars=True)
        for key, value in theirs.items():
            compare(key, ours[key], value, np.inf)
            if ours[key].requires_grad != value.requires_grad:
                raise DifferenceError(f"{key}.requires_grad: {value.requires_grad} there, not here")


def check_forward(name: str, sample: ModuleSample, kind: torch.dtype, rtol: float, *, training: bool) -> None:
    """Compare two calls in a row: the outputs, and what they leave in the buffers."""
    theirs, ours = make(name, sample, kind, training=training)
    for _ in range(2):
        compare_outputs(*both(theirs, ours, sample), rtol, random=False)
        mine = dict(ours.named_buffers())
        for key, value in theirs.named_buffers():
            compare(key, mine[key], value, rtol)


def check_gradients(name: str, sample: ModuleSample, *, training: bool) -> bool:
    """Compare the gradients of every parameter and input; False if there is none."""
    theirs, ours = make(name, sample, torch.float64, training=training)
    mine = Converter()(tuple(sample.called))
    outputs = flat(theirs(*sample.called.args, **sample.called.kwargs))
    found = flat(ours(*mine[0], **mine[1]))
    named = dict(ours.named_parameters())
    inputs = [x for x in leaves(tuple(sample.called)) if x.requires_grad] + list(theirs.parameters())
    twins = [x for x in leaves(mine) if x.requires_grad] + [named[key] for key, _ in theirs.named_parameters()]
    used = [i for i, out in enumerate(outputs) if isinstance(out, torch.Tensor) and out.requires_grad]
    if not inputs or not used:
        return False
    upstream = weights([outputs[i] for i in used])
    for i in used:
        if not found[i].requires_grad:
            raise DifferenceError(f"output {i} requires a gradient there and none here")
    refs = reference_grad([outputs[i] for i in used], inputs, upstream)
    grads = tinygrad_cnn.autograd.grad([found[i] for i in used], twins, Converter()(upstream), allow_unused=True)
    compare_grads("gradient", grads, refs, inputs, 1e-9)
    return True


def check_error(name: str, sample: ModuleSample, expected: type[Exception], *, construction: bool) -> None:
    """Raise DifferenceError unless making our module, or calling it, raises an error of the same kind."""
    _raises(f"{name} there", expected, getattr(torch.nn, name), sample, construction=construction, convert=lambda x: x)
    kinds = (ValueError,) if expected is AssertionError else (expected,)  # a user's mistake is never an assertion
    _raises(f"{name} here", kinds, find(name), sample, construction=construction, convert=Converter())


def _raises(
    where: str, expected: Any, cls: Any, sample: ModuleSample, *, construction: bool, convert: Callable[[Any], Any]
) -> None:
    args, kwargs = convert(tuple(sample.made))
    called = convert(tuple(sample.called))
    at_making = True
    try:
        module = cls(*args, **kwargs)
        at_making = False
        module(*called[0], **called[1])
    except (*REFUSALS, AssertionError) as error:
        if not isinstance(error, expected):
            raise DifferenceError(f"{where}: {type(error).__name__} instead of {expected}: {error}") from None
        if construction and not at_making:
            raise DifferenceError(f"{where}: refused only when called: {error}") from None
        return
    raise DifferenceError(f"{where}: no error")
