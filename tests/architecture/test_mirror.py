"""`tests/` mirrors the package: the tests of tinygrad_cnn/a/b.py are in tests/a/test_b.py."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE, TESTS = ROOT / "tinygrad_cnn", ROOT / "tests"

NOT_MIRRORED = {
    "architecture", "benchmarks", "docs", "examples", "fuzz", "mutation", "op_samples", "parity",
}  # fmt: skip
"""Folders of tests that test more than one file."""

NAMES = {"__init__": "init", "__main__": "main"}

# What is still missing. Both lists may only shrink.
UNTESTED = """
    tinygrad_cnn/__init__.py tinygrad_cnn/_arrays.py tinygrad_cnn/_checks.py tinygrad_cnn/_dtypes.py
    tinygrad_cnn/_output.py tinygrad_cnn/_reprs.py tinygrad_cnn/autograd/__init__.py
    tinygrad_cnn/autograd/function_ctx.py tinygrad_cnn/autograd/functional.py tinygrad_cnn/autograd/node.py
    tinygrad_cnn/autograd/once.py tinygrad_cnn/autograd/parts.py tinygrad_cnn/autograd/pending.py
    tinygrad_cnn/autograd/primitive.py tinygrad_cnn/autograd/saving.py tinygrad_cnn/autograd/scope.py
    tinygrad_cnn/autograd/variable.py tinygrad_cnn/autograd/views.py tinygrad_cnn/autograd/walk.py
    tinygrad_cnn/backends/cudnn.py tinygrad_cnn/backends/mps.py tinygrad_cnn/cli/__init__.py tinygrad_cnn/cli/app.py
    tinygrad_cnn/cli/building.py tinygrad_cnn/cli/config.py tinygrad_cnn/cli/evaluate.py tinygrad_cnn/cli/predict.py
    tinygrad_cnn/cli/run_report.py tinygrad_cnn/cli/runs.py tinygrad_cnn/cli/summary.py tinygrad_cnn/cuda/__init__.py
    tinygrad_cnn/cuda/amp.py tinygrad_cnn/data/errors.py tinygrad_cnn/data/loader_checks.py
    tinygrad_cnn/data/pickle_parts.py tinygrad_cnn/data/transforms/__init__.py
    tinygrad_cnn/data/transforms/arguments.py tinygrad_cnn/data/transforms/functional.py
    tinygrad_cnn/data/workers/info.py tinygrad_cnn/declined/__init__.py tinygrad_cnn/demo.py
    tinygrad_cnn/gradcheck/kinks.py tinygrad_cnn/gradcheck/repeat.py tinygrad_cnn/gradcheck/table.py
    tinygrad_cnn/graph/collapse.py tinygrad_cnn/graph/drawing.py tinygrad_cnn/graph/families.py
    tinygrad_cnn/graph/model.py tinygrad_cnn/graph/names.py tinygrad_cnn/graph/text.py tinygrad_cnn/inspection.py
    tinygrad_cnn/interop/torch_files.py tinygrad_cnn/interop/tree.py tinygrad_cnn/kernels/activation.py
    tinygrad_cnn/kernels/adaptive.py tinygrad_cnn/kernels/compiled/arrays.py tinygrad_cnn/kernels/compiled/cache.py
    tinygrad_cnn/kernels/compiled/native.py tinygrad_cnn/kernels/compiled/windows.py tinygrad_cnn/kernels/conv.py
    tinygrad_cnn/kernels/erf.py tinygrad_cnn/kernels/loss.py tinygrad_cnn/kernels/matmul.py
    tinygrad_cnn/kernels/norm.py tinygrad_cnn/kernels/pad.py tinygrad_cnn/kernels/pool.py
    tinygrad_cnn/kernels/resize.py tinygrad_cnn/kernels/select.py tinygrad_cnn/kernels/softmax.py
    tinygrad_cnn/kernels/threads.py tinygrad_cnn/kernels/windows.py tinygrad_cnn/kernels/winograd.py
    tinygrad_cnn/memory_format.py tinygrad_cnn/methods/__init__.py tinygrad_cnn/methods/comparison.py
    tinygrad_cnn/methods/elementwise.py tinygrad_cnn/methods/inplace.py tinygrad_cnn/methods/layout.py
    tinygrad_cnn/methods/matrix.py tinygrad_cnn/methods/new.py tinygrad_cnn/methods/order.py
    tinygrad_cnn/methods/reduce.py tinygrad_cnn/methods/sampling.py tinygrad_cnn/methods/selection.py
    tinygrad_cnn/methods/shape.py tinygrad_cnn/models/alexnet.py tinygrad_cnn/models/config_file.py
    tinygrad_cnn/models/convnet2.py tinygrad_cnn/models/deep_convnet.py tinygrad_cnn/models/densenet.py
    tinygrad_cnn/models/digit_convnet.py tinygrad_cnn/models/layer_config.py tinygrad_cnn/models/lenet5.py
    tinygrad_cnn/models/mobilenet.py tinygrad_cnn/models/resnet.py tinygrad_cnn/models/resnet20.py
    tinygrad_cnn/models/simple_convnet.py tinygrad_cnn/models/six_convnet.py
    tinygrad_cnn/models/three_layer_convnet.py tinygrad_cnn/models/two_layer_fc.py tinygrad_cnn/models/vgg.py
    tinygrad_cnn/models/weights.py tinygrad_cnn/nn/functional/_geometry.py tinygrad_cnn/nn/functional/_inplace.py
    tinygrad_cnn/nn/functional/_operands.py tinygrad_cnn/nn/functional/activation.py
    tinygrad_cnn/nn/functional/adaptive.py tinygrad_cnn/nn/functional/binary.py
    tinygrad_cnn/nn/functional/classification.py tinygrad_cnn/nn/functional/composed.py
    tinygrad_cnn/nn/functional/conv.py tinygrad_cnn/nn/functional/divergence.py tinygrad_cnn/nn/functional/dropout.py
    tinygrad_cnn/nn/functional/embedding.py tinygrad_cnn/nn/functional/linear.py
    tinygrad_cnn/nn/functional/local_response.py tinygrad_cnn/nn/functional/norm.py
    tinygrad_cnn/nn/functional/normalize.py tinygrad_cnn/nn/functional/pad.py tinygrad_cnn/nn/functional/pool.py
    tinygrad_cnn/nn/functional/regression.py tinygrad_cnn/nn/functional/resize.py
    tinygrad_cnn/nn/functional/windows.py tinygrad_cnn/nn/modules/activation.py tinygrad_cnn/nn/modules/adaptive.py
    tinygrad_cnn/nn/modules/batch_norm.py tinygrad_cnn/nn/modules/composed.py tinygrad_cnn/nn/modules/container.py
    tinygrad_cnn/nn/modules/conv.py tinygrad_cnn/nn/modules/conv_transpose.py tinygrad_cnn/nn/modules/convolution.py
    tinygrad_cnn/nn/modules/data_parallel.py tinygrad_cnn/nn/modules/dropout.py tinygrad_cnn/nn/modules/embedding.py
    tinygrad_cnn/nn/modules/flatten.py tinygrad_cnn/nn/modules/fusion.py tinygrad_cnn/nn/modules/hooks.py
    tinygrad_cnn/nn/modules/identity.py tinygrad_cnn/nn/modules/instance_norm.py tinygrad_cnn/nn/modules/lazy.py
    tinygrad_cnn/nn/modules/linear.py tinygrad_cnn/nn/modules/loss.py tinygrad_cnn/nn/modules/module.py
    tinygrad_cnn/nn/modules/norm.py tinygrad_cnn/nn/modules/padding.py tinygrad_cnn/nn/modules/pooling.py
    tinygrad_cnn/nn/modules/registry.py tinygrad_cnn/nn/modules/state.py tinygrad_cnn/nn/modules/upsampling.py
    tinygrad_cnn/nn/modules/whereabouts.py tinygrad_cnn/nn/parallel.py tinygrad_cnn/nn/uninitialized.py
    tinygrad_cnn/numpy_functions.py tinygrad_cnn/ops/activation.py tinygrad_cnn/ops/arithmetic.py
    tinygrad_cnn/ops/broadcast.py tinygrad_cnn/ops/comparison.py tinygrad_cnn/ops/conv.py
    tinygrad_cnn/ops/cumulative.py tinygrad_cnn/ops/dropout.py tinygrad_cnn/ops/einsum.py
    tinygrad_cnn/ops/embedding.py tinygrad_cnn/ops/exponential.py tinygrad_cnn/ops/gather.py
    tinygrad_cnn/ops/inplace.py tinygrad_cnn/ops/join.py tinygrad_cnn/ops/layout.py tinygrad_cnn/ops/loss.py
    tinygrad_cnn/ops/matmul.py tinygrad_cnn/ops/norm.py tinygrad_cnn/ops/occurrences.py tinygrad_cnn/ops/pad.py
    tinygrad_cnn/ops/pool.py tinygrad_cnn/ops/product.py tinygrad_cnn/ops/rearrange.py tinygrad_cnn/ops/rectified.py
    tinygrad_cnn/ops/resize.py tinygrad_cnn/ops/rounding.py tinygrad_cnn/ops/scatter.py tinygrad_cnn/ops/selection.py
    tinygrad_cnn/ops/shape.py tinygrad_cnn/ops/slices.py tinygrad_cnn/ops/sort.py tinygrad_cnn/ops/statistics.py
    tinygrad_cnn/ops/trigonometric.py tinygrad_cnn/ops/vector.py tinygrad_cnn/ops/vector_norm.py
    tinygrad_cnn/ops/windows.py tinygrad_cnn/optim/adadelta.py tinygrad_cnn/optim/adagrad.py
    tinygrad_cnn/optim/adam.py tinygrad_cnn/optim/checks.py tinygrad_cnn/optim/loading.py
    tinygrad_cnn/optim/lr_scheduler/chained.py tinygrad_cnn/optim/lr_scheduler/combined.py
    tinygrad_cnn/optim/lr_scheduler/cosine.py tinygrad_cnn/optim/lr_scheduler/cyclic.py
    tinygrad_cnn/optim/lr_scheduler/exponential.py tinygrad_cnn/optim/lr_scheduler/function.py
    tinygrad_cnn/optim/lr_scheduler/linear.py tinygrad_cnn/optim/lr_scheduler/one_cycle.py
    tinygrad_cnn/optim/lr_scheduler/plateau.py tinygrad_cnn/optim/lr_scheduler/restarts.py
    tinygrad_cnn/optim/lr_scheduler/scheduler.py tinygrad_cnn/optim/lr_scheduler/sequential.py
    tinygrad_cnn/optim/lr_scheduler/steps.py tinygrad_cnn/optim/rmsprop.py tinygrad_cnn/optim/sgd.py
    tinygrad_cnn/random.py tinygrad_cnn/report/layer_table.py tinygrad_cnn/report/layers.py
    tinygrad_cnn/report/multiply_adds.py tinygrad_cnn/size.py tinygrad_cnn/train/buffers.py
    tinygrad_cnn/train/callbacks/best.py tinygrad_cnn/train/callbacks/callback.py
    tinygrad_cnn/train/callbacks/clip_gradients.py tinygrad_cnn/train/callbacks/early_stopping.py
    tinygrad_cnn/train/callbacks/history_file.py tinygrad_cnn/train/callbacks/lr_schedule.py
    tinygrad_cnn/train/callbacks/progress.py tinygrad_cnn/train/callbacks/tensorboard.py
    tinygrad_cnn/train/checkpoint/files.py tinygrad_cnn/train/checkpoint/folder.py
    tinygrad_cnn/train/checkpoint/generators.py tinygrad_cnn/train/evaluating.py tinygrad_cnn/train/interrupt.py
    tinygrad_cnn/train/running.py tinygrad_cnn/train/state.py tinygrad_cnn/train/unpacking.py
