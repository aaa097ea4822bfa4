"""Image networks without their last layer: a picture goes in, a vector comes out.

>>> backbone = load_backbone("embedded", trained=False)
>>> backbone.dim, backbone.size
(512, 96)

``"embedded"`` is a ResNet-18 with weights that ship with this package and need no network. Every
other name is one of torchvision's classifiers with its ImageNet weights. What is cut off, and how
the rest is run, is the same for all of them.
"""

from embeddings_course.backbones.load import (
    EMBEDDED_SIZE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    Backbone,
    at_hand,
    load_backbone,
)
from embeddings_course.backbones.weights import EMBEDDED_FOLDER, WeightsError

__all__ = [
    "EMBEDDED_FOLDER",
    "EMBEDDED_SIZE",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "Backbone",
    "WeightsError",
    "at_hand",
    "load_backbone",
]
