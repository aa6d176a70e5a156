from django.urls import path

from aides.views import contrats, contrats_agenda

urlpatterns = [
    path("", contrats.contrat_list, name="contrat_list"),
    path("echeances/<int:echeance>/preuve/", contrats.contrat_preuve, name="contrat_preuve"),
    path("campagnes/<int:campagne>/", contrats.campagne_declaration, name="campagne_declaration"),
    path("agenda/", contrats_agenda.agenda, name="agenda"),
    path("agenda/renouveler/", contrats_agenda.agenda_renouveler, name="agenda_renouveler"),
    path("agenda/revoquer/", contrats_agenda.agenda_revoquer, name="agenda_revoquer"),
    path("agenda/<str:secret>.ics", contrats_agenda.agenda_ics, name="agenda_ics"),
]
