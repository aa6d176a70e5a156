"""The tables given as open data: their columns (Table Schema) and the query of those that the database writes.

In the tables, a text that a spreadsheet would run as a formula starts with an apostrophe; regles.json has it as is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aides.regles.evaluation import Issue
from aides.regles.montants import Periodicite
from zonage.enums import Origine, Profession, StatutZone

Champ = dict[str, Any]
FORMULES = ("=", "+", "-", "@", "\t", "\r")
CODE_COMMUNE = "([013-9][0-9]|2[0-9AB])[0-9]{3}"


def describe(nom: str, genre: str, description: str, *, requis: bool = False, **contraintes: Any) -> Champ:
    """One field of a Table Schema."""
    champ: Champ = {"name": nom, "type": genre, "description": description}
    if genre == "date":
        champ["format"] = "%Y-%m-%d"
    if genre == "boolean":
        champ |= {"trueValues": ["true"], "falseValues": ["false"]}
    if requis:
        contraintes = {"required": True} | contraintes
    return champ | ({"constraints": contraintes} if contraintes else {})


def _issues() -> list[str]:
    return [issue.value for issue in (Issue.ELIGIBLE, Issue.A_INSTRUIRE)]


@dataclass(frozen=True, slots=True)
class Table:
    """`requete` empty: the rows come from the rules, not from the database."""

    nom: str
    titre: str
    description: str
    champs: Sequence[Champ]
    cle: Sequence[str]
    requete: str = ""

    @property
    def fichier(self) -> str:
        return f"{self.nom}.csv"

    @property
    def schema(self) -> Mapping[str, Any]:
        return {"fields": list(self.champs), "primaryKey": list(self.cle), "missingValues": [""]}


ZONES = Table(
    "zones",
    "Zonage des communes, par profession et par période",
    "Une ligne par commune, profession et période. Début inclus, fin exclue ; sans fin : encore en vigueur. Une "
    "commune absente un jour donné n'a pas de classement connu ce jour-là.",
    (
        describe("commune", "string", "Code INSEE de la commune.", requis=True, pattern=CODE_COMMUNE),
        describe("commune_nom", "string", "Nom de la commune.", requis=True),
        describe("profession", "string", "Profession du zonage.", requis=True, enum=Profession.values),
        describe(
            "statut",
            "string",
            "connu ; inconnu ; adresse_requise (la commune n'est pas classée d'un seul tenant).",
            requis=True,
            enum=StatutZone.values,
        ),
        describe("niveau", "string", "Code du niveau ; vide quand le statut n'est pas « connu »."),
        describe("niveau_libelle", "string", "Nom du niveau."),
        describe("debut", "date", "Premier jour.", requis=True),
        describe("fin", "date", "Premier jour exclu ; vide : encore en vigueur."),
        describe("arrete", "string", "Numéro de l'arrêté ; vide quand la source n'en donne pas."),
        describe("publie_le", "date", "Publication de l'arrêté."),
        describe("source", "string", "Producteur et millésime du classement."),
        describe("lien", "string", "Adresse du texte."),
        describe("territoire_type", "string", "Type du territoire classé ; vide : déduit des arrondissements."),
        describe("territoire", "string", "Code du territoire classé."),
        describe("origine", "string", "Origine de la donnée.", requis=True, enum=Origine.values),
        describe("demonstration", "boolean", "Vrai : zonage de démonstration, qui ne vaut pas arrêté.", requis=True),
    ),
    ("commune", "profession", "debut"),
    f"""
SELECT z.commune_id AS commune, {{c.nom}} AS commune_nom, z.profession, z.statut, z.niveau_id AS niveau,
       {{n.libelle}} AS niveau_libelle, lower(z.periode) AS debut, upper(z.periode) AS fin, {{a.numero}} AS arrete,
       a.date_publication AS publie_le, {{a.source}} AS source, {{a.lien}} AS lien, t.type AS territoire_type,
       t.code AS territoire, z.origine,
       CASE WHEN z.origine = '{Origine.DEMONSTRATION.value}' THEN 'true' ELSE 'false' END AS demonstration
  FROM zonage_zonecommune z
  JOIN zonage_commune c ON c.code_insee = z.commune_id
  JOIN zonage_arrete a ON a.id = z.arrete_id
  LEFT JOIN zonage_niveau n ON n.code = z.niveau_id
  LEFT JOIN zonage_territoire t ON t.id = z.territoire_id
 ORDER BY z.commune_id COLLATE "C", z.profession COLLATE "C", lower(z.periode)
""",  # noqa: S608 (an enumeration)
)

ELIGIBILITES = Table(
    "eligibilites",
    "Ce que chaque commune offre à chaque profession",
    "Une ligne par commune, profession et dispositif éligible ou à instruire, pour une personne dont on ne sait que "
    "la commune et la profession. Un dispositif ouvert à la profession et absent de la table y est non éligible.",
    (
        describe("commune", "string", "Code INSEE de la commune.", requis=True, pattern=CODE_COMMUNE),
        describe("profession", "string", "Profession.", requis=True, enum=Profession.values),
        describe("dispositif", "string", "Code du dispositif (voir regles.csv).", requis=True),
        describe("version", "string", "Version ouverte ce jour-là.", requis=True),
        describe("issue", "string", "eligible ou a_instruire.", requis=True, enum=_issues()),
        describe("minimum", "number", "En euros ; vide : rien n'est versé.", minimum=0),
        describe("maximum", "number", "En euros ; vide avec une périodicité : à préciser.", minimum=0),
        describe("periodicite", "string", "Vide : rien n'est versé.", enum=[valeur.value for valeur in Periodicite]),
        describe("au", "date", "Le jour où la règle est lue.", requis=True),
        describe("demonstration", "boolean", "Vrai : la zone lue est de démonstration.", requis=True),
    ),
    ("commune", "profession", "dispositif"),
    # `concernes`: the schemes and their professions, given when the query is run.
    f"""
