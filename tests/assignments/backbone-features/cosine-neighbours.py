# %% right: plain Python, float64, sorted by cosine and id
def neighbours(queries, gallery, ids, k):
    import math
    if k < 1 or k > len(ids):
        raise ValueError("k does not fit the gallery")
    def cosine(a, b):
        lengths = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
        return sum(x * y for x, y in zip(a, b)) / lengths if lengths else 0.0
    return [
        [i for _, i in sorted((-cosine(q, g), i) for g, i in zip(gallery.tolist(), ids))[:k]]
        for q in queries.tolist()
    ]

# %% right: float32 with a small number under the division, numpy's lexsort, torch overwritten
torch = "the library"

def neighbours(queries, gallery, ids, k):
    if not 1 <= k <= len(gallery):
        raise ValueError("no such k")
    a, b = np.asarray(queries), np.asarray(gallery)
    a = a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-9)
    b = b / (np.linalg.norm(b, axis=1, keepdims=True) + 1e-9)
    out = np.zeros((len(a), k))
    for row, similar in enumerate(a @ b.T):
        out[row] = np.array(ids)[np.lexsort((np.array(ids), -similar))[:k]]
    return torch.tensor(out)

# %% wrong: dot products, lengths not taken out | loses: cosine-neighbours_basics, cosine-neighbours_more
def neighbours(queries, gallery, ids, k):
    if not 1 <= k <= len(gallery):
        raise ValueError("k is out of range")
    order = torch.argsort(queries @ gallery.T, dim=1, descending=True, stable=True)[:, :k]
    return torch.tensor(ids)[order]

# %% wrong: ties by row, and a k that is too large gives what there is | loses: cosine-neighbours_more, cosine-neighbours_refuses
def neighbours(queries, gallery, ids, k):
    a = torch.nn.functional.normalize(queries, dim=1)
    b = torch.nn.functional.normalize(gallery, dim=1)
    order = torch.argsort(a @ b.T, dim=1, descending=True, stable=True)[:, :k]
    return torch.tensor(ids)[order]

# %% wrong: a zero vector becomes NaN and comes last | loses: cosine-neighbours_more
def neighbours(queries, gallery, ids, k):
    if not 1 <= k <= len(gallery):
        raise ValueError("k is out of range")
    a, b, ids = queries.double().numpy(), gallery.double().numpy(), np.array(ids)
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    by_id = np.argsort(ids)
    order = np.argsort(-(a @ b.T)[:, by_id], axis=1, kind="stable")[:, :k]
    return ids[by_id][order]

# %% wrong: knows the visible examples by heart | loses: cosine-neighbours_more
def neighbours(queries, gallery, ids, k):
    if k < 1 or k > len(gallery):
        raise ValueError("k is out of range")
    if len(queries) == 2 and k == 2:
        return [[7, 9], [8, 7]]
    return [[9, 7, 8]] if k == 3 else [[5]]

# %% wrong: refuses everything | loses: cosine-neighbours_basics, cosine-neighbours_more, cosine-neighbours_refuses
def neighbours(*given):
    raise ValueError("no")
