"""What each person received for the meetings of a civil year, against the cap of that year."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from cpts.models import Cpts, Presence
from cpts.regles.argent import Plafond
from cpts.services.argent_parametres import Valeur, read_bareme
from cpts.services.membres import cle_nom
from cpts.services.reunions_presences import nom_presence, profession_presence

PRESENCES_MAX = 20_000


@dataclass
class IndemniteLue:
    """One person of one year. Two people of the same name who are no members are counted together."""

    nom: str
    profession: str
    reunions: int = 0
    recu: Decimal = field(default_factory=Decimal)
    plafond: Plafond = field(default_factory=lambda: Plafond(Decimal(0), None))


@dataclass(frozen=True, slots=True)
class Indemnites:
    annee: int
    plafond: Valeur | None
    personnes: list[IndemniteLue]

    @property
    def total(self) -> Decimal:
        return sum((une.recu for une in self.personnes), Decimal(0))

    @property
    def depassements(self) -> list[IndemniteLue]:
        return [une for une in self.personnes if une.plafond.depasse]


def read_indemnites(cpts: Cpts, annee: int) -> Indemnites:
    """The most paid first. Drafts count too: what was paid was paid."""
    plafond = read_bareme(cpts).find("plafond_indemnites", date(annee, 1, 1))
    payees = Presence.objects.filter(reunion__cpts=cpts, reunion__jour__year=annee, indemnite__isnull=False)
    lues = payees.select_related("membre__praticien", "membre__structure").order_by("pk")[:PRESENCES_MAX]
    personnes: dict[str, IndemniteLue] = {}
    sommes: dict[str, Decimal] = defaultdict(Decimal)
    for presence in lues:
        membre = presence.membre
        cle = f"n{cle_nom(nom_presence(presence))}"
        if membre is not None:
            cle = f"p{membre.praticien_id}" if membre.praticien_id else f"n{cle_nom(nom_presence(presence))}"
        une = personnes.setdefault(cle, IndemniteLue(nom_presence(presence), profession_presence(presence)))
        une.reunions += 1
        sommes[cle] += presence.indemnite or Decimal(0)
    for cle, une in personnes.items():
        une.recu = sommes[cle]
        une.plafond = Plafond(une.recu, plafond.valeur if plafond else None)
    return Indemnites(annee, plafond, sorted(personnes.values(), key=lambda une: (-une.recu, une.nom)))
