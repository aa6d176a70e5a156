"""Lists of payments and of due days: scoped by the perimeter of who asks, bounded, in a stable order."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from aides.models import Echeance, Nature, StatutEcheance
from aides.regles.calculs import ZERO
from portal.accounts.portee import Portee

LISTE_MAX = 500
A_VENIR = (StatutEcheance.PREVUE, StatutEcheance.A_PAYER)


@dataclass(frozen=True, slots=True)
class Filtres:
    """What the list keeps. `etat`: « payees » (by day of payment) or « a_payer » (by day due)."""

    du: date
    au: date
    etat: str = "payees"
    guichet: str = ""
    dispositif: str = ""
    departement: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    cle: str
    nombre: int
    montant: Decimal


@dataclass(frozen=True, slots=True)
class Totaux:
    """By scheme, by département, and of all. `sans_montant`: lines whose amount is not known yet, counted apart."""

    nombre: int
    montant: Decimal
    sans_montant: int
    par_dispositif: tuple[Total, ...]
    par_departement: tuple[Total, ...]

    def reconciles(self) -> bool:
        """Each breakdown adds up to the grand total, to the cent."""
        sommes = {sum((t.montant for t in totaux), ZERO) for totaux in (self.par_dispositif, self.par_departement)}
        nombres = {sum(t.nombre for t in totaux) for totaux in (self.par_dispositif, self.par_departement)}
        return sommes <= {self.montant} and nombres <= {self.nombre}


def list_paiements(portee: Portee, filtres: Filtres) -> QuerySet[Echeance]:
    """The payments that this person may see. Not cut: a page takes `LISTE_MAX`, an export the whole or nothing."""
    lignes = Echeance.objects.for_portee(portee).filter(nature=Nature.VERSEMENT)
    if filtres.etat == "a_payer":
        lignes = lignes.filter(statut__in=A_VENIR, le__range=(filtres.du, filtres.au)).order_by("le", "pk")
    else:
        lignes = lignes.filter(statut=StatutEcheance.PAYEE, payee_le__range=(filtres.du, filtres.au))
        lignes = lignes.order_by("payee_le", "pk")
    if filtres.guichet:
        lignes = lignes.filter(guichet=filtres.guichet)
    if filtres.dispositif:
        lignes = lignes.filter(contrat__dispositif=filtres.dispositif)
    if filtres.departement:
        lignes = lignes.filter(departement_code=filtres.departement)
    return lignes.select_related("contrat")


def sum_paiements(lignes: QuerySet[Echeance]) -> Totaux:
    """The totals, added up by the database."""
    nues = lignes.select_related(None).order_by()
    tout = nues.aggregate(nombre=Count("pk"), connus=Count("montant"), montant=Sum("montant"))
    return Totaux(
        tout["nombre"],
        tout["montant"] or ZERO,
        tout["nombre"] - tout["connus"],
        _break_down(nues, "contrat__dispositif"),
        _break_down(nues, "departement_code"),
    )


def _break_down(lignes: QuerySet[Echeance], champ: str) -> tuple[Total, ...]:
    groupes = lignes.values(champ).annotate(nombre=Count("pk"), somme=Sum("montant")).order_by(champ)
    return tuple(Total(groupe[champ], groupe["nombre"], groupe["somme"] or ZERO) for groupe in groupes[:200])


def sum_lignes(lignes: Iterable[Echeance]) -> Totaux:
    """The same totals from rows already read: what an export checks before it leaves."""
    par_dispositif: dict[str, list[Decimal | None]] = defaultdict(list)
    par_departement: dict[str, list[Decimal | None]] = defaultdict(list)
    tous: list[Decimal | None] = []
    for ligne in lignes:
        for montants in (par_dispositif[ligne.contrat.dispositif], par_departement[ligne.departement_code], tous):
            montants.append(ligne.montant)
    return Totaux(len(tous), _add(tous), tous.count(None), _collect(par_dispositif), _collect(par_departement))


def _add(montants: Iterable[Decimal | None]) -> Decimal:
    return sum((montant for montant in montants if montant is not None), ZERO)


def _collect(groupes: dict[str, list[Decimal | None]]) -> tuple[Total, ...]:
    return tuple(Total(cle, len(groupes[cle]), _add(groupes[cle])) for cle in sorted(groupes))


def list_echeances(
    portee: Portee,
    *,
    du: date | None = None,
    au: date | None = None,
    nature: str = "",
    ouvertes: bool = True,
    limite: int = LISTE_MAX,
) -> QuerySet[Echeance]:
    """What falls due between two days for this person, the earliest first; `limite` rows at most."""
    lignes = Echeance.objects.for_portee(portee)
    if ouvertes:
        lignes = lignes.filter(statut__in=A_VENIR)
    if du is not None:
        lignes = lignes.filter(le__gte=du)
    if au is not None:
        lignes = lignes.filter(le__lte=au)
    if nature:
        lignes = lignes.filter(nature=nature)
    return lignes.select_related("contrat", "contrat__demande").order_by("le", "pk")[: min(limite, LISTE_MAX)]