"""
UNMIRRORED = """
    tests/autograd/test_arguments.py tests/autograd/test_autograd_functional.py tests/autograd/test_endurance.py
    tests/autograd/test_fan_in.py tests/autograd/test_fused_gradients.py tests/autograd/test_gated.py
    tests/autograd/test_inplace.py tests/autograd/test_names.py tests/autograd/test_zero_dim.py
    tests/backends/test_backends.py tests/cli/test_messages.py tests/cli/test_trained.py tests/cuda/test_cuda.py
    tests/data/transforms/test_transform_arguments.py tests/data/transforms/test_transforms_functional.py
    tests/declined/test_declined.py tests/kernels/compiled/test_memory.py tests/kernels/compiled/test_wanted.py
    tests/kernels/test_adjoints.py tests/kernels/test_kernel_threads.py tests/models/test_architectures.py
    tests/models/test_convnets.py tests/models/test_torchvision_names.py tests/nn/test_batch_norm_layer.py
    tests/nn/test_composed.py tests/nn/test_containers.py tests/nn/test_data_parallel.py tests/nn/test_embedding.py
    tests/nn/test_forgotten_return.py tests/nn/test_functional.py tests/nn/test_functional_activation.py
    tests/nn/test_functional_parity.py tests/nn/test_fusion.py tests/nn/test_instance_norm.py
    tests/nn/test_interpolate.py tests/nn/test_layers_inplace.py tests/nn/test_layers_parity.py
    tests/nn/test_layers_refused.py tests/nn/test_lazy.py tests/nn/test_losses.py tests/nn/test_losses_parity.py
    tests/nn/test_losses_silent.py tests/nn/test_module.py tests/nn/test_module_copy.py tests/nn/test_module_errors.py
    tests/nn/test_module_hooks.py tests/nn/test_nn_layers.py tests/nn/test_norm_dropout.py tests/nn/test_old_names.py
    tests/nn/test_unregistered.py tests/nn/test_windows_parity.py tests/nn/test_windows_refused.py
    tests/ops/test_accuracy.py tests/ops/test_elementwise.py tests/ops/test_errors.py tests/ops/test_extremes.py
    tests/ops/test_mutants_edges.py tests/ops/test_mutants_upstream.py tests/ops/test_order.py
    tests/ops/test_products.py tests/ops/test_promotion.py tests/ops/test_rearranging.py tests/ops/test_samples.py
    tests/ops/test_ties.py tests/optim/test_lr_scheduler.py tests/optim/test_lr_scheduler_parity.py
    tests/optim/test_nonfinite.py tests/optim/test_optim_parity.py tests/report/test_summary.py tests/test_import.py
    tests/test_locale.py tests/test_reentry.py tests/train/callbacks/test_callbacks.py
    tests/train/checkpoint/test_checkpoint_files.py tests/train/checkpoint/test_kill.py tests/utils/test_utils_data.py
