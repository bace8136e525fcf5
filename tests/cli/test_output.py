"""Where output goes and how it looks: stdout and stderr, colours, terminals, questions, the log."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.project import Project, clean_environment
from tests.cli.shop import AS_DECLARED, open_shop
from tests.cli.terminal import CTRL_C, CTRL_D, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.shop import Shop

FORMATS: Final = ("text", "json", "markdown", "html", "sarif", "github", "azure", "junit")
COLOUR: Final = re.compile(r"\x1b\[[0-9;]*3[0-9]")
QUESTION: Final = "Only yes is accepted: "


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return open_shop(tmp_path)


def creates(shop: Shop) -> int:
    """Count what is still to be created: five, before anything was sent."""
    return len(shop.plan()["steps"])


@pytest.mark.parametrize("format_", FORMATS)
def test_no_escapes_without_a_terminal(shop: Shop, format_: str) -> None:
    """Into a pipe no format writes escape codes, and stderr holds no more than how it ended."""
    ended = shop.run("plan", "--format", format_)
    assert ended.out
    assert "\x1b" not in ended.out + ended.err
    assert ended.err.count("\n") == 1


def test_colours_on_a_terminal(shop: Shop) -> None:
    """On a terminal the plan has colours, and no bar is left behind."""
    with on_terminal(shop.project, "plan") as terminal:
        assert terminal.finish() == 3
    document = terminal.shown[terminal.shown.index("To create at") :]
    assert COLOUR.search(document)
    assert "reading customers" not in document


def test_progress_tells_the_pace(shop: Shop) -> None:
    """While customers are read, a terminal shows how many of them, and how fast requests go."""
    with on_terminal(shop.project, "plan") as terminal:
        terminal.finish()
    read = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.shown.partition("To create at")[0])
    assert re.search(r"reading customers .* (\d+)/\1 .*\d requests a minute", read)


@pytest.mark.parametrize(
    "arguments", [("--no-color", "plan"), ("plan", "--no-color"), ("plan", "NO_COLOR")], ids=str
)
def test_no_colours_wanted(shop: Shop, arguments: tuple[str, ...]) -> None:
    """NO_COLOR and --no-color, before or after the command, are honoured on a terminal."""
    if arguments[-1] == "NO_COLOR":
        shop.project.environ["NO_COLOR"] = "1"
        arguments = arguments[:-1]
    with on_terminal(shop.project, *arguments) as terminal:
        assert terminal.finish() == 3
    assert not COLOUR.search(terminal.shown)
    assert "\x1b" not in terminal.shown[terminal.shown.index("To create at") :]


def test_documents_have_no_colours(shop: Shop) -> None:
    """A document for programs stays plain on a terminal, too."""
    with on_terminal(shop.project, "plan", "--format", "json") as terminal:
        terminal.finish()
    document = terminal.shown[terminal.shown.index("{\n") :].partition("Plan: ")[0]
    assert json.loads(document)["kind"] == "Plan"


@pytest.mark.parametrize("answer", ["yes\n", " yes \n"], ids=repr)
def test_yes(shop: Shop, answer: str) -> None:
    """Both the plan and the question are shown; only yes sends."""
    with on_terminal(shop.project, "apply") as terminal:
        terminal.wait_for(QUESTION)
        assert "Send 5 create(s)?" in terminal.shown
        assert terminal.shown.index("Digest: sha256:") < terminal.shown.index(QUESTION)
        terminal.press(answer)
        assert terminal.finish() == 3
    after = terminal.shown.partition(QUESTION)[2]
    assert "reading customers" not in after
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", after)
    assert re.search(r"creates, each after a read of its customer .*[0-5]/5", shown)
    assert "StateOwnedEntity sent\n" in shown
    assert "5 created" in after
    assert creates(shop) == 0


@pytest.mark.parametrize(
    ("keys", "code", "why"),
    [
        ("no\n", 1, "nothing sent"),
        ("y\n", 1, "nothing sent"),
        ("YES\n", 1, "nothing sent"),
        ("\n", 1, "nothing sent"),
        (CTRL_D, 1, "nothing sent"),
        (CTRL_C, 130, "interrupted at the question"),
    ],
    ids=repr,
)
def test_anything_but_yes(shop: Shop, keys: str, code: int, why: str) -> None:
    """Anything else sends nothing; the report says so of every step."""
    arguments = ("apply", "--report", "report.json")
    with on_terminal(shop.project, *arguments) as terminal:
        terminal.wait_for(QUESTION)
        terminal.press(keys)
        assert terminal.finish() == code
    assert why in terminal.shown
    report = json.loads((shop.project.folder / "report.json").read_text(encoding="utf-8"))
    assert report["summary"]["notAttempted"] == len(AS_DECLARED)
    assert creates(shop) == len(AS_DECLARED)


def test_no_is_told_in_one_line(shop: Shop) -> None:
    """To decline is no failure that has to be explained step by step."""
    with on_terminal(shop.project, "apply") as terminal:
        terminal.wait_for(QUESTION)
        terminal.press("no\n")
        assert terminal.finish() == 1
    assert terminal.shown.partition(QUESTION)[2] == "no\nnothing sent\n"


def test_question_on_a_saved_plan(shop: Shop) -> None:
    """With FILE, the saved plan is shown and asked about just so."""
    digest = shop.plan()["digest"]
    with on_terminal(shop.project, "apply", "plan.json") as terminal:
        terminal.wait_for(QUESTION)
        assert digest in terminal.shown
        terminal.press("no\n")
        assert terminal.finish() == 1


def test_no_question_where_nothing_is_to_send(shop: Shop) -> None:
    """Nobody is asked about a plan without steps."""
    assert shop.apply().code == 3
    with on_terminal(shop.project, "apply") as terminal:
        assert terminal.finish() == 3
    assert "accepted" not in terminal.shown


def test_report_alone_on_stdout(shop: Shop) -> None:
    """With stdout led elsewhere, the terminal shows plan and question, stdout holds the report."""
    out = shop.project.folder / "report.txt"
    with (
        out.open("wb") as stream,
        on_terminal(shop.project, "apply", "--format", "json", stdout=stream.fileno()) as terminal,
    ):
        terminal.wait_for(QUESTION)
        terminal.press("yes\n")
        assert terminal.finish() == 3
    assert json.loads(out.read_text(encoding="utf-8"))["summary"]["created"] == len(AS_DECLARED)
    assert "ApplyReport" not in terminal.shown


@pytest.mark.parametrize("arguments", [("-v", "plan"), ("plan", "--verbose")], ids=str)
def test_log(shop: Shop, arguments: tuple[str, ...]) -> None:
    """--verbose tells every call on stderr with its correlation id; stdout holds the long form."""
    told = shop.run(*arguments)
    assert "[vetting-denied]\n" in told.out
    *lines, ending = told.err.splitlines()
    assert ending.startswith("Exit code 3: ")
    reads = [line for line in lines if "/qualifications 200" in line]
    assert len(reads) == 4
    assert all(re.search(r"MS-CorrelationId [0-9a-f-]{36}$", line) for line in lines)


@pytest.mark.parametrize(
    "order", [("--config", "ours.yaml", "plan"), ("plan", "--config", "ours.yaml")]
)
def test_config_before_and_after(shop: Shop, order: tuple[str, ...]) -> None:
    """--config is taken before and after the command; the nearest one wins."""
    folder = shop.project.folder
    (folder / "reconciler.yaml").rename(folder / "ours.yaml")
    assert shop.run("plan").code == 1
    assert shop.run(*order).code == 3
    assert shop.run("--config", "nowhere.yaml", "plan", "--config", "ours.yaml").code == 3


def test_places_seen_from_elsewhere(shop: Shop) -> None:
    """Paths in a configuration are relative to it, and so are the places, wherever one stands."""
    elsewhere = shop.project.folder / "else" / "where"
    elsewhere.mkdir(parents=True)
    ended = Project(elsewhere, shop.project.environ).run(
        "plan", "--config", "../../reconciler.yaml", "--format", "json"
    )
    files = {step["source"]["file"] for step in ended.document["steps"]}
    assert files == {"customers/agency.yaml", "customers/school.yaml", "customers/utility.yaml"}


@pytest.mark.parametrize("format_", ["sarif", "github", "azure"])
def test_places_from_the_git_root(tmp_path: Path, format_: str) -> None:
    """What the platform reads names files from the git root; everything else, from the folder."""
    (tmp_path / ".git").mkdir()
    shop = open_shop(tmp_path / "partner")
    assert "partner/customers/school.yaml" in shop.run("plan", "--format", format_).out
    assert "partner/customers" not in shop.run("plan", "--format", "json").out


def test_reader_that_goes_away(shop: Shop) -> None:
    """A reader that closes early ends the program without a traceback."""
    done = in_shell(shop.project, "set -o pipefail; RUN plan --format html | true")
    assert (done.returncode, done.stderr) == (1, "")


def test_odd_encoding(shop: Shop) -> None:
    """Documents are UTF-8 wherever they are written."""
    shop.project.environ |= {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    ended = shop.run("plan", "--format", "html")
    assert ended.code == 3
    assert ended.err.startswith("Plan: ")


def test_folder_that_is_gone(tmp_path: Path) -> None:
    """A working folder that was deleted is an error, not a traceback."""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = in_shell(Project(gone), f"rmdir '{gone}'; RUN plan")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def in_shell(project: Project, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in which RUN stands for the program."""
    return subprocess.run(
        ["bash", "-c", script.replace("RUN", f"'{sys.executable}' -m reconciler")],
        cwd=project.folder,
        env=clean_environment() | project.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_full_disk(shop: Shop) -> None:
    """Where stdout can't be written, the exit code is 1 and no traceback is shown."""
    done = in_shell(shop.project, "RUN plan --format json >/dev/full")
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


@pytest.mark.parametrize(
    ("closed", "code"), [(">&-", 3), ("2>&-", 3), ("<&-", 3), (">&- 2>&- <&-", 3)]
)
def test_closed_streams(shop: Shop, closed: str, code: int) -> None:
    """A standard stream that is closed changes neither exit code nor the saved plan."""
    done = in_shell(shop.project, f"RUN plan --out plan.json {closed}")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert (shop.project.folder / "plan.json").exists()


def test_nobody_to_ask(shop: Shop) -> None:
    """A closed stdin is no terminal: apply sends nothing, and says so."""
    done = in_shell(shop.project, "RUN apply <&-")
    assert done.returncode == 1
    assert "--auto-approve" in done.stderr
