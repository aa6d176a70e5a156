"""Files led to a state by the acts themselves, each by the person who may do it."""

import itertools
from decimal import Decimal
from typing import Any

from django.utils import timezone

from aides.dossiers.actes import apply_action
from aides.dossiers.etats import Action, Statut
from aides.dossiers.instruction import (
    ask_avis,
    ask_pieces,
    declare_recevable,
    grant_demande,
    mark_caduque,
    propose_decision,
    refuse_demande,
    take_en_charge,
)
from aides.models import Demande, Enveloppe, PieceDossier
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.core.models import Document
from tests.people import make_agent, make_commune, make_user

_rangs = itertools.count(1)
RECOURS = "Recours gracieux, hiérarchique ou contentieux : texte d'essai."
CHEMINS = {
    Statut.BROUILLON: "",
    Statut.DEPOSEE: "d",
    Statut.INCOMPLETE: "di",
    Statut.RECEVABLE: "dr",
    Statut.EN_INSTRUCTION: "drt",
    Statut.AVIS: "drta",
    Statut.ACCORDEE: "drtpg",
    Statut.REFUSEE: "drtx",
    Statut.CADUQUE: "drtpgc",
}


class Equipe:
    """Who works on a file of the département 71: made once a test, for tests that make many files."""

    def __init__(self, perimetre: str = "departement:71") -> None:
        self.demandeur: User = make_user()
        self.instructeur: User = make_agent(Role.INSTRUCTEUR, perimetre)
        self.valideur: User = make_agent(Role.VALIDEUR, perimetre)
        self.second: User = make_agent(Role.VALIDEUR, perimetre)


def make_brouillon(demandeur: User, **champs: Any) -> Demande:
    lieu = make_commune("71")
    valeurs = {"guichet": "ars", "dispositif": "caim", "dispositif_version": "2017-01-01", "profession": "medecin"}
    return Demande.objects.create(
        proprietaire=demandeur,
        region_code=lieu.departement.region_id,
        departement_code="71",
        cle=f"dossier-{next(_rangs)}",
        commune=lieu,
        **{**valeurs, **champs},
    )


def submit(demande: Demande, *, maximum: Decimal | None = Decimal(50_000), **champs: Any) -> None:
    """The deposit, without the rule: `tests.aides.test_depot` has it."""
    apply_action(
        demande,
        Action.DEPOSER,
        par=demande.proprietaire,
        numero=f"27-{timezone.localdate().year}-{next(_rangs):06d}",
        **{
            "deposee_le": timezone.now(),
            "preuve": "{}",
            "preuve_empreinte": "0" * 64,
            "montant_minimum": Decimal(0),
            "montant_maximum": maximum,
            **champs,
        },
    )


def make_dossier(
    statut: Statut = Statut.DEPOSEE,
    *,
    equipe: Equipe | None = None,
    montant: Decimal = Decimal(43_750),
    maximum: Decimal | None = Decimal(50_000),
    **champs: Any,
) -> Demande:
    """`montant`: what is proposed then granted. `champs`: of the draft."""
    qui = equipe or Equipe()
    demande = make_brouillon(qui.demandeur, **champs)
    actes = {
        "d": lambda: submit(demande, maximum=maximum),
        "i": lambda: ask_pieces(demande, par=qui.instructeur, commentaire="Il manque l'attestation."),
        "r": lambda: declare_recevable(demande, par=qui.instructeur),
        "t": lambda: take_en_charge(demande, par=qui.instructeur),
        "a": lambda: ask_avis(demande, par=qui.instructeur, organisme="urps", commentaire="Avis sur le projet ?"),
        "p": lambda: propose_decision(demande, par=qui.instructeur, montant=montant),
        "g": lambda: grant_demande(demande, par=qui.valideur, montant=montant),
        "x": lambda: refuse_demande(demande, par=qui.valideur, motif="Hors zone.", voies_recours=RECOURS),
        "c": lambda: mark_caduque(demande, par=qui.valideur, commentaire="Jamais signée."),
    }
    for pas in CHEMINS[statut]:
        actes[pas]()
    return demande


def make_piece(demande: Demande, **champs: Any) -> PieceDossier:
    document = Document.objects.create(
        nom="attestation.pdf",
        type_mime="application/pdf",
        taille=1000,
        empreinte="0" * 64,
        cle=f"essai-{next(_rangs)}",
        statut="sain",
        proprietaire=demande.proprietaire,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
        depose_par=demande.proprietaire,
    )
    return PieceDossier.objects.create(demande=demande, document=document, **{"intitule": "Attestation", **champs})


def make_enveloppe(montant: int | str, *, dispositif: str = "caim", **champs: Any) -> Enveloppe:
    make_commune("71")
    return Enveloppe.objects.create(
        region_id="27",
        annee=champs.pop("annee", timezone.localdate().year),
        libelle=champs.pop("libelle", f"Enveloppe {next(_rangs)}"),
        dispositifs=[dispositif],
        montant=Decimal(montant),
        **champs,
    )
