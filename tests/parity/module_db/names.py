"""The table: every module that PyTorch has and we offer, by family."""

from __future__ import annotations

from typing import Any

from op_db.names import MissingError

import tinygrad_cnn

TABLE: dict[str, str] = {
    "linear": "Linear LazyLinear Identity Embedding",
    "convolution": "Conv1d Conv2d LazyConv2d ConvTranspose2d",
    "pooling": "MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool2d AdaptiveMaxPool2d",
    "normalisation": """
        BatchNorm1d BatchNorm2d LazyBatchNorm2d LayerNorm GroupNorm InstanceNorm1d InstanceNorm2d LocalResponseNorm
    """,
    "activations": """
        ReLU ReLU6 LeakyReLU ELU GELU SiLU Softplus Hardtanh Sigmoid LogSigmoid Tanh Softmax LogSoftmax
        SELU Mish Hardsigmoid Hardswish PReLU
    """,
    "losses": """
        CrossEntropyLoss NLLLoss MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss
    """,
    "shapes": """
        Flatten Unflatten Upsample PixelShuffle PixelUnshuffle ZeroPad2d ConstantPad2d ReflectionPad2d ReplicationPad2d
    """,
    "regularisation": "Dropout Dropout2d",
}
"""Names of classes in ``nn``."""


def find(name: str) -> Any:
    """Return our module class at this moment."""
    found = getattr(tinygrad_cnn.nn, name, None)
    if found is None:
        raise MissingError(f"tinygrad_cnn.nn.{name} does not exist")
    return found


def names() -> list[str]:
    """Return every name of the table."""
    return [name for text in TABLE.values() for name in text.split()]


def select(wanted: list[str]) -> list[str]:
    """Return the table's names that match `wanted`: a class (``Conv2d`` or ``nn.Conv2d``) or a family; all for none."""
    chosen: list[str] = [] if wanted else names()
    for want in wanted:
        matches = TABLE[want].split() if want in TABLE else [one for one in names() if one == want.removeprefix("nn.")]
        if not matches:
            raise SystemExit(f"{want!r} is not in the table of names.py; families: {', '.join(TABLE)}")
        chosen += [one for one in matches if one not in chosen]
    return chosen
