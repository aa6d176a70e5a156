"""A query compiled once by Django and planned once by PostgreSQL, for the few readings that every answer makes.

Measured on the reading of a zone (five joins): building the SQL 1.2 ms, planning 0.5 ms, answering 0.2 ms.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import QuerySet

Parametre = str | int | date


class RequeteCompilee:
    """The SQL of a queryset of `values()`, kept with the places of its parameters.

    `build` receives a witness for each name of `temoins` and returns the queryset; the witnesses are found again among
    the parameters of the SQL, so each must be a value that nothing else in the query has. Rows come back as `values()`
    gives them: meant for columns that the database driver converts by itself (texts, numbers, dates, ranges, arrays).

    The statement is prepared once a connection, which a pooler in transaction mode would not keep: none is used.
    """

    preparees: ClassVar[WeakKeyDictionary[Any, set[str]]] = WeakKeyDictionary()

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **temoins: Parametre) -> None:
        self.build = build
        self.temoins = temoins

    @cached_property
    def compilee(self) -> tuple[str, str, tuple[tuple[str | None, Any], ...], tuple[str, ...]]:
        """The name of the statement, its SQL, where each parameter goes, the columns."""
        requete = self.build(**self.temoins).query
        sql, parametres = requete.sql_with_params()
        noms = {temoin: nom for nom, temoin in self.temoins.items()}
        places = tuple((noms.get(valeur), valeur) for valeur in parametres)
        if {nom for nom, _ in places if nom} != set(self.temoins):
            raise ValueError("A witness of the query is not among its parameters.")
        for rang in range(1, len(places) + 1):
            sql = sql.replace("%s", f"${rang}", 1)
        if "%" in sql:
            raise ValueError("A literal percent sign in the query is not supported.")
        nom = f"maillage_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
        return nom, sql, places, tuple(requete.selected or ())

    def lignes(self, **valeurs: Parametre) -> list[dict[str, Any]]:
        nom, sql, places, colonnes = self.compilee
        arguments = [valeurs[cle] if cle else constante for cle, constante in places]
        with connection.cursor() as curseur:
            preparees = self.preparees.setdefault(connection.connection, set())
            if nom not in preparees:
                with connection.connection.cursor() as directe:
                    directe.execute(f"PREPARE {nom} AS {sql}")
                preparees.add(nom)
            curseur.execute(f"EXECUTE {nom} ({', '.join(['%s'] * len(arguments))})", arguments)
            return [dict(zip(colonnes, ligne, strict=True)) for ligne in curseur.fetchall()]
