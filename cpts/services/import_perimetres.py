"""A list of CPTS, from its file to drafts of perimeters: read, matched, completed by somebody, then drawn.

Reading is one transaction, and the same bytes are read once for a région. A line that is not sure waits for a person;
nothing is drawn before the last one is settled. A CPTS whose communes are those in force gives no draft.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from cpts.enums import SortLecture, StatutListe, StatutPerimetre
from cpts.erreurs import ActeRefuse
from cpts.lecture_perimetres import Heritages, find_perimetre, list_codes
from cpts.models import Cpts, CptsListe, LigneListe, ListeCpts, Perimetre
from cpts.services.perimetres import PerimetreRefuse, open_brouillon
from cpts.services.perimetres_rapprochement import Ecrit, Rapprochement, match_ecrits
from cpts.services.vie_creation import create_cpts
from cpts.sources.listing_cpts import LigneListing, Listing, read_listing
from portal.accounts.models import User
from portal.core.examen import clean_nom
from portal.core.fichiers import FichierRefuse
from portal.core.models import Evenement
from zonage.calculs.noms import cle_tri
from zonage.models import Commune, Departement, Region

A_COMPLETER_MAX: Final = 2_000


class ListeRefusee(Exception):
    """Nothing is written. The French sentence says what to do next."""


class ListeDejaLue(ListeRefusee):
    """These bytes were read before for this région: `liste` is what they gave."""

    def __init__(self, liste: ListeCpts) -> None:
        jour = timezone.localtime(liste.depose_le)
        super().__init__(f"Ce fichier a déjà été lu le {jour:%d/%m/%Y à %H h %M} : rien de nouveau n’est enregistré.")
        self.liste = liste


@transaction.atomic
def receive_liste(octets: bytes, *, nom: str, region: str, departement: str = "", par: User | None) -> ListeCpts:
    """`departement`: who handed it in instructs that one alone. Raises FichierRefuse, ListeRefusee, ListeDejaLue."""
    if not Region.objects.filter(pk=region).exists():
        raise ListeRefusee("Cette région n’existe pas : donnez son code, par exemple 27.")
    empreinte = sha256(octets).hexdigest()
    lues = ListeCpts.objects.filter(region_code=region, empreinte=empreinte)
    deja = lues.exclude(statut=StatutListe.ABANDONNEE).first()
    if deja is not None:
        raise ListeDejaLue(deja)
    lu = read_listing(octets)
    liste = ListeCpts.objects.create(
        nom=clean_nom(nom)[:100],
        empreinte=empreinte,
        region_code=region,
        departement_code=departement,
        lignes_lues=len(lu.lignes),
        avertissements=list(lu.notes),
        depose_par=par,
    )
    nommees = _create_nommees(liste, lu)
    _create_lignes(liste, lu, nommees)
    _log(liste, "liste_lue", par, lignes=len(lu.lignes), cpts=len(nommees))
    return liste


def _create_nommees(liste: ListeCpts, lu: Listing) -> dict[str, CptsListe]:
    """Each CPTS once, known when one of the région has its name (accents, case and « CPTS de » aside)."""
    connues: dict[str, Cpts | None] = {}
    for cpts in Cpts.objects.filter(region_code=liste.region_code).order_by("code"):
        cle = fold_nom(cpts.nom)
        connues[cle] = None if cle in connues else cpts  # two of one name: somebody says which
    nommees = {}
    for nom in dict.fromkeys(ligne.cpts for ligne in lu.lignes):
        nommees[nom] = CptsListe(liste=liste, nom=nom, cpts=connues.get(fold_nom(nom)))
    CptsListe.objects.bulk_create(nommees.values())
    return nommees


def fold_nom(nom: str) -> str:
    """« CPTS du Chalonnais » and « Chalonnais » are one name."""
    mots = cle_tri(nom).split()
    return " ".join(mot for mot in mots if mot not in ("cpts", "de", "du", "des", "la", "le", "les", "d", "l"))


def _create_lignes(liste: ListeCpts, lu: Listing, nommees: dict[str, CptsListe]) -> None:
    proches = {"pk": liste.departement_code} if liste.departement_code else {"region": liste.region_code}
    departements = frozenset(Departement.objects.filter(**proches).values_list("pk", flat=True))
    ecrits = [Ecrit(ligne.ligne, ligne.commune, ligne.departement) for ligne in lu.lignes]
    lignes: list[LigneListe] = []
    vues: set[tuple[str, str]] = set()
    for ligne, trouve in zip(lu.lignes, match_ecrits(ecrits, departements=departements), strict=True):
        cle = (ligne.cpts, trouve.code or f"?{ligne.commune}")
        if cle in vues:
            liste.lignes_repetees += 1
            continue
        vues.add(cle)
        lignes.append(_build_ligne(nommees[ligne.cpts], ligne, trouve))
    a_completer = sum(ligne.sort == SortLecture.A_COMPLETER for ligne in lignes)
    if a_completer > A_COMPLETER_MAX:
        raise FichierRefuse(
            f"{a_completer} communes ne se reconnaissent pas : ce n’est sans doute pas le bon fichier. La première : "
            f"« {next(un.lue for un in lignes if un.sort == SortLecture.A_COMPLETER)} »."
        )
    LigneListe.objects.bulk_create(lignes, batch_size=2_000)
    liste.save(update_fields=["lignes_repetees"])


def _build_ligne(nommee: CptsListe, ligne: LigneListing, trouve: Rapprochement) -> LigneListe:
    return LigneListe(
        nommee=nommee,
        ligne=ligne.ligne,
        colonne=ligne.colonne,
        lue=ligne.commune,
        departement=ligne.departement,
        nature=trouve.nature,
        message=trouve.message[:300],
        choix=[candidate.code for candidate in trouve.candidates],
        commune_id=trouve.code,
        sort=SortLecture.RETENUE if trouve.code else SortLecture.A_COMPLETER,
    )


# --- completed on the screen


def list_a_completer(liste: ListeCpts) -> QuerySet[LigneListe]:
    """The lines that wait for somebody, in the order of the file; those of a CPTS left aside wait no more."""
    lignes = LigneListe.objects.filter(nommee__liste=liste, nommee__ecartee=False, sort=SortLecture.A_COMPLETER)
    return lignes.select_related("nommee").order_by("ligne", "pk")


def list_nommees(liste: ListeCpts) -> list[CptsListe]:
    """With `retenues` and `restantes`, the lines kept and those that wait."""
    lues = liste.nommees.select_related("cpts", "perimetre").annotate(
        retenues=Count("lignes", filter=Q(lignes__sort=SortLecture.RETENUE)),
        restantes=Count("lignes", filter=Q(lignes__sort=SortLecture.A_COMPLETER)),
    )
    return list(lues.order_by("nom", "pk")[:2_000])


@transaction.atomic
def settle_ligne(liste: ListeCpts, cle: int, *, commune: str, motif: str, par: User) -> LigneListe:
    """Give a line its commune, or leave it out and say why. Raises ListeRefusee."""
    _hold(liste)
    ligne = LigneListe.objects.filter(nommee__liste=liste, pk=cle, sort=SortLecture.A_COMPLETER).first()
    if ligne is None:
        raise ListeRefusee("Cette ligne a déjà été traitée : rechargez la page.")
    code = commune.strip().upper()
    if code:
        if not Commune.objects.filter(pk=code).exists():
            raise ListeRefusee(
                f"Aucune commune n’a le code « {code[:5]} » : choisissez-la, ou écrivez son code INSEE."
            )
        ligne.commune_id, ligne.sort = code, SortLecture.RETENUE
    elif motif.strip():
        ligne.motif, ligne.sort = motif.strip()[:300], SortLecture.ECARTEE
    else:
        raise ListeRefusee("Choisissez une commune, ou dites pourquoi la ligne est écartée.")
    ligne.decide_par = par
    ligne.save(update_fields=["commune", "sort", "motif", "decide_par"])
    _log(liste, "liste_ligne", par, ligne=ligne.ligne, commune=code)
    return ligne


@transaction.atomic
def settle_nommee(liste: ListeCpts, cle: int, *, cpts: str, ecartee: bool, par: User) -> CptsListe:
    """Say which CPTS it is (empty: one to create), or leave it aside. Raises ListeRefusee."""
    _hold(liste)
    nommee = liste.nommees.filter(pk=cle).first()
    if nommee is None:
        raise ListeRefusee("Cette CPTS n’est pas de la liste : rechargez la page.")
    choisie = Cpts.objects.filter(pk=cpts, region_code=liste.region_code).first() if cpts else None
    if cpts and choisie is None:
        raise ListeRefusee(f"Aucune CPTS de la région n’a le code « {cpts[:20]} ».")
    nommee.cpts, nommee.ecartee = choisie, ecartee
    nommee.save(update_fields=["cpts", "ecartee"])
    _log(liste, "liste_cpts", par, cpts=cpts, ecartee=ecartee)
    return nommee


@transaction.atomic
def finish_liste(liste: ListeCpts, *, par: User, creer: bool) -> Counter[str]:
    """Draw the drafts. `creer`: somebody confirmed the creation of the CPTS not known yet.

    Returns how many « creees », « brouillons » and « identiques ». Raises ListeRefusee.
    """
    tenue = _hold(liste)
    restantes = list_a_completer(tenue).count()
    if restantes:
        raise ListeRefusee(f"Lignes encore à compléter : {restantes}. Traitez-les avant de créer les brouillons.")
    bilan: Counter[str] = Counter()
    for nommee in tenue.nommees.filter(ecartee=False).select_related("cpts").order_by("nom", "pk"):
        codes = _list_retenues(nommee)
        if not codes:
            continue
        if nommee.cpts is None and not creer:
            raise ListeRefusee(
                f"« {nommee.nom} » n’est pas connue du portail : dites laquelle c’est, laissez-la de côté, ou "
                "confirmez la création des CPTS nouvelles."
            )
        _draw(tenue, nommee, codes, par, bilan)
    ListeCpts.objects.filter(pk=tenue.pk).update(statut=StatutListe.TERMINEE, termine_le=timezone.now())
    _log(tenue, "liste_terminee", par, **bilan)
    return bilan


def _draw(liste: ListeCpts, nommee: CptsListe, codes: Sequence[str], par: User, bilan: Counter[str]) -> None:
    try:
        if nommee.cpts is None:
            departement = _find_departement(codes, liste.region_code)
            nommee.cpts = create_cpts(par=par, departement=departement, nom=nommee.nom)
            bilan["creees"] += 1
        if _is_drawn(nommee.cpts, codes):
            bilan["identiques"] += 1
        else:
            jour = timezone.localdate(liste.depose_le)
            source = f"Liste « {liste.nom} » du {jour:%d/%m/%Y}"
            nommee.perimetre = open_brouillon(nommee.cpts, par=par, codes=codes, source=source)
            bilan["brouillons"] += 1
    except (ActeRefuse, PerimetreRefuse) as refus:
        raise ListeRefusee(f"« {nommee.nom} » : {refus}") from refus
    nommee.save(update_fields=["cpts", "perimetre"])


def _is_drawn(cpts: Cpts, codes: Sequence[str]) -> bool:
    """Whether these communes are those in force today, or those of a draft or of a perimeter that waits."""
    heritages = Heritages()
    voulues = heritages.expand(codes)
    ouverts = Perimetre.objects.filter(
        cpts=cpts, statut__in=[StatutPerimetre.BROUILLON, StatutPerimetre.SOUMIS]
    ).order_by("pk")[:20]
    existants = [find_perimetre(cpts.code, timezone.localdate()), *ouverts]
    return any(heritages.expand(list_codes(lu)) == voulues for lu in existants if lu is not None)


def _list_retenues(nommee: CptsListe) -> list[str]:
    lignes = LigneListe.objects.filter(nommee=nommee, sort=SortLecture.RETENUE).order_by("commune")
    return list(lignes.values_list("commune_id", flat=True).distinct())


def _find_departement(codes: Sequence[str], region: str) -> str:
    """The département of the région where it has the most communes. Raises ListeRefusee."""
    nombres = Counter(
        Commune.objects.filter(pk__in=codes, departement__region=region).values_list("departement_id", flat=True)
    )
    if not nombres:
        raise ListeRefusee(f"Aucune de ces communes n’est de la région {region} : {', '.join(codes[:5])}.")
    return max(sorted(nombres), key=lambda code: nombres[code])


@transaction.atomic
def drop_liste(liste: ListeCpts, *, par: User) -> None:
    """Give up a list: nothing of it is drawn. Raises ListeRefusee."""
    tenue = _hold(liste)
    ListeCpts.objects.filter(pk=tenue.pk).update(statut=StatutListe.ABANDONNEE, termine_le=timezone.now())
    _log(tenue, "liste_abandonnee", par)


def _hold(liste: ListeCpts) -> ListeCpts:
    tenue = ListeCpts.objects.select_for_update(no_key=True, of=("self",)).get(pk=liste.pk)
    if tenue.statut != StatutListe.A_COMPLETER:
        raise ListeRefusee(f"Cette liste est close ({tenue.get_statut_display().lower()}) : déposez-en une autre.")
    return tenue


def _log(liste: ListeCpts, action: str, par: User | None, **details: object) -> None:
    Evenement.objects.create(objet=f"cpts.listecpts:{liste.pk}", action=action, auteur=par, details=details)
