"""float16 gives PyTorch's numbers to a unit in the last place, forward and backward."""

import numpy as np
import pytest

EXPRESSIONS = {
    "numbers": lambda torch, x: (x * 0.1 + 1e-4) / 3e-3,
    "alpha": lambda torch, x: torch.add(x, x, alpha=0.3),
    "powers": lambda torch, x: x.abs() ** 0.7,
    "sum": lambda torch, x: x.sum(0),
    "mean": lambda torch, x: x.mean(1),
    "var": lambda torch, x: x.var(0),
    "std": lambda torch, x: x.std(),
    "norm": lambda torch, x: torch.norm(x * 100),
    "cumsum": lambda torch, x: torch.cumsum(x, 0),
    "logsumexp": lambda torch, x: torch.logsumexp(x, 0),
    "softmax": lambda torch, x: torch.nn.functional.softmax(x, 1),
    "log_softmax": lambda torch, x: torch.nn.functional.log_softmax(x, 0),
    "matmul": lambda torch, x: x.t() @ x,
    "linear": lambda torch, x: torch.nn.functional.linear(x, x[:4]),
    "layer_norm": lambda torch, x: torch.nn.functional.layer_norm(x, (32,)),
    "group_norm": lambda torch, x: torch.nn.functional.group_norm(x, 4),
    "batch_norm": lambda torch, x: torch.nn.functional.batch_norm(x, None, None, training=True),
    "conv2d": lambda torch, x: torch.nn.functional.conv2d(x.reshape(2, 16, 8, 32), x[:16, :16].reshape(16, 16, 1, 1)),
    "avg_pool2d": lambda torch, x: torch.nn.functional.avg_pool2d(x.reshape(1, 1, 256, 32), (256, 1)),
    "leaky_relu": lambda torch, x: torch.nn.functional.leaky_relu(x, 0.0123),
    "elu": lambda torch, x: torch.nn.functional.elu(x, 0.3),
    "gelu": lambda torch, x: torch.nn.functional.gelu(x),
    "silu": lambda torch, x: torch.nn.functional.silu(x),
    "softplus": lambda torch, x: torch.nn.functional.softplus(x, 0.7),
    "mse_loss": lambda torch, x: torch.nn.functional.mse_loss(x * 30, x),
    "cross_entropy": lambda torch, x: torch.nn.functional.cross_entropy(x, torch.arange(256) % 32),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_gradients(name, ours, torch):
    values = np.random.default_rng(0).standard_normal((256, 32)).astype(np.float16)
    results = []
    for framework in (ours, torch):
        x = framework.tensor(values, requires_grad=True)
        y = EXPRESSIONS[name](framework, x)
        y.backward(framework.tensor(np.random.default_rng(1).random(tuple(y.shape)).astype(np.float16)))
        results.append([one.detach().numpy() for one in (y, x.grad)])
    for found, expected in zip(*results, strict=True):
        assert found.dtype == expected.dtype == np.float16
        scale = float(np.abs(expected.astype(np.float64)).max())
        np.testing.assert_allclose(found.astype(np.float64), expected.astype(np.float64), rtol=2e-3, atol=4e-3 * scale)
