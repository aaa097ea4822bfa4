# %% right: loops over images, numbers that carry gradients
def pool(maps, valid, power):
    if power < 1:
        raise ValueError("power must be 1 or more")
    p = torch.nn.Parameter(torch.tensor(float(power), dtype=torch.float64))
    rows = []
    for m, v in zip(maps.double(), valid):
        inside = m[:, v]  # [c, places]
        if inside.shape[1] == 0:
            rows.append(torch.zeros(len(m), dtype=torch.float64))
        elif power == float("inf"):
            rows.append(inside.max(dim=1).values)
        else:
            rows.append(inside.clamp(min=1e-12).pow(p).mean(dim=1).pow(1 / p))
    return torch.stack(rows)

# %% right: masked arrays of numpy
def pool(maps, valid, power):
    if not power >= 1:
        raise ValueError(f"power is {power}")
    x = maps.numpy().astype(float)
    keep = np.broadcast_to(valid.numpy()[:, None], x.shape)
    x = np.ma.array(np.where(keep, x, 0.0), mask=~keep)
    if np.isinf(power):
        return x.max(axis=(2, 3)).filled(0)
    return ((x**power).mean(axis=(2, 3)) ** (1.0 / power)).filled(0)

# %% wrong: multiplies by the mask, so that NaN stays NaN | loses: masked-pooling_more, masked-pooling_edges
def pool(maps, valid, power):
    if power < 1:
        raise ValueError("power must be at least 1")
    inside = maps * valid[:, None]
    if power == float("inf"):
        return inside.amax(dim=(2, 3))
    count = valid.sum(dim=(1, 2)).clamp(min=1)[:, None]
    return ((inside**power).sum(dim=(2, 3)) / count) ** (1 / power)

# %% wrong: divides by all places, refuses nothing | loses: masked-pooling_basics, masked-pooling_more, masked-pooling_edges
def pool(maps, valid, power):
    inside = torch.where(valid[:, None], maps, torch.zeros_like(maps))
    if power == float("inf"):
        return inside.amax(dim=(2, 3))
    return (inside**power).mean(dim=(2, 3)) ** (1 / power)

# %% wrong: NaN where no place is valid | loses: masked-pooling_edges
def pool(maps, valid, power):
    if power < 1:
        raise ValueError("power must be at least 1")
    inside = maps.masked_fill(~valid.unsqueeze(1), 0)
    if power == float("inf"):
        return inside.flatten(2).max(dim=2).values
    count = valid.flatten(1).sum(dim=1, keepdim=True)
    return (inside.pow(power).flatten(2).sum(dim=2) / count).pow(1 / power)

# %% wrong: knows mean, maximum and the square only | loses: masked-pooling_more
def pool(maps, valid, power):
    if power < 1:
        raise ValueError("power must be at least 1")
    inside = torch.where(valid[:, None], maps, 0.0)
    count = valid.sum(dim=(1, 2)).clamp(min=1)[:, None]
    if power == 1:
        return inside.sum(dim=(2, 3)) / count
    if power == 2:
        return torch.sqrt((inside**2).sum(dim=(2, 3)) / count)
    return inside.amax(dim=(2, 3))


# %% wrong: the mask has no axis of channels | loses: masked-pooling_basics, masked-pooling_more, masked-pooling_edges
def pool(maps, valid, power):
    if power < 1:
        raise ValueError("power must be at least 1")
    inside = maps * valid
    if power == float("inf"):
        return inside.amax(dim=(2, 3))
    return ((inside**power).sum(dim=(2, 3)) / valid.sum(dim=(1, 2))[:, None]) ** (1 / power)
