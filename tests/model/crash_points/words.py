"""The words of the model: its rules, what can happen, how a create ends. It decides nothing."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Rule(StrEnum):
    """What promise 4 rests on; each can be taken out, to see what it is good for."""

    JOURNAL_FIRST = "journal-before-post"
    SAME_ID = "journalled-id"
    LOOK = "look-before-repeat"
    SETTLING = "settling-time"
    GCC = "gcc-never"
    RESUBMISSION = "resubmission-never"
    ACCEPTED = "2xx-never"
    FRESH = "done-lately"
    LOCK = "lock"


@unique
class Kind(StrEnum):
    """What is created: a doubtful create of the last two is never sent again."""

    PLAIN = "Education"
    GCC = "GovernmentCommunityCloud"
    RESUBMISSION = "Education once more"


@unique
class Event(StrEnum):
    """What can be seen from outside, of the model and of the real code alike."""

    STARTS = "starts, and reads the journal"
    SEEN = "reads the customer: it is there"
    ABSENT = "reads the customer: it is absent"
    UNREAD = "can't read the customer"
    LINE = "journals the create that it is about to send"
    POST = "POSTs the create"
    KEPT = "is answered 201: the create took effect"
    LOST = "gets no answer, but the create took effect"
    VAIN = "gets no answer, and nothing took effect"
    DELAYED = "gets no answer; the POST is still on its way"
    DOWN = "is told that it certainly did not happen (no connection, 429)"
    REFUSED = "is answered with a definite no (400)"
    SIGNED_OUT = "is refused the sign-in (401)"
    ODD = "is answered 202: the create took effect"
    ODD_VAIN = "is answered 202, but nothing took effect"
    NOTED = "journals that the service took it"
    CREATED = "journals the end: created"
    PRESENT = "journals the end: already present"
    REJECTED = "journals the end: rejected"
    UNKNOWN = "journals the end: unknown"
    UNSENT = "journals the end: not attempted"
    ENDS = "ends without a line"
    STOP = "is asked to stop (Ctrl-C)"
    LEFT = "leaves what is in flight: the 20 seconds are over"
    FULL = "finds the disk full: the line is not written"
    KILLED = "is killed (SIGKILL)"
    TORN = "is killed in the middle of a line: the journal is refused from now on"
    ARRIVES = "the POST that was on its way arrives"
    GOES_ASTRAY = "the POST that was on its way is lost"
