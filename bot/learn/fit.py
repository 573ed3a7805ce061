"""Fitting one linear model: features as a matrix, one linear classifier a label, thresholds by cross-validation.

A `Task` is all that differs between the models: its cases' features, what is wanted of each, which cases belong to one
message (they are never split between training and test), and how much recall weighs against precision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from bot.linear import PLAIN, view

_FOLDS = 5
_RAREST = 2
#: How much an answer teaches on which two readers differ, where a task does not say otherwise.
_DISPUTED = 0.3
#: How often every feature is taken to have been seen before counting begins.
_UNSEEN = 0.05
#: Log-odds for each unit of distance from a margin: what a support vector machine says, as a probability.
_ODDS = 2.0
_CANDIDATES = np.round(np.arange(0.10, 0.91, 0.02), 2)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a model is to learn. `wanted` is (cases, labels) of 0 and 1; `groups` names each case's message.

    `disputed` marks answers that two readers give differently: they teach little, and count for no figure. `beta`
    weighs recall against precision where thresholds are chosen (F-beta), and of the thresholds no further than `chance`
    from the best the one nearest an even chance is taken; `strength` is the inverse of the regularisation. With
    `margin` a support vector machine is fitted, else a logistic regression, to which `counted` times the plain
    log-ratios are added: how much oftener a feature stands in the label's cases than in others. The threshold is chosen
    for the labels that `deciding` names (all where it is empty); the others are only weighed against each other.
    """

    name: str
    labels: tuple[str, ...]
    weights: Sequence[Mapping[str, float]]
    wanted: NDArray[np.int8]
    groups: Sequence[int]
    disputed: NDArray[np.bool_] | None = None
    beta: float = 1.0
    chance: float = 0.0
    strength: float = 3.0
    margin: bool = False
    deciding: tuple[str, ...] = ()
    counted: float = 0.0
    dispute: float = _DISPUTED

    def agreed(self, label: int) -> NDArray[np.bool_]:
        """The cases whose answer for this label is not disputed."""
        if self.disputed is None:
            return np.ones(len(self.weights), dtype=bool)
        return ~self.disputed[:, label]

    def worth(self, label: int) -> NDArray[np.float64]:
        """How much each case teaches of this label."""
        return np.where(self.agreed(label), 1.0, self.dispute)

    def counts(self) -> NDArray[np.bool_]:
        """(cases, labels): the answers for which a threshold is chosen."""
        return np.stack([
            self.agreed(at) & (not self.deciding or label in self.deciding) for at, label in enumerate(self.labels)
        ], axis=1)


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A finished model's arrays, and what it said of each case when it had not seen that case's message."""

    arrays: Mapping[str, Any]
    held_out: NDArray[np.float64]
    threshold: float


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Features as a matrix: rows are cases, columns `names`."""

    names: list[str]
    rarity: NDArray[np.float64]
    rows: csr_matrix


def fit(task: Task) -> Fitted:
    """Fit all labels, with the threshold from what five-fold cross-validation says of unseen messages.

    One threshold serves all labels of a model: the labels are weighed to be balanced, and one chosen for each label
    fits the chance of its few cases. On the messages of a writer left out, F1 was better so by almost a point.
    """
    held_out = cross_validate(task)
    counted = task.counts()
    threshold = _threshold(held_out[counted], task.wanted[counted], task)
    table = _table(task.weights)
    lines = [_one(table.rows, task, at, np.arange(len(task.weights))) for at in range(len(task.labels))]
    coef, bias = np.stack([one[0] for one in lines], axis=1), np.array([one[1] for one in lines])
    arrays = {"labels": task.labels, "features": table.names, "rarity": table.rarity, "coef": coef, "bias": bias,
              "thresholds": np.full(len(task.labels), threshold)}
    return Fitted(arrays=arrays, held_out=held_out, threshold=threshold)


