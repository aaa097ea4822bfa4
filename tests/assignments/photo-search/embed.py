# %% right: how sure a classifier is of each kind, half precision, a list of tensors
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

start = vectors_of(given.images, 128)
start = start / np.linalg.norm(start, axis=1, keepdims=True)
told = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5).fit(start, given.kind)

def embed(pictures):
    rows = vectors_of(list(pictures), 128)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return [torch.tensor(row, dtype=torch.float16) for row in told.predict_proba(rows)]

# %% wrong: the baseline as it is | loses: embed_small, embed_tiny, embed_recall
def embed(pictures):
    return vectors_of(pictures)

# %% wrong: knows the given photographs by heart, and the mean colour of others | loses: embed_recall
known = {image.tobytes(): kind for image, kind in zip(given.images, given.kind)}
known |= {image.tobytes(): kind for image, kind in zip(asked.images, asked.kind)}

def embed(pictures):
    rows = np.zeros((len(pictures), 31), np.int8)
    for row, picture in zip(rows, pictures):
        if picture.tobytes() in known:
            row[known[picture.tobytes()]] = 100
        else:
            row[28:] = picture.mean(axis=(0, 1)) / 3
    return rows

# %% wrong: PCA of 128 pixels, a byte a number, which is good for four of six points | loses: embed_recall
base = vectors_of(given.images, 128)
middle_of_all = base.mean(axis=0)
axes = np.linalg.svd(base - middle_of_all, full_matrices=False)[2][:128]
unit = np.abs((base - middle_of_all) @ axes.T).max() / 127

def embed(pictures):
    rows = (vectors_of(pictures, 128) - middle_of_all) @ axes.T
    return np.clip(np.round(rows / unit), -127, 127).astype(np.int8)

# %% wrong: takes away the mean of the list that it is given | loses: embed_form, embed_recall
def embed(pictures):
    rows = vectors_of(pictures)[:, :32]
    return rows - rows.mean(axis=0)

# %% wrong: needs two seconds to begin, each time | loses: embed_quick, embed_recall
import time

def embed(pictures):
    time.sleep(2)
    return vectors_of(pictures)[:, :32]

# %% wrong: the kind of a test photograph is looked up by its place in the list | loses: embed_form, embed_recall
def embed(pictures):
    rows = np.zeros((len(pictures), 28), np.float32)
    rows[np.arange(len(pictures)), np.arange(len(pictures)) * 28 // max(len(pictures), 1)] = 1
    return rows

# %% wrong: one row for all photographs together | loses: embed_form, embed_small, embed_tiny, embed_recall
def embed(pictures):
    return vectors_of(pictures).mean(axis=0)

# %% wrong: a number a photograph, how bright it is | loses: embed_form, embed_recall
def embed(pictures):
    return [float(picture.mean()) for picture in pictures]
