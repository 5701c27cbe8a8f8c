"""Article → the column format of CoNLL-2003, for tools that train on it or score it.

The format is that of Tjong Kim Sang and De Meulder (2003, https://aclanthology.org/W03-0419): a
token a line, its tag in the last column, an empty line after each sequence. Of the four columns
there, two are written, parted by a tab: the token and its entity tag. The tags are IOB2 (Tjong
Kim Sang and Veenstra 1999, https://aclanthology.org/E99-1023, after the IOB tags of Ramshaw and
Marcus 1995, https://aclanthology.org/W95-0107, and Ratnaparkhi 1998): every entity begins with
``B-``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from phodang.article import Article, Entity, Passage
from phodang.errors import InputError

_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_JOINER = "_"
# What the model does not see (see `phodang.normalization`) lies in no word.
_NO_WORD = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def article_to_conll(article: Article, *, words: Sequence[tuple[int, int]]) -> str:
    """Write an article as tokens with IOB2 tags.

    Args:
        article: The article.
        words: The words of all its passages, ``(start, end)`` in code points of the article's
            text, end exclusive, in order, each inside one passage; together they cover all that
            is no white space, control or format character. They overlap at most where a
            segmenter parted a letter that the text writes with several code points; the letter
            then goes with the first word.

    Returns:
        Lines ``token<TAB>tag``, each passage followed by an empty line, so that the output for
        several articles can be joined. A word is split where an entity begins or ends inside it,
        white space at the edges of a token is left out, and white space or control characters
        inside are written ``_``. There are as many ``B-`` tags as entities. Text outside the
        passages has no tokens.

    Raises:
        InputError: The words are not those of the article, or a label has white space in it.
    """
    blocks = []
    used = 0
    for passage in article.passages:
        last = used
        while last < len(words) and words[last][0] < passage.end:
            last += 1
        own = _words_of(passage, words[used:last])
        used = last
        lines = [f"{token}\t{tag}\n" for token, tag in _tagged_tokens(passage, own)]
        if lines:
            blocks.append("".join(lines) + "\n")
    if used != len(words):
        raise _wrong_words(words[used], "outside all passages")
    return "".join(blocks)


def _tagged_tokens(passage: Passage, words: Sequence[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    index = 0
    for segment_start, segment_end, entity in _segments(passage):
        tokens = []
        while index < len(words) and words[index][0] < segment_end:
            start, end = words[index]
            tokens.append(_token(passage, max(start, segment_start), min(end, segment_end)))
            if end > segment_end:
                break  # The rest of the word is of the next segment.
            index += 1
        tokens = [token for token in tokens if token]
        if entity is None:
            yield from ((token, "O") for token in tokens)
        else:
            # An entity made by hand may hold nothing that is written; it is kept as well.
            for number, token in enumerate(tokens or [_JOINER]):
                yield token, f"{'I' if number else 'B'}-{_label(entity)}"


def _segments(passage: Passage) -> Iterator[tuple[int, int, Entity | None]]:
    """The passage, cut where entities begin and end."""
    position = passage.start
    for entity in passage.entities:
        yield position, entity.start, None
        yield entity.start, entity.end, entity
        position = entity.end
    yield position, passage.end, None


def _token(passage: Passage, start: int, end: int) -> str:
    surface = passage.text[start - passage.start : end - passage.start]
    return _JOINER.join(filter(None, _SPACE.split(surface)))


def _label(entity: Entity) -> str:
    if _SPACE.search(entity.label):
        raise InputError(
            f"Label {entity.label!r}: expected a label without white space, which the CoNLL "
            "format cannot hold. Rename the label, or choose another format."
        )
    return entity.label


def _words_of(passage: Passage, words: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Check a passage's words; those that share a letter are parted behind it."""
    parted = []
    begun, position = passage.start, passage.start
    for start, end in [*words, (passage.end, passage.end)]:
        if not begun <= start <= end or not position <= end <= passage.end:
            raise _wrong_words(
                (start, end),
                f"behind {begun}–{position} in the passage {passage.start}–{passage.end}",
            )
        left_out = passage.text[position - passage.start : max(start, position) - passage.start]
        if any(unicodedata.category(character) not in _NO_WORD for character in left_out):
            raise _wrong_words((start, end), f"with {left_out!r} before it in no word")
        if position < end:
            parted.append((max(start, position), end))
        begun, position = start, end
    return parted


def _wrong_words(word: tuple[int, int], found: str) -> InputError:
    return InputError(
        "Expected words in order, each inside one passage, that leave out nothing but white space; "
        f"found {word[0]}–{word[1]} {found}. Give the words that a "
        "segmenter found in this article, with offsets on the article's text."
    )
