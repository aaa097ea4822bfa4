# %% right: the product of the transposed one-hot vectors with the gradients
def sgd_step(table, ids, gradients, lr):
    table, ids = np.array(table, dtype=np.float64), np.array(ids).ravel()
    codes = np.eye(len(table))[ids.astype(int)]  # [number of ids, n]
    flat = np.array(gradients, dtype=np.float64).reshape(len(ids), table.shape[1])
    return table - lr * codes.T @ flat

# %% right: lets autograd do it, and hands the result over with gradients
def sgd_step(table, ids, gradients, lr):
    weight = table.clone().requires_grad_()
    (weight[ids] * gradients).sum().backward()
    return weight - lr * weight.grad

# %% wrong: of an id that repeats, only the last gradient counts | loses: sgd-step_repeats, sgd-step_more
def sgd_step(table, ids, gradients, lr):
    new = table.clone()
    new[ids] -= lr * gradients
    return new

# %% wrong: changes the table that was given | loses: sgd-step_basics, sgd-step_more
def sgd_step(table, ids, gradients, lr):
    flat = gradients.reshape(-1, table.shape[1])
    for id, gradient in zip(ids.flatten(), flat):
        table[id] -= lr * gradient
    return table

# %% wrong: averages the gradients of an id | loses: sgd-step_repeats, sgd-step_more
def sgd_step(table, ids, gradients, lr):
    new = table.clone()
    for id in ids.unique():
        new[id] -= lr * gradients[ids == id].mean(dim=0)
    return new

# %% wrong: a little weight decay moves the rows at rest, too | loses: sgd-step_more
def sgd_step(table, ids, gradients, lr):
    total = torch.zeros_like(table)
    total.index_add_(0, ids.flatten(), gradients.reshape(-1, table.shape[1]))
    return table - lr * (total + 1e-6 * table)
