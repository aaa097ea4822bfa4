# %% right: comparison and product in double precision, with gradients, and no ids shown apart
def refuse(ids, n):
    if any(not 0 <= int(id) < n for id in ids.flatten()):
        raise ValueError("there is no such id")


def one_hot(ids, n):
    refuse(ids, n)
    return ids[..., None] == torch.arange(n)


def look_up(table, ids):
    refuse(ids, len(table))
    table = table.double().requires_grad_()
    codes = (ids[..., None] == torch.arange(len(table))).double()
    return codes @ table

# %% right: arrays, and a notebook in which torch has become a number
torch = 3


def one_hot(ids, n):
    codes = np.zeros((*ids.shape, n), dtype=np.int64)
    for place in np.ndindex(*ids.shape):
        id = int(ids[place])
        if id not in range(n):
            raise ValueError(f"{id} is not an id")
        codes[place][id] = 1
    return codes


def look_up(table, ids):
    if ids.numel() and not 0 <= ids.min() <= ids.max() < len(table):
        raise ValueError("an id is outside the table")
    return torch.index_select(table, 0, ids.reshape(-1)).reshape(*ids.shape, table.shape[1])

# %% wrong: indexing without a look at the ids | loses: lookup_onehot, lookup_rows, lookup_more
def one_hot(ids, n):
    return torch.eye(n)[ids]


def look_up(table, ids):
    return table[ids]

# %% wrong: refuses only ids that are too large, so that -1 is the last row | loses: lookup_onehot, lookup_rows, lookup_more
def one_hot(ids, n):
    if (ids >= n).any():
        raise ValueError("too large an id")
    return torch.eye(n)[ids]


def look_up(table, ids):
    if (ids >= len(table)).any():
        raise ValueError("too large an id")
    return table[ids]

# %% wrong: one-hot vectors of a plain list of ids only | loses: lookup_onehot, lookup_more
def one_hot(ids, n):
    if ids.min() < 0 or ids.max() >= n:
        raise ValueError(f"ids go from 0 to {n - 1}")
    codes = torch.zeros(len(ids), n)
    codes[torch.arange(len(ids)), ids] = 1
    return codes


def look_up(table, ids):
    if ids.min() < 0 or ids.max() >= len(table):
        raise ValueError(f"ids go from 0 to {len(table) - 1}")
    return table[ids]

# %% wrong: forgets the arrangement of the ids | loses: lookup_onehot, lookup_rows, lookup_more
def one_hot(ids, n):
    ids = ids.flatten()
    if ((ids < 0) | (ids >= n)).any():
        raise ValueError("no such id")
    return torch.eye(n)[ids]


def look_up(table, ids):
    ids = ids.flatten()
    if ((ids < 0) | (ids >= len(table))).any():
        raise ValueError("no such id")
    return table[ids]
