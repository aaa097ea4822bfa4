# %% right: the area under a curve, by a library, of all ordered pairs
def family_auc(similarity, families):
    from sklearn.metrics import roc_auc_score

    other = ~np.eye(len(families), dtype=bool)
    same = (families[:, None] == families)[other]
    if len(set(same.tolist())) < 2:
        raise ValueError("pairs of one kind only")
    return roc_auc_score(same, similarity[other])

# %% right: ranks, in plain Python, of a list of tensors
def family_auc(similarity, families):
    similarity, families = torch.tensor(similarity, requires_grad=True), families.tolist()
    pairs = sorted(
        (float(similarity[i][j]), families[i] == families[j]) for i in range(len(families)) for j in range(i)
    )
    scores = [score for score, _ in pairs]
    ranks = {}
    for place, score in enumerate(scores):
        ranks.setdefault(score, []).append(place + 1)
    near = [sum(ranks[score]) / len(ranks[score]) for score, same in pairs if same]
    n, m = len(near), len(pairs) - len(near)
    if n == 0 or m == 0:
        raise ValueError("nothing to compare")
    return torch.tensor([(sum(near) - n * (n + 1) / 2) / (n * m)])

# %% wrong: a tie counts as lost | loses: family-auc_ties, family-auc_more
def family_auc(similarity, families):
    first, second = np.triu_indices(len(families), k=1)
    scores, same = similarity[first, second], families[first] == families[second]
    if same.all() or not same.any():
        raise ValueError("nothing to compare")
    return (scores[same][:, None] > scores[~same]).mean()

# %% wrong: each code is a pair with itself | loses: family-auc_basics, family-auc_ties, family-auc_more
def family_auc(similarity, families):
    same = families[:, None] == families
    near, far = similarity[same][:, None], similarity[~same]
    if not near.size or not far.size:
        raise ValueError("nothing to compare")
    return ((near > far) + 0.5 * (near == far)).mean()

# %% wrong: compares pairs only with the pairs of the same code | loses: family-auc_more
def family_auc(similarity, families):
    if len(set(families.tolist())) in (1, len(families)):
        raise ValueError("nothing to compare")
    of_code = []
    for i in range(len(families)):
        same = families == families[i]
        near, far = similarity[i][same & (np.arange(len(families)) != i)], similarity[i][~same]
        if len(near) and len(far):
            near = near[:, None]
            of_code.append(((near > far) + 0.5 * (near == far)).mean())
    return np.mean(of_code)

# %% wrong: prints the score | loses: family-auc_basics, family-auc_ties, family-auc_more
def family_auc(similarity, families):
    first, second = np.triu_indices(len(families), k=1)
    scores, same = similarity[first, second], families[first] == families[second]
    near, far = scores[same][:, None], scores[~same]
    print("AUC:", ((near > far) + 0.5 * (near == far)).mean())
