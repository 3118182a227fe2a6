"""Trains a task's model with PyTorch: the task's minibatch descent on the data that TRIBUTARY_DATA names.

    tributary agent run --data my.csv --trainer 'python3 train_pytorch.py'
"""
import torch
from torch import nn

from tributary_trainer import answer, load_data, load_job

job, given = load_job()
rule = job["training"]
torch.manual_seed(job["seed"])
torch.set_num_threads(job["limits"]["threads"])

widths = [job["model"]["features"], *job["model"]["hidden"], job["model"]["classes"]]
layers = [nn.Linear(n, m) for n, m in zip(widths, widths[1:])]
modules = [m for layer in layers for m in (layer, nn.ReLU())][:-1]
model = nn.Sequential(*modules)
with torch.no_grad():
    for i, layer in enumerate(layers):  # a kernel here is [in, out]; PyTorch's is [out, in]
        layer.weight.copy_(torch.from_numpy(given[f"layers.{i}.kernel"]).T)
        layer.bias.copy_(torch.from_numpy(given[f"layers.{i}.bias"]))
anchor = [p.detach().clone() for p in model.parameters()]

x, y = (torch.from_numpy(a) for a in load_data(job))
optimizer = torch.optim.SGD(
    model.parameters(), rule["learning_rate"], rule["momentum"], weight_decay=rule["weight_decay"])
steps = 0
for _ in range(rule["epochs"]):
    for batch in torch.randperm(len(x)).split(rule["batch"]):
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        if rule["proximal"]:
            loss = loss + rule["proximal"] / 2 * sum(((p - a) ** 2).sum() for p, a in zip(model.parameters(), anchor))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1

with torch.no_grad():
    scores = model(x)
    loss, accuracy = nn.functional.cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item()
trained = {f"layers.{i}.kernel": layer.weight.detach().T.numpy() for i, layer in enumerate(layers)}
trained |= {f"layers.{i}.bias": layer.bias.detach().numpy() for i, layer in enumerate(layers)}
answer(job, given, trained, len(x), steps, loss=loss, accuracy=accuracy)
