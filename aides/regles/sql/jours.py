"""What a version reads on its reference day, as SQL: the day itself, the zone and the local data of that day."""

from dataclasses import dataclass

from aides.regles.dispositifs import JOURS_PASSES, JourReference
from aides.regles.sql.textes import column, literal


@dataclass(frozen=True, slots=True)
class Jour:
    """Expressions, NULL when the reference day is unknown. `manques`: (condition, fact that would give the day)."""

    au: str
    reference: str
    zone: str
    listes: str
    parametres: str
    manques: tuple[tuple[str, str], ...] = ()


def read_jour(jour: JourReference, au: str) -> Jour:
    """`au`: the expression of the day on which the law is read, a column or a constant.

    A day already past has its own columns (« zone_installation »…); until then the day is `au` itself.
    """
    if jour is JourReference.DEMANDE:
        return Jour(au, au, column("zone_demande"), column("listes_demande"), column("parametres_demande"))
    code_jour, code_etat, passe = JOURS_PASSES[jour]
    etat, date_passee = column(code_etat), column(code_jour)

    def choose(au_passe: str, au_present: str) -> str:
        return (
            f"CASE WHEN {etat} = {literal(passe)} THEN CASE WHEN {date_passee} IS NOT NULL THEN {au_passe} END"
            f" WHEN {etat} IS NOT NULL THEN {au_present} END"
        )

    return Jour(
        au=au,
        reference=choose(date_passee, au),
        zone=choose(column(f"zone_{jour.value}"), column("zone_demande")),
        listes=choose(column(f"listes_{jour.value}"), column("listes_demande")),
        parametres=choose(column(f"parametres_{jour.value}"), column("parametres_demande")),
        manques=(
            (f"{etat} IS NULL", code_etat),
            (f"({etat} = {literal(passe)} AND {date_passee} IS NULL)", code_jour),
        ),
    )
