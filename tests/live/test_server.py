"""The server: what it refuses, what it answers, how it is started."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradevo
from gradevo.errors import GradevoError
from gradevo.live.folder import Folder
from gradevo.live.server import Watch, address, is_known, names_of, serve
from gradevo.testing import write_run

TOY = {"dense/kernel": np.ones((6, 2))}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    folder = tmp_path_factory.mktemp("results")
    write_run(folder / "a" / "run.h5", TOY, 2)
    with Watch(folder, port=0) as watch:
        yield watch


def ask(
    watch: Watch, path: str, question: Any = None, host: str | None = None
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer."""
    port = int(watch.url.rsplit(":", 1)[1].strip("/"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = None if question is None else question if isinstance(question, str) else json.dumps(question)
    headers = {} if host is None else {"Host": host}
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def question(**given: Any) -> dict[str, Any]:
    return {"revision": -1, "run": "a/run.h5", "shown": None, "overlay": None, **given}


def test_the_page_and_all_that_it_loads_come_from_the_server(watched: Watch) -> None:
    status, headers, text = ask(watched, "/")
    assert status == 200
    assert "Server" not in headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "http" not in text.replace(watched.url, "")
    for name in [part.split('"')[0] for part in text.split('"assets/')[1:]]:
        assert ask(watched, f"/assets/{name}")[0] == 200, name


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "192.0.2.7"]
)
@pytest.mark.parametrize("path", ["/", "/news", "/assets/live.js", "/elsewhere"])
def test_foreign_names_are_refused_everywhere(watched: Watch, host: str, path: str) -> None:
    status, _, text = ask(watched, path, question() if path == "/news" else None, host)
    assert status in (400, 403)
    assert "a/run.h5" not in text
    if host:
        assert status == 403
        assert "expected 127.0.0.1 or ::1 or localhost as the name of this server, found " in text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "LOCALHOST:80", "[::1]:8765"])
def test_its_own_names_are_not(watched: Watch, host: str) -> None:
    assert ask(watched, "/", host=host)[0] == 200


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/elsewhere", None, 404),
        ("/assets/../server.py", None, 404),
        ("/assets/%2e%2e%2fserver.py", None, 404),
        ("/run?name=/etc/passwd", None, 404),
        ("/run?name=../a/run.h5", None, 404),
        ("/news", "no JSON", 400),
        ("/news", "[1]", 400),
        ("/news", {"run": "a/run.h5", "shown": {"structure": 1}}, 200),
        ("/news", None, 405),
        ("/", {}, 405),
    ],
)
def test_what_it_does_not_know_it_refuses(watched: Watch, path: str, given: Any, status: int) -> None:
    found, _, text = ask(watched, path, given)
    assert found == status
    assert "Traceback" not in text


def test_news_are_what_a_page_has_not(watched: Watch) -> None:
    for _ in range(20):
        first = json.loads(ask(watched, "/news", question())[2])
        if first["rows"] and first["rows"][0]["read"] == 3:
            break
    (row,) = first["rows"]
    assert (row["name"], row["state"], row["epochs"], row["loss"]) == ("a/run.h5", "complete", 3, 1 / 3)
    shown = {"structure": first["run"]["structure"], "state": None}
    second = json.loads(ask(watched, "/news", question(shown=shown))[2])
    assert second["run"]["epochs"] == 3
    assert {part["since"] for one in second["run"]["explorers"] for part in one["parts"]} == {0}
    shown["state"] = second["run"]["state"]
    third = json.loads(ask(watched, "/news", question(shown=shown))[2])
    assert "explorers" not in third["run"]
    status, _, text = ask(watched, "/news", question(shown=shown, revision=third["run"]["revision"]))
    assert (status, text) == (204, "")


def test_names_of_hosts() -> None:
    assert names_of("127.0.0.1") == {"127.0.0.1", "localhost", "::1"}
    assert "lab.example" in names_of("LAB.example")
    everywhere = names_of("0.0.0.0")
    assert is_known("192.0.2.7", everywhere)
    assert is_known("[2001:db8::1]", everywhere)
    assert is_known(socket.gethostname(), everywhere)
    assert not is_known("evil.example", everywhere)
    assert not is_known("192.0.2.7", names_of("127.0.0.1"))
    assert not is_known("*", everywhere)


def test_addresses() -> None:
    assert address("127.0.0.1", 80) == "http://127.0.0.1:80/"
    assert address("0.0.0.0", 80) == "http://127.0.0.1:80/"
    assert address("::1", 80) == "http://[::1]:80/"
    assert address("lab.example", 80) == "http://lab.example:80/"


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("none")
    with pytest.raises(GradevoError, match=r"notes\.txt: expected a folder of records, or a run file"):
        Folder(path)


def test_a_taken_port_and_a_foreign_address_are_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            GradevoError, match=rf"127\.0\.0\.1 port {port}: expected an address that is free"
        ):
            serve(tmp_path, port)
        with pytest.raises(GradevoError, match=f"port {port}: expected"):
            gradevo.watch(tmp_path, port=port)
    with pytest.raises(GradevoError, match=r"192\.0\.2\.7 port 0: .*name others with --host and --port"):
        serve(tmp_path, 0, "192.0.2.7")


def test_a_notebook_shows_the_page(watched: Watch) -> None:
    html = watched._repr_html_()
    assert f'<iframe src="{watched.url}"' in html
    assert watched.url in repr(watched)


def test_the_command_says_where_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gradevo", "watch", tmp_path, "--port", "0"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who starts the tests in the background lets them ignore interrupts, and this process, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("http://127.0.0.1:")
        assert f"/ follows {tmp_path}; Ctrl+C ends it" in said
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""


def test_the_command_warns_of_other_interfaces(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gradevo", "watch", tmp_path, "--port", "0", "--host", "0.0.0.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert "0.0.0.0: everyone who reaches this machine can read names and numbers of the runs" in errors
