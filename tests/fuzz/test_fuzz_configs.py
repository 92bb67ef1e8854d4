"""No configuration and no name does more on the command line than be refused in one line."""

import contextlib
import copy
import io
import json
import os
import sys
import tempfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fuzz.budget import budget
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tinygrad_cnn import nn, randn
from tinygrad_cnn.report import summary

for extra in ("typer", "rich", "jinja2", "matplotlib", "safetensors"):
    pytest.importorskip(extra)


def call(*args):
    """Run the command line in this process; return its exit code, output and errors."""
    from tinygrad_cnn.cli import main

    out, errors, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["tinygrad-cnn", *map(str, args)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    return ended.value.code or 0, out.getvalue(), errors.getvalue()


@contextlib.contextmanager
def empty_folder():
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield Path(folder)


TRAIN = {
    "epochs": 1, "batch_size": 8, "seed": 3, "accumulate": 1, "clip_grad_norm": 1.0, "num_workers": 0,
    "checkpoint_every": 2, "keep_checkpoints": 1,
    "model": {"name": "ConvNet2", "init": "he", "kernel_sz": 5, "kernel_num": 4},
    "data": {"name": "toy", "validation": 6, "noise": 0.1, "train_per_class": 11, "test_per_class": 2},
    "optimizer": {"name": "Adam", "lr": 0.01, "betas": [0.9, 0.99], "eps": 1e-8, "weight_decay": 0.0},
    "schedule": {"name": "MultiStepLR", "milestones": [1, 2], "gamma": 0.5},
    "early_stopping": {"monitor": "validation_loss", "patience": 2, "min_delta": 0.0},
}  # fmt: skip
SHOWN = {
    "model": {"name": "SimpleConvNet"},
    "data": {
        "name": "MNIST",
        "root": "nowhere",
        "transforms": [
            {"name": "Resize", "size": [28, 28]}, "ToTensor", {"name": "Normalize", "mean": [0.5], "std": [0.5]},
            {"name": "RandomApply", "p": 0.5, "transforms": [{"name": "RandomRotation", "degrees": 10}]},
            {"name": "RandomCrop", "size": 28, "padding": 2}, {"name": "Pad", "padding": 0},
            {"name": "RandomErasing", "p": 0.5, "scale": [0.02, 0.3]},
        ],
    },
    "optimizer": {"name": "SGD"},
}  # fmt: skip

NAMES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["[cat]", "[/bold]", ":cat:", "<b>", "</script><script>x()</script>", "$x$", "$", "\\", '"', "'", "&amp;",
         "a\nb", "\x1b[31mred", "ünï", "\u202eleft", "\u200b", "x" * 300, "%s{0}", "--help", " ", "…", "猫", "nan"]
    ),
)  # fmt: skip
NUMBERS = st.sampled_from([0, -1, 1, 2, 3, 7, 2**62, 2**63, 10**30, 0.0, -0.5, 0.5, 1e300, -1e300, 5e-324])
SPECIAL = st.sampled_from([float("nan"), float("inf"), -float("inf"), True, False, date(2020, 1, 1), "", [], {}])
VALUES = st.recursive(
    st.one_of(NUMBERS, SPECIAL, NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
CHANGE = st.tuples(st.sampled_from(["set", "set", "set", "name", "delete", "add"]), st.integers(0, 99), NAMES, VALUES)
CHANGES = st.lists(CHANGE, min_size=1, max_size=3)


def places(found):
    """Return every (container, key) below a table or list, outer ones first."""
    keys = range(len(found)) if isinstance(found, list) else list(found)
    return [
        place
        for key in keys
        for place in [(found, key), *(places(found[key]) if isinstance(found[key], list | dict) else [])]
    ]


def changed(settings, changes):
    """Return settings with values set, keys renamed, deleted and added, that train for no more than a moment."""
    settings = copy.deepcopy(settings)
    for kind, where, name, value in changes:
        known = places(settings)
        if not known:
            break
        container, key = known[where % len(known)]
        if kind == "set" or isinstance(container, list):
            container[key] = value
        elif kind == "name":
            container[name] = container.pop(key)
        elif kind == "delete":
            del container[key]
        else:
            container[name] = value
    for name, most in (("epochs", 2), ("num_workers", 0)):  # all else is over at once
        if type(settings.get(name)) is int and 0 < settings[name] < 2**63:
            settings[name] = min(settings[name], most)
    if "epochs" not in settings and settings.get("model", {}) == TRAIN["model"]:
        settings["epochs"] = 1
    return settings


def toml(value):
    """Return a value as TOML, tables inline."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(name, ensure_ascii=False)} = {toml(one)}" for name, one in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def write(settings):
    lines = [f"{json.dumps(name, ensure_ascii=False)} = {toml(value)}\n" for name, value in settings.items()]
    Path("c.toml").write_text("".join(lines), encoding="utf-8")


def check(code, errors):
    """See that a command ended well, or in one line."""
    lines = errors.splitlines()
    assert code in (0, 2), errors
    assert all(line.startswith("tinygrad-cnn: ") for line in lines), errors
    assert sum("tinygrad-cnn: warning: " not in line for line in lines) == (code == 2), errors
    assert max(map(len, lines), default=0) < 2000, errors


@budget(60)
@given(CHANGES)
def test_a_configuration_trains_or_is_refused_in_one_line(changes):
    with empty_folder():
        write(changed(TRAIN, changes))
        code, _, errors = call("train", "c.toml")
        check(code, errors)
        assert code == 0 or all(any(run.glob("checkpoints/*.json")) for run in Path("runs").glob("*"))


@budget(100)
@given(CHANGES)
def test_transforms_are_shown_or_refused_in_one_line(changes):
    with empty_folder():
        write(changed(SHOWN, changes))
        code, _, errors = call("summary", "c.toml")
        check(code, errors)


@budget(60)
@given(st.binary(max_size=60) | st.text(alphabet='[]{}="\n.a1#\\u,', max_size=60).map(str.encode))
def test_bytes_are_refused_in_one_line(content):
    with empty_folder():
        Path("c.toml").write_bytes(content)
        code, _, errors = call("train", "c.toml")
        assert code == 2
        check(code, errors)


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") or "javascript:" in (value or "") for name, value in attrs)

    def handle_data(self, data):
        self.text.append(data)


FOLDER = """
epochs = 1
batch_size = 4
model = {name = "ConvNet2", num_cls = 2}
optimizer = {name = "SGD"}
data = {name = "ImageFolder", root = "pictures", test = 2, transforms = ["Grayscale", {name = "Resize", size = 11}]}
"""

NOT_PRINTED = dict.fromkeys(map(ord, "\a\b\v\f\r"))
"""What rich leaves out, for it moves the cursor."""

FILES = NAMES.filter(lambda name: name.strip(". ") and not set(name) & {"/", "\0"} and len(name.encode()) < 100)


@pytest.mark.skipif(os.name != "posix", reason="other systems have few characters for the names of files")
@settings(budget(8), phases=[Phase.generate])  # each takes long, and to shrink one would take minutes
@given(st.lists(FILES, min_size=4, max_size=4, unique_by=str.lower), st.sampled_from(["", "\udcff"]))
def test_names_of_classes_files_and_folders_are_printed_as_they_are(names, byte):
    pillow = pytest.importorskip("PIL.Image")
    one, other, file, folder = names
    with empty_folder():
        for label, name in enumerate((one, other)):
            Path("pictures", name).mkdir(parents=True)
            for i in range(4):
                picture = np.random.default_rng([label, i]).integers(0, 256, (12, 12, 3), np.uint8)
                pillow.fromarray(picture).save(Path("pictures", name, f"{i}.png"))
        config = Path(f"{file}{byte}.toml").absolute()
        config.write_text(FOLDER, encoding="utf-8")
        base = Path(f"{folder}{byte}").absolute()
        code, _, errors = call("train", f"{config}", "--out", base)
        assert (code, errors) == (0, "")
        (run,) = base.glob("*")
        page = Tags((run / "report.html").read_text(encoding="utf-8"))
        assert "script" not in page.tags
        assert " ".join(one.split()) in " ".join("".join(page.text).split())
        for command in (
            ("evaluate", run),
            ("summary", run),
            ("predict", Path("pictures", one, "0.png").absolute(), "--run", run),
        ):
            code, out, errors = call(*command)
            assert (code, errors) == (0, "")
        assert any(f"guess {name.translate(NOT_PRINTED)}" in out for name in (one, other))
        lost = Path(f"{file}{byte}.png").absolute()
        code, _, errors = call("predict", lost, "--run", run)
        check(code, errors)


@budget(40)
@given(st.lists(NAMES.filter(lambda name: name and "." not in name), min_size=2, max_size=2, unique=True))
def test_names_of_layers_are_drawn_and_listed_as_they_are(names):
    from tinygrad_cnn.graph import draw

    model = nn.Sequential()
    for name in names:
        model.add_module(name, nn.Linear(2, 2))
    found = summary(model, (1, 2))
    assert "script" not in Tags(found.html).tags
    assert len(str(found).splitlines()) >= 4
    drawing = draw(model(randn(1, 2)).sum(), params=model)
    shown = ElementTree.fromstring(drawing.svg)
    assert not [part for part in shown.iter() if part.tag.endswith(("}a", "}script"))]
