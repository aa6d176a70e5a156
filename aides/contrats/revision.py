"""Computing a schedule again: what is paid or observed stays, what is open follows the new schedule."""

from datetime import date

from aides.contrats.signature import build_ligne, describe_ligne
from aides.models import Contrat, Echeance, Nature, StatutEcheance
from aides.regles.echeancier import Echeancier, LigneEcheance

OUVERTES = (StatutEcheance.PREVUE, StatutEcheance.A_PAYER)
LIGNES_MAX = 1000


def revise_lignes(contrat: Contrat, *, depuis: date, garde: tuple[LigneEcheance, ...], periodes: bool = False) -> int:
    """Bring the open lines from `depuis` on to what `garde` says. Returns how many were written.

    A line that `garde` no longer has is cancelled, one that it changes is rewritten, one that is new is added.
    `periodes`: a line whose day and period do not move keeps its amount. What a campaign granted stays as it is.
    """
    accordees = set(contrat.echeances.filter(ligne__accorde__isnull=False).values_list("pk", flat=True)[:LIGNES_MAX])
    voulues = {(ligne.nature.value, ligne.code, ligne.rang): ligne for ligne in garde}
    ecrites = 0
    for ligne in contrat.echeances.order_by("le", "pk")[:LIGNES_MAX]:
        voulue = voulues.pop((str(ligne.nature), ligne.code, ligne.rang), None)
        if (
            ligne.statut not in OUVERTES
            or ligne.pk in accordees
            or (ligne.le < depuis and (voulue is None or voulue.le < depuis))
        ):
            continue
        ecrites += _rewrite(ligne, voulue, periodes)
    nouvelles = [build_ligne(contrat, ligne) for ligne in voulues.values() if ligne.le >= depuis]
    Echeance.objects.bulk_create(nouvelles)
    return ecrites + len(nouvelles)


def _rewrite(ligne: Echeance, voulue: LigneEcheance | None, periodes: bool) -> bool:
    if voulue is None:
        champs: dict[str, object] = {"statut": StatutEcheance.ANNULEE}
    else:
        champs = {**describe_ligne(voulue), "le": voulue.le}
        actuels = {cle: getattr(ligne, cle) for cle in champs}
        lus = ("le", "periode") if periodes else champs
        if all(actuels[cle] == champs[cle] for cle in lus):
            return False
    lignes = Echeance.objects.filter(pk=ligne.pk, version=ligne.version, statut__in=OUVERTES)
    return bool(lignes.update(version=ligne.version + 1, **champs))


def keep_until(echeancier: Echeancier, fin: date) -> tuple[LigneEcheance, ...]:
    """What remains of a schedule stopped on `fin`: payments fallen due before, or for a period begun before."""
    verses = [v for v in echeancier.versements if v.le < fin or (v.debut is not None and v.debut < fin)]
    dues = [o for o in echeancier.obligations if o.le <= fin and o.code != "duree"]
    return (*verses, *dues)


def count_ouvertes(contrat: Contrat) -> int:
    return contrat.echeances.filter(nature=Nature.VERSEMENT, statut__in=OUVERTES).count()
