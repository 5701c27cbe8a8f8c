"""The model in its training form, run by torch (the extra ``torch``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phodang.errors import MissingDependencyError

try:
    import torch

    from phodang.torch_model import load_token_classifier
except ImportError as error:
    raise MissingDependencyError(
        "This checkpoint is in its training form, which needs torch and transformers. Install "
        "them with `pip install 'phodang[torch]'`, or make the inference form with "
        "`phodang-train export`."
    ) from error


class TorchBackend:
    """Scores of tags by torch, on a GPU where there is one.

    Sequences are run one by one, so that no sequence's padding or neighbours touch its scores.

    Args:
        path: The ``model.safetensors`` file; the encoder's ``config.json`` lies beside it.
        tag_count: Number of tags.

    Raises:
        CheckpointError: The weights are damaged or not those of the configuration.
    """

    def __init__(self, path: Path, *, tag_count: int) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = load_token_classifier(path, tag_count=tag_count)
        self._model.to(self._device)

    def scores(self, sequences: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """See `phodang.onnx_backend.OnnxBackend.scores`."""
        return [self._run(ids) for ids in sequences]

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            input_ids = torch.from_numpy(ids)[None].to(self._device)
            scores: NDArray[np.float32] = (
                self._model(input_ids, torch.ones_like(input_ids))[0].float().cpu().numpy()
            )
        return scores