"""


def has_code(path):
    """Return whether a file has code of its own: a function, a lambda or a class, not only imports and tables."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def mirror(path):
    """Return the file that the tests of a file of the package belong in; leading underscores are left out."""
    name = NAMES.get(path.stem) or path.stem.lstrip("_")
    return TESTS / path.relative_to(PACKAGE).with_name(f"test_{name}.py")


def is_mirrored(test, mirrors):
    """Return whether a file of tests, test_b.py or test_b_topic.py, stands where the tests of a file b.py belong."""
    words = test.stem.split("_")
    return any(test.with_name("_".join(words[:end]) + ".py") in mirrors for end in range(2, len(words) + 1))


FILES = sorted(PACKAGE.rglob("*.py"))
MIRRORS = {mirror(path) for path in FILES}


def untested():
    return [path.relative_to(ROOT).as_posix() for path in FILES if has_code(path) and not mirror(path).exists()]


def unmirrored():
    found = [path for path in sorted(TESTS.rglob("test_*.py")) if path.relative_to(TESTS).parts[0] not in NOT_MIRRORED]
    return [path.relative_to(ROOT).as_posix() for path in found if not is_mirrored(path, MIRRORS)]


def test_every_file_with_code_has_tests():
    assert sorted(set(untested()) - set(UNTESTED.split())) == []


