"""Statistics for the batch norm of a network that nobody has trained."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from embeddings_course._shared.messages import Message
from embeddings_course._shared.validation import require_integer
from embeddings_course.backbones.load import Backbone


def calibrated(backbone: Backbone, images: np.ndarray, *, batch_size: int = 32) -> Backbone:
    """Return a copy of a backbone whose batch norm has its statistics from some images.

    A network with random weights has never seen an image, so its running mean is 0 and its running
    variance 1: in evaluation mode its batch norm normalises nothing. As a baseline such a network
    is weaker than it need be. Here each layer of batch norm gets the mean and the variance that its
    channels have over ``images``, averaged over batches. Weights stay as they are, and no label is
    used.

    Parameters
    ----------
    backbone : Backbone
        It stays as it is.
    images : uint8 array [n, h, w, 3]
        RGB, such as the gallery of a search.
    batch_size : int
        Images in a batch, 1 or more. Each batch holds images from all over the array, so that
        sorted images do no harm.

    Returns
    -------
    Backbone
        In evaluation mode, with another digest.

    Raises
    ------
    ValueError
        If the network has no batch norm, or there are no images.
    """
    require_integer("batch_size", batch_size, 1)
    if images.ndim != 4 or images.shape[3] != 3 or not images.size or images.dtype != np.uint8:
        raise ValueError(
            Message(
                "calibration-images-wrong",
                f"images must be uint8 [n, h, w, 3] and not empty, not {images.dtype} "
                f"{list(images.shape)}.",
            )
        )
    network = copy.deepcopy(backbone.network).eval()
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        raise ValueError(
            Message(
                "calibration-without-batch-norm",
                f"{backbone.name!r} has no batch norm, so there are no statistics to collect.",
            )
        )
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
        norm.train()
    batches = -(-len(images) // batch_size)
    with torch.inference_mode():
        for first in range(batches):
            part = torch.from_numpy(np.ascontiguousarray(images[first::batches]))
            network(backbone.preprocess(part.permute(0, 3, 1, 2)))
    return replace(backbone, network=network.eval())
