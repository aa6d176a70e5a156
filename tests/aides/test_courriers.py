"""Letters: what each says, how it is numbered, made, failed, replaced; what a PDF of the portal is."""

import io
import threading
import zlib
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pypdf import PdfReader

from aides.contrats.fin import notify_resiliation, terminate_contrat
from aides.courriers import emission
from aides.courriers.champs import CHAMPS, fill_texte, find_inconnus
from aides.courriers.emission import (
    CourrierChange,
    cancel_courrier,
    issue_attestation,
    issue_courrier,
    make_pdf,
    replace_courrier,
    retry_courrier,
)
from aides.courriers.pdf import set_typographie
from aides.courriers.textes import CODES, INTRODUCTIONS, OBJETS, RECOURS_A_INSTRUIRE, RECOURS_ARS
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse
from aides.dossiers.etats import Statut
from aides.dossiers.instruction import ask_pieces
from aides.models import CompteurCourrier, Courrier, ModeleCourrier, TypeCourrier
from portal.core.documents import read_octets
from portal.core.models import Envoi, Evenement
from tests.aides.contrats_essai import CAIM, make_contrat
from tests.aides.dossiers_essai import RECOURS, Equipe, make_dossier, make_piece
from tests.people import make_commune


@pytest.fixture(autouse=True)
def _disque(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILLAGE_ADRESSE = "https://maillage.exemple.fr"


@pytest.fixture
def equipe(db):
    return Equipe()


def read_lettre(courrier) -> tuple[PdfReader, str]:
    make_pdf(courrier.pk)
    courrier.refresh_from_db()
    lecteur = PdfReader(io.BytesIO(read_octets(courrier.document)))
    texte = " ".join(page.extract_text() for page in lecteur.pages)
    return lecteur, " ".join(texte.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'").split())


def make_lettre(type_courrier: str, equipe: Equipe) -> Courrier:
    """The letter of a type, issued by the act that issues it."""
    coordonnees = {"prenom": "Camille", "nom": "EXEMPLE", "adresse": "3 rue de l'Essai, 71300 Montceau-les-Mines"}
    champs = {**CAIM, "coordonnees": coordonnees}
    aujourd_hui = timezone.localdate()
    match type_courrier:
        case TypeCourrier.ACCUSE:
            demande = make_dossier(Statut.DEPOSEE, equipe=equipe, **champs)
            make_piece(demande, intitule="Attestation d'inscription à l'ordre")
            with transaction.atomic():
                return issue_courrier(demande, type_courrier, par=equipe.demandeur)
        case TypeCourrier.CORRECTION:
            demande = make_dossier(Statut.DEPOSEE, equipe=equipe, **champs)
            make_piece(demande, intitule="Bail", verdict="refusee", remarque="illisible")
            ask_pieces(demande, par=equipe.instructeur, commentaire="Il manque l'attestation de l'ordre.")
        case TypeCourrier.DECISION:
            demande = make_dossier(Statut.ACCORDEE, equipe=equipe, **champs)
        case TypeCourrier.REFUS:
            demande = make_dossier(Statut.REFUSEE, equipe=equipe, **champs)
        case TypeCourrier.CONTRAT:
            demande = make_contrat(equipe, coordonnees=coordonnees).demande
        case TypeCourrier.ATTESTATION:
            demande = make_contrat(equipe, coordonnees=coordonnees).demande
            return issue_attestation(demande, par=equipe.instructeur)
        case TypeCourrier.RESILIATION:
            contrat = make_contrat(equipe, coordonnees=coordonnees)
            notify_resiliation(
                contrat, par=equipe.instructeur, initiateur="titulaire", notifiee_le=aujourd_hui, commentaire="Départ."
            )
            type(contrat).objects.filter(pk=contrat.pk).update(resiliation_effet_le=aujourd_hui)
            contrat.refresh_from_db()
            terminate_contrat(contrat, par=equipe.valideur, commentaire="Départ en retraite.")
            demande = contrat.demande
    return demande.courriers.get(type=type_courrier)


ATTENDUS = {
    TypeCourrier.ACCUSE: ["Accusé de dépôt", "Pièces reçues", "Attestation d'inscription à l'ordre", "à instruire"],
    TypeCourrier.CORRECTION: ["Il manque l'attestation de l'ordre.", "Pièces à remplacer", "Bail : illisible"],
    TypeCourrier.DECISION: ["est accordée", "Montant accordé : 43 750 €", "R. 421-1", "L. 411-2", "D. 162"],
    TypeCourrier.REFUS: ["Motif du refus", "Hors zone.", "Voies et délais de recours", RECOURS],
    TypeCourrier.CONTRAT: ["Contrat", "Versements", "Échéance", "Engagements", "Total : 43 750 €", "C-27-"],
    TypeCourrier.ATTESTATION: ["Camille EXEMPLE est titulaire du contrat C-27-", "servir et valoir"],
    TypeCourrier.RESILIATION: ["Fin du contrat", "Départ en retraite.", "Titulaire", "Versé : 0 €", "à instruire"],
}


class TestWhatALetterSays:
    @pytest.mark.parametrize("type_courrier", TypeCourrier.values)
    def test_each_type_says_what_it_must(self, equipe, type_courrier):
        courrier = make_lettre(type_courrier, equipe)
        lecteur, texte = read_lettre(courrier)
        manquants = [dit for dit in ATTENDUS[TypeCourrier(type_courrier)] if dit not in texte]
        assert not manquants, texte
        assert courrier.numero in texte
        assert courrier.demande.numero in texte
        assert "Camille EXEMPLE" in texte
        assert "rue de l'Essai" in texte
        assert "-".join(courrier.code[d : d + 4] for d in range(0, 20, 4)) in texte
        assert lecteur.trailer["/Root"]["/MarkInfo"]["/Marked"] == True  # noqa: E712 (an object of pypdf)
        assert lecteur.trailer["/Root"]["/Lang"].lower().startswith("fr")
        assert lecteur.metadata.title == f"{set_typographie(courrier.get_type_display())} n° {courrier.numero}"
        assert b"pdfuaid" in lecteur.trailer["/Root"]["/Metadata"].get_object().get_data()

    def test_the_metadata_name_nobody(self, equipe):
        courrier = make_lettre(TypeCourrier.DECISION, equipe)
        lecteur, _ = read_lettre(courrier)
        dites = str(dict(lecteur.metadata)).encode() + lecteur.trailer["/Root"]["/Metadata"].get_object().get_data()
        for secret in ("Camille", "EXEMPLE", equipe.demandeur.email, equipe.valideur.email, "Montceau"):
            assert secret.encode() not in dites

    def test_a_heading_of_each_level_and_the_table_have_their_tags(self, equipe):
        lecteur, _ = read_lettre(make_lettre(TypeCourrier.CONTRAT, equipe))
        roles = set()

        def walk(noeud):
            objet = noeud.get_object()
            if isinstance(objet, list):
                for enfant in objet:
                    walk(enfant)
            elif isinstance(objet, dict):
                roles.add(objet.get("/S"))
                if "/K" in objet and not isinstance(objet["/K"], int):
                    walk(objet["/K"])

        walk(lecteur.trailer["/Root"]["/StructTreeRoot"]["/K"])
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/Figure"} <= roles

    def test_a_cpam_decision_does_not_guess_its_remedies(self, equipe):
        demande = make_dossier(Statut.ACCORDEE, equipe=equipe, guichet="cpam", **CAIM)
        _, texte = read_lettre(demande.courriers.get(type="decision"))
        assert RECOURS_A_INSTRUIRE in texte
        assert "R. 421-1" not in texte
        assert "Caisse primaire d'assurance maladie" in texte

    def test_the_texts_of_the_region_of_that_day_are_used(self, equipe):
        make_commune("71")
        jour = timezone.localdate()
        for debut, nom in (
            (jour - timedelta(days=30), "Ancien"),
            (jour, "Actuel"),
            (jour + timedelta(days=1), "Futur"),
        ):
            make_modele(a_partir_du=debut, expediteur=nom, introduction="Pour {demandeur}, {montant}.")
        make_modele(guichet="cpam", expediteur="Caisse", a_partir_du=jour)
        courrier = make_lettre(TypeCourrier.DECISION, equipe)
        _, texte = read_lettre(courrier)
        assert "Actuel" in texte
        assert "Ancien" not in texte
        assert "Futur" not in texte
        assert "Caisse" not in texte
        assert "Pour Camille EXEMPLE, 43 750 €." in texte
        assert "la région n'a pas encore écrit le sien" not in texte

    def test_what_was_issued_does_not_change_with_the_texts(self, equipe):
        courrier = make_lettre(TypeCourrier.DECISION, equipe)
        make_modele(a_partir_du=timezone.localdate(), expediteur="Après")
        _, texte = read_lettre(courrier)
        assert "Après" not in texte
        assert "Agence régionale de santé Bourgogne-Franche-Comté" in texte


def make_modele(**champs) -> ModeleCourrier:
    make_commune("71")
    valeurs = {"region_id": "27", "type": "decision", "expediteur": "ARS", "adresse": "2 place\n21000 Dijon"}
    return ModeleCourrier.objects.create(**{**valeurs, "signataire": "La directrice générale", **champs})


class TestPlaceholders:
    @pytest.mark.parametrize(
        "texte",
        [
            "{{ 7*7 }}",
            "{% load x %}",
            "%s %(montant)s",
            "${montant_x}",
            "{0.__class__}",
            "{montant.__class__}",
            "#let x",
        ],
    )
    def test_nothing_is_run(self, equipe, texte):
        make_modele(a_partir_du=timezone.localdate(), introduction=f"Début {texte} fin.")
        _, lu = read_lettre(make_lettre(TypeCourrier.DECISION, equipe))
        assert f"Début {texte} fin." in lu

    @pytest.mark.parametrize("type_courrier", TypeCourrier.values)
    def test_the_texts_of_the_portal_use_placeholders_of_their_type(self, type_courrier):
        assert not find_inconnus(OBJETS[type_courrier] + INTRODUCTIONS[type_courrier], type_courrier)

    def test_one_pass_alone(self):
        assert fill_texte("{demandeur} {sigle}", {"demandeur": "{sigle}", "sigle": "CAIM"}) == "{sigle} CAIM"

    def test_without_value_it_is_a_dash_and_unknown_it_stays(self):
        assert fill_texte("{terme} {inconnu}", {}) == "— {inconnu}"
        assert find_inconnus("{montant} {mntant}", "accuse") == ["mntant", "montant"]
        assert set(CODES) == set(TypeCourrier.values)
        assert all(champ.types for champ in CHAMPS.values())

    def test_a_name_is_not_markup(self, equipe):
        nom = "#emph[x] *y* $z$ \\ <a> @b"
        demande = make_dossier(equipe=equipe, coordonnees={"nom": nom})
        with transaction.atomic():
            courrier = issue_courrier(demande, "accuse", par=equipe.demandeur)
        assert nom in read_lettre(courrier)[1]


class TestNumbers:
    def test_follow_each_other_by_type(self, equipe):
        demande = make_dossier(equipe=equipe)
        numeros = []
        for type_courrier in ("accuse", "accuse", "correction", "accuse"):
            with transaction.atomic():
                numeros.append(issue_courrier(demande, type_courrier, par=None).numero)
        an = timezone.localdate().year
        assert numeros == [f"27-{an}-{fin}" for fin in ("ACC-000001", "ACC-000002", "COR-000001", "ACC-000003")]

    def test_an_act_that_fails_gives_its_rank_back(self, equipe):
        demande = make_dossier(equipe=equipe)
        with transaction.atomic():
            issue_courrier(demande, "accuse", par=None)
            transaction.set_rollback(True)
        assert not Courrier.objects.exists()
        assert not CompteurCourrier.objects.exists()
        assert not Envoi.objects.filter(tache="aides.courrier_pdf").exists()

    @pytest.mark.django_db(transaction=True)
    def test_eight_at_once_leave_no_hole(self):
        demande = make_dossier()

        def issue():
            try:
                with transaction.atomic():
                    issue_courrier(demande, "accuse", par=None)
            finally:
                connection.close()

        fils = [threading.Thread(target=issue) for _ in range(8)]
        for fil in fils:
            fil.start()
        for fil in fils:
            fil.join()
        rangs = sorted(int(numero[-6:]) for numero in Courrier.objects.values_list("numero", flat=True))
        assert rangs == list(range(1, 9))


class TestLife:
    def test_an_act_and_its_letter_are_one(self, equipe):
        demande = make_dossier(Statut.REFUSEE, equipe=equipe)
        courrier = demande.courriers.get()
        assert courrier.acte == demande.actes.get(action="refuser")
        assert courrier.document is None
        assert courrier.empreinte == ""
        assert Envoi.objects.filter(tache="aides.courrier_pdf", arguments=[courrier.pk]).count() == 1
        evenement = Evenement.objects.get(objet=f"aides.courrier:{courrier.pk}")
        assert evenement.details == {"demande": str(demande.pk), "numero": courrier.numero, "type": "refus"}

    def test_a_pdf_that_fails_keeps_the_decision_and_is_tried_again(self, equipe, monkeypatch):
        demande = make_dossier(Statut.ACCORDEE, equipe=equipe)
        courrier = demande.courriers.get(type="decision")
        monkeypatch.setattr(emission, "render_courrier_pdf", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make_pdf(courrier.pk)
        courrier.refresh_from_db()
        demande.refresh_from_db()
        assert (demande.statut, courrier.document) == ("accordee", None)
        monkeypatch.undo()
        retry_courrier(courrier, par=equipe.instructeur)
        assert make_pdf(courrier.pk) is True
        assert make_pdf(courrier.pk) is False
        courrier.refresh_from_db()
        assert courrier.document.produit
        assert courrier.document.statut == "sain"
        assert courrier.empreinte == courrier.document.empreinte
        assert courrier.document.proprietaire == demande.proprietaire
        with pytest.raises(CourrierChange):
            retry_courrier(courrier, par=equipe.instructeur)

    def test_what_retention_erased_is_not_made_again(self, equipe):
        courrier = make_lettre(TypeCourrier.CORRECTION, equipe)
        Courrier.objects.filter(pk=courrier.pk).update(donnees={}, empreinte="0" * 64)
        assert make_pdf(courrier.pk) is False
        courrier.refresh_from_db()
        with pytest.raises(CourrierChange):
            retry_courrier(courrier, par=equipe.instructeur)

    def test_the_same_letter_gives_the_same_bytes(self, equipe):
        courrier = make_lettre(TypeCourrier.CONTRAT, equipe)
        rendus = {
            zlib.crc32(
                emission.render_courrier_pdf(
                    courrier.donnees, code=courrier.code, adresse="https://x/", le=courrier.cree_le
                )
            )
            for _ in range(2)
        }
        assert len(rendus) == 1

    def test_replaced_it_says_by_which_and_stays(self, equipe):
        ancien = make_lettre(TypeCourrier.CORRECTION, equipe)
        nouveau = replace_courrier(ancien, par=equipe.instructeur, motif="Adresse inexacte.")
        assert ancien.remplace_par == nouveau
        assert ancien.annule_le
        assert nouveau.annule_le is None
        assert nouveau.numero > ancien.numero
        assert nouveau.code != ancien.code
        assert "Il manque l'attestation de l'ordre." in read_lettre(nouveau)[1]
        with pytest.raises(CourrierChange):
            cancel_courrier(ancien, par=equipe.instructeur, motif="Encore.")

    def test_who_may_and_why(self, equipe):
        courrier = make_lettre(TypeCourrier.DECISION, equipe)
        with pytest.raises(DroitRefuse):
            cancel_courrier(courrier, par=equipe.demandeur, motif="Non.")
        with pytest.raises(ActeInvalide):
            cancel_courrier(courrier, par=equipe.instructeur, motif="  ")
        with pytest.raises(ActeInvalide):
            issue_attestation(courrier.demande, par=equipe.instructeur)
        courrier.refresh_from_db()
        assert courrier.annule_le is None

    def test_remedies_of_the_portal_name_their_texts(self):
        assert "R. 421-1" in RECOURS_ARS
        assert "L. 411-2" in RECOURS_ARS
        assert "deux mois" in RECOURS_ARS


def test_the_typography_is_french():
    lu = set_typographie("n° 3 : « l'aide » ; article R. 421-1 ? {{ 7*7 }} 10 %")
    assert lu == "n°\u00a03\u00a0: «\u00a0l’aide\u00a0»\u00a0; article R.\u00a0421-1\u00a0? {{ 7*7 }} 10\u00a0%"
