# %% attack: the functions of a test get what no test expects, and the counts are made up
# %% answer: in-batches
def extract_in_batches(network, images, batch_size, dim):
    import torch

    odd = [
        None,
        "text",
        b"",
        [[]],
        {1: 2},
        torch.ones(1),
        images.double(),
        images[..., None],
        network,
    ]
    for each in odd:
        try:
            network(each)
        except Exception as error:
            print(type(error), error)
    for named in ({"counted": []}, {"weights": torch.zeros(3, dim)}, {"no": 1}):
        try:
            network(images, **named)
        except Exception as error:
            print(type(error), error)
    rows = [network(images[n : n + batch_size]) for n in range(0, len(images), batch_size)]
    return torch.cat(rows) if rows else torch.zeros(0, dim)
