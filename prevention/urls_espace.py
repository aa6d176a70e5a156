"""What prevention adds to the coordinators' space, under /espace/<code of the CPTS>/actions/, and the same pages for
the actions of a structure, under /espace/structures/<key>/actions/.
"""

from django.urls import URLPattern, URLResolver, path

from prevention.views import bulletins, espace, ou_agir

urlpatterns: list[URLPattern | URLResolver] = [
    path("mes-bulletins/", bulletins.mes_bulletins, name="mes_bulletins"),
    path("<slug:code>/bulletins/", bulletins.bulletins, name="espace_bulletins"),
    path("<slug:code>/bulletins/nouveau/", bulletins.bulletin_new, name="espace_bulletin_new"),
    path("<slug:code>/bulletins/<int:pk>/", bulletins.bulletin, name="espace_bulletin"),
    path("<slug:code>/bulletins/<int:pk>/modifier/", bulletins.bulletin_edit, name="espace_bulletin_edit"),
    path("<slug:code>/bulletins/<int:pk>/publier/", bulletins.bulletin_publier, name="espace_bulletin_publier"),
    path("<slug:code>/bulletins/<int:pk>/supprimer/", bulletins.bulletin_supprimer, name="espace_bulletin_supprimer"),
    path("<slug:code>/actions/", espace.actions, name="espace_actions"),
    path("<slug:code>/actions/nouvelle/", espace.action_new, name="espace_action_new"),
    path("<slug:code>/actions/coller/", espace.actions_coller, name="espace_actions_coller"),
    path("<slug:code>/actions/ou-agir/", ou_agir.espace_ou_agir, name="espace_ou_agir"),
    path("<slug:code>/actions/ou-agir.csv", ou_agir.espace_ou_agir_csv, name="espace_ou_agir_csv"),
    path("<slug:code>/actions/export.csv", espace.actions_csv, name="espace_actions_csv"),
    path("<slug:code>/actions/<int:pk>/", espace.action, name="espace_action"),
    path("<slug:code>/actions/<int:pk>/modifier/", espace.action_edit, name="espace_action_edit"),
    path("<slug:code>/actions/<int:pk>/annoncer/", espace.action_annoncer, name="espace_action_annoncer"),
    path("<slug:code>/actions/<int:pk>/tenir/", espace.action_tenir, name="espace_action_tenir"),
    path("<slug:code>/actions/<int:pk>/annuler/", espace.action_annuler, name="espace_action_annuler"),
    path("<slug:code>/actions/<int:pk>/rouvrir/", espace.action_rouvrir, name="espace_action_rouvrir"),
    path("<slug:code>/actions/<int:pk>/supprimer/", espace.action_supprimer, name="espace_action_supprimer"),
    path("structures/<int:cle>/actions/", espace.actions, name="espace_structure_actions"),
    path("structures/<int:cle>/actions/export.csv", espace.actions_csv, name="espace_structure_actions_csv"),
    path("structures/<int:cle>/actions/nouvelle/", espace.action_new, name="espace_structure_action_new"),
    path("structures/<int:cle>/actions/<int:pk>/", espace.action, name="espace_structure_action"),
    path("structures/<int:cle>/actions/<int:pk>/modifier/", espace.action_edit, name="espace_structure_action_edit"),
    path(
        "structures/<int:cle>/actions/<int:pk>/annoncer/",
        espace.action_annoncer,
        name="espace_structure_action_annoncer",
    ),
    path("structures/<int:cle>/actions/<int:pk>/tenir/", espace.action_tenir, name="espace_structure_action_tenir"),
    path(
        "structures/<int:cle>/actions/<int:pk>/annuler/", espace.action_annuler, name="espace_structure_action_annuler"
    ),
    path(
        "structures/<int:cle>/actions/<int:pk>/rouvrir/", espace.action_rouvrir, name="espace_structure_action_rouvrir"
    ),
    path(
        "structures/<int:cle>/actions/<int:pk>/supprimer/",
        espace.action_supprimer,
        name="espace_structure_action_supprimer",
    ),
]
