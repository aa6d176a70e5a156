"""The signature: a contract, its number, its schedule from the version frozen in the file; and its beginning."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from aides.contrats.erreurs import explain
from aides.contrats.lecture import Cadre, compute_echeancier, dump_faits, read_cadre
from aides.courriers.emission import issue_courrier
from aides.dossiers.actes import apply_action
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse
from aides.dossiers.etats import FINIS, Action, Statut
from aides.models import Contrat, Demande, Echeance, Nature, TypeCourrier
from aides.regles.calendrier import add_mois
from aides.regles.echeancier import Echeancier, LigneEcheance
from aides.regles.faits import format_jour
from portal.accounts.models import User

CONTRATS_MAX = 200
LOT = 200


@transaction.atomic
def sign_contrat(
    demande: Demande,
    *,
    par: User,
    date_signature: date,
    date_effet: date,
    terme: date | None = None,
    commentaire: str = "",
    version: int | None = None,
) -> Contrat:
    """Record a signature. `terme`: for schemes without a fixed duration. Begins at once when the effect is today.

    Raises ActeRefuse: what the act refuses, a day that does not follow the others, another contract of the person.
    """
    _check_jours(demande, date_signature, date_effet)
    cadre = read_cadre(demande)
    echeancier = compute_echeancier(cadre, effet=date_effet, terme=terme, accorde=demande.montant_accorde)
    with connection.cursor() as cursor:  # two signatures of one person come one after the other
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('contrat'), hashtext(%s))", [str(demande.proprietaire_id)]
        )
    _check_autres(demande, cadre, date_effet)
    try:
        with transaction.atomic():
            details = {"date_signature": date_signature.isoformat(), "date_effet": date_effet.isoformat()}
            acte = apply_action(
                demande, Action.SIGNER, par=par, version=version, commentaire=commentaire, details=details
            )
            contrat = _create_contrat(demande, cadre, echeancier, date_signature)
            Echeance.objects.bulk_create(
                [build_ligne(contrat, ligne) for ligne in (*echeancier.versements, *echeancier.obligations)]
            )
            issue_courrier(demande, TypeCourrier.CONTRAT, par=par, acte=acte)
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur
    if date_effet <= timezone.localdate():
        apply_action(demande, Action.DEMARRER, par=None)
    return contrat


def _check_jours(demande: Demande, date_signature: date, date_effet: date) -> None:
    erreurs = {}
    if date_signature > timezone.localdate():
        erreurs["date_signature"] = "Une signature s'enregistre une fois faite : ce jour n'est pas encore venu."
    if demande.decision_le and date_signature < demande.decision_le:
        erreurs["date_signature"] = f"La décision est du {format_jour(demande.decision_le)} : la signature la suit."
    if date_effet < date_signature:
        erreurs["date_effet"] = "Le contrat prend effet le jour de sa signature ou après."
    if date_effet > add_mois(date_signature, 24):
        erreurs["date_effet"] = "Plus de deux ans séparent la signature de l'effet : vérifiez l'année."
    if erreurs:
        raise ActeInvalide("Ces dates ne se suivent pas.", erreurs)


def _check_autres(demande: Demande, cadre: Cadre, effet: date) -> None:
    """The other contracts of the same person: once in a career, once in ten years, never with some others."""
    autres = Contrat.objects.filter(proprietaire_id=demande.proprietaire_id).select_related("demande")
    regles = cadre.version.regles_cumul
    for autre in autres.exclude(demande=demande).order_by("-date_signature", "pk")[:CONTRATS_MAX]:
        en_cours = autre.demande.statut not in FINIS and (autre.periode.upper is None or autre.periode.upper > effet)
        meme = autre.dispositif == demande.dispositif
        if meme and regles.une_fois:
            raise ActeInvalide(f"{cadre.dispositif.sigle} : ce contrat ne se signe qu'une fois ({autre.numero}).")
        if meme and en_cours and cadre.dispositif.code != "collectivites":
            raise ActeInvalide(f"Le contrat {autre.numero} du même dispositif court encore ce jour-là.")
        if meme and regles.delai_mois:
            libre = add_mois(autre.demande.decision_le or autre.date_signature, regles.delai_mois)
            if (demande.decision_le or effet) < libre:
                raise ActeInvalide(f"La même aide ne revient qu'à partir du {format_jour(libre)} ({autre.numero}).")
        if en_cours:
            _check_lien(cadre, autre)


def _check_lien(cadre: Cadre, autre: Contrat) -> None:
    for lien in cadre.version.regles_cumul.liens:
        if lien.accord is False and autre.dispositif in lien.dispositifs:
            raise ActeInvalide(
                f"{cadre.dispositif.sigle} ne se cumule pas avec le contrat en cours {autre.numero} "
                f"({lien.reference.texte})."
            )


def _create_contrat(demande: Demande, cadre: Cadre, echeancier: Echeancier, date_signature: date) -> Contrat:
    montant, plafond = compute_bornes(echeancier, demande.montant_accorde)
    return Contrat.objects.create(
        demande=demande,
        proprietaire_id=demande.proprietaire_id,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
        numero=f"C-{demande.numero}",
        dispositif=demande.dispositif,
        dispositif_version=demande.dispositif_version,
        date_signature=date_signature,
        periode=DateRange(echeancier.effet, echeancier.terme),
        terme_initial=echeancier.terme,
        montant=montant,
        plafond=plafond,
        faits=dump_faits(cadre.situation.faits),
        notes=list_notes(echeancier),
    )


def compute_bornes(echeancier: Echeancier, accorde: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The exact total (None: it depends on an activity) and the most that may be paid (None: no known cap)."""
    if not echeancier.versements:
        return Decimal(0), Decimal(0)
    bornes = [borne for borne in (echeancier.maximum, accorde) if borne is not None]
    plafond = min(bornes) if bornes else None
    montant = echeancier.total
    return (montant if montant is None or accorde is None else min(montant, accorde)), plafond


