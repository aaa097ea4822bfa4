# %% right: arrays, step by step over all sequences, with their numbers beside the ids
def skipgram_pairs(sequences, window):
    ids = np.array([id for sequence in sequences for id in sequence], dtype=np.int32)
    piece = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    found = [np.zeros((0, 2), dtype=np.int32)]
    for step in range(1, min(window, len(ids)) + 1):
        same = np.flatnonzero(piece[:-step] == piece[step:])
        found.append(np.stack([ids[same + step], ids[same]], axis=1))
        found.append(np.stack([ids[same], ids[same + step]], axis=1))
    return torch.from_numpy(np.concatenate(found))

# %% wrong: pairs across the end of a sequence | loses: skip-gram-pairs_sequences, skip-gram-pairs_more
def skipgram_pairs(sequences, window):
    ids = [id for sequence in sequences for id in sequence]
    found = []
    for i in range(len(ids)):
        for j in range(max(0, i - window), min(len(ids), i + window + 1)):
            if i != j:
                found.append((ids[i], ids[j]))
    return found

# %% wrong: leaves out pairs of a code with itself | loses: skip-gram-pairs_sequences, skip-gram-pairs_more
def skipgram_pairs(sequences, window):
    found = []
    for sequence in sequences:
        for i, center in enumerate(sequence):
            for context in sequence[max(0, i - window) : i + window + 1]:
                if context != center:
                    found.append((center, context))
    return found

# %% wrong: contexts on one side only | loses: skip-gram-pairs_basics, skip-gram-pairs_sequences, skip-gram-pairs_more
def skipgram_pairs(sequences, window):
    found = []
    for sequence in sequences:
        for i, center in enumerate(sequence):
            for context in sequence[i + 1 : i + window + 1]:
                found.append((center, context))
    return found

# %% wrong: each pair once, however often it occurs | loses: skip-gram-pairs_sequences, skip-gram-pairs_more
def skipgram_pairs(sequences, window):
    found = set()
    for sequence in sequences:
        for i, center in enumerate(sequence):
            for j, context in enumerate(sequence):
                if i != j and abs(i - j) <= window:
                    found.add((center, context))
    return list(found)

# %% wrong: takes for ever | loses: skip-gram-pairs_basics, skip-gram-pairs_sequences, skip-gram-pairs_more
def skipgram_pairs(sequences, window):
    found = []
    for sequence in sequences:
        i = 0
        while i < len(sequence):
            for j in range(i + 1, min(len(sequence), i + window + 1)):
                found = [(sequence[i], sequence[j]), (sequence[j], sequence[i])]
    return found
