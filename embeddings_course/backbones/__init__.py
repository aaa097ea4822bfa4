"""Image networks without their last layer: a picture goes in, a vector comes out.

>>> backbone = load_backbone("embedded", trained=False)
>>> backbone.dim, backbone.size
(512, 96)

Two need no network. ``"efficientnet_lite0"`` has ImageNet weights, which a package that is
installed with the course brings. ``"embedded"`` is a ResNet-18 that was trained for the course on
58,000 small pictures: it shows what little pretraining gives. ``"timm/NAME"`` is a network of timm,
and every other name a classifier of torchvision, with weights from a cache or the network. What is
cut off, and how the rest is run, is the same for all of them.
"""

from embeddings_course._shared.weights import WeightsError
from embeddings_course.backbones.calibration import calibrated
from embeddings_course.backbones.load import (
    EMBEDDED_SIZE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    SHIPPED,
    Backbone,
    at_hand,
    load_backbone,
)
from embeddings_course.backbones.timm_models import EFFICIENTNET_SIZE
from embeddings_course.backbones.weights import EMBEDDED_FOLDER

__all__ = [
    "EFFICIENTNET_SIZE",
    "EMBEDDED_FOLDER",
    "EMBEDDED_SIZE",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "SHIPPED",
    "Backbone",
    "WeightsError",
    "at_hand",
    "calibrated",
    "load_backbone",
]
