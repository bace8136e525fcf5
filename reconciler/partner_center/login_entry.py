"""What is kept of a login: whose it is and its refresh token, as JSON; never who the person is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in import Application


@dataclass(frozen=True, slots=True)
class Login:
    application: Application
    refresh_token: Secret


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel, hide_input_in_errors=True)

    format_version: Literal["1.0"] = "1.0"
    authority: str
    scope: str
    tenant_id: str
    client_id: str
    refresh_token: str


def written(login: Login) -> Secret:
    application = login.application
    entry = _Entry(
        authority=application.authority,
        scope=application.scope,
        tenantId=application.tenant,
        clientId=application.client_id,
        refreshToken=login.refresh_token.reveal(),
    )
    return Secret(entry.model_dump_json(by_alias=True, indent=2))


def read_login(text: Secret) -> Login | None:
    """None where the text is no login that this version can read."""
    try:
        entry = _Entry.model_validate_json(text.reveal())
    except ValidationError:
        return None
    application = Application(entry.authority, entry.tenant_id, entry.client_id, entry.scope)
    return Login(application, Secret(entry.refresh_token))
