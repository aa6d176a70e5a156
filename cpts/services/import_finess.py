"""FINESS, compared with the structures known: what it would change is proposed, nothing is written over.

Records are read one at a time; those that matter (MSP, centres of health, and any site whose number is known) are
kept. A second reading of the same file proposes nothing new; a proposal that the file no longer supports is closed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import cos, hypot, radians
from typing import Any

from django.utils import timezone

from cpts.enums import GenreProposition, StatutProposition, StatutStructure, TypeStructure
from cpts.models import Cpts, PropositionFiness, Structure
from cpts.regles.finess import has_cle
from cpts.regles.vie_structures import VIVANTES
from cpts.sources import finess as source
from cpts.sources.finess import LigneRefusee, Point, Site
from portal.core.fichiers import FichierRefuse
from portal.core.imports import Import
from portal.core.models import ImportRun, StatutImport
from zonage.models import Commune
from zonage.services.codes import Codes, read_codes

SOURCE = "finess"
STRUCTURES_MAX = 100_000
LOT = 1_000
ERREURS_MAX = 1_000
METRES_MIN = 50
"""A point that moved by less is the same place, computed again."""
BAISSE_MAX, BAISSE_MIN = 0.10, 20
CHAMPS = ("nom", "finess_ej", "siret", "adresse", "code_postal", "commune", "telephone", "longitude", "latitude")
TYPES = {source.MSP: TypeStructure.MSP.value, source.CENTRE: ""}
"""A centre of health may be of three types: the agent who accepts says which."""


@dataclass(slots=True)
class Fichier:
    """What was kept of the file."""

    sites: dict[str, tuple[int, Site]] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    cpts: dict[str, int] = field(default_factory=dict)
    sans_point: Counter[str] = field(default_factory=Counter)
    sans_cle: list[int] = field(default_factory=list)
    codages: Counter[str] = field(default_factory=Counter)


def load_finess(lot: Import, *, complet: bool = False, accepte_baisse: bool = False) -> None:
    """Read, compare, propose. `complet`: the file holds every site, so that one that is absent has closed."""
    connues = {
        structure.finess: structure
        for structure in Structure.objects.exclude(finess="").order_by("pk")[:STRUCTURES_MAX]
    }
    lecture = source.Lecture()
    fichier = _read(lot, lecture, connues)
    lot.empreinte = lecture.empreinte
    lot.millesime = lecture.jour.isoformat() if lecture.jour else ""
    _check_jour(lecture.jour)
    _report(lot, fichier)
    lot.check()
    if not fichier.sites:
        raise FichierRefuse("Aucune maison ni aucun centre de santé dans ce fichier : vérifiez que c'est le bon.")
    voulues = list(_compare(lot, fichier, connues, read_codes()))
    if complet:
        voulues += _find_fermees(fichier, connues, lecture.jour or timezone.localdate(), accepte_baisse=accepte_baisse)
    lot.check()
    ecrites = _write(voulues, fichier, complet=complet)
    lot.ecrites = sum(1 for finess in fichier.sites if finess in ecrites)
    lot.identiques = len(fichier.sites) - lot.ecrites
    _report_fin(lot, ecrites)


def attach_run(run: ImportRun) -> int:
    """Once the import has ended: which one proposed. Returns how many."""
    return PropositionFiness.objects.filter(import_run=None).update(import_run=run)


def _read(lot: Import, lecture: source.Lecture, connues: Mapping[str, Structure]) -> Fichier:
    fichier = Fichier()
    for ligne in source.read_finess_flux(lot.chemin, lecture):
        lot.lues += 1
        if ligne.codage:
            fichier.codages[ligne.codage] += 1
        if ligne.genre not in (source.SITE, source.POINT):
            lot.ignore(ligne.numero, "", f"enregistrement « {ligne.genre[:20]} » : ni structureet, ni geolocalisation")
            continue
        try:
            source.check_largeur(ligne)
            gardee = _keep(lot, fichier, ligne, connues)
        except LigneRefusee as refus:
            lot.erreur(ligne.numero, refus.colonne, str(refus))
            if lot.erreurs >= ERREURS_MAX:
                lot.erreur(None, "", f"plus de {ERREURS_MAX} erreurs : lecture arrêtée, téléchargez-le à nouveau")
                lot.check()
            continue
        lot.ignorees += not gardee
    if not lot.lues:
        raise FichierRefuse("Fichier sans aucun établissement : téléchargez-le à nouveau.")
    return fichier


def _keep(lot: Import, fichier: Fichier, ligne: source.Ligne, connues: Mapping[str, Structure]) -> bool:
    """Whether the line counts as a site read. A point is read with its site: it counts apart."""
    if ligne.genre == source.POINT:
        point = source.build_point(ligne)
        if point is None:
            fichier.sans_point[ligne.cellules[3].rsplit(",", 1)[-1][:20]] += 1
        else:
            fichier.points[point.finess] = point
        return False
    numero, categorie = ligne.cellules[0].upper(), ligne.cellules[source.COLONNES_SITE.index("categetab")]
    if categorie == source.CPTS:
        fichier.cpts[source.build_site(ligne).finess] = ligne.numero
        return False
    if categorie not in TYPES and numero not in connues:
        return False
    site = source.build_site(ligne)
    if site.finess in fichier.sites:
        lot.ignore(ligne.numero, "nofinesset", f"{site.finess} répète la ligne {fichier.sites[site.finess][0]}")
        return True  # counted by `ignore`
    fichier.sites[site.finess] = (ligne.numero, site)
    if not has_cle(site.finess):
        fichier.sans_cle.append(ligne.numero)
    return True


def _check_jour(jour: date | None) -> None:
    derniere = (
        ImportRun.objects.filter(source=SOURCE, statut=StatutImport.REUSSI).order_by("-millesime", "-pk").first()
    )
    if jour and jour > timezone.localdate():
        raise FichierRefuse(f"Extraction du {jour:%d/%m/%Y}, à venir : vérifiez la première ligne.", ligne=1)
    if derniere and derniere.millesime and jour and jour.isoformat() < derniere.millesime:
        connu = date.fromisoformat(derniere.millesime)
        raise FichierRefuse(f"Extraction du {jour:%d/%m/%Y}, plus ancienne que celle déjà lue ({connu:%d/%m/%Y}).")


def _report(lot: Import, fichier: Fichier) -> None:
    if len(fichier.codages) > 1:
        detail = ", ".join(f"{codage} {nombre}" for codage, nombre in sorted(fichier.codages.items()))
        lot.avertissement(None, "", f"deux codages mêlés ({detail} lignes accentuées) : le fichier a été retouché")
    for projection, nombre in sorted(fichier.sans_point.items()):
        nom = projection or "projection non dite"
        lot.avertissement(None, "sourcecoordet", f"{nombre} point(s) non lus ({nom}) : sites gardés sans point")
    if fichier.sans_cle:
        message = f"clé de contrôle inexacte ({len(fichier.sans_cle)} fois en tout) : numéro gardé tel que publié"
        lot.avertissement(fichier.sans_cle[0], "nofinesset", message)
    connues = set(Cpts.objects.filter(finess__in=list(fichier.cpts)).values_list("finess", flat=True))
    for finess, numero in fichier.cpts.items():
        if finess not in connues:
            lot.avertissement(numero, "categetab", f"CPTS {finess} : aucune fiche ne porte ce numéro, saisissez-le")


def _compare(
    lot: Import, fichier: Fichier, connues: Mapping[str, Structure], codes: Codes
) -> Iterable[PropositionFiness]:
    communes = _read_communes(fichier, codes)
    for finess, (numero, site) in fichier.sites.items():
        structure = connues.get(finess)
        commune = communes.get(site.commune)
        if commune is None and structure is None:
            lot.avertissement(
                numero, "commune", f"commune {site.commune or 'illisible'} inconnue : rien n'est proposé"
            )
            continue
        lue = _dump(site, fichier.points.get(finess), commune)
        if structure is None:
            nouvelle = lue | {"type": TYPES[site.categorie], "ouverte_le": _iso(site.ouvert_le)}
            yield _propose(GenreProposition.CREATION, finess, commune, {}, nouvelle)
        elif changes := _diff(structure, lue):
            avant = {nom: _read_champ(structure, nom) for nom in changes}
            yield _propose(GenreProposition.CHANGEMENT, finess, commune, avant, changes, structure)


def _read_communes(fichier: Fichier, codes: Codes) -> dict[str, Commune]:
    """Published code → today's commune, when it has one heir only."""
    heritieres = {
        site.commune: trouvees[0]
        for _, site in fichier.sites.values()
        if site.commune and len(trouvees := codes.resolve(site.commune)) == 1
    }
    lues = Commune.objects.select_related("departement").in_bulk(set(heritieres.values()))
    return {publie: lues[code] for publie, code in heritieres.items() if code in lues}


