"""``tinygrad-cnn evaluate`` and ``predict``: a trained model, measured and used."""

import re
import shutil

import numpy as np
import pytest

from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.cli.runs import load_trained
from tinygrad_cnn.data import load_mnist_5k
from tinygrad_cnn.nn import functional as F

pytest.importorskip("safetensors")


@pytest.fixture
def digits(cli, toy):
    """A run on few digits."""
    config = toy(
        ('name = "ConvNet2"\ninit = "he"', 'name = "DigitConvNet"'), ('name = "toy"', 'name = "MNIST5k"'),
        ("SGD", "Adam"),        ("validation = 6", "validation = 0.9"), ("batch_size = 8", "batch_size = 20"),
    )  # fmt: skip
    assert cli("train", config).code == 0
    return "runs/toy-001"


@pytest.fixture
def images(tmp_path):
    """Test digits as image files: 7/seven.png, grey, and two.jpg, in colour and larger."""
    pillow = pytest.importorskip("PIL.Image")
    (x, _), _ = load_mnist_5k(normalize=False)[1], None
    (tmp_path / "7").mkdir()
    pillow.fromarray(x[0, 0].numpy()).save(tmp_path / "7" / "seven.png")
    pillow.fromarray(x[1, 0].numpy()).resize((90, 60)).convert("RGB").save(tmp_path / "two.jpg")
    return ["7/seven.png", "two.jpg"]


def test_evaluate_measures_each_class(cli, digits, tmp_path):
    out = cli("evaluate", digits).out
    trained = load_trained(tmp_path / digits)
    (x, t) = load_mnist_5k()[1]
    with no_grad():
        scores = trained.model(x)
    accuracy = (scores.argmax(1) == t).numpy().mean()
    loss = F.cross_entropy(scores, t).item()
    first, second, *rest = out.splitlines()
    assert re.fullmatch(r"best-0000\d+, trained for [12] epochs, on 1,000 test images", first)
    assert second == f"loss {loss:.4f}, accuracy {accuracy:.4f}"
    assert len(rest) == 11
    own = t.numpy() == 3
    right = 100 * (scores.argmax(1).numpy()[own] == 3).mean()
    assert re.match(rf" *3 +{own.sum()} +{right:.1f} %", rest[4])
    assert "on 4,500 validation images" in cli("evaluate", digits, "--part", "validation").out
    assert cli("evaluate", digits, "--weights", "last").out.startswith(
        "step-00000050, trained for 2 epochs, on 1,000 t"
    )


def test_evaluate_refuses(fails, digits, toy, cli, tmp_path):
    assert fails("evaluate", "nowhere") == "nowhere: expected the folder of a run, which has a config.toml"
    assert "Missing argument 'RUN'" in fails("evaluate")
    assert "'best', 'last'" in fails("evaluate", digits, "--weights", "first")
    cli("train", toy(("validation = 6", "")))
    assert "this run holds out none" in fails("evaluate", "runs/toy-002", "--part", "validation")
    assert "expected a checkpoint of the best epoch, found none" in fails(
        "evaluate", "runs/toy-002", "--weights", "best"
    )
    shutil.copy(tmp_path / digits / "config.toml", tmp_path / "runs" / "toy-002")
    assert "got one that does not fit" in fails("evaluate", "runs/toy-002")
    shutil.rmtree(tmp_path / "runs" / "toy-002" / "checkpoints")
    assert "expected a checkpoint, found none" in fails("evaluate", "runs/toy-002")


def test_predict_prints_probabilities_guess_and_truth(cli, digits, images, tmp_path):
    result = cli("predict", *images)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0] == "7/seven.png"
    found = [re.fullmatch(r"  (\d) +(\d+\.\d) % █*", line) for line in lines[1:11]]
    assert [match[1] for match in found] == list("0123456789")
    trained = load_trained(tmp_path / digits)
    with no_grad():
        expected = F.softmax(trained.model(load_mnist_5k()[1][0][:1]), 1).numpy()[0]
    np.testing.assert_allclose([float(match[2]) for match in found], 100 * expected, atol=0.051)
    guess = expected.argmax()
    assert lines[11] == f"  guess {guess}, truth 7: {'right' if guess == 7 else 'wrong'}"
    assert lines[12] == "two.jpg"
    assert re.fullmatch(r"  guess \d", lines[-1])
    assert cli("predict", "--run", digits, images[0]).out == "\n".join(lines[:12]) + "\n"
    assert cli("predict", "--invert", images[0]).out != "\n".join(lines[:12]) + "\n"


def test_predict_refuses(fails, digits, images, tmp_path):
    assert fails("predict", "none.png") == "none.png: No such file or directory"
    (tmp_path / "bad.png").write_text("no image", encoding="utf-8")
    assert fails("predict", images[0], "bad.png").startswith(
        "bad.png: expected an image that Pillow can read, got none"
    )
    whole = (tmp_path / "two.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    assert "half.jpg: expected an image that Pillow can read, got none or a damaged one (" in fails(
        "predict", "half.jpg"
    )
    assert "expected the folder of a run" in fails("predict", "--run", "7", images[0])
    assert "Missing argument 'IMAGE...'" in fails("predict")
    shutil.rmtree(tmp_path / "runs")
    assert "runs: expected a run with a checkpoint in this folder, found none" in fails("predict", images[0])
