"""Mutants that compute the same as the original, each with the reason why no test can tell them apart."""

_SYMMETRIC = "exchanging the arguments of a symmetric function, or the two axes that it exchanges, changes nothing"
_ORDERLESS = "a product, and a set of axes to sum over, has no order"
_TIES = "where the two are equal the case before has been chosen already"
_NEVER = "it is not chosen there, and nothing flows into it"
_ZERO = "it is times 0, or 0 itself"
_EMPTY = "the divisor differs only where there is nothing to divide"
_SAME = "it takes a short cut to the same value"
_BOTH = "both are given, or neither is"
_UNDEFINED = "a derivative of second order at a point where it has no value"

_VJPS = {
    ("_clamped_log", "return maximum(-100, log(x))"): _SYMMETRIC,
    ("_freedom", "return max(0, product([shape[axis] for axis in dim]) - correction)"): _SYMMETRIC,
    ("_groups", "return reshape(x, (x.shape[0], num_groups, product(x.shape[1:][::-1]) // num_groups))"): _ORDERLESS,
    ("_on_diagonals", "if not letter in axes:"): "every axis gets a δ of its own, the first of each letter needlessly",
    ("_over_channels", "return (*range(2, len(shape)), 0)"): _ORDERLESS,
    ("_per_position", "return g / (count or 2) if reduction == 'mean' else g"): _ZERO,
    ("_squares", "return where(distance == 0, 2, distance)"): _ZERO + "; " + _UNDEFINED,
    ("adaptive_max_pool2d_vjp_0", "n, c, w, h = x.shape"): _ORDERLESS,
    ("add_vjp_1", "return g * alpha"): _SAME,
    ("addmm_vjp_1", "return multiply_matrices(g, transpose(mat2, 1, 0)) * alpha"): _SYMMETRIC,
    ("addmm_vjp_2", "return multiply_matrices(transpose(mat1, 1, 0), g) * alpha"): _SYMMETRIC,
    ("atan2_vjp_0", "return g * (other / _squares(other, x))"): _SYMMETRIC,
    ("atan2_vjp_1", "return -g * (x / _squares(other, x))"): _SYMMETRIC,
    ("batch_norm_vjp_0", "if running_mean is None:"): _BOTH,
    ("batch_norm_vjp_0", "if running_var is None:"): _BOTH,
    ("batch_norm_vjp_1", "if running_mean is None:"): _BOTH,
    ("batch_norm_vjp_1", "if running_var is None:"): _BOTH,
    ("binary_cross_entropy_vjp_0", "slope = (x - target) / maximum(1e-12, x * (1 - x))"): _SYMMETRIC,
    ("conv1d_vjp_2", "return sum(g, (2, 0))"): _ORDERLESS,
    ("conv2d_vjp_2", "return sum(g, (0, 3, 2))"): _ORDERLESS,
    ("conv2d_vjp_2", "return sum(g, (2, 0, 3))"): _ORDERLESS,
    ("conv_transpose2d_vjp_2", "return sum(g, (0, 3, 2))"): _ORDERLESS,
    ("conv_transpose2d_vjp_2", "return sum(g, (2, 0, 3))"): _ORDERLESS,
    ("einsum_vjp_n", "found = _among(own, *others, output)"): "the letters keep the order of the first",
    ("embedding_vjp_0", "rows = masked_fill(g, unsqueeze(index == padding_idx, -1), 0)"): _SAME,
    ("floor_divide_vjp_0", "return -where(False, g, 0)"): _ZERO,
    ("floor_vjp_0", "return -where(False, g, 0)"): _ZERO,
    ("huber_loss_vjp_0", "return _per_element(g, x.shape, reduction) * where(abs(d) < delta, d, delta / sign(d))"): (
        "where that is chosen the sign is 1 or −1"
    ),
    ("linear_vjp_1", "rows = reshape(g, (product(g.shape[:-1][::-1]), g.shape[-1]))"): _ORDERLESS,
    (
        "linear_vjp_1",
        "return multiply_matrices(transpose(rows, 1, 0), reshape(x, (rows.shape[0], x.shape[-1])))",
    ): _SYMMETRIC,
    ("log10_vjp_0", "return g / (where((g == 0) & (x == 0), 2, x) * _LOG_10)"): _ZERO + "; " + _UNDEFINED,
    ("log1p_vjp_0", "return g / where((g == 0) & (x == -1), 2, x + 1)"): _ZERO + "; " + _UNDEFINED,
    ("log2_vjp_0", "return g / (where((g == 0) & (x == 0), 2, x) * _LOG_2)"): _ZERO + "; " + _UNDEFINED,
    ("log_vjp_0", "return g / where((g == 0) & (x == 0), 2, x)"): _ZERO + "; " + _UNDEFINED,
    ("matmul_vjp_0", "return multiply_matrices(g, transpose(other, -1, -2))"): _SYMMETRIC,
    ("matmul_vjp_1", "return multiply_matrices(transpose(x, -1, -2), g)"): _SYMMETRIC,
    ("maximum_vjp_0", "return where(x == other, g / 2, where(x <= other, 0, g))"): _TIES,
    ("maximum_vjp_1", "return where(x == other, g / 2, where(x >= other, 0, g))"): _TIES,
    ("mean_vjp_0", "return sum_vjp_0(g / (count or 2), None, x, dim=dim, keepdim=keepdim)"): _EMPTY,
    ("mean_vjp_0", "return sum_vjp_0(g / count, None, x, dim=dim, keepdim=keepdim)"): _EMPTY,
    ("mv_vjp_1", "return _mv(transpose(x, 1, 0), g)"): _SYMMETRIC,
    ("norm_vjp_0", "if p == 2: → if p == 1:"): _SAME,
    ("norm_vjp_0", "divisor = where(y == 0, 2, y)"): _NEVER,
    ("norm_vjp_0", "ratio = where(flat, 2, x) / divisor"): _NEVER,
    ("norm_vjp_0", "return -broadcast_to(where(False, g, 0), shape=x.shape)"): _ZERO,
    ("norm_vjp_0", "return g * sign(x) * (ties / where(shared == 0, 2, shared))"): _ZERO,
    ("outer_vjp_1", "return _mv(transpose(g, 1, 0), x)"): _SYMMETRIC,
    ("permute_vjp_0", "inverse = [1] * len(dims)"): "every entry is replaced",
    ("pow_vjp_0", "return slope if isinstance(exponent, float) else where(exponent == 0, 0, slope)"): _SAME,
    ("pow_vjp_0", "return slope if isinstance(exponent, int) else where(exponent == 0, 0, slope)"): _SAME,
    ("pow_vjp_0", "return where(exponent == 0, 0, slope)"): _SAME,
    ("prod_vjp_0", "return (g if keepdim else reshape(g, kept)) * transpose(others(transpose(x, -1, dim)), dim, -1)"): (
        _SYMMETRIC
    ),
    ("prod_vjp_0", "return (g if keepdim else reshape(g, kept)) * transpose(others(transpose(x, dim, -1)), -1, dim)"): (
        _SYMMETRIC
    ),
    ("prod_vjp_0", "return reshape(g, kept) * transpose(others(transpose(x, dim, -1)), dim, -1)"): _SAME,
    ("relu_input_vjp_1", "return -where(False, u, 0)"): _ZERO,
    ("repeat_vjp_0", "return reshape(sum(reshape(g, copies), range(0, len(copies), 2)), x.shape)"): _SAME,
    ("round_vjp_0", "return -where(False, g, 0)"): _ZERO,
    ("sign_vjp_0", "return -where(False, g, 0)"): _ZERO,
    ("sqrt_vjp_0", "return g / (2 * where((g == 0) & ~(y > 0), 2, y))"): _ZERO + "; " + _UNDEFINED,
    (
        "std_vjp_0",
        "return var_vjp_0(where(flat, 0, g / (2 * where(flat, 2, y))), None, x, dim=dim, correction=correction)",
    ): _NEVER,
    ("sub_vjp_1", "return g * -alpha"): _SAME,
    ("sum_vjp_0", "return broadcast_to(reshape(g, keep_axes(x.shape, dim)), shape=x.shape)"): _SAME,
}

