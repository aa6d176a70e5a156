from django.urls import path

from portal.accounts.views import invitations, oidc

urlpatterns = [
    path("oidc/<slug:fournisseur>/", oidc.oidc_depart, name="oidc_depart"),
    path("oidc/<slug:fournisseur>/retour/", oidc.oidc_retour, name="oidc_retour"),
    path("invitation/<str:jeton>/", invitations.invitation, name="invitation"),
    path("invitation/<str:jeton>/accepter/", invitations.invitation_accepter, name="invitation_accepter"),
    path("invitation/<str:jeton>/proconnect/", invitations.invitation_proconnect, name="invitation_proconnect"),
]