def _dump(site: Site, point: Point | None, commune: Commune | None) -> dict[str, Any]:
    """What the file says; what it leaves empty says nothing."""
    lus: dict[str, Any] = {
        "nom": site.nom,
        "finess_ej": site.finess_ej,
        "siret": site.siret,
        "adresse": site.adresse,
        "code_postal": site.code_postal,
        "telephone": site.telephone,
        "commune": commune.pk if commune else "",
        "longitude": point.longitude if point else None,
        "latitude": point.latitude if point else None,
    }
    return {nom: valeur for nom, valeur in lus.items() if valeur not in ("", None)}


def _diff(structure: Structure, lue: Mapping[str, Any]) -> dict[str, Any]:
    """What differs and that no agent wrote. A closed structure that the file still has changes nothing."""
    changes = {
        nom: valeur
        for nom, valeur in lue.items()
        if nom not in structure.saisi and _read_champ(structure, nom) != valeur
    }
    if not _has_moved(structure, lue):
        changes = {nom: valeur for nom, valeur in changes.items() if nom not in ("longitude", "latitude")}
    return changes


def _has_moved(structure: Structure, lue: Mapping[str, Any]) -> bool:
    if "longitude" not in lue or structure.longitude is None or structure.latitude is None:
        return "longitude" in lue
    est = (lue["longitude"] - structure.longitude) * 111_320 * cos(radians(structure.latitude))
    nord = (lue["latitude"] - structure.latitude) * 111_320
    return hypot(est, nord) > METRES_MIN


