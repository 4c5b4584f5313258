"""Markdown of tickets and labs as HTML that cannot do anything: no HTML of its own, no pictures, only plain links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from orchestrator.core.language import Language, printed

_LAST_LEVEL = 6
_LONG = 20
"""Characters that a column of a table takes on a telephone."""
_SCHEMES = {"", "http", "https"}


def html(markdown: str, language: Language, below: int = 1) -> str:
    """Return Markdown as HTML.

    Args:
        markdown: what an author wrote, or a trainee.
        language: its language, for the spaces and apostrophes of French.
        below: the level of the heading under which it stands; its first headings are one level deeper.
    """
    made: str = _parser().render(markdown, {"language": language, "below": below})
    return made


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable("table").disable(["image", "html_block", "html_inline"])
    parser.validateLink = _is_plain  # type: ignore[method-assign]
    parser.core.ruler.push("portal", _adapt)
    parser.add_render_rule("code_inline", _code)
    parser.add_render_rule("text", _text)
    return parser


def _code(_renderer: RendererHTML, tokens: Sequence[Token], at: int, *_more: object) -> str:
    return f"<code>{_breaking(tokens[at].content)}</code>"


def _text(_renderer: RendererHTML, tokens: Sequence[Token], at: int, *_more: object) -> str:
    return _breaking(tokens[at].content)


def _breaking(text: str) -> str:
    """Return text as HTML; a long path or address may end a line after each of its parts, not within their names."""
    words = (word.replace("/", "/<wbr>") if len(word) > _LONG else word for word in escapeHtml(text).split(" "))
    return " ".join(words)


def _is_plain(url: str) -> bool:
    """Return whether a link leads to a web page, or to a page beside this one; every other scheme is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in _SCHEMES and (parts.scheme != "" or not parts.netloc)


def _adapt(state: StateCore) -> None:
    levels = [int(token.tag[1]) for token in state.tokens if token.type == "heading_open"]
    deeper = state.env["below"] + 1 - min(levels, default=1)
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + deeper, _LAST_LEVEL)}"
        for inner in token.children or ():
            _adapt_inline(inner, state.env["language"])


def _adapt_inline(token: Token, language: Language) -> None:
    if token.type == "text" and language == "fr":
        token.content = printed(token.content)
    elif token.type == "link_open":
        token.attrSet("rel", "noopener noreferrer nofollow")
