"""Functions and methods of PyTorch that are left out, by what to write instead."""

_COMPOSED = {
    "x + value * a * b": "addcmul",
    "x + value * a / b": "addcdiv",
    "x + weight * (end - x)": "lerp",
    "torch.clamp(x, max=limit)": "clamp_max",
    "torch.clamp(x, min=limit)": "clamp_min",
    "torch.addmm(x, a, b)": "addmv addr addbmm baddbmm",
    "(mask != 0).sum()": "count_nonzero",
    "torch.nonzero(mask)": "argwhere nonzero_static",
    "(x.amin(), x.amax())": "aminmax",
    "torch.std(x) and torch.mean(x)": "std_mean",
    "torch.var(x) and torch.mean(x)": "var_mean",
    "torch.einsum('ii->i', x), or x[i, i] with i = torch.arange(n)": "diag diagonal",
    "torch.einsum('ii->', x)": "trace",
    "torch.eye(n) * x for a matrix with the diagonal x": "diag_embed diagflat",
    "torch.einsum": "tensordot inner kron vdot cross chain_matmul cdist pdist",
    "x[1:] - x[:-1]": "diff gradient",
    "x[index] = value": "index_put index_fill index_copy index_put_ index_fill_ index_copy_ put put_ fill_diagonal_",
    "x[index]": "take take_along_dim index unravel_index slice_inverse",
    "x.masked_fill(mask, value)": "masked_scatter masked_scatter_ nan_to_num",
    "torch.scatter or torch.scatter_add": (
        "scatter_reduce scatter_reduce_ index_reduce index_reduce_ segment_reduce diagonal_scatter select_scatter "
        "slice_scatter as_strided_scatter"
    ),
    "torch.cat(tensors, dim)": "concat concatenate hstack vstack dstack column_stack row_stack block_diag",
    "torch.split(x, sizes, dim)": (
        "tensor_split hsplit vsplit dsplit split_with_sizes unsafe_split unsafe_split_with_sizes unsafe_chunk"
    ),
    "torch.flip(x, dims)": "fliplr flipud rot90",
    "x.unsqueeze(dim)": "atleast_1d atleast_2d atleast_3d",
    "x.expand(shape)": "broadcast_tensors broadcast_shapes",
    "x.reshape or x.permute, which make views": "as_strided as_strided_ adjoint mT mH H set_",
    "x.sum(dim) and x.reshape(shape)": "sum_to_size",
    "torch.isinf(x) & (x > 0), or (x < 0)": "isposinf isneginf",
    "x < 0": "signbit",
    "x - torch.floor(x)": "frac frac_",
    "(a == b).any()": "isin",
    "torch.where(x > 0, 1, 0)": "heaviside",
    "torch.sqrt(a * a + b * b)": "hypot",
    "torch.log(x / (1 - x))": "logit",
    "x * torch.log(y)": "xlogy",
    "torch.exp(x * math.log(2))": "exp2",
    "1 - torch.erf(x)": "erfc",
    "torch.sin(x) / x": "sinc",
    "x * (math.pi / 180), or the inverse": "deg2rad rad2deg",
    "torch.logsumexp(torch.stack(tensors), 0)": "logaddexp logaddexp2 logcumsumexp",
    "x[~torch.isnan(x)]": "nanmean nansum nanmedian nanquantile",
    "torch.sort(x, dim)": "msort kthvalue quantile cummax cummin",
    "torch.unique(x)": "unique_consecutive",
    "torch.linspace": "logspace range",
    "torch.meshgrid": "cartesian_prod combinations",
    "torch.nonzero(torch.tril(torch.ones(n, n))).t()": "tril_indices triu_indices",
    "torch.tensor(number)": "scalar_tensor",
    "torch.empty(shape)": "empty_strided empty_permuted new_empty_strided",
    "torch.as_tensor(data)": "asarray",
    "torch.from_numpy(np.fromfile(...)) or np.frombuffer": "from_file frombuffer",
    "torch.rand, normal, bernoulli or multinomial, or NumPy's generator and torch.from_numpy": (
        "poisson binomial cauchy_ exponential_ geometric_ log_normal_"
    ),
    "torch.manual_seed(seed), or a Generator's get_state and set_state": "get_rng_state set_rng_state",
    "x.norm() on each slice, and multiply": "renorm renorm_ norm_except_dim",
    "torch.softmax(-x, dim)": "softmin Softmin",
    "(a * b).sum(dim) / (a.norm(dim=dim) * b.norm(dim=dim))": "cosine_similarity CosineSimilarity",
    "(a - b).norm(dim=dim)": "dist pairwise_distance PairwiseDistance",
    "np.cov or np.corrcoef of x.numpy()": "cov corrcoef",
    "x.bool() of one element, as in `if x:`": "is_nonzero",
    "a.shape == b.shape": "is_same_size",
    "x.dtype.kind != 'u'": "is_signed",
    "torch.sign(x)": "sgn",
    "torch.sign(y) * torch.abs(x)": "copysign",
    "torch.maximum or torch.minimum": "fmax fmin",
    "b - alpha * a": "rsub",
    "x.numel() * x.element_size()": "nbytes itemsize untyped_storage storage storage_type",
    "x.numpy().ctypes.data": "data_ptr const_data_ptr",
    "x.numpy().strides": "storage_offset dim_order",
    "np.result_type(a.dtype, b.dtype)": "result_type promote_types can_cast",
    "np.finfo(x.dtype) or np.iinfo(x.dtype)": "finfo iinfo",
    "a function on x.numpy(), and torch.from_numpy": "apply_ map_ map2_",
    "torch.empty(shape) or torch.tensor(data)": "new resize resize_as resize_as_ as_subclass",
    "x.ndim": "ndimension",
    "x.to(torch.int8)": "char",
    "tinygrad_cnn.set_default_dtype(dtype)": "set_default_tensor_type",
    "tinygrad_cnn.random.default_generator": "default_generator",
    "x.reshape(N, groups, C // groups, H, W).transpose(1, 2).reshape(x.shape)": "channel_shuffle ChannelShuffle",
    "((y[1:] + y[:-1]) / 2 * (x[1:] - x[:-1])).sum()": "trapezoid trapz cumulative_trapezoid",
    "NumPy's function of that name on x.numpy()": "nextafter ldexp ldexp_ float_power frexp",
}
"""What to write instead, and the names that it takes the place of."""

