"""Trains a task's model with scikit-learn: MLPClassifier, or SGDClassifier where the task has no hidden layer.

    tributary agent run --data my.csv --trainer 'python3 train_sklearn.py'
"""
import math

import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier

from tributary_trainer import answer, load_data, load_job

job, given = load_job()
rule, shape = job["training"], job["model"]
if rule["proximal"]:
    raise SystemExit("this task keeps trainers near the global model (training.proximal), which scikit-learn cannot")
x, y = load_data(job)
x = x.astype(np.float64)  # scikit-learn then computes in float64 throughout
classes, last = np.arange(shape["classes"]), len(shape["hidden"])
kernels = [given[f"layers.{i}.kernel"].astype(np.float64) for i in range(last + 1)]
biases = [given[f"layers.{i}.bias"].astype(np.float64) for i in range(last + 1)]


def fold(layer):
    """Of two classes scikit-learn keeps one output: the second's score less the first's."""
    return layer if len(classes) > 2 else layer[..., 1:] - layer[..., :1]


def unfold(layer, before):
    half = (layer - fold(before)) / 2
    return layer if len(classes) > 2 else before + np.concatenate([-half, half], axis=-1)


# Both learn from one empty example of each class first, so as to know them all; that is replaced by the model given.
example = np.zeros((len(classes), x.shape[1]))
if last > 0:
    model = MLPClassifier(
        shape["hidden"], solver="sgd", alpha=rule["weight_decay"], learning_rate_init=rule["learning_rate"],
        momentum=rule["momentum"], nesterovs_momentum=False, random_state=job["seed"])
    model.partial_fit(example, classes, classes=classes)
    del model._optimizer  # and with it the velocities of that step
    model.batch_size = min(rule["batch"], len(x))
    model.coefs_ = [k.copy() for k in kernels[:-1]] + [fold(kernels[-1]).copy()]
    model.intercepts_ = [b.copy() for b in biases[:-1]] + [fold(biases[-1]).copy()]
else:
    # Softmax regression has no partial_fit; one-against-all logistic regression learns the same layer, by steps of one
    # example, which are as much shorter.
    model = SGDClassifier(
        "log_loss", alpha=max(rule["weight_decay"], 1e-9), learning_rate="constant",
        eta0=rule["learning_rate"] / rule["batch"], random_state=job["seed"])
    model.partial_fit(example, classes, classes=classes)
    model.coef_ = np.ascontiguousarray(fold(kernels[0]).T)
    model.intercept_ = fold(biases[0]).copy()

for _ in range(rule["epochs"]):
    model.partial_fit(x, y)

after = (model.coefs_, model.intercepts_) if last > 0 else ([model.coef_.T], [model.intercept_])
trained = {f"layers.{i}.kernel": k for i, k in enumerate(after[0])}
trained |= {f"layers.{i}.bias": b for i, b in enumerate(after[1])}
for name, before in ((f"layers.{last}.kernel", kernels[-1]), (f"layers.{last}.bias", biases[-1])):
    trained[name] = unfold(trained[name], before)
steps = rule["epochs"] * (math.ceil(len(x) / rule["batch"]) if last > 0 else len(x))
answer(job, given, trained, len(x), steps, accuracy=float(accuracy_score(y, model.predict(x))))
