from django.urls import path

from portal.core import pages, views

urlpatterns = [
    path("sante/", views.sante, name="sante"),
    path("pret/", views.pret, name="pret"),
    path("metriques/", views.metriques, name="metriques"),
    path("plan-du-site/", pages.plan, name="plan_du_site"),
    path("accessibilite/", pages.accessibilite, name="accessibilite"),
    path("mentions-legales/", pages.mentions, name="mentions"),
    path("donnees-personnelles/", pages.donnees_personnelles, name="donnees_personnelles"),
    path("sources/", pages.SourcesView.as_view(), name="sources"),
]