_OPTIM = {
    (
        "Adam.initial_state",
        "return {'exp_avg': 0, 'exp_avg_sq': 0, **({'max_exp_avg_sq': -1} if group['amsgrad'] else {})}",
    ): "the greatest of squares is at least 0",
    ("CosineAnnealingLR._next_lr", "if (-(t - 1) - period) % (2 * period) == 0:"): "the remainder is 0 for both signs",
    ("CosineAnnealingLR._next_lr", "if (t - 1 + period) % (2 * period) == 0:"): "two periods apart",
    (
        "CyclicLR._share",
        "height = x / self.step_ratio if x < self.step_ratio else (x - 1) / (self.step_ratio - 1)",
    ): "the top belongs to both sides",
    (
        "LRScheduler.__repr__",
        "return settings_repr(self, ('last_epoch', 'optimizer'), last_epoch=self.last_epoch, lr=self._last_lr)",
    ): "names to leave out have no order",
    ("LRScheduler.load_state_dict", "for key in ('min_lrs', 'base_lrs'):"): "no schedule has both",
    ("MultiStepLR._next_lr", "return self._lr(i) * self.gamma ** times"): "gamma⁰ is 1",
    ("OneCycleLR._next_lr", "if self.last_epoch < end:"): "a phase ends with the rates that the next one begins with",
    (
        "RMSprop.initial_state",
        "names = ['square_avg', *['momentum_buffer'] * bool(group['momentum']), *['grad_avg'] * group['centered']]",
    ): "the names of a state have no order",
    (
        "RMSprop.initial_state",
        "names = [*['grad_avg'] * group['centered'], 'square_avg', *['momentum_buffer'] * bool(group['momentum'])]",
    ): "the names of a state have no order",
    ("SGD._update", "if state.get('momentum_buffer') is None:"): "without momentum the state is thrown away",
    (
        "check_number",
        "limits = f'a finite number in [0, {below:g})' if below < most else f'a number in [0, {most:g}]'",
    ): "one of the two is infinite",
}

