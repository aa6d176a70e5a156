"""A receipt played again: with what was known that day, then with what is known today, and what differs between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from aides.archives import RegleNonArchivee, load_archive
from aides.catalogue import catalogue
from aides.contenus_recus import build_contenu
from aides.recus import Contenu, RecuIllisible, decide, digest, dump_canonique, load_situation
from aides.regles.dispositifs import Dispositif
from aides.regles.ecriture import RegleInvalide
from aides.regles.faits import FAITS, FaitInvalide, clean_fait, format_jour
from aides.regles.situation import Valeur
from aides.services import check
from zonage.recherche import CommuneInconnue

REGLES_MAX = 1024
PRESENCES = {True: "oui", False: "non", None: "non connue"}


class RegleIntrouvable(ValueError):
    """The archived text of a rule is absent, altered or no longer readable. The message is French."""


@dataclass(frozen=True, slots=True)
class Ecart:
    """One thing that is not the same. `nature`: commune, zone, arrete, liste, parametre, dispositif, texte."""

    nature: str
    code: str
    phrase: str


@dataclass(frozen=True, slots=True)
class Rejeu:
    """`empechement` says why nothing could be played; `identique` is then False. `empreinte`: of the decision."""

    identique: bool
    empreinte: str = ""
    ecarts: tuple[Ecart, ...] = ()
    empechement: str = ""


def replay_connu(contenu: Contenu) -> Rejeu:
    """With the archived rules and the zones kept: the decision must come out again, byte for byte."""
    try:
        dispositifs = load_regles(contenu["regles"])
        situation = load_situation(contenu["situation"])
    except (RegleIntrouvable, RecuIllisible) as erreur:
        return Rejeu(False, empechement=str(erreur))
    decision = decide(dispositifs, situation, au=date.fromisoformat(contenu["au"]))
    empreinte = digest(dump_canonique(decision))
    if empreinte == digest(dump_canonique(contenu["decision"])):
        return Rejeu(True, empreinte)
    sigles = {dispositif.code: dispositif.sigle for dispositif in dispositifs}
    return Rejeu(False, empreinte, tuple(_diff_decisions(contenu["decision"], decision, sigles)))


def load_regles(empreintes: Mapping[str, str]) -> tuple[Dispositif, ...]:
    """The schemes by the digest of their text: those of today when they are the same text, else the archive."""
    actuels = {dispositif.empreinte: dispositif for dispositif in catalogue().dispositifs}
    return tuple(actuels.get(empreinte) or load_archivee(code, empreinte) for code, empreinte in empreintes.items())


@lru_cache(maxsize=REGLES_MAX)
def load_archivee(code: str, empreinte: str) -> Dispositif:
    """A text never changes under its digest: read once by process."""
    try:
        return load_archive(empreinte)
    except RegleNonArchivee as erreur:
        raise RegleIntrouvable(
            f"Le texte de la règle « {code} » manque dans l'archive, ou y a été modifié."
        ) from erreur
    except RegleInvalide as erreur:
        raise RegleIntrouvable(f"Le texte archivé de la règle « {code} » n'est plus lisible.") from erreur


def replay_actuel(contenu: Contenu) -> Rejeu:
    """With today's rules and zonings, for the same day: what has been learnt since, sentence by sentence."""
    try:
        faits, perdus = read_faits(contenu)
        bilan = check(contenu["commune"]["code"], faits, au=date.fromisoformat(contenu["au"]))
    except (CommuneInconnue, RecuIllisible) as erreur:
        return Rejeu(False, empechement=str(erreur))
    actuel = build_contenu(bilan, nsp=contenu["nsp"])
    ecarts = [Ecart("fait", code, f"La réponse « {code} » n'est plus lue par le portail.") for code in perdus]
    ecarts += diff_contenus(contenu, actuel)
    return Rejeu(not ecarts, digest(dump_canonique(actuel["decision"])), tuple(ecarts))


def read_faits(contenu: Contenu) -> tuple[dict[str, Valeur], list[str]]:
    """The facts that today's vocabulary still reads, and the codes of the others."""
    faits: dict[str, Valeur] = {}
    perdus: list[str] = []
    for code, valeur in load_situation(contenu["situation"]).faits.items():
        try:
            propre = clean_fait(FAITS[code], valeur)
        except (KeyError, FaitInvalide):
            perdus.append(code)
        else:
            if propre is not None:
                faits[code] = propre
    return faits, perdus


def diff_contenus(avant: Contenu, apres: Contenu) -> Iterator[Ecart]:
    """The place first, then each scheme in the order it was shown, then the new ones."""
    if avant["commune"] != apres["commune"]:
        noms = [f"{contenu['commune']['nom']} ({contenu['commune']['code']})" for contenu in (avant, apres)]
        yield Ecart("commune", "", f"La commune {noms[0]} est maintenant lue comme {noms[1]}.")
    for jour in sorted({*avant["zones"], *apres["zones"]}):
        yield from _diff_zones(jour, avant["zones"].get(jour), apres["zones"].get(jour))
    for jour in sorted({*avant["situation"]["jours"], *apres["situation"]["jours"]}):
        yield from _diff_locaux(jour, _read_locaux(avant, jour), _read_locaux(apres, jour))
    ordre = [fiche["code"] for contenu in (avant, apres) for fiche in contenu["affichage"]["dispositifs"]]
    ordre += [*avant["decision"]["fermes"], *apres["decision"]["fermes"]]
    for code in dict.fromkeys(ordre):
        yield from _diff_dispositif(code, avant, apres)


