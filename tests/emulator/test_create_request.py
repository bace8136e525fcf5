"""The body of a POST is read strictly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.emulator.create_request import (
    CreateRequest,
    Settable,
    Unusable,
    named_qualification,
    read_create_request,
)
from reconciler.model.secret import Secret
from tests.emulator.worlds import CODE, MADE_GCC, MADE_K12, MADE_SOE

EDU = "Education"


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        (MADE_SOE, CreateRequest(Settable.SOE)),
        (MADE_K12, CreateRequest(Settable.EDUCATION)),
        (
            {"qualification": EDU, "educationSegment": "HigherEducation"},
            CreateRequest(Settable.EDUCATION),
        ),
        (MADE_K12 | {"website": None}, CreateRequest(Settable.EDUCATION)),
        (MADE_K12 | {"note": "ours"}, CreateRequest(Settable.EDUCATION)),
        (MADE_GCC, CreateRequest(Settable.GCC, Secret(CODE))),
    ],
)
def test_the_documented_bodies_are_read(body: object, request_: CreateRequest) -> None:
    """The bodies of the page on updating are read; nulls and unknown properties don't matter."""
    assert read_create_request(json.dumps(body).encode()) == request_


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "can't be set"),
        ({"qualification": "None"}, "can't be set"),
        ({"qualification": "Nonprofit"}, "can't be set"),
        ({"qualification": "education", "educationSegment": "K12"}, "can't be set"),
        ({"qualification": ["Education"]}, "can't be set"),
        ({"qualification": EDU}, "educationSegment is required"),
        ({"qualification": EDU, "educationSegment": "K-12"}, "educationSegment is required"),
        ({"qualification": EDU, "educationSegment": ["K12"]}, "educationSegment is required"),
        (MADE_K12 | {"website": 1}, "website is text"),
        (MADE_K12 | {"validationCode": CODE}, "takes no validationCode"),
        ({"qualification": "GovernmentCommunityCloud"}, "validationCode is required"),
        (MADE_GCC | {"validationCode": ""}, "validationCode is required"),
        (MADE_GCC | {"validationCode": 123456}, "validationCode is required"),
        (MADE_GCC | {"website": "a.b"}, "takes no website"),
        (MADE_SOE | {"educationSegment": "K12"}, "takes no educationSegment"),
        (["Education"], "not a JSON object"),
    ],
)
def test_another_body_is_refused_with_its_reason(body: object, reason: str) -> None:
    """What can't be set, lacks a field or has another's field is told."""
    read = read_create_request(json.dumps(body).encode())
    assert isinstance(read, Unusable)
    assert reason in read.reason
    assert CODE not in read.reason


@given(st.binary())
def test_no_body_breaks_the_reading(body: bytes) -> None:
    """Whatever bytes come, they are read or refused."""
    assert isinstance(read_create_request(body), CreateRequest | Unusable)
    assert isinstance(named_qualification(body), str)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_unreadable_json_is_refused(body: bytes) -> None:
    """Bytes that are no JSON are no request, and name no qualification."""
    assert isinstance(read_create_request(body), Unusable)
    assert named_qualification(body) == ""


def test_the_code_is_not_shown() -> None:
    """A printed request of a GCC create shows no code."""
    assert CODE not in repr(read_create_request(json.dumps(MADE_GCC).encode()))
