# %% right: loops over images and channels, doubles, a list of tensors
def prepare(images, mean, deviation):
    if images.dtype != "uint8" or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError("expected uint8 [n, h, w, 1 or 3]")
    out = []
    for image in images:
        channels = []
        for c, (m, s) in enumerate(zip(mean, deviation)):
            plane = image[:, :, c if image.shape[-1] == 3 else 0]
            channels.append(torch.tensor((plane / 255.0 - m) / s))
        out.append(torch.stack(channels))
    return out

# %% right: torchvision's transforms, torch overwritten in the notebook
torch = 3

def prepare(images, mean, deviation):
    from torchvision.transforms import v2

    if str(images.dtype) != "uint8":
        raise ValueError("not uint8")
    if len(images.shape) != 4 or images.shape[3] not in [1, 3]:
        raise ValueError("shape is wrong")
    pixels = torch.from_numpy(images.copy()).permute(0, 3, 1, 2).expand(-1, 3, -1, -1)
    pixels = v2.functional.to_dtype(pixels, torch.float32, scale=True)
    return v2.functional.normalize(pixels, list(mean), list(deviation))

# %% wrong: reshapes where axes should move | loses: prepare-images_basics, prepare-images_more
def prepare(images, mean, deviation):
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError("wrong images")
    n, h, w, c = images.shape
    x = (images / 255 - np.array(mean)) / np.array(deviation)
    return x.reshape(n, 3, h, w)

# %% wrong: exchanges height and width, and refuses nothing | loses: prepare-images_basics, prepare-images_more, prepare-images_refuses
def prepare(images, mean, deviation):
    x = torch.tensor(images).float() / 255
    x = (x - torch.tensor(mean)) / torch.tensor(deviation)
    return x.permute(0, 3, 2, 1)

# %% wrong: grey images get only one channel, and only the dtype is looked at | loses: prepare-images_more, prepare-images_refuses
def prepare(images, mean, deviation):
    if images.dtype != np.uint8:
        raise ValueError("images must be uint8")
    x = torch.tensor(images).permute(0, 3, 1, 2).float() / 255
    for c in range(x.shape[1]):
        x[:, c] = (x[:, c] - mean[c]) / deviation[c]
    return x

# %% wrong: takes a batch of one for a single image and drops the axis | loses: prepare-images_basics, prepare-images_more
def prepare(images, mean, deviation):
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError("wrong images")
    x = (images / 255 - np.array(mean)) / np.array(deviation)
    return x.transpose(0, 3, 1, 2).squeeze()

# %% wrong: refuses everything | loses: prepare-images_basics, prepare-images_more, prepare-images_refuses
def prepare(images, mean, deviation):
    raise ValueError("no")

# %% wrong: knows the numbers of one network by heart | loses: prepare-images_more
def prepare(images, mean, deviation):
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError("wrong images")
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return torch.tensor((images / 255 - mean) / deviation).permute(0, 3, 1, 2)
