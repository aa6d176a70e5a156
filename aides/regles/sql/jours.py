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
    demande = JourReference.DEMANDE.value
    if jour is JourReference.DEMANDE:
        return Jour(au, au, *(column(f"{lu}_{demande}") for lu in ("zone", "listes", "parametres")))
    code_jour, code_etat, passe = JOURS_PASSES[jour]
    etat, date_passee = column(code_etat), column(code_jour)

    def choose(au_passe: str, au_present: str) -> str:
        return (
            f"CASE WHEN {etat} = {literal(passe)} THEN CASE WHEN {date_passee} IS NOT NULL THEN {au_passe} END"
            f" WHEN {etat} IS NOT NULL THEN {au_present} END"
        )

    lus = (choose(column(f"{lu}_{jour.value}"), column(f"{lu}_{demande}")) for lu in ("zone", "listes", "parametres"))
    manques = ((f"{etat} IS NULL", code_etat), (f"({etat} = {literal(passe)} AND {date_passee} IS NULL)", code_jour))
    return Jour(au, choose(date_passee, au), *lus, manques=manques)
