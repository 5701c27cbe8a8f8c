"""A trained classifier → a checkpoint in its training form."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors.torch import save_file

from phodang.checkpoint import (
    ENCODER_CONFIG_FILE,
    MANIFEST_FILE,
    NOTICE_FILE,
    SAFETENSORS_FILE,
    EntityTask,
    Manifest,
    SectionTask,
    sha256_of_file,
    write_manifest,
)
from phodang.normalization import NORMALIZATION
from phodang.segmentation import Segmenter
from phodang.sequences import Context
from phodang.subwords import MERGES_FILE, VOCABULARY_FILE
from phodang.torch_model import ArticleClassifier


def save_checkpoint(
    output: Path,
    classifier: ArticleClassifier,
    *,
    encoder: str,
    encoder_folder: Path,
    segmenter: Segmenter,
    window_size: int,
    context: Context = "passage",
    entities: EntityTask | None = None,
    sections: SectionTask | None = None,
) -> None:
    """Write the training form of a checkpoint.

    Args:
        output: The folder to write to; it exists.
        classifier: The weights.
        encoder: The encoder's name or folder as the configuration has it.
        encoder_folder: Where its files are.
        segmenter: The word segmenter.
        window_size: Subwords that the encoder reads at once, special tokens apart.
        context: What it reads together.
        entities: How entities are labelled, if they are.
        sections: How sections are labelled, if they are.
    """
    (output / MANIFEST_FILE).unlink(missing_ok=True)
    for name in (VOCABULARY_FILE, MERGES_FILE, NOTICE_FILE):
        if (encoder_folder / name).is_file():
            shutil.copyfile(encoder_folder / name, output / name)
    classifier.encoder.config.to_json_file(output / ENCODER_CONFIG_FILE)
    weights = {n: t.detach().contiguous() for n, t in classifier.state_dict().items()}
    save_file(weights, output / SAFETENSORS_FILE)
    names = (SAFETENSORS_FILE, ENCODER_CONFIG_FILE, VOCABULARY_FILE, MERGES_FILE)
    write_manifest(
        output,
        Manifest(
            segmenter=segmenter.name,
            segmenter_version=segmenter.version,
            normalization=NORMALIZATION,
            window_size=window_size,
            context=context,
            encoder=encoder,
            weights=SAFETENSORS_FILE,
            precision="fp32",
            entities=entities,
            sections=sections,
            files={name: sha256_of_file(output / name) for name in names},
        ),
    )
