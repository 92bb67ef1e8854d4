"""The language of `CnnBasicModel`: what it builds, what it refuses, and the files it is read from."""

import json
import sys

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.models import CnnBasicModel

NOTES = [["conv", {"ksize": 5, "chn": 6}], ["max", {"stride": 4}], ["conv", {"ksize": 3, "chn": 12}],
         ["avg", {"stride": 2}]]  # fmt: skip


def shapes(model):
    return {name: parameter.shape for name, parameter in model.named_parameters()}


def test_two_numbers_are_two_full_layers():
    model = CnnBasicModel([30, 10])
    assert shapes(model) == {
        "hidden.full0.weight": (30, 27648), "hidden.full0.bias": (30,),
        "hidden.full1.weight": (10, 30), "hidden.full1.bias": (10,),
        "output.weight": (5, 10), "output.bias": (5,),
    }  # fmt: skip
    assert list(dict(model.hidden.named_children())) == ["flatten", "full0", "full0_relu", "full1", "full1_relu"]
    written = CnnBasicModel([["full", {"width": 30}], ["full", {"width": 10}]])
    assert repr(written) == repr(model)


def test_the_convolutional_network_of_the_notes():
    model = CnnBasicModel(NOTES)
    assert shapes(model) == {
        "hidden.conv0.weight": (6, 3, 5, 5), "hidden.conv0.bias": (6,),
        "hidden.conv2.weight": (12, 6, 3, 3), "hidden.conv2.bias": (12,),
        "output.weight": (5, 1728), "output.bias": (5,),
    }  # fmt: skip
    names = ["conv0", "conv0_relu", "max1", "conv2", "conv2_relu", "avg3", "flatten"]
    assert list(dict(model.hidden.named_children())) == names
    assert model(tg.zeros(2, 3, 96, 96)).shape == (2, 5)


def test_pairs_activations_and_even_kernels():
    layers = [
        ["conv", {"ksize": [2, 3], "chn": 4, "actfunc": "none"}], ("max", {"stride": (2, 3), "actfunc": "tanh"}),
        ["avg", {"stride": 1}], ["full", {"width": 7, "actfunc": "sigmoid"}], 3,
    ]  # fmt: skip
    model = CnnBasicModel(layers, (2, 4, 9), 6)
    names = ["conv0", "max1", "max1_tanh", "avg2", "flatten", "full3", "full3_sigmoid", "full4", "full4_relu"]
    assert list(dict(model.hidden.named_children())) == names
    assert model.hidden[0](tg.zeros(1, 2, 4, 9)).shape == (1, 4, 4, 9)
    assert shapes(model)["hidden.full3.weight"] == (7, 4 * 2 * 3)
    assert model(tg.zeros(5, 2, 4, 9)).shape == (5, 6)


def test_no_hidden_layer_is_softmax_regression():
    assert shapes(CnnBasicModel([], (1, 4, 4), 3)) == {"output.weight": (3, 16), "output.bias": (3,)}


def test_initial_weights():
    tg.manual_seed(0)
    model = CnnBasicModel([["conv", {"ksize": 5, "chn": 40}], ["max", {"stride": 2}], 30], (3, 8, 8))
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy()
        if name.endswith("bias"):
            assert not values.any()
        else:
            assert values.std() == pytest.approx(0.03, rel=0.15), name


@pytest.mark.parametrize(
    ("hconfigs", "error", "text"),
    [
        ("conv", TypeError, r"hconfigs: expected a list of layers, got 'conv'"),
        ({"full": 3}, TypeError, r"hconfigs: expected a list of layers, got {'full': 3}"),
        ([30, 2.5], TypeError, r"hconfigs\[1\]: expected a width or \[kind, {options}\], such as .* got 2\.5"),
        ([True], TypeError, r"hconfigs\[0\]: expected a width or .* got True"),
        (["conv"], TypeError, r"hconfigs\[0\]: expected a width or .* got 'conv'"),
        ([[]], TypeError, r"hconfigs\[0\]: expected a width or .* got \[\]"),
        ([0], ValueError, r"hconfigs\[0\]: expected width of at least 1, got 0"),
        ([["pool", {}]], ValueError, r"\[0\]: expected the kind as one of 'full', 'conv', 'max', 'avg', got 'pool'"),
        ([[["conv"], {}]], ValueError, r"\[0\]: expected the kind as one of .* got \['conv'\]"),
        ([["conv", 5]], TypeError, r"hconfigs\[0\]: expected the options of 'conv' as a dict, got 5"),
        ([["conv", {"ksize": 5}]], ValueError, r"hconfigs\[0\]: 'conv' needs the option 'chn', got 'ksize'"),
        ([["max"]], ValueError, r"hconfigs\[0\]: 'max' needs the option 'stride', got no options"),
        ([["avg", {"strid": 2}]], ValueError, r"options of 'avg' among 'stride', 'actfunc', got 'strid'"),
        ([["full", {"width": "30"}]], TypeError, r"hconfigs\[0\]: expected width as an int, got '30'"),
        ([["conv", {"ksize": [3], "chn": 2}]], ValueError, r"expected ksize as a number or a pair, got \[3\]"),
        ([["conv", {"ksize": [3, 0], "chn": 2}]], ValueError, r"expected ksize of at least 1, got 0"),
        ([["full", {"width": 3, "actfunc": "elu"}]], ValueError, r"actfunc as one of 'none', 'relu', 'sigmoid', "),
        ([30, ["max", {"stride": 2}]], ValueError, r"\[1\]: expected 'max' before every full layer.* vector of 30"),
        ([["max", {"stride": [4, 5]}]], ValueError, r"\[0\]: expected stride that divides .* of 96×96 .* got 4×5"),
    ],
)  # fmt: skip
def test_refusals(hconfigs, error, text):
    with pytest.raises(error, match=text):
        CnnBasicModel(hconfigs)


