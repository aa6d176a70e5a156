"""The views of the dashboard that somebody keeps, shares with an organisation, or opens theirs on."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from portal.accounts.models import Organisation
from portal.pilotage.models import Vue

VUES_MAX = 50
NOM_MAX = 60


class VueRefusee(Exception):
    """Nothing was written. The sentence says what to do."""


def list_vues(user: Any) -> list[Vue]:
    """One's own first, then those that colleagues share."""
    lues = Vue.objects.for_user(user).select_related("organisation").annotate(sienne=Q(proprietaire=user))
    return list(lues.order_by("-sienne", "nom", "pk")[: 2 * VUES_MAX])


def find_defaut(user: Any) -> Vue | None:
    return Vue.objects.filter(proprietaire=user, defaut=True).first()


def save_vue(user: Any, nom: str, requete: str, *, organisation: Organisation | None, defaut: bool) -> Vue:
    """Keep what the screen shows under a new name. Raises VueRefusee."""
    if Vue.objects.filter(proprietaire=user).count() >= VUES_MAX:
        raise VueRefusee(f"Vous avez déjà {VUES_MAX} vues : supprimez-en une d'abord.")
    vue = Vue(proprietaire=user, requete=requete)
    return change_vue(vue, nom, organisation=organisation, defaut=defaut)


def change_vue(vue: Vue, nom: str, *, organisation: Organisation | None, defaut: bool) -> Vue:
    """Name it, share it or not, open on it or not. Raises VueRefusee."""
    vue.nom, vue.organisation, vue.defaut = _clean_nom(nom), organisation, defaut
    try:
        with transaction.atomic():
            if defaut:
                Vue.objects.filter(proprietaire=vue.proprietaire_id, defaut=True).exclude(pk=vue.pk).update(
                    defaut=False
                )
            vue.save()
    except IntegrityError as erreur:
        if "vue_nom_unique" in str(erreur):
            raise VueRefusee(f"Vous avez déjà une vue « {vue.nom} » : donnez-lui un autre nom.") from erreur
        raise VueRefusee("Une autre de vos vues vient d'être choisie par défaut : recommencez.") from erreur
    return vue


def remove_vue(vue: Vue) -> None:
    vue.delete()


def _clean_nom(nom: str) -> str:
    propre = " ".join(nom.split())
    if not propre or len(propre) > NOM_MAX:
        raise VueRefusee(f"Donnez à cette vue un nom de {NOM_MAX} caractères au plus.")
    return propre
