"""tinygrad_cnn: a define-by-run autodiff micro-framework on NumPy, with PyTorch's vocabulary.

    import tinygrad_cnn as torch
    from tinygrad_cnn import nn
    import tinygrad_cnn.nn.functional as F

Operations on tensors are recorded as they run; ``loss.backward()`` walks the record back and fills ``.grad``.
"""

from tinygrad_cnn import _startup  # noqa: F401  # isort: skip - before what takes a moment to import

from importlib import import_module as _import_module
from math import e as e, inf as inf, nan as nan, pi as pi
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING as _TYPE_CHECKING

from tinygrad_cnn import (
    accelerator as accelerator,
    amp as amp,
    autograd as autograd,
    backends as backends,
    cuda as cuda,
    nn as nn,
    optim as optim,
)
from tinygrad_cnn import declined as _declined, spellings as _spellings
from tinygrad_cnn._compile import compile as compile
from tinygrad_cnn._dtypes import (
    bool_ as _bool,
    double as double,
    float16 as float16,
    float32 as float32,
    float64 as float64,
    get_default_dtype as get_default_dtype,
    half as half,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    long as long,
    set_default_dtype as set_default_dtype,
    short as short,
    uint8 as uint8,
)
from tinygrad_cnn.amp import GradScaler as GradScaler, autocast as autocast
from tinygrad_cnn.autograd import (
    enable_grad as enable_grad,
    inference_mode as inference_mode,
    is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled,
    is_anomaly_enabled as is_anomaly_enabled,
    is_grad_enabled as is_grad_enabled,
    no_grad as no_grad,
    set_grad_enabled as set_grad_enabled,
)
from tinygrad_cnn.autograd import functional as _functional  # autograd.functional needs tensors first
from tinygrad_cnn.backends.threads import (
    get_num_threads as get_num_threads,
    set_num_threads as set_num_threads,
)
from tinygrad_cnn.creation import (
    arange as arange,
    as_tensor as as_tensor,
    empty as empty,
    empty_like as empty_like,
    eye as eye,
    from_numpy as from_numpy,
    full as full,
    full_like as full_like,
    linspace as linspace,
    ones as ones,
    ones_like as ones_like,
    tensor as tensor,
    zeros as zeros,
    zeros_like as zeros_like,
)
from tinygrad_cnn.device import Device as _Device
from tinygrad_cnn.drawing import (
    normal as normal,
    rand as rand,
    rand_like as rand_like,
    randint as randint,
    randint_like as randint_like,
    randn as randn,
    randn_like as randn_like,
    randperm as randperm,
)
from tinygrad_cnn.inspection import (
    is_floating_point as is_floating_point,
    is_tensor as is_tensor,
    numel as numel,
)
from tinygrad_cnn.memory_format import (
    MemoryFormat as _MemoryFormat,
    channels_last as channels_last,
    contiguous_format as contiguous_format,
    preserve_format as preserve_format,
)
from tinygrad_cnn.nn.functional import (
    avg_pool1d as avg_pool1d,
    conv1d as conv1d,
    conv2d as conv2d,
    conv_transpose2d as conv_transpose2d,
    log_softmax as log_softmax,
    max_pool1d as max_pool1d,
    max_pool2d as max_pool2d,
    relu as relu,
    sigmoid as sigmoid,
    softmax as softmax,
    tanh as tanh,
)
from tinygrad_cnn.ops import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    addmm as addmm,
    all as all,
    allclose as allclose,
    amax as amax,
    amin as amin,
    any as any,
    argmax as argmax,
    argmin as argmin,
    argsort as argsort,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    bincount as bincount,
    bitwise_and as bitwise_and,
    bitwise_not as bitwise_not,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    bmm as bmm,
    broadcast_to as broadcast_to,
    cat as cat,
    ceil as ceil,
    chunk as chunk,
    clamp as clamp,
    clip as clip,
    clone as clone,
    cos as cos,
    cosh as cosh,
    cumprod as cumprod,
    cumsum as cumsum,
    div as div,
    dot as dot,
    einsum as einsum,
    eq as eq,
    equal as equal,
    erf as erf,
    exp as exp,
    expm1 as expm1,
    flatten as flatten,
    flip as flip,
    floor as floor,
    floor_divide as floor_divide,
    fmod as fmod,
    gather as gather,
    ge as ge,
    gt as gt,
    index_add as index_add,
    index_select as index_select,
    isclose as isclose,
    isfinite as isfinite,
    isinf as isinf,
    isnan as isnan,
    le as le,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    logsumexp as logsumexp,
    lt as lt,
    masked_fill as masked_fill,
    masked_select as masked_select,
    matmul as matmul,
    max as max,
    maximum as maximum,
    mean as mean,
    median as median,
    meshgrid as meshgrid,
    min as min,
    minimum as minimum,
    mm as mm,
    mode as mode,
    moveaxis as moveaxis,
    movedim as movedim,
    mul as mul,
    mv as mv,
    narrow as narrow,
    ne as ne,
    neg as neg,
    nonzero as nonzero,
    norm as norm,
    outer as outer,
    permute as permute,
    pow as pow,
    prod as prod,
    ravel as ravel,
    reciprocal as reciprocal,
    remainder as remainder,
    repeat_interleave as repeat_interleave,
    reshape as reshape,
    roll as roll,
    round as round,
    rsqrt as rsqrt,
    scatter as scatter,
    scatter_add as scatter_add,
    select as select,
    sign as sign,
    sin as sin,
    sinh as sinh,
    sort as sort,
    split as split,
    sqrt as sqrt,
    square as square,
    squeeze as squeeze,
    stack as stack,
    std as std,
    sub as sub,
    sum as sum,
    swapaxes as swapaxes,
    swapdims as swapdims,
    t as t,
    tan as tan,
    tile as tile,
    topk as topk,
    transpose as transpose,
    tril as tril,
    triu as triu,
    trunc as trunc,
    unbind as unbind,
    unflatten as unflatten,
    unique as unique,
    unsqueeze as unsqueeze,
    var as var,
    where as where,
)
from tinygrad_cnn.printing import set_printoptions as set_printoptions
from tinygrad_cnn.random import (
    Generator as Generator,
    initial_seed as initial_seed,
    manual_seed as manual_seed,
    seed as seed,
)
from tinygrad_cnn.sampling import bernoulli as bernoulli, multinomial as multinomial
from tinygrad_cnn.size import Size as Size
from tinygrad_cnn.tensor import Tensor as Tensor
from tinygrad_cnn.typed import (
    BoolTensor as BoolTensor,
    ByteTensor as ByteTensor,
    CharTensor as CharTensor,
    DoubleTensor as DoubleTensor,
    FloatTensor as FloatTensor,
    HalfTensor as HalfTensor,
    IntTensor as IntTensor,
    LongTensor as LongTensor,
    ShortTensor as ShortTensor,
)

