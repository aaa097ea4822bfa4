# %% right: loops, and a list of two
def cell_search(query, vectors, cell_of, centres, n_cells, k):
    count = 0
    ranked = []
    for c, centre in enumerate(centres):
        ranked.append((-float(sum(centre * query)), c))
        count += 1
    visited = [c for _, c in sorted(ranked)[:n_cells]]
    scored = []
    for c in visited:
        for row, cell in enumerate(cell_of):
            if cell == c:
                scored.append((-float(sum(vectors[row] * query)), row))
                count += 1
    return [[row for _, row in sorted(scored)[:k]], count]


# %% right: torch, float32
def cell_search(query, vectors, cell_of, centres, n_cells, k):
    q, v, c = (torch.tensor(each, dtype=torch.float32, requires_grad=True) for each in (query, vectors, centres))
    visited = torch.sort(c @ q, descending=True, stable=True).indices[:n_cells]
    rows = torch.nonzero(torch.isin(torch.tensor(cell_of), visited)).flatten()
    order = torch.sort(v[rows] @ q, descending=True, stable=True).indices[:k]
    return rows[order], torch.tensor(len(c) + len(rows))


# %% wrong: cosine instead of dot product | loses: cell-search_basics, cell-search_rows
def cell_search(query, vectors, cell_of, centres, n_cells, k):
    visited = np.argsort(-(centres @ query), kind="stable")[:n_cells]
    rows = np.flatnonzero(np.isin(cell_of, visited))
    cosine = vectors[rows] @ query / (np.linalg.norm(vectors[rows], axis=1) + 1e-9)
    return rows[np.argsort(-cosine, kind="stable")[:k]], len(centres) + len(rows)


# %% wrong: searches everything, and counts what was visited | loses: cell-search_basics, cell-search_rows
def cell_search(query, vectors, cell_of, centres, n_cells, k):
    visited = np.argsort(-(centres @ query), kind="stable")[:n_cells]
    order = np.argsort(-(vectors @ query), kind="stable")[:k]
    return order, len(centres) + int(np.isin(cell_of, visited).sum())


# %% wrong: ties by the higher row, and the centres are not counted | loses: cell-search_basics, cell-search_rows, cell-search_cost
def cell_search(query, vectors, cell_of, centres, n_cells, k):
    visited = np.argsort(centres @ query, kind="stable")[::-1][:n_cells]
    rows = np.flatnonzero(np.isin(cell_of, visited))
    return rows[np.argsort(vectors[rows] @ query, kind="stable")[::-1][:k]], len(rows)


# %% wrong: skips empty cells, and counts what it returns | loses: cell-search_rows, cell-search_cost
def cell_search(query, vectors, cell_of, centres, n_cells, k):
    order = np.argsort(-(centres @ query), kind="stable")
    visited = [c for c in order if c in cell_of][:n_cells]
    rows = np.flatnonzero(np.isin(cell_of, visited))
    return rows[np.argsort(-(vectors[rows] @ query), kind="stable")[:k]], len(centres) + len(rows)
