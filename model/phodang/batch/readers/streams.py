"""Source → its bytes: decompressed, without byte order mark, from a file or standard input."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

from phodang.batch.readers.items import UnreadableError
from phodang.batch.sources import Source

# RFC 1952, section 2.3.1, and RFC 8878, section 3.1.1. No UTF-8 text begins like either, so that
# the first bytes tell what the ending need not: standard input has none.
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_LONGEST_MAGIC = 4

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_BLOCK_SIZE = 1 << 20
"""Bytes that are read at once."""

_PIECE_SIZE = 256
"""Bytes that are decompressed at once: so many are lost before a damage at most, beside what the
library had not decompressed yet."""

MOST_BYTES = 1 << 26
"""An article that is longer is refused, decompressed as it is: more than twenty books, or something
that was made to fill the memory."""

NOT_UTF8_WAY_OUT = (
    "Convert it first, for instance with `iconv -f UTF-16 -t UTF-8` (or from windows-1258 or TCVN, "
    "as it is)."
)


@contextmanager
def open_stream(source: Source) -> Iterator[io.BufferedReader]:
    """Open a source of text.

    Returns:
        Its bytes, decompressed if they begin as gzip or Zstandard do, without UTF-8 byte order
        mark.

    Raises:
        UnreadableError: It is UTF-16.
        OSError: It cannot be opened; while reading, it cannot be read or decompressed further.
    """
    with ExitStack() as stack:
        if source.path is None:
            if sys.stdin is None:
                raise UnreadableError("Expected text on standard input, which is closed.")
            read = cast(io.BufferedReader, sys.stdin.buffer).read1
        else:
            read = stack.enter_context(source.path.open("rb")).read
        stream, head = _looked_at(read, _LONGEST_MAGIC)
        for magic, compression in _COMPRESSIONS.items():
            if head.startswith(magic):
                stream, head = _looked_at(_decompressor(stream, compression), _LONGEST_MAGIC)
                break
        if head.startswith(_UTF16_MARKS):
            raise UnreadableError(
                "Expected text in UTF-8, found the byte order mark of UTF-16. Convert it first, "
                "for instance with `iconv -f UTF-16 -t UTF-8`."
            )
        if head.startswith(_UTF8_MARK):
            stream.read(len(_UTF8_MARK))
        yield stream


def read_article(stream: io.BufferedReader) -> bytes:
    """All bytes of a stream that is one article.

    Raises:
        UnreadableError: There are more than `MOST_BYTES`.
        OSError: See `open_stream`.
    """
    data = bytearray()
    while block := stream.read(_BLOCK_SIZE):
        data += block
        if len(data) > MOST_BYTES:
            raise UnreadableError(
                f"Expected at most {MOST_BYTES:,} bytes in an article, found more. If there are "
                "several articles in it, divide it, or use JSON Lines."
            )
    return bytes(data)


def lines_of(stream: io.BufferedReader) -> Iterator[bytes | None]:
    r"""The lines of a stream, which end with ``\n``; none for one of more than `MOST_BYTES`.

    Raises:
        OSError: See `open_stream`.
    """
    while line := stream.readline(MOST_BYTES + 1):
        if len(line) <= MOST_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_BLOCK_SIZE)
        yield None


def not_utf8(error: UnicodeDecodeError) -> str:
    """The reason of a rejection, of a text that was to be UTF-8."""
    return (
        f"Expected text in UTF-8, found byte 0x{error.object[error.start]:02x} at position "
        f"{error.start}. {NOT_UTF8_WAY_OUT}"
    )


class _Stream(io.RawIOBase):
    """Makes a file of a function that gives the next bytes, at most as many as asked for."""

    def __init__(self, read: Callable[[int], bytes], head: bytes) -> None:
        self._read = read
        self._head = head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def _looked_at(read: Callable[[int], bytes], count: int) -> tuple[io.BufferedReader, bytes]:
    """A stream, and its first bytes, which it still has."""
    head = b""
    while len(head) < count and (data := read(count - len(head))):
        head += data
    return io.BufferedReader(_Stream(read, head)), head


def _decompressor(stream: io.BufferedReader, compression: str) -> Callable[[int], bytes]:
    import pyarrow

    source = pyarrow.input_stream(stream, compression=compression)
    failed: OSError | None = None

    def read(count: int) -> bytes:
        # Where the library meets a damage, it gives nothing of what was asked for. Asked for
        # little, it gives what stands before.
        nonlocal failed
        data = bytearray()
        while failed is None and len(data) < count:
            try:
                piece = source.read(min(_PIECE_SIZE, count - len(data)))
            except OSError as error:
                failed = error
                break
            if not piece:
                return bytes(data)
            data += piece
        if failed is not None and not data:
            raise failed
        return bytes(data)

    return read
