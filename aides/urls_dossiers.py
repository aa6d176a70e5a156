from django.urls import path

from aides.views import dossiers, dossiers_suivi

urlpatterns = [
    path("", dossiers_suivi.dossier_list, name="dossier_list"),
    path("nouvelle/", dossiers.dossier_new, name="dossier_new"),
    path("<uuid:identifiant>/", dossiers_suivi.dossier_detail, name="dossier_detail"),
    path("<uuid:identifiant>/brouillon/", dossiers.dossier_brouillon, name="dossier_brouillon"),
    path("<uuid:identifiant>/supprimer/", dossiers.dossier_supprimer, name="dossier_supprimer"),
    path("<uuid:identifiant>/accuse/", dossiers_suivi.dossier_accuse, name="dossier_accuse"),
    path("<uuid:identifiant>/repondre/", dossiers_suivi.dossier_repondre, name="dossier_repondre"),
    path("<uuid:identifiant>/retirer/", dossiers_suivi.dossier_retirer, name="dossier_retirer"),
    path("<uuid:identifiant>/pieces/<int:piece>/", dossiers_suivi.dossier_piece, name="dossier_piece"),
    path("<uuid:identifiant>/courriers/<int:courrier>/", dossiers_suivi.dossier_courrier, name="dossier_courrier"),
]
