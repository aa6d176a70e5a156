"""Load a file of uptake: judged alone, against itself and against last season; what is odd waits for somebody."""

import tempfile
from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.core.examen import clean_nom
from portal.core.fichiers import MO, FichierRefuse
from portal.core.imports import Import, run_import
from portal.core.models import ImportRun, StatutImport
from prevention.calculs.ecarts import Ecart, find_ecarts
from prevention.calculs.sommes import find_fausses
from prevention.calculs.taux import compute_taux
from prevention.enums import NiveauTerritoire, StatutFichierReleves
from prevention.lecture import list_periodes, list_taux
from prevention.models import Campagne, Cible, FichierReleves
from prevention.services.erreurs import SAISON_CLOSE, ActeInvalide, ActeRefuse, TransitionImpossible
from prevention.services.releves import Origine, Saisie, write_releves
from prevention.sources.releves import LigneReleve, read_releves
from prevention.territoires import build_sommes, locate, read_noms

SOURCE = "prevention.releves"
TAILLE_MAX = 10 * MO
ECARTS_MAX = 200
CHAMPS = {"numerateur": "personnes comptées", "denominateur": "population visée", "exclusions": "exclusions"}


@dataclass
class Chargement:
    """What a reading needs and finds. `ecartees`: keys of the odd lines put aside; `confirmees`: all are decided."""

    cible: Cible
    origine: Origine
    par: Any
    au: date
    ecartees: Collection[str] = ()
    ecarts: list[dict[str, Any]] = field(default_factory=list)

    def load(self, lot: Import) -> None:
        lot.millesime = self.origine.millesime
        if Campagne.objects.filter(pk=self.cible.campagne_id, statut="close").exists():
            raise FichierRefuse(SAISON_CLOSE)
        lignes = self._keep_connues(lot, read_releves(lot))
        lot.check()
        self._check_sommes(lot, lignes)
        lot.check()
        self.ecarts = self._find_ecarts(lignes)
        gardees = [ligne for ligne in lignes if write_cle(ligne) not in self.ecartees]
        for ligne in lignes:
            if write_cle(ligne) in self.ecartees:
                lot.ignore(ligne.numero, "numerateur", "valeur inhabituelle, mise de côté à la confirmation")
        saisies = [Saisie(x.niveau, x.code, x.debut, x.fin, x.effectif, x.statut) for x in gardees]
        lot.ecrites, lot.identiques = write_releves(self.cible, saisies, self.origine, par=self.par, au=self.au)

    def _keep_connues(self, lot: Import, lignes: list[LigneReleve]) -> list[LigneReleve]:
        lieux = locate(ligne.cle for ligne in lignes)
        campagne = self.cible.campagne
        for ligne in lignes:
            if ligne.cle not in lieux:
                niveau = NiveauTerritoire(ligne.niveau).label
                lot.erreur(ligne.numero, "code", f"{niveau} {ligne.code[:20]} : aucun territoire de ce code")
            elif ligne.debut < campagne.periode.lower or ligne.fin >= campagne.periode.upper:
                dernier = campagne.periode.upper - timedelta(days=1)
                lot.erreur(
                    ligne.numero,
                    "debut",
                    f"période hors de la saison ({campagne.periode.lower:%d/%m/%Y} au {dernier:%d/%m/%Y})",
                )
        return lignes

    def _check_sommes(self, lot: Import, lignes: list[LigneReleve]) -> None:
        par_periode: dict[tuple[date, date], dict[tuple[str, str], LigneReleve]] = defaultdict(dict)
        for ligne in lignes:
            par_periode[ligne.debut, ligne.fin][ligne.cle] = ligne
        for siennes in par_periode.values():
            sommes = build_sommes(siennes, au=self.au)
            effectifs = {cle: ligne.effectif for cle, ligne in siennes.items()}
            for fausse in find_fausses(effectifs, [somme for somme in sommes if somme.total[0] != "cpts"]):
                lot.erreur(
                    siennes[fausse.total].numero,
                    fausse.champ,
                    f"{fausse.attendu} {CHAMPS[fausse.champ]}, mais les parties du territoire en font {fausse.trouve}",
                )

    def _find_ecarts(self, lignes: list[LigneReleve]) -> list[dict[str, Any]]:
        par_periode: dict[tuple[date, date], list[LigneReleve]] = defaultdict(list)
        for ligne in lignes:
            par_periode[ligne.debut, ligne.fin].append(ligne)
        trouves: list[dict[str, Any]] = []
        for (_, fin), siennes in sorted(par_periode.items()):
            taux = {x.cle: float(lu) for x in siennes if (lu := compute_taux(x.effectif)) is not None}
            par_cle = {ligne.cle: ligne for ligne in siennes}
            for ecart in find_ecarts(taux, self._read_avant(siennes, fin)):
                trouves.append(_describe(ecart, par_cle[ecart.cle]))
        noms = read_noms((ecart["niveau"], ecart["code"]) for ecart in trouves[:ECARTS_MAX])
        return [{**ecart, "nom": noms.get((ecart["niveau"], ecart["code"]), "")} for ecart in trouves]

    def _read_avant(self, lignes: list[LigneReleve], fin: date) -> dict[tuple[str, str], float]:
        """The rates of last season, at the day nearest to the same day of the season."""
        precedente = self.cible.campagne.precedente
        cible = precedente.cibles.filter(code=self.cible.code).first() if precedente else None
        if precedente is None or cible is None:
            return {}
        jours = (self.cible.campagne.periode.lower - precedente.periode.lower).days
        periodes = list_periodes(cible)
        if not periodes:
            return {}
        voulu = fin - timedelta(days=jours)
        proche = min(periodes, key=lambda borne: abs((borne[1] - voulu).days))
        avant: dict[tuple[str, str], float] = {}
        for niveau in {ligne.niveau for ligne in lignes}:
            codes = [ligne.code for ligne in lignes if ligne.niveau == niveau]
            lus = list_taux(cible, niveau, proche, codes, voit=lambda releve: True)
            avant |= {(niveau, code): float(lu.taux) for code, lu in lus.items() if lu.taux is not None}
        return avant


