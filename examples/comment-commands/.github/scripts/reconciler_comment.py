"""Decides whether a comment on a pull request may be obeyed; it runs nothing that a branch holds.

What it reads comes from GitHub's API, by `gh`, and from git's objects; its outputs are read by the
later jobs. Who may not write gets no answer at all: a stranger can't make the bot speak.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

COMMANDS = {"reconciler plan": "plan", "reconciler apply": "apply"}
MANIFEST = re.compile(r":\d{6} (?:100644|000000) \S+ \S+ [AMD]\tcustomers/[\w./-]+\.ya?ml")
"""A plain file, as `git diff --raw` tells it: a link could show what else is on the machine."""
DIGEST = re.compile(r"^Digest: `(sha256:[0-9a-f]{64})`\r?$", re.MULTILINE)
BOT, MARK = "github-actions[bot]", "<!-- reconciler:plan -->"


class RefusedError(Exception):
    """Why the comment is not obeyed, in words for the pull request."""


def main() -> None:
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    comment = event["comment"]
    command = COMMANDS.get(comment["body"].strip())
    if command is None or not may_write(comment["user"]["login"]):
        print("::notice::not a command, or not of somebody who may write")
        return
    tell(command=command)
    try:
        tell(**decide(command, event))
    except RefusedError as refused:
        tell(refusal=str(refused))


def decide(command: str, event: dict[str, Any]) -> dict[str, str]:
    """Find the commit to plan and, to apply, the digest that it must have."""
    number, base = event["issue"]["number"], event["repository"]["default_branch"]
    pull = api(f"pulls/{number}")
    head = pull["head"]["sha"]
    if pull["state"] != "open":
        raise RefusedError("the pull request is not open")
    if pull["base"]["ref"] != base:
        raise RefusedError(f"the pull request does not go to {base}")
    if (pull["head"]["repo"] or {}).get("full_name") != os.environ["GITHUB_REPOSITORY"]:
        raise RefusedError("the branch is in another repository")
    refuse_all_but_manifests(f"origin/{base}", head)
    if command == "plan":
        return {"head": head, "base": base}
    refuse_unreviewed(number, head, pull["user"]["login"])
    return {"head": head, "base": base, "digest": approved_digest(number, event["comment"])}


def refuse_all_but_manifests(base: str, head: str) -> None:
    """What the later jobs run is then the default branch's: the action, the configuration."""
    if git("merge-base", "--is-ancestor", base, head) is None:
        raise RefusedError("the branch is behind, or was pushed to just now: bring it up to date")
    changed = git("diff", "--raw", "--no-renames", base, head) or ""
    others = [line for line in changed.splitlines() if not MANIFEST.fullmatch(line)]
    if others:
        raise RefusedError(f"{len(others)} of its files are no manifests: merge it instead")


def refuse_unreviewed(number: int, head: str, author: str) -> None:
    """Each reviewer's last word counts, for the very commit; the author's does not."""
    reviews = [each for page in api(f"pulls/{number}/reviews", pages=True) for each in page]
    last = {
        each["user"]["login"]: each
        for each in reviews
        if each["user"] and each["state"] != "COMMENTED" and each["user"]["login"] != author
    }
    words = {login: each for login, each in last.items() if may_write(login)}
    if any(each["state"] == "CHANGES_REQUESTED" for each in words.values()):
        raise RefusedError("a reviewer asks for changes")
    approved = [each for each in words.values() if each["state"] == "APPROVED"]
    if not any(each["commit_id"] == head for each in approved):
        raise RefusedError(f"nobody else who may write has approved the commit {head}")


def approved_digest(number: int, said: dict[str, Any]) -> str:
    """Read the digest of the plan that was shown before `reconciler apply` was said."""
    comments = [each for page in api(f"issues/{number}/comments", pages=True) for each in page]
    ours = [each for each in comments if each["user"] and each["user"]["login"] == BOT]
    plan = next((each for each in ours if each["body"].startswith(MARK)), None)
    if plan is None:
        raise RefusedError("there is no plan to apply: comment `reconciler plan` first")
    if plan["updated_at"] >= said["created_at"]:
        raise RefusedError("the plan changed since you read it: read it, and comment again")
    digests = DIGEST.findall(plan["body"])
    if not digests:
        raise RefusedError("the plan's comment tells no digest: comment `reconciler plan` first")
    return str(digests[-1])


def may_write(login: str) -> bool:
    try:
        permission = api(f"collaborators/{login}/permission")["permission"]
        return bool(permission in {"admin", "write"})
    except subprocess.CalledProcessError:  # GitHub knows no such collaborator
        return False


def api(path: str, *, pages: bool = False) -> Any:
    options = ["--paginate", "--slurp"] if pages else []
    address = f"repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    done = subprocess.run(["gh", "api", *options, address], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def git(*words: str) -> str | None:
    """Give what git says; None where it says no."""
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout


def tell(**outputs: str) -> None:
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in outputs.items())


if __name__ == "__main__":
    main()
