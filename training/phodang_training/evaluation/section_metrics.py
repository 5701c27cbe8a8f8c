"""How well passages are labelled as sections: F1 of the labels, calibration of the probabilities.

Arrays have the shape ``[passages, labels]``. A passage can carry any number of labels, so each
label of each passage is a decision of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, precision_recall_fscore_support

from phodang_training.evaluation.metrics import Score

CALIBRATION_BINS = 15
"""As in Guo et al. 2017."""


@dataclass(frozen=True)
class SectionScores:
    """Scores over passages.

    Attributes:
        per_label: Score of each label, in the order of the arrays.
        micro: Score over all decisions, whichever their label.
        ece_per_label: See `expected_calibration_error`; 0 is best. None if there are no
            probabilities.
        brier_per_label: Mean squared difference of a label's probability to 1 where the passage
            carries it and to 0 elsewhere (Brier 1950); 0 is best. None if there are no
            probabilities.
        passages: Number of passages.
    """

    per_label: dict[str, Score]
    micro: Score
    ece_per_label: dict[str, float] | None
    brier_per_label: dict[str, float] | None
    passages: int

    @property
    def macro_f1(self) -> float:
        """Mean F1 of all labels; one in neither gold nor predictions counts with 0."""
        return sum(score.f1 for score in self.per_label.values()) / len(self.per_label)

    @property
    def ece(self) -> float | None:
        """Mean expected calibration error of the labels, so that none makes up for another."""
        return _mean(self.ece_per_label)

    @property
    def brier(self) -> float | None:
        """Mean Brier score of the labels."""
        return _mean(self.brier_per_label)


def section_scores(
    gold: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    probabilities: NDArray[np.floating] | None,
    labels: Sequence[str],
) -> SectionScores:
    """Compare predictions with the annotation.

    Args:
        gold: Which labels each passage carries, shape ``[passages, labels]``.
        predicted: Which it was given, same shape.
        probabilities: The probability of each label, between 0 and 1, same shape; none if only
            the decisions are known.
        labels: The labels' names, in the order of the arrays.

    Raises:
        ValueError: The shapes differ, there are no passages or no labels, or a probability is not
            between 0 and 1.
    """
    shapes = {"gold": gold.shape, "predicted": predicted.shape}
    if probabilities is not None:
        shapes["probabilities"] = probabilities.shape
    if {*shapes.values()} != {(len(gold), len(labels))} or not gold.size:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"Expected arrays of one shape [passages, {len(labels)}], with at least one of each, "
            f"found {found}."
        )
    columns = list(enumerate(labels))
    calibration = brier = None
    if probabilities is not None:
        errors = expected_calibration_error(probabilities, gold)
        calibration = {name: float(errors[k]) for k, name in columns}
        brier = {
            # Scikit-learn's bounds are those of 64 bits.
            name: float(brier_score_loss(gold[:, k], probabilities[:, k].astype(float)))
            for k, name in columns
        }
    return SectionScores(
        per_label={name: _score(gold[:, k], predicted[:, k]) for k, name in columns},
        micro=_score(gold.ravel(), predicted.ravel()),
        ece_per_label=calibration,
        brier_per_label=brier,
        passages=len(gold),
    )


def expected_calibration_error(
    probabilities: NDArray[np.floating],
    gold: NDArray[np.bool_],
    *,
    bins: int = CALIBRATION_BINS,
) -> NDArray[np.float64]:
    """Find how far each label's probabilities are from the frequencies that they foretell.

    The probabilities of a label are put into bins of equal width, ``(0, 1/bins]`` and so on, the
    first with 0. The error is the mean, weighted by the bins' passages, of the distance between a
    bin's mean probability and the share of its passages that carry the label.

    This is the binary definition, on the probability of the label and not on the confidence in the
    more likely of yes and no (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning", AAAI), with the bins of Guo et al. 2017 (https://arxiv.org/abs/1706.04599).

    Args:
        probabilities: The probability of each label, shape ``[passages, labels]``.
        gold: Which labels each passage carries, same shape.
        bins: Number of bins.

    Returns:
        The error of each label, between 0 and 1, shape ``[labels]``.

    Raises:
        ValueError: The arrays are not of one shape with two axes, or empty, there is no bin, or a
            probability is not between 0 and 1.
    """
    if bins < 1:
        raise ValueError(f"Expected at least 1 bin, found {bins}.")
    _check_probabilities(probabilities, gold)
    inner_edges = np.linspace(0, 1, bins + 1)[1:-1]
    exact = probabilities.astype(np.float64)
    errors = np.zeros(exact.shape[1])
    for label in range(exact.shape[1]):
        bin_of = np.digitize(exact[:, label], inner_edges, right=True)
        # Of a bin, |mean probability - share| times its passages is |sum - number of positives|.
        expected = np.bincount(bin_of, weights=exact[:, label], minlength=bins)
        found = np.bincount(bin_of, weights=gold[:, label], minlength=bins)
        errors[label] = np.abs(expected - found).sum() / len(exact)
    return errors


def _mean(per_label: Mapping[str, float] | None) -> float | None:
    return None if per_label is None else sum(per_label.values()) / len(per_label)


def _score(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Score:
    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, predicted, average="binary", pos_label=True, zero_division=0
    )
    return Score(float(precision), float(recall), float(f1), int(gold.sum()))


def _check_probabilities(probabilities: NDArray[np.floating], gold: NDArray[np.bool_]) -> None:
    if probabilities.shape != gold.shape or probabilities.ndim != 2 or probabilities.size == 0:
        raise ValueError(
            "Expected probabilities and gold of one shape [passages, labels], with at least one of "
            f"each, found {probabilities.shape} and {gold.shape}."
        )
    # Written so that not-a-number fails.
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(
            "Expected probabilities between 0 and 1, found "
            f"{probabilities.min()} to {probabilities.max()}. Logits need a sigmoid first."
        )
