"""Parts of PyTorch around tensors that are left out, by why and what to use instead."""

NO_MIXED_PRECISION = "mixed precision is disabled: see amp.autocast"
ONE_PROCESS = "training is of one process: there is one CPU, whose cores the kernels share"
NO_GPU = "there is no GPU or other device: everything computes on the CPU"

MACHINERY: dict[str, str] = {
    "models run as they are written and are not compiled or traced; save model.state_dict() to keep one": (
        "jit fx export compiler func functorch vmap cond while_loop library classes import_ir_module "
        "import_ir_module_from_buffer parse_ir parse_schema parse_type_comment merge_type_from_type_comment "
        "unify_type_list Script* *Script* CompilationUnit StaticModule TracingState JITException FileCheck Code "
        "Block Graph* Argument* CompleteArgumentSpec FunctionSchema IODescriptor AliasDb CallStack Capsule "
        "Execution* OperatorInfo Use Value ConcreteModule* DeepCopyMemoTable Gradient Future wait fork futures sym_* "
        "Sym* *Type package overrides get_file_path thread_safe_generator init_num_threads Tag AVG SUM DispatchKey* "
        "DisableTorchFunction* LockingLogger LoggerBase NoopLogger *Guard FatalError ErrorReport types torch_version "
        "return_types version Node"
    ),
    "quantised numbers are left out: weights and activations are floating point": (
        "ao quantization quantizable intrinsic qat *quantize* q_* qscheme int_repr choose_qparams_optimized "
        "fused_moving_avg_obs_fake_quant quantized_* fbgemm_* QInt* QUInt*"
    ),
    "sparse tensors are left out: use dense ones": (
        "sparse sparse_* to_sparse* to_dense dense_dim sparse_resize_* coalesce is_coalesced is_sparse_csr "
        "indices values ccol_indices col_indices crow_indices row_indices smm hsmm hspmm saddmm dsmm spmm layout "
        "strided resize_as_sparse_ sspaddmm masked nested to_padded_tensor is_nested"
    ),
    ONE_PROCESS: (
        "distributed DistributedSampler DistributedDataParallel multiprocessing is_distributed "
        "share_memory_ is_shared prepare_multiprocessing_environment"
    ),
    NO_GPU: (
        "Event Stream mps xpu mtia cpu get_default_device set_default_device get_device_module "
        "record_stream ipu is_cpu is_ipu is_maia is_meta is_mkldnn is_mps is_mtia is_vulkan is_vulkan_available "
        "is_xla is_xpu get_device to_mkldnn is_pinned pin_memory has_mkl has_openmp has_lapack has_spectral "
        "compiled_with_cxx11_abi cudnn_* miopen_* mkldnn_* OutOfMemoryError AcceleratorError"
    ),
    "there is one kind of memory: tensors hold NumPy arrays": (
        "channels_last_3d legacy_contiguous_format jagged DeserializationStorageContext *Storage StorageBase "
        "is_storage memory_format convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format "
        "PyTorchFile* *SerializationStorageContext serialization hash_tensor is_set_to"
    ),
    NO_MIXED_PRECISION: "*autocast*",
    "where the time goes is measured by Python's profilers, such as cProfile": (
        "profiler profiler_* monitor ThroughputBenchmark Benchmark* throughput_benchmark bottleneck"
    ),
    "every result is the same in each run and for each number of threads already": (
        "use_deterministic_algorithms are_deterministic_algorithms_enabled set_deterministic_debug_mode "
        "get_deterministic_debug_mode is_deterministic_algorithms_warn_only_enabled deterministic set_flush_denormal "
        "set_num_interop_threads get_num_interop_threads"
    ),
    "the walk of the gradients is one thread": "set_multithreading_enabled enforce_grad_layout_policy",
    "forward-mode derivatives are autograd.functional.jvp": "forward_ad",
    "write autograd.functional.hessian or vjp twice": "hvp vhp",
    "write autograd.Function": "NestedIOFunction InplaceFunction BackwardCFunction FunctionMeta",
    "write nn.Module.state_dict and load_state_dict": "module_load UninitializedTensorMixin is_lazy swap_tensors",
    "weights and models do not come from the network: load a file by torch.load": "hub model_zoo",
    "write safetensors by torch.save, or run the model here": "onnx",
    "write data.DataLoader and data.Dataset": (
        "IterDataPipe MapDataPipe DFIterDataPipe DataChunk datapipes functional_datapipe "
        "guaranteed_datapipes_determinism non_deterministic runtime_validation runtime_validation_disabled "
        "argument_validation graph_settings"
    ),
    "memory is not traded for time: nothing is recomputed in the backward pass": "checkpoint",
    "write report.summary or train's TensorBoard callback": "tensorboard",
    "warnings are Python's: the module warnings": "set_warn_always is_warn_always_enabled",
    "distributions are left out: write torch.randn, rand or multinomial, and the log-probability": "distributions",
    "random sequences without gaps are left out: use scipy.stats.qmc": "quasirandom",
    "this is a part of PyTorch's inside": (
        "backcompat backend_registration classproperty cmake_prefix_path collect_env cpp cpp_backtrace "
        "get_cpp_backtrace copyreg generate_methods_for_privateuse1_backend rename_privateuse1_backend hooks "
        "set_module weak weakref testing has_torch_function* handle_torch_function boolean_dispatch "
        "assert_int_or_pair BroadcastingList* common_types conv_tbc convolution native_* *_copy "
        "swap_in_optimizer_params_and_state batch_norm_* is_inference output_nr grad_dtype reinforce volatile "
        "constant_pad_nd tf32_notes reproducibility_notes dlpack to_dlpack from_dlpack Sw*"
    ),
}
