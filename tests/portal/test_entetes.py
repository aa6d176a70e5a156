"""The headers written once a process are those of the settings."""

import pytest
from csp.utils import build_policy
from django.http import HttpResponse
from django.test import override_settings

from portal.core.middleware import SecurityHeadersMiddleware


def read_politique(texte: str) -> set[str]:
    return {directive.strip() for directive in texte.split(";")}


def test_the_content_policy_is_that_of_the_settings(client, settings):
    recue = client.get("/mentions-legales/")["Content-Security-Policy"]
    assert read_politique(recue) == read_politique(build_policy())
    noms = {directive.split()[0] for directive in read_politique(recue)}
    assert noms == {nom for nom, valeur in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items() if valeur}


def test_another_setting_gives_another_policy(rf):
    with override_settings(CONTENT_SECURITY_POLICY={"DIRECTIVES": {"default-src": ["'none'"]}}):
        reponse = SecurityHeadersMiddleware(lambda _: HttpResponse())(rf.get("/"))
    assert reponse["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.django_db
@pytest.mark.parametrize("adresse", ["/", "/absente/", "/aides/dispositifs/", "/admin/login/"])
def test_every_page_has_the_same_policy(client, adresse):
    reponse = client.get(adresse)
    assert read_politique(reponse["Content-Security-Policy"]) == read_politique(build_policy())
    assert reponse["Permissions-Policy"].startswith("camera=()")
    assert reponse["Cross-Origin-Resource-Policy"] == "same-origin"
