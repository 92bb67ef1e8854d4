"""``tinygrad-cnn summary``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from tinygrad_cnn._checks import nearest
from tinygrad_cnn._types import Shape
from tinygrad_cnn.cli.building import MODELS, build_model, check_fit
from tinygrad_cnn.cli.checks import REFUSALS, ConfigError
from tinygrad_cnn.cli.config import read_config
from tinygrad_cnn.cli.console import make_console
from tinygrad_cnn.cli.runs import CONFIG
from tinygrad_cnn.cli.sets import image_shape
from tinygrad_cnn.report import summary as summarize

_USUAL: dict[str, Shape] = {
    "SimpleConvNet": (1, 28, 28), "DeepConvNet": (1, 28, 28), "DigitConvNet": (1, 28, 28), "LeNet5": (1, 28, 28),
    "ConvNet2": (1, 11, 11), "ThreeLayerConvNet": (3, 32, 32), "SixConvNet": (3, 32, 32), "resnet20": (3, 32, 32),
}  # fmt: skip
"""The image sizes of the models that take only one."""


def summary(
    target: Annotated[
        str, typer.Argument(help="Configuration file, folder of a run, or name of a model.", metavar="TARGET")
    ],
    input: Annotated[str | None, typer.Option(help="Size of an image, such as 3x32x32.", metavar="CxHxW")] = None,
) -> None:
    """List the layers of a model: output shapes, parameters, multiply-adds, memory."""
    path = Path(target)
    shape = None if input is None else _shape(input)
    if path.exists():
        config = read_config(path / CONFIG if path.is_dir() else path)
        place, model = config.place("model"), build_model(config.place("model"), config.model)
        if shape is None:
            shape, classes = image_shape(config)
            check_fit(place, model, shape, classes)
    else:
        if target not in MODELS:
            raise ConfigError(
                f"summary: expected a configuration file, the folder of a run, or a model among {', '.join(MODELS)}, "
                f"got {target!r}{nearest(target, MODELS)}"
            )
        shape = shape or _USUAL.get(target)
        if shape is None:
            raise ConfigError(f"summary: expected --input CxHxW, such as 3x224x224, for {target} takes several sizes")
        model = build_model("summary", (target, {}))
    try:
        table = summarize(model, (1, *shape))
    except (RuntimeError, *REFUSALS) as error:
        raise ConfigError(f"summary: {target} cannot take images of {'×'.join(map(str, shape))}: {error}") from error
    make_console().print(table, soft_wrap=False)


def _shape(text: str) -> Shape:
    if not re.fullmatch(r"[1-9]\d*([x×,][1-9]\d*){2}", text):
        raise ConfigError(f"summary: expected --input as CxHxW, such as 3x32x32, got {text!r}")
    return tuple(int(part) for part in re.split("[x×,]", text))
