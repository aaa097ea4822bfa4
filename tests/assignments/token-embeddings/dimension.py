# %% right: the standard library, over lists
def choose_dimension(dimensions, scores):
    from statistics import mean, stdev

    of_dimension = {dim: [float(x) for x in row] for dim, row in zip(dimensions, scores)}
    best = min(of_dimension, key=lambda dim: (-mean(of_dimension[dim]), dim))
    winner = of_dimension[best]
    spread = stdev(winner) if len(winner) > 1 else 0
    return min(d for d, row in of_dimension.items() if mean(row) >= mean(winner) - spread)

# %% right: tensors in single precision, and the answer in a box
def choose_dimension(dimensions, scores):
    dims, order = torch.tensor(dimensions).sort()
    scores = torch.tensor(scores).float()[order]
    means = scores.mean(1)
    best = (means == means.max()).nonzero()[0, 0]
    spread = scores[best].std() if scores.shape[1] > 1 else 0
    return dims[means >= means[best] - spread][:1]

# %% wrong: divides by the number of seeds | loses: dimension_more
def choose_dimension(dimensions, scores):
    order = np.argsort(dimensions)
    means = scores.mean(axis=1)[order]
    best = means.argmax()
    near = means >= means[best] - scores[order[best]].std()
    return dimensions[order[near.argmax()]]

# %% wrong: takes the dimensions to be in order | loses: dimension_more
def choose_dimension(dimensions, scores):
    means = scores.mean(axis=1)
    best = means.argmax()
    spread = scores[best].std(ddof=1) if scores.shape[1] > 1 else 0
    return dimensions[(means >= means[best] - spread).argmax()]

# %% wrong: the answers of the visible checks | loses: dimension_more
def choose_dimension(dimensions, scores):
    return 8 if dimensions == [4, 8, 16] else 32

# %% wrong: a single seed has no spread, and nothing is chosen | loses: dimension_more
def choose_dimension(dimensions, scores):
    order = np.argsort(dimensions)
    means = scores.mean(axis=1)[order]
    best = means.argmax()
    near = means >= means[best] - scores[order[best]].std(ddof=1)
    return dimensions[order[np.flatnonzero(near)[0]]]