def _diff_zones(jour: str, avant: Contenu | None, apres: Contenu | None) -> Iterator[Ecart]:
    quand = format_jour(date.fromisoformat(jour))
    textes = [zone["texte"].rstrip(".") if zone else "non lue" for zone in (avant, apres)]
    if textes[0] != textes[1]:
        yield Ecart("zone", "", f"La zone lue le {quand} était « {textes[0]} » ; elle est maintenant « {textes[1]} ».")
    elif avant and apres and avant["source"] != apres["source"]:
        sources = [zone["source"].rstrip(".") or "aucun arrêté" for zone in (avant, apres)]
        yield Ecart(
            "arrete", "", f"La zone du {quand} n'a pas changé, mais sa source oui : {sources[0]} ; {sources[1]}."
        )


def _read_locaux(contenu: Contenu, jour: str) -> Contenu:
    lu = contenu["situation"]["jours"].get(jour) or {}
    return lu.get("locaux") or {"listes": {}, "parametres": {}}


def _diff_locaux(jour: str, avant: Contenu, apres: Contenu) -> Iterator[Ecart]:
    quand = format_jour(date.fromisoformat(jour))
    for code in sorted({*avant["listes"], *apres["listes"]}):
        mots = [PRESENCES[locaux["listes"].get(code)] for locaux in (avant, apres)]
        if mots[0] != mots[1]:
            yield Ecart("liste", code, f"Commune dans la liste « {code} » le {quand} : {mots[0]}, puis {mots[1]}.")
    for code in sorted({*avant["parametres"], *apres["parametres"]}):
        valeurs = [_name_parametre(locaux["parametres"].get(code)) for locaux in (avant, apres)]
        if valeurs[0] != valeurs[1]:
            phrase = f"Montant régional « {code} » le {quand} : {valeurs[0]}, puis {valeurs[1]}."
            yield Ecart("parametre", code, phrase)


def _name_parametre(brut: Any) -> str:
    return f"{brut['decimal'].replace('.', ',')} €" if brut else "non fixé"


def _diff_dispositif(code: str, avant: Contenu, apres: Contenu) -> Iterator[Ecart]:
    fiches = [_find_fiche(code, contenu) for contenu in (avant, apres)]
    ancienne, nouvelle = fiches
    sigle = next((fiche["sigle"] for fiche in fiches if fiche), code.upper())
    etats = [_describe_etat(code, contenu, fiche) for contenu, fiche in zip((avant, apres), fiches, strict=True)]
    if etats[0] != etats[1]:
        yield Ecart("dispositif", code, f"{sigle} : {etats[0]}, puis {etats[1]}.")
    elif ancienne and nouvelle and ancienne["raisons"] != nouvelle["raisons"]:
        yield from _diff_raisons(code, sigle, ancienne["raisons"], nouvelle["raisons"])
    elif ancienne and nouvelle and not _is_same_verdict(code, avant, apres):
        yield Ecart("dispositif", code, f"{sigle} : même réponse, mais le détail du montant ou la version a changé.")
    elif _name_regle(code, avant) != _name_regle(code, apres):
        yield Ecart("texte", code, f"{sigle} : le texte de la règle a été modifié ; la réponse est la même.")


def _diff_raisons(code: str, sigle: str, avant: list[str], apres: list[str]) -> Iterator[Ecart]:
    parties = [raison for raison in avant if raison not in apres]
    venues = [raison for raison in apres if raison not in avant]
    morceaux = [f"n'est plus dit : {' ; '.join(parties)}"] if parties else []
    morceaux += [f"est maintenant dit : {' ; '.join(venues)}"] if venues else []
    suite = ", et ".join(morceaux) or "les raisons viennent dans un autre ordre"
    yield Ecart("dispositif", code, f"{sigle} : même réponse, mais {suite}.")


def _find_fiche(code: str, contenu: Contenu) -> Contenu | None:
    return next((fiche for fiche in contenu["affichage"]["dispositifs"] if fiche["code"] == code), None)


def _describe_etat(code: str, contenu: Contenu, fiche: Contenu | None) -> str:
    if fiche is not None:
        libelle = fiche["libelle"].lower()
        return f"{libelle} ({fiche['montant']})" if fiche["montant"] else libelle
    return "fermé ce jour-là" if code in contenu["decision"]["fermes"] else "absent du catalogue"


def _is_same_verdict(code: str, avant: Contenu, apres: Contenu) -> bool:
    return bool(avant["decision"]["verdicts"].get(code) == apres["decision"]["verdicts"].get(code))


def _name_regle(code: str, contenu: Contenu) -> str:
    return str(contenu["regles"].get(code, ""))


def _diff_decisions(avant: Contenu, apres: Contenu, sigles: Mapping[str, str]) -> Iterator[Ecart]:
    """Two decisions without their words: only when the same rules no longer give the same answer."""
    for code, sigle in sigles.items():
        if avant["verdicts"].get(code) != apres["verdicts"].get(code):
            yield Ecart("dispositif", code, f"{sigle} : le rejeu ne redonne pas la réponse gardée.")
