"""Train a small convolutional network on MNIST digits and plot its accuracy.

    python examples/simple_convnet_mnist.py                  the embedded 5,000 + 1,000 digits
    python examples/simple_convnet_mnist.py FOLDER           all of MNIST, from the four original files

conv 30@5×5 → ReLU → max-pool 2×2 → affine 100 → ReLU → affine 10, weights 0.01·randn, Adam, batch 100.
Writes accuracy.svg and graph.svg into runs/simple_convnet_mnist.
"""

import sys
from pathlib import Path

import tinygrad_cnn as torch
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.data import MNIST, load_mnist_5k
from tinygrad_cnn.models import SimpleConvNet
from tinygrad_cnn.report import line_plot
from tinygrad_cnn.train.reports import ArrayTrainer

EPOCHS = 10
OUT = Path("runs/simple_convnet_mnist")


def load(folder: str | None) -> list[torch.Tensor]:
    """Return training images (N, 1, 28, 28) in [0, 1] and labels, then the same for testing."""
    if folder is None:
        (x_train, t_train), (x_test, t_test) = load_mnist_5k()
        return [x_train, t_train, x_test, t_test]
    sets = [MNIST(folder, train=True), MNIST(folder, train=False)]
    return [part for one in sets for part in (one.data.float().unsqueeze(1) / 255, one.targets)]


def main() -> None:
    torch.manual_seed(0)
    x_train, t_train, x_test, t_test = load(sys.argv[1] if len(sys.argv) > 1 else None)
    network = SimpleConvNet()
    trainer = ArrayTrainer(
        network, x_train, t_train, x_test, t_test, epochs=EPOCHS, mini_batch_size=100, optimizer="Adam",
        optimizer_param={"lr": 0.001}, evaluate_sample_num_per_epoch=1000,
    )  # fmt: skip
    trainer.train()

    curves = {"train": trainer.train_acc_list, "test": trainer.test_acc_list}
    plot = line_plot(curves, xlabel="epoch", ylabel="accuracy")
    x, t = x_train[:100], t_train[:100]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "accuracy.svg").write_text(plot, encoding="utf-8")
    torch.draw(F.cross_entropy(network(x), t), params=network, inputs={"x": x, "t": t}).save(OUT / "graph.svg")
    print(f"wrote {OUT}/accuracy.svg and {OUT}/graph.svg")


if __name__ == "__main__":
    main()
