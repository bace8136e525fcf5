"""The samples of the five pages, written down by hand, with the slips of the pages repaired.

Each value names its page and what was repaired in it:
- `read`: "Get a customer's qualification asynchronously", in two translations;
- `update`: "Update a customer's qualifications asynchronously";
- `status`: "Retrieve the validation status of a customer";
- `agreements`: "Get confirmation of customer acceptance of Microsoft Customer Agreement".
"""

from __future__ import annotations

APPROVED = """[
    {
        "qualification": "Education",
        "vettingStatus": "Approved"
    }
]"""
"""Page `read`. Repaired: the comma after the last property is gone."""

IN_REVIEW = """[
    {
        "qualification": "Education",
        "vettingStatus": "InReview",
        "vettingCreatedDate": "2020-12-03T10:37:38.885Z"
    }
]"""
"""Page `read`. Repaired: the comment `// UTC` is gone."""

DENIED = """[
    {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingReason": "Not an Education Customer",
        "vettingCreatedDate": "2020-12-03T10:37:38.885Z"
    }
]"""
"""Page `read`. Repaired: the comments behind the reason and the date are gone."""

STATE_OWNED = """[
    {
        "qualification": "StateOwnedEntity"
    }
]"""
"""Page `read`. Repaired: straight quotes where one translation prints curly ones."""

STATE_OWNED_AND_EDUCATION = """[
    {
        "qualification": "Education",
        "vettingStatus": "Approved"
    },
{
        "qualification": "StateOwnedEntity"
    }
]"""
"""Page `read`. Repaired: straight quotes where one translation prints curly ones."""

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
"""Page `read`. Repaired: straight quotes where one translation prints curly ones."""

CREATE_STATE_OWNED = '{"qualification": "StateOwnedEntity"}'
"""Pages `read` and `update`. Repaired: straight quotes where one translation prints curly ones."""

CREATE_EDUCATION = """{
"qualification": "Education",
"educationSegment": "HigherEducation",
"website": "contoso.edu"
}"""
"""Page `update`. Repaired: the comment behind the segment is gone, and the segment is the sample's
own HigherEducation rather than the translation in the page's table."""

CREATE_GCC = """{
"qualification": "GovernmentCommunityCloud",
"validationCode": "123456"
}"""
"""Page `update`, as it is. The path of the call is the sample's /qualifications rather than the
translation that the page's table prints."""

CREATED = """{
"qualification": "Education",
"vettingStatus": "InReview",
"vettingCreateDate": "2020-12-04T20:54:24Z"
}"""
"""Page `update`. Repaired: the comment `// UTC` is gone; `Content-Length: 29` can't be right."""


def account_status(status: str) -> str:
    """Page `status`, its five samples, as they are."""
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
"""Page `status`. Repaired: the closing brace, which the page lost."""

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
"""Page `agreements`. Repaired: the comma behind each e-mail, the quote that ends `"phoneNumber`."""

CONTACT = ("Tania", "Carr", "SomeEmail@example.com", "1234567890")
"""What the agreements tell of a person."""
