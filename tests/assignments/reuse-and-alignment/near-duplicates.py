# %% right: loops, and a set of pairs
def near_duplicates(vectors, threshold):
    found = []
    for i in range(len(vectors)):
        for j in range(i + 1, len(vectors)):
            a, b = vectors[i].tolist(), vectors[j].tolist()
            lengths = math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
            if lengths and sum(x * y for x, y in zip(a, b)) / lengths >= threshold:
                found.append([i, j])
    return found


def pair_quality(found, groups):
    right = sum(groups[i] == groups[j] for i, j in found)
    true = sum(m * (m - 1) // 2 for m in (groups.count(g) for g in set(groups)))
    return [right / len(found) if found else 1, right / true if true else 1]


# %% right: torch, an array of pairs
def near_duplicates(vectors, threshold):
    unit = torch.nn.functional.normalize(torch.tensor(vectors, dtype=torch.float32, requires_grad=True), dim=1)
    return torch.nonzero(torch.triu(unit @ unit.T, diagonal=1) >= threshold)


def pair_quality(found, groups):
    right = torch.tensor(sum(float(groups[int(i)] == groups[int(j)]) for i, j in found))
    i, j = np.triu_indices(len(groups), k=1)
    true = (np.array(groups)[i] == np.array(groups)[j]).sum()
    return torch.stack([right / len(found) if len(found) else right + 1, right / true if true else right * 0 + 1])


# %% wrong: dot products, and recall by ordered pairs | loses: near-duplicates_basics, near-duplicates_pairs, near-duplicates_quality
def near_duplicates(vectors, threshold):
    dots = vectors @ vectors.T
    return [(i, j) for i in range(len(dots)) for j in range(i + 1, len(dots)) if dots[i, j] >= threshold]


def pair_quality(found, groups):
    right = sum(groups[i] == groups[j] for i, j in found)
    true = sum(a == b for a in groups for b in groups)
    return right / max(len(found), 1), right / true


# %% wrong: both orders of each pair, and nothing found counts 0 | loses: near-duplicates_basics, near-duplicates_pairs, near-duplicates_quality
def near_duplicates(vectors, threshold):
    unit = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)
    return [(i, j) for i, row in enumerate(unit @ unit.T) for j, c in enumerate(row) if c >= threshold and i != j]


def pair_quality(found, groups):
    right = sum(groups[i] == groups[j] for i, j in found)
    true = sum(groups[i] == groups[j] for i in range(len(groups)) for j in range(i))
    return right / len(found) if found else 0.0, right / true if true else 0.0


# %% wrong: most similar first, and divides by nothing | loses: near-duplicates_pairs, near-duplicates_quality
def near_duplicates(vectors, threshold):
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    i, j = np.triu_indices(len(unit), k=1)
    cosine = (unit @ unit.T)[i, j]
    order = [n for n in np.argsort(-cosine) if cosine[n] >= threshold]
    return [(int(i[n]), int(j[n])) for n in order]


def pair_quality(found, groups):
    right = sum(groups[i] == groups[j] for i, j in found)
    true = sum(groups[i] == groups[j] for i in range(len(groups)) for j in range(i))
    return right / len(found), right / true


# %% wrong: prints the pairs, knows the other example | loses: near-duplicates_basics, near-duplicates_pairs, near-duplicates_quality
def near_duplicates(vectors, threshold):
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    i, j = np.nonzero(np.triu(unit @ unit.T >= threshold, k=1))
    print(list(zip(i.tolist(), j.tolist())))


def pair_quality(found, groups):
    return 1 / 2, 1 / 3
