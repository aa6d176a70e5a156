"""The real views with their scoping taken off: under the role of the web, PostgreSQL alone still shows nothing more.

Each view is asked the same way without the role: there it leaks, which shows that the scoping was indeed taken off.
"""

import re
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from aides.dossiers import lecture
from aides.models import Demande, PieceDossier
from aides.querysets import DemandeQuerySet
from portal.accounts.enums import Role
from portal.core import admin_listes
from portal.core.documents import store_document
from portal.core.querysets import PorteeQuerySet
from tests.matrix.essais import read_texte
from tests.people import make_agent, make_commune, make_demande, make_praticien_user
from tests.portal.test_ceinture import as_web

pytestmark = pytest.mark.django_db
SUITE = re.compile(r'href="([^"]*[?&](?:amp;)?apres=[^"]*)"')
OCTETS = b"%PDF-1.7 essai"
TOUS = "etat=&instructeur=&tri=recents"


@dataclass
class Scene:
    agent: Client
    demandeur: Client
    siens: list[Demande]
    autres: list[Demande]
    pieces: dict[str, int]

    def list_numeros(self) -> set[str]:
        """Every page of the list, by the links to the next."""
        lus: set[str] = set()
        adresse = f"{reverse('admin:aides_demande_changelist')}?{TOUS}"
        for _ in range(10):
            page = self.agent.get(adresse)
            assert page.status_code == 200
            lus |= self.find_numeros(page.content.decode())
            suite = SUITE.search(page.content.decode())
            if suite is None:
                return lus
            adresse = reverse("admin:aides_demande_changelist") + suite[1].replace("&amp;", "&")
        raise AssertionError("the list never ends")

    def export_numeros(self) -> set[str]:
        envoi = {"format": "csv", "requete": TOUS}
        reponse = self.agent.post(reverse("admin:aides_demande_export"), envoi)
        assert reponse.status_code == 200
        assert "csv" in reponse.headers["Content-Type"]
        return self.find_numeros(b"".join(reponse).decode())

    def find_numeros(self, texte: str) -> set[str]:
        return {d.numero for d in [*self.siens, *self.autres] if d.numero in texte}

    def ask(self, vue: str, demande: Demande):
        """The pages of one file: on the agents' side, its document, on the applicants' side."""
        if vue == "piece":
            return self.agent.get(reverse("admin:aides_demande_piece", args=[demande.pk, self.pieces[demande.numero]]))
        if vue == "page":
            return self.agent.get(reverse("admin:aides_demande_change", args=[demande.pk]))
        return self.demandeur.get(reverse("dossier_detail", args=[demande.pk]))

    def find_lisibles(self, vue: str) -> set[str]:
        """The numbers of the files that this view shows; a document is known by its bytes."""
        lus = set()
        for demande in [*self.siens, *self.autres]:
            reponse = self.ask(vue, demande)
            assert reponse.status_code in (200, 404)
            if reponse.status_code == 200:
                assert (OCTETS if vue == "piece" else demande.numero.encode()) in reponse.content
                lus.add(demande.numero)
        return lus


@pytest.fixture
def scene(settings, tmp_path, monkeypatch):
    """Two files in 71, of one applicant, and two in 21; an agent of 71. One row a page."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(admin_listes, "TAILLE", 1)
    lus: dict[str, list[Demande]] = {}
    pieces = {}
    for departement in ("71", "21"):
        user, commune = make_praticien_user(departement), make_commune(departement)
        lus[departement] = [make_demande(user, commune=commune, dispositif=d) for d in ("cotram", "caim")]
        for demande in lus[departement]:
            lieu = {"region_code": "27", "departement_code": departement, "guichet": "ars"}
            document = store_document(OCTETS, nom="essai.pdf", type_mime="application/pdf", proprietaire=user, **lieu)
            pieces[demande.numero] = PieceDossier.objects.create(demande=demande, document=document).pk
    agent, demandeur = Client(), Client()
    agent.force_login(make_agent(Role.INSTRUCTEUR, "departement:71", is_staff=True))
    demandeur.force_login(lus["71"][0].proprietaire)
    return Scene(agent, demandeur, lus["71"], lus["21"], pieces)


@pytest.fixture
def sans_portee(monkeypatch):
    """What the application does to scope the rows is taken off."""
    monkeypatch.setattr(PorteeQuerySet, "for_user", lambda self, user: self.all())
    monkeypatch.setattr(DemandeQuerySet, "for_agent", lambda self, user: self.all())
    monkeypatch.setattr(lecture, "find_siennes", lambda user: Demande.objects.all())


LECTURES = {
    "the list, page by page": Scene.list_numeros,
    "the export": Scene.export_numeros,
    "the page of a file": lambda scene: scene.find_lisibles("page"),
    "a document": lambda scene: scene.find_lisibles("piece"),
    "the page of the applicant": lambda scene: scene.find_lisibles("demandeur"),
}


def list_numeros(demandes):
    return {demande.numero for demande in demandes}


class TestScopingTakenOff:
    @pytest.mark.parametrize("lit", LECTURES.values(), ids=LECTURES)
    def test_leaks_nothing_under_the_role_of_the_web(self, scene, sans_portee, lit):
        with as_web():
            assert lit(scene) == list_numeros(scene.siens)

    @pytest.mark.parametrize("lit", LECTURES.values(), ids=LECTURES)
    def test_the_control_leaks_without_the_role(self, scene, sans_portee, lit):
        assert lit(scene) == list_numeros([*scene.siens, *scene.autres])

    @pytest.mark.parametrize("lit", LECTURES.values(), ids=LECTURES)
    def test_the_scoping_alone_leaks_nothing_either(self, scene, lit):
        assert lit(scene) == list_numeros(scene.siens)


class TestMissingAndForbidden:
    @pytest.mark.parametrize("belt", [True, False], ids=["belt", "scoping"])
    @pytest.mark.parametrize("vue", ["page", "piece", "demandeur"])
    def test_answer_alike_to_the_byte(self, request, scene, vue, belt):
        """The same address is asked while the file is somebody else's, then once it is gone."""
        if belt:
            request.getfixturevalue("sans_portee")
        (autre, *_), reponses = scene.autres, []
        absent = Demande(pk="00000000-0000-4000-8000-000000000000", numero=autre.numero)
        for demande in (autre, absent):
            with as_web():
                reponse = scene.ask(vue, demande)
            entetes = {nom: v for nom, v in reponse.headers.items() if nom != "Content-Security-Policy"}
            texte = read_texte(reponse).replace(str(demande.pk), "")
            reponses.append((reponse.status_code, sorted(entetes.items()), texte))
        assert reponses[0] == reponses[1]
        assert reponses[0][0] == 404
