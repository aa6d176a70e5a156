"""The acts of the applicant: open a draft, write it, join documents, file it, answer, withdraw.

A draft is nobody's business but its owner's: what it holds is saved without an act (docs/adr/0125). From the deposit
on, every change is an act (`aides.dossiers.actes`).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aides.catalogue import catalogue
from aides.courriers.emission import issue_courrier
from aides.dossiers.actes import apply_action
from aides.dossiers.annonces import announce_acte
from aides.dossiers.corrections import correct_preuve
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, TransitionImpossible, VersionPerimee
from aides.dossiers.etats import Action, Statut
from aides.dossiers.formulaires import Saisie, check_texte, list_attestations, list_manques
from aides.dossiers.pieces import PIECES_MAX, hold_sienne
from aides.dossiers.preuves import (
    RegleLue,
    describe_changement_zone,
    freeze_preuve,
    list_changements,
    read_regle,
    read_regle_de,
)
from aides.models import ActeDossier, Demande, PieceDossier, TypeCourrier
from aides.regles.dispositifs import Dispositif, Version
from aides.services import clean_faits
from aides.suivi.depot import dump_faits_json
from cpts.enums import StatutRattachement
from cpts.models import Praticien
from portal.accounts.models import User
from portal.core.documents import erase_document
from portal.core.models import Evenement
from portal.core.models.documents import StatutAnalyse
from zonage.models import Commune, Niveau
from zonage.recherche import resolve_commune

GUICHETS = frozenset({"ars", "cpam"})
"""Who instructs here. The others (taxes, PAPS, collectivités) receive their files elsewhere."""
BROUILLONS_MAX = 30
REPONSE_MAX = 4000
MOTIF_MAX = 1000

# One row lock by région and year, held until the end of the deposit: a deposit that fails gives its rank back.
RANG = """
INSERT INTO aides_compteurdossier (region_code, annee, dernier) VALUES (%(region)s, %(annee)s, 1)
ON CONFLICT (region_code, annee) DO UPDATE SET dernier = aides_compteurdossier.dernier + 1
RETURNING dernier
"""


class CleDejaUtilisee(ActeRefuse):
    """The same key of sending, for another request."""


class DepotRefuse(ActeRefuse):
    """The rule of the day does not let the file in. `raisons`, and `changements` since the draft was opened."""

    def __init__(self, message: str, raisons: list[str], changements: list[str]) -> None:
        super().__init__(message)
        self.raisons = raisons
        self.changements = changements


class ZoneChangee(ActeRefuse):
    """Another zone or another arrêté than those shown: the applicant looks again, then files."""

    statut_http = 409


@dataclass(frozen=True, slots=True)
class Ouverture:
    """What a draft is opened on, once checked: the scheme of the day, the commune of today, clean facts."""

    dispositif: Dispositif
    version: Version
    commune: Commune
    faits: dict[str, Any]
    regle: RegleLue


def prepare_ouverture(dispositif: str, commune: str, faits: Mapping[str, object], *, au: date) -> Ouverture:
    """Raises ActeInvalide with what to do, CommuneInconnue, FaitsInvalides. Nothing is written."""
    trouve = catalogue().dispositif(dispositif)
    if trouve is None:
        raise ActeInvalide("Ce dispositif n'existe pas : choisissez-le dans la réponse de la vérification.")
    if trouve.guichet not in GUICHETS:
        raise ActeInvalide(f"{trouve.sigle} ne se demande pas sur ce portail. {trouve.demarche}")
    version = trouve.version_au(au)
    if version is None or trouve.statut in ("annonce", "historique"):
        raise ActeInvalide(f"{trouve.sigle} n'est pas ouvert aux demandes aujourd'hui.")
    propres = clean_faits(faits)
    profession = propres.get("profession")
    if profession is None:
        raise ActeInvalide("Indiquez votre profession : refaites la vérification, puis demandez cette aide.")
    if not trouve.concerns(profession):
        raise ActeInvalide(f"{trouve.sigle} ne s'adresse pas à votre profession.")
    lieu = resolve_commune(commune).commune
    lieu = Commune.objects.select_related("departement").get(pk=lieu.code_insee)
    lisibles = dump_faits_json(propres)
    return Ouverture(trouve, version, lieu, lisibles, read_regle_de(dispositif, lieu.code_insee, lisibles, au=au))


def open_brouillon(user: User, *, dispositif: str, commune: str, faits: Mapping[str, object], cle: str) -> Demande:
    """One draft for one key. Raises ActeInvalide, CleDejaUtilisee, CommuneInconnue, FaitsInvalides."""
    if deja := Demande.objects.filter(proprietaire=user, cle=cle).first():
        return _same(deja, dispositif, commune)
    ouverture = prepare_ouverture(dispositif, commune, faits, au=timezone.localdate())
    ouverts = Demande.objects.filter(proprietaire=user, statut=Statut.BROUILLON)
    if ouverts.count() >= BROUILLONS_MAX:
        raise ActeInvalide(f"Vous avez déjà {BROUILLONS_MAX} brouillons : supprimez-en un avant d'en ouvrir un autre.")
    try:
        with transaction.atomic():
            return _create(user, ouverture, cle)
    except IntegrityError:
        return _same(Demande.objects.get(proprietaire=user, cle=cle), dispositif, commune)


def _same(demande: Demande, dispositif: str, commune: str) -> Demande:
    if (demande.dispositif, demande.commune_id) != (dispositif, resolve_commune(commune).commune.code_insee):
        raise CleDejaUtilisee("Cet envoi a déjà ouvert une autre demande : revenez à la réponse et recommencez.")
    return demande


def _create(user: User, ouverture: Ouverture, cle: str) -> Demande:
    praticien = Praticien.objects.filter(
        rattachements__proprietaire=user, rattachements__statut=StatutRattachement.VALIDE
    ).first()
    demande = Demande.objects.create(
        proprietaire=user,
        region_code=ouverture.commune.departement.region_id,
        departement_code=ouverture.commune.departement_id,
        guichet=ouverture.dispositif.guichet,
        cle=cle,
        dispositif=ouverture.dispositif.code,
        dispositif_version=ouverture.version.code,
        profession=ouverture.faits["profession"],
        praticien=praticien,
        commune=ouverture.commune,
        faits=ouverture.faits,
        coordonnees=_prefill(user, praticien),
        zone_niveau=ouverture.regle.zone_niveau,
        zone_arrete=ouverture.regle.zone_arrete,
    )
    Evenement.objects.create(
        objet=f"aides.demande:{demande.pk}",
        action=Action.CREER.value,
        auteur=user,
        details={"zone": demande.zone_niveau, "arrete": demande.zone_arrete},
    )
    return demande


def _prefill(user: User, praticien: Praticien | None) -> dict[str, str]:
    connues = {"nom": user.last_name, "prenom": user.first_name, "courriel": user.email or ""}
    if praticien is not None:
        connues |= {"nom": praticien.nom, "prenom": praticien.prenom, "rpps": praticien.rpps}
    return {code: valeur for code, valeur in connues.items() if valeur}


def read_version(demande: Demande, *, au: date) -> Version:
    """The rules that the form follows: those of the day for a draft, those of the deposit afterwards."""
    dispositif = catalogue().dispositif(demande.dispositif)
    if dispositif is None:
        raise ActeInvalide("Ce dispositif n'existe plus dans le portail : supprimez ce brouillon.")
    version = dispositif.version_au(au) if demande.statut == Statut.BROUILLON else None
    version = version or dispositif.version(demande.dispositif_version)
    return version or dispositif.versions[-1]


@transaction.atomic
def save_brouillon(demande: Demande, *, par: User, version: int, saisie: Saisie) -> Demande:
    """Write the whole form, if nobody wrote since. Saving the same again writes nothing. Raises VersionPerimee."""
    tenue = hold_sienne(demande, par)
    if tenue.statut != Statut.BROUILLON:
        raise TransitionImpossible(
            f"Ce dossier est « {tenue.get_statut_display()} » : ses réponses ne se modifient plus."
        )
    if tenue.version != version:
        raise VersionPerimee(
            "Ce brouillon a été enregistré ailleurs depuis que vous avez ouvert cette page. Votre saisie est gardée "
            "ci-dessous : comparez, puis enregistrez."
        )
    valeurs = {
        "faits": saisie.faits,
        "coordonnees": saisie.coordonnees,
        "message": saisie.message,
        "declarations": saisie.declarations,
    }
    if all(getattr(tenue, nom) == valeur for nom, valeur in valeurs.items()):
        return tenue
    for nom, valeur in valeurs.items():
        setattr(tenue, nom, valeur)
    tenue.version += 1
    tenue.modifiee_le = timezone.now()
    tenue.save(update_fields=[*valeurs, "version", "modifiee_le"])
    return tenue


@transaction.atomic
def delete_brouillon(demande: Demande, *, par: User) -> None:
    """Erase a draft and its documents: only that it existed stays in the journal."""
    tenue = hold_sienne(demande, par)
    if tenue.statut != Statut.BROUILLON:
        raise TransitionImpossible("Seul un brouillon se supprime : une demande déposée se retire.")
    documents = [piece.document for piece in tenue.pieces.select_related("document").order_by("pk")]
    tenue.pieces.all().delete()
    for document in documents:
        erase_document(document)
    identifiant = tenue.pk
    tenue.delete()
    Evenement.objects.create(objet=f"aides.demande:{identifiant}", action="supprimer_brouillon", auteur=par)


def submit_demande(demande: Demande, *, par: User, version: int) -> ActeDossier:
    """File it: one number and one receipt, however many times it is sent.

    Raises VersionPerimee, ActeInvalide (what is missing, by field), ZoneChangee, DepotRefuse, DroitRefuse. A refusal
    leaves the draft as it was, but for the zone shown.
    """
    try:
        with transaction.atomic():
            return _submit(hold_sienne(demande, par), par=par, version=version)
    except ZoneChangee:
        show_zone(demande, au=timezone.localdate())
        raise


@transaction.atomic
def file_brouillon(demande: Demande, *, par: User, version: int, saisie: Saisie) -> ActeDossier:
    """The form as it was sent, then its deposit, in one transaction: two sendings at once give one receipt.

    Raises what `save_brouillon` and `submit_demande` raise; nothing is then written, not even the form.
    """
    tenue = hold_sienne(demande, par)
    if tenue.statut == Statut.BROUILLON:
        tenue = save_brouillon(tenue, par=par, version=version, saisie=saisie)
        version = tenue.version
    return _submit(tenue, par=par, version=version)


def show_zone(demande: Demande, *, au: date) -> None:
    """The zone of today is now the one shown: the next deposit compares with it."""
    regle = read_regle(demande, au=au)
    Demande.objects.filter(pk=demande.pk, proprietaire=demande.proprietaire_id, statut=Statut.BROUILLON).update(
        zone_niveau=regle.zone_niveau, zone_arrete=regle.zone_arrete
    )


def _submit(demande: Demande, *, par: User, version: int) -> ActeDossier:
    if demande.statut != Statut.BROUILLON:
        if deja := demande.actes.filter(action=Action.DEPOSER).order_by("version").first():
            return deja
        raise TransitionImpossible(f"Ce dossier est « {demande.get_statut_display()} » : il ne se dépose plus.")
    if demande.version != version:
        raise VersionPerimee("Ce brouillon a changé depuis que vous l'avez ouvert : relisez-le, puis déposez.")
    maintenant = timezone.now()
    au = timezone.localdate(maintenant)
    pieces = list(demande.pieces.filter(retiree_le=None).select_related("document").order_by("pk")[:PIECES_MAX])
    regle = read_regle(demande, au=au)
    _check_regle(demande, regle)
    regles = read_version(demande, au=au)
    _check_complet(demande, regles, pieces)
    texte, empreinte = freeze_preuve(demande, regle, [(p.nature, p.document.empreinte) for p in pieces])
    minimum, maximum = regle.montants
    acte = apply_action(
        demande,
        Action.DEPOSER,
        par=par,
        version=version,
        details={
            "attestations": sorted(list_attestations(regles)),
            "pieces": len(pieces),
            "preuve_sha256": empreinte,
            "zone": regle.zone_niveau,
            "arrete": regle.zone_arrete,
        },
        numero=next_numero(demande.region_code, au.year),
        deposee_le=maintenant,
        dispositif_version=regles.code,
        preuve=texte,
        preuve_empreinte=empreinte,
        zone_niveau=regle.zone_niveau,
        zone_arrete=regle.zone_arrete,
        montant_minimum=minimum,
        montant_maximum=maximum,
    )
    announce_acte(acte)
    issue_courrier(demande, TypeCourrier.ACCUSE, par=par, acte=acte)
    return acte


def _check_complet(demande: Demande, regles: Version, pieces: list[PieceDossier]) -> None:
    manques = list_manques(demande, regles, {piece.nature for piece in pieces})
    if any(piece.document.statut == StatutAnalyse.INFECTE for piece in pieces):
        manques["pieces"] = "Une pièce contient un virus : retirez-la et joignez un autre fichier."
    if manques:
        raise ActeInvalide("Il manque des éléments pour déposer : votre brouillon est gardé.", manques)


def _check_regle(demande: Demande, regle: RegleLue) -> None:
    """The answer first, since it decides; then the zone, when the one shown is no longer the one read."""
    if not regle.recevable:
        changements = list_changements(demande, regle)
        if (demande.zone_niveau, demande.zone_arrete) != (regle.zone_niveau, regle.zone_arrete) and not changements:
            changements = [describe_changement_zone(demande, regle, name_niveau(demande.zone_niveau))]
        raise DepotRefuse(
            "La règle d'aujourd'hui ne permet pas de déposer cette demande. Votre brouillon est gardé.",
            regle.raisons,
            changements,
        )
    if (demande.zone_niveau, demande.zone_arrete) != (regle.zone_niveau, regle.zone_arrete):
        raise ZoneChangee(describe_changement_zone(demande, regle, name_niveau(demande.zone_niveau)))


def name_niveau(code: str) -> str:
    """« ZIP »; a zone not known when the draft was opened says so."""
    niveau = Niveau.objects.filter(pk=code).first() if code else None
    return (niveau.abrege or niveau.libelle) if niveau else "zone inconnue"


def next_numero(region: str, annee: int) -> str:
    """Inside the transaction of the deposit: ranks have no hole."""
    with connection.cursor() as cursor:
        cursor.execute(RANG, {"region": region, "annee": annee})
        (rang,) = cursor.fetchone()
    return f"{region}-{annee}-{rang:06d}"


@transaction.atomic
def complete_demande(
    demande: Demande, *, par: User, version: int, commentaire: str, faits: Mapping[str, Any] | None = None
) -> ActeDossier:
    """Answer what was asked: the clock starts again, the days spent incomplete are left out of it.

    `faits`: the answers corrected (None: as they are). The proof is frozen again with them and the new documents.
    """
    commentaire = commentaire.strip()
    if not commentaire:
        raise ActeInvalide("Écrivez votre réponse.", {"reponse": "Dites ce que vous avez corrigé ou ajouté."})
    if phrase := check_texte(commentaire, REPONSE_MAX):
        raise ActeInvalide(phrase, {"reponse": phrase})
    tenue = hold_sienne(demande, par)
    ouverte = tenue.statut == Statut.INCOMPLETE and tenue.version == version
    champs, details = correct_preuve(tenue, faits) if ouverte else ({}, {})
    acte = apply_action(
        tenue, Action.COMPLETER, par=par, version=version, commentaire=commentaire, details=details, **champs
    )
    announce_acte(acte)
    return acte


@transaction.atomic
def retire_demande(demande: Demande, *, par: User, version: int, commentaire: str = "") -> ActeDossier:
    """Withdraw what is not decided yet. A reason may be given, nobody has to."""
    if phrase := check_texte(commentaire, MOTIF_MAX):
        raise ActeInvalide(phrase, {"motif": phrase})
    acte = apply_action(demande, Action.RETIRER, par=par, version=version, commentaire=commentaire.strip())
    announce_acte(acte)
    return acte


def new_cle() -> str:
    """Drawn with the form: it tells one sending from another."""
    return uuid.uuid4().hex