_CORNER = "the parabola and the line meet there"
_FILTER = "the test after it decides"

_LOSSES = {
    ("_operands", "shape = np.broadcast_shapes(t.shape, x.shape)"): _SYMMETRIC,
    (
        "_check_classes",
        "kind = RuntimeError if found.shape[:1] == positions[:1] else ValueError",
    ): "without batches the positions are (), which no wrong shape begins with",
    (
        "_check_classes",
        "kind = RuntimeError if input.ndim > 0 and found.shape[:1] == positions[:1] else ValueError",
    ): "without batches the positions are (), which no wrong shape begins with",
    (
        "_check_classes",
        "kind = RuntimeError if input.ndim >= 1 and found.shape[:1] == positions[:1] else ValueError",
    ): "without batches the positions are (), which no wrong shape begins with",
    ("_check_classes", "if lowest < 1 or highest >= classes:"): _FILTER,
    ("_check_classes", "if lowest <= 0 or highest >= classes:"): _FILTER,
    ("_check_classes", "ignoring = bool((found == ignore_index).any())"): "the range is a short cut",
    (
        "huber_loss",
        "return np.where(distance <= delta, distance * distance / 2, delta * (distance - delta / 2))",
    ): _CORNER,
    ("nll_loss", "return reduced(-np.where(share == 0, -1, chosen) * share, reduction, count)"): _ZERO,
    ("nll_loss", "return reduced(-np.where(share == 0, 1, chosen) * share, reduction, count)"): _ZERO,
    (
        "smooth_l1_loss",
        "return np.where(distance <= beta, distance * distance / (2 * beta), distance - beta / 2)",
    ): _CORNER,
    ("soft_cross_entropy", "terms = q * np.where(q == 0, -1, log_softmax(x, 1))"): _ZERO,
    ("soft_cross_entropy", "terms = q * np.where(q == 0, 1, log_softmax(x, 1))"): _ZERO,
}

_CLOCK = "the clock gives every number once"
_CHECKED = "the walk asks only for nodes older than the newest write, of graphs that were not freed"
_ONE_VJP = "an operation of any number of inputs has one VJP"