def test_the_input_size_is_checked():
    with pytest.raises(ValueError, match=r"expected input_size as \(C, H, W\), got \(28, 28\)"):
        CnnBasicModel([3], (28, 28))


TOML = """\
input_size = [3, 8, 8]
num_classes = 2
hconfigs = [["conv", {ksize = 3, chn = 4}], ["max", {stride = [2, 4]}], 6]
"""

YAML = """\
num_classes: 2
input_size: [3, 8, 8]
hconfigs:
  - [conv, {ksize: 3, chn: 4}]
  - [max, {stride: [2, 4]}]
  - 6
"""


def test_the_three_formats_say_the_same(tmp_path):
    pytest.importorskip("yaml")
    same = [["conv", {"ksize": 3, "chn": 4}], ["max", {"stride": [2, 4]}], 6]
    texts = {
        "a.toml": TOML, "b.yaml": YAML, "c.YML": YAML,
        "d.json": json.dumps({"hconfigs": same, "input_size": [3, 8, 8], "num_classes": 2}),
    }  # fmt: skip
    expected = repr(CnnBasicModel(same, (3, 8, 8), 2))
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert repr(CnnBasicModel.from_file(tmp_path / name)) == expected, name


def test_a_bare_list_and_arguments_in_place_of_the_files(tmp_path):
    (tmp_path / "list.json").write_text("[30, 10]", encoding="utf-8")
    assert repr(CnnBasicModel.from_file(tmp_path / "list.json")) == repr(CnnBasicModel([30, 10]))
    (tmp_path / "net.toml").write_text(TOML, encoding="utf-8")
    model = CnnBasicModel.from_file(str(tmp_path / "net.toml"), input_size=(1, 4, 4), num_classes=9)
    np.testing.assert_array_equal(model(tg.zeros(2, 1, 4, 4)).shape, (2, 9))


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("a.ini", "", ValueError, r"a\.ini: expected a file that ends with one of \.json, \.toml, \.yaml, \.yml"),
        ("a.json", "[30,", ValueError, r"a\.json: expected JSON, got text that is none: .*line 1"),
        ("a.toml", "x = [", ValueError, r"a\.toml: expected TOML, got text that is none"),
        ("a.yaml", "a: [", ValueError, r"a\.yaml: expected YAML, got text that is none"),
        ("a.yaml", "!!python/object/apply:os.getcwd []", ValueError, r"a\.yaml: expected YAML"),
        ("a.json", "{}", ValueError, r"a\.json: expected a table with the key hconfigs, got {}"),
        ("a.json", "3", ValueError, r"expected a table with the key hconfigs, got 3"),
        (
            "a.toml",
            "hconfigs = [3]\nname = 'x'",
            ValueError,
            r"keys among hconfigs, input_size, num_classes, got 'name'",
        ),
        ("a.toml", "hconfigs = [3]\ninput_size = 28", TypeError, r"expected input_size as a list of ints, got 28"),
        ("a.toml", "hconfigs = [3]\nnum_classes = 2.0", TypeError, r"expected num_classes as an int, got 2\.0"),
        ("a.json", '[["pool"]]', ValueError, r"a\.json: hconfigs\[0\]: expected the kind as one of"),
        ("a.json", '["conv"]', TypeError, r"a\.json: hconfigs\[0\]: expected a width or"),
    ],
)
def test_files_that_describe_no_model(name, text, error, message, tmp_path):
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message):
        CnnBasicModel.from_file(tmp_path / name)


def test_yaml_without_pyyaml_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "a.yaml").write_text(YAML, encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "tinygrad-cnn\[yaml\]"'):
        CnnBasicModel.from_file(tmp_path / "a.yaml")


LAUGHS = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)) + "hconfigs: *a59\n"
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 40))


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.yaml", LAUGHS, "expected at most 100,000 values with all aliases written out, got more"),
        ("a.yaml", MERGES, "expected at most 100,000 values with all aliases written out, got more"),
        ("a.yaml", "hconfigs: &a [*a]", "expected at most 100,000 values"),
        ("a.yaml", "[" * 10_000, "expected at most 32 levels, got more"),
        ("a.json", "[" * 100_000, "expected layers, got values nested more deeply than can be read"),
        ("a.toml", "a = " + "[" * 100_000, "nested more deeply than can be read|got text that is none"),
        ("a.json", "[" + "1," * 200_000 + "1]", "expected a file of at most 262,144 bytes, got 400,003"),
        ("a.json", '{"x": ' + "[" * 900 + "]" * 900 + "}", "expected a table with the key hconfigs"),
        ("a.json", '{"hconfigs": [], "imput_size": [1]}', "got 'imput_size'; did you mean 'input_size'"),
    ],
)
def test_files_that_ask_for_too_much(name, text, match, tmp_path):
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=match) as caught:
        CnnBasicModel.from_file(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert len(str(caught.value)) < 500


def test_aliases_are_fine_in_measure(tmp_path):
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text(
        "hconfigs: [&c [conv, {ksize: 3, chn: 2}], *c, 5]\ninput_size: [1, 8, 8]", encoding="utf-8"
    )
    assert repr(CnnBasicModel.from_file(tmp_path / "a.yaml")) == repr(
        CnnBasicModel([["conv", {"ksize": 3, "chn": 2}]] * 2 + [5], input_size=(1, 8, 8))
    )
