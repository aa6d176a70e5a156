"""The end of a contract: suspended, notified, terminated, what is given back, closed."""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Sum
from django.utils import timezone

from aides.contrats.erreurs import explain
from aides.contrats.lecture import compute_echeancier, read_cadre, read_faits, read_granularite
from aides.contrats.paiements import lock_contrat
from aides.contrats.revision import OUVERTES, count_ouvertes, keep_until, revise_lignes
from aides.courriers.emission import issue_courrier
from aides.dossiers.actes import apply_action
from aides.dossiers.droits import list_acteurs
from aides.dossiers.erreurs import ActeInvalide, DroitRefuse
from aides.dossiers.etats import Acteur, Action, Statut
from aides.models import ActeDossier, Contrat, Nature, StatutEcheance, TypeCourrier
from aides.regles.calculs import ZERO, round_centime
from aides.regles.echeancier_regles import Rythme
from aides.regles.faits import format_jour
from aides.regles.fin_anticipee import DelaisFin, Remboursement, compute_delais, compute_remboursement
from aides.regles.montants import format_euros
from portal.accounts.models import User
from portal.accounts.portee import read_portee

INITIATEURS = ("titulaire", "ars", "cpam")


def suspend_contrat(contrat: Contrat, *, par: User, commentaire: str, version: int | None = None) -> ActeDossier:
    """Nothing is paid meanwhile. No day of the schedule moves: whether a suspension shifts it is not verified."""
    return apply_action(contrat.demande, Action.SUSPENDRE, par=par, commentaire=commentaire, version=version)


def resume_contrat(contrat: Contrat, *, par: User, commentaire: str = "", version: int | None = None) -> ActeDossier:
    return apply_action(contrat.demande, Action.REPRENDRE, par=par, commentaire=commentaire, version=version)


def sum_verses(contrat: Contrat) -> Decimal:
    payees = contrat.echeances.filter(statut=StatutEcheance.PAYEE)
    return payees.aggregate(total=Sum("montant"))["total"] or ZERO


def simulate_fin(contrat: Contrat, fin: date) -> Remboursement:
    """What would be given back if the contract stopped on `fin`, its first day without effect. Writes nothing."""
    cadre = read_cadre(contrat.demande)
    return compute_remboursement(
        cadre.version,
        effet=contrat.periode.lower,
        terme=contrat.terme_initial,
        fin=fin,
        verses=[sum_verses(contrat)],
        granularite=read_granularite(contrat.dispositif),
    )


def read_delais(contrat: Contrat, *, initiateur: str, notifiee_le: date) -> DelaisFin:
    return compute_delais(read_cadre(contrat.demande).version, par=initiateur, notifiee_le=notifiee_le)


@transaction.atomic
def notify_resiliation(
    contrat: Contrat,
    *,
    par: User,
    initiateur: str,
    notifiee_le: date,
    commentaire: str,
    effet_le: date | None = None,
    version: int | None = None,
) -> ActeDossier:
    """Record a registered letter by its day of reception. `effet_le` None: the earliest that the delays allow."""
    verrouille = lock_contrat(contrat.pk)
    if initiateur not in INITIATEURS:
        raise ActeInvalide("Dites qui met fin au contrat.", {"initiateur": "Choisissez une valeur."})
    if initiateur != "titulaire" and Acteur.INSTRUCTEUR not in list_acteurs(verrouille.demande, read_portee(par)):
        raise DroitRefuse("Le titulaire notifie sa propre résiliation, pas celle de l'ARS ni de la caisse.")
    if notifiee_le > timezone.localdate() or notifiee_le < verrouille.date_signature:
        phrase = "La notification vient après la signature, et aujourd'hui au plus tard."
        raise ActeInvalide(phrase, {"notifiee_le": phrase})
    delais = read_delais(verrouille, initiateur=initiateur, notifiee_le=notifiee_le)
    effet = effet_le or delais.effet_au_plus_tot
    if effet < delais.effet_au_plus_tot:
        phrase = f"Les délais du contrat n'ont d'effet qu'à partir du {format_jour(delais.effet_au_plus_tot)}."
        raise ActeInvalide(phrase, {"effet_le": phrase})
    details = {"initiateur": initiateur, "notifiee_le": notifiee_le.isoformat(), "effet_le": effet.isoformat()}
    acte = apply_action(
        verrouille.demande,
        Action.NOTIFIER_RESILIATION,
        par=par,
        version=version,
        commentaire=commentaire,
        details={**details, "a_instruire": delais.a_instruire},
    )
    _write(
        verrouille,
        resiliation_par=initiateur,
        resiliation_notifiee_le=notifiee_le,
        observations_jusqu_au=delais.observations_jusqu_au,
        resiliation_effet_le=effet,
    )
    contrat.refresh_from_db()
    return acte


