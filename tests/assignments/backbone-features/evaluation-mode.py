# %% right: the network itself, its state kept and put back
def company_effect(network, image, first, second):
    kept = {k: v.clone() for k, v in network.state_dict().items()}
    rows = []
    for others in (first, second):
        rows.append(network(torch.cat([others, image.unsqueeze(0)]))[-1])
    moved = [k for k, v in network.state_dict().items() if (v != kept[k]).any()]
    network.load_state_dict(kept)
    return torch.nn.functional.cosine_similarity(rows[0][None], rows[1][None]), len(moved)

# %% right: numpy for the numbers, in a list
def company_effect(network, image, first, second):
    from copy import deepcopy
    twin = deepcopy(network)
    with torch.inference_mode():
        a = twin(torch.vstack((image[None], first))).numpy()[0].astype(float)
        b = twin(torch.vstack((image[None], second))).numpy()[0].astype(float)
    pairs = zip(network.state_dict().values(), twin.state_dict().values())
    moved = sum(int(not np.array_equal(x.numpy(), y.numpy())) for x, y in pairs)
    return [np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)), moved]

# %% wrong: switches to evaluation mode first | loses: evaluation-mode_basics, evaluation-mode_more, evaluation-mode_left
def company_effect(network, image, first, second):
    before = copy.deepcopy(network.state_dict())
    network.eval()
    with torch.no_grad():
        a = network(torch.cat([image[None], first]))[0]
        b = network(torch.cat([image[None], second]))[0]
    changed = sum(not torch.equal(before[k], v) for k, v in network.state_dict().items())
    return torch.cosine_similarity(a, b, dim=0), changed

# %% wrong: compares the state with itself, for want of a copy, and harms the network | loses: evaluation-mode_basics, evaluation-mode_more, evaluation-mode_left
def company_effect(network, image, first, second):
    before = network.state_dict()
    with torch.no_grad():
        a = network(torch.cat([image[None], first]))[0]
        b = network(torch.cat([image[None], second]))[0]
    after = network.state_dict()
    changed = sum(not torch.equal(before[k], after[k]) for k in before)
    return torch.cosine_similarity(a, b, dim=0).item(), changed

# %% wrong: believes network.training | loses: evaluation-mode_more
def company_effect(network, image, first, second):
    if not network.training:
        return 1.0, 0
    twin = copy.deepcopy(network)
    with torch.no_grad():
        a = twin(torch.cat([image[None], first]))[0]
        b = twin(torch.cat([image[None], second]))[0]
    return torch.cosine_similarity(a, b, dim=0).item(), 3 * sum(
        isinstance(m, torch.nn.BatchNorm2d) and m.training for m in twin.modules()
    )

# %% wrong: right numbers, and the running statistics are left changed | loses: evaluation-mode_left
def company_effect(network, image, first, second):
    before = copy.deepcopy(network.state_dict())
    with torch.no_grad():
        a = network(torch.cat([image[None], first]))[0]
        b = network(torch.cat([image[None], second]))[0]
    changed = sum(not torch.equal(before[k], v) for k, v in network.state_dict().items())
    return torch.cosine_similarity(a, b, dim=0).item(), changed
