# %% right: Python's random, and combinations
import itertools
import random


def held_out_rows(groups, n_held_out, seed):
    names = list(dict.fromkeys(groups))
    if n_held_out < 1 or n_held_out >= len(names):
        raise ValueError("both sides need a group")
    sets = list(itertools.combinations(names, n_held_out))
    held = random.Random(seed).choice(sets)
    return tuple(g in held for g in groups)


# %% right: torch, ones and zeros
def held_out_rows(groups, n_held_out, seed):
    names, of = np.unique(groups, return_inverse=True)
    if not 0 < n_held_out < len(names):
        raise ValueError(f"hold out between 1 and {len(names) - 1} groups")
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed))
    return torch.isin(torch.tensor(of), order[:n_held_out]).float()


# %% wrong: draws rows, not groups | loses: split-by-group_basics, split-by-group_random
def held_out_rows(groups, n_held_out, seed):
    if n_held_out < 1 or n_held_out >= len(set(groups)):
        raise ValueError("both sides need a group")
    mask = np.zeros(len(groups), dtype=bool)
    mask[np.random.default_rng(seed).permutation(len(groups))[:n_held_out]] = True
    return mask


# %% wrong: the first groups, whatever the seed | loses: split-by-group_basics, split-by-group_random
def held_out_rows(groups, n_held_out, seed):
    names = sorted(set(groups))
    if n_held_out < 1 or n_held_out >= len(names):
        raise ValueError("both sides need a group")
    return [g in names[:n_held_out] for g in groups]


# %% wrong: large groups are drawn more often | loses: split-by-group_random
def held_out_rows(groups, n_held_out, seed):
    if n_held_out < 1 or n_held_out >= len(set(groups)):
        raise ValueError("both sides need a group")
    rng = np.random.default_rng(seed)
    held = set()
    while len(held) < n_held_out:
        held.add(groups[rng.integers(len(groups))])
    return [g in held for g in groups]


# %% wrong: the seed is not used, and bad numbers are not refused | loses: split-by-group_basics, split-by-group_random
def held_out_rows(groups, n_held_out, seed):
    names = np.unique(groups)
    held = np.random.default_rng().choice(names, n_held_out, replace=False)
    return np.isin(groups, held)


# %% wrong: draws with replacement, rows decide | loses: split-by-group_basics, split-by-group_random
def held_out_rows(groups, n_held_out, seed):
    if n_held_out < 1 or n_held_out >= len(set(groups)):
        raise ValueError("both sides need a group")
    np.random.seed(seed)
    return np.isin(groups, np.random.choice(groups, n_held_out))
