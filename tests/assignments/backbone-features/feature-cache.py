# %% right: SHA-256 keys and a dict for each digest, vectors kept as lists
def cached_vectors(images, extract, digest, cache):
    import hashlib
    known = cache.setdefault(digest, {})
    keys = [hashlib.sha256(f"{i.shape}".encode() + i.tobytes()).hexdigest() for i in images]
    new = []
    for key, image in zip(keys, images):
        if key not in known and key not in [k for k, _ in new]:
            new.append((key, image))
    if new:
        found = extract([image for _, image in new])
        known.update({key: list(row) for (key, _), row in zip(new, found)})
    return torch.tensor([[float(x) for x in known[key]] for key in keys])

# %% right: nested tuples of pixel values as keys
def cached_vectors(images, extract, digest, cache):
    keys = [digest + str(image.tolist()) for image in images]
    todo = {}
    for key, image in zip(keys, images):
        if key not in cache:
            todo[key] = image
    if len(todo) > 0:
        cache |= dict(zip(todo, extract([*todo.values()])))
    return [cache[key] for key in keys]

# %% wrong: the key is how numpy prints an image | loses: feature-cache_more
def cached_vectors(images, extract, digest, cache):
    keys = [(digest, str(image), image.shape) for image in images]
    missing = {key: image for key, image in zip(keys, images) if key not in cache}
    if missing:
        cache.update(zip(missing, extract(list(missing.values()))))
    return np.stack([cache[key] for key in keys])

# %% wrong: an image that comes twice is extracted twice, each alone | loses: feature-cache_basics, feature-cache_more, feature-cache_edges
def cached_vectors(images, extract, digest, cache):
    fresh = [image for image in images if (digest, image.shape, image.tobytes()) not in cache]
    for image in fresh:
        cache[digest, image.shape, image.tobytes()] = extract([image])[0]
    return np.stack([cache[digest, image.shape, image.tobytes()] for image in images])

# %% wrong: forgets the shape, and the digest of the backbone | loses: feature-cache_basics, feature-cache_more, feature-cache_edges
def cached_vectors(images, extract, digest, cache):
    keys = [image.tobytes() for image in images]
    missing = {key: image for key, image in zip(keys, images) if key not in cache}
    if missing:
        cache.update(zip(missing, extract(list(missing.values()))))
    return np.stack([cache[key] for key in keys])

# %% wrong: waits for a lock that nobody holds | loses: feature-cache_basics, feature-cache_more, feature-cache_edges
def cached_vectors(images, extract, digest, cache):
    while not cache.get("ready"):
        pass
    return extract(images)


# %% wrong: the digest of the backbone is no part of the key | loses: feature-cache_basics, feature-cache_more
def cached_vectors(images, extract, digest, cache):
    keys = [(image.shape, image.tobytes()) for image in images]
    missing = {key: image for key, image in zip(keys, images) if key not in cache}
    if missing:
        cache.update(zip(missing, extract(list(missing.values()))))
    return np.stack([cache[key] for key in keys])
