"""``phodang-train entities`` and ``phodang-train sections``: train a model."""

from __future__ import annotations

import typer

from phodang_training.commands.options import ConfigArgument, OverrideOption, ResumeOption
from phodang_training.config import EntitiesConfig, SectionsConfig
from phodang_training.config_files import load_config

EXIT_INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the signal's number, as shells have it."""


def entities(
    config: ConfigArgument,
    override: OverrideOption = None,
    resume: ResumeOption = False,
) -> None:
    """Train a token classifier."""
    from phodang_training.evaluation.evaluation_tables import print_scores
    from phodang_training.fine_tuning.train_entities import train_entities
    from phodang_training.models.card import write_card

    result = train_entities(load_config(config, EntitiesConfig, override or ()), resume=resume)
    if result.dev is None:
        print(f"Stopped; the state is in {result.checkpoint}. Give --resume to go on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    write_card(result.checkpoint)
    print_scores("dev", result.dev)
    print(f"Checkpoint: {result.checkpoint}")


def sections(
    config: ConfigArgument,
    override: OverrideOption = None,
    resume: ResumeOption = False,
) -> None:
    """Train a document classifier, alone or with a token classifier on one encoder."""
    from phodang_training.evaluation.evaluation_tables import print_scores, print_section_scores
    from phodang_training.fine_tuning.train_sections import train_sections
    from phodang_training.models.card import write_card

    result = train_sections(load_config(config, SectionsConfig, override or ()), resume=resume)
    if result.sections is None:
        print(f"Stopped; the state is in {result.checkpoint}. Give --resume to go on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    write_card(result.checkpoint)
    if result.entities is not None:
        print_scores("dev", result.entities)
    print_section_scores("dev, which the thresholds were chosen on", result.sections)
    print(f"Checkpoint: {result.checkpoint}")
