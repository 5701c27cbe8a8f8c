"""``phodang-train adapt``: an encoder that knows texts of one's own."""

from __future__ import annotations

import typer

from phodang_training.commands.options import ConfigArgument, OverrideOption, ResumeOption
from phodang_training.commands.training import EXIT_INTERRUPTED
from phodang_training.config_files import load_config
from phodang_training.pretraining.adaptation_config import AdaptationConfig


def adapt(
    config: ConfigArgument,
    override: OverrideOption = None,
    resume: ResumeOption = False,
) -> None:
    """Go on with the pre-training of an encoder on texts without annotations."""
    from phodang_training.pretraining.adaptation import adapt as run

    result = run(load_config(config, AdaptationConfig, override or ()), resume=resume)
    if result.after is None:
        print(f"Stopped; the state is in {result.encoder}. Give --resume to go on.")
        raise typer.Exit(EXIT_INTERRUPTED)
    print(f"Held-out loss: {result.before:.3f} before, {result.after:.3f} after")
    print(f"Encoder: {result.encoder}")
