"""The heart of scripts as they stand in public courses and collections, each written once for either framework.

Each takes the framework, `fill` to give a module its weights and `draw` to make an input, and returns what it computed.
"""

import io
from collections import OrderedDict


def gradients(module):
    return [p.grad for p in module.parameters() if p.grad is not None]


def dcgan(torch, fill, draw):
    nn = torch.nn

    def weights_init(m):
        classname = m.__class__.__name__
        if classname.find("Conv") != -1:
            nn.init.normal_(m.weight, 0.0, 0.02)
        elif classname.find("BatchNorm") != -1:
            m.weight.data.normal_(1.0, 0.02)
            m.bias.data.fill_(0)

    generator = nn.Sequential(
        nn.ConvTranspose2d(6, 4, 4, 1, 0, bias=False), nn.BatchNorm2d(4), nn.ReLU(True),
        nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    critic = nn.Sequential(
        nn.Conv2d(3, 4, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(4, 1, 4, 1, 0), nn.Sigmoid()
    )
    for net in (generator, critic):
        fill(net.apply(weights_init))
    optimizers = [torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.5, 0.999)) for net in (generator, critic)]
    criterion, found = nn.BCELoss(), []
    for step in range(2):
        critic.zero_grad()
        real = draw(4, 3, 8, 8, seed=step)
        label = torch.full((real.size(0),), 1, dtype=real.dtype, device="cpu")
        criterion(critic(real).view(-1), label).backward()
        fake = generator(draw(4, 6, 1, 1, seed=step))
        label.fill_(0)
        criterion(critic(fake.detach()).view(-1), label).backward()
        optimizers[1].step()
        generator.zero_grad()
        loss = criterion(critic(fake).view(-1), label.fill_(1))
        loss.backward()
        optimizers[0].step()
        found += [loss, *gradients(generator), *gradients(critic)]
    return found


def wgan_gradient_penalty(torch, fill, draw):
    nn = torch.nn
    critic = fill(nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.LeakyReLU(0.2), nn.Linear(12, 1)))
    optimizer = torch.optim.RMSprop(critic.parameters(), lr=0.01)
    found = []
    for step in range(2):
        real, fake = draw(4, 1, 4, 4, seed=step), draw(4, 1, 4, 4, seed=step + 5)
        alpha = torch.Tensor(4, 1, 1, 1).fill_(0.3).double()
        mixed = torch.autograd.Variable(alpha * real.data + (1 - alpha) * fake.data, requires_grad=True)
        out = critic(mixed)
        slope = torch.autograd.grad(
            outputs=out, inputs=mixed, grad_outputs=torch.ones(out.size()).double(),
            create_graph=True, retain_graph=True, only_inputs=True,
        )[0]  # fmt: skip
        penalty = ((slope.view(slope.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()
        optimizer.zero_grad()
        loss = -torch.mean(critic(real)) + torch.mean(critic(fake)) + 10 * penalty
        loss.backward()
        optimizer.step()
        for p in critic.parameters():
            p.data.clamp_(-0.3, 0.3)
        found += [loss, *gradients(critic), *critic.parameters()]
    return found


def grad_cam(torch, fill, draw):
    nn, F = torch.nn, torch.nn.functional
    net = fill(
        nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, 4, 3), relu=nn.ReLU(inplace=True), conv2=nn.Conv2d(4, 6, 3),
                pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(6, 5),
            )
        )
    ).eval()  # fmt: skip
    features, slopes = [], []
    net.conv2.register_forward_hook(lambda module, inputs, output: features.append(output.detach()))
    net.conv2.register_full_backward_hook(lambda module, before, after: slopes.append(after[0]))
    x = draw(1, 3, 9, 9).requires_grad_()
    scores = net(x)
    one_hot = torch.zeros(scores.size()).double().scatter_(1, scores.topk(1)[1], 1)
    net.zero_grad()
    torch.sum(one_hot * scores).backward(retain_graph=True)
    weights = slopes[-1].mean(dim=(2, 3), keepdim=True)
    cam = F.interpolate((weights * features[-1]).sum(1, keepdim=True), size=(9, 9), mode="bilinear")
    perturbed = torch.clamp(x + 0.1 * x.grad.data.sign(), 0, 1)
    return [cam, perturbed, net(perturbed).max(1, keepdim=True)[1]]


