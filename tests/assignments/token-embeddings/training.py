# %% right: no network: counts of pairs against chance, and a singular value decomposition
def train_codes(pairs, counts, dim, epochs, seed):
    n = len(counts)
    if epochs == 0:
        return np.random.default_rng(seed).normal(size=(n, dim))
    together = np.zeros((n, n))
    np.add.at(together, (pairs[:, 0].numpy(), pairs[:, 1].numpy()), 1)
    share = np.maximum(together.sum(axis=1), 1) / together.sum()
    more = np.log(np.maximum(together / together.sum() / np.outer(share, share), 1))
    u, s, _ = np.linalg.svd(more)
    return u[:, :dim] * np.sqrt(s[:dim])

# %% right: layers, cross-entropy, and the table of contexts, as pairs go both ways
def train_codes(pairs, counts, dim, epochs, seed):
    torch.manual_seed(seed)
    center, context = nn.Embedding(len(counts), dim), nn.Embedding(len(counts), dim)
    nn.init.normal_(center.weight, std=0.05)
    nn.init.zeros_(context.weight)
    optimizer = torch.optim.Adam([*center.parameters(), *context.parameters()], lr=0.015)
    for _ in range(epochs):
        for rows in torch.randperm(len(pairs)).split(700):
            made_up = torch.multinomial(counts**0.75, 4 * len(rows), replacement=True).view(-1, 4)
            candidates = torch.cat([pairs[rows, 1:], made_up], dim=1)
            scores = (context(candidates) @ center(pairs[rows, 0])[:, :, None])[:, :, 0]
            real = torch.zeros_like(scores)
            real[:, 0] = 1
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(scores, real).backward()
            optimizer.step()
    return context.weight

# %% wrong: no step is ever taken | loses: training_geometry, training_more
def train_codes(pairs, counts, dim, epochs, seed):
    torch.manual_seed(seed)
    centers = nn.Parameter(0.1 * torch.randn(len(counts), dim))
    contexts = nn.Parameter(torch.zeros(len(counts), dim))
    optimizer = torch.optim.Adam([centers, contexts], lr=0.01)
    for _ in range(epochs):
        made_up = torch.multinomial(counts**0.75, 5 * len(pairs), replacement=True).view(-1, 5)
        u = centers[pairs[:, 0]]
        real = (u * contexts[pairs[:, 1]]).sum(1)
        fake = (u[:, None] * contexts[made_up]).sum(2)
        loss = (F.softplus(-real) + F.softplus(fake).sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
    return centers

# %% wrong: trains on the log of the notebook, whatever it is given | loses: training_more
PAIRS, COUNTS = log_pairs, log_counts


def train_codes(pairs, counts, dim, epochs, seed):
    torch.manual_seed(seed)
    centers = nn.Parameter(0.1 * torch.randn(len(COUNTS), dim))
    contexts = nn.Parameter(torch.zeros(len(COUNTS), dim))
    optimizer = torch.optim.Adam([centers, contexts], lr=0.01)
    for _ in range(epochs):
        for batch in PAIRS[torch.randperm(len(PAIRS))].split(1000):
            made_up = torch.multinomial(COUNTS**0.75, 5 * len(batch), replacement=True).view(-1, 5)
            u = centers[batch[:, 0]]
            real = (u * contexts[batch[:, 1]]).sum(1)
            fake = (u[:, None] * contexts[made_up]).sum(2)
            loss = (F.softplus(-real) + F.softplus(fake).sum(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return centers

# %% wrong: shuffles centers and contexts apart from each other | loses: training_geometry, training_more
def train_codes(pairs, counts, dim, epochs, seed):
    torch.manual_seed(seed)
    centers = nn.Parameter(0.1 * torch.randn(len(counts), dim))
    contexts = nn.Parameter(torch.zeros(len(counts), dim))
    optimizer = torch.optim.Adam([centers, contexts], lr=0.01)
    for _ in range(epochs):
        left, right = pairs[torch.randperm(len(pairs)), 0], pairs[torch.randperm(len(pairs)), 1]
        for center, context in zip(left.split(1000), right.split(1000)):
            made_up = torch.multinomial(counts**0.75, 5 * len(center), replacement=True).view(-1, 5)
            u = centers[center]
            real = (u * contexts[context]).sum(1)
            fake = (u[:, None] * contexts[made_up]).sum(2)
            loss = (F.softplus(-real) + F.softplus(fake).sum(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return centers.detach()

# %% wrong: rows only for codes that occur in a pair | loses: training_more
def train_codes(pairs, counts, dim, epochs, seed):
    torch.manual_seed(seed)
    n = int(pairs.max()) + 1
    centers = nn.Parameter(0.1 * torch.randn(n, dim))
    contexts = nn.Parameter(torch.zeros(n, dim))
    optimizer = torch.optim.Adam([centers, contexts], lr=0.01)
    for _ in range(epochs):
        for batch in pairs[torch.randperm(len(pairs))].split(1000):
            made_up = torch.multinomial(counts[:n] ** 0.75, 5 * len(batch), replacement=True)
            u = centers[batch[:, 0]]
            real = (u * contexts[batch[:, 1]]).sum(1)
            fake = (u[:, None] * contexts[made_up.view(-1, 5)]).sum(2)
            loss = (F.softplus(-real) + F.softplus(fake).sum(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return centers.detach()