SELECT e.commune_id AS commune, e.profession, r.version ->> 0 AS dispositif, r.version ->> 1 AS version,
       CASE get_bit(e.eligibles, r.rang) WHEN 1 THEN 'eligible' ELSE 'a_instruire' END AS issue,
       (e.minimums[r.rang + 1] / 100.0)::numeric(12, 2) AS minimum,
       (e.maximums[r.rang + 1] / 100.0)::numeric(12, 2) AS maximum,
       CASE substr(e.periodicites, r.rang + 1, 1) WHEN 'u' THEN 'unique' WHEN 'a' THEN 'an' WHEN 'm' THEN 'mois' END
           AS periodicite,
       r.jour AS au,
       CASE WHEN z.origine = '{Origine.DEMONSTRATION.value}' THEN 'true' ELSE 'false' END AS demonstration
  FROM aides_eligibilite e
  JOIN (SELECT j.jour, v.version, (v.place - 1)::int AS rang, c.profession
          FROM aides_jeueligibilite j
         CROSS JOIN jsonb_array_elements(j.versions) WITH ORDINALITY AS v (version, place)
          JOIN unnest(%(dispositifs)s::text[], %(professions)s::text[]) AS c (dispositif, profession)
            ON c.dispositif = v.version ->> 0) r ON r.profession = e.profession
  LEFT JOIN zonage_zonecommune z
    ON z.commune_id = e.commune_id AND z.profession = e.profession AND z.periode @> r.jour
 WHERE (get_bit(e.eligibles, r.rang) = 1 OR get_bit(e.a_instruire, r.rang) = 1)
   AND substr(e.periodicites, r.rang + 1, 1) <> 'x'
 ORDER BY e.commune_id COLLATE "C", e.profession COLLATE "C", (r.version ->> 0) COLLATE "C"
""",  # noqa: S608 (an enumeration)
)

PARTIES = {
    "condition": "un nœud de l'arbre des conditions",
    "montant": "une ligne du barème",
    "montant_condition": "un nœud de la condition d'une ligne du barème",
    "versement": "une part du versement",
    "duree": "durée",
    "renouvellement": "renouvellement",
    "obligation": "engagement",
    "document": "pièce à fournir",
    "cumul": "phrase sur le cumul",
    "cumul_lien": "ce qui va, ou ne va pas, avec d'autres dispositifs",
    "doute": "jours où personne ne sait si le dispositif était ouvert",
}
REGLES = Table(
    "regles",
    "Règles des dispositifs d'aide, par version",
    "Une ligne par élément d'une règle : « chemin » est sa place dans l'arbre (1.2 : deuxième branche du premier "
    "nœud), « parametres » les valeurs en JSON. Les mêmes règles en arbre : regles.json.",
    (
        describe("dispositif", "string", "Code du dispositif.", requis=True, pattern="[a-z0-9_]{1,40}"),
        describe("nom", "string", "Nom du dispositif.", requis=True),
        describe(
            "statut",
            "string",
            "Vide : ordinaire.",
            enum=["annonce", "historique", "local"],
        ),
        describe("professions", "string", "Codes des professions, séparés par « | ».", requis=True),
        describe("version", "string", "Code de la version.", requis=True),
        describe("ouvert_du", "date", "Premier jour ouvert aux nouvelles demandes.", requis=True),
        describe("ferme_le", "date", "Premier jour fermé ; vide : encore ouvert."),
        describe(
            "partie", "string", " ; ".join(f"{p} : {d}" for p, d in PARTIES.items()), requis=True, enum=list(PARTIES)
        ),
        describe("chemin", "string", "Place de l'élément dans sa partie.", requis=True),
        describe("type", "string", "Nature de l'élément : un_de, comparaison, forfait…"),
        describe("libelle", "string", "Ce qu'il dit."),
        describe("parametres", "object", "Faits lus, seuils, montants, niveaux, en JSON."),
        describe("reference", "string", "Le texte et son article."),
        describe("lien", "string", "Adresse du texte."),
        describe("verifie_le", "date", "Jour où la valeur a été relue ; vide : jamais."),
    ),
    ("dispositif", "version", "partie", "chemin"),
)
TABLES = (ZONES, ELIGIBILITES, REGLES)


def build_requete(table: Table) -> str:
    """The query of a table, its free texts made harmless: `{a.source}` is a column that an agent typed."""
    requete = table.requete
    for colonne in ("c.nom", "n.libelle", "a.numero", "a.source", "a.lien"):
        sur = f"CASE WHEN {colonne} ~ '^[-=+@\\t\\r]' THEN '''' || {colonne} ELSE {colonne} END"
        requete = requete.replace(f"{{{colonne}}}", sur)
    return requete


def neutralize(texte: str) -> str:
    return f"'{texte}" if texte.startswith(FORMULES) else texte
