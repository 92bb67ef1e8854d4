"""Programs that change tensors in place, each written once for whichever framework is passed as `torch`.

Each takes leaves x (2, 3) and w (2, 3) and returns a tensor; values and gradients must not depend on the framework.
"""


def result(torch, x, w):
    y = x * 2
    y += w
    y *= w
    return y


def division_and_power(torch, x, w):
    y = x + 3
    y /= w + 3
    y **= 2
    y -= w
    return y


def unary(torch, x, w):
    y = (x * w).exp_()
    y = (y + 1).log_()
    y = ((y + 0.5).sqrt_() * -1).neg_().abs_()
    return (y * x).sigmoid_() + (y * w).tanh_() + (x - w).relu_() + (x + w).clamp_(-0.5, 0.5)


def row_of_a_result(torch, x, w):
    y = x * 1
    y[0] = w[1] * 2
    return y * y


def column_by_mask(torch, x, w):
    y = x * w
    y[:, 1] = 0.0
    y[torch.tensor([[True, False, False], [False, False, True]])] = -1.0
    return y * x


def advanced_index(torch, x, w):
    y = x * w
    y[torch.tensor([1, 0]), torch.tensor([2, 0])] = w[:, 0]
    return y.exp()


def filled_from_parts(torch, x, w):
    y = torch.zeros(4, 3, dtype=x.dtype)
    for i in range(2):
        y[i] = x[i] * i
        y[2 + i] = w[i]
    return y * y


def augmented_item(torch, x, w):
    y = torch.ones(2, 3, dtype=x.dtype)
    y[0] += x[0] * w[1]
    y[:, 2] *= w[:, 1]
    return y**2


def through_a_view(torch, x, w):
    y = x * 3
    v = y.view(3, 2)
    v.mul_(w.view(3, 2))
    return y * x


def through_a_view_of_a_view(torch, x, w):
    y = x * 3
    v = y.t()[1]
    v.add_(w[:, 0])
    return y * v.sum()


def view_made_before_the_change(torch, x, w):
    y = x * 3
    v = y.view(6)
    y.mul_(w)
    return v * v


def two_views(torch, x, w):
    y = x * 3
    a, b = y[0], y[:, 1]
    a.mul_(w[0])
    b.mul_(2)
    return a.sum() * b + y.sum()


def view_of_a_constant(torch, x, w):
    y = torch.zeros(6, dtype=x.dtype)
    v = y.view(2, 3)
    v.copy_(x * w)
    y[0] = 5.0
    return y * v.view(6)


def self_multiplication(torch, x, w):
    y = x * w
    y.mul_(y)
    return y


def view_times_itself(torch, x, w):
    y = x * w
    y[0].mul_(y[1])
    return y * y


def zeroed_and_refilled(torch, x, w):
    y = x * w
    z = y * 1
    z.zero_()
    z.add_(w)
    y.fill_(2.0)
    return z * y * x


def masked(torch, x, w):
    y = x * w
    y.masked_fill_(torch.tensor([[True, False, True], [False, False, False]]), 7.0)
    return y * y


def scattered(torch, x, w):
    y = x * 1
    y.scatter_add_(1, torch.tensor([[0, 0, 2], [1, 1, 1]]), w)
    return y * y


def under_no_grad(torch, x, w):
    y = x * w
    with torch.no_grad():
        y += 1
    return y + 0


def detached_memory(torch, x, w):
    y = x + w
    y.detach().zero_()
    return y + x


def accumulated(torch, x, w):
    total = torch.zeros((), dtype=x.dtype)
    for i in range(2):
        total += (x[i] * w[i]).sum()
    return total


def broadcast_operand(torch, x, w):
    y = x * 2
    y.mul_(w[0])
    y.add_(w[:, :1])
    return y.sub_(w, alpha=3)


def mixed_dtype(torch, x, w):
    y = x * w
    y += (w * 2).to(torch.float32)
    return y


REFUSED_BY_PYTORCH = {self_multiplication, view_times_itself}
"""PyTorch saves the operand that it overwrites; here a copy is saved."""


def written_by_index(torch, x, w):
    y = x * 2
    y.scatter_(1, torch.tensor([[2, 0], [1, 2]]), w[:, :2] * x[:, 1:])
    y.index_add_(0, torch.tensor([1, 1]), w * w, alpha=3)
    return y * x


def turned_in_place(torch, x, w):
    y = x * w
    row = y[1].unsqueeze_(0)
    row.mul_(w[:1])
    y.t_()
    y += x.t()
    return y.unsqueeze_(1).transpose_(0, 2).squeeze_() * w


PROGRAMS = [value for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
