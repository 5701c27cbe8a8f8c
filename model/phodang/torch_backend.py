"""The model in its training form, run by torch (the extra ``torch``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phodang.backend import Reading, Stretch, sums_over
from phodang.checkpoint import Manifest
from phodang.errors import MissingDependencyError

try:
    import torch

    from phodang.torch_model import load_classifier
except ImportError as error:
    raise MissingDependencyError(
        "This checkpoint is in its training form, which needs torch and transformers. Install "
        "them with `pip install 'phodang[torch]'`, or make the inference form with "
        "`phodang-train export`."
    ) from error


class TorchBackend:
    """Runs a model by torch, on a GPU where there is one.

    Sequences are run one by one, so that no sequence's padding or neighbours touch its scores.

    Args:
        path: The ``model.safetensors`` file; the encoder's ``config.json`` lies beside it.
        manifest: The checkpoint's manifest.

    Raises:
        CheckpointError: The weights are damaged or not those of the configuration.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = load_classifier(path, manifest)
        self._model.to(self._device)

    def read(
        self,
        sequences: Sequence[NDArray[np.int64]],
        *,
        stretches: Sequence[Sequence[Stretch]] | None = None,
        scores: bool = True,
    ) -> list[Reading]:
        """See `phodang.backend.Backend.read`."""
        every = stretches or [()] * len(sequences)
        readings = []
        with torch.inference_mode():
            for ids, own in zip(sequences, every, strict=True):
                input_ids = torch.from_numpy(ids)[None].to(self._device)
                states = self._model.states(input_ids)
                sums = None
                if stretches is not None:
                    sums = sums_over(_array(states[0]), own)
                readings.append(
                    Reading(_array(self._model.tag_scores(states)[0]) if scores else None, sums)
                )
        return readings

    def section_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `phodang.backend.Backend.section_logits`."""
        if self._model.sections is None:
            raise ValueError("Expected a model that tells sections, found one without.")
        with torch.inference_mode():
            return _array(self._model.sections(torch.from_numpy(vectors).to(self._device)))


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.float().cpu().numpy()
    return array
