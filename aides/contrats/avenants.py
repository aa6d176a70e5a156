"""What changes in a running contract from a day on, and its renewal: past lines stay, future ones are recomputed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from aides.contrats.erreurs import explain
from aides.contrats.lecture import Cadre, clean_faits, compute_echeancier, dump_faits, read_cadre, read_faits
from aides.contrats.paiements import lock_contrat
from aides.contrats.revision import revise_lignes
from aides.contrats.signature import compute_bornes, list_notes
from aides.dossiers.actes import apply_action
from aides.dossiers.erreurs import ActeInvalide
from aides.dossiers.etats import Action
from aides.models import Avenant, Contrat, Nature, StatutEcheance
from aides.regles.calculs import ZERO
from aides.regles.calendrier import add_mois
from aides.regles.faits import FAITS, FaitInvalide, clean_fait, format_jour
from portal.accounts.models import User


@transaction.atomic
def add_avenant(
    contrat: Contrat,
    *,
    par: User,
    objet: str,
    date_signature: date,
    date_effet: date,
    faits: Mapping[str, Any],
    version: int | None = None,
) -> Avenant:
    """Change answers (« jours_semaine »…) from a day on. Raises ActeRefuse: nothing is written.

    The lines fallen due before `date_effet` are untouched. A larger total than the one granted asks a new decision.
    """
    verrouille = lock_contrat(contrat.pk)
    changes = _clean(faits)
    _check_jours(verrouille, date_signature, date_effet)
    cadre = read_cadre(verrouille.demande)
    avant = read_faits(verrouille)
    apres = {**avant, **clean_faits(changes)}
    changements = {"faits": {code: [dump_faits(avant).get(code), dump_faits(apres)[code]] for code in changes}}
    avenant = _record(verrouille, par, objet, date_signature, date_effet, changements, version)
    _recompute(verrouille, cadre, apres, depuis=date_effet, terme=verrouille.periode.upper)
    contrat.refresh_from_db()
    return avenant


@transaction.atomic
def renew_contrat(
    contrat: Contrat, *, par: User, date_signature: date, objet: str, version: int | None = None
) -> Avenant:
    """Once more the duration of the scheme, when its version allows it and the scheme is still open at the term."""
    verrouille = lock_contrat(contrat.pk)
    cadre = read_cadre(verrouille.demande)
    regles = cadre.version.regles_cumul
    terme = verrouille.periode.upper
    if terme is None or not regles.duree_mois:
        raise ActeInvalide("Ce contrat n'a pas de durée qui se renouvelle.")
    if regles.renouvellements is not None and verrouille.renouvellements >= regles.renouvellements:
        raise ActeInvalide(f"{cadre.version.renouvellement.texte} ({cadre.version.renouvellement.reference.texte})")
    if cadre.dispositif.version_au(terme) is None:
        raise ActeInvalide(f"Le dispositif n'est plus ouvert le {format_jour(terme)} : le contrat va à son terme.")
    _check_jours(verrouille, date_signature, terme)
    nouveau = add_mois(terme, regles.duree_mois)
    changements = {"terme": [terme.isoformat(), nouveau.isoformat()]}
    avenant = _record(verrouille, par, objet, date_signature, terme, changements, version)
    Contrat.objects.filter(pk=verrouille.pk).update(renouvellements=verrouille.renouvellements + 1)
    _recompute(verrouille, cadre, read_faits(verrouille), depuis=terme, terme=nouveau)
    contrat.refresh_from_db()
    return avenant


def _clean(faits: Mapping[str, Any]) -> dict[str, Any]:
    erreurs = {}
    for code, brut in faits.items():
        try:
            if code not in FAITS or clean_fait(FAITS[code], brut) is None:
                erreurs[code] = "Donnez la nouvelle valeur."
        except FaitInvalide as refus:
            erreurs[code] = str(refus)
    if erreurs or not faits:
        raise ActeInvalide("Un avenant dit ce qu'il change.", erreurs)
    return dict(faits)


def _check_jours(contrat: Contrat, date_signature: date, date_effet: date) -> None:
    erreurs = {}
    if not contrat.date_signature <= date_signature <= timezone.localdate():
        erreurs["date_signature"] = "L'avenant se signe après le contrat, et s'enregistre une fois signé."
    if date_effet < contrat.periode.lower or (contrat.periode.upper and date_effet > contrat.periode.upper):
        erreurs["date_effet"] = "L'avenant prend effet pendant le contrat."
    if erreurs:
        raise ActeInvalide("Ces dates ne se suivent pas.", erreurs)


def _record(
    contrat: Contrat,
    par: User,
    objet: str,
    date_signature: date,
    date_effet: date,
    changements: dict[str, Any],
    version: int | None,
) -> Avenant:
    rang = contrat.avenants.count() + 1
    details = {"avenant": rang, "date_effet": date_effet.isoformat(), **changements}
    apply_action(contrat.demande, Action.AVENANT, par=par, version=version, commentaire=objet, details=details)
    return Avenant.objects.create(
        contrat=contrat,
        rang=rang,
        date_signature=date_signature,
        date_effet=date_effet,
        objet=objet.strip()[:300],
        changements=changements,
        enregistre_par=par,
    )


def _recompute(contrat: Contrat, cadre: Cadre, faits: Mapping[str, Any], *, depuis: date, terme: date | None) -> None:
    debut = contrat.periode.lower
    nouveau = compute_echeancier(cadre, effet=debut, terme=terme, faits=faits)
    revise_lignes(contrat, depuis=depuis, garde=(*nouveau.versements, *nouveau.obligations))
    montant, plafond = _sum_lignes(contrat)
    accorde = contrat.demande.montant_accorde
    if montant is not None and accorde is not None and montant > accorde:
        raise ActeInvalide("Le total dépasserait le montant accordé : il faut une nouvelle décision.")
    _, borne = compute_bornes(nouveau, accorde)
    bornes = [valeur for valeur in (plafond, borne if nouveau.maximum is None else accorde) if valeur is not None]
    champs = {"faits": dump_faits(faits), "notes": list_notes(nouveau), "periode": DateRange(debut, terme)}
    try:
        with transaction.atomic():
            Contrat.objects.filter(pk=contrat.pk).update(
                version=contrat.version + 1,
                terme_initial=terme,
                montant=montant,
                plafond=min(bornes) if bornes else None,
                **champs,
            )
    except IntegrityError as erreur:
        raise explain(erreur) or erreur from erreur


def _sum_lignes(contrat: Contrat) -> tuple[Decimal | None, Decimal | None]:
    """The exact total of the lines that remain, and the most that they can pay; None when one is unknown."""
    lignes = contrat.echeances.filter(nature=Nature.VERSEMENT).exclude(statut=StatutEcheance.ANNULEE)
    valeurs = list(lignes.order_by("pk").values_list("montant", "plafond")[:1000])
    montants = [montant for montant, _ in valeurs]
    bornes = [plafond if montant is None else montant for montant, plafond in valeurs]
    exact = None if None in montants else sum((m for m in montants if m is not None), ZERO)
    borne = None if None in bornes else sum((b for b in bornes if b is not None), ZERO)
    return exact, borne
