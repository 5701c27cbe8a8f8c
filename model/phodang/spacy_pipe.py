"""phodang as a component of a spaCy pipeline (https://spacy.io/usage/processing-pipelines).

>>> import spacy
>>> nlp = spacy.blank("xx")
>>> _ = nlp.add_pipe("phodang", config={"model": "entities"})  # doctest: +SKIP
>>> nlp("Sáng 12-3, tại Hà Nội, Ban Tổ chức Trung ương họp.").ents  # doctest: +SKIP
(Sáng 12-3, Hà Nội, Ban Tổ chức Trung ương)

The component sets ``doc.ents`` and ``doc.spans["sections"]``, as far as the model tells them; see
`phodang.exchange.spacy_docs` for these and for ``doc.user_data["phodang"]``, which has scores and
exact offsets. `phodang.exchange.spacy_docs.doc_to_article` makes an `Article` of a document.

Any tokenizer will do: where an entity or a section begins or ends inside a token, the token is
split there, so that no span is moved or lost; what was set for it is set for its pieces. The
language ``vi`` needs pyvi, unless it is made with
``{"nlp": {"tokenizer": {"use_pyvi": False}}}`` as its ``config``; ``xx`` needs nothing.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from typing import Any

from phodang.analyzer import BUNDLED_MODEL, Analyzer
from phodang.errors import MissingDependencyError
from phodang.exchange.spacy_docs import borders_of, mark_doc
from phodang.exchange.spacy_tokens import split_tokens

try:
    from spacy.language import Language
    from spacy.tokens import Doc
except ImportError as error:
    raise MissingDependencyError(
        "spaCy is not installed. Install it with `pip install 'phodang[spacy]'`."
    ) from error

FACTORY = "phodang"
"""The name under which a pipeline takes the component."""


class PhodangComponent:
    """Labels documents with one model.

    A pipeline that is written to disk keeps the configuration alone, thus the model's name or
    path, and the model is loaded from there again.

    Attributes:
        model: Folder of a checkpoint, or the name of the bundled model.
        tasks: What to read documents for; none for all that the model can do.
        threads: How many sequences are run at once; none for as many as there are cores.
    """

    def __init__(self, model: str, *, tasks: list[str] | None, threads: int | None) -> None:
        self.model = model
        self.tasks = tasks
        self.threads = threads
        self._analyzer: Analyzer | None = None
        self._process = 0
        # A wrong name is told at once, and so is a task that is not the model's.
        list(self.analyzer.stream([], tasks=tasks))

    @property
    def analyzer(self) -> Analyzer:
        """The analyzer, loaded once in each process: threads do not live on in a fork."""
        if self._analyzer is None or self._process != os.getpid():
            self._analyzer = Analyzer.from_pretrained(self.model, threads=self.threads)
            self._process = os.getpid()
        return self._analyzer

    def __call__(self, doc: Doc) -> Doc:
        """Label one document."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int | None = None) -> Iterator[Doc]:
        """Label documents as they come.

        Args:
            stream: The documents.
            batch_size: Not used: the analyzer reads as many ahead as the model can use.
        """
        docs, read_ahead = itertools.tee(stream)
        analyzer = self.analyzer
        tasks = analyzer.manifest.tasks if self.tasks is None else self.tasks
        articles = analyzer.stream((doc.text for doc in read_ahead), tasks=tasks)
        for article, doc in zip(articles, docs, strict=True):
            entities, sections = "entities" in tasks, "sections" in tasks
            split_tokens(doc, borders_of(doc, article))
            mark_doc(doc, article, entities=entities, sections=sections)
            yield doc

    def __getstate__(self) -> dict[str, Any]:
        # Another process loads the model by itself.
        return {**self.__dict__, "_analyzer": None}


@Language.factory(
    FACTORY,
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "doc.spans"],
    default_config={"model": BUNDLED_MODEL, "tasks": None, "threads": None},
    retokenizes=True,
)
def create_phodang(
    nlp: Language,
    name: str,
    model: str,
    tasks: list[str] | None,
    threads: int | None,
) -> PhodangComponent:
    """Make the component; spaCy calls this.

    Args:
        nlp: The pipeline.
        name: The component's name in it.
        model: Folder of a checkpoint, or ``compact``, the bundled model.
        tasks: ``entities``, ``sections`` or both; by default all that the model can do.
        threads: How many sequences are run at once; by default as many as there are cores.

    Raises:
        CheckpointError: There is no such checkpoint, or it is damaged or of an unknown format.
        InputError: A task is unknown or not the model's, or ``threads`` is below 1.
    """
    return PhodangComponent(model, tasks=tasks, threads=threads)