@transaction.atomic
def terminate_contrat(contrat: Contrat, *, par: User, commentaire: str, version: int | None = None) -> Remboursement:
    """End it on the day notified: open lines stop there. Returns what is owed, which another act claims."""
    verrouille = lock_contrat(contrat.pk)
    fin = verrouille.resiliation_effet_le
    if fin is None:
        raise ActeInvalide("Enregistrez d'abord la notification de la résiliation, et le jour où elle a été reçue.")
    if fin > timezone.localdate():
        raise ActeInvalide(f"La résiliation prend effet le {format_jour(fin)} : revenez ce jour-là.")
    acte = apply_action(
        verrouille.demande,
        Action.RESILIER,
        par=par,
        version=version,
        commentaire=commentaire,
        details={"fin": fin.isoformat(), "initiateur": verrouille.resiliation_par},
    )
    _cut(verrouille, fin)
    contrat.refresh_from_db()
    rendu = simulate_fin(contrat, fin)
    donnees = {
        "texte": commentaire,
        "verse": format_euros(rendu.verse),
        "remboursement": "" if rendu.montant is None else format_euros(rendu.montant),
        "a_instruire": rendu.a_instruire,
    }
    issue_courrier(verrouille.demande, TypeCourrier.RESILIATION, par=par, donnees=donnees, acte=acte)
    return rendu


def _cut(contrat: Contrat, fin: date) -> None:
    """Stop the schedule on `fin`. A contract that had not begun keeps its first day, and nothing to pay."""
    debut = contrat.periode.lower
    if fin <= debut:
        contrat.echeances.filter(statut__in=OUVERTES).update(statut=StatutEcheance.ANNULEE)
        return
    terme = contrat.periode.upper
    if terme is not None and fin >= terme:
        return
    cadre = read_cadre(contrat.demande)
    coupe = cadre.version.echeancier is not None and cadre.version.echeancier.rythme is not Rythme.PARTS
    echeancier = compute_echeancier(cadre, effet=debut, terme=fin if coupe else terme, faits=read_faits(contrat))
    revise_lignes(contrat, depuis=fin, garde=keep_until(echeancier, fin), periodes=True)
    _write(contrat, periode=DateRange(debut, fin))


@transaction.atomic
def claim_remboursement(
    contrat: Contrat, *, par: User, commentaire: str, montant: Decimal | None = None, version: int | None = None
) -> ActeDossier:
    """Establish what is owed. `montant` None: the one computed; given, a person decided it, and explains."""
    verrouille = lock_contrat(contrat.pk)
    calcul = simulate_fin(verrouille, verrouille.periode.upper or timezone.localdate())
    somme = calcul.montant if montant is None else montant
    if somme is None:
        raise ActeInvalide(
            f"Donnez le montant : {calcul.a_instruire}.", {"montant": "Ce champ est obligatoire pour ce contrat."}
        )
    if somme <= 0 or somme != round_centime(somme):
        raise ActeInvalide("Un remboursement est plus grand que zéro, au centime.", {"montant": "Vérifiez."})
    details = {
        "montant": f"{somme:.2f}",
        "verse": f"{calcul.verse:.2f}",
        "calculs": [f"{c.libelle} : {c.formule}" for c in calcul.calculs],
        "a_instruire": calcul.a_instruire,
    }
    acte = apply_action(
        verrouille.demande,
        Action.CONSTATER_REMBOURSEMENT,
        par=par,
        version=version,
        commentaire=commentaire,
        details=details,
    )
    _write(verrouille, remboursement_du=somme)
    contrat.refresh_from_db()
    return acte