_RENAMED = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "sub": "subtract", "mul": "multiply", "div": "divide true_divide",
    "neg": "negative", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal", "ne": "not_equal",
    "trunc": "fix", "movedim": "moveaxis", "outer": "ger", "clone": "positive",
}  # fmt: skip
"""Our one name, and PyTorch's others for the same."""

OPERATIONS: dict[str, str] = {
    **{f"write {instead}": names for instead, names in _COMPOSED.items()},
    **{f"its other name is here: {ours}": names for ours, names in _RENAMED.items()},
    "functions that convolutional networks do without are left to scipy.special, on x.numpy()": (
        "lgamma digamma polygamma mvlgamma igamma igammac i0 erfinv special gcd lcm bitwise_left_shift "
        "bitwise_right_shift"
    ),
    "linear algebra is NumPy's: numpy.linalg on x.numpy(), without gradients": (
        "linalg cholesky cholesky_inverse cholesky_solve det logdet slogdet eig symeig inverse pinverse qr svd "
        "svd_lowrank pca_lowrank lu lu_solve lu_unpack lstsq solve triangular_solve geqrf orgqr ormqr lobpcg "
        "matrix_exp matrix_power matrix_rank nuclear_norm frobenius_norm vander"
    ),
    "histograms are NumPy's: np.histogram or np.searchsorted on x.numpy()": (
        "histc histogram histogramdd bucketize searchsorted"
    ),
    "there are no complex numbers: gradients here are of real functions": (
        "complex complex32 complex64 complex128 cfloat cdouble chalf conj conj_physical resolve_conj resolve_neg "
        "imag real angle polar view_as_real view_as_complex is_complex is_conj is_neg isreal"
    ),
    "Fourier transforms and windows are NumPy's: numpy.fft on x.numpy()": (
        "fft stft istft signal bartlett_window blackman_window hamming_window hann_window kaiser_window"
    ),
    "there is no such element type; NumPy has float16, float32 and float64": (
        "bfloat16 float4_e2m1fn_x2 float8_* uint16 uint32 uint64 uint[1-7] int[1-7] bit bits* qint8 qint32 quint* "
        "BFloat16Tensor"
    ),
    "dtypes are NumPy's: write np.dtype": "dtype typename",
    "this change in place is left out: write x.copy_(y), with y what the operation without _ returns": (
        "absolute_ acos_ acosh_ addbmm_ addcdiv_ addcmul_ addmm_ addmv_ addr_ arccos_ arccosh_ arcsin_ arcsinh_ "
        "arctan2_ arctan_ arctanh_ asin_ asinh_ atan2_ atan_ atanh_ baddbmm_ bitwise_and_ bitwise_left_shift_ "
        "bitwise_not_ bitwise_or_ bitwise_right_shift_ bitwise_xor_ ceil_ clamp_max_ clamp_min_ clip_ conj_physical_ "
        "copysign_ cos_ cosh_ cumprod_ cumsum_ deg2rad_ digamma_ divide_ eq_ erf_ erfc_ erfinv_ exp2_ expm1_ fix_ "
        "float_power_ floor_ floor_divide_ fmod_ gcd_ ge_ greater_ greater_equal_ gt_ heaviside_ hypot_ i0_ igamma_ "
        "igammac_ lcm_ le_ lerp_ less_ less_equal_ lgamma_ log10_ log1p_ log2_ logical_and_ logical_not_ logical_or_ "
        "logical_xor_ logit_ lt_ multiply_ mvlgamma_ nan_to_num_ ne_ negative_ nextafter_ not_equal_ polygamma_ "
        "rad2deg_ reciprocal_ remainder_ round_ rsqrt_ sgn_ sign_ sin_ sinc_ sinh_ square_ subtract_ swapaxes_ "
        "swapdims_ tan_ tril_ triu_ true_divide_ trunc_ xlogy_"
    ),
    "write it as torch.nn.functional does: F.dropout, F.layer_norm and so on": (
        "batch_norm binary_cross_entropy_with_logits dropout embedding group_norm instance_norm kl_div layer_norm "
        "pixel_shuffle pixel_unshuffle prelu relu_ selu"
    ),
    "write the method, as in x.detach() or x.exp_()": (
        "detach detach_ fill abs_ clamp_ exp_ fill_ log_ neg_ sigmoid_ sqrt_ tanh_ zero_"
    ),
    "write None": "newaxis",
    "write F.selu(x, inplace=True)": "selu_",
    "axes have numbers and no names": "name",
    "float32 is computed as float32": "get_float32_matmul_precision set_float32_matmul_precision",
    "write torch.is_grad_enabled()": "is_inference_mode_enabled",
    "write autograd.set_detect_anomaly(True)": "set_anomaly_enabled anomaly_mode",
    "write autograd.grad": "grad",
}
