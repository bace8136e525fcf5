"""Stand-ins for the programs that pipelines call on a service: `gh` and `az`, each with a folder.

They are run as a file, `python stand_ins.py gh ...`, so that each starts at once. They keep what
they are given in files, and refuse what ours do not ask of the real ones.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"


def main(program: str, words: list[str]) -> None:
    folder = Path(os.environ["STAND_INS"])
    with (folder / "calls.txt").open("a") as calls:
        calls.write(f"{program} {' '.join(words[:3])}\n")
    (_gh if program == "gh" else _az)(words, folder)


def _gh(words: list[str], folder: Path) -> None:
    assert os.environ["GH_TOKEN"], "gh needs a token"
    file = folder / "github.json"
    state = json.loads(file.read_text()) if file.exists() else {"comments": [], "issues": []}
    match words:
        case ["api", "--paginate", address, "--jq", query] if "/actions/artifacts" in address:
            assert address.endswith("?name=reconciler-state&per_page=100")
            assert '.workflow_run.head_branch == "main"' in query
            assert ".workflow_run.head_repository_id == .workflow_run.repository_id" in query
            if (folder / "artifacts/reconciler-state").exists():
                print("2026-11-21T03:04:05Z 4711")
        case ["api", "--paginate", address, "--jq", query]:
            assert address.startswith("repos/me/customers/issues/7/comments")
            assert BOT in query
            assert "<!-- reconciler:plan -->" in query
            ours = (each for each in state["comments"] if each["login"] == BOT)
            marked = [each for each in ours if each["body"].startswith("<!-- reconciler:plan -->")]
            print(*(each["id"] for each in marked), sep="\n", end="\n" if marked else "")
        case ["api", *options, address] if options in ([], ["--paginate", "--slurp"]):
            print(json.dumps(_asked(address.removeprefix("repos/me/customers/"), state)))
        case ["api", "--silent", "--method", "POST", address, "--field", field]:
            assert address == "repos/me/customers/issues/7/comments"
            comment = {"id": len(state["comments"]) + 1, "login": BOT, "body": _body(field)}
            state["comments"].append(comment)
        case ["api", "--silent", "--method", "PATCH", address, "--field", field]:
            number = int(address.removeprefix("repos/me/customers/issues/comments/"))
            state["comments"][number - 1]["body"] = _body(field)
        case ["issue", verb, *rest]:
            _issue(verb, rest, state["issues"])
        case ["pr", verb, *rest]:
            _pull_request(verb, rest, state.setdefault("pulls", []))
        case ["label", "create", "reconciler-drift", "--force", "--description", _]:
            pass
        case _:
            sys.exit(f"gh was not expected to be asked: {words}")
    file.write_text(json.dumps(state))


def _asked(path: str, state: dict[str, Any]) -> Any:
    """What is told of the pull request 7, its reviews and comments, and of who may do what."""
    match path.split("/"):
        case ["pulls", "7"]:
            return state["pull"]
        case ["pulls", "7", "reviews"]:
            return [[each] for each in state["reviews"]]
        case ["issues", "7", "comments"]:
            return [[_comment(each) for each in state["comments"]]]
        case ["collaborators", login, "permission"] if login in state["permissions"]:
            return {"permission": state["permissions"][login]}
        case _:
            sys.exit(f"HTTP 404: {path}")


def _comment(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        "body": kept["body"],
        "user": {"login": kept["login"]},
        "updated_at": kept.get("updated_at", "2026-11-21T09:00:00Z"),
    }


def _issue(verb: str, words: list[str], issues: list[dict[str, Any]]) -> None:
    assert os.environ["GH_REPO"] == "me/customers"
    flags = {word: words[index + 1] for index, word in enumerate(words[:-1]) if word[:2] == "--"}
    match verb:
        case "list":
            assert (flags["--label"], flags["--state"]) == ("reconciler-drift", "open")
            found = [index for index, issue in enumerate(issues, 1) if issue["open"]]
            print(*found[:1])
        case "create":
            body = Path(flags["--body-file"]).read_text()
            assert flags["--label"] == "reconciler-drift"
            issues.append({"title": flags["--title"], "body": body, "open": True})
        case "edit":
            issues[int(words[0]) - 1]["body"] = Path(flags["--body-file"]).read_text()
        case "close":
            issues[int(words[0]) - 1]["open"] = False
        case _:
            sys.exit(f"gh was not expected to {verb} an issue")


def _pull_request(verb: str, words: list[str], pulls: list[dict[str, Any]]) -> None:
    assert os.environ["GH_REPO"] == "me/customers"
    flags = {word: words[index + 1] for index, word in enumerate(words[:-1]) if word[:2] == "--"}
    match verb:
        case "list":
            wanted = (flags["--head"], flags["--base"], flags["--state"])
            assert wanted == ("reconciler-adopt", "main", "open")
            found = [index for index, pull in enumerate(pulls, 1) if pull["open"]]
            print(*found[:1])
        case "create":
            assert (flags["--head"], flags["--base"]) == ("reconciler-adopt", "main")
            body = Path(flags["--body-file"]).read_text()
            pulls.append({"title": flags["--title"], "body": body, "open": True})
        case "edit":
            pulls[int(words[0]) - 1]["body"] = Path(flags["--body-file"]).read_text()
        case "close":
            pulls[int(words[0]) - 1]["open"] = False
        case _:
            sys.exit(f"gh was not expected to {verb} a pull request")


def _body(field: str) -> str:
    return Path(field.removeprefix("body=@")).read_text()


def _az(words: list[str], folder: Path) -> None:
    secret = folder / "partner-center-refresh-token"
    flags = {word: words[index + 1] for index, word in enumerate(words[:-1]) if word[:2] == "--"}
    assert flags["--vault-name"] == "vault"
    assert flags["--name"] == secret.name
    match words[:3]:
        case ["keyvault", "secret", "show"]:
            print(secret.read_text())
        case ["keyvault", "secret", "set"]:
            secret.write_text(Path(flags["--file"]).read_text())
        case _:
            sys.exit(f"az was not expected to be asked: {words}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
