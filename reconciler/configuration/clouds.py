"""The clouds that Partner Center runs in: where each is, and where one signs in to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, assert_never
from urllib.parse import urlsplit


class Cloud(StrEnum):
    GLOBAL = "global"
    USGOV = "usgov"
    CHINA = "china"

    @property
    def address(self) -> str:
        """The API's base address, without a slash at its end."""
        match self:
            case Cloud.GLOBAL | Cloud.USGOV:
                return "https://api.partnercenter.microsoft.com"
            case Cloud.CHINA:
                return "https://partner.partnercenterapi.microsoftonline.cn"
            case _:
                assert_never(self)

    @property
    def authority(self) -> str:
        """Where one signs in, without the tenant."""
        match self:
            case Cloud.GLOBAL:
                return "https://login.microsoftonline.com"
            case Cloud.USGOV:
                return "https://login.microsoftonline.us"
            case Cloud.CHINA:
                return "https://login.partner.microsoftonline.cn"
            case _:
                assert_never(self)

    @property
    def scope(self) -> str:
        """What a token is asked for."""
        return f"{self.address}/.default"

    @property
    def has_agreements(self) -> bool:
        """Tell whether it has agreements: the public cloud only, by the page on getting them."""
        return self is Cloud.GLOBAL


API_HOSTS: Final = frozenset(str(urlsplit(cloud.address).hostname) for cloud in Cloud)
"""The only hosts but this machine that `reconciler.yaml` may name."""