def write_cle(ligne: LigneReleve) -> str:
    return f"{ligne.niveau}:{ligne.code}:{ligne.fin.isoformat()}"


def _describe(ecart: Ecart, ligne: LigneReleve) -> dict[str, Any]:
    return {
        "cle": write_cle(ligne),
        "ligne": ligne.numero,
        "niveau": ligne.niveau,
        "code": ligne.code,
        "taux": round(ecart.taux, 1),
        "avant": None if ecart.avant is None else round(ecart.avant, 1),
        "mediane": round(ecart.mediane, 1),
        "deviations": round(ecart.deviations, 1),
        **{f"dit_{champ}": valeur for champ, valeur in asdict(ligne.effectif).items()},
    }


def receive_fichier(
    cible: Cible, *, nom: str, octets: bytes, source: str, millesime: str, par: Any, au: date
) -> FichierReleves:
    """Keep a file, rehearse its import, and import it unless something is refused or has to be confirmed."""
    if not octets or len(octets) > TAILLE_MAX:
        raise ActeInvalide("Le fichier est vide ou dépasse 10 Mo.", {"fichier": "Un fichier CSV de 10 Mo au plus."})
    if cible.campagne.est_close:
        raise TransitionImpossible(SAISON_CLOSE)
    fichier = FichierReleves.objects.create(
        campagne_id=cible.campagne_id,
        cible=cible,
        nom=clean_nom(nom),
        empreinte=sha256(octets).hexdigest(),
        contenu=octets,
        source=source,
        millesime=millesime,
        statut=StatutFichierReleves.REFUSE,
        depose_par=par,
    )
    run, chargement = _run(fichier, par=par, au=au, dry_run=True)
    if run.statut == StatutImport.REFUSE:
        fichier.import_run = run
    elif chargement.ecarts:
        fichier.statut, fichier.ecarts = StatutFichierReleves.A_CONFIRMER, chargement.ecarts[:ECARTS_MAX]
        if len(chargement.ecarts) > ECARTS_MAX:
            raise ActeInvalide(
                f"{len(chargement.ecarts)} valeurs inhabituelles : trop pour être confirmées une à une. Vérifiez la "
                "saison et la population cible choisies, puis le fichier."
            )
        fichier.import_run = run
    else:
        fichier.import_run, _ = _run(fichier, par=par, au=au)
        fichier.statut = _read_statut(fichier.import_run)
    fichier.save()
    return fichier


def confirm_fichier(fichier: FichierReleves, *, confirmees: Collection[str], par: Any, au: date) -> FichierReleves:
    """Import it: the odd lines that are confirmed are loaded, the others are named and left out."""
    with transaction.atomic():
        tenu = FichierReleves.objects.select_for_update(no_key=True, of=("self",)).get(pk=fichier.pk)
        if tenu.statut != StatutFichierReleves.A_CONFIRMER:
            raise TransitionImpossible("Ce fichier n'attend plus de confirmation : rouvrez-le.")
        ecartees = {ecart["cle"] for ecart in tenu.ecarts} - set(confirmees)
        tenu.import_run, _ = _run(tenu, par=par, au=au, ecartees=ecartees)
        tenu.statut = _read_statut(tenu.import_run)
        tenu.decide_le = timezone.now()
        tenu.save(update_fields=["import_run", "statut", "decide_le"])
    return tenu


def abandon_fichier(fichier: FichierReleves) -> None:
    if not FichierReleves.objects.filter(pk=fichier.pk, statut=StatutFichierReleves.A_CONFIRMER).update(
        statut=StatutFichierReleves.ABANDONNE, decide_le=timezone.now()
    ):
        raise TransitionImpossible("Ce fichier n'attend plus de confirmation : rouvrez-le.")


def _run(
    fichier: FichierReleves, *, par: Any, au: date, dry_run: bool = False, ecartees: Collection[str] = ()
) -> tuple[ImportRun, Chargement]:
    origine = Origine(fichier.source, fichier.millesime, motif=f"Fichier {fichier.nom}"[:300], fichier=fichier)
    chargement = Chargement(fichier.cible, origine, par, au, ecartees)
    return _run_octets(chargement, fichier.nom, bytes(fichier.contenu), par, dry_run)


def _run_octets(
    chargement: Chargement, nom: str, octets: bytes, par: Any, dry_run: bool
) -> tuple[ImportRun, Chargement]:
    with tempfile.TemporaryDirectory() as dossier:
        chemin = Path(dossier) / (clean_nom(nom) or "releves.csv")
        chemin.write_bytes(octets)
        try:
            run = run_import(SOURCE, chemin, chargement.load, dry_run=dry_run, auteur=par)
        except ActeRefuse as refus:
            raise ActeInvalide(str(refus)) from refus
    return run, chargement


def _read_statut(run: ImportRun) -> StatutFichierReleves:
    return StatutFichierReleves.IMPORTE if run.statut == StatutImport.REUSSI else StatutFichierReleves.REFUSE