def cross_validate(task: Task) -> NDArray[np.float64]:
    """Each case's probabilities by models that have seen no case of its message."""
    found = np.zeros(task.wanted.shape)
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=0)
    for seen, rest in folds.split(found, groups=task.groups):
        table = _table([task.weights[at] for at in seen])
        unseen = _table([task.weights[at] for at in rest], table.names, table.rarity)
        for label in range(len(task.labels)):
            coef, bias = _one(table.rows, task, label, seen)
            found[rest, label] = 1 / (1 + np.exp(-(unseen.rows @ coef + bias)))
    return found


def _table(weights: Sequence[Mapping[str, float]], names: list[str] | None = None,
           rarity: NDArray[np.float64] | None = None) -> _Table:
    if names is None or rarity is None:
        names, rarity = _rarity(weights)
    index = {name: place for place, name in enumerate(names)}
    return _Table(names=names, rarity=rarity, rows=_matrix(weights, index, rarity))


def _rarity(weights: Sequence[Mapping[str, float]]) -> tuple[list[str], NDArray[np.float64]]:
    seen: dict[str, int] = {}
    for row in weights:
        for name in row:
            seen[name] = seen.get(name, 0) + 1
    names = sorted(name for name, count in seen.items() if count >= _RAREST)
    return names, np.array([
        1.0 if name.startswith(PLAIN) else 1.0 + math.log((1 + len(weights)) / (1 + seen[name])) for name in names
    ])


def _matrix(weights: Sequence[Mapping[str, float]], index: Mapping[str, int],
            rarity: NDArray[np.float64]) -> csr_matrix:
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for row in weights:
        known = sorted((index[name], view(name), row[name]) for name in row if name in index)
        scaled = [(seen, value * rarity[at] if seen else value) for at, seen, value in known]
        square = [sum(value * value for of, value in scaled if of == seen) for seen in (1, 2)]
        length = (1.0, *(math.sqrt(each) or 1.0 for each in square))
        data.extend(value / length[seen] for seen, value in scaled)
        columns.extend(at for at, _, _ in known)
        starts.append(len(columns))
    return csr_matrix((data, columns, starts), shape=(len(weights), len(index)))


def _one(rows: csr_matrix, task: Task, label: int, cases: NDArray[np.intp]) -> tuple[NDArray[np.float64], float]:
    """The coefficients and the bias of one label, in log-odds, from the rows of these cases."""
    model = (
        LinearSVC(C=task.strength, class_weight="balanced", random_state=0, max_iter=5000) if task.margin else
        LogisticRegression(C=task.strength, class_weight="balanced", solver="liblinear", random_state=0, max_iter=1000)
    )
    wanted, worth = task.wanted[cases, label], task.worth(label)[cases]
    model.fit(rows, wanted, sample_weight=worth)
    scale = _ODDS if task.margin else 1.0
    counted = task.counted * _log_ratios(rows, wanted * worth, (1 - wanted) * worth) if task.counted else 0.0
    return scale * model.coef_[0] + counted, float(scale * model.intercept_[0])


def _log_ratios(rows: csr_matrix, inside: NDArray[np.float64], outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much oftener each feature stands inside than outside, as naive Bayes would weigh it."""
    shares = [rows.T @ cases + _UNSEEN for cases in (inside, outside)]
    ratios: NDArray[np.float64] = np.log(shares[0] / shares[0].sum()) - np.log(shares[1] / shares[1].sum())
    return ratios


def _threshold(found: NDArray[np.float64], wanted: NDArray[np.int8], task: Task) -> float:
    """Of all as good as the best, but for chance, the one nearest an even chance; of equals the better one."""
    worth = {float(at): round(_f_beta(found > at, wanted, task.beta), 6) for at in _CANDIDATES}
    good = (at for at in worth if worth[at] >= max(worth.values()) - task.chance)
    return min(good, key=lambda at: (abs(at - 0.5), -worth[at]))


def _f_beta(found: NDArray[np.bool_], wanted: NDArray[np.int8], beta: float) -> float:
    right = float((found & (wanted == 1)).sum())
    extra, missed = float((found & (wanted == 0)).sum()), float((~found & (wanted == 1)).sum())
    return (1 + beta * beta) * right / max(1e-9, (1 + beta * beta) * right + beta * beta * missed + extra)
