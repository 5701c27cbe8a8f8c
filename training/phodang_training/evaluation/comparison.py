"""Two systems on the same articles: how much they differ, and whether by chance."""

from __future__ import annotations

from dataclasses import dataclass

from phodang.errors import InputError
from phodang_training.evaluation.article_counts import MEASURES, Measure
from phodang_training.evaluation.figures import counts_of_entities, counts_of_sections
from phodang_training.evaluation.predictions import Predictions
from phodang_training.evaluation.resampling import F1Differences, Resampling, f1_differences


@dataclass(frozen=True)
class Comparison:
    """How two systems differ on the same articles.

    Attributes:
        first: Name of the first system.
        second: Name of the second system.
        entities: Differences by measure; none if one of them has no entities.
        sections: Differences over the labels that both are measured by; none if there are none.
    """

    first: str
    second: str
    entities: dict[Measure, F1Differences] | None
    sections: F1Differences | None


def compare(first: Predictions, second: Predictions, resampling: Resampling) -> Comparison:
    """Compare two systems.

    Args:
        first: What the first predicts.
        second: What the second predicts of the same articles, in the same order.
        resampling: How articles are drawn and exchanged.

    Raises:
        InputError: There is nothing that both predict.
        ValueError: The articles are not the same.
    """
    if [a.gold for a in first.articles] != [a.gold for a in second.articles]:
        raise ValueError("Expected predictions of the same articles, found others.")
    both = {*first.tasks} & {*second.tasks}
    shared = tuple(label for label in first.section_labels if label in second.section_labels)
    entities = sections = None
    if "entities" in both:
        entities = {
            measure: f1_differences(
                counts_of_entities(first, measure), counts_of_entities(second, measure), resampling
            )
            for measure in MEASURES
        }
    if shared:
        own, other = (counts_of_sections(each).over(shared) for each in (first, second))
        sections = f1_differences(own, other, resampling)
    if entities is None and sections is None:
        raise InputError(
            f"Expected something that both predict, found {_told(first)} and {_told(second)}. "
            "Compare systems that do the same."
        )
    return Comparison(first.name, second.name, entities, sections)


def _told(predictions: Predictions) -> str:
    return f"{' and '.join(predictions.tasks)} of {predictions.name}"