@transaction.atomic
def record_remboursement(
    contrat: Contrat, *, par: User, montant: Decimal, le: date, version: int | None = None
) -> ActeDossier:
    """A sum that came back. Never more than what is owed: the database holds it too."""
    verrouille = lock_contrat(contrat.pk)
    if verrouille.demande.statut != Statut.REMBOURSEMENT_DU:
        raise ActeInvalide("Aucun remboursement n'est dû sur ce contrat.")
    if montant <= 0 or montant != round_centime(montant):
        raise ActeInvalide("Un remboursement est plus grand que zéro, au centime.", {"montant": "Vérifiez."})
    if le > timezone.localdate():
        raise ActeInvalide("Un remboursement s'enregistre une fois reçu.", {"le": "Ce jour n'est pas encore venu."})
    phrase = f"Remboursement reçu le {format_jour(le)} : {format_euros(montant)}"
    acte = apply_action(
        verrouille.demande,
        Action.NOTER,
        par=par,
        version=version,
        commentaire=phrase,
        details={"rembourse": f"{montant:.2f}", "le": le.isoformat()},
    )
    _write(verrouille, rembourse=verrouille.rembourse + montant)
    contrat.refresh_from_db()
    return acte


@transaction.atomic
def close_contrat(contrat: Contrat, *, par: User, commentaire: str = "", version: int | None = None) -> ActeDossier:
    """Nothing is due any more, on either side; a sum given up is explained."""
    verrouille = lock_contrat(contrat.pk)
    ouvertes = count_ouvertes(verrouille)
    if ouvertes:
        raise ActeInvalide(f"{ouvertes} versement(s) restent ouverts : payez-les ou annulez-les d'abord.")
    reste = (verrouille.remboursement_du or ZERO) - verrouille.rembourse
    if reste and not commentaire.strip():
        phrase = f"{format_euros(reste)} restent dus : dites pourquoi le dossier est soldé quand même."
        raise ActeInvalide(phrase, {"commentaire": "Ce champ est obligatoire."})
    details = {"reste_du": f"{reste:.2f}"} if reste else {}
    return apply_action(
        verrouille.demande, Action.SOLDER, par=par, version=version, commentaire=commentaire, details=details
    )


@transaction.atomic
def cancel_echeances(contrat: Contrat, *, par: User, commentaire: str, version: int | None = None) -> int:
    """Give up the payments still open of an ended contract; says why. Returns how many."""
    verrouille = lock_contrat(contrat.pk)
    if verrouille.demande.statut not in (Statut.RESILIEE, Statut.A_L_ECHEANCE):
        raise ActeInvalide("Les versements d'un contrat en cours changent par avenant.")
    lignes = verrouille.echeances.filter(nature=Nature.VERSEMENT, statut__in=OUVERTES)
    cles = list(lignes.order_by("pk").values_list("pk", flat=True)[:1000])
    apply_action(
        verrouille.demande,
        Action.NOTER,
        par=par,
        version=version,
        commentaire=commentaire,
        details={"annulees": cles},
    )
    return verrouille.echeances.filter(pk__in=cles, statut__in=OUVERTES).update(statut=StatutEcheance.ANNULEE)


def _write(contrat: Contrat, **champs: object) -> None:
    """The fields of a contract, whose version grows. The row is locked by the caller."""
    try:
        with transaction.atomic():
            Contrat.objects.filter(pk=contrat.pk).update(version=contrat.version + 1, **champs)
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur
    contrat.refresh_from_db()
