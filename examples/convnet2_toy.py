"""Train ConvNet2 on noisy 11×11 patterns: which learning rates and filter sizes work, and why small rates fail.

    python examples/convnet2_toy.py

conv 16@5×5 → ReLU → flatten → fully connected 3, weights 0.001·randn, SGD, batches of 8, 500 epochs.
Prints the tables of the lab report, its numbers beside ours, and writes loss.svg, filters.svg and graph.svg
into runs/convnet2_toy.
"""

from pathlib import Path

import tinygrad_cnn as torch
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import optim
from tinygrad_cnn.data import DataLoader, TensorDataset, toy_patterns
from tinygrad_cnn.models import ConvNet2
from tinygrad_cnn.report import filter_rows, line_plot
from tinygrad_cnn.train import Trainer, accuracy

EPOCHS, BATCH = 500, 8
RATES = {0.001: 33.333, 0.0001: 33.333, 2e-4: 33.333, 0.01: 100.0}  # learning rate: test accuracy of the report, %
SIZES = {3: 96.667, 5: 100.0, 7: 100.0, 9: 100.0}  # filter size: the same
OUT = Path("runs/convnet2_toy")

(x_train, t_train), (x_test, t_test) = toy_patterns()


def gradient_norms(net: ConvNet2) -> str:
    """Return the norm of the loss gradient in each layer's weights, on the whole training set."""
    weights = [net.conv1.weight, net.fc1.weight]
    gradients = torch.autograd.grad(F.cross_entropy(net(x_train), t_train), weights)
    return "  ".join(f"{(g * g).sum().sqrt().item():8.1e}" for g in gradients)


def train(lr: float, size: int = 5, init: str = "small") -> tuple[ConvNet2, list[float]]:
    """Train from scratch; print one line of a table; return the network and its loss after each epoch."""
    torch.manual_seed(0)
    net = ConvNet2(img_sz=11, kernel_sz=size, kernel_num=16, num_cls=3, init=init)
    start = gradient_norms(net)
    loader = DataLoader(TensorDataset(x_train, t_train), batch_size=BATCH, shuffle=True)
    optimizer = optim.SGD(net.parameters(), lr=lr)
    losses = Trainer(net, optimizer, F.cross_entropy).fit(loader, EPOCHS).column("loss")
    test = 100 * accuracy(net, x_test, t_test)
    print(f"{lr:7g}  {size}x{size}  {init:>5}  {test:8.3f} %  {losses[-1]:7.4f}  {start}", end="  ")
    return net, losses


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    head = "     lr  size   init        test     loss  |g conv1|  |g fc1| at start  report"
    curves = {}
    print(f"Learning rates\n{head}")
    for lr, reported in RATES.items():
        _, curves[f"lr {lr:g}"] = train(lr)
        print(f"{reported:7.3f} %")
    print("\nWhy small rates fail: weights of 0.001 scale each layer's gradient by the other's; He weights do not.")
    print(head)
    _, curves["lr 0.001, He"] = train(0.001, init="he")
    print("      -")
    print(f"\nFilter sizes\n{head}")
    filters = {}
    for size, reported in SIZES.items():
        net, _ = train(0.01, size)
        filters[f"{size} × {size}"] = net.conv1.weight.detach().numpy()
        print(f"{reported:7.3f} %")

    plot = line_plot(curves, xlabel="epoch", ylabel="training loss", reference=("ln 3", 1.0986))
    (OUT / "loss.svg").write_text(plot, encoding="utf-8")
    (OUT / "filters.svg").write_text(filter_rows(filters, columns=16), encoding="utf-8")
    net = ConvNet2()
    x, t = x_train[:BATCH], t_train[:BATCH]
    torch.draw(F.cross_entropy(net(x), t), params=net, inputs={"x": x, "t": t}).save(OUT / "graph.svg")
    print(f"\nwrote loss.svg, filters.svg and graph.svg into {OUT}")


if __name__ == "__main__":
    main()
