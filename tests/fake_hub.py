"""The Hugging Face hub as its client sees it, without network: what it answers is made up."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

# The client's library for HTTP differs between its versions.
httpx: Any = importlib.import_module(HfHubHTTPError.__bases__[0].__module__.partition(".")[0])

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """Answers requests.

    Attributes:
        repositories: Folders by ``owner/name``; what they hold can be downloaded.
        refusals: Status and error code by ``owner/name``, for those that are not given out.
        reachable: Whether there is any answer.
        offline: Whether the client is told not to ask.
        downloaded: Files whose contents were asked for.
    """

    repositories: dict[str, Path] = field(default_factory=dict)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    reachable: bool = True
    offline: bool = False
    downloaded: list[str] = field(default_factory=list)

    def client(self) -> Any:
        """A client whose requests come here."""
        transport = httpx.MockTransport(self._answer)
        return httpx.Client(transport=transport, trust_env=False, follow_redirects=True)

    def _answer(self, request: Any) -> Any:
        if self.offline:
            raise OfflineModeIsEnabled("offline")
        if not self.reachable:
            raise httpx.ConnectError("no network", request=request)
        parts = request.url.path.strip("/").split("/")
        is_api = parts[:2] == ["api", "models"]
        name, rest = "/".join(parts[2:4] if is_api else parts[:2]), parts[4 if is_api else 2 :]
        if name in self.refusals:
            status, code = self.refusals[name]
            return httpx.Response(status, headers={"X-Error-Code": code}, json={})
        folder = self.repositories.get(name)
        if folder is None:
            # So it answers those who are not logged in.
            return httpx.Response(401, headers={"X-Error-Code": "RepoNotFound"}, json={})
        if is_api:
            return httpx.Response(200, content=_api(name, folder, rest[:1]))
        return self._file(folder / rest[-1], head=request.method == "HEAD")

    def _file(self, path: Path, *, head: bool) -> Any:
        if not path.is_file():
            return httpx.Response(404, headers={"X-Error-Code": "EntryNotFound"})
        content = path.read_bytes()
        headers = {
            "ETag": f'"{path.name}"',
            "X-Repo-Commit": _COMMIT,
            "Content-Length": str(len(content)),
        }
        if not head:
            self.downloaded.append(path.name)
        return httpx.Response(200, headers=headers, content=b"" if head else content)


def _api(name: str, folder: Path, asked: list[str]) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if asked == ["tree"]:
        return json.dumps(
            [
                {"type": "file", "path": p.name, "size": p.stat().st_size, "oid": p.name}
                for p in files
            ]
        )
    siblings = [{"rfilename": path.name} for path in files]
    return json.dumps({"id": name, "sha": _COMMIT, "siblings": siblings})
