"""What an applicant reads of a file: one's own only, the acts shown to one, the next step in plain words."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from aides.catalogue import catalogue
from aides.dossiers.etats import CONTRACTUELS, TRANSITIONS, Action, Statut
from aides.dossiers.horloge import count_jours
from aides.models import ActeDossier, Contrat, Courrier, Demande, Echeance, PieceDossier
from portal.core.models.documents import StatutAnalyse

PAGE = 20
ACTES_MAX = 200
ECHEANCES_MAX = 300

SUITES: dict[str, str] = {
    Statut.BROUILLON: "À vous : complétez votre brouillon et déposez-le. Tant que vous ne l'avez pas déposé, personne "
    "d'autre ne le voit.",
    Statut.DEPOSEE: "L'administration vérifie que votre dossier est complet. Vous n'avez rien à faire.",
    Statut.INCOMPLETE: "À vous : une correction est demandée. Le délai est suspendu jusqu'à votre réponse.",
    Statut.RECEVABLE: "Votre dossier est complet. Il attend d'être instruit.",
    Statut.EN_INSTRUCTION: "Un agent étudie votre demande.",
    Statut.AVIS: "L'administration a demandé un avis. L'instruction reprend quand il est rendu.",
    Statut.ACCORDEE: "Votre demande est accordée. L'étape suivante est la signature du contrat.",
    Statut.REFUSEE: "Votre demande est refusée : le motif et les voies de recours sont ci-dessous.",
    Statut.RETIREE: "Vous avez retiré cette demande : elle n'est pas instruite.",
    Statut.CADUQUE: "Ce dossier est caduc : il n'a plus de suite.",
    Statut.SIGNEE: "Le contrat est signé. Il commence à sa date d'effet.",
    Statut.EN_COURS: "Le contrat est en cours : vos versements et vos engagements sont ci-dessous.",
    Statut.SUSPENDUE: "Le contrat est suspendu.",
    Statut.A_L_ECHEANCE: "Le contrat est arrivé à son terme.",
    Statut.RESILIEE: "Le contrat est résilié.",
    Statut.REMBOURSEMENT_DU: "Un remboursement est dû : son montant est ci-dessous.",
    Statut.SOLDEE: "Le dossier est soldé : il n'y a plus rien à faire.",
}
"""What happens next, for the person whose file it is."""

NOMS_GUICHET = {
    "ars": "l'agence régionale de santé (ARS)",
    "cpam": "la caisse primaire d'assurance maladie (CPAM)",
}
BADGES = {
    Statut.INCOMPLETE: "fr-badge--warning",
    Statut.ACCORDEE: "fr-badge--success",
    Statut.EN_COURS: "fr-badge--success",
    Statut.SIGNEE: "fr-badge--success",
    Statut.REFUSEE: "fr-badge--error",
    Statut.REMBOURSEMENT_DU: "fr-badge--warning",
}


@dataclass(frozen=True, slots=True)
class Resume:
    """A file in a list."""

    demande: Demande
    dispositif: str
    suite: str
    badge: str


@dataclass(frozen=True, slots=True)
class PieceLue:
    """A document of the file. `servie`: the applicant may download it."""

    piece: PieceDossier
    servie: bool
    etat: str


def find_siennes(user: Any) -> QuerySet[Demande]:
    """The files of this person as an applicant: an agent reads those of others in the administration."""
    siennes: QuerySet[Demande] = Demande.objects.for_user(user).filter(proprietaire_id=user.pk)
    return siennes


def list_siennes(user: Any, *, page: int) -> tuple[list[Resume], bool]:
    """The latest first, a page at a time, and whether there are more. A draft withdrawn is not listed."""
    visibles = find_siennes(user).filter(~Q(statut=Statut.RETIREE) | Q(numero__isnull=False))
    debut = (page - 1) * PAGE
    lues = list(visibles.select_related("commune").order_by("-cree_le", "id")[debut : debut + PAGE + 1])
    return [summarize(demande) for demande in lues[:PAGE]], len(lues) > PAGE


def summarize(demande: Demande) -> Resume:
    return Resume(
        demande,
        name_dispositif(demande.dispositif),
        SUITES[demande.statut],
        BADGES.get(Statut(demande.statut), "fr-badge--info"),
    )


def name_dispositif(code: str) -> str:
    dispositif = catalogue().dispositif(code)
    return dispositif.nom if dispositif else code


def list_actes(demande: Demande, user: Any) -> list[ActeDossier]:
    """What the applicant may read, the latest first."""
    actes = ActeDossier.objects.for_user(user).filter(demande=demande, visible=True)
    return list(actes.order_by("-version")[:ACTES_MAX])


def find_demande_correction(demande: Demande, user: Any) -> ActeDossier | None:
    """What is asked now."""
    if demande.statut != Statut.INCOMPLETE:
        return None
    actes = ActeDossier.objects.for_user(user).filter(demande=demande, action=Action.DEMANDER_PIECES, visible=True)
    return actes.order_by("-version").first()


def list_pieces_lues(demande: Demande, user: Any) -> list[PieceLue]:
    pieces = PieceDossier.objects.for_user(user).filter(demande=demande, retiree_le=None)
    return [read_piece(piece) for piece in pieces.select_related("document").order_by("nature", "pk")[:100]]


def read_piece(piece: PieceDossier) -> PieceLue:
    statut = StatutAnalyse(piece.document.statut)
    phrases = {
        StatutAnalyse.SAIN: "vérifié par l'antivirus",
        StatutAnalyse.EN_ATTENTE: "analyse par l'antivirus en cours",
        StatutAnalyse.INFECTE: "refusé : ce fichier contient un virus, joignez-en un autre",
        StatutAnalyse.NON_ANALYSE: "reçu, non analysé : seuls les agents peuvent le télécharger",
    }
    return PieceLue(piece, statut == StatutAnalyse.SAIN, phrases[statut])


def list_courriers(demande: Demande, user: Any) -> list[Courrier]:
    """The letters that hold; one without `document` is decided and its PDF is being made."""
    courriers = Courrier.objects.for_user(user).filter(demande=demande, annule_le=None).defer("donnees")
    return list(courriers.select_related("document").order_by("-cree_le", "-pk")[:50])


def find_contrat(demande: Demande, user: Any) -> tuple[Contrat | None, list[Echeance]]:
    """The contract, with its payments and its duties by date."""
    if demande.statut not in CONTRACTUELS:
        return None, []
    contrat = Contrat.objects.for_user(user).filter(demande=demande).first()
    if contrat is None:
        return None, []
    lignes = Echeance.objects.for_user(user).filter(contrat=contrat).order_by("le", "pk")
    return contrat, list(lignes[:ECHEANCES_MAX])


def describe_delai(demande: Demande, *, au: date) -> str:
    """The clock, with no promise: the target is the agency's own."""
    if demande.deposee_le is None or demande.decision_le is not None or demande.a_traiter_le is None:
        return ""
    if demande.statut not in (Statut.DEPOSEE, Statut.INCOMPLETE, Statut.RECEVABLE, Statut.EN_INSTRUCTION, Statut.AVIS):
        return ""
    jours = count_jours(demande, au=au) or 0
    compte = f"{jours} jour{'s' if jours > 1 else ''} compté{'s' if jours > 1 else ''} depuis le dépôt"
    if demande.statut == Statut.INCOMPLETE:
        return f"{compte} ; le décompte est suspendu jusqu'à votre réponse."
    return f"{compte}. Aucun délai légal n'est connu du portail : c'est un repère de l'administration."


def can_withdraw(demande: Demande) -> bool:
    return demande.statut in TRANSITIONS[Action.RETIRER].sources and demande.statut != Statut.BROUILLON


def find_sienne(user: Any, identifiant: UUID) -> QuerySet[Demande]:
    return find_siennes(user).select_related("commune__departement").filter(pk=identifiant)
