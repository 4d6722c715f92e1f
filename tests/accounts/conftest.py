"""What the tests about people share: a superuser and stand-in vendors."""

from collections.abc import Iterator

import pytest
from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
from allauth.socialaccount.providers.naver.views import NaverOAuth2Adapter
from pytest_django import Settings

from accounts.models import User
from tests.accounts.vendor import Vendor

ADAPTERS = {"naver": NaverOAuth2Adapter, "kakao": KakaoOAuth2Adapter}


@pytest.fixture
def root(db: None) -> User:
    """The superuser."""
    return User.objects.create_superuser("root", "root@example.com", "correct horse battery")


def _serve(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    with Vendor(name) as vendor:
        settings.SOCIALACCOUNT_PROVIDERS = {
            name: {"APPS": [{"client_id": vendor.client_id, "secret": vendor.secret, "key": ""}]}
        }
        monkeypatch.setattr(ADAPTERS[name], "authorize_url", f"{vendor.url}/authorize")
        monkeypatch.setattr(ADAPTERS[name], "access_token_url", f"{vendor.url}/token")
        monkeypatch.setattr(ADAPTERS[name], "profile_url", f"{vendor.url}/me")
        yield vendor


@pytest.fixture(params=sorted(ADAPTERS))
def vendor(
    request: pytest.FixtureRequest,
    db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Vendor]:
    """Naver, then Kakao: configured, and answered by a server on this machine."""
    yield from _serve(request.param, settings, monkeypatch)


@pytest.fixture
def kakao(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Kakao alone."""
    yield from _serve("kakao", settings, monkeypatch)
