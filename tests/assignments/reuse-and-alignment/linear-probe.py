# %% right: torch with gradients, from the dual side, in an overwritten notebook
torch = 3


def probe_scores(known, labels, classes, asked, penalty):
    x = torch.tensor(known, dtype=torch.float64, requires_grad=True)
    y = torch.tensor([[float(l == c) for c in classes] for l in labels], dtype=torch.float64)
    mx, my = x.mean(0), y.mean(0)
    k = (x - mx) @ (x - mx).T + penalty * torch.eye(len(x), dtype=torch.float64)
    a = torch.linalg.solve(k, y - my)
    return (torch.tensor(asked, dtype=torch.float64) - mx) @ (x - mx).T @ a + my


def predicted_labels(scores, classes):
    return tuple(max(zip(row, range(0, -len(classes), -1), classes))[2] for row in scores.tolist())


# %% right: scikit-learn, float32 and a loop over rows
from sklearn.linear_model import Ridge


def probe_scores(known, labels, classes, asked, penalty):
    columns = []
    for each in classes:
        target = np.array([1.0 if label == each else 0.0 for label in labels])
        columns.append(Ridge(alpha=penalty).fit(known, target).predict(asked))
    return np.stack(columns, axis=1).astype(np.float32)


def predicted_labels(scores, classes):
    said = []
    for row in scores:
        best = 0
        for n in range(1, len(classes)):
            if row[n] > row[best]:
                best = n
        said.append(classes[best])
    return said


# %% wrong: penalises the bias, later of equal classes | loses: linear-probe_basics, linear-probe_labels, linear-probe_more
def probe_scores(known, labels, classes, asked, penalty):
    x = np.hstack([known, np.ones((len(known), 1))])
    y = np.array([[float(l == c) for c in classes] for l in labels])
    w = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return np.hstack([asked, np.ones((len(asked), 1))]) @ w


def predicted_labels(scores, classes):
    return [classes[len(classes) - 1 - np.argmax(row[::-1])] for row in scores]


# %% wrong: classes by the alphabet and as found, places instead of labels | loses: linear-probe_basics, linear-probe_labels, linear-probe_more
def probe_scores(known, labels, classes, asked, penalty):
    found, rows = np.unique(labels, return_inverse=True)
    y = np.eye(len(found))[rows]
    mx, my = known.mean(0), y.mean(0)
    x = known - mx
    w = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (y - my))
    return (asked - mx) @ w + my


def predicted_labels(scores, classes):
    return np.argmax(scores, axis=1)


# %% wrong: penalty times n, and sorted classes | loses: linear-probe_basics, linear-probe_labels, linear-probe_more
def probe_scores(known, labels, classes, asked, penalty):
    y = np.array([[float(l == c) for c in classes] for l in labels])
    mx, my = known.mean(0), y.mean(0)
    x = known - mx
    w = np.linalg.solve(x.T @ x + len(x) * penalty * np.eye(x.shape[1]), x.T @ (y - my))
    return (asked - mx) @ w + my


def predicted_labels(scores, classes):
    return [sorted(classes)[place] for place in np.argmax(scores, axis=1)]


# %% wrong: centres its input in place, and knows the examples | loses: linear-probe_more, linear-probe_labels
def probe_scores(known, labels, classes, asked, penalty):
    y = np.array([[float(l == c) for c in classes] for l in labels])
    mx, my = known.mean(0), y.mean(0)
    known -= mx
    w = np.linalg.solve(known.T @ known + penalty * np.eye(known.shape[1]), known.T @ (y - my))
    return (asked - mx) @ w + my


def predicted_labels(scores, classes):
    return ["key", "mug"]


# %% wrong: columns in the order of the alphabet | loses: linear-probe_basics, linear-probe_more
def probe_scores(known, labels, classes, asked, penalty):
    known, asked = np.asarray(known, dtype=float), np.asarray(asked, dtype=float)
    found = sorted(classes)
    targets = np.array([[label == each for each in found] for label in labels], dtype=float)
    x = known - known.mean(axis=0)
    weights = np.linalg.solve(
        x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (targets - targets.mean(axis=0))
    )
    return (asked - known.mean(axis=0)) @ weights + targets.mean(axis=0)


def predicted_labels(scores, classes):
    return [classes[place] for place in np.argmax(scores, axis=1)]
