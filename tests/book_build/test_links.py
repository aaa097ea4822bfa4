"""Links: inside the book none is broken, and what a command says of those that lead out of it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from embeddings_course import cli
from embeddings_course.book_build.links import Link, ask, broken_links, external_links
from helpers.refusals import says


def test_every_link_inside_the_book_leads_to_a_file_and_a_place_in_it(html):
    assert broken_links(html) == []


@pytest.fixture
def small(tmp_path):
    """A book of two pages, with every kind of link."""
    html = tmp_path / "_build" / "html"
    (html / "book").mkdir(parents=True)
    (html / "index.html").write_text(
        '<a href="book/one.html#there">good</a> <a href="book/one.html#gone">no such place</a>'
        '<a href="book/two.html">no such page</a> <a href="#">this page</a> <a href="#top">up</a>'
        '<a href="mailto:x@example.org">mail</a> <img src="none.png">'
        '<a href="https://example.org/a#b">out</a>'
    )
    (html / "book" / "one.html").write_text(
        '<p id="there">Text <a href="../index.html?q=1">back</a> <a href="https://example.org/a">'
    )
    return html


def test_broken_links_are_named_with_the_page_that_they_are_on(small):
    assert broken_links(small) == [
        Link("index.html", "book/one.html#gone"),
        Link("index.html", "book/two.html"),
        Link("index.html", "none.png"),
    ]


def test_links_out_of_the_book_are_listed_once_with_all_their_pages(small):
    assert external_links(small) == {"https://example.org/a": ["book/one.html", "index.html"]}


@pytest.fixture
def host():
    """A host on this machine that answers with the status that the address asks for."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.reply(405 if "no-head" in self.path else int(self.path[1:4]))

        def do_GET(self):
            self.reply(int(self.path[1:4]))

        def reply(self, status):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "verdict"),
    [("200", "ok"), ("200-no-head", "ok"), ("404", "dead"), ("410", "dead"), ("403", "unclear")],
)
def test_an_address_is_dead_only_when_its_host_says_so(host, path, verdict):
    (answer,) = ask([f"{host}/{path}"])
    assert answer.verdict == verdict


@pytest.fixture
def command(small, monkeypatch, capsys):
    """Run ``course links`` on a book with these links."""
    monkeypatch.setattr(cli, "ROOT", small.parent.parent)
    monkeypatch.chdir(small.parent.parent)
    (small.parent.parent / "_toc.yml").touch()

    def run(*urls):
        (small / "book" / "one.html").unlink(missing_ok=True)
        (small / "index.html").write_text("".join(f'<a href="{url}">x</a>' for url in urls))
        return cli.main(["links"]), capsys.readouterr()

    return run


def test_command_fails_on_a_dead_link_and_names_its_page(command, host):
    status, said = command(f"{host}/200", f"{host}/404", f"{host}/403")
    assert status == 1
    assert f"dead     {host}/404 (404 Not Found), on index.html" in said.out
    assert f"unclear  {host}/403" in said.out
    assert "3 links lead out of the book, 1 of them to nothing." in said.out
    assert command(f"{host}/200", f"{host}/403")[0] == 0


def test_command_says_in_one_sentence_that_there_is_no_network(command, complaints):
    status, said = command("http://127.0.0.1:9/", "http://nowhere.invalid/")
    assert status == 1
    says(complaints[0], "links-no-network")
    assert said.out == ""
