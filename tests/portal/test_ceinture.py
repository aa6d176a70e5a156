"""The second belt: under the role of the web, PostgreSQL shows and lets write what the person may, and no more."""

import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import Error, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from aides.models import ActeDossier, Demande, PieceDossier
from portal.accounts.enums import Role
from portal.accounts.middleware import PersonneMiddleware, bind_ceinture
from portal.core.ceinture import ROLE_WEB, as_systeme, clear_ceinture, set_ceinture
from portal.core.models import Document, Evenement
from portal.core.octrois import ORDINAIRE, grant_octrois, read_octrois
from portal.core.querysets import PorteeQuerySet
from tests.people import make_agent, make_commune, make_demande, make_praticien_user

OCTROIS = Path(__file__).parent / "octrois.txt"
SANS_POLITIQUE = {
    "accounts.user": "the sign-in reads it before it knows who asks",
    "accounts.mandat": "read to know what somebody may see",
    "accounts.organisation": "public bodies",
    "accounts.invitation": "opened by who holds its link, before any account",
    "core.filtreenregistre": "names of filters, no personal data",
    "core.importrun": "official files",
    "core.evenement": "holds no personal data; append only",
    "pilotage.vue": "what a dashboard shows: its page shows each reader only what they may read",
    "cpts.cpts": "a public list: what a CPTS keeps for itself is in its own tables",
    "cpts.structure": "a public directory",
    "cpts.listecpts": "lists of communes that an agency deposits: no personal data",
    "aides.campagne": "a scheme, a year and two days: no personal data; its lines have theirs",
    "prevention.campagne": "public, with its targets and objectives; names nobody",
    "prevention.cible": "public with its campaign",
    "prevention.objectif": "public with its campaign",
    "prevention.releve": "counts, read by the public pages; small ones are hidden by `prevention.lecture`",
}
"""Models with a `for_user` that row level security leaves out, and why."""


