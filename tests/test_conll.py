"""The CoNLL output is valid IOB2 in which no entity and no text is lost."""

from __future__ import annotations

import re

import pytest
from article_strategies import any_text, articles
from hypothesis import given
from hypothesis import strategies as st

from phodang.article import Article, Entity, Passage
from phodang.conll import article_to_conll
from phodang.errors import InputError
from phodang.normalization import normalize

TEXT = "Sáng 12-3, Ban Tổ chức Trung ương họp.\nTại Hà Nội."


def example() -> Article:
    date = Entity(5, 9, "DATE", "12-3", 0.9)
    body = Entity(11, 33, "ORG", "Ban Tổ chức Trung ương", 0.9)
    place = Entity(43, 49, "LOC", "Hà Nội", 0.9)
    return Article(
        TEXT, (Passage(0, 38, TEXT[:38], (date, body)), Passage(39, 50, TEXT[39:], (place,)))
    )


def words_of(article: Article, word: str = r"\S+") -> list[tuple[int, int]]:
    """Words found the way the reader finds them: on the normalised passage, given on the raw."""
    words = []
    for passage in article.passages:
        normalized = normalize(passage.text, offset=passage.start)
        for match in re.finditer(word, normalized.text):
            words.append((normalized.starts[match.start()], normalized.ends[match.end() - 1]))
    return words


@given(articles(), st.sampled_from([r"\S+", r"\S+( \S+)?", r"\S"]))
def test_iob2_is_valid_and_no_entity_is_lost(article: Article, word: str) -> None:
    words = words_of(article, word)
    blocks = article_to_conll(article, words=words).split("\n\n")
    assert blocks.pop() == ""
    begun = []
    for block in blocks:
        previous = "O"
        for line in block.split("\n"):
            token, tag = line.split("\t")
            assert re.fullmatch(r"[^\s\x00-\x1f\x7f-\x9f]+", token)
            if tag.startswith("B-"):
                begun.append(tag[2:])
            elif tag != "O":
                assert tag.startswith("I-")
                assert previous[2:] == tag[2:]
            previous = tag
    assert begun == [entity.label for entity in article.entities]


@given(articles(st.text("aĐ _\n1-", min_size=1, max_size=8)))
def test_the_tokens_hold_all_text_of_the_passages(article: Article) -> None:
    output = article_to_conll(article, words=words_of(article))
    tokens = "".join(line.split("\t")[0] for line in output.splitlines())
    text = "".join(passage.text for passage in article.passages)
    assert re.sub(r"[\s_]", "", text) == tokens.replace("_", "")


def test_words_become_tokens_and_passages_are_parted() -> None:
    words = [(0, 4), (5, 9), (9, 10), (11, 14), (15, 22), (23, 33), (34, 37), (37, 38)]
    words += [(39, 42), (43, 49), (49, 50)]
    assert article_to_conll(example(), words=words) == (
        "Sáng\tO\n12-3\tB-DATE\n,\tO\nBan\tB-ORG\nTổ_chức\tI-ORG\nTrung_ương\tI-ORG\nhọp\tO\n.\tO\n"
        "\nTại\tO\nHà_Nội\tB-LOC\n.\tO\n\n"
    )


def test_a_word_is_split_at_the_border_of_an_entity() -> None:
    words = [(0, 9), (9, 38), (39, 50)]
    assert article_to_conll(example(), words=words) == (
        "Sáng\tO\n12-3\tB-DATE\n,\tO\nBan_Tổ_chức_Trung_ương\tB-ORG\nhọp.\tO\n\n"
        "Tại\tO\nHà_Nội\tB-LOC\n.\tO\n\n"
    )


def test_entities_that_touch_stay_two() -> None:
    entities = (Entity(0, 1, "LOC", "a", 1.0), Entity(1, 2, "LOC", "b", 1.0))
    article = Article("ab", (Passage(0, 2, "ab", entities),))
    assert article_to_conll(article, words=[(0, 2)]) == "a\tB-LOC\nb\tB-LOC\n\n"


def test_invisible_characters_need_no_word() -> None:
    text = "\ufeffHà\u200b Nội\x00"
    article = Article(text, (Passage(0, len(text), text),))
    assert article_to_conll(article, words=[(1, 3), (5, 8)]) == "Hà\tO\nNội\tO\n\n"


def test_words_that_share_a_letter_are_parted_behind_it() -> None:
    text = "xx\u0323\u0301y"
    article = Article(text, (Passage(0, 5, text),))
    assert (
        article_to_conll(article, words=[(0, 4), (1, 4), (1, 5)]) == "xx\u0323\u0301\tO\ny\tO\n\n"
    )


def test_an_article_without_passages_is_empty() -> None:
    assert article_to_conll(Article(""), words=[]) == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([(0, 38)], r"found 50–50 with 'Tại Hà Nội.' before it in no word"),
        ([(0, 4), (10, 38), (39, 50)], "with ' 12-3,' before it"),
        ([(0, 10), (10, 9), (9, 38), (39, 50)], "found 10–9 behind 0–10"),
        ([(5, 38), (0, 4), (39, 50)], "with 'Sáng ' before it"),
        ([(0, 4), (5, 38), (3, 10), (39, 50)], "found 3–10 behind 5–38"),
        ([(0, 50)], "found 0–50 behind 0–0 in the passage 0–38"),
        ([(0, 38), (39, 51)], "in the passage 39–50"),
        ([(0, 38), (38, 39), (39, 50)], "38–39 behind"),
        ([(0, 38), (39, 50), (50, 51)], "50–51 outside all passages"),
    ],
)
def test_words_of_another_text_are_refused(words: list[tuple[int, int]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        article_to_conll(example(), words=words)


def test_a_label_with_white_space_is_refused() -> None:
    passage = Passage(0, 1, "a", (Entity(0, 1, "CƠ QUAN", "a", 1.0),))
    with pytest.raises(InputError, match="label without white space"):
        article_to_conll(Article("a", (passage,)), words=[(0, 1)])


@given(any_text, st.sampled_from([r"\S+", r"\S"]))
def test_the_reader_s_words_are_always_accepted(text: str, word: str) -> None:
    article = Article(text, (Passage(0, len(text), text),))
    assert article_to_conll(article, words=words_of(article, word)).count("\n\n") <= 1