_ENGINE = {
    ("Op._as_view", "array, base = (result.array.base, source.array)"): _SYMMETRIC,
    ("Op._as_view", "base, array = (source.array, result.array.base)"): _SYMMETRIC,
    ("Op._as_view", "if base is array or storage(base) is storage(array):"): "the caller has seen that there is a base",
    ("Op._as_view", "if base is not None and storage(base) is storage(array):"): _SAME,
    ("Pending.__add__", "return self.value() + other"): "an array plus a pending gradient adds the value of that",
    ("_Walk._prepare", "(deleted) vjps = [partial(op.variadic, i) for i in range(len(node.parents))]"): _SAME,
    ("_Walk._prepare", "if not op.reads[-1].inputs:"): _ONE_VJP,
    ("_Walk.back_along", "if versions.newest >= node.seq:"): _CLOCK,
    (
        "_Walk.back_along",
        "wanted = [parent in needed for flowing, parent in zip(wanted, parents, strict=True)]",
    ): "gradients flow to all that is needed: constants never are",
    ("check_saved", "(deleted) return"): _CHECKED,
    ("check_saved", "if node.args is None:"): _CHECKED,
    ("check_saved", "if node.seq > newest and node.args is None:"): _CHECKED,
    ("check_saved", "if node.seq > newest:"): _CHECKED,
    ("check_saved", "if node.seq >= newest or node.args is None:"): _CLOCK,
    ("check_saved", "later = sum((stamp >= node.seq for stamp in list(writes.stamps)))"): _CLOCK,
    ("AccumulateGrad.__hash__", "return hash((id(self.variable), AccumulateGrad))"): "a hash of the same parts",
    (
        "_FunctionOp._settings",
        (
            "return {name: arg for name, arg in zip(self.argument_names, args, strict=False) "
            "if isinstance(arg, int | float | str | tuple)}"
        ),
    ): "a bool is an int",
    ("_fitted", "pairs = list(zip(shape, gradient.shape[max(lead, -1):], strict=False))"): "there it is not fitted",
    (
        "_fitted",
        "dims = [*[lead + i for i, (size, given) in enumerate(pairs) if size != given], *range(lead)]",
    ): _ORDERLESS,
    (
        "_fitted",
        "dims = [*range(lead), *[lead + i for i, (given, size) in enumerate(pairs) if size != given]]",
    ): _SYMMETRIC,
    ("_fitted", "return gradient.sum(dims, keepdim=False).reshape(shape)"): _SAME,
    (
        "once_differentiable",
        "sources = [source_of(one) for one in grads if isinstance(one, Variable)]",
    ): "no gradient flows to a constant",
    ("once_differentiable", "parents = (*sources, *node.parents)"): "it refuses to pass a gradient on to any of them",
    ("record_writes", "if stamp >= newest:"): _CLOCK,
    ("record_writes", "owner = storage(array)"): _SAME,
    ("retains_grad", "hooks = hooks_of(owner)"): "a leaf retains no gradient",
    ("saved_arrays", "for i, value in enumerate(node.args):"): "the callers have seen that there are arguments",
    ("_prepare", "_of_leaves[:] = [False]"): "that there is an element says it",
    ("hooks_of", "return getattr(owner, '_hooks', None)"): _SAME,
    ("plan_of", "every = bool(reads[-1].inputs)"): _ONE_VJP,
    (
        "plan_of",
        "return ((VALUE if every else 0,) * count, reads[-1].output, every or reads[0].output, flows)",
    ): _ONE_VJP,
    (
        "plan_of",
        "return ((VALUE if every else 0,) * count, reads[0].output, every or reads[-1].output, flows)",
    ): _ONE_VJP,
}

_EITHER_END = "either end of the first window differs from what comes before"