def style_transfer(torch, fill, draw):
    nn, F = torch.nn, torch.nn.functional

    def gram_matrix(y):
        (b, ch, h, w) = y.size()
        features = y.view(b, ch, w * h)
        return features.bmm(features.transpose(1, 2)) / (ch * h * w)

    class StyleLoss(nn.Module):
        def __init__(self, target):
            super().__init__()
            self.target = gram_matrix(target).detach()

        def forward(self, x):
            self.loss = F.mse_loss(gram_matrix(x), self.target)
            return x

    cnn = fill(nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3)))
    model, losses = nn.Sequential(), []
    for i, layer in enumerate(cnn.children()):
        if isinstance(layer, nn.ReLU):
            layer = nn.ReLU(inplace=False)
        model.add_module(f"{type(layer).__name__}_{i}", layer)
        if isinstance(layer, nn.Conv2d):
            losses.append(StyleLoss(model(draw(1, 3, 8, 8, seed=1)).detach()))
            model.add_module(f"style_{i}", losses[-1])
    model.requires_grad_(False)
    image = draw(1, 3, 8, 8).requires_grad_()
    optimizer, found = torch.optim.Adam([image], lr=0.1), []
    for _ in range(2):

        def closure():
            with torch.no_grad():
                image.clamp_(0, 1)
            optimizer.zero_grad()
            model(image)
            loss = 0
            for one in losses:
                loss += one.loss
            loss *= 1e3
            loss.backward()
            return loss

        found += [optimizer.step(closure), image.clone()]
    return [*found, torch.tensor([len(model), len(list(model.state_dict()))])]


def sharpness_aware(torch, fill, draw):
    class SAM(torch.optim.Optimizer):
        def __init__(self, params, base_optimizer, rho=0.05, **kwargs):
            super().__init__(params, dict(rho=rho, **kwargs))
            self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
            self.param_groups = self.base_optimizer.param_groups
            self.defaults.update(self.base_optimizer.defaults)

        @torch.no_grad()
        def first_step(self):
            grads = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
            norm = torch.norm(torch.stack([g.norm(p=2) for g in grads]), p=2)
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None or p.grad.is_sparse:
                        continue
                    self.state[p]["old_p"] = p.data.clone()
                    p.add_(p.grad * (group["rho"] / (norm + 1e-12)).to(p))
            self.zero_grad()

        @torch.no_grad()
        def second_step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    p.data = self.state[p]["old_p"]
            self.base_optimizer.step()
            self.zero_grad()

    net = fill(torch.nn.Linear(4, 2))
    sam = SAM(net.parameters(), torch.optim.SGD, lr=0.1, momentum=0.9)
    for step in range(3):
        x = draw(5, 4, seed=step)
        net(x).pow(2).sum().backward()
        sam.first_step()
        net(x).pow(2).sum().backward()
        sam.second_step()
    return list(net.parameters())


def warm_up_and_top_five(torch, fill, draw):
    from_the_start = torch.optim.lr_scheduler._LRScheduler

    class WarmUpLR(from_the_start):
        def __init__(self, optimizer, total_iters, last_epoch=-1):
            self.total_iters = total_iters
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            return [base_lr * self.last_epoch / (self.total_iters + 1e-8) for base_lr in self.base_lrs]

    net = fill(torch.nn.Linear(6, 8))
    decay = [{"params": [net.weight]}, {"params": [net.bias], "weight_decay": 0, "name": "bias"}]
    optimizer = torch.optim.SGD(decay, lr=0.5, momentum=0.9, weight_decay=0.1, nesterov=True)
    warm_up, found = WarmUpLR(optimizer, 3), []
    x, target = draw(7, 6), torch.arange(7)
    for _ in range(3):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), target)
        loss.backward()
        optimizer.step()
        warm_up.step()
        found += [loss, torch.tensor(warm_up.get_last_lr())]
    _, pred = net(x).topk(5, 1, True, True)
    correct = pred.t().eq(target.view(1, -1).expand_as(pred.t()))
    accuracies = [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / 7) for k in (1, 5)]
    confusion = torch.zeros(8, 8)
    for true, guess in zip(target.view(-1), pred[:, 0], strict=True):
        confusion[true.long(), guess.long()] += 1
    return [*found, *accuracies, confusion, *net.parameters()]


