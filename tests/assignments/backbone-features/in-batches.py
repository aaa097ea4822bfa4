# %% right: split and concatenate, gradients left on
def extract_in_batches(network, images, batch_size, dim):
    if batch_size <= 0:
        raise ValueError("batch_size too small")
    vectors = [torch.zeros(0, dim, requires_grad=True)]
    if len(images) > 0:
        vectors += [network(b).reshape(len(b), dim) for b in images.split(batch_size)]
    return torch.cat(vectors)

# %% right: recursion and numpy doubles
def extract_in_batches(network, images, batch_size, dim):
    if batch_size < 1:
        raise ValueError(f"{batch_size} is below 1")
    if images.shape[0] == 0:
        return np.zeros((0, dim))
    first = network(images[:batch_size]).detach().numpy().astype(float)
    return np.concatenate([first, extract_in_batches(network, images[batch_size:], batch_size, dim)])

# %% wrong: forgets the last short batch | loses: in-batches_basics, in-batches_more
def extract_in_batches(network, images, batch_size, dim):
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    out = torch.zeros(len(images), dim)
    with torch.no_grad():
        for i in range(len(images) // batch_size):
            out[i * batch_size:(i + 1) * batch_size] = network(images[i * batch_size:(i + 1) * batch_size])
    return out

# %% wrong: no answer for no images | loses: in-batches_more
def extract_in_batches(network, images, batch_size, dim):
    vectors = []
    for start in range(0, len(images), batch_size):
        vectors.append(network(images[start:start + batch_size]))
    return torch.cat(vectors)

# %% wrong: everything at once | loses: in-batches_basics, in-batches_more
def extract_in_batches(network, images, batch_size, dim):
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    with torch.no_grad():
        return network(images)

# %% wrong: squeezes a batch of one and vectors of one number | loses: in-batches_basics, in-batches_more
def extract_in_batches(network, images, batch_size, dim):
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    if len(images) == 0:
        return torch.zeros(0, dim)
    rows = []
    for start in range(0, len(images), batch_size):
        rows += network(images[start:start + batch_size]).squeeze().tolist()
    return rows

# %% wrong: refuses everything | loses: in-batches_basics, in-batches_more, in-batches_refuses
def extract_in_batches(*given):
    raise ValueError("no")


# %% wrong: one batch too many where the size divides the number | loses: in-batches_basics, in-batches_more
def extract_in_batches(network, images, batch_size, dim):
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    found = [torch.empty(0, dim)]
    for n in range(len(images) // batch_size + 1):
        found.append(network(images[n * batch_size : (n + 1) * batch_size]))
    return torch.cat(found)
