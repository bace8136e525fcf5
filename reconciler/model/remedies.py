"""What to do where a cause has a way out of its own, other than its rule's; it decides nothing.

A rule's own remedy stands beside the rule, an error's where the error is made; the service's
answers have theirs in `partner_center.errors`.
"""

from __future__ import annotations

from typing import Final

# vetting-denied
NO_RESUBMISSION: Final = (
    "Clear the denial up in Partner Center or with Microsoft's support: from here, only an "
    "Education denial whose date is known can be resubmitted. Until that is done, accept "
    "`vetting-denied` in the manifest."
)

# customer-not-found and customer-unreadable
NOT_IN_SEED: Final = (
    "add it to the embedded emulator's seed, {seed}, under `customers:` as `- id: {customer}`; "
    "or check customerId"
)
NOT_IN_SNAPSHOT: Final = (
    "it could not be read when the snapshot was made, or was declared later: plan again"
)

# not-checked: how the check can be made, and how to do without it
WITH_A_USER: Final = "plan again with an app+user sign-in (`reconciler login`, or a refresh token)"
COMPARE_ACCOUNT: Final = "compare the customer's account page in Partner Center"
WITHOUT_DOMAIN: Final = "leave `domain` out of the manifest"
WITHOUT_ACCOUNT_STATUS: Final = "set `policy.accountStatus` to skip"
WITHOUT_AGREEMENT: Final = "set `policy.customerAgreement` to skip"

# outcome-not-attempted
APPROVE: Final = "look at the plan, then run again with --auto-approve"
ANSWER_YES: Final = "run again and answer yes"
APPLY_AGAIN: Final = "run apply again: it goes on where this run stopped"
