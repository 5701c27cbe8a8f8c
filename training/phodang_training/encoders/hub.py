"""Encoders on the Hugging Face hub: downloaded, or it is said why not and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from phodang.errors import CheckpointError

_HUB_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)/[A-Za-z0-9][\w.-]*", re.ASCII)
"""``owner/name``."""

_LOCAL_FOLDERS = frozenset({"model", "data", "checkpoints"})
"""What the paths of phodang's configurations begin with: no owners on the hub are meant."""

# What the hub's client raises where it does not wrap an error: it is of a library that differs
# between the client's versions.
_ConnectionError: type[Exception] = HfHubHTTPError.__bases__[0]


def is_hub_name(name: str) -> bool:
    """Whether a name that is no folder can be meant as one on the hub."""
    hub_name = _HUB_NAME.fullmatch(name)
    return (
        hub_name is not None
        and hub_name[1] not in _LOCAL_FOLDERS
        and not Path(hub_name[1]).is_dir()
    )


def download(name: str, files: Sequence[str]) -> Path:
    """Download files of a repository into the hub's cache, or find them there.

    Args:
        name: ``owner/name``.
        files: Names of files; those that the repository does not have are left out.

    Returns:
        The folder that they are in.

    Raises:
        CheckpointError: The hub cannot be reached and the cache does not have the files; or there
            is no such repository, or it is not open.
    """
    try:
        return Path(snapshot_download(name, allow_patterns=list(files)))
    except GatedRepoError as error:
        raise CheckpointError(
            f"The encoder {name!r} is on the hub, and its owner gives it out on request only. Ask "
            f"for it on https://huggingface.co/{name}, then log in with `hf auth login`."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise CheckpointError(
            f"The encoder {name!r} is no folder here, and the hub has none of that name that is "
            "open to you. Check the name: PhoBERT's are vinai/phobert-base, vinai/phobert-large "
            "and vinai/phobert-base-v2. For a private one, log in with `hf auth login`."
        ) from error
    except LocalEntryNotFoundError as error:
        # What the client falls back on when the hub does not answer, or answers that it is down.
        raise CheckpointError(_told(name, "the hub cannot be reached")) from error
    except HfHubHTTPError as error:
        raise CheckpointError(_told(name, _answer(error))) from error
    except (ConnectionError, _ConnectionError) as error:
        raise CheckpointError(_told(name, "the hub cannot be reached")) from error


def how_to_place(name: str) -> str:
    """What to do where an encoder cannot be downloaded."""
    folder = name.rpartition("/")[2]
    return (
        f"On a machine with network, run `hf download {name} --local-dir {folder}`; copy the "
        f"folder {folder} here, of which config.json, vocab.txt, bpe.codes and model.safetensors "
        "or pytorch_model.bin are needed, and give that folder as the encoder. Or copy that "
        "machine's cache of the hub, and name it in the environment variable HF_HUB_CACHE."
    )


def _told(name: str, reason: str) -> str:
    return f"The encoder {name!r} is no folder here, and {reason}. {how_to_place(name)}"


def _answer(error: HfHubHTTPError) -> str:
    status = error.response.status_code
    if status in (401, 403):
        return f"the hub refuses access (status {status}): `hf auth whoami` says who you are there"
    return f"the hub answers with status {status}; try again later"
