# %% right: a copy whose last linear layer is replaced
def vectors_before_head(network, batch):
    import copy
    twin = copy.deepcopy(network).eval()
    name = [n for n, m in twin.named_modules() if isinstance(m, torch.nn.Linear)][-1]
    twin.set_submodule(name, torch.nn.Identity())
    with torch.inference_mode():
        return twin(batch).numpy()

# %% right: a hook on the network itself, modes put back one by one, one image at a time
def vectors_before_head(network, batch):
    modes = [m.training for m in network.modules()]
    seen = []
    last = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    handle = last.register_forward_pre_hook(lambda m, args: seen.append(args[0].detach()[0].tolist()))
    network.eval()
    for image in batch:
        network(image.unsqueeze(0))
    handle.remove()
    for m, mode in zip(network.modules(), modes):
        m.training = mode
    return seen

# %% wrong: leaves the network in evaluation mode | loses: before-head_basics, before-head_left
def vectors_before_head(network, batch):
    network.eval()
    linear = [n for n, m in network.named_modules() if isinstance(m, torch.nn.Linear)][-1]
    nodes = get_graph_node_names(network, suppress_diff_warning=True)[1]
    cut = create_feature_extractor(network, [nodes[nodes.index(linear) - 1]], suppress_diff_warning=True)
    with torch.no_grad():
        (found,) = cut.eval()(batch).values()
    return found

# %% wrong: puts the mode of the whole back to all modules | loses: before-head_left
def vectors_before_head(network, batch):
    was = network.training
    seen = []
    last = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    handle = last.register_forward_pre_hook(lambda m, args: seen.append(args[0]))
    network.eval()
    with torch.no_grad():
        network(batch)
    handle.remove()
    network.train(was)
    return seen[0]

# %% wrong: the node is called flatten | loses: before-head_basics, before-head_more
def vectors_before_head(network, batch):
    import copy
    cut = create_feature_extractor(copy.deepcopy(network), {"flatten": "x"}, suppress_diff_warning=True)
    with torch.no_grad():
        return cut.eval()(batch)["x"]

# %% wrong: stays in the mode in which the network comes | loses: before-head_basics, before-head_more, before-head_left
def vectors_before_head(network, batch):
    seen = []
    last = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    handle = last.register_forward_pre_hook(lambda m, args: seen.append(args[0]))
    with torch.no_grad():
        network(batch)
    handle.remove()
    return seen[0]

# %% wrong: the head of the network itself becomes Identity | loses: before-head_basics, before-head_more, before-head_left
def vectors_before_head(network, batch):
    network.fc = torch.nn.Identity()
    network.eval()
    with torch.no_grad():
        return network(batch)

# %% wrong: leaves its hook on the network | loses: before-head_basics, before-head_left
def vectors_before_head(network, batch):
    modes = [(m, m.training) for m in network.modules()]
    head = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    seen = []
    head.register_forward_hook(lambda module, given, result: seen.append(given[0]))
    network.eval()
    with torch.no_grad():
        network(batch)
    for module, mode in modes:
        module.training = mode
    return seen[0]

# %% wrong: freezes the parameters of the network | loses: before-head_basics, before-head_left
def vectors_before_head(network, batch):
    modes = [(m, m.training) for m in network.modules()]
    head = [m for m in network.modules() if isinstance(m, torch.nn.Linear)][-1]
    seen = []
    handle = head.register_forward_hook(lambda module, given, result: seen.append(given[0]))
    network.eval().requires_grad_(False)
    network(batch)
    handle.remove()
    for module, mode in modes:
        module.training = mode
    return seen[0]
