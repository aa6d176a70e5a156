"""The one way a structure is born, moves and is corrected: a conditional UPDATE decides between two people.

Every act is a row of `ActeStructure` and a line of the journal, written with the state that it gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from cpts.droits import may_edit_structure
from cpts.enums import StatutStructure, TypeStructure
from cpts.lecture_perimetres import list_cpts_commune
from cpts.models import ActeStructure, Cpts, Structure
from cpts.regles.finess import FinessRefuse, read_finess
from cpts.regles.vie_structures import CREATION, DATES, ETAPES, REPRISE, Etape, find_etape, first_statut, name_statut
from cpts.services.structures_refus import (
    CHANGEE,
    ActeImpossible,
    DroitRefuse,
    StructureRefusee,
    VersionPerimee,
    explain_base,
)
from cpts.services.vie_courriels import announce
from portal.accounts.models import User
from portal.core.models import Evenement
from portal.core.outbox import emit

SUJET = "cpts.structures"
"""What the apps above subscribe to (`MAILLAGE_ABONNEMENTS`); the argument is the key of the structure."""
MODIFIABLES = (
    "type", "nom", "forme_juridique", "finess", "finess_ej", "siret", "parent", "cpts", "commune", "adresse",
    "code_postal", "longitude", "latitude", "telephone", "courriel", "site_web",
)  # fmt: skip
NUMEROS = ("finess", "finess_ej")
RECOMMENCEES = (StatutStructure.REPEREE, StatutStructure.CANDIDATE)
"""States in which a life begins again: the dates of the one before are no longer its own."""


@dataclass(frozen=True, slots=True)
class Acte:
    """What somebody asks to do. `finess`: given with an opening."""

    action: str
    jour: date
    commentaire: str = ""
    finess: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def name_objet(structure: Structure) -> str:
    return f"cpts.structure:{structure.pk}"


@transaction.atomic
def create_structure(
    champs: Mapping[str, Any],
    *,
    par: User | None,
    statut: str = "",
    jours: Mapping[str, date] | None = None,
    le: date | None = None,
    commentaire: str = "",
    publie: bool = False,
) -> Structure:
    """Enter a structure in its first state, or with `statut` and `jours` (its dates) one that already lived.

    `par` None: the portal itself. `le`: the day of the act (today). `publie`: the fields come from the register, whose
    numbers are taken as they are, and that may change them later. Raises StructureRefusee.
    """
    type_ = champs.get("type", "")
    if type_ not in TypeStructure.values:
        raise StructureRefusee("Choisissez le type de la structure.", {"type": "Choisissez un type."})
    if champs.get("commune") is None:
        raise StructureRefusee("Choisissez la commune.", {"commune": "Choisissez la commune."})
    structure = Structure(**{**champs, "statut": statut or first_statut(type_)}, **dict(jours or {}))
    structure.departement_code = structure.commune.departement_id
    structure.region_code = structure.commune.departement.region_id
    if par is not None:
        _check_droit(par, structure)
    if par is not None and not publie:
        structure.saisi = sorted(nom for nom in MODIFIABLES if champs.get(nom) not in (None, ""))
    _clean(structure, () if publie else NUMEROS)
    aujourdhui = timezone.localdate()
    jour = le or aujourdhui
    tardives = [nom for nom in DATES if (quand := getattr(structure, nom)) and quand > aujourdhui]
    if tardives:
        raise StructureRefusee("Une date est à venir.", dict.fromkeys(tardives, "Ce jour est à venir."))
    _save_nouvelle(structure)
    action = CREATION if structure.statut == first_statut(type_) else REPRISE
    for source, cible, quand in list_passages(structure, jour):
        _write_acte(structure, action, source, cible, quand, par, commentaire)
    _journal(structure, action, par, {"statut": structure.statut})
    return structure


def list_passages(structure: Structure, jour: date) -> list[tuple[str, str, date]]:
    """(state before, state after, day) by which a structure comes to its state, from the dates that it has.

    So that the state of a past day is known of a structure that lived before the portal.
    """
    etats = {
        "projet_valide_le": StatutStructure.PROJET_VALIDE,
        "ouverte_le": StatutStructure.OUVERTE,
        "aci_signe_le": StatutStructure.ACI_SIGNE,
        "fermee_le": StatutStructure.FERMEE,
    }
    if structure.type == TypeStructure.HOPITAL_PROXIMITE:
        etats = {"ouverte_le": StatutStructure.LABELLISEE, "fermee_le": StatutStructure.RETIREE}
    dates = [(nom, getattr(structure, nom)) for nom in DATES if nom in etats and getattr(structure, nom)]
    passages: list[tuple[str, str, date]] = []
    for nom, quand in dates:
        passages.append((passages[-1][1] if passages else "", etats[nom].value, quand))
        if etats[nom] == structure.statut:
            return passages
    if not passages or passages[-1][1] != structure.statut:
        passages.append((passages[-1][1] if passages else "", structure.statut, max([jour, *(d for _, d in dates)])))
    return passages


def _save_nouvelle(structure: Structure) -> None:
    try:
        with transaction.atomic():
            structure.save(force_insert=True)
    except IntegrityError as erreur:
        raise explain_base(erreur) or erreur from erreur


def apply_acte(structure: Structure, acte: Acte, *, par: User | None, version: int | None = None) -> ActeStructure:
    """Do one act. `par` None: the portal itself. `version`: that of the form (None: that of `structure`).

    Raises DroitRefuse, StructureRefusee (a value is missing or impossible), ActeImpossible, VersionPerimee. The
    structure is read again.
    """
    etape = find_etape(structure.type, acte.action)
    if etape is None:
        raise StructureRefusee("Ce type de structure n'a pas cet acte.")
    if par is not None:
        _check_droit(par, structure)
    attendue = structure.version if version is None else version
    with transaction.atomic():
        actuelle = Structure.objects.select_for_update(no_key=True, of=("self",)).get(pk=structure.pk)
        _check_etat(actuelle, etape, attendue)
        valeurs = _build_valeurs(actuelle, acte, etape)
        ecrit = _do(actuelle, acte, etape, valeurs, par)
    structure.refresh_from_db()
    return ecrit


def _do(structure: Structure, acte: Acte, etape: Etape, valeurs: dict[str, Any], par: User | None) -> ActeStructure:
    source = structure.statut
    garde = Structure.objects.filter(pk=structure.pk, version=structure.version, statut=source)
    try:
        with transaction.atomic(), pghistory.context(acte=f"structure.{acte.action}"):
            if not garde.update(**valeurs, statut=etape.cible.value, version=structure.version + 1):
                raise VersionPerimee(CHANGEE)
            ecrit = _write_acte(structure, acte.action, source, etape.cible, acte.jour, par, acte.commentaire)
    except IntegrityError as erreur:
        raise explain_base(erreur) or erreur from erreur
    _journal(structure, acte.action, par, {"cible": etape.cible.value, **acte.details})
    return ecrit


def _check_etat(structure: Structure, etape: Etape, version: int) -> None:
    """The state first: « already open » says more than « changed since »."""
    if structure.statut not in etape.sources:
        actes = ActeStructure.objects.filter(structure=structure, cible=structure.statut)
        dernier = actes.order_by("-date_acte", "-pk").first()
        depuis = f" depuis le {dernier.date_acte:%d/%m/%Y}" if dernier else ""
        etat = name_statut(structure.type, structure.statut).lower()
        raise ActeImpossible(f"« {etape.libelle} » est refusé : l'état est déjà « {etat} »{depuis}. Rien n'a changé.")
    if structure.version != version:
        raise VersionPerimee(CHANGEE)


def _build_valeurs(structure: Structure, acte: Acte, etape: Etape) -> dict[str, Any]:
    """The columns that the act writes, every fault said at once."""
    fautes: dict[str, str] = {}
    if etape.motif and not acte.commentaire.strip():
        fautes["commentaire"] = "Écrivez pourquoi : cet acte est motivé."
    if acte.jour > timezone.localdate():
        fautes["jour"] = "Ce jour est à venir : enregistrez l'acte quand il a eu lieu."
    dernier = ActeStructure.objects.filter(structure=structure).order_by("-date_acte", "-pk").first()
    if dernier and acte.jour < dernier.date_acte:
        fautes["jour"] = f"Ce jour précède l'acte d'avant, du {dernier.date_acte:%d/%m/%Y}."
    valeurs: dict[str, Any] = {etape.champ: acte.jour} if etape.champ else {}
    if etape.cible in RECOMMENCEES:
        valeurs = dict.fromkeys(DATES)
    if etape.finess:
        try:
            valeurs |= _read_finess(structure, acte.finess or structure.finess)
        except FinessRefuse as refus:
            fautes["finess"] = str(refus)
    if fautes:
        raise StructureRefusee(f"« {etape.libelle} » n'est pas enregistré : il manque des éléments.", fautes)
    return valeurs


def _read_finess(structure: Structure, texte: str) -> dict[str, Any]:
    if not texte.strip():
        raise FinessRefuse("L'ouverture demande le numéro FINESS du site (neuf signes).")
    finess = read_finess(texte)
    if Structure.objects.filter(finess=finess).exclude(pk=structure.pk).exists():
        raise FinessRefuse("Une autre structure a déjà ce numéro FINESS.")
    if finess == structure.finess:
        return {}
    return {"finess": finess, "saisi": sorted({*structure.saisi, "finess"})}


def edit_structure(structure: Structure, champs: Mapping[str, Any], *, par: User, version: int) -> list[str]:
    """Write what an agent corrected; no import will change these fields. Returns their names, [] when none differs.

    Raises DroitRefuse, StructureRefusee, VersionPerimee.
    """
    _check_droit(par, structure)
    with transaction.atomic():
        actuelle = Structure.objects.select_for_update(no_key=True, of=("self",)).get(pk=structure.pk)
        if actuelle.version != version:
            raise VersionPerimee(CHANGEE)
        changes = [nom for nom in MODIFIABLES if nom in champs and getattr(actuelle, nom) != champs[nom]]
        if not changes:
            return []
        for nom in changes:
            setattr(actuelle, nom, champs[nom])
        if "commune" in changes:
            actuelle.departement_code = actuelle.commune.departement_id
            actuelle.region_code = actuelle.commune.departement.region_id
            _check_droit(par, actuelle)
        actuelle.saisi = sorted({*actuelle.saisi, *changes})
        actuelle.version += 1
        _clean(actuelle, [nom for nom in NUMEROS if nom in changes])
        try:
            with transaction.atomic(), pghistory.context(acte="structure.modifier"):
                actuelle.save()
        except IntegrityError as erreur:
            raise explain_base(erreur) or erreur from erreur
        evenement = _journal(actuelle, "modifier", par, {"champs": changes})
        if "cpts" in changes and actuelle.cpts_id is not None:
            announce("structure", evenement.pk)
    structure.refresh_from_db()
    return changes


def propose_cpts(commune_code: str, *, au: date) -> Cpts | None:
    """The CPTS whose approved perimeter holds the commune that day; None when none does, or several."""
    trouvees = list_cpts_commune(commune_code, au)
    return trouvees[0] if len(trouvees) == 1 else None


def _clean(structure: Structure, numeros: Sequence[str]) -> None:
    """Formats, and the keys of the FINESS `numeros` that somebody typed, before the database says them less well."""
    fautes: dict[str, str] = {}
    for champ in numeros:
        texte = getattr(structure, champ)
        if texte:
            try:
                setattr(structure, champ, read_finess(texte))
            except FinessRefuse as refus:
                fautes[champ] = str(refus)
    if structure.parent_id and structure.parent_id == structure.pk:
        fautes["parent"] = "Une structure n'est pas son propre site."
    elif structure.parent is not None and structure.parent.parent_id is not None:
        fautes["parent"] = "Choisissez la structure principale : celle-ci est déjà un site."
    try:
        structure.clean_fields()
    except ValidationError as refus:
        fautes |= {nom: " ".join(textes) for nom, textes in refus.message_dict.items() if nom not in fautes}
    if structure.type not in ETAPES or fautes:
        raise StructureRefusee("La structure n'est pas enregistrée : corrigez les champs signalés.", fautes)


def _check_droit(par: User, structure: Structure) -> None:
    if not may_edit_structure(par, structure):
        raise DroitRefuse("Cette structure n'est pas de votre territoire.")


def _write_acte(
    structure: Structure, action: str, source: str, cible: str, jour: date, par: User | None, commentaire: str
) -> ActeStructure:
    return ActeStructure.objects.create(
        structure=structure,
        action=action,
        source=source,
        cible=cible,
        date_acte=jour,
        auteur=par,
        commentaire=commentaire.strip(),
    )


def _journal(structure: Structure, action: str, par: User | None, details: dict[str, Any]) -> Evenement:
    emit(SUJET, structure.pk, cle=name_objet(structure))
    return Evenement.objects.create(objet=name_objet(structure), action=action, auteur=par, details=details)
