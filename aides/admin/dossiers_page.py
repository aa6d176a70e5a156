"""What the page of a file reads, bounded: the proof beside the documents, the zone, the thread, what is around it."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from aides.admin.dossiers_actes import ACTES, Renvoi, list_proposes, waits_for_other
from aides.admin.dossiers_formulaires import Cadre, DossierForm, describe_bornes, name_personne, read_seuil
from aides.catalogue import catalogue
from aides.dossiers.depot import read_version
from aides.dossiers.droits import list_actions
from aides.dossiers.erreurs import ActeInvalide
from aides.dossiers.etats import FINIS, Action, Statut
from aides.dossiers.formulaires import COORDONNEES, list_attestations, list_pieces
from aides.dossiers.horloge import count_jours
from aides.dossiers.instruction import ORGANISMES, SENS, list_affectables
from aides.dossiers.lecture import BADGES, NOMS_GUICHET, PieceLue, read_piece
from aides.dossiers.preuves import FORMAT, describe_niveau
from aides.models import ActeDossier, Anomalie, Contrat, Courrier, Demande, PieceDossier
from aides.recus import RecuIllisible, digest, judge, load_situation
from aides.regles.faits import FAITS, format_jour
from aides.regles.montants import format_euros
from aides.rejeux import RegleIntrouvable, load_regles
from aides.services import FaitsInvalides, clean_faits
from aides.views.preuve import render_preuve
from aides.views.verifier import describe_reponses
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.documents import is_servable
from portal.core.models import Evenement
from portal.core.models.documents import StatutAnalyse
from zonage.lecture import zone as read_zone
from zonage.models import Arrete, Niveau

ACTES_MAX = 200
PIECES_MAX = 100
PRECEDENTS_MAX = 20
COURRIERS_MAX = 50
ANOMALIES_MAX = 20
AVANT_DECISION = (Statut.DEPOSEE, Statut.INCOMPLETE, Statut.RECEVABLE, Statut.EN_INSTRUCTION, Statut.AVIS)
ETATS_PIECE = {
    StatutAnalyse.SAIN: "vérifié par l'antivirus",
    StatutAnalyse.EN_ATTENTE: "analyse par l'antivirus en cours : revenez dans quelques minutes",
    StatutAnalyse.INFECTE: "fichier infecté : personne ne peut l'ouvrir, demandez une correction",
    StatutAnalyse.NON_ANALYSE: "non analysé : ce portail n'a pas d'antivirus, ouvrez-le avec prudence",
}


@dataclass(frozen=True, slots=True)
class PreuveLue:
    """The proof of the deposit. `arbre` empty: `empechement` says why it cannot be shown."""

    intacte: bool
    au: str = ""
    issue: str = ""
    montant: str = ""
    arbre: str = ""
    raisons: tuple[str, ...] = ()
    zones: tuple[tuple[str, str, str], ...] = ()
    textes: tuple[str, ...] = ()
    empechement: str = ""


@dataclass(frozen=True, slots=True)
class PieceVue:
    """A document, and the two fields of its verdict (None: nothing to verify now)."""

    lue: PieceLue
    etat: str
    servie: bool
    infectee: bool
    verdict: Any = None
    remarque: Any = None


@dataclass(frozen=True, slots=True)
class Attendue:
    """A document that the text names, what was joined, and why it is not."""

    texte: str
    reference: str
    jointes: list[PieceVue]
    sans_objet: str


@dataclass(frozen=True, slots=True)
class ActeLu:
    acte: ActeDossier
    auteur: str
    details: list[str]


def build_page(demande: Demande, moi: User, *, renvoi: Renvoi | None = None) -> dict[str, Any]:
    portee = read_portee(moi)
    actions = list_actions(demande, portee)
    pieces = list(
        PieceDossier.objects.for_user(moi)
        .filter(demande=demande, retiree_le=None)
        .select_related("document")
        .order_by("nature", "pk")[:PIECES_MAX]
    )
    cadre = make_cadre(demande, moi, actions, pieces)
    groupes = {
        groupe: list_proposes(groupe, cadre, actions, renvoi) for groupe in ("pieces", "suite", "decision", "note")
    }
    rendus = {acte.formulaire for groupe in groupes.values() for acte in groupe}
    return {
        **read_entete(demande),
        **groupes,
        "demande": demande,
        "preuve": read_preuve(demande),
        "zone_jour": describe_zone_jour(demande),
        "attendues": list_attendues(demande, pieces, groupes["pieces"][0].formulaire if groupes["pieces"] else None),
        "fil": list_fil(demande, moi),
        "precedents": list_precedents(demande, moi),
        "contrat": Contrat.objects.for_user(moi).filter(demande=demande).first(),
        "a_signer": Action.SIGNER in actions,
        "courriers": list(
            Courrier.objects.for_user(moi)
            .filter(demande=demande)
            .select_related("document")
            .order_by("-cree_le", "-pk")[:COURRIERS_MAX]
        ),
        "anomalies": list(
            Anomalie.objects.for_user(moi)
            .filter(demande=demande, close_le=None)
            .order_by("vue_le", "pk")[:ANOMALIES_MAX]
        ),
        **read_decision(demande, moi),
        "refus": renvoi.refus if renvoi else None,
        "acte_refuse": ACTES[renvoi.nom].libelle if renvoi else "",
        "perdus": renvoi.formulaire.list_saisis() if renvoi and renvoi.formulaire not in rendus else [],
    }


def make_cadre(demande: Demande, moi: User, actions: list[Action], pieces: list[PieceDossier]) -> Cadre:
    confie = not {Action.INSTRUIRE, Action.AFFECTER}.isdisjoint(actions)
    return Cadre(demande, moi, list_affectables(demande) if confie else (), pieces)


def read_entete(demande: Demande) -> dict[str, Any]:
    dispositif = catalogue().dispositif(demande.dispositif)
    return {
        "titre": f"Dossier {demande.numero}",
        "dispositif": dispositif.nom if dispositif else demande.dispositif,
        "badge": BADGES.get(Statut(demande.statut), "fr-badge--info"),
        "guichet": NOMS_GUICHET.get(demande.guichet, demande.guichet),
        "delai": describe_horloge(demande, au=timezone.localdate()),
        "instructeur": name_personne(demande.instructeur) if demande.instructeur else "personne encore",
        "demandeur": " ".join(filter(None, (demande.coordonnees.get("prenom"), demande.coordonnees.get("nom")))),
        "coordonnees": [
            (champ.libelle, demande.coordonnees[code])
            for code, champ in COORDONNEES.items()
            if demande.coordonnees.get(code)
        ],
        "reponses": read_reponses(demande),
        "attestations": list_faites(demande),
    }


def describe_horloge(demande: Demande, *, au: date) -> str:
    """The clock of the agency: a target, since no text gives a delay."""
    jours = count_jours(demande, au=au)
    if jours is None or demande.statut not in AVANT_DECISION or demande.a_traiter_le is None:
        return ""
    compte = f"{jours} jour{'s' if jours > 1 else ''} compté{'s' if jours > 1 else ''} depuis le dépôt"
    if demande.suspendue_jours:
        compte += f" ({demande.suspendue_jours} de suspension déjà déduits)"
    if demande.statut == Statut.INCOMPLETE and demande.incomplete_le:
        depuis = format_jour(timezone.localdate(demande.incomplete_le))
        return f"{compte} ; décompte suspendu depuis le {depuis}, jusqu'à la réponse du demandeur."
    retard = (au - demande.a_traiter_le).days
    suite = f" : dépassé de {retard} jour{'s' if retard > 1 else ''}" if retard > 0 else ""
    return f"{compte}. Objectif interne : décider avant le {format_jour(demande.a_traiter_le)}{suite}."


def read_reponses(demande: Demande) -> list[tuple[str, str, str]]:
    try:
        return describe_reponses(clean_faits(demande.faits), ())
    except FaitsInvalides:
        return []


def list_faites(demande: Demande) -> list[str]:
    try:
        textes = list_attestations(read_version(demande, au=timezone.localdate()))
    except ActeInvalide:
        return []
    return [texte for code, texte in textes.items() if code in demande.declarations.get("attestations", [])]


def read_preuve(demande: Demande) -> PreuveLue:
    """The tree is computed again from what the proof keeps: the archived rule, the facts and the zones of that day."""
    intacte = bool(demande.preuve) and digest(demande.preuve) == demande.preuve_empreinte
    try:
        contenu = json.loads(demande.preuve)
        if contenu.get("format") != FORMAT:
            return PreuveLue(intacte, empechement="La preuve de ce dossier n'a pas la forme attendue.")
        (dispositif,) = load_regles(contenu["regles"])
        jour = date.fromisoformat(contenu["au"])
        version = dispositif.version_au(jour)
        if version is None:
            return PreuveLue(intacte, empechement="La règle gardée n'était pas ouverte le jour du dépôt.")
        resultat = judge(dispositif, version, load_situation(contenu["situation"]), au=jour)
    except (RegleIntrouvable, RecuIllisible, KeyError, ValueError) as erreur:
        phrase = str(erreur) if isinstance(erreur, RegleIntrouvable) else "La preuve de ce dossier n'est pas lisible."
        return PreuveLue(intacte, empechement=phrase)
    affichage = contenu["affichage"]
    return PreuveLue(
        intacte,
        au=format_jour(jour),
        issue=affichage["libelle"],
        montant=affichage["montant"],
        arbre=render_preuve(resultat.preuve),
        raisons=tuple(affichage["raisons"]),
        zones=tuple(
            (format_jour(date.fromisoformat(lu)), zone["texte"], zone["source"])
            for lu, zone in sorted(contenu["zones"].items())
        ),
        textes=tuple(affichage["textes"]),
    )


def describe_zone_jour(demande: Demande) -> dict[str, Any]:
    """The zone of the deposit, that of today, and whether they differ. The proof keeps that of the deposit."""
    actuelle = read_zone(demande.commune_id, demande.profession, au=timezone.localdate())
    niveau = Niveau.objects.filter(pk=demande.zone_niveau).first() if demande.zone_niveau else None
    arrete = Arrete.objects.filter(pk=demande.zone_arrete).first() if demande.zone_arrete else None
    id_actuel = actuelle.arrete.id if actuelle.arrete else None
    return {
        "depot": (niveau.abrege or niveau.libelle) if niveau else "aucune zone connue",
        "arrete": str(arrete) if arrete else "aucun arrêté",
        "actuelle": describe_niveau(actuelle),
        "arrete_actuel": actuelle.arrete.titre if actuelle.arrete else "aucun arrêté",
        "niveau_change": (actuelle.niveau or "") != demande.zone_niveau,
        "arrete_change": id_actuel != demande.zone_arrete,
    }


def list_attendues(demande: Demande, pieces: list[PieceDossier], formulaire: DossierForm | None) -> list[Attendue]:
    """By document that the text names; those that it does not name come last."""
    try:
        nommees = list_pieces(read_version(demande, au=timezone.localdate()))
    except ActeInvalide:
        nommees = []
    vues: dict[str, list[PieceVue]] = {}
    connues = {piece.nature for piece in nommees}
    for piece in pieces:
        nature = piece.nature if piece.nature in connues else "autre"
        vues.setdefault(nature, []).append(view_piece(piece, formulaire))
    sans_objet = demande.declarations.get("sans_objet", {})
    attendues = [
        Attendue(lue.texte, lue.reference, vues.get(lue.nature, []), sans_objet.get(lue.nature, "")) for lue in nommees
    ]
    return [*attendues, Attendue("Autres pièces", "", vues["autre"], "")] if "autre" in vues else attendues


def view_piece(piece: PieceDossier, formulaire: DossierForm | None) -> PieceVue:
    statut = StatutAnalyse(piece.document.statut)
    verdict = f"verdict-{piece.pk}"
    champs = (formulaire[verdict], formulaire[f"remarque-{piece.pk}"]) if formulaire else (None, None)
    return PieceVue(
        read_piece(piece),
        ETATS_PIECE[statut],
        is_servable(piece.document, agent=True),
        statut == StatutAnalyse.INFECTE,
        *champs,
    )


def list_fil(demande: Demande, moi: User) -> list[ActeLu]:
    """The acts, the latest first, internal notes among them."""
    actes = ActeDossier.objects.for_user(moi).filter(demande=demande).select_related("auteur")
    lus = list(actes.order_by("-version")[:ACTES_MAX])
    return describe_actes(demande, lus)


def describe_actes(demande: Demande, actes: list[ActeDossier]) -> list[ActeLu]:
    cles = {cle for acte in actes if isinstance(cle := acte.details.get("instructeur"), int)}
    noms = {user.pk: name_personne(user) for user in User.objects.filter(pk__in=cles)} if cles else {}
    return [ActeLu(acte, name_auteur(demande, acte), describe_details(acte.details, noms)) for acte in actes]


def name_auteur(demande: Demande, acte: ActeDossier) -> str:
    return "le demandeur" if acte.auteur_id == demande.proprietaire_id else name_personne(acte.auteur)


def describe_details(details: dict[str, Any], noms: dict[int, str]) -> list[str]:
    """The figures and the choices of an act, as words."""
    phrases = []
    if montant := details.get("montant"):
        phrases.append(f"Montant : {format_euros(Decimal(montant))}")
    if organisme := ORGANISMES.get(details.get("organisme", "")):
        phrases.append(f"Avis demandé à : {organisme}")
    if sens := SENS.get(details.get("sens", "")):
        phrases.append(f"Avis : {sens}")
    if nom := noms.get(details.get("instructeur", 0)):
        phrases.append(f"Confié à {nom}")
    if corrigees := [FAITS[code].libelle for code in details.get("reponses_corrigees", []) if code in FAITS]:
        phrases.append(f"Réponses corrigées, preuve figée à nouveau : {', '.join(corrigees)}")
    if nombre := details.get("pieces_verifiees"):
        phrases.append(f"{nombre} pièce{'s' if nombre > 1 else ''} vérifiée{'s' if nombre > 1 else ''}")
    return phrases


def list_precedents(demande: Demande, moi: User) -> list[Demande]:
    """The other files of the same person, or of the same practitioner, that this agent may see."""
    memes = Q(proprietaire_id=demande.proprietaire_id)
    if demande.praticien_id:
        memes |= Q(praticien_id=demande.praticien_id)
    autres = Demande.objects.for_user(moi).filter(memes, deposee_le__isnull=False).exclude(pk=demande.pk)
    return list(autres.select_related("commune").order_by("-deposee_le", "id")[:PRECEDENTS_MAX])


def read_decision(demande: Demande, moi: User) -> dict[str, Any]:
    """The threshold, the proposal, and who is waited for."""
    return {
        "seuil": read_seuil(demande),
        "bornes": describe_bornes(demande),
        "decidable": demande.statut in AVANT_DECISION,
        "proposant": name_personne(demande.propose_par) if demande.propose_par else "",
        "decideur": name_personne(demande.decide_par) if demande.decide_par else "",
        "attend_autre": waits_for_other(demande, moi) and demande.statut == Statut.EN_INSTRUCTION,
        "fini": demande.statut in FINIS,
    }


def list_depuis(demande: Demande, moi: User, version: int) -> list[ActeLu]:
    """What was done since the form was opened, the oldest first."""
    actes = ActeDossier.objects.for_user(moi).filter(demande=demande, version__gt=version).select_related("auteur")
    return describe_actes(demande, list(actes.order_by("version")[:ACTES_MAX]))


@transaction.atomic
def record_lecture(demande: Demande, moi: User) -> None:
    """One line of the journal by agent, file and day; two pages opened at once write it once."""
    objet = f"aides.demande:{demande.pk}"
    minuit = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    lues = Evenement.objects.filter(objet=objet, action="consulter", auteur=moi, survenu_le__gte=minuit)
    if lues.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"consulter:{objet}:{moi.pk}"])
    if not lues.exists():
        Evenement.objects.create(objet=objet, action="consulter", auteur=moi)
