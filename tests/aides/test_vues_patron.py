"""A page filled from its pattern is the page that the template gives."""

import re
from dataclasses import replace
from datetime import date

import pytest
from django.template.loader import render_to_string

from aides.views import resultat
from aides.views.patron import Patron, make_trou
from portal.core.cache import caches
from zonage.lecture import ResumeTerritoire, zones
from zonage.models import Commune

RESULTAT = "/aides/verifier/resultat/"
FAITS = {"profession": "medecin", "specialite": "generaliste", "statut": "projet", "jours_semaine": "3.5"}

pytestmark = pytest.mark.usefixtures("territoire_verifier")


def read(client, **parametres) -> str:
    caches["pages"].clear()
    reponse = client.get(RESULTAT, FAITS | parametres)
    assert reponse.status_code == 200
    return reponse.content.decode()


@pytest.mark.parametrize("jour", [{}, {"au": "2025-06-01"}, {"au": "2019-06-06"}, {"au": "2040-01-01"}])
@pytest.mark.parametrize("profession", ["medecin", "infirmier", "sage_femme", "masseur_kinesitherapeute"])
def test_every_commune_reads_what_the_template_alone_would_say(client, monkeypatch, jour, profession):
    codes = list(Commune.objects.order_by("code_insee").values_list("code_insee", flat=True))
    faits = {"profession": profession} | jour
    remplies = {code: read(client, commune=code, **faits) for code in codes for _ in range(2)}
    monkeypatch.setattr(resultat, "is_common", lambda lecture: False)
    for code in codes:
        assert remplies[code] == read(client, commune=code, **faits)


def test_one_pattern_serves_the_communes_of_a_zone_class(client, monkeypatch):
    rendus = []
    vrai = resultat.build_contexte
    monkeypatch.setattr(resultat, "build_contexte", lambda *a: (rendus.append(a), vrai(*a))[1])
    communes = list(Commune.objects.order_by("code_insee")[:6])
    pages = [read(client, commune=commune.code_insee) for commune in communes]
    assert len(rendus) < len(pages)
    for commune, page in zip(communes, pages, strict=True):
        assert f'name="commune" value="{commune.code_insee}"' in page
        assert "trou" not in re.sub(r"trouv\w+", "", page)


def test_a_name_is_written_as_html(client):
    commune = Commune.objects.order_by("code_insee")[0]
    read(client, commune=commune.code_insee)
    Commune.objects.filter(pk=commune.pk).update(nom="L'<b>Île & l\"Ô</b>")
    resultat.read.__globals__["resolve_known"].cache_clear()
    page = read(client, commune=commune.code_insee)
    assert "<b>Île" not in page
    assert "L&#x27;&lt;b&gt;Île &amp; l&quot;Ô&lt;/b&gt;" in page


def test_a_hole_without_a_value_is_an_error():
    patron = Patron.cut(f"a{make_trou('nom')}b{make_trou('code')}{make_trou('nom')}")
    assert patron.fill({"nom": "é", "code": "1"}) == "aéb1é".encode()
    with pytest.raises(KeyError):
        patron.fill({"nom": "é"})


@pytest.mark.parametrize("au", [date(2026, 6, 1), date(2019, 6, 6)])
def test_the_zone_is_what_its_template_says_whatever_the_territory(au):
    lues = [
        lue
        for code in Commune.objects.values_list("pk", flat=True).order_by("pk")
        for lue in zones(code, au=au).values()
    ]
    lues += [replace(lue, territoire=ResumeTerritoire("bvcv", "Bassin <1>", "2", 'L\'Isle & "Co"')) for lue in lues]
    lues += [replace(lue, territoire=None) for lue in lues[:5]]
    for lue in lues:
        direct = render_to_string("components/zone.html", {"zone": lue})
        assert resultat.render_zone(lue) == direct
    assert resultat.render_zone(None) == ""
