"""Every refusal of the API is a problem (RFC 9457), in French, with a code and what to do."""

import orjson
import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import path
from rest_framework.request import Request

from portal.core.api.parametres import AU, Parametre, read_nombre
from portal.core.api.problemes import PROBLEMES
from portal.core.api.vues import AdresseInconnueView, ApiView

SCHEMA = "/api/v1/schema/"


class EchoView(ApiView):
    """What the tests of the common behaviour call."""

    parametres = (AU, Parametre("n", lambda texte: read_nombre(texte, minimum=1, maximum=9), "Un nombre."))

    def get(self, request: Request):
        return self.answer({"au": self.lus["au"], "n": self.lus["n"]})

    def post(self, request: Request):
        return self.answer({"recu": request.data})


class PanneView(ApiView):
    def get(self, request: Request):
        raise ZeroDivisionError("secret de l'implémentation")


class BaseAbsenteView(ApiView):
    def get(self, request: Request):
        raise OperationalError("connection refused to host db")


urlpatterns = [
    path("echo/", EchoView.as_view()),
    path("panne/", PanneView.as_view()),
    path("base/", BaseAbsenteView.as_view()),
    path("<path:reste>", AdresseInconnueView.as_view()),
]
ici = pytest.mark.urls(__name__)


def read_probleme(reponse, statut):
    assert reponse.status_code == statut
    assert reponse["Content-Type"] == "application/problem+json"
    assert reponse["Cache-Control"] == "no-store"
    probleme = orjson.loads(reponse.content)
    code, titre, _ = PROBLEMES[statut]
    assert probleme["status"] == statut
    assert probleme["code"] == code
    assert probleme["title"] == titre
    assert probleme["type"] == f"/api/#erreur-{code}"
    assert probleme["detail"]
    return probleme


def test_an_unknown_address_is_a_problem(client):
    assert "/api/" in read_probleme(client.get("/api/v1/rien/"), 404)["detail"]


@pytest.mark.parametrize("methode", ["post", "put", "patch", "delete"])
def test_an_unknown_address_is_a_problem_whatever_the_method(client, methode):
    read_probleme(getattr(client, methode)("/api/v1/rien/"), 404)


def test_a_missing_final_slash_is_given_back_with_the_query_and_the_method(client):
    reponse = client.post("/api/v1/schema?format=yaml")
    assert (reponse.status_code, reponse["Location"]) == (308, "/api/v1/schema/?format=yaml")


@ici
def test_an_unknown_parameter_names_the_nearest_one(client):
    erreurs = read_probleme(client.get("/echo/?aus=2025-01-01&zzz=1"), 400)["erreurs"]
    assert erreurs["aus"] == ["Paramètre inconnu. Vouliez-vous dire « au » ?"]
    assert erreurs["zzz"] == ["Paramètre inconnu. Acceptés : au, n."]