def test_every_file_of_tests_mirrors_a_file():
    assert sorted(set(unmirrored()) - set(UNMIRRORED.split())) == []


def test_the_lists_of_what_is_missing_are_up_to_date():
    assert sorted(set(UNTESTED.split()) - set(untested())) == []
    assert sorted(set(UNMIRRORED.split()) - set(unmirrored())) == []


@pytest.mark.parametrize(
    ("file", "test"),
    [
        ("ops/conv.py", "ops/test_conv.py"),
        ("_checks.py", "test_checks.py"),
        ("cli/__main__.py", "cli/test_main.py"),
        ("__init__.py", "test_init.py"),
    ],
)
def test_where_tests_belong(file, test):
    assert mirror(PACKAGE / file) == TESTS / test


def test_the_tests_of_one_file_may_be_split_by_topic():
    mirrors = {TESTS / "data" / "test_loader.py"}
    assert is_mirrored(TESTS / "data" / "test_loader_workers.py", mirrors)
    assert not is_mirrored(TESTS / "data" / "test_loaders.py", mirrors)
    assert not is_mirrored(TESTS / "test_loader.py", mirrors)


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ('"""Text."""\nfrom a import b\n__all__ = ["b"]\nC = (1, 2)\n', False),
        ("f = lambda: 1\n", True),
        ("class A: pass\n", True),
    ],
)
def test_what_counts_as_code(tmp_path, program, found):
    path = tmp_path / "a.py"
    path.write_text(program, encoding="utf-8")
    assert has_code(path) == found