def list_notes(echeancier: Echeancier) -> list[str]:
    raison = [f"Aucun versement : {echeancier.raison}."] if echeancier.raison else []
    return [*raison, *echeancier.notes]


def build_ligne(contrat: Contrat, ligne: LigneEcheance) -> Echeance:
    return Echeance(
        contrat=contrat,
        proprietaire_id=contrat.proprietaire_id,
        region_code=contrat.region_code,
        departement_code=contrat.departement_code,
        guichet=contrat.guichet,
        nature=Nature(ligne.nature.value),
        code=ligne.code,
        rang=ligne.rang,
        le=ligne.le,
        **describe_ligne(ligne),
    )


def describe_ligne(ligne: LigneEcheance) -> dict[str, Any]:
    """What computing again may change in a line not yet paid nor observed."""
    return {
        "libelle": ligne.libelle[:200],
        "periode": DateRange(ligne.debut, ligne.fin) if ligne.debut else None,
        "montant": ligne.montant,
        "plafond": ligne.plafond,
        "reference": ligne.reference[:400],
        "a_instruire": ligne.a_instruire[:600],
    }


def start_contrats(au: date) -> int:
    """The signed contracts whose day has come. Run again, it finds nothing; returns how many began."""
    signes = Contrat.objects.filter(demande__statut=Statut.SIGNEE, periode__startswith__lte=au)
    return sum(_advance(contrat, Action.DEMARRER) for contrat in signes.select_related("demande").order_by("pk")[:LOT])


def reach_termes(au: date) -> int:
    """The running contracts whose term has come."""
    finis = Contrat.objects.filter(demande__statut=Statut.EN_COURS, periode__endswith__lte=au)
    return sum(_advance(contrat, Action.TERMINER) for contrat in finis.select_related("demande").order_by("pk")[:LOT])


def _advance(contrat: Contrat, action: Action) -> bool:
    """Somebody else's act of the same minute wins: the next run sees it."""
    try:
        apply_action(contrat.demande, action, par=None)
    except ActeRefuse:
        return False
    return True
