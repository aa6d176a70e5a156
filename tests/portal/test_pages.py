"""Every public page: no inline script or style, strict headers, one title each; and the pages of errors."""

import re

import pytest
from django.core.cache import caches
from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from portal.core import cache, erreurs
from portal.core.cache import PagesMiddleware, cached_page
from portal.core.templatetags import portail
from portal.urls import urlpatterns as urls_du_portail
from tests.aides.territoire import build_verifier

MEDECIN = "commune=71333&profession=medecin"
PAGES = [
    "/",
    "/plan-du-site/",
    "/accessibilite/",
    "/mentions-legales/",
    "/donnees-personnelles/",
    "/sources/",
    "/aides/dispositifs/",
    "/aides/dispositifs/caim/",
    "/aides/verifier/",
    "/aides/verifier/?lieu=Saint-Martin",
    "/aides/verifier/?lieu=Trifouillis",
    f"/aides/verifier/?{MEDECIN}",
    f"/aides/verifier/?{MEDECIN}&secteur=zzz",
    f"/aides/verifier/resultat/?{MEDECIN}",
    f"/aides/verifier/resultat/?{MEDECIN}&au=2019-06-06",
    "/communes/71076/",
    "/zones/carte/",
    "/aucune-page/",
]
# Data, not code: the browser never runs it.
DONNEES = re.compile(r'<script[^>]+type="application/json".*?</script>', re.DOTALL)
INTERDITS = [
    (r"<[^>]+\sstyle\s*=", "a style attribute"),
    (r"<[^>]+\son[a-z]+\s*=", "an inline handler"),
    (r"<style[\s>]", "an inline style sheet"),
    (r"<script(?![^>]*\ssrc=)[^>]*>", "an inline script"),
    (r'(?:src|action|formaction)="(?:https?:)?//', "an external host"),
    (r'<link[^>]+href="(?:https?:)?//', "an external style sheet"),
    (r"javascript:", "a javascript: address"),
]


@pytest.fixture(autouse=True)
def _fresh_pages(monkeypatch):
    caches["pages"].clear()
    monkeypatch.setattr(cache, "DUREE_VERSION", -1.0)
    portail.fixed_part.cache_clear()


@pytest.fixture
def territoire_verifier(db):
    build_verifier()


@pytest.mark.parametrize("adresse", PAGES)
def test_no_public_page_needs_more_than_the_strict_policy(client, territoire_verifier, adresse):
    reponse = client.get(adresse)
    assert reponse.status_code == {"/aucune-page/": 404, f"/aides/verifier/?{MEDECIN}&secteur=zzz": 400}.get(
        adresse, 200
    )
    politique = reponse["Content-Security-Policy"]
    assert "unsafe" not in politique
    assert "default-src 'self'" in politique
    assert reponse["X-Frame-Options"] == "DENY"
    assert not reponse.cookies
    texte = DONNEES.sub("", reponse.content.decode())
    for motif, nom in INTERDITS:
        trouve = re.search(motif, texte)
        assert trouve is None, f"{nom} : {trouve and texte[trouve.start() : trouve.start() + 120]}"


def test_every_page_has_a_title_of_its_own_and_one_heading(client, territoire_verifier):
    titres = {}
    for adresse in PAGES:
        texte = client.get(adresse).content.decode()
        titre = re.findall(r"<title>(.*?)</title>", texte.split("</head>")[0], re.DOTALL)
        assert len(titre) == 1, adresse
        assert titre[0].strip().endswith("— Maillage"), adresse
        assert len(re.findall(r"<h1[\s>]", texte)) == 1, adresse
        titres.setdefault(titre[0], []).append(adresse)
    doubles = [adresses for adresses in titres.values() if len(adresses) > 1]
    # The same questionnaire with one wrong value is the same page.
    assert doubles in ([], [[f"/aides/verifier/?{MEDECIN}", f"/aides/verifier/?{MEDECIN}&secteur=zzz"]])


def test_the_marks_of_the_state_are_shown_only_when_asked(client, settings):
    sans = client.get("/plan-du-site/").content.decode()
    settings.MAILLAGE_BLOC_MARQUE = True
    avec = client.get("/plan-du-site/").content.decode()
    assert "fr-logo" not in sans
    assert "République" not in sans
    assert "sans-marque.css" in sans
    assert "République<br>française" in avec
    assert "sans-marque.css" not in avec


def raise_bad_request(request):
    raise BadRequest("Le numéro doit être <positif>.")


def raise_database(request):
    raise OperationalError("server closed the connection")


def raise_bug(request):
    raise KeyError("secret-interne")


urlpatterns = [
    path("essai/400/", raise_bad_request),
    path("essai/503/", raise_database),
    path("essai/500/", raise_bug),
    path("api/essai/500/", raise_bug),
    *urls_du_portail,
]
handler400, handler403 = "portal.core.erreurs.bad_request", "portal.core.erreurs.permission_denied"
handler404, handler500 = "portal.core.erreurs.page_not_found", "portal.core.erreurs.server_error"


