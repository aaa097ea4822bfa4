# %% right: a table, and numpy
def adjusted_rand(labels, clusters):
    found = np.array(clusters)
    n = len(found)
    alone = found == -1
    found[alone] = found.max() + 1 + np.arange(alone.sum())
    rows, columns = np.unique(labels, return_inverse=True)[1], np.unique(found, return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    pairs = lambda m: (m * (m - 1) / 2).sum()
    t, a, b, everything = pairs(table), pairs(table.sum(1)), pairs(table.sum(0)), n * (n - 1) / 2
    if everything == 0 or (a + b) / 2 == a * b / everything:
        return torch.tensor(1.0, requires_grad=True)
    return torch.tensor([(t - a * b / everything) / ((a + b) / 2 - a * b / everything)])


# %% right: scikit-learn, with names for what was left out
def adjusted_rand(labels, clusters):
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(labels, [f"{c} {n if c == -1 else ''}" for n, c in enumerate(clusters)])


# %% wrong: scikit-learn as it comes | loses: adjusted-rand_basics, adjusted-rand_more
def adjusted_rand(labels, clusters):
    from sklearn.metrics import adjusted_rand_score

    return adjusted_rand_score(labels, clusters)


# %% wrong: not adjusted for chance | loses: adjusted-rand_basics, adjusted-rand_more
def adjusted_rand(labels, clusters):
    n = len(labels)
    same = [
        (labels[i] == labels[j]) == (clusters[i] == clusters[j] != -1)
        for i in range(n)
        for j in range(i + 1, n)
    ]
    return sum(same) / len(same) if same else 1.0


# %% wrong: leaves items out altogether | loses: adjusted-rand_basics, adjusted-rand_more
def adjusted_rand(labels, clusters):
    from sklearn.metrics import adjusted_rand_score

    kept = [n for n, c in enumerate(clusters) if c != -1]
    return adjusted_rand_score([labels[n] for n in kept], [clusters[n] for n in kept])


# %% wrong: divides by nothing where all are alike | loses: adjusted-rand_more
def adjusted_rand(labels, clusters):
    found = [c if c != -1 else -2 - n for n, c in enumerate(clusters)]
    n = len(labels)
    same = [(labels[i] == labels[j], found[i] == found[j]) for i in range(n) for j in range(i)]
    t, a, b = sum(p and q for p, q in same), sum(p for p, _ in same), sum(q for _, q in same)
    expected = a * b / len(same)
    return (t - expected) / ((a + b) / 2 - expected)