@ici
@pytest.mark.parametrize(
    ("requete", "champ", "mot"),
    [
        ("au=2009-12-31", "au", "hors de la période"),
        ("au=2041-01-01", "au", "hors de la période"),
        ("au=2025-02-30", "au", "date réelle"),
        ("au=20250101", "au", "AAAA-MM-JJ"),
        ("au=2025-W01-1", "au", "AAAA-MM-JJ"),
        ("au=%EF%BC%92025-01-01", "au", "AAAA-MM-JJ"),
        ("au=2025-01-01&au=2025-01-02", "au", "plusieurs fois"),
        ("n=0", "n", "de 1 à 9"),
        ("n=1e0", "n", "de 1 à 9"),
        ("n=" + "9" * 100, "n", "de 1 à 9"),
        ("n=" + "9" * 1000, "n", "caractères"),
        ("n=%00", "n", "nul"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(client, requete, champ, mot):
    assert mot in read_probleme(client.get(f"/echo/?{requete}"), 400)["erreurs"][champ][0]


@ici
@pytest.mark.parametrize("au", ["2010-01-01", "2040-12-31"])
def test_the_first_and_last_days_are_read(client, au):
    assert client.get(f"/echo/?au={au}").json()["au"] == au


@ici
@pytest.mark.parametrize(
    ("instant", "jour"), [("2026-03-14 22:59:59Z", "2026-03-14"), ("2026-03-14 23:00:00Z", "2026-03-15")]
)
def test_today_is_the_day_in_paris(client, time_machine, instant, jour):
    time_machine.move_to(instant, tick=False)
    assert client.get("/echo/").json()["au"] == jour


@ici
def test_too_many_parameters_are_refused(client):
    read_probleme(client.get("/echo/?" + "&".join(f"p{i}=1" for i in range(400))), 400)


@ici
def test_the_reasons_are_bounded(client):
    erreurs = read_probleme(client.get("/echo/?" + "&".join(f"p{i}=1" for i in range(200))), 400)["erreurs"]
    assert len(erreurs) == 20


@ici
def test_a_method_that_does_not_exist_here_names_those_that_do(client):
    reponse = client.delete("/echo/")
    read_probleme(reponse, 405)
    assert reponse["Allow"] == "GET, POST, HEAD, OPTIONS"


@ici
def test_a_format_that_is_not_served_is_refused(client):
    read_probleme(client.get("/echo/", headers={"accept": "text/csv"}), 406)


@ici
@pytest.mark.parametrize(
    ("type_contenu", "entetes"),
    [
        ("text/plain", {}),
        ("application/xml", {}),
        ("application/x-www-form-urlencoded", {}),
        ("application/json; charset=utf-16", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
    ],
)
def test_only_plain_json_in_utf_8_is_read(client, type_contenu, entetes):
    read_probleme(client.post("/echo/", data=b"{}", content_type=type_contenu, headers=entetes), 415)


@ici
def test_a_body_over_64_kb_is_refused_from_its_size(client):
    corps = b'{"a": "' + b"x" * (64 * 1024) + b'"}'
    assert "64 Ko" in read_probleme(client.post("/echo/", data=corps, content_type="application/json"), 413)["detail"]


@ici
@pytest.mark.parametrize("corps", [b"[" * 60_000, b'{"a":' * 10_000])
def test_a_deep_body_is_400_not_500(client, corps):
    assert (
        "niveaux" in read_probleme(client.post("/echo/", data=corps, content_type="application/json"), 400)["detail"]
    )


@ici
def test_a_failure_says_nothing_of_the_inside_and_gives_a_reference(caplog):
    reponse = Client(raise_request_exception=False).get("/panne/")
    probleme = read_probleme(reponse, 500)
    assert probleme["instance"].startswith("urn:uuid:")
    assert b"secret" not in reponse.content
    assert probleme["instance"] in caplog.text


@ici
def test_a_database_that_is_down_is_503_with_a_delay(client):
    reponse = client.get("/base/")
    assert "connection" not in read_probleme(reponse, 503)["detail"]
    assert reponse["Retry-After"] == "5"


@ici
def test_the_same_answer_is_not_sent_twice(client):
    premiere = client.get("/echo/?au=2025-01-01")
    for attendu in (premiere["ETag"], f"W/{premiere['ETag']}", f'"autre", {premiere["ETag"]}', "*"):
        seconde = client.get("/echo/?au=2025-01-01", headers={"if-none-match": attendu})
        assert (seconde.status_code, seconde.content) == (304, b"")
        assert seconde["ETag"] == premiere["ETag"]
    assert client.get("/echo/?au=2025-01-02", headers={"if-none-match": premiere["ETag"]}).status_code == 200


@ici
def test_any_site_may_read_the_api_without_credentials(client):
    for reponse in (client.get("/echo/"), client.get("/echo/?x=1"), client.get("/nulle-part/")):
        assert reponse["Access-Control-Allow-Origin"] == "*"
        assert reponse["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Access-Control-Allow-Credentials" not in reponse.headers
        assert reponse["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert not reponse.cookies


@ici
def test_a_preflight_says_what_is_allowed(client):
    reponse = client.options(
        "/echo/", headers={"origin": "https://exemple.fr", "access-control-request-method": "POST"}
    )
    assert reponse.status_code == 204
    assert reponse["Access-Control-Allow-Methods"] == "GET, POST, HEAD, OPTIONS"
    assert "Content-Type" in reponse["Access-Control-Allow-Headers"]


@ici
def test_a_head_has_the_headers_of_a_get_and_no_body(client):
    reponse = client.head("/echo/?au=2025-01-01")
    assert (reponse.status_code, reponse.content) == (200, b"")
    assert reponse["ETag"] == client.get("/echo/?au=2025-01-01")["ETag"]


@ici
@override_settings(DEBUG=True)
def test_debug_changes_nothing_to_the_errors(client):
    read_probleme(client.get("/echo/?x=1"), 400)


def test_the_page_of_the_api_describes_every_operation_and_every_error(client):
    page = client.get("/api/").content.decode()
    for operation in ("communes_liste", "commune_detail", "zones_lecture", "evaluations_creation", "faits_liste"):
        assert f'id="{operation}"' in page
    for code, titre, _ in PROBLEMES.values():
        assert f'id="erreur-{code}"' in page
        assert titre in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("adresse", "accepte", "type_reponse"),
    [
        (SCHEMA, "*/*", "application/json"),
        (SCHEMA, "application/vnd.oai.openapi", "application/vnd.oai.openapi"),
        (f"{SCHEMA}?format=yaml", "*/*", "application/yaml"),
        (f"{SCHEMA}?format=json", "application/yaml", "application/json"),
    ],
)
def test_the_schema_is_served_in_both_forms(client, adresse, accepte, type_reponse):
    reponse = client.get(adresse, headers={"accept": accepte})
    assert (reponse.status_code, reponse["Content-Type"]) == (200, type_reponse)
    assert b"/evaluations/" in reponse.content
