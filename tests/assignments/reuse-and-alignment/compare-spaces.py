# %% right: torch with gradients, in an overwritten notebook
torch = 3


def neighbour_overlap(x, y, k):
    masks = []
    for space in (x, y):
        unit = torch.nn.functional.normalize(torch.tensor(space, dtype=torch.float64, requires_grad=True), dim=1)
        cosine = unit @ unit.T - 9 * torch.eye(len(unit), dtype=torch.float64)
        masks.append(torch.zeros_like(cosine).scatter(1, cosine.topk(k, dim=1).indices, 1.0))
    return (masks[0] * masks[1]).sum() / (k * len(x))


def linear_cka(x, y):
    x, y = (torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (x, y))
    x, y = x - x.mean(0), y - y.mean(0)
    below = (x.T @ x).norm() * (y.T @ y).norm()
    return torch.where(below == 0, below * 0, (x.T @ y).norm() ** 2 / below.clamp(min=1e-30))


# %% right: other loops, and items by items
def neighbour_overlap(x, y, k):
    shares = []
    for i in range(len(x)):
        sets = []
        for space in (x, y):
            others = [j for j in range(len(space)) if j != i]
            cosine = {j: float(space[i] @ space[j] / np.linalg.norm(space[j])) for j in others}
            sets.append(set(sorted(others, key=cosine.get)[-k:]))
        shares.append(len(sets[0].intersection(sets[1])) / k)
    return np.float32(sum(shares) / len(shares))


def linear_cka(x, y):
    a, b = ((s - s.mean(0)) @ (s - s.mean(0)).T for s in (x, y))
    if not a.any() or not b.any():
        return 0
    return float((a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum()))


# %% wrong: an item is its own neighbour, and nothing is centred | loses: compare-spaces_basics, compare-spaces_overlap, compare-spaces_cka
def neighbour_overlap(x, y, k):
    sets = []
    for s in (x, y):
        unit = s / np.linalg.norm(s, axis=1, keepdims=True)
        sets.append(np.argsort(-(unit @ unit.T), axis=1)[:, :k])
    return np.mean([len({*a} & {*b}) / k for a, b in zip(*sets)])


def linear_cka(x, y):
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


# %% wrong: drops the first neighbour as if it were the item, and compares number by number | loses: compare-spaces_basics, compare-spaces_overlap, compare-spaces_cka
def neighbour_overlap(x, y, k):
    sets = []
    for s in (x, y):
        unit = s / np.linalg.norm(s, axis=1, keepdims=True)
        sets.append(np.argsort(-(unit @ unit.T), axis=1, kind="stable")[:, 1 : k + 1])
    return np.mean([len({*a} & {*b}) / k for a, b in zip(*sets)])


def linear_cka(x, y):
    x, y = x - x.mean(), y - y.mean()
    return (x * y).sum() / (np.linalg.norm(x) * np.linalg.norm(y))


# %% wrong: dot products, and NaN where a space does not vary | loses: compare-spaces_overlap, compare-spaces_cka
def neighbour_overlap(x, y, k):
    sets = []
    for s in (x, y):
        dots = s @ s.T
        np.fill_diagonal(dots, -np.inf)
        sets.append(np.argsort(-dots, axis=1)[:, :k])
    return np.mean([len({*a} & {*b}) / k for a, b in zip(*sets)])


def linear_cka(x, y):
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


# %% wrong: shares of places instead of sets, and changes its inputs | loses: compare-spaces_overlap, compare-spaces_cka
def neighbour_overlap(x, y, k):
    near = []
    for s in (x, y):
        unit = s / np.linalg.norm(s, axis=1, keepdims=True)
        cosine = unit @ unit.T
        np.fill_diagonal(cosine, -1)
        near.append(np.argsort(-cosine, axis=1)[:, :k])
    return (near[0] == near[1]).mean()


def linear_cka(x, y):
    x -= x.mean(axis=0)
    y -= y.mean(axis=0)
    below = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return np.linalg.norm(x.T @ y) ** 2 / below if below else 0.0
