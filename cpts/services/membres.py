"""The members of a CPTS over time: practitioners of the Annuaire santé or named, structures; who sits where."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q
from django.utils import timezone

from cpts.enums import Instance, StatutPerimetre
from cpts.erreurs import CHANGE, ActeInvalide, VersionPerimee
from cpts.models import CommunePerimetre, Cpts, LieuExercice, Membre, Praticien, Presence, Structure
from cpts.services.missions import check_ecriture
from cpts.services.missions_refus import act, refuse_nir, write_evenement
from cpts.sources.rpps import RPPS
from zonage.calculs.noms import cle_tri
from zonage.models import Commune

MEMBRES_MAX = 2_000
PROPOSES_MAX = 20
COMMUNES_MAX = 1_000
CHAMPS = ("nom", "profession", "commune_code", "instance", "fonction")


def nom_membre(membre: Membre) -> str:
    if membre.praticien is not None:
        return f"{membre.praticien.nom} {membre.praticien.prenom}".strip()
    return membre.structure.nom if membre.structure is not None else membre.nom


def profession_membre(membre: Membre) -> str:
    if membre.profession or membre.praticien is None:
        return membre.profession or (membre.structure.get_type_display() if membre.structure else "")
    return str(membre.praticien.get_profession_display())


def cle_nom(nom: str) -> str:
    """The words of a name in any order: « Camille Fictif » and « FICTIF Camille » are one."""
    return " ".join(sorted(cle_tri(nom).split()))


def list_membres(cpts: Cpts, *, au: date | None, anciens: bool = False, limite: int = MEMBRES_MAX) -> list[Membre]:
    """By name. `au`: those of that day; None: all of them, or with `anciens` those whose period is over today."""
    lus = Membre.objects.filter(cpts=cpts).select_related("praticien", "structure")
    if au is not None:
        lus = lus.filter(periode__contains=au)
    elif anciens:
        lus = lus.filter(periode__endswith__lte=timezone.localdate())
    return sorted(lus.order_by("pk")[:limite], key=lambda m: (cle_tri(nom_membre(m)), m.pk))


def count_professions(membres: Sequence[Membre]) -> list[tuple[str, int]]:
    """The most numerous first."""
    comptes = Counter(profession_membre(membre) or "Profession non renseignée" for membre in membres)
    return sorted(comptes.items(), key=lambda paire: (-paire[1], paire[0]))


def list_communes(cpts: Cpts, *, au: date) -> list[str]:
    """The communes where practitioners are looked for: the perimeter in force, else the département."""
    lignes = CommunePerimetre.objects.filter(
        perimetre__cpts=cpts, perimetre__statut=StatutPerimetre.APPROUVE, perimetre__periode__contains=au
    )
    communes = list(lignes.order_by("commune").values_list("commune", flat=True)[:COMMUNES_MAX])
    if communes:
        return [str(commune) for commune in communes]
    lues = Commune.objects.filter(departement_id=cpts.departement_code).order_by("pk")
    return [str(commune) for commune in lues.values_list("pk", flat=True)[:COMMUNES_MAX]]


def search_praticiens(cpts: Cpts, q: str, *, au: date) -> list[Praticien]:
    """Eleven digits: that RPPS, wherever. Else the beginning of a name, among who practises in the perimeter."""
    compact = "".join(q.split())
    if RPPS.fullmatch(compact):
        return list(Praticien.objects.filter(pk=compact).order_by("pk")[:1])
    cle = cle_tri(q)
    if len(cle) < 2:
        return []
    ici = LieuExercice.objects.filter(commune__in=list_communes(cpts, au=au), periode__contains=au)
    trouves = Praticien.objects.filter(cle_nom__startswith=cle, pk__in=ici.values("praticien_id"))
    return list(trouves.order_by("cle_nom", "rpps")[:PROPOSES_MAX])


def search_structures(cpts: Cpts, q: str) -> list[Structure]:
    """Of the CPTS or of its département, by a part of the name."""
    if len(cle_tri(q)) < 2:
        return []
    ici = Structure.objects.filter(Q(cpts=cpts) | Q(departement_code=cpts.departement_code), nom__icontains=q.strip())
    return list(ici.order_by("nom", "pk")[:PROPOSES_MAX])


def add_membre(
    cpts: Cpts,
    *,
    par: Any,
    debut: date,
    fin: date | None = None,
    praticien: Praticien | None = None,
    structure: Structure | None = None,
    **champs: str,
) -> Membre:
    """`fin`: the last day, included. Raises DroitRefuse, ActeInvalide (overlap, order of the days, no name)."""
    check_ecriture(par, cpts)
    valeurs = _clean(champs)
    with act():
        membre = Membre.objects.create(
            cpts=cpts, praticien=praticien, structure=structure, periode=build_periode(debut, fin), **valeurs
        )
        write_evenement(cpts, "membre_ajoute", par, membre=membre.pk)
    return membre


def edit_membre(membre: Membre, *, par: Any, version: int, debut: date, fin: date | None, **champs: str) -> Membre:
    check_ecriture(par, membre.cpts)
    valeurs = _clean(champs)
    with act():
        ecrites = Membre.objects.filter(pk=membre.pk, version=version).update(
            version=F("version") + 1, periode=build_periode(debut, fin), **valeurs
        )
        if not ecrites:
            raise VersionPerimee(CHANGE)
        membre.refresh_from_db()
        write_evenement(membre.cpts, "membre_modifie", par, membre=membre.pk)
    return membre


def delete_membre(membre: Membre, *, par: Any) -> None:
    """An error of entry only: who came to a meeting stays, their period is ended instead."""
    check_ecriture(par, membre.cpts)
    if Presence.objects.filter(membre=membre).exists():
        raise ActeInvalide("Ce membre est sur des feuilles de présence : terminez sa période au lieu de le retirer.")
    with act():
        cle, cpts = membre.pk, membre.cpts
        membre.delete()
        write_evenement(cpts, "membre_retire", par, membre=cle)


def build_periode(debut: date, fin: date | None) -> DateRange:
    """Half open from two included days. Raises ActeInvalide when they are upside down."""
    if fin is not None and fin < debut:
        raise ActeInvalide("Ces jours ne se suivent pas.", {"fin": "Le dernier jour vient après le premier."})
    return DateRange(debut, None if fin is None else fin + timedelta(days=1))


def read_dernier_jour(membre: Membre) -> date | None:
    """The last day included; None: still a member."""
    return None if membre.periode.upper is None else membre.periode.upper - timedelta(days=1)


def _clean(champs: dict[str, str]) -> dict[str, str]:
    if inconnus := set(champs) - set(CHAMPS):
        raise ValueError(sorted(inconnus))
    valeurs = {nom: champs.get(nom, "").strip() for nom in CHAMPS}
    refuse_nir(nom=valeurs["nom"], profession=valeurs["profession"], fonction=valeurs["fonction"])
    if valeurs["instance"] not in Instance.values:
        raise ActeInvalide("Choisissez une instance.", {"instance": "Choisissez une instance de la liste."})
    return valeurs
