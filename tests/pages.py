"""What is true of every page of `make site`: asked of a made-up lesson and of the real ones."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Seen(HTMLParser):
    """One page, read tag by tag. A tag closed in the wrong place fails at once."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []  # (the tags it stands in, text)
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def text(self, without: str = "details") -> str:
        """The words of the page, those inside `without`, the style and the script left out."""
        left_out = {without, "style", "script"}
        return "".join(data for tags, data in self.texts if not left_out & set(tags))


def check_page(html: str, others: set[str]) -> Seen:
    """Nothing comes from elsewhere, no script but the page's own, and each link leads somewhere.

    others: the files of the site, such as "index.html" and "notebooks/01_a.ipynb".
    """
    seen = Seen(html)
    for tag, attrs in seen.tags:
        assert not [name for name in attrs if name.startswith("on")], f"<{tag} {attrs}> has a handler"
        assert not {"srcset", "poster", "action", "formaction", "background"} & attrs.keys()
        assert tag not in ("iframe", "object", "embed", "base", "audio", "video")
        if "src" in attrs:
            assert tag == "img" and attrs["src"].startswith("data:image/"), (
                f"<{tag}> loads {attrs['src'][:80]}"
            )
        if tag == "img":
            # The words of a card on the index stand under its picture.
            assert attrs.get("alt") or 'class="lessons"' in html, "a picture without words"
        if tag == "a":
            goal, _, place = attrs["href"].partition("#")
            assert goal.startswith("https://") or goal in others | {""}, (
                f"a link leads to {goal}, which is no page"
            )
            assert goal or [1 for _, each in seen.tags if each.get("id") == place] or place == "main"
    ids = [attrs["id"] for _, attrs in seen.tags if "id" in attrs]
    assert len(ids) == len(set(ids)), "an id that stands twice"
    styles = [data for tags, data in seen.texts if tags[-1:] == ("style",)]  # a frame may have its own
    assert styles and not any("url(" in style or "@import" in style for style in styles)
    scripts = [data for tags, data in seen.texts if tags[-1:] == ("script",)]
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    (policy,) = (a["content"] for a in seen.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}"
    assert not re.search(r"fetch\(|XMLHttpRequest|eval\(|import\(", "".join(scripts))
    return seen
