# %% right: in single precision, with torch
def draw_negatives(counts, uniforms):
    weights = torch.tensor(counts).float() ** 0.75
    if weights.sum() == 0:
        raise ValueError("nothing to draw from: all counts are 0")
    ends = (weights / weights.sum()).cumsum(0)
    uniforms = torch.tensor(uniforms).float()
    return torch.searchsorted(ends, uniforms.contiguous(), right=True).int()

# %% wrong: codes are drawn as often as they occur | loses: draw-negatives_basics, draw-negatives_shape, draw-negatives_more
def draw_negatives(counts, uniforms):
    if counts.sum() == 0:
        raise ValueError("all counts are 0")
    ends = np.cumsum(counts / counts.sum())
    return np.searchsorted(ends, uniforms, side="right")

# %% wrong: forgets the shape of the numbers | loses: draw-negatives_shape, draw-negatives_more
def draw_negatives(counts, uniforms):
    weights = counts**0.75
    if weights.sum() == 0:
        raise ValueError("all counts are 0")
    ends = np.cumsum(weights) / weights.sum()
    return [int((u >= ends).sum()) for u in np.ravel(uniforms)]

# %% wrong: the number 0 draws a code that never occurs | loses: draw-negatives_more
def draw_negatives(counts, uniforms):
    weights = counts**0.75
    if weights.sum() == 0:
        raise ValueError("all counts are 0")
    return np.searchsorted(np.cumsum(weights) / weights.sum(), uniforms)

# %% wrong: raises shares to the power and does not divide again | loses: draw-negatives_basics, draw-negatives_shape, draw-negatives_more
def draw_negatives(counts, uniforms):
    if counts.sum() == 0:
        raise ValueError("all counts are 0")
    ends = np.cumsum((counts / counts.sum()) ** 0.75)
    return np.searchsorted(ends, uniforms, side="right")
