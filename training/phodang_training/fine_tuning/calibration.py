"""Scores of sections → probabilities that can be trusted, and the thresholds to decide by.

Both are fitted on passages that the model was not trained on, label by label. Arrays have the shape
``[passages, labels]``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0
"""Where all passages are labelled right, no temperature is low enough for the likelihood."""

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.05, 0.95
"""Few passages have probabilities beyond; a threshold chosen there would be chance."""

_LEAST_GAIN = 1e-9
"""Of the likelihood's logarithm; less may be rounding."""

_NO_TEMPERATURE = 1.0
_NO_THRESHOLD = 0.5


def fit_temperature(logits: NDArray[np.floating], gold: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Find the temperature of each label by which its probabilities fit best.

    The probability of a label is ``sigmoid(logit / temperature)``; the temperature minimises the
    mean negative log-likelihood (temperature scaling, Guo et al. 2017,
    https://arxiv.org/abs/1706.04599, for each label by itself). So the passages keep their order.

    Args:
        logits: The model's scores.
        gold: Which labels each passage carries.

    Returns:
        The temperatures, shape ``[labels]``, from `LOWEST_TEMPERATURE` to `HIGHEST_TEMPERATURE`; 1
        for a label that all passages carry, or none, and wherever none is better than 1.

    Raises:
        ValueError: The arrays are not of one shape with two axes, or a logit is not finite.
    """
    _check_shapes("logits", logits, gold)
    if not np.isfinite(logits).all():
        raise ValueError("Expected finite logits, found an infinite one or one that is no number.")
    exact = logits.astype(np.float64)
    return np.array([_temperature(exact[:, k], gold[:, k]) for k in range(gold.shape[1])])


def tune_thresholds(
    probabilities: NDArray[np.floating], gold: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Find the threshold of each label that gives the best F1.

    A passage is given the labels whose probability is at least their threshold. So all thresholds
    between two neighbouring probabilities give the same predictions. Of the stretches that give the
    best F1, neighbours joined, the widest is taken (of equally wide ones the lowest), and its
    middle, which is farthest from what other passages might change.

    Args:
        probabilities: The probability of each label.
        gold: Which labels each passage carries.

    Returns:
        The thresholds, shape ``[labels]``, from `LOWEST_THRESHOLD` to `HIGHEST_THRESHOLD`; 0.5 for
        a label that no passage carries.

    Raises:
        ValueError: The arrays are not of one shape with two axes, or a probability is not between 0
            and 1.
    """
    _check_shapes("probabilities", probabilities, gold)
    # Written so that not-a-number fails.
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(
            "Expected probabilities between 0 and 1, found others. Logits need a sigmoid first."
        )
    exact = probabilities.astype(np.float64)
    return np.array([_threshold(exact[:, k], gold[:, k]) for k in range(gold.shape[1])])


def negative_log_likelihood(
    logits: NDArray[np.floating], gold: NDArray[np.bool_], temperature: float = 1.0
) -> float:
    """Mean negative log-likelihood of one label's annotation, natural logarithm.

    Args:
        logits: The label's scores, shape ``[passages]``.
        gold: Which passages carry the label, shape ``[passages]``.
        temperature: What the logits are divided by.
    """
    toward_gold = np.where(gold, logits, -logits) / temperature
    return float(np.logaddexp(0, -toward_gold).mean())


def _temperature(logits: NDArray[np.float64], gold: NDArray[np.bool_]) -> float:
    if gold.all() or not gold.any():
        return _NO_TEMPERATURE
    # Rounding depends on the order, and where the likelihood is flat, the temperature on rounding.
    order = np.lexsort((gold, logits))
    logits, gold = logits[order], gold[order]
    # Convex in 1 / temperature, so there is one minimum on the logarithm as well.
    found = minimize_scalar(
        lambda logarithm: negative_log_likelihood(logits, gold, float(np.exp(logarithm))),
        bounds=(np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)),
        method="bounded",
    )
    temperature = float(np.exp(found.x))
    gain = negative_log_likelihood(logits, gold) - negative_log_likelihood(
        logits, gold, temperature
    )
    return temperature if gain > _LEAST_GAIN else _NO_TEMPERATURE


def _threshold(probabilities: NDArray[np.float64], gold: NDArray[np.bool_]) -> float:
    if not gold.any():
        return _NO_THRESHOLD
    inside = (probabilities >= LOWEST_THRESHOLD) & (probabilities < HIGHEST_THRESHOLD)
    values = np.unique(probabilities[inside])
    edges = np.array([LOWEST_THRESHOLD, *values, HIGHEST_THRESHOLD])
    # All thresholds above edges[i] and up to edges[i + 1] predict what edges[i + 1] does.
    f1 = _f1_of_thresholds(probabilities, gold, edges[1:])
    stretches = _stretches(f1 == f1.max())
    first, last = max(stretches, key=lambda stretch: edges[stretch[1]] - edges[stretch[0]])
    low, high = edges[first], edges[last]
    middle = (low + high) / 2
    # Between neighbouring numbers of 64 bits there is no middle.
    return float(middle if middle > low else high)


def _f1_of_thresholds(
    probabilities: NDArray[np.float64], gold: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """F1 at each threshold; equal fractions are equal numbers."""
    right = _at_least(probabilities[gold], thresholds)
    predicted = _at_least(probabilities, thresholds)
    return np.asarray(2 * right / (predicted + gold.sum()), np.float64)


def _at_least(
    probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many probabilities are at least each threshold."""
    below = np.searchsorted(np.sort(probabilities), thresholds, side="left")
    return np.asarray(len(probabilities) - below, np.int64)


def _stretches(best: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of true values, ends exclusive."""
    changes = np.flatnonzero(np.diff(best, prepend=False, append=False))
    return [(int(start), int(end)) for start, end in changes.reshape(-1, 2)]


def _check_shapes(name: str, scores: NDArray[np.floating], gold: NDArray[np.bool_]) -> None:
    if scores.shape != gold.shape or scores.ndim != 2:
        raise ValueError(
            f"Expected {name} and gold of one shape [passages, labels], found {scores.shape} and "
            f"{gold.shape}."
        )
