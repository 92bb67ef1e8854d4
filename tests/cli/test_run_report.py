"""The report of a run: the table of classes, and the page."""

import numpy as np
import pytest

from tinygrad_cnn.cli.config import read_config
from tinygrad_cnn.cli.run_report import class_table, write_report
from tinygrad_cnn.models import ConvNet2
from tinygrad_cnn.train import History

for extra in ("jinja2", "matplotlib"):
    pytest.importorskip(extra)


COUNTS = np.array([[8, 2, 0], [0, 5, 0], [0, 0, 0]])


def test_each_class_has_its_share_and_its_commonest_mistake():
    assert class_table(COUNTS, ["a", "b", "c"]) == [
        ("class", "images", "right", "most often taken for"),
        ("a", "10", "80.0 %", "b: 2"),
        ("b", "5", "100.0 %", "—"),
        ("c", "0", "—", "—"),
    ]


@pytest.mark.parametrize("classes", [3, 21])
def test_the_page_holds_the_run(toy, tmp_path, classes):
    more = "lr = 0.01\n[schedule]\nname = 'StepLR'\nstep_size = 2\n[early_stopping]\npatience = 4"
    rows = [
        {"epoch": 1, "step": 4, "loss": 1.5, "accuracy": 0.25, "validation_accuracy": 0.5, "lr": 0.01, "seconds": 1.0},
        {
            "epoch": 2,
            "step": 8,
            "loss": 1.25,
            "accuracy": 0.75,
            "validation_accuracy": 0.6,
            "lr": 0.005,
            "seconds": 2.5,
        },
    ]
    history = History([2.0] * 8, rows, changes=["from step 5: SGD.lr 0.1, now 0.01"])
    counts = np.eye(classes, dtype=np.int64)
    measured = {"loss": 0.125, "accuracy": 0.875, "confusion": counts}
    names = [f"class {i}" for i in range(classes)]
    path = write_report(
        tmp_path / "report.html", read_config(toy(("lr = 0.01", more))), ConvNet2(), (1, 11, 11), history, 4, measured,
        names, "the weights of epoch 1",
    )  # fmt: skip
    page = path.read_text(encoding="utf-8")
    for part in (
        "ConvNet2 on toy", "87.50 %", "0.1250", "2,771", "2 s", "trained for 2 epochs", "the weights of epoch 1",
        "validation accuracy", "0.005", "from step 5: SGD.lr 0.1, now 0.01", "StepLR, step_size = 2", "patience = 4",
        "tinygrad-cnn train",
    ):  # fmt: skip
        assert part in page, part
    assert ("Confusion matrix" in page) == (classes <= 20)
