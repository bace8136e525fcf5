"""The fake authority as a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from tests.partner_center.sign_in.behaviour import TENANT
from tests.partner_center.sign_in.fake_authority import CLIENT_ID, CLIENT_SECRET

FORM = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}


def test_its_address_is_its_first_line() -> None:
    """It answers there as told on its command line, and tells what it was asked."""
    program = [sys.executable, "-m", "tests.partner_center.sign_in.fake_authority"]
    run = subprocess.Popen(
        [*program, "--refuse", "53003", "--opaque"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert run.stdout is not None
        address = run.stdout.readline().strip()
        with httpx.Client(trust_env=False, base_url=address) as client:
            refused = client.post(f"/{TENANT}/oauth2/v2.0/token", data=FORM)
            granted = client.post(f"/{TENANT}/oauth2/v2.0/token", data=FORM)
            requests = client.get("/requests").json()
    finally:
        run.kill()
        run.communicate()
    assert refused.json()["error_codes"] == [53003]
    assert granted.json()["access_token"].startswith("planted-opaque")
    assert [each["form"]["client_id"] for each in requests] == [CLIENT_ID, CLIENT_ID]
