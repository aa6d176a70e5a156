"""The file that a draft of arrêté is made from, row by row: nothing is refused here but a file that is not one.

Three layouts: CartoSanté's export (`Code;Libellé;Zonage médecins`), Atlasanté's open data (`com_code`, a column
`z…_niveau` a profession) and a plain table (a code of commune and a class). What a row says wrong is told row by row,
so that somebody mends it on screen.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.core.fichiers import FORMULE, FichierRefuse, decode, normalize_nom, read_csv
from zonage.enums import Profession, StatutZone
from zonage.sources.cartosante import COLONNES, VALEURS

ATLASANTE = {
    "zmed_niveau": Profession.MEDECIN,
    "zdent_niveau": Profession.CHIRURGIEN_DENTISTE,
    "zide_niveau": Profession.INFIRMIER,
    "zmk_niveau": Profession.MASSEUR_KINESITHERAPEUTE,
    "zsf_niveau": Profession.SAGE_FEMME,
    "zortho_niveau": Profession.ORTHOPHONISTE,
}
CODES = ("code insee", "code commune", "code_insee", "codgeo", "com_code", "insee", "code")
CLASSES = ("classe", "classement", "niveau", "zonage", "zone")
LIBELLES = ("libellé", "libelle", "com_lib", "nom", "commune")
LIGNES_MAX = 60_000
CODE = re.compile(r"^(?:[013-9]\d|2[0-9AB])\d{3}$")


@dataclass(frozen=True, slots=True)
class Colonnes:
    """Where the code, the class, the name and the kind of territory are: ranks, and names as the file writes them."""

    code: int
    classe: int
    libelle: int | None
    type: int | None
    nom_code: str
    nom_classe: str


@dataclass(frozen=True, slots=True)
class LigneLue:
    """A row. `code` is None when it is not a code, `classe` when the word is not known; `faute`: not a row at all."""

    numero: int
    code: str | None
    code_lu: str
    libelle: str
    valeur: str
    classe: str | None
    faute: str = ""


@dataclass(frozen=True, slots=True)
class FichierLu:
    colonnes: Colonnes
    lignes: list[LigneLue]
    notes: list[str]


def read_fichier(octets: bytes, profession: str, noms: Mapping[str, str]) -> FichierLu:
    """`noms`: the class of each word, folded (codes, names and short names of the niveaux). Raises FichierRefuse."""
    texte = decode(octets)
    lignes = read_csv(texte.contenu, (_find_requise(texte.contenu),))
    _, entete = next(lignes)
    colonnes = find_colonnes(entete, profession)
    classes = {**noms, **read_valeurs(profession)}
    lues = list(_read_lignes(lignes, len(entete), colonnes, classes))
    if not lues:
        raise FichierRefuse("Fichier sans aucune ligne de données : vérifiez l'export.")
    return FichierLu(colonnes, lues, [texte.note] if texte.note else [])


def _find_requise(contenu: str) -> str:
    """The name of the column of codes that the file has, as its first lines write it."""
    for ligne in contenu[: 64 * 1024].splitlines()[:20]:
        cellules = {normalize_nom(cellule.strip('" ')) for cellule in re.split(r"[;,\t|]", ligne)}
        trouvee = next((nom for nom in CODES if nom in cellules), None)
        if trouvee:
            return trouvee
    raise FichierRefuse(
        "Aucune colonne de codes de communes (« code INSEE », « Code » ou « com_code »). Donnez un export de "
        "CartoSanté ou d'Atlasanté, ou un tableau de deux colonnes : code INSEE ; classe."
    )


def find_colonnes(entete: Sequence[str], profession: str) -> Colonnes:
    """Raises FichierRefuse: no class for this profession, or a column twice."""
    noms = [normalize_nom(nom) for nom in entete]
    officielles = {normalize_nom(nom): metier for nom, metier in {**COLONNES, **ATLASANTE}.items()}
    siennes = [nom for nom in noms if officielles.get(nom) == profession]
    if not siennes and (autres := [nom for nom in noms if nom in officielles]):
        metiers = ", ".join(str(officielles[nom].label).lower() for nom in autres)
        attendu = Profession(profession).label.lower()
        raise FichierRefuse(
            f"Ce fichier classe une autre profession ({metiers}) que celle de l'arrêté ({attendu}) : "
            "choisissez le bon fichier, ou créez un arrêté pour cette profession."
        )
    simples = [nom for nom in CLASSES if nom in noms and not (nom == "niveau" and "com_code" in noms)]
    classes = siennes or simples[:1]
    if not classes:
        raise FichierRefuse(
            "Aucune colonne de classes (« Zonage médecins », « zmed_niveau » ou « classe ») : ajoutez-la au fichier."
        )
    code = next(nom for nom in CODES if nom in noms)
    for nom in (code, classes[0]):
        if noms.count(nom) > 1:
            raise FichierRefuse(f"Colonne en double : {nom}. Gardez-en une seule.")
    libelle = next((noms.index(nom) for nom in LIBELLES if nom in noms), None)
    type_ = noms.index("niveau") if "com_code" in noms and "niveau" in noms else None
    rang_code, rang_classe = noms.index(code), noms.index(classes[0])
    return Colonnes(rang_code, rang_classe, libelle, type_, entete[rang_code].strip(), entete[rang_classe].strip())


def read_valeurs(profession: str) -> dict[str, str]:
    """The values of the two official producers, folded, to a class."""
    valeurs = VALEURS[Profession.MEDECIN if profession == Profession.MEDECIN else Profession.INFIRMIER]
    return {cle: niveau or StatutZone.ADRESSE_REQUISE.value for cle, niveau in valeurs.items()}


def read_classe(valeur: str, classes: Mapping[str, str]) -> str | None:
    """None: a word that no class has. « N/A » and « NC… »: the file says that it does not know."""
    cle = normalize_nom(valeur)
    if cle.startswith("n/a") or re.match(r"nc(\W|$)", cle):
        return StatutZone.INCONNU.value
    return classes.get(cle)


def read_code(texte: str) -> str | None:
    """An INSEE code; a leading zero lost by a spreadsheet is put back, nothing else is guessed."""
    code = texte.strip().upper()
    if len(code) == 4 and code.isascii() and code.isdigit() and code[0] != "0":
        code = f"0{code}"
    return code if CODE.match(code) else None


def _read_lignes(
    lignes: Iterator[tuple[int, list[str]]], largeur: int, colonnes: Colonnes, classes: Mapping[str, str]
) -> Iterator[LigneLue]:
    lues = 0
    for numero, cellules in lignes:
        if not any(cellule.strip() for cellule in cellules):
            continue
        lues += 1
        if lues > LIGNES_MAX:
            raise FichierRefuse(f"Plus de {LIGNES_MAX} lignes : ce n'est pas un zonage par commune.")
        if len(cellules) < largeur or any(cellule.strip() for cellule in cellules[largeur:]):
            faute = f"{len(cellules)} cellules au lieu de {largeur} : ligne tronquée ou séparateur en trop"
            yield LigneLue(numero, None, cellules[0].strip()[:60], "", "", None, faute)
            continue
        if colonnes.type is not None and cellules[colonnes.type].strip().upper() != "COM":
            continue
        brut, valeur = cellules[colonnes.code].strip(), cellules[colonnes.classe].strip()
        libelle = "" if colonnes.libelle is None else cellules[colonnes.libelle].strip()
        if any(FORMULE.match(lu) for lu in (brut, valeur, libelle)):
            faute = "formule interdite : collez la valeur à la place de la formule"
            yield LigneLue(numero, None, brut[:60], libelle[:150], valeur[:80], None, faute)
            continue
        yield LigneLue(numero, read_code(brut), brut[:60], libelle[:150], valeur[:80], read_classe(valeur, classes))
