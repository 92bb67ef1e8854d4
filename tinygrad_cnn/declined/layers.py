"""Layers, losses and optimizers of PyTorch that are left out, by why and what to use instead."""

LAYERS: dict[str, str] = {
    "recurrent networks are left out: the networks here are convolutional; for series try nn.Conv1d": (
        "RNN RNNBase RNNCell RNNCellBase LSTM LSTMCell GRU GRUCell rnn rnn_* lstm lstm_cell gru gru_cell"
    ),
    "attention is left out: the networks here are convolutional; its equation is two matmul and one softmax": (
        "MultiheadAttention Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder "
        "TransformerEncoderLayer attention scaled_dot_product_attention multi_head_attention_forward scaled_mm "
        "grouped_mm scaled_grouped_mm"
    ),
    "layers over volumes are left out: images have two axes, so use the 2-d layer": (
        "AdaptiveAvgPool3d AdaptiveMaxPool3d AvgPool3d BatchNorm3d CircularPad3d ConstantPad3d Conv3d "
        "ConvTranspose3d Dropout3d FractionalMaxPool3d InstanceNorm3d LPPool3d LazyBatchNorm3d LazyConv3d "
        "LazyConvTranspose3d LazyInstanceNorm3d MaxPool3d MaxUnpool3d ReflectionPad3d ReplicationPad3d ZeroPad3d "
        "adaptive_avg_pool3d adaptive_max_pool3d adaptive_max_pool3d_with_indices avg_pool3d conv3d conv_transpose3d "
        "dropout3d fractional_max_pool3d fractional_max_pool3d_with_indices grid_sampler_3d lp_pool3d max_pool3d "
        "max_pool3d_with_indices max_unpool3d"
    ),
    "1-d layers are left out beyond convolution, pooling and batch normalisation: use the 2-d layer on x[:, :, None]": (
        "AdaptiveAvgPool1d AdaptiveMaxPool1d CircularPad1d ConstantPad1d ConvTranspose1d Dropout1d LPPool1d "
        "LazyBatchNorm1d LazyConv1d LazyConvTranspose1d LazyInstanceNorm1d MaxUnpool1d ReflectionPad1d "
        "ReplicationPad1d ZeroPad1d adaptive_avg_pool1d adaptive_max_pool1d adaptive_max_pool1d_with_indices "
        "conv_transpose1d dropout1d lp_pool1d max_unpool1d max_pool1d_with_indices"
    ),
    "write max_pool2d(..., return_indices=True)": "max_pool2d_with_indices adaptive_max_pool2d_with_indices",
    "pooling here is by the maximum or the average: use nn.MaxPool2d or nn.AvgPool2d": (
        "FractionalMaxPool2d fractional_max_pool2d fractional_max_pool2d_with_indices LPPool2d lp_pool2d MaxUnpool2d "
        "max_unpool2d"
    ),
    "write F.pad(x, pad, mode='circular')": "CircularPad2d",
    "normalisation here is BatchNorm, LayerNorm, GroupNorm or InstanceNorm2d": (
        "RMSNorm rms_norm SyncBatchNorm CrossMapLRN2d LazyInstanceNorm2d"
    ),
    "write nn.ConvTranspose2d with its number of channels": "LazyConvTranspose2d",
    "write nn.Upsample(mode=...)": (
        "UpsamplingBilinear2d UpsamplingNearest2d upsample upsample_bilinear upsample_nearest"
    ),
    "write nn.Softmax(dim=1)": "Softmax2d",
    "write nn.NLLLoss": "NLLLoss2d",
    "windows as columns are ops.windows inside convolution; images are not folded by hand": "Fold Unfold",
    "sampling at a grid is left out: resize with F.interpolate, or transform images with data.transforms": (
        "grid_sample affine_grid grid_sampler grid_sampler_2d affine_grid_generator GRID_SAMPLE_INTERPOLATION_MODES "
        "GRID_SAMPLE_PADDING_MODES"
    ),
    "this activation is left out; write its equation with the operations here, as F.softplus and F.elu do": (
        "CELU GLU Hardshrink RReLU Softshrink Softsign Tanhshrink Threshold celu celu_ glu gumbel_softmax hardshrink "
        "rrelu rrelu_ softshrink softsign tanhshrink threshold threshold_"
    ),
    "dropout here is nn.Dropout and nn.Dropout2d": (
        "AlphaDropout FeatureAlphaDropout alpha_dropout alpha_dropout_ feature_alpha_dropout feature_alpha_dropout_ "
        "feature_dropout feature_dropout_ dropout_"
    ),
    "this loss is left out; write its equation with the operations here, as F.cross_entropy and F.huber_loss do": (
        "AdaptiveLogSoftmaxWithLoss CTCLoss CosineEmbeddingLoss GaussianNLLLoss HingeEmbeddingLoss "
        "LinearCrossEntropyLoss LinearCrossEntropyOptions MarginRankingLoss MultiLabelMarginLoss "
        "MultiLabelSoftMarginLoss MultiMarginLoss PoissonNLLLoss SoftMarginLoss TripletMarginLoss "
        "TripletMarginWithDistanceLoss cosine_embedding_loss ctc_loss gaussian_nll_loss hinge_embedding_loss "
        "linear_cross_entropy margin_ranking_loss multi_margin_loss multilabel_margin_loss "
        "multilabel_soft_margin_loss poisson_nll_loss soft_margin_loss triplet_margin_loss "
        "triplet_margin_with_distance_loss"
    ),
    "write nn.Embedding and a mean or sum": "EmbeddingBag embedding_bag embedding_renorm_",
    "write torch.einsum('bi,oij,bj->bo', a, w, b)": "Bilinear bilinear",
    "write nn.Module with register_buffer": "Buffer BufferDict",
    "write nn.Parameter attributes, or register_parameter in a loop": "ParameterDict ParameterList",
    "write nn.UninitializedParameter or nn.UninitializedBuffer": "UninitializedParameter UninitializedBuffer",
    "write nn.Module": "Container factory_kwargs",
    "reparametrised weights are left out: compute the weight in forward and call F.conv2d or F.linear with it": (
        "spectral_norm remove_spectral_norm weight_norm remove_weight_norm parametrize parametrizations prune stateless"
    ),
    "convolution and batch normalisation stay two layers; evaluation mode computes the same": (
        "fusion fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights"
    ),
    "write nn.utils.clip_grad_norm_": "clip_grad_norm clip_grads_with_norm_ get_total_norm",
    "write the module's constructor, which initialises quickly": "skip_init",
    "sparse initialisation is left out: use init.normal_ and a mask": "sparse_",
    "this optimizer is left out: use SGD, Adam, AdamW, RMSprop, Adagrad or Adadelta": (
        "ASGD Adafactor Adamax LBFGS Muon NAdam RAdam Rprop SparseAdam"
    ),
    "the arguments of an optimizer that must be given have no default: leave it out": "required",
    "averages of weights are left out: keep a copy of the state_dict and average it by hand": "swa_utils",
    "write lr_scheduler.LambdaLR": "MultiplicativeLR PolynomialLR",
    "write TensorDataset, or a Dataset whose items are tuples": "StackDataset",
}