@contextmanager
def as_web():
    """What gunicorn does when it connects: the role of the web, and nobody set."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE_WEB}")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")
            clear_ceinture()


def count_rows():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM aides_demande), (SELECT count(*) FROM aides_actedossier),"
            " (SELECT count(*) FROM cpts_rattachement), (SELECT count(*) FROM core_document)"
        )
        return cursor.fetchone()


@pytest.fixture
def dossiers(db):
    """One file in 71 and one in 21, each with an act and a document."""
    crees = []
    for departement in ("71", "21"):
        demande = make_demande(make_praticien_user(departement), commune=make_commune(departement))
        evenement = Evenement.objects.create(objet=f"aides.demande:{demande.pk}", action="deposer")
        ActeDossier.objects.create(
            demande=demande, action="deposer", vers_statut="deposee", version=demande.version, evenement=evenement
        )
        document = Document.objects.create(
            nom="essai.pdf",
            type_mime="application/pdf",
            taille=1,
            empreinte="0" * 64,
            cle=f"essai/{departement}",
            proprietaire=demande.proprietaire,
            region_code=demande.region_code,
            departement_code=departement,
            guichet="ars",
        )
        PieceDossier.objects.create(demande=demande, document=document)
        crees.append(demande)
    return crees


class TestRows:
    def test_nothing_set_shows_nothing(self, dossiers):
        assert count_rows() == (2, 2, 2, 2)
        with as_web():
            assert count_rows() == (0, 0, 0, 0)

    def test_each_sees_what_is_theirs(self, dossiers):
        ici, _ailleurs = dossiers
        attendus = [
            (ici.proprietaire, 1),
            (make_agent(Role.INSTRUCTEUR, "departement:71"), 1),
            (make_agent(Role.VALIDEUR, "region:27"), 2),
            (make_agent(Role.AUDITEUR, "national"), 2),
            (make_agent(Role.INSTRUCTEUR, "region:84"), 0),
            (make_agent(Role.AGENT_CPAM, "departement:71"), 0),
            (make_agent(Role.COORDINATEUR_CPTS, "cpts:71-1"), 0),
        ]
        for user, nombre in attendus:
            with as_web():
                bind_ceinture(user)
                assert count_rows() == (nombre,) * 4

    def test_the_caisse_sees_what_it_pays(self, dossiers):
        make_demande(guichet="cpam")
        with as_web():
            set_ceinture(personne=None, caisses=["departement:71"])
            assert Demande.objects.count() == 1

    def test_a_draft_is_its_author_s_alone(self, dossiers):
        brouillon = make_demande(make_praticien_user("71"), statut="brouillon")
        piece = PieceDossier.objects.first()
        PieceDossier.objects.filter(pk=piece.pk).update(demande=brouillon)
        lecteurs = [make_agent(Role.INSTRUCTEUR, "departement:71"), make_agent(Role.AUDITEUR, "national")]
        for user, nombre in [*((agent, 0) for agent in lecteurs), (brouillon.proprietaire, 1)]:
            with as_web():
                bind_ceinture(user)
                assert Demande.objects.filter(pk=brouillon.pk).count() == nombre
                assert PieceDossier.objects.filter(demande_id=brouillon.pk).count() == nombre

    def test_nobody_writes_for_somebody_else(self, dossiers):
        ici, ailleurs = dossiers
        with as_web():
            bind_ceinture(ici.proprietaire)
            assert Demande.objects.filter(pk=ailleurs.pk).update(version=99) == 0
            with pytest.raises(Error, match="row-level security"), transaction.atomic():
                Document.objects.create(
                    nom="a", type_mime="a", taille=1, empreinte="0", cle="autre", proprietaire=ailleurs.proprietaire
                )

    def test_the_system_sees_all_and_gives_back_what_was_set(self, dossiers):
        with as_web():
            bind_ceinture(dossiers[0].proprietaire)
            with as_systeme():
                assert Demande.objects.count() == 2
            assert Demande.objects.count() == 1

    def test_the_system_gives_back_what_was_set_after_a_fault_too(self, dossiers):
        with as_web():
            bind_ceinture(dossiers[0].proprietaire)
            with pytest.raises(ValueError, match="faute"), as_systeme():
                raise ValueError("faute")
            assert Demande.objects.count() == 1
            faute = pytest.raises(Error, match="division by zero")
            with faute, transaction.atomic(), as_systeme(), connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
            assert Demande.objects.count() == 1

    def test_every_model_of_a_person_is_protected_or_says_why_not(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity")
            protegees = {nom for (nom,) in cursor.fetchall()}
        scopes = {m for m in apps.get_models() if isinstance(m._default_manager.all(), PorteeQuerySet)}
        scopes |= {m for m in apps.get_models() if hasattr(m._default_manager, "for_user")}
        nus = {m._meta.label_lower for m in scopes if m._meta.db_table not in protegees}
        assert nus == set(SANS_POLITIQUE)


class TestPrivileges:
    def test_are_those_of_the_file(self, db):
        lus = {table: octroi for table, octroi in read_octrois().items() if octroi != ORDINAIRE}
        ecrit = "".join(f"{table}: {octroi}\n" for table, octroi in sorted(lus.items()))
        assert ecrit == OCTROIS.read_text()

    def test_never_hold_the_shape_of_a_table(self, db):
        lus = read_octrois()
        assert len(lus) > 60
        assert not {mot for droits in lus.values() for mot in droits.split()} - set(ORDINAIRE.split())

    def test_are_put_right_again(self, db):
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT UPDATE ON core_evenement TO {ROLE_WEB}")
            cursor.execute(f"REVOKE ALL ON core_envoi FROM {ROLE_WEB}")
        assert grant_octrois() == 2
        assert grant_octrois() == 0
        assert read_octrois()["core_envoi"] == ORDINAIRE

    @pytest.mark.parametrize(
        "ordre",
        [
            "UPDATE core_evenement SET action = 'x'",
            "DELETE FROM core_evenement",
            "TRUNCATE core_evenement",
            "UPDATE core_scelle SET empreinte = 'x'",
            "INSERT INTO core_scelle (rang, evenement_id, precedente, empreinte) VALUES (1, 1, 'a', 'b')",
            "UPDATE aides_actedossier SET commentaire = 'x'",
            "DELETE FROM aides_actedossier",
            "TRUNCATE aides_demande CASCADE",
            "ALTER TABLE aides_demande DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE core_evenement DISABLE TRIGGER ALL",
            "CREATE TABLE public.autre (id int)",
            "DROP TABLE core_scelle",
            "UPDATE aides_transition SET cible = 'soldee'",
        ],
    )
    def test_refuse_to_the_web(self, dossiers, ordre):
        refus = pytest.raises(Error, match=r"permission denied|must be owner")
        with as_web(), refus, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ordre)


VUES = ["demande", "acte", "piece", "document", "rattachement"]


class TestRequests:
    """The middleware of a request, on a connection of the web."""

    def ask(self, user, vue):
        request = RequestFactory().get("/dossiers/")
        request.user = user
        return PersonneMiddleware(vue)(request)

    def test_five_views_without_scoping_leak_nothing(self, dossiers, monkeypatch):
        monkeypatch.setattr(PorteeQuerySet, "for_user", lambda self, user: self.all())
        ici, _ailleurs = dossiers
        for nom in VUES:
            modele = {
                "demande": Demande,
                "acte": ActeDossier,
                "piece": PieceDossier,
                "document": Document,
                "rattachement": apps.get_model("cpts", "Rattachement"),
            }[nom]
            with as_web():
                reponse = self.ask(
                    ici.proprietaire, lambda r, m=modele: HttpResponse(str(m.objects.for_user(r.user).count()))
                )
            assert reponse.content == b"1", nom
            assert modele.objects.for_user(ici.proprietaire).count() == 2, "the scoping was not removed"

    def test_an_exception_in_the_middle_empties_the_belt(self, dossiers):
        def vue(request):
            assert Demande.objects.count() == 1
            raise ZeroDivisionError

        with as_web():
            with pytest.raises(ZeroDivisionError):
                self.ask(dossiers[0].proprietaire, vue)
            assert Demande.objects.count() == 0

    def test_what_is_sent_bit_by_bit_is_read_by_the_same_person(self, dossiers):
        def vue(request):
            return StreamingHttpResponse(str(d.departement_code) for d in Demande.objects.all())

        with as_web():
            reponse = self.ask(dossiers[0].proprietaire, vue)
            assert Demande.objects.count() == 0
            assert b"".join(reponse.streaming_content) == b"71"
            assert Demande.objects.count() == 0

    def test_nobody_known_sees_nothing(self, dossiers):
        with as_web():
            reponse = self.ask(AnonymousUser(), lambda r: HttpResponse(str(Demande.objects.count())))
        assert reponse.content == b"0"


@pytest.mark.django_db(transaction=True)
def test_a_thousand_requests_over_two_connections_never_show_another_s_file():
    """Two threads, each with its connection under the role of the web, alternate two people and nobody."""
    users = [make_praticien_user(d) for d in ("71", "21")]
    for user, departement in zip(users, ("71", "21"), strict=True):
        make_demande(user, commune=make_commune(departement))
    fautes, faits = [], []

    def run(rang):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {ROLE_WEB}")
            for tour in range(500):
                user = [*users, AnonymousUser()][(tour + rang) % 3]
                request = RequestFactory().get("/dossiers/")
                request.user = user
                reponse = PersonneMiddleware(
                    lambda r: HttpResponse(
                        ",".join(str(d) for d in Demande.objects.values_list("proprietaire_id", flat=True))
                    )
                )(request)
                attendu = str(user.pk) if user.is_authenticated else ""
                faits.append(tour)
                if reponse.content.decode() != attendu:
                    fautes.append((tour, reponse.content))
        except Exception as erreur:
            fautes.append(erreur)
        finally:
            connection.close()

    fils = [threading.Thread(target=run, args=(rang,)) for rang in (0, 1)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert (fautes, len(faits)) == ([], 1000)


@pytest.mark.django_db
def test_the_settings_give_the_role_to_the_connection():
    """`-c role=` and `-c maillage.portee=` of the settings are understood by the server."""
    reglages = {**connection.get_connection_params(), "options": f"-c role={ROLE_WEB} -c maillage.portee=systeme"}
    lien = psycopg2.connect(**reglages)
    try:
        with lien.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('maillage.portee')")
            assert cursor.fetchone() == (ROLE_WEB, "systeme")
            cursor.execute(
                "SET maillage.portee = ''; RESET maillage.portee; SELECT current_setting('maillage.portee')"
            )
            assert cursor.fetchone() == ("systeme",)
    finally:
        lien.close()
