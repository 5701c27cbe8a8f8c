"""Files with their lines: what is read from where, and what is wrong where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from phodang_training.corpus.annotation import AnnotatedArticle


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file.

    Attributes:
        path: The file.
        line: The line, counted from 1; none if the fault is the whole file's.
        message: What was expected, what was found, and the way out.
    """

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.path if self.line is None else place_of(self.path, self.line)
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class PlacedArticle:
    """An annotated article with the file and the line that it begins at."""

    article: AnnotatedArticle
    path: str
    line: int

    @property
    def place(self) -> str:
        """File and line in words."""
        return place_of(self.path, self.line)

    def fault(self, message: str) -> Fault:
        """A fault of this article."""
        return Fault(self.path, self.line, message)


def place_of(path: str, line: int) -> str:
    """A file and a line in words, as messages begin."""
    return f"{path}, line {line}"


def read_lines(path: Path) -> Iterator[tuple[int, str] | Fault]:
    """Read the lines of a text file in UTF-8.

    Yields:
        Lines with their numbers, counted from 1, without what ends them; a fault for the file if
        it cannot be read, and for each line that is not UTF-8. Only line feeds part lines, as JSON
        text may hold other separators.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        yield Fault(
            str(path),
            None,
            f"expected a file, found none to read ({error.strerror}). Check the path; it is "
            "relative to the folder that the command is run in.",
        )
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            found = f"{error.object[error.start]:#04x}"
            yield Fault(
                str(path), number, f"expected UTF-8, found byte {found}. Save the file as UTF-8."
            )
        else:
            yield number, text.removesuffix("\r")
