# %% right: loops and counts, a tensor that carries a gradient
def recall_at_k(ranked, relevant, k):
    if k < 1 or not any(relevant):
        raise ValueError("nothing to measure")
    total, queries = torch.tensor(0.0, requires_grad=True), 0
    for found, wanted in zip(ranked, relevant):
        if wanted:
            hits = 0
            for item in found[0:k]:
                hits += item in wanted
            total = total + hits / len(wanted)
            queries += 1
    return total / queries

# %% right: numpy's isin and nanmean
def recall_at_k(ranked, relevant, k):
    if k <= 0:
        raise ValueError("k must be positive")
    shares = [np.isin(w, f[:k]).mean() if w else np.nan for f, w in zip(ranked, relevant)]
    if np.isnan(shares).all():
        raise ValueError("no relevant items")
    return np.nanmean(shares)

# %% wrong: one hit is enough | loses: recall-at-k_basics, recall-at-k_more
def recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k must be at least 1")
    hits = [bool(set(f[:k]) & set(w)) for f, w in zip(ranked, relevant) if w]
    if not hits:
        raise ValueError("no relevant items")
    return sum(hits) / len(hits)

# %% wrong: that is precision | loses: recall-at-k_basics, recall-at-k_more
def recall_at_k(ranked, relevant, k):
    if k < 1:
        raise ValueError("k must be at least 1")
    shares = [len(set(f[:k]) & set(w)) / k for f, w in zip(ranked, relevant) if w]
    if not shares:
        raise ValueError("no relevant items")
    return sum(shares) / len(shares)

# %% wrong: queries without relevant items count as 0 | loses: recall-at-k_more, recall-at-k_refuses
def recall_at_k(ranked, relevant, k):
    shares = []
    for found, wanted in zip(ranked, relevant):
        shares.append(len(set(found[:k]) & set(wanted)) / max(1, len(wanted)))
    return sum(shares) / len(shares)

# %% wrong: prints the recall | loses: recall-at-k_basics, recall-at-k_more, recall-at-k_refuses
def recall_at_k(ranked, relevant, k):
    if k < 1 or not any(relevant):
        raise ValueError("nothing to measure")
    shares = [len(set(f[:k]) & set(w)) / len(w) for f, w in zip(ranked, relevant) if w]
    print(sum(shares) / len(shares))

# %% wrong: refuses everything | loses: recall-at-k_basics, recall-at-k_more, recall-at-k_refuses
def recall_at_k(*given):
    raise ValueError("no")
