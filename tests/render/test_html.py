from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.render.formats import RenderContext, render_plan, render_report
from reconciler.render.source_links import SourceLinks
from tests.render import hostile, samples

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT: Final = RenderContext()
VOID: Final = {"meta", "input", "br", "link", "img"}

BROWSER: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


class Page(HTMLParser):
    """Collects the elements, and checks that each that was opened is closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.content: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.content[self.open[-1]] = self.content.get(self.open[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def outputs(payload: str) -> list[str]:
    return [
        render_plan("html", hostile.plan_document(payload), CONTEXT),
        render_report("html", hostile.report(payload), CONTEXT),
    ]


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_foreign_text_is_text(payload: str) -> None:
    """A hostile page has the elements of a harmless one, and no handler, picture or address."""
    for text, harmless in zip(outputs(payload), outputs("harmless"), strict=True):
        page = Page(text)
        # Backticks in a remedy make code of what is between them, and nothing else.
        found = [name for name, _ in page.elements if name != "code"]
        assert found == [name for name, _ in Page(harmless).elements if name != "code"]
        for _, attributes in page.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "src"]
            assert (attributes.get("href") or "#").startswith("#")


@pytest.mark.parametrize("text", outputs("harmless"))
def test_policy_allows_exactly_what_is_there(text: str) -> None:
    """The page's policy names the hashes of its one style and its one script, and nothing else."""
    page = Page(text)
    metas = [meta for meta in page.all("meta") if meta.get("http-equiv")]
    policy = html.unescape(metas[0]["content"] or "")
    hashes = {
        name: base64.b64encode(hashlib.sha256(page.content[name].encode()).digest()).decode()
        for name in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; "
        f"script-src 'sha256-{hashes['script']}'; base-uri 'none'; form-action 'none'"
    )


def test_asks_nothing_of_the_network() -> None:
    """No address of another file stands in the page."""
    page = Page(render_plan("html", samples.PLAN_DOCUMENT, CONTEXT))
    assert not {name for name, _ in page.elements} & {"link", "img", "iframe", "object", "base"}
    assert "url(" not in page.content["style"]
    assert "@import" not in page.content["style"]


def test_each_customer_has_one_permalink() -> None:
    """The first row of each customer is called by its id, and ids are unique."""
    page = Page(render_plan("html", samples.PLAN_DOCUMENT, CONTEXT))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert f"customer-{samples.FABRIKAM}" in ids
    assert {link["href"] for link in page.all("a")} <= {f"#{name}" for name in ids}


def test_accessible() -> None:
    """There are landmarks, a language, one first heading, a way past the controls, and labels."""
    page = Page(render_plan("html", samples.PLAN_DOCUMENT, CONTEXT))
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("legend")) == 1
    assert page.all("a")[0]["href"] == f"#{page.all('main')[0]['id']}"
    labelled = {label.get("for") for label in page.all("label")}
    (search,) = [item for item in page.all("input") if item["type"] == "search"]
    assert search["id"] in labelled