@override_settings(ROOT_URLCONF="tests.portal.test_pages")
@pytest.mark.parametrize(
    ("adresse", "statut", "phrase"),
    [
        ("/essai/400/", 400, "Le numéro doit être &lt;positif&gt;."),
        ("/essai/503/", 503, "La base de données du portail ne répond pas"),
        ("/essai/500/", 500, "Le portail n’a pas pu préparer cette page"),
        ("/aucune/", 404, "Aucune page du portail ne répond à cette adresse"),
    ],
)
def test_an_error_says_what_to_do_next_and_nothing_internal(client, adresse, statut, phrase):
    client.raise_request_exception = False
    reponse = client.get(adresse)
    texte = reponse.content.decode()
    assert reponse.status_code == statut
    assert phrase in texte
    assert 'href="/aides/verifier/"' in texte
    assert "secret-interne" not in texte
    assert "server closed" not in texte
    assert ("Retry-After" in reponse) is (statut == 503)


@override_settings(ROOT_URLCONF="tests.portal.test_pages")
def test_an_error_under_the_api_is_a_problem_document(client):
    client.raise_request_exception = False
    reponse = client.get("/api/essai/500/")
    assert reponse.status_code == 500
    assert reponse["Content-Type"] == "application/problem+json"
    assert reponse.json()["status"] == 500


def test_a_form_too_old_is_explained():
    reponse = erreurs.csrf_failure(RequestFactory().post("/admin/"), reason="CSRF cookie not set.")
    assert reponse.status_code == 403
    assert "Formulaire expiré" in reponse.content.decode()
    assert "cookie not set" not in reponse.content.decode()


def test_too_many_requests_says_when_to_come_back():
    reponse = erreurs.too_many_requests(RequestFactory().get("/"), attente=60)
    assert (reponse.status_code, reponse["Retry-After"]) == (429, "60")


@pytest.mark.parametrize(
    ("methode", "statut", "entetes", "appels"),
    [
        ("get", 200, {}, 1),
        ("post", 200, {}, 2),
        ("get", 302, {}, 2),
        ("get", 400, {}, 2),
        ("get", 500, {}, 2),
        ("get", 200, {"Set-Cookie": "a=b"}, 2),
    ],
)
def test_only_what_everybody_may_read_is_kept(methode, statut, entetes, appels, settings):
    settings.MAILLAGE_VERSION_DONNEES = "tests.portal.test_pages.fixed_version"
    vues = []

    @cached_page
    def vue(request):
        vues.append(request)
        reponse = HttpResponse("page", status=statut, headers={"X-Essai": "oui"})
        for nom, valeur in entetes.items():
            reponse.set_cookie(nom, valeur)
        return reponse

    chaine = PagesMiddleware(vue)
    reponses = [chaine(getattr(RequestFactory(), methode)("/aides/essai/?a=1")) for _ in range(2)]
    assert len(vues) == appels
    assert [(r.status_code, r.content, r["X-Essai"]) for r in reponses] == [(statut, b"page", "oui")] * 2


@pytest.mark.parametrize(
    ("adresse", "entetes"),
    [
        ("/aides/essai/?a=2", {}),
        ("/aides/autre/?a=1", {}),
        ("/aides/essai/?a=1", {"HX-Request": "true"}),
        ("/aides/essai/?a=1", {"HX-Request": "true", "HX-History-Restore-Request": "true"}),
        ("/aides/essai/?a=1", {"Accept-Encoding": "gzip, br"}),
    ],
)
def test_pages_that_differ_are_kept_apart(adresse, entetes, settings):
    settings.MAILLAGE_VERSION_DONNEES = "tests.portal.test_pages.fixed_version"
    chaine = PagesMiddleware(cached_page(lambda request: HttpResponse(f"{request.get_full_path()} {request.headers}")))
    base = chaine(RequestFactory().get("/aides/essai/?a=1")).content
    assert chaine(RequestFactory().get(adresse, headers=entetes)).content != base
    assert chaine(RequestFactory().get("/aides/essai/?a=1")).content == base


def test_a_page_known_to_the_browser_is_not_sent_again(settings):
    settings.MAILLAGE_VERSION_DONNEES = "tests.portal.test_pages.fixed_version"
    chaine = PagesMiddleware(cached_page(lambda request: HttpResponse("page", headers={"ETag": '"1"'})))
    chaine(RequestFactory().get("/aides/essai/"))
    assert chaine(RequestFactory().get("/aides/essai/", headers={"If-None-Match": '"1"'})).status_code == 304
    assert chaine(RequestFactory().get("/aides/essai/", headers={"If-None-Match": '"2"'})).status_code == 200


def fixed_version() -> str:
    return "1"
