from django.urls import include, path

from portal.accounts.views import compte, compte_facteur, connexion, donnees, inscription

urlpatterns = [
    path("", include("portal.accounts.urls_oidc")),
    path("connexion/", connexion.ConnexionView.as_view(), name="connexion"),
    path("deconnexion/", connexion.deconnexion, name="deconnexion"),
    path("mot-de-passe/", compte.mot_de_passe, name="mot_de_passe"),
    path("mot-de-passe/oubli/", connexion.mot_de_passe_oubli, name="mot_de_passe_oubli"),
    path("mot-de-passe/oubli/envoye/", connexion.mot_de_passe_envoye, name="mot_de_passe_envoye"),
    path(
        "mot-de-passe/nouveau/<uidb64>/<token>/",
        connexion.NouveauMotDePasseView.as_view(),
        name="mot_de_passe_nouveau",
    ),
    path("second-facteur/", compte_facteur.second_facteur, name="second_facteur"),
    path("second-facteur/codes/", compte_facteur.second_facteur_codes, name="second_facteur_codes"),
    path("second-facteur/retirer/", compte_facteur.second_facteur_retirer, name="second_facteur_retirer"),
    path("confirmer/", compte.confirmer, name="compte_confirmer"),
    path("sessions/fermer/", compte.sessions_fermer, name="sessions_fermer"),
    path("sessions/<int:pk>/fermer/", compte.session_fermer, name="session_fermer"),
    path("inscription/", inscription.inscription, name="inscription"),
    path("inscription/envoyee/", inscription.inscription_envoyee, name="inscription_envoyee"),
    path("inscription/<uidb64>/<token>/", inscription.OuvertureView.as_view(), name="inscription_ouvrir"),
    path("mes-donnees/", donnees.mes_donnees_demander, name="mes_donnees_demander"),
    path("mes-donnees/<uuid:identifiant>/", donnees.mes_donnees_recevoir, name="mes_donnees_recevoir"),
    path("effacement/", donnees.effacement_demander, name="effacement_demander"),
    path("", compte.compte, name="compte"),
]
