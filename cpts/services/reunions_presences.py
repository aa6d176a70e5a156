"""Who came to a meeting: one by one, from the members, or pasted from a spreadsheet; who signed; what was paid."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from cpts.erreurs import ActeInvalide
from cpts.models import Membre, Presence, Reunion
from cpts.services.collage import LigneLue, is_oui, read_collage, read_montant
from cpts.services.membres import cle_nom, list_membres, nom_membre, profession_membre
from cpts.services.missions import check_ecriture
from cpts.services.missions_refus import act, refuse_nir, write_evenement
from zonage.calculs.noms import cle_tri

PRESENCES_MAX = 200
COLONNES: dict[str, Sequence[str]] = {
    "nom": ("nom prénom", "nom et prénom", "participant", "professionnel"),
    "profession": ("métier", "fonction"),
    "signe": ("signature", "émargement", "a signé"),
    "indemnite": ("indemnité", "indemnité (€)", "montant"),
}
PLEIN = f"Une feuille de présence va jusqu'à {PRESENCES_MAX} personnes."


def list_presences(reunion: Reunion) -> list[Presence]:
    lues = Presence.objects.filter(reunion=reunion).select_related("membre__praticien", "membre__structure")
    return sorted(lues.order_by("pk")[: PRESENCES_MAX + 1], key=lambda une: (cle_tri(nom_presence(une)), une.pk))


def nom_presence(presence: Presence) -> str:
    return presence.nom or (nom_membre(presence.membre) if presence.membre else "")


def profession_presence(presence: Presence) -> str:
    return presence.profession or (profession_membre(presence.membre) if presence.membre else "")


def list_suggestions(reunion: Reunion, presences: Sequence[Presence]) -> list[Membre]:
    """The members of that day who are not on the sheet yet."""
    deja = {presence.membre_id for presence in presences}
    return [membre for membre in list_membres(reunion.cpts, au=reunion.jour) if membre.pk not in deja]


def add_presence(
    reunion: Reunion,
    nom: str,
    profession: str,
    *,
    signe: bool,
    indemnite: Decimal | None,
    par: Any,
) -> Presence:
    """Somebody by name; who bears the name of exactly one member is that member. Raises ActeInvalide."""
    check_ecriture(par, reunion.cpts)
    refuse_nir(nom=nom, profession=profession)
    presences = list_presences(reunion)
    suggestions = list_membres(reunion.cpts, au=reunion.jour)
    ligne = LigneLue(1, nom, {"nom": nom, "profession": profession, "signe": signe, "indemnite": indemnite})
    _match(ligne, suggestions, {cle_personne(une) for une in presences})
    if ligne.fautes:
        raise ActeInvalide("Cette personne n'est pas ajoutée.", {"nom": f"{ligne.fautes[0].capitalize()}."})
    with act():
        (presence,) = _write(reunion, [ligne], len(presences), par)
    return presence


def add_membres(reunion: Reunion, cles: Sequence[int], *, par: Any) -> int:
    """The members ticked, once each. Returns those added."""
    check_ecriture(par, reunion.cpts)
    presences = list_presences(reunion)
    choisis = [membre for membre in list_suggestions(reunion, presences) if membre.pk in set(cles)]
    if len(presences) + len(choisis) > PRESENCES_MAX:
        raise ActeInvalide(PLEIN)
    if not choisis:
        raise ActeInvalide("Cochez au moins un membre.", {"membres": "Cochez au moins un membre."})
    with act():
        Presence.objects.bulk_create(Presence(reunion=reunion, membre=membre) for membre in choisis)
        write_evenement(reunion.cpts, "presences_ajoutees", par, reunion=reunion.pk, nombre=len(choisis))
    return len(choisis)


def sign_presences(reunion: Reunion, cles: Sequence[int], *, par: Any) -> int:
    """Those ticked signed, the others did not. Returns the rows changed."""
    check_ecriture(par, reunion.cpts)
    with act():
        feuille: QuerySet[Presence] = Presence.objects.filter(reunion=reunion)
        changees = feuille.filter(pk__in=cles, signe=False).update(signe=True)
        changees += feuille.filter(signe=True).exclude(pk__in=cles).update(signe=False)
        if changees:
            write_evenement(reunion.cpts, "presences_signees", par, reunion=reunion.pk, nombre=changees)
    return changees


def set_indemnite(presence: Presence, indemnite: Decimal | None, *, par: Any) -> None:
    check_ecriture(par, presence.reunion.cpts)
    with act():
        Presence.objects.filter(pk=presence.pk).update(indemnite=indemnite)
        write_evenement(presence.reunion.cpts, "presence_indemnite", par, reunion=presence.reunion_id)


def remove_presence(presence: Presence, *, par: Any) -> None:
    check_ecriture(par, presence.reunion.cpts)
    with act():
        reunion = presence.reunion
        presence.delete()
        write_evenement(reunion.cpts, "presence_retiree", par, reunion=reunion.pk)


def read_presences(reunion: Reunion, texte: str) -> list[LigneLue]:
    """The pasted attendance, line by line: who is recognized among the members, what is refused and why."""
    lignes = read_collage(texte, COLONNES)
    membres = list_membres(reunion.cpts, au=reunion.jour)
    deja = {cle_personne(une) for une in list_presences(reunion)}
    for ligne in lignes:
        if ligne.fautes:
            continue
        brutes = ligne.valeurs
        try:
            indemnite = read_montant(brutes.get("indemnite", ""))
        except ValueError as faute:
            ligne.fautes.append(str(faute))
            indemnite = None
        ligne.valeurs = {
            "nom": brutes.get("nom", ""),
            "profession": brutes.get("profession", ""),
            "signe": is_oui(brutes.get("signe", "")),
            "indemnite": indemnite,
        }
        _match(ligne, membres, deja)
        if ligne.acceptee:
            deja.add(ligne.valeurs["cle"])
    return lignes


def add_collage(reunion: Reunion, lignes: Sequence[LigneLue], *, par: Any) -> int:
    """The lines accepted, in one transaction. Returns their number."""
    check_ecriture(par, reunion.cpts)
    acceptees = [ligne for ligne in lignes if ligne.acceptee]
    if not acceptees:
        raise ActeInvalide("Aucune ligne n'est acceptée : corrigez-les, puis collez à nouveau.")
    with act():
        return len(_write(reunion, acceptees, Presence.objects.filter(reunion=reunion).count(), par))


def cle_personne(presence: Presence) -> str:
    return f"m{presence.membre_id}" if presence.membre_id else f"n{cle_nom(presence.nom)}"


def _match(ligne: LigneLue, membres: Sequence[Membre], deja: set[str]) -> None:
    """Find the member of that name, refuse what is empty, too long, already there, or borne by two members."""
    nom = str(ligne.valeurs["nom"]).strip()
    profession = str(ligne.valeurs["profession"]).strip()
    portes = [membre for membre in membres if cle_nom(nom_membre(membre)) == cle_nom(nom)]
    if len(portes) > 1 and profession:
        portes = [m for m in portes if cle_tri(profession_membre(m)) == cle_tri(profession)] or portes
    membre = portes[0] if len(portes) == 1 else None
    ligne.valeurs |= {"nom": nom, "profession": profession, "membre": membre}
    ligne.valeurs["cle"] = f"m{membre.pk}" if membre else f"n{cle_nom(nom)}"
    ligne.note = "membre reconnu" if membre else "personne extérieure"
    if not cle_nom(nom):
        ligne.fautes.append("écrivez un nom")
    elif len(nom) > 160 or len(profession) > 60:
        ligne.fautes.append("nom ou profession trop long")
    elif len(portes) > 1:
        ligne.fautes.append("deux membres portent ce nom : précisez la profession, ou cochez le bon dans la liste")
    elif ligne.valeurs["cle"] in deja:
        ligne.fautes.append("déjà sur la feuille")


def _write(reunion: Reunion, lignes: Sequence[LigneLue], deja: int, par: Any) -> list[Presence]:
    if deja + len(lignes) > PRESENCES_MAX:
        raise ActeInvalide(PLEIN, {"nom": PLEIN})
    presences = Presence.objects.bulk_create(
        Presence(
            reunion=reunion,
            membre=ligne.valeurs["membre"],
            nom="" if ligne.valeurs["membre"] else ligne.valeurs["nom"],
            profession="" if ligne.valeurs["membre"] else ligne.valeurs["profession"],
            signe=ligne.valeurs["signe"],
            indemnite=ligne.valeurs["indemnite"],
        )
        for ligne in lignes
    )
    write_evenement(reunion.cpts, "presences_ajoutees", par, reunion=reunion.pk, nombre=len(presences))
    return presences
