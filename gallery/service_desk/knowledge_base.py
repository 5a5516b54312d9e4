"""The knowledge base: how things are done here. It is only read."""

from __future__ import annotations

import re
from typing import Final

from pointsman.tools import NothingDone

from .records import Article, ArticleSummary
from .store import DESK

__all__ = ["read_article", "search"]

_MOST_FOUND: Final = 5


def search(query: str) -> list[ArticleSummary]:
    """Search the knowledge base; the articles that share most words with the query come first.

    Args:
        query: A few words, such as: password forgotten.
    """
    asked = _words(query)
    with DESK.reading() as desk:
        rows = desk.execute("SELECT article_id, title, keywords FROM articles ORDER BY article_id").fetchall()
    shared = [(len(asked & _words(f"{row['title']} {row['keywords']}")), row) for row in rows]
    found = sorted((one for one in shared if one[0]), key=lambda one: -one[0])
    return [ArticleSummary(row["article_id"], row["title"]) for _, row in found[:_MOST_FOUND]]


def read_article(article_id: str) -> Article:
    """Read an article.

    Args:
        article_id: Identifier of the article, as `search` gave it, such as KB-01.
    """
    with DESK.reading() as desk:
        row = desk.execute("SELECT * FROM articles WHERE article_id = ?", (article_id,)).fetchone()
    if row is None:
        raise NothingDone(f"There is no article {article_id!r}. Identifiers look like KB-01; search gives them.")
    return Article(row["article_id"], row["title"], row["text"])


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
