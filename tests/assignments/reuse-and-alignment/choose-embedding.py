# %% right: loops and the standard library
import statistics


def clear_winners(scores, names):
    said = []
    for task in range(len(scores[0])):
        winner = "undecided"
        for a in range(len(names)):
            beats = True
            for b in range(len(names)):
                gaps = [float(p - q) for p, q in zip(scores[a][task], scores[b][task])]
                if a != b and not statistics.mean(gaps) > statistics.pstdev(gaps):
                    beats = False
            if beats:
                winner = names[a]
        said.append(winner)
    return said


def choose(scores, names, bytes_each, n_items, limit):
    rows = [(b, -float(s.mean()), s, n) for s, n, b in zip(scores, names, bytes_each) if b * n_items <= limit]
    if not rows:
        raise ValueError("nothing fits")
    best = min(rows, key=lambda row: row[1])
    good = [r for r in rows if r is best or not (best[2] - r[2]).mean() > (best[2] - r[2]).std()]
    return min(good, key=lambda row: row[:2])[3]


# %% right: torch with gradients, an array of names
def clear_winners(scores, names):
    s = torch.tensor(scores, requires_grad=True)
    gaps = s[:, None] - s[None]  # [a, b, task, seed]
    beats = gaps.mean(-1) > gaps.std(-1, unbiased=False)
    beats = beats | torch.eye(len(s), dtype=torch.bool)[:, :, None]
    wins = beats.all(dim=1)  # [a, task]
    return np.array([names[int(w.int().argmax())] if w.any() else "undecided" for w in wins.T])


def choose(scores, names, bytes_each, n_items, limit):
    s = torch.tensor(scores.copy(), requires_grad=True)
    fits = torch.tensor([b * n_items <= limit for b in bytes_each])
    if not fits.any():
        raise ValueError("too many bytes")
    mean = s.mean(1)
    best = int(torch.where(fits, mean, -torch.inf).argmax())
    lead = s[best] - s
    keep = fits & ~(lead.mean(1) > lead.std(1, unbiased=False))
    keep[best] = True
    return min((bytes_each[n], -float(mean[n]), names[n]) for n in range(len(names)) if keep[n])[2]


# %% wrong: the highest mean, whatever the spread | loses: choose-embedding_winners, choose-embedding_winners-more, choose-embedding_choice, choose-embedding_choice-more
def clear_winners(scores, names):
    return [names[n] for n in scores.mean(axis=2).argmax(axis=0)]


def choose(scores, names, bytes_each, n_items, limit):
    fits = [n for n in range(len(names)) if bytes_each[n] * n_items <= limit]
    if not fits:
        raise ValueError("nothing fits")
    return names[max(fits, key=lambda n: scores[n].mean())]


# %% wrong: spreads that are not paired | loses: choose-embedding_winners, choose-embedding_winners-more, choose-embedding_choice, choose-embedding_choice-more
def clear_winners(scores, names):
    said = []
    for task in scores.transpose(1, 0, 2):
        order = np.argsort(-task.mean(axis=1))
        a, b = task[order[0]], task[order[1]]
        said.append(names[order[0]] if a.mean() - b.mean() > a.std() + b.std() else "undecided")
    return said


def choose(scores, names, bytes_each, n_items, limit):
    fits = [n for n in range(len(names)) if bytes_each[n] * n_items <= limit]
    if not fits:
        raise ValueError("nothing fits")
    best = max(fits, key=lambda n: scores[n].mean())
    good = [n for n in fits if scores[best].mean() - scores[n].mean() <= scores[best].std()]
    return names[min(good, key=lambda n: (bytes_each[n], -scores[n].mean()))]


# %% wrong: only the second best is a rival, and the best is sought before the limit | loses: choose-embedding_winners-more, choose-embedding_choice, choose-embedding_choice-more
def clear_winners(scores, names):
    said = []
    for task in scores.transpose(1, 0, 2):
        order = np.argsort(-task.mean(axis=1))
        lead = task[order[0]] - task[order[1]]
        said.append(names[order[0]] if lead.mean() > lead.std() else "undecided")
    return said


def choose(scores, names, bytes_each, n_items, limit):
    best = scores.mean(axis=1).argmax()
    lead = scores[best] - scores
    good = [n for n in range(len(names)) if n == best or lead[n].mean() <= lead[n].std()]
    fits = [n for n in good if bytes_each[n] * n_items <= limit]
    if not fits:
        raise ValueError("nothing fits")
    return names[min(fits, key=lambda n: (bytes_each[n], -scores[n].mean()))]


# %% wrong: n - 1 as divisor; searches on for ever if nothing fits | loses: choose-embedding_winners-more, choose-embedding_choice-more
def clear_winners(scores, names):
    said = []
    for task in scores.transpose(1, 0, 2):
        best = task.mean(axis=1).argmax()
        lead = task[best] - np.delete(task, best, axis=0)
        said.append(names[best] if (lead.mean(axis=1) > lead.std(axis=1, ddof=1)).all() else "undecided")
    return said


def choose(scores, names, bytes_each, n_items, limit):
    while not any(b * n_items <= limit for b in bytes_each):
        pass
    fits = [n for n in range(len(names)) if bytes_each[n] * n_items <= limit]
    best = max(fits, key=lambda n: scores[n].mean())
    lead = scores[best] - scores
    good = [n for n in fits if n == best or lead[n].mean() <= lead[n].std()]
    return names[min(good, key=lambda n: (bytes_each[n], -scores[n].mean()))]

# %% wrong: drops what any that fits clearly beats, not the best alone | loses: choose-embedding_choice-more
def beats(a, b):
    return (a - b).mean() > (a - b).std()


def clear_winners(scores, names):
    said = []
    for task in np.moveaxis(scores, 1, 0):
        clear = [n for n, a in enumerate(task) if all(beats(a, b) for b in np.delete(task, n, 0))]
        said.append(names[clear[0]] if clear else "undecided")
    return said


def choose(scores, names, bytes_each, n_items, limit):
    fits = [n for n, each in enumerate(bytes_each) if each * n_items <= limit]
    if not fits:
        raise ValueError("nothing fits")
    left = [n for n in fits if not any(beats(scores[m], scores[n]) for m in fits if m != n)]
    return names[min(left, key=lambda n: (bytes_each[n], -scores[n].mean()))]


# %% wrong: a lead against the spread of the best one's own scores | loses: choose-embedding_winners, choose-embedding_winners-more, choose-embedding_choice, choose-embedding_choice-more
def clear_winners(scores, names):
    said = []
    for task in scores.transpose(1, 0, 2):
        order = np.argsort(-task.mean(axis=1))
        lead = task[order[0]].mean() - task[order[1]].mean()
        said.append(names[order[0]] if lead > task[order[0]].std() else "undecided")
    return said


def choose(scores, names, bytes_each, n_items, limit):
    fits = [n for n in range(len(names)) if bytes_each[n] * n_items <= limit]
    if not fits:
        raise ValueError("nothing fits")
    best = max(fits, key=lambda n: scores[n].mean())
    good = [n for n in fits if scores[best].mean() - scores[n].mean() <= scores[best].std()]
    return names[min(good, key=lambda n: (bytes_each[n], -scores[n].mean()))]