@pytest.mark.parametrize("theme", [0, 1])
def test_colours_have_contrast(theme: int) -> None:
    """Every colour of text stands out from both grounds by 4.5 to 1, in light and in dark."""
    style = Page(render_plan("html", samples.EMPTY_DOCUMENT, CONTEXT)).content["style"]
    block = style.split(":root {")[1 + theme].split("}")[0]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
    for ground in ("ground", "panel"):
        for name in ("text", "quiet", "link", "error", "warning", "note", "good"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


def contrast(first: str, second: str) -> float:
    """Compare two colours as WCAG 2 does."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_controls_are_hidden_without_scripts() -> None:
    """Without scripts everything is shown, and no control that would do nothing."""
    page = Page(render_plan("html", samples.PLAN_DOCUMENT, CONTEXT))
    assert "hidden" in page.all("form")[0]
    assert not [item for item in page.all("li") + page.all("section") if "hidden" in item]


def browse(text: str, folder: Path, query: str = "") -> str:
    """Open a page in a browser, and return what its scripts made of it."""
    assert BROWSER is not None
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            path.as_uri() + query,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_in_a_browser(tmp_path: Path) -> None:
    """The page's own script runs under its policy, and shows the controls and all rows."""
    seen = Page(browse(render_plan("html", samples.PLAN_DOCUMENT, CONTEXT), tmp_path))
    assert "hidden" not in seen.all("form")[0]
    assert not [row for row in seen.all("li") if "hidden" in row]
    assert [button["id"] for button in seen.all("button") if "hidden" not in button] == ["copy"]


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
@pytest.mark.parametrize(
    ("act", "shown"),
    [
        (
            "boxes.forEach((box) => { box.checked = box.value === 'denied'; })",
            ["vetting-denied"],
        ),
        ("search.value = ' LITWARE'", ["planned-create"]),
        ("search.value = 'nothing can remove it'", ["removal-not-supported"]),
        ("search.value = 'no such text'", []),
    ],
)
def test_filter_and_search(act: str, shown: list[str], tmp_path: Path) -> None:
    """A reader who chooses outcomes or searches sees the rules and customers that match."""
    text = render_plan("html", samples.PLAN_DOCUMENT, CONTEXT)
    # A test may act on the page only where the page's policy is taken out.
    open_text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    acting = f"<script>{act}; controls.dispatchEvent(new Event('input'));</script></body>"
    seen = Page(browse(open_text.replace("</body>", acting), tmp_path))
    groups = [item for item in seen.all("div") if item.get("class") == "group"]
    visible = [item["data-about"] or "" for item in groups if "hidden" not in item]
    assert [about.split()[-1] for about in visible] == shown
    parts = [item for item in seen.all("section") if item.get("data-kind")]
    assert len([item for item in parts if "hidden" not in item]) == len(shown)


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_filter_and_search_stand_in_the_address(tmp_path: Path) -> None:
    """An address with a search and a hidden kind opens narrowed so; what else it holds stays."""
    text = render_plan("html", samples.PLAN_DOCUMENT, CONTEXT)
    seen = browse(text, tmp_path, "?sig=x&q=fabrikam&hide=advisory")
    assert "Showing 2 of 11" in seen
    open_text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    act = "search.value = 'litware'; controls.dispatchEvent(new Event('input'));"
    acting = f"<script>{act} document.title = location.search;</script></body>"
    page = browse(open_text.replace("</body>", acting), tmp_path, "?sig=x&q=fabrikam")
    assert Page(page).content["title"] == "?sig=x&q=litware"


def test_places_link_to_the_reviewed_commit() -> None:
    """Where the pipeline tells its commit, a place is a link to its line; else it is text."""
    context = RenderContext(sources=SourceLinks("https://host/blob/{path}#L{line}"))
    page = Page(render_plan("html", samples.PLAN_DOCUMENT, context))
    addresses = [link["href"] for link in page.all("a")]
    assert "https://host/blob/customers/litware%20college.yaml#L8" in addresses


def test_counts_stand_there_once() -> None:
    """The headline counts; neither the choices nor the headings count again."""
    page = Page(render_plan("html", samples.PLAN_DOCUMENT, CONTEXT))
    for tag in ("label", "h2", "span"):
        assert not re.search(r"\b\d+ (impossible|blocked)|\(\d+\)", page.content[tag])


def test_it_ends_with_how_it_is_applied() -> None:
    """The page names the command with the digest, and who may; an empty plan has none."""
    text = render_plan("html", samples.PLAN_DOCUMENT, CONTEXT)
    assert f"reconciler apply PLAN --expect-digest {samples.PLAN_DOCUMENT.digest}" in text
    empty = render_plan("html", samples.EMPTY_DOCUMENT, CONTEXT)
    assert "There is nothing to apply." in empty
    assert "reconciler apply" not in empty


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_hostile_text_does_nothing_in_a_browser(tmp_path: Path) -> None:
    """No script of foreign text runs, though it stands in every place."""
    payloads = (payload for name, payload in hostile.PAYLOADS.items() if name != "megabyte")
    seen = browse(render_plan("html", hostile.plan_document("".join(payloads)), CONTEXT), tmp_path)
    page = Page(seen)
    assert page.content["title"].startswith("reconciler: Plan")
    assert len(page.all("script")) == 1
    assert not page.all("img")
