"""The CPTS of the demonstration, on the real communes: what the texts say of them, and nothing written twice."""

from datetime import date
from io import BytesIO

import pytest
from django.db.models import Sum
from pypdf import PdfReader

from cpts.enums import StatutCpts, StatutPerimetre
from cpts.models import ActeCpts, CommunePerimetre, Cpts, Perimetre, PieceCpts
from cpts.services.demonstration_cpts import AUTRES, CODE, EN_CHEMIN, load_cpts
from portal.core.documents import read_octets
from zonage.models import Commune

JOUR = date(2026, 1, 1)


@pytest.mark.usefixtures("france")
def test_what_the_texts_say_is_what_is_written():
    etapes = []
    load_cpts(etapes.append)
    assert len(etapes) == 1
    chalonnais = Cpts.objects.get(pk=CODE)
    en_vigueur = Perimetre.objects.get(cpts=CODE, statut=StatutPerimetre.APPROUVE, periode__contains=JOUR)
    assert (chalonnais.aci_signe_le, chalonnais.aci_fin_le) == (date(2024, 9, 27), date(2029, 9, 27))
    assert (en_vigueur.taille, en_vigueur.communes.count()) == (3, 99)
    assert 128_000 <= en_vigueur.population <= 132_000
    assert Perimetre.objects.filter(cpts=CODE, statut=StatutPerimetre.APPROUVE).count() == 2
    signees = Cpts.objects.filter(region_code="27", statut=StatutCpts.ACI_SIGNE)
    assert signees.count() == AUTRES + 1
    assert signees.filter(aci_signe_le__lt=chalonnais.aci_signe_le).count() == AUTRES
    assert Cpts.objects.exclude(statut=StatutCpts.ACI_SIGNE).count() == len(EN_CHEMIN)
    assert not Cpts.objects.filter(demonstration=False).exists()

    couvertes = CommunePerimetre.objects.filter(
        perimetre__statut=StatutPerimetre.APPROUVE, perimetre__periode__contains=JOUR
    )
    region = Commune.objects.filter(departement__region="27", type="COM")
    part = region.filter(pk__in=couvertes.values("commune")).aggregate(n=Sum("population"))["n"]
    assert part / region.aggregate(n=Sum("population"))["n"] == pytest.approx(0.8, abs=0.005)
    assert couvertes.count() - couvertes.values("commune").distinct().count() == 4  # the overlaps, and no other

    for cpts in Cpts.objects.order_by("pk"):
        actes = list(ActeCpts.objects.filter(cpts=cpts).order_by("pk"))
        assert actes[-1].cible == cpts.statut
        assert [acte.date_acte for acte in actes] == sorted(acte.date_acte for acte in actes)
        assert all("démonstration" in acte.commentaire for acte in actes)

    pieces = PieceCpts.objects.filter(cpts=CODE, acte__isnull=False).select_related("document", "acte").order_by("pk")
    assert [piece.nature for piece in pieces] == ["lettre", "courrier_conjoint", "projet", "decision_projet", "aci"]
    assert "Exemple inventé" in PdfReader(BytesIO(read_octets(pieces[0].document))).pages[0].extract_text()

    avant = [Cpts.objects.count(), ActeCpts.objects.count(), CommunePerimetre.objects.count()]
    load_cpts(etapes.append)
    assert [Cpts.objects.count(), ActeCpts.objects.count(), CommunePerimetre.objects.count()] == avant


@pytest.mark.django_db
def test_without_the_communes_nothing_is_written():
    assert "rien n'est écrit" in load_cpts(lambda _etape: None)
    assert not Cpts.objects.exists()