def _read_champ(structure: Structure, nom: str) -> Any:
    return structure.commune_id if nom == "commune" else getattr(structure, nom)


def _find_fermees(
    fichier: Fichier, connues: Mapping[str, Structure], jour: date, *, accepte_baisse: bool
) -> list[PropositionFiness]:
    """Living structures whose number the file no longer has."""
    vivantes = {finess: s for finess, s in connues.items() if s.statut in VIVANTES}
    absentes = [finess for finess in vivantes if finess not in fichier.sites]
    if not accepte_baisse and len(absentes) > max(BAISSE_MIN, BAISSE_MAX * len(vivantes)):
        raise FichierRefuse(
            f"{len(absentes)} structures sur {len(vivantes)} ne sont plus dans ce fichier, sans doute tronqué : "
            "téléchargez-le à nouveau. Si la baisse est réelle, ajoutez --accepter-baisse."
        )
    return [
        PropositionFiness(
            genre=GenreProposition.FERMETURE,
            finess=finess,
            structure=vivantes[finess],
            region_code=vivantes[finess].region_code,
            departement_code=vivantes[finess].departement_code,
            avant={"statut": vivantes[finess].statut},
            apres={"statut": StatutStructure.FERMEE.value, "fermee_le": jour.isoformat()},
        )
        for finess in absentes
    ]


def _propose(
    genre: str,
    finess: str,
    commune: Commune | None,
    avant: dict[str, Any],
    apres: dict[str, Any],
    structure: Structure | None = None,
) -> PropositionFiness:
    """In the territory of the structure when it is known: its agents decide."""
    if structure is not None:
        region, departement = structure.region_code, structure.departement_code
    else:
        region = commune.departement.region_id if commune else ""
        departement = commune.departement_id if commune else ""
    return PropositionFiness(
        genre=genre,
        finess=finess,
        structure=structure,
        region_code=region,
        departement_code=departement,
        avant=avant,
        apres=apres,
    )


def _write(voulues: Iterable[PropositionFiness], fichier: Fichier, *, complet: bool) -> set[str]:
    """By difference with the open proposals, and with what an agent put aside. Returns the numbers written."""
    ouvertes = {
        (p.finess, p.genre): p
        for p in PropositionFiness.objects.filter(statut=StatutProposition.A_TRAITER).order_by("pk")[:STRUCTURES_MAX]
    }
    ecartees = {
        (p.finess, p.genre): p.apres
        for p in PropositionFiness.objects.filter(statut=StatutProposition.ECARTEE, decide_par__isnull=False).order_by(
            "pk"
        )[:STRUCTURES_MAX]
    }
    nouvelles, ecrites = [], set()
    for voulue in voulues:
        cle = (voulue.finess, voulue.genre)
        deja = ouvertes.pop(cle, None)
        if deja is not None and (deja.apres, deja.avant) == (voulue.apres, voulue.avant):
            continue
        if deja is None and _without_jour(ecartees.get(cle)) == _without_jour(voulue.apres):
            continue
        ecrites.add(voulue.finess)
        if deja is None:
            nouvelles.append(voulue)
        else:
            PropositionFiness.objects.filter(pk=deja.pk).update(
                avant=voulue.avant, apres=voulue.apres, structure=voulue.structure, import_run=None
            )
    PropositionFiness.objects.bulk_create(nouvelles, batch_size=LOT)
    _close_obsoletes(ouvertes.values(), fichier, complet=complet)
    return ecrites


def _without_jour(apres: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A closure is the same whatever the day of the file that says it."""
    return None if apres is None else {nom: valeur for nom, valeur in apres.items() if nom != "fermee_le"}


def _close_obsoletes(restes: Iterable[PropositionFiness], fichier: Fichier, *, complet: bool) -> None:
    """An open proposal about a site of this file, that this file no longer supports."""
    cles = [p.pk for p in restes if (p.finess in fichier.sites) or (complet and p.genre == GenreProposition.FERMETURE)]
    PropositionFiness.objects.filter(pk__in=cles).update(
        statut=StatutProposition.ECARTEE,
        decide_le=timezone.now(),
        motif="L'extraction suivante de FINESS ne le dit plus.",
    )


def _report_fin(lot: Import, ecrites: set[str]) -> None:
    ouvertes = PropositionFiness.objects.filter(statut=StatutProposition.A_TRAITER)
    nombres = Counter(ouvertes.order_by().values_list("genre", flat=True))
    if ecrites:
        detail = ", ".join(f"{GenreProposition(genre).label.lower()} {n}" for genre, n in sorted(nombres.items()))
        lot.avertissement(None, "", f"propositions à traiter dans l'administration : {detail}")


def _iso(jour: date | None) -> str:
    return jour.isoformat() if jour else ""
