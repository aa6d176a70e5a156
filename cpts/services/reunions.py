"""Meetings: a draft that is saved as it is written, then a meeting held, proof of the mission that it serves."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone

from cpts.enums import GenrePreuve
from cpts.erreurs import CHANGE, ActeInvalide, VersionPerimee
from cpts.models import Cpts, Mission, Presence, Reunion
from cpts.services.missions import add_preuve, check_ecriture, remove_preuve
from cpts.services.missions_refus import act, refuse_nir, write_evenement
from portal.core.documents import erase_document, receive_document
from portal.core.examen import FichierAccepte

CHAMPS = ("titre", "jour", "duree_minutes", "lieu", "ordre_du_jour", "mission")
TEXTES = ("titre", "lieu", "ordre_du_jour")
SANS_COMPTE_RENDU = "le compte rendu"
SANS_PRESENCE = "la liste de présence"
SANS_MISSION = "la mission servie"


def open_reunion(cpts: Cpts, *, par: Any) -> Reunion:
    """An empty draft of today."""
    check_ecriture(par, cpts)
    with act():
        reunion = Reunion.objects.create(cpts=cpts, titre="Réunion", jour=timezone.localdate(), cree_par=par)
        write_evenement(cpts, "reunion_ouverte", par, reunion=reunion.pk)
    return reunion


def save_reunion(reunion: Reunion, champs: dict[str, Any], *, par: Any, version: int, tenue: bool = False) -> Reunion:
    """Write the fields; `tenue`: the draft becomes a meeting that counts. Raises ActeInvalide, VersionPerimee.

    A meeting that counts is a proof of its mission at once, and no longer of the one before.
    """
    check_ecriture(par, reunion.cpts)
    refuse_nir(**{nom: str(champs.get(nom) or "") for nom in TEXTES})
    compte = tenue or not reunion.brouillon
    if compte and champs["jour"] > timezone.localdate():
        raise ActeInvalide("Cette réunion est à venir.", {"jour": "Une réunion tenue porte un jour passé."})
    if (mission := champs.get("mission")) and mission.cpts_id != reunion.cpts_id:
        raise ActeInvalide("Choisissez une mission de cette CPTS.", {"mission": "Choisissez une mission."})
    with act():
        valeurs = {nom: champs.get(nom) for nom in CHAMPS} | {"brouillon": not compte}
        valeurs |= {nom: champs.get(nom) or "" for nom in TEXTES}
        avant = reunion.brouillon
        _take(reunion, version, **valeurs)
        follow_preuve(reunion, par=par)
        if compte or not avant:
            write_evenement(reunion.cpts, "reunion_tenue" if avant else "reunion_modifiee", par, reunion=reunion.pk)
    return reunion


def _take(reunion: Reunion, version: int, **valeurs: Any) -> None:
    if not Reunion.objects.filter(pk=reunion.pk, version=version).update(version=F("version") + 1, **valeurs):
        raise VersionPerimee(CHANGE)
    reunion.refresh_from_db()


def name_objet(reunion: Reunion) -> str:
    return f"cpts.reunion:{reunion.pk}"


def follow_preuve(reunion: Reunion, *, par: Any) -> None:
    """The proof follows the meeting: there when it is held for a mission, gone when it is not."""
    if reunion.brouillon or reunion.mission is None:
        remove_preuve(name_objet(reunion), par=par)
        return
    libelle = f"Réunion : {reunion.titre}"
    add_preuve(
        reunion.mission,
        genre=GenrePreuve.REUNION,
        libelle=libelle,
        jour=reunion.jour,
        objet=name_objet(reunion),
        par=par,
    )


def set_compte_rendu(reunion: Reunion, fichier: FichierAccepte, *, par: Any) -> None:
    """The minutes, in place of those before. The version stays: the draft that is being written is not made stale."""
    check_ecriture(par, reunion.cpts)
    cpts = reunion.cpts
    with act():
        ancien = Reunion.objects.select_for_update(no_key=True, of=("self",)).get(pk=reunion.pk).compte_rendu
        document = receive_document(
            fichier,
            proprietaire=par,
            region_code=cpts.region_code,
            departement_code=cpts.departement_code,
            guichet="ars",
            perimetre=f"cpts:{cpts.code}",
            depose_par=par,
        )
        Reunion.objects.filter(pk=reunion.pk).update(compte_rendu=document)
        if ancien is not None:
            erase_document(ancien)
        write_evenement(cpts, "reunion_compte_rendu", par, reunion=reunion.pk)


def remove_compte_rendu(reunion: Reunion, *, par: Any) -> None:
    check_ecriture(par, reunion.cpts)
    with act():
        ancien = Reunion.objects.select_for_update(no_key=True, of=("self",)).get(pk=reunion.pk).compte_rendu
        if ancien is None:
            return
        Reunion.objects.filter(pk=reunion.pk).update(compte_rendu=None)
        erase_document(ancien)
        write_evenement(reunion.cpts, "reunion_compte_rendu_retire", par, reunion=reunion.pk)


def delete_reunion(reunion: Reunion, *, par: Any) -> None:
    """The meeting, its attendance, its minutes and its proof go; what they counted for steps back at once."""
    check_ecriture(par, reunion.cpts)
    with act():
        remove_preuve(name_objet(reunion), par=par)
        document, cle = reunion.compte_rendu, reunion.pk
        details = {"reunion": cle, "jour": reunion.jour.isoformat(), "brouillon": reunion.brouillon}
        reunion.delete()
        if document is not None:
            erase_document(document)
        write_evenement(reunion.cpts_id, "reunion_supprimee", par, **details)


def list_reunions(cpts: Cpts, *, annee: int | None = None, mission: str = "", limite: int = 500) -> list[Reunion]:
    """The meetings with the number of people and of missing signatures, the latest first."""
    lues = Reunion.objects.filter(cpts=cpts).select_related("mission")
    if annee is not None:
        lues = lues.filter(jour__year=annee)
    if mission:
        lues = lues.filter(mission__type=mission)
    comptees = lues.annotate(
        presents=Count("presences"), non_signees=Count("presences", filter=Q(presences__signe=False))
    )
    return list(comptees.order_by("-jour", "-pk")[:limite])


def list_manques(reunion: Any) -> list[str]:
    """What a meeting still lacks to be a full proof; `reunion` comes from `list_reunions` or `read_reunion`."""
    manques = []
    if reunion.mission_id is None:
        manques.append(SANS_MISSION)
    if not reunion.presents:
        manques.append(SANS_PRESENCE)
    elif reunion.non_signees:
        s = "s" if reunion.non_signees > 1 else ""
        manques.append(f"{reunion.non_signees} signature{s}")
    if reunion.compte_rendu_id is None:
        manques.append(SANS_COMPTE_RENDU)
    return manques


def count_presences(presences: Sequence[Presence], reunion: Any) -> None:
    """The two counts that `list_manques` reads, from an attendance already read."""
    reunion.presents = len(presences)
    reunion.non_signees = sum(not presence.signe for presence in presences)


def list_missions(cpts: Cpts) -> list[Mission]:
    return list(Mission.objects.filter(cpts=cpts).order_by("type", "pk")[:20])


def find_annees(cpts: Cpts) -> list[int]:
    """The civil years that have meetings, the latest first."""
    jours = Reunion.objects.filter(cpts=cpts).dates("jour", "year", order="DESC")[:30]
    return [jour.year for jour in jours]