_KERNELS = {
    (
        "_spans",
        "first = np.flatnonzero((np.diff(start, prepend=-0) != 0) | (np.diff(stop, prepend=-1) != 0))",
    ): _EITHER_END,
    (
        "_spans",
        "first = np.flatnonzero((np.diff(start, prepend=-1) != 0) | (np.diff(stop, prepend=-0) != 0))",
    ): _EITHER_END,
    (
        "_spans",
        "first = np.flatnonzero((np.diff(start, prepend=-1) != 0) | (np.diff(stop, prepend=-2) != 0))",
    ): _EITHER_END,
    (
        "_spans",
        "first = np.flatnonzero((np.diff(start, prepend=-1) != 0) | (np.diff(stop, prepend=1) != 0))",
    ): _EITHER_END,
    (
        "_spans",
        "first = np.flatnonzero((np.diff(start, prepend=-2) != 0) | (np.diff(stop, prepend=-1) != 0))",
    ): _EITHER_END,
    (
        "_spans",
        "first = np.flatnonzero((np.diff(start, prepend=1) != 0) | (np.diff(stop, prepend=-1) != 0))",
    ): _EITHER_END,
    ("_repeated", "return np.repeat(x, np.diff(first, append=outputs), axis)"): _SAME,
    ("adaptive_avg_pool2d_input", "sums = np.add.reduceat(g, first, axis)"): _SAME,
    ("select", "dtype = np.result_type(other, x)"): _SYMMETRIC,
    ("select", "if mask.size <= _SMALL or dtype.kind != 'f' or mask.dtype.kind != 'b':"): _SAME,
    ("select", "if mask.size > _SMALL or dtype.kind != 'f' or mask.dtype.kind != 'b':"): _SAME,
    ("sigmoid", "return select(x > 0, 1, e) / (1 + e)"): "at 0 both give a half",
}

_TRAINER = {
    ("Steps._train_step", "return 0 → return"): "None ends the epoch as 0 does",
    (
        "_data",
        (
            "found = {'batches': length(loader), 'batch_size': getattr(loader, 'batch_size', None), "
            "'drop_last': getattr(loader, 'drop_last', None), "
            "'order': None if sampler is None else type(sampler).__name__, 'samples': length(dataset)}"
        ),
    ): "None has no length",
    (
        "_plain",
        (
            "return {str(key): value for key, value in values.items() if value is None "
            "or isinstance(value, int | float) or (isinstance(value, str) and '\\n' not in value)}"
        ),
    ): "a bool is an int",
    (
        "reapply",
        "if not follow and then['schedules'] == now['schedules']:",
    ): "without schedules there is nothing to run again",
}

_NOTHING = "a round of no elements changes nothing"
_TUNED = "how much is done at once decides only the speed"
_STACK = "it writes beside an array on the stack, which only a sanitizer sees"

_C = {
    ("add_squares", "for (; i <= end; i += LANES) {"): _NOTHING,
    ("batch_norm_given", "if (c.positions == 0) in_columns(normalize_block, &c, CHUNK / BLOCK);"): _SAME,
    (
        "conv2d_input",
        "if (sw == 1) plan_columns(&c.source, ceil_div(H, sh), h1 - h0, W, KH, KW, dw, sh == 1 && W % LANES ? CG : 1);",
    ): _TUNED,
    ("differentiate_positions", "ivec truth = {-1};"): "every lane whose result is stored is set after it",
    (
        "run",
        "idx rows = table->size / columns, count = 0, total = -1;",
    ): "it decides only whether threads share the work",
    (
        "sum_channel",
        "if (added >= MOST_ADDED) total += sum_of(sum), sum = (vec){0}, added = 0;",
    ): "sums of one vector less are as accurate",
    ("matmul_nt", "d.bands = max_idx(min_idx(ceil_div(TASKS, d.widths), d.rows * DOT_ROWS), 1);"): _TUNED,
    ("multiply", "for (idx k0 = 0; k0 <= t->depth; k0 += DEPTH) {"): _NOTHING,
    (
        "position_of",
        "return row >= 0 && row < c->H && column >= 0 && column < c->W ? row * c->W + column : -2;",
    ): "every number below 0 says that there is none",
    ("sum_rows", "for (int k = -1; k < vectors; k++) sums[k] = products[k] = (wide){0};"): _STACK,
    ("winograd_conv2d_weight", "w.at_once = fill_up(&w, LEAST_SUMMED, w.parts); → ;"): _TUNED,
    ("write_tile_of", "else if (count <= LANES && c->column_out == 1)"): "the case before has taken whole vectors",
}

EQUIVALENT: dict[str, dict[tuple[str, str], str]] = {
    "c": _C,
    "engine": _ENGINE,
    "kernels": _KERNELS,
    "losses": _LOSSES,
    "optim": _OPTIM,
    "trainer": _TRAINER,
    "vjps": _VJPS,
}
"""For each kind: the name of the function and the mistaken statement, as `mutate.py` prints them, and the reason."""
