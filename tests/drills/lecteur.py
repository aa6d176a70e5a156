"""The reader of the drill: what is shown, read again and again; a figure that belongs to no one state is a mix.

Each reading is one query, as those of the pages are: it must be, for each zoning, one of the states that exist, and
the same stamp of the table of éligibilités must always go with the same figures.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg2

LECTURE = """
WITH couple AS (SELECT * FROM unnest(%(regions)s::text[], %(professions)s::text[]) AS c (region, profession)),
     lieu AS (SELECT c.code_insee, d.region_id AS region
                FROM zonage_commune c JOIN zonage_departement d ON d.code = c.departement_id
               WHERE d.region_id = ANY (%(regions)s::text[])),
     offre AS (
       SELECT k.region, k.profession,
              md5(string_agg(concat_ws('|', e.commune_id, e.eligibles, e.a_instruire, e.minimums, e.maximums,
                                       e.periodicites), ' ' ORDER BY e.commune_id COLLATE "C")) AS empreinte
         FROM couple k JOIN lieu l ON l.region = k.region
         JOIN aides_eligibilite e ON e.commune_id = l.code_insee AND e.profession = k.profession GROUP BY 1, 2),
     zone AS (
       SELECT k.region, k.profession,
              md5(string_agg(concat_ws('|', z.commune_id, z.statut, z.niveau_id), ' '
                             ORDER BY z.commune_id COLLATE "C")) AS empreinte
         FROM couple k JOIN lieu l ON l.region = k.region
         JOIN zonage_zonecommune z ON z.commune_id = l.code_insee AND z.profession = k.profession
          AND z.periode @> %(jour)s::date GROUP BY 1, 2)
SELECT k.region || '/' || k.profession, concat_ws(' ', j.jour, j.execution_id, j.change_le), o.empreinte, z.empreinte
  FROM couple k
  LEFT JOIN offre o USING (region, profession) LEFT JOIN zone z USING (region, profession)
  LEFT JOIN aides_jeueligibilite j ON true
 ORDER BY 1
"""
FIN = "fin"  # the file that ends the publications
Ligne = tuple[str, str, str | None, str | None]


@dataclass
class Temoin:
    """What was read, judged as it comes. `offres` and `zones`: the digests that are legal, by couple."""

    offres: Mapping[str, list[str]]
    zones: Mapping[str, list[str]]
    lectures: int = 0
    etats: set[tuple[str | None, ...]] = field(default_factory=set)
    timbres: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    melanges: list[str] = field(default_factory=list)

    def judge(self, lignes: list[Ligne]) -> None:
        self.lectures += 1
        for couple, _timbre, offre, zone in lignes:
            if offre not in self.offres[couple]:
                self.melanges.append(f"{couple} : éligibilités d'aucun état")
            if zone not in self.zones[couple]:
                self.melanges.append(f"{couple} : zonage d'aucun état")
        lues, timbre = tuple(ligne[2] for ligne in lignes), lignes[0][1]
        if self.timbres.setdefault(timbre, lues) != lues:
            self.melanges.append(f"le calcul « {timbre} » montre deux tables différentes")
        self.etats.add((*lues, *(ligne[3] for ligne in lignes)))


class Lecteur(threading.Thread):
    """Reads until asked to stop; a stopped base is asked again."""

    def __init__(self, url: str, valeurs: dict[str, object], temoin: Temoin) -> None:
        super().__init__(daemon=True)
        self.url, self.valeurs, self.temoin = url, valeurs, temoin
        self.arret = threading.Event()

    def run(self) -> None:
        while not self.arret.is_set():
            with (
                contextlib.suppress(psycopg2.Error),
                contextlib.closing(psycopg2.connect(self.url, connect_timeout=5)) as connexion,
            ):
                connexion.autocommit = True
                with connexion.cursor() as cursor:
                    while not self.arret.wait(0.2):
                        cursor.execute(LECTURE, self.valeurs)
                        self.temoin.judge(cursor.fetchall())
            time.sleep(0.1)

    def close(self) -> None:
        self.arret.set()
        self.join(30)
