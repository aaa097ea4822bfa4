# %% right: plain Python, one question after the other
def analogies(vectors, questions, leave_out=True):
    def cosine(x, y):
        length = math.sqrt(sum(a * a for a in x)) * math.sqrt(sum(b * b for b in y))
        return sum(a * b for a, b in zip(x, y)) / length if length else 0.0

    import math

    rows, answers = vectors.tolist(), []
    for question in questions.tolist():
        a, b, c = (rows[id] for id in question)
        target = [z + y - x for x, y, z in zip(a, b, c)]
        allowed = [id for id in range(len(rows)) if not leave_out or id not in question]
        answers.append(max(allowed, key=lambda id: cosine(rows[id], target)))
    return answers

# %% right: single precision, by torch
def analogies(vectors, questions, leave_out=True):
    vectors, questions = torch.tensor(vectors).float(), torch.tensor(questions)
    a, b, c = vectors[questions].unbind(1)
    cosine = F.cosine_similarity((b - a + c)[:, None], vectors[None], dim=2)
    if leave_out:
        cosine = cosine.scatter(1, questions, -2.0)
    return cosine.argmax(dim=1)

# %% wrong: the dot product instead of the cosine | loses: analogy_basics, analogy_allowed, analogy_more
def analogies(vectors, questions, leave_out=True):
    a, b, c = questions.T
    scores = (vectors[b] - vectors[a] + vectors[c]) @ vectors.T
    if leave_out:
        np.put_along_axis(scores, questions, -np.inf, axis=1)
    return scores.argmax(axis=1)

# %% wrong: what is left out gets the cosine 0 | loses: analogy_more
def analogies(vectors, questions, leave_out=True):
    a, b, c = questions.T
    target = vectors[b] - vectors[a] + vectors[c]
    lengths = np.linalg.norm(target, axis=1)[:, None] * np.linalg.norm(vectors, axis=1)
    scores = target @ vectors.T / np.where(lengths > 0, lengths, 1)
    if leave_out:
        np.put_along_axis(scores, questions, 0, axis=1)
    return scores.argmax(axis=1)

# %% wrong: a zero vector is not a number, and wins | loses: analogy_more
def analogies(vectors, questions, leave_out=True):
    a, b, c = questions.T
    target = vectors[b] - vectors[a] + vectors[c]
    lengths = np.linalg.norm(target, axis=1)[:, None] * np.linalg.norm(vectors, axis=1)
    scores = target @ vectors.T / lengths
    if leave_out:
        np.put_along_axis(scores, questions, -np.inf, axis=1)
    return scores.argmax(axis=1)

# %% wrong: leaves out the words of all questions in each | loses: analogy_basics, analogy_more
def analogies(vectors, questions, leave_out=True):
    answers = []
    length = np.linalg.norm(vectors, axis=1)
    for a, b, c in questions:
        target = vectors[b] - vectors[a] + vectors[c]
        lengths = length * np.linalg.norm(target)
        scores = vectors @ target / np.where(lengths > 0, lengths, 1)
        if leave_out:
            scores[questions.ravel()] = -np.inf
        answers.append(scores.argmax())
    return answers
