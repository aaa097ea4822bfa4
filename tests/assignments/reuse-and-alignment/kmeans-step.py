# %% right: loops and lists
def assign(vectors, centres):
    said = []
    for v in vectors.tolist():
        gaps = [sum((a - b) ** 2 for a, b in zip(v, c)) for c in centres.tolist()]
        said.append(gaps.index(min(gaps)))
    return said


def moved_centres(vectors, assignment, centres):
    moved = []
    for n in range(len(centres)):
        mine = [v.tolist() for v, a in zip(vectors, assignment) if a == n]
        moved.append([sum(c) / len(mine) for c in zip(*mine)] if mine else list(map(float, centres[n])))
    return moved


# %% right: torch, with one-hot products
def assign(vectors, centres):
    x, c = (torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (vectors, centres))
    return ((c**2).sum(1) - 2 * x @ c.T).argmin(dim=1)


def moved_centres(vectors, assignment, centres):
    x, c = (torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (vectors, centres))
    hot = torch.nn.functional.one_hot(torch.tensor(assignment), len(c)).double()
    sizes = hot.sum(0)[:, None]
    return torch.where(sizes > 0, hot.T @ x / sizes.clamp(min=1), c)


# %% wrong: empty clusters become NaN, the centre of the highest dot product | loses: kmeans-step_basics, kmeans-step_assign, kmeans-step_move
def assign(vectors, centres):
    return (vectors @ centres.T).argmax(axis=1)


def moved_centres(vectors, assignment, centres):
    a = np.array(assignment)
    return np.array([vectors[a == n].mean(axis=0) for n in range(len(centres))])


# %% wrong: wraps around, and changes the old centres | loses: kmeans-step_assign, kmeans-step_move
def assign(vectors, centres):
    return ((vectors[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)


def moved_centres(vectors, assignment, centres):
    for n in range(len(centres)):
        mine = vectors[np.array(assignment) == n]
        if len(mine):
            centres[n] = mine.mean(axis=0)
    return centres


# %% wrong: knows the example | loses: kmeans-step_assign, kmeans-step_move
def assign(vectors, centres):
    return [0, 0, 1]


def moved_centres(vectors, assignment, centres):
    return [[2, 0], [9, 0], [50, 0]]


# %% wrong: drops empty clusters, later of equal centres | loses: kmeans-step_basics, kmeans-step_assign, kmeans-step_move
def assign(vectors, centres):
    gaps = np.linalg.norm(vectors[:, None].astype(float) - centres, axis=2)
    return [max(np.flatnonzero(row == row.min())) for row in gaps]


def moved_centres(vectors, assignment, centres):
    a = np.array(assignment)
    return np.array([vectors[a == n].mean(axis=0) for n in sorted(set(assignment))])
