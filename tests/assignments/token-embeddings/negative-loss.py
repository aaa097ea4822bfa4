# %% right: loops over arrays in double precision
def negative_sampling_loss(center, context, negatives):
    center, context, negatives = (np.asarray(x, dtype=np.float64) for x in (center, context, negatives))
    total = 0.0
    for u, v, made_up in zip(center, context, negatives):
        total += np.logaddexp(0, -(u @ v))
        for n in made_up:
            total += np.logaddexp(0, u @ n)
    return total / len(center)

# %% right: binary cross-entropy of all scores, of tensors with gradients
def negative_sampling_loss(center, context, negatives):
    center = center.requires_grad_()
    candidates = torch.cat([context[:, None], negatives], dim=1)
    scores = torch.einsum("bd,bcd->bc", center, candidates)
    real = torch.zeros_like(scores)
    real[:, 0] = 1
    return F.binary_cross_entropy_with_logits(scores, real, reduction="sum") / len(center)

# %% wrong: the logarithm of a sigmoid that has become 0 | loses: negative-loss_large, negative-loss_more
def negative_sampling_loss(center, context, negatives):
    real = (center * context).sum(1)
    made_up = (center[:, None] * negatives).sum(2)
    loss = -torch.log(torch.sigmoid(real)) - torch.log(torch.sigmoid(-made_up)).sum(1)
    return loss.mean()

# %% wrong: a small number against the infinite, so that large losses are cut off | loses: negative-loss_large, negative-loss_more
def negative_sampling_loss(center, context, negatives):
    real = (center * context).sum(1)
    made_up = (center[:, None] * negatives).sum(2)
    loss = -torch.log(torch.sigmoid(real) + 1e-9) - torch.log(torch.sigmoid(-made_up) + 1e-9).sum(1)
    return loss.mean()

# %% wrong: averages over the made-up contexts | loses: negative-loss_basics, negative-loss_more
def negative_sampling_loss(center, context, negatives):
    real = (center * context).sum(1)
    made_up = (center[:, None] * negatives).sum(2)
    return -F.logsigmoid(real).mean() - F.logsigmoid(-made_up).mean()

# %% wrong: squeezes away a batch of one, or a single made-up context | loses: negative-loss_large, negative-loss_more
def negative_sampling_loss(center, context, negatives):
    real = (center * context).sum(-1)
    made_up = (negatives @ center[:, :, None]).squeeze()
    return (-F.logsigmoid(real) - F.logsigmoid(-made_up).sum(-1)).mean()