def distillation_with_averages(torch, fill, draw):
    nn, F = torch.nn, torch.nn.functional
    teacher, student = fill(nn.Linear(6, 4)), fill(nn.Sequential(nn.Linear(6, 4)))
    optimizer = torch.optim.AdamW(student.parameters(), lr=0.05)
    shadow = {name: p.data.clone() for name, p in student.named_parameters() if p.requires_grad}
    x, target, found = draw(5, 6), torch.tensor([0, 3, 1, 2, 1]), []
    index = torch.tensor([2, 0, 1, 4, 3])
    for _ in range(2):
        mixed = 0.3 * x + (1 - 0.3) * x[index, :]
        outputs = student(mixed)
        soft = nn.KLDivLoss(reduction="batchmean")(
            F.log_softmax(outputs / 4, dim=1), F.softmax(teacher(mixed).detach() / 4, dim=1)
        )
        with torch.no_grad():
            smooth = torch.full_like(outputs, 0.1 / 3).scatter_(1, target.data.unsqueeze(1), 0.9)
        hard = torch.mean(torch.sum(-smooth * outputs.log_softmax(dim=-1), dim=-1))
        loss = soft * 16 + 0.3 * hard + 0.7 * F.cross_entropy(outputs, target[index])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        for name, p in student.named_parameters():
            shadow[name] = (0.1 * p.data + 0.9 * shadow[name]).clone()
        found += [loss, *shadow.values()]
    file = io.BytesIO()
    torch.save({"epoch": 2, "state_dict": student.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    checkpoint = torch.load(file, map_location="cpu")
    parallel = nn.DataParallel(fill(nn.Sequential(nn.Linear(6, 4))))
    parallel.load_state_dict(OrderedDict(("module." + k, v) for k, v in checkpoint["state_dict"].items()))
    again = torch.optim.AdamW(parallel.parameters())
    again.load_state_dict(checkpoint["optimizer"])
    parallel(x).sum().backward()
    again.step()
    return [*found, torch.tensor(checkpoint["epoch"]), *parallel.state_dict().values()]


def detection(torch, fill, draw):
    def iou(a, b):
        areas = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (a, b)]
        sides = (torch.min(a[:, None, 2:], b[:, 2:]) - torch.max(a[:, None, :2], b[:, :2])).clamp(min=0)
        common = sides[:, :, 0] * sides[:, :, 1]
        return common / (areas[0][:, None] + areas[1] - common)

    out = draw(2, 16, 3, 3).requires_grad_()
    p = out.view(2, 2, 8, 3, 3).permute(0, 1, 3, 4, 2).contiguous()
    x, w = torch.sigmoid(p[..., 0]), p[..., 2]
    grid = torch.arange(3).repeat(3, 1).view([1, 1, 3, 3]).type(torch.FloatTensor)
    anchors = torch.FloatTensor([(1.5, 2), (3, 4)])[:, 0:1].view((1, 2, 1, 1))
    boxes = torch.zeros(p[..., :4].shape).double()
    boxes[..., 0] = x.data + grid
    boxes[..., 1] = x.data + grid.transpose(2, 3)
    boxes[..., 2] = boxes[..., 0] + torch.exp(w.data) * anchors
    boxes[..., 3] = boxes[..., 1] + 1
    mask = p[..., 4] > 0
    loss = x[mask].pow(2).sum() + torch.nn.BCEWithLogitsLoss(reduction="sum")(p[..., 5:][mask], p[..., 5:][mask] * 0)
    loss.backward()
    flat, keep = boxes.view(-1, 4), []
    order = p[..., 4].data.view(-1).sort(0, descending=True)[1]
    while order.numel() > 0:
        keep.append(order[0].item())
        order = order[1:][(iou(flat[order[0]].unsqueeze(0), flat[order[1:]])[0] <= 0.4).nonzero().view(-1)]
    return [boxes, loss, out.grad, torch.LongTensor(keep)]


SCRIPTS = [
    dcgan, wgan_gradient_penalty, grad_cam, style_transfer, sharpness_aware, warm_up_and_top_five,
    distillation_with_averages, detection,
]  # fmt: skip