bool, float, int = _bool, float32, int32
device, memory_format = _Device, _MemoryFormat

__version__ = "0.1.0"

try:
    import tinygrad_cnn.fast as _fast
except ModuleNotFoundError as _error:
    if _error.name != f"{__name__}.fast":
        raise
else:
    _fast.install()

_declined.install_import_hints()
_declined.answer_in(
    amp, autograd, autograd.function, _functional, backends, backends.cudnn, backends.mps, cuda, cuda.amp, nn,
    nn.functional, nn.init, nn.modules, nn.parallel, nn.parameter, nn.utils, optim, optim.lr_scheduler,
    optim.optimizer, accelerator,
)  # fmt: skip
globals().update({name: _spellings.with_out(globals()[name]) for name in _spellings.TAKING_OUT})
globals().update({name: _spellings.with_memory_format(globals()[name]) for name in _spellings.TAKING_MEMORY_FORMAT})
globals().update({name: _spellings.numpy_names(globals()[name]) for name in _spellings.TAKING_DIM})

if _TYPE_CHECKING:
    from tinygrad_cnn import data as data, gradcheck as gradcheck, graph as graph, utils as utils
    from tinygrad_cnn.graph import draw as draw
    from tinygrad_cnn.interop import load as load, save as save
    from tinygrad_cnn.report import summary as summary

_LATER = {
    "data": "", "draw": "graph", "gradcheck": "", "graph": "", "load": "interop", "save": "interop",
    "summary": "report", "utils": "",
}  # fmt: skip
"""What is imported when it is first used: names, and where they are if they are not modules themselves."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        return _declined.lookup(__name__, name, depth=2)
    found = _import_module(f"{__name__}.{_LATER[name] or name}")
    globals()[name] = value = getattr(found, name) if _LATER[name] else found
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


_MODULES = {"accelerator", "amp", "autograd", "backends", "cuda", "nn", "optim"}

__all__ = sorted(
    {"__version__", *_MODULES, *_LATER}
    | {name for name, value in globals().items() if name[0] != "_" and not isinstance(value, _ModuleType)}
)
