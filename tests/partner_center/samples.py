"""The samples of the five pages, written down by hand, with the slips of the pages repaired.

Each value names its page and what was repaired in it.
"""

from __future__ import annotations

APPROVED = """[
    {
        "qualification": "Education",
        "vettingStatus": "Approved"
    }
]"""
"""Seeds 000 and 004. Repaired: the comma after the last property is gone."""

IN_REVIEW = """[
    {
        "qualification": "Education",
        "vettingStatus": "InReview",
        "vettingCreatedDate": "2020-12-03T10:37:38.885Z"
    }
]"""
"""Seeds 000 and 004. Repaired: the comment `// UTC` is gone."""

DENIED = """[
    {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingReason": "Not an Education Customer",
        "vettingCreatedDate": "2020-12-03T10:37:38.885Z"
    }
]"""
"""Seeds 000 and 004. Repaired: the comments behind the reason and the date are gone."""

STATE_OWNED = """[
    {
        "qualification": "StateOwnedEntity"
    }
]"""
"""Seeds 000 and 004. Repaired: straight quotes where seed 000 prints curly ones."""

STATE_OWNED_AND_EDUCATION = """[
    {
        "qualification": "Education",
        "vettingStatus": "Approved"
    },
{
        "qualification": "StateOwnedEntity"
    }
]"""
"""Seeds 000 and 004. Repaired: straight quotes where seed 000 prints curly ones."""

STATE_OWNED_AND_GCC = """[
    {
        "qualification": "GovernmentCommunityCloud",
        "vettingStatus": "Approved",
        "vettingCreateDate": "2021-05-06T19:59:56.6832021+00:00"
    },
{
        "qualification": "StateOwnedEntity"
    }
]"""
"""Seeds 000 and 004. Repaired: straight quotes where seed 000 prints curly ones."""

CREATE_STATE_OWNED = '{"qualification": "StateOwnedEntity"}'
"""Seeds 000, 001 and 004. Repaired: straight quotes where seed 000 prints curly ones."""

CREATE_EDUCATION = """{
"qualification": "Education",
"educationSegment": "HigherEducation",
"website": "contoso.edu"
}"""
"""Seed 001. Repaired: the comment behind the segment is gone, and the segment is the sample's own
HigherEducation rather than the translation in the page's table."""

CREATE_GCC = """{
"qualification": "GovernmentCommunityCloud",
"validationCode": "123456"
}"""
"""Seed 001, as it is. The path of the call is the sample's /qualifications rather than the
translation that the page's table prints."""

CREATED = """{
"qualification": "Education",
"vettingStatus": "InReview",
"vettingCreateDate": "2020-12-04T20:54:24Z"
}"""
"""Seed 001. Repaired: the comment `// UTC` is gone; `Content-Length: 29` can't be right either."""


def account_status(status: str) -> str:
    """Seed 002, its five samples, as they are."""
    return f"""{{
    "type": "account",
    "status": "{status}",
    "lastUpdateDateTime": "2021-07-14T18:02:00"
}}"""


NO_ACCOUNT_STATUS = """{
    "code": 600074,
    "message": "Account Status for the customer, {customer-id} was not found.",
    "description": "Account Status for the customer, {customer-id} was not found.",
    "errorName": "AccountStatusNotFound",
    "isRetryable": false,
    "errorMessageExtended": "InternalErrorCode=600074"
}"""
"""Seed 002. Repaired: the closing brace, which the page lost."""

AGREEMENTS = """{
"totalCount": 2,
"items":
[
{
"primaryContact":
{
"firstName":"Tania",
"lastName":"Carr",
"email":"SomeEmail@example.com",
"phoneNumber":"1234567890"
},
"templateId":"aaaabbbb-0000-cccc-1111-dddd2222eeee",
"dateAgreed":"2019-08-26T00:00:00",
"type":"MicrosoftCustomerAgreement",
"agreementLink":"https://aka.ms/customeragreement"
},
{
"primaryContact":
{
"firstName":"Tania",
"lastName":"Carr",
"email":"SomeEmail@example.com",
"phoneNumber":"1234567890"
},
"templateId":"aaaabbbb-0000-cccc-1111-dddd2222eeee",
"dateAgreed":"2019-08-27T00:00:00",
"type":"MicrosoftCustomerAgreement",
"agreementLink":"https://aka.ms/customeragreement"
}
]
}"""
"""Seed 003. Repaired: the comma behind each e-mail, and the quote that ends `"phoneNumber`."""

CONTACT = ("Tania", "Carr", "SomeEmail@example.com", "1234567890")
"""What the agreements tell of a person."""
